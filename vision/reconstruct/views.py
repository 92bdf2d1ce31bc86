"""What a reconstruction is made from: posed pinhole images in memory, with what is known about them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from multisynth.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, eq=False)
class Views:
    """V pinhole images of one place, and P sparse points of it. Sizes may differ from view to view."""

    names: list[str]
    images: list[np.ndarray]  # V of [H, W, 3] uint8, sRGB
    intrinsics: np.ndarray  # [V, 3, 3] K, px
    world_to_camera: np.ndarray  # [V, 4, 4] float64, OpenCV axes
    held_out: np.ndarray  # [V] bool, kept from training
    points: np.ndarray  # [P, 3] float32, world
    point_colours: np.ndarray  # [P, 3] uint8, sRGB
    seen: list[np.ndarray]  # V of [S] int, rows of the points that each view sees
    depths: list[np.ndarray | None]  # V of [H, W] float32, z-depth, 0: unknown
    normals: list[np.ndarray | None]  # V of [H, W, 3] float32, camera axes; 0, 0, 0: unknown
    instances: list[np.ndarray | None]  # V of [H, W] uint16, 0: background
    metric: bool  # whether lengths are metres

    def __len__(self) -> int:
        return len(self.names)

    @property
    def training(self) -> list[int]:
        """Rows of the views to learn from."""
        rows: list[int] = np.flatnonzero(~self.held_out).tolist()
        return rows

    @property
    def sizes(self) -> np.ndarray:
        """Width and height, px. [V, 2] int32"""
        return np.array([image.shape[1::-1] for image in self.images], np.int32).reshape(-1, 2)

    @property
    def centres(self) -> np.ndarray:
        """Where the cameras stand, world. [V, 3]"""
        rotation, shift = self.world_to_camera[:, :3, :3], self.world_to_camera[:, :3, 3]
        places: np.ndarray = -np.einsum("vji,vj->vi", rotation, shift)
        return places

    def save(self, path: Path) -> None:
        """Write them as `.npz`, without pickled objects."""
        arrays: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "names":
                arrays["names"] = np.array(value, np.str_)
            elif isinstance(value, list):
                arrays |= {f"{field.name}/{row}": array for row, array in enumerate(value) if array is not None}
            else:
                arrays[field.name] = np.asarray(value)
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Views:
        """Read what `save` wrote.

        Raises:
            BadInput: The file is something else.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                names = [str(name) for name in file["names"]]
                lists: dict[str, list[Any]] = {
                    field: [file.get(f"{field}/{row}") for row in range(len(names))]
                    for field in ("images", "seen", "depths", "normals", "instances")
                }
                whole: dict[str, Any] = {
                    field: file[field]
                    for field in ("intrinsics", "world_to_camera", "held_out", "points", "point_colours")
                }
                return cls(names=names, metric=bool(file["metric"]), **lists, **whole)  # type: ignore[arg-type]
        except (OSError, KeyError, ValueError) as error:
            raise BadInput(f"no views can be read: {error}", "write them with `Views.save`", str(path)) from None


def hold_out(names: Sequence[str], every: int) -> np.ndarray:
    """Every so many views in the order of their names, from the first on, as Mip-NeRF 360 and its heirs do. [V] bool

    Args:
        names: Of the V views.
        every: 0 holds none out; nor does a lone view, which has to be learned from.
    """
    held = np.zeros(len(names), bool)
    if every and len(names) > 1:
        held[np.argsort(np.array(names), kind="stable")[::every]] = True
    return held
