"""Stage `vision.posed`: photos whose poses somebody has found before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field, PrivateAttr

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import VIEW, Kind
from multisynth.media import encode_depth
from multisynth.sample import Drop, Sample
from multisynth.stage import InputPath, Needs, Source

from .capture.colmap import model_files, read_colmap
from .capture.depth_files import read_depth_file
from .capture.listing import Listed, Listing, seen_by
from .capture.photo import read_photo
from .capture.transforms import read_transforms
from .capture.upright import upright
from .licences import UNKNOWN

_LARGEST = 2**28  # bytes of an image


class Posed(Source):
    """Views out of nerfstudio's transforms.json or a COLMAP model (text, text.gz or binary) and their images.

    Listed images that are missing or broken are dropped by name and the rest is used. Masks are not used, and what is
    transparent is laid over white; `meta` says where there is any of that. An image of another size than listed, such
    as of a folder `images_4`, has its intrinsics scaled.
    """

    makes: ClassVar[Kind | None] = VIEW
    needs: ClassVar[Needs] = Needs(batch_size=8)
    version: ClassVar[int] = 2  # transparent images lie over white
    _listing: Listing | None = PrivateAttr(None)

    license: str = Field(
        UNKNOWN, description="SPDX identifier of the images, which all that is made from them inherits."
    )
    path: InputPath = Field(
        description="A transforms.json, such as the `transforms_train.json` of a NeRF-synthetic scene, a folder with "
        "one, or the folder of a COLMAP model (`cameras`, `images`, `points3D`), which may lie in `sparse/0` below it."
    )
    images: InputPath | None = Field(
        None,
        description="Folder that the names of images start from; by default that of transforms.json, and for a COLMAP "
        "model a folder `images` beside it, or up to two folders above.",
    )
    count: int | None = Field(None, ge=0, description="How many of the listed images are used; by default all.")
    unit: float | None = Field(
        None, gt=0, description="m a unit of the poses; lengths become metres. Without it the scale is arbitrary."
    )
    depth_unit: float = Field(
        0.001, gt=0, description="Units of the poses a step of depth images; nerfstudio's are 0.001 of metric poses."
    )
    upright: bool | None = Field(
        None,
        description="Whether the world is turned so that z is up as the photos have it; by default for COLMAP models, "
        "whose world is arbitrary, and not for transforms.json.",
    )

    def count_of(self) -> int:
        """How many images are listed, `count` at most; 1 where the list cannot be read, which then says why."""
        try:
            found = len(self._read().images)
        except BadInput:
            found = 1
        return found if self.count is None else min(self.count, found)

    def artifacts(self) -> Sequence[Artifact]:
        """The images, where they lie outside of `path` and so are not part of the options' content.

        Raises:
            BadInput: The list cannot be read, or none of its images exists.
        """
        self._read()
        base = self._base()
        top = self.path if self.path.is_dir() else None
        inside = self.images is not None or (top is not None and base.resolve().is_relative_to(top.resolve()))
        return () if inside else (Artifact.of(base, "images"),)

    def open(self) -> None:
        """Read the list."""
        listing = self._read()
        poses = np.stack([image.world_to_camera for image in listing.images])
        turned = self.upright if self.upright is not None else self._transforms() is None
        similarity = upright(poses) if turned else np.eye(4)
        similarity[:3] *= self.unit or 1.0
        self._listing = listing.moved(similarity)

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """One view an image."""
        assert self._listing is not None
        for ordinal in ordinals:
            listed = self._listing.images[ordinal]
            try:
                yield self._view(ordinal, listed)
            except FileNotFoundError:
                yield Drop(ordinal, f"image is missing: {listed.name}")
            except (OSError, ValueError) as error:
                yield Drop(ordinal, f"image cannot be used: {listed.name}: {error}")

    def _view(self, ordinal: int, listed: Listed) -> Sample:
        assert self._listing is not None
        if (size := listed.image.stat().st_size) > _LARGEST:
            raise ValueError(f"{size} bytes are more than {_LARGEST}")
        photo = read_photo(listed.image.read_bytes(), turn=False)
        optics, points = listed.optics, self._listing.points
        shrunk = photo.width / optics.width
        if abs(photo.height - optics.height * shrunk) > 1.5:
            size_listed = f"{optics.width}×{optics.height}"
            raise ValueError(f"it has {photo.width}×{photo.height} px and is listed with {size_listed}")
        scaling = np.diag([shrunk, photo.height / optics.height, 1.0])
        depth = None
        if listed.depth is not None:
            steps = read_depth_file(listed.depth, photo.width, photo.height)
            depth = encode_depth((steps * (self.depth_unit * (self.unit or 1.0))).astype(np.float32))
        seen = seen_by(listed, points)
        return Sample(
            VIEW,
            ordinal,
            meta={
                **({} if listed.mask is None else {"ignored": "mask"}),
                **({"background": "white"} if photo.transparent else {}),
            },
            name=listed.name,
            width=photo.width,
            height=photo.height,
            intrinsics=scaling @ optics.intrinsics,
            world_to_camera=listed.world_to_camera,
            lens=optics.lens,
            distortion=np.array(optics.distortion),
            metric=self.unit is not None,
            image=photo.image,
            points=points.places[seen].astype(np.float32),
            point_ids=points.ids[seen],
            point_colours=points.colours[seen],
            depth=depth,
        )

    def _transforms(self) -> Path | None:
        """The transforms.json, if that is what lists the images."""
        if not self.path.is_dir():
            return self.path
        path = self.path / "transforms.json"
        return path if path.is_file() else None

    def _model(self) -> tuple[Path, dict[str, Path]] | None:
        """The folder and the files of the COLMAP model."""
        for folder in (self.path, self.path / "sparse" / "0", self.path / "sparse", self.path / "colmap"):
            if (files := model_files(folder)) is not None:
                return folder, files
        return None

    def _base(self) -> Path:
        """The folder that names of images start from."""
        if self.images is not None:
            return self.images
        if (transforms := self._transforms()) is not None:
            return transforms.parent
        model = self._model()
        assert model is not None
        above = (model[0], *model[0].resolve().parents[:2])
        return next((folder / "images" for folder in above if (folder / "images").is_dir()), model[0])

    def _read(self) -> Listing:
        transforms = self._transforms()
        if transforms is not None:
            return _read((("transforms", transforms),), self._base(), _stamp(transforms))
        model = self._model()
        if model is None:
            problem = "holds neither a transforms.json nor a COLMAP model"
            raise BadInput(problem, "give the folder with `cameras`, `images` and `points3D`", str(self.path))
        return _read(tuple(model[1].items()), self._base(), _stamp(*model[1].values()))


def _stamp(*paths: Path) -> tuple[int, ...]:
    return tuple(path.stat().st_mtime_ns for path in paths if path.is_file())


@lru_cache(maxsize=1)
def _read(files: tuple[tuple[str, Path], ...], base: Path, stamp: tuple[int, ...]) -> Listing:
    named = dict(files)
    where = named.get("transforms") or named["images"]
    listing = read_transforms(where, base) if "transforms" in named else read_colmap(named, base)
    if not listing.images:
        raise BadInput("lists no images", "give a model that holds some", str(where))
    if not any(image.image.is_file() for image in listing.images):
        problem = f"none of its {len(listing.images)} images exists, such as {listing.images[0].image}"
        raise BadInput(problem, "give the folder that their names start from as `images`", str(where))
    return listing
