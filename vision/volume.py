"""Stage `vision.volume`: Gaussian splats or a nerfacto that somebody has trained before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

from multisynth.errors import BadInput
from multisynth.kinds import VOLUME, Kind
from multisynth.sample import Drop, Sample
from multisynth.stage import InputPath, Needs, Source

from .capture.upright import turn
from .licences import UNKNOWN
from .reconstruct.nerfacto_field import Nerf
from .reconstruct.nerfacto_files import read_nerfstudio
from .splats.files import DECODERS, read_splats
from .splats.gaussians import Gaussians
from .splats.ply import encode_ply
from .splats.turn import turned

_OPAQUE = 0.1  # opacity of Gaussians that count for where things are
_QUANTILES = (0.01, 0.99)  # of their places, so that floaters do not
_NO_VIEWS: dict[str, Any] = {
    "view_names": [], "view_intrinsics": np.zeros((0, 3, 3)), "view_sizes": np.zeros((0, 2), np.int32),
    "view_poses": np.zeros((0, 4, 4)), "held_out": np.zeros(0, bool),
}  # fmt: skip


class Volume(Source):
    """Splats out of a file (.ply as Inria's and gsplat's trainers write it, .spz, .splat), or out of each in a folder;
    or the nerfacto in a folder that `ns-train nerfacto` has written.

    The world is turned so that `up` becomes z, and colours that depend on direction with it. Gaussians with numbers
    that are not finite, which some trainers leave, are taken out, and `meta` says how many.
    """

    makes: ClassVar[Kind | None] = VOLUME
    needs: ClassVar[Needs] = Needs(batch_size=1)

    license: str = Field(
        UNKNOWN, description="SPDX identifier of the files, which all that is made from them inherits."
    )
    path: InputPath = Field(description="A splat file, a folder of them, or a run's folder of nerfstudio.")
    count: int | None = Field(None, ge=0, description="How many files of a folder are read; by default all.")
    unit: float | None = Field(
        None, gt=0, description="m a unit of the file; lengths become metres. Without it the scale is arbitrary."
    )
    up: tuple[float, float, float] = Field(
        (0.0, 0.0, 1.0),
        description="Which way is up in the file's axes, and becomes z; [0, -1, 0] for splats trained in COLMAP's "
        "world, as a rule.",
    )

    @field_validator("up")
    @classmethod
    def _a_direction(cls, up: tuple[float, float, float]) -> tuple[float, float, float]:
        if not (np.isfinite(up).all() and np.linalg.norm(up) > 1e-6):
            raise ValueError(f"up is {list(up)}: give a direction such as [0, 0, 1]")
        return up

    def count_of(self) -> int:
        """How many files there are, `count` at most; 1 for a folder without any, which then fails saying so."""
        found = max(len(_files(self.path)), 1)
        return found if self.count is None else min(self.count, found)

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """One volume a file."""
        files = _files(self.path)
        if not files:
            raise BadInput(f"holds no splat file: none of {', '.join(DECODERS)}", "give a splat file", str(self.path))
        for ordinal in ordinals:
            nerfacto = files[ordinal].is_dir()
            yield self._nerfacto(ordinal, files[ordinal]) if nerfacto else self._volume(ordinal, files[ordinal])

    @property
    def _turn(self) -> np.ndarray:
        """From the file's axes to ours. [3, 3]"""
        return turn(np.array(self.up) / np.linalg.norm(self.up))

    def _nerfacto(self, ordinal: int, path: Path) -> Sample:
        nerf, steps = read_nerfstudio(path)
        matrix = nerf.world_to_field.copy()
        matrix[:3, :3] = matrix[:3, :3] @ self._turn.T / (self.unit or 1.0)
        corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 3), -1).reshape(-1, 3) * nerf.architecture.box
        places = (corners - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T
        return Sample(
            VOLUME,
            ordinal,
            method="nerfacto",
            data=Nerf(nerf.architecture, nerf.weights, matrix).dumps(),
            metric=self.unit is not None,
            up=np.array([0.0, 0.0, 1.0]),
            bounds=np.stack([places.min(axis=0), places.max(axis=0)]),
            steps=steps,
            **_NO_VIEWS,
        )

    def _volume(self, ordinal: int, path: Path) -> Sample:
        whole = read_splats(path)
        gaussians = _finite(whole)
        if not np.array_equal(self._turn, np.eye(3)):
            gaussians = turned(gaussians, self._turn)
        opacities = 1 / (1 + np.exp(-gaussians.logit_opacities.astype(np.float64)))
        opaque = gaussians.means[opacities >= _OPAQUE]
        if not len(opaque):
            problem = f"an empty volume: none of its {len(whole)} Gaussians has an opacity of {_OPAQUE} or more"
            raise BadInput(problem, "train or export it again", str(path))
        scaled = gaussians if self.unit is None else _scaled(gaussians, self.unit)
        bounds = np.quantile(opaque.astype(np.float64), _QUANTILES, axis=0) * (self.unit or 1.0)
        left_out = len(whole) - len(gaussians)
        return Sample(
            VOLUME,
            ordinal,
            meta={"gaussians": len(gaussians), **({"not_finite": left_out} if left_out else {})},
            method="splats",
            data=encode_ply(replace(scaled, instances=None)),
            metric=self.unit is not None,
            up=np.array([0.0, 0.0, 1.0]),
            bounds=bounds,
            steps=0,
            instances=gaussians.instances,
            **_NO_VIEWS,
        )


def _files(path: Path) -> list[Path]:
    if not path.is_dir() or (path / "config.yml").is_file():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in DECODERS and file.is_file())


def _finite(gaussians: Gaussians) -> Gaussians:
    parts = (gaussians.means, gaussians.quaternions, gaussians.log_scales, gaussians.harmonics)
    good = np.logical_and.reduce([np.isfinite(part).all(axis=tuple(range(1, part.ndim))) for part in parts])
    good &= ~np.isnan(gaussians.logit_opacities) & gaussians.quaternions.any(axis=1)
    if good.all():
        return gaussians
    return Gaussians(
        means=gaussians.means[good],
        quaternions=gaussians.quaternions[good],
        log_scales=gaussians.log_scales[good],
        logit_opacities=gaussians.logit_opacities[good],
        harmonics=gaussians.harmonics[good],
        instances=None if gaussians.instances is None else gaussians.instances[good],
    )


def _scaled(gaussians: Gaussians, unit: float) -> Gaussians:
    means, log_scales = gaussians.means * np.float32(unit), gaussians.log_scales + np.float32(np.log(unit))
    return replace(gaussians, means=means, log_scales=log_scales)
