"""Stage `vision.register`: where photos were taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from multisynth.errors import BadInput
from multisynth.kinds import PHOTO, VIEW, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Needs, Reduce

from .capture.features import Features, extractor, features
from .capture.listing import Points
from .capture.mapping import Placed, Shot, mapped
from .capture.photo import decode_photo
from .capture.upright import centres, settled

_LOOKS = {"fast": (1000, 4096, False), "normal": (2000, 8192, False), "high": (3200, 8192, True)}
"""By quality: longer side in px, features at most, whether twice the resolution is looked at as well."""


class Distance(BaseModel):
    """A distance that somebody measured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    between: tuple[str, str] = Field(description="Names of two photos.")
    metres: float = Field(gt=0, description="m between the places where they were taken.")


@dataclass(frozen=True, eq=False)
class _Decision:
    placed: dict[str, Placed]
    dropped: dict[str, str]
    points: Points
    metric: bool
    nothing: str = ""


class Register(Reduce):
    """Find out where photos were taken, through which lens, and where the points that they share lie.

    SIFT features are compared in pairs and mapped by COLMAP's incremental mapper, on the CPU and the same for the same
    photos. The world has z up, as the photos have it, and its origin in the middle of the cameras; without a measured
    `distance` the farthest camera stands one unit from it and the scale is arbitrary. Photos that cannot be placed, or
    that belong to a smaller group apart, are dropped with the reason.
    """

    takes: ClassVar[tuple[Kind, ...]] = (PHOTO,)
    makes: ClassVar[Kind | None] = VIEW
    needs: ClassVar[Needs] = Needs(batch_size=1)
    _extract: Any = PrivateAttr(None)

    quality: Literal["fast", "normal", "high"] = Field(
        "normal", description="How closely photos are looked at: at 1000, 2000 or 3200 px, for more and finer features."
    )
    lens: Literal["pinhole", "radial", "opencv", "fisheye"] = Field(
        "radial", description="The camera's lens: straight, one radial coefficient, or OpenCV's models with four."
    )
    cameras: Literal["shared", "each"] = Field(
        "shared", description="Whether photos of one camera, size and focal length by EXIF share their intrinsics."
    )
    exhaustive: int = Field(
        60, ge=2, description="Photos up to which every pair is compared; of more, neighbours and likely pairs."
    )
    distance: Distance | None = Field(None, description="A measured distance, which makes lengths metres.")

    def open(self) -> None:
        """Make the extractor."""
        _, most, fine = _LOOKS[self.quality]
        self._extract = extractor(most, fine)

    def close(self) -> None:
        """Let go of it."""
        self._extract = None

    def sketch(self, samples: Batch) -> pa.Table:
        """Each photo's features, and what is known of its camera."""
        largest, _, _ = _LOOKS[self.quality]
        rows = []
        for photo in samples:
            found = features(self._extract, decode_photo(photo["image"]), largest)
            rows.append(
                {
                    "name": photo["name"],
                    "width": photo["width"],
                    "height": photo["height"],
                    "focal": photo["focal"],
                    "camera": photo["camera"],
                    "places": found.places.tobytes(),
                    "descriptors": found.descriptors.tobytes(),
                    "colours": found.colours.tobytes(),
                }
            )
        return pa.Table.from_pylist(rows, _SKETCH)

    def resolve(self, sketches: pa.Table) -> _Decision:
        """The places of all photos that have one."""
        rows = sketches.to_pylist()
        found = mapped([self._shot(row) for row in rows], self.lens, self.exhaustive)
        dropped = {rows[number]["id"]: reason for number, reason in found.dropped.items()}
        if not found.placed:
            nothing = (
                f"none of {len(rows)} photos shares enough with others: take them so that each shows much of what the "
                "one before shows, from places apart, and of things with texture"
            )
            return _Decision({}, dropped, found.points, False, nothing)
        names = {row["name"]: number for number, row in reversed(list(enumerate(rows)))}
        numbers = sorted(found.placed)
        poses = np.stack([found.placed[number].world_to_camera for number in numbers])
        scale = None if self.distance is None else self._scale(self.distance, names, found.placed)
        similarity = settled(poses, scale)
        back, size = np.linalg.inv(similarity), np.cbrt(np.linalg.det(similarity[:3, :3]))
        placed = {}
        for number in numbers:
            one = found.placed[number]
            pose = one.world_to_camera @ back
            pose[:3] *= size
            placed[rows[number]["id"]] = Placed(one.optics, pose, one.seen, one.error)
        places = found.points.places @ similarity[:3, :3].T + similarity[:3, 3]
        points = Points(places, found.points.ids, found.points.colours)
        return _Decision(placed, dropped, points, scale is not None)

    def apply(self, samples: Batch, decision: _Decision) -> Iterator[Sample | Drop]:
        """A view for each photo that has a place."""
        if decision.nothing:
            raise BadInput(decision.nothing)
        for photo in samples:
            placed = decision.placed.get(photo.id)
            if placed is None:
                yield Drop(photo, f"{decision.dropped[photo.id]} ({photo['name']})")
                continue
            optics, seen = placed.optics, placed.seen
            yield photo.child(
                VIEW,
                meta={"points": len(seen), "error_px": round(placed.error, 4)},
                name=photo["name"],
                width=optics.width,
                height=optics.height,
                intrinsics=optics.intrinsics,
                world_to_camera=placed.world_to_camera,
                lens=optics.lens,
                distortion=np.array(optics.distortion),
                metric=decision.metric,
                image=photo["image"],
                points=decision.points.places[seen].astype(np.float32),
                point_ids=decision.points.ids[seen],
                point_colours=decision.points.colours[seen],
            )

    def _shot(self, row: dict[str, Any]) -> Shot:
        found = Features(
            np.frombuffer(row["places"], np.float32).reshape(-1, 4),
            np.frombuffer(row["descriptors"], np.uint8).reshape(-1, 128),
            np.frombuffer(row["colours"], np.uint8).reshape(-1, 3),
        )
        known = (row["camera"], row["width"], row["height"], row["focal"])
        return Shot(
            found, row["width"], row["height"], row["focal"], repr(known if self.cameras == "shared" else row["id"])
        )

    def _scale(self, distance: Distance, names: dict[str, int], placed: dict[int, Placed]) -> float:
        ends = []
        for name in distance.between:
            if names.get(name) not in placed:
                problem = f"`distance` names {name!r}, which is " + ("not placed" if name in names else "no photo")
                raise BadInput(problem, "name two photos that are placed", "distance.between")
            ends.append(placed[names[name]].world_to_camera)
        one, other = centres(np.stack(ends))
        if (apart := float(np.linalg.norm(one - other))) < 1e-9:
            problem = f"`distance` is between photos from one place: {', '.join(distance.between)}"
            raise BadInput(problem, "name two photos taken apart", "distance.between")
        return distance.metres / apart


_SKETCH = pa.schema(
    [
        ("name", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("focal", pa.float64()),
        ("camera", pa.string()),
        ("places", pa.large_binary()),  # [N, 4] float32
        ("descriptors", pa.large_binary()),  # [N, 128] uint8
        ("colours", pa.large_binary()),  # [N, 3] uint8
    ]
)
