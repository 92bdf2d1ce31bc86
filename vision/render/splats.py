"""Gaussian splats as they are seen, with their labels: gsplat on CUDA, our own compositor on a CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from multisynth.errors import BadInput

from ..cameras.viewpoint import Viewpoint
from ..splats.gaussians import Gaussians
from .buffers import Buffers
from .codes import Codes
from .move import Moved, Seen, as_codes, as_linear
from .substitute import Substitute

if TYPE_CHECKING:
    from torch import Tensor

SOMETHING = 0.1
"""The opacity from which there is depth and a normal."""
NEAREST = 0.01
"""z-depth from which Gaussians are seen, m."""
FLAT = 0.28209479177387814
"""The harmonic of degree 0, 1 / (2 √π)."""
TOGETHER = 25
"""Ids, at most, that a GPU composites together with all else: 32 channels at once."""
BATCH = 32
"""Viewpoints that a GPU renders at once; a CPU renders them one by one."""


class SplatRenderer:
    """Sees Gaussians.

    Colours are sRGB, as the photos that they were fitted to. What a pixel shows becomes linear by the inverse of that
    curve (IEC 61966-2-1) and is then weighed by its opacity, so that the light of what is behind adds up. Depth is the
    mean over what is there, Σ w z / Σ w. Normals are the mean of the Gaussians' shortest axes, turned toward the
    camera. An id is that which holds most of a pixel's light, with what passes counted for 0.
    Behind everything it is black.

    Args:
        gaussians: What is there.
        device: Where it is rendered; auto takes CUDA where there is one.
        median: Whether buffers have median depth too.
        batch: Viewpoints at once on a GPU.

    Raises:
        BadInput: There is no CUDA, or no Gaussian.
    """

    def __init__(
        self,
        gaussians: Gaussians,
        device: Literal["auto", "cpu", "cuda"] = "auto",
        median: bool = True,
        batch: int = BATCH,
    ) -> None:
        import torch

        if not len(gaussians):
            raise BadInput("a volume without a Gaussian", "check what it was made from")
        if device == "cuda" and not torch.cuda.is_available():
            raise BadInput("there is no CUDA on this machine", "set device: cpu, or auto")
        cuda = device != "cpu" and torch.cuda.is_available()
        self.device = torch.device("cuda" if cuda else "cpu")
        self._median, self._batch = median, batch if cuda else 1

        def here(array: np.ndarray) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(self.device)

        self._means, self._quaternions = here(gaussians.means), here(gaussians.quaternions)
        self._scales = torch.exp(here(gaussians.log_scales))
        self._opacities = torch.sigmoid(here(gaussians.logit_opacities))
        self._harmonics = here(gaussians.harmonics)
        ids = (
            np.zeros(len(gaussians), np.int64) if gaussians.instances is None else gaussians.instances.astype(np.int64)
        )
        self._ids = torch.from_numpy(ids).to(self.device)
        self._names = torch.from_numpy(np.union1d(ids, [0])).to(self.device)  # rising, so 0 comes first

    @property
    def highest(self) -> int:
        """The highest instance id."""
        return int(self._names[-1])

    def render(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Buffers]:
        """See `buffers.Renderer`; nothing moves in a volume."""
        if poses is not None and poses.size:
            raise BadInput("poses for a volume, in which nothing moves", "leave them out")
        for seen in self._ahead(viewpoints, as_linear, self._median):
            yield Buffers(**seen, volume=True)  # type: ignore[arg-type]

    def codes(self, viewpoints: Sequence[Viewpoint], median: bool = False) -> Iterator[Codes]:
        """As `render`, but as a frame stores it: toned and rounded where it was rendered, so that less is moved.

        Args:
            viewpoints: V of them.
            median: Whether median depth is wanted.
        """
        for seen in self._ahead(viewpoints, as_codes, median):
            yield Codes(**seen)

    def _ahead(
        self, viewpoints: Sequence[Viewpoint], form: Callable[[Seen], dict[str, Tensor]], median: bool
    ) -> Iterator[dict[str, np.ndarray]]:
        """What each viewpoint sees; while a batch is handed out, a GPU renders the next."""
        ready: Moved | None = None
        for _, alike in groupby(viewpoints, _image):
            same = list(alike)
            stand_in = Substitute.of(same[0])
            for start in range(0, len(same), self._batch):
                moving = Moved.of(form(self._see(same[start : start + self._batch], stand_in, median)))
                if ready is not None:
                    yield from ready.views()
                ready = moving
        if ready is not None:
            yield from ready.views()

    def _see(self, viewpoints: Sequence[Viewpoint], stand_in: Substitute, median: bool) -> Seen:
        import torch

        from ..reconstruct.surface import splat_normals
        from ..splats.labels import instance_ids, median_depth
        from ..splats.rasterize import rasterization

        matrices = np.stack([viewpoint.world_to_camera for viewpoint in viewpoints])
        views = torch.from_numpy(matrices.astype(np.float32)).to(self.device)
        intrinsics = torch.from_numpy(stand_in.intrinsics.astype(np.float32)).to(self.device)
        with torch.no_grad():
            channels = [
                self._colours(matrices),
                splat_normals(self._means, self._quaternions, self._scales, views),
            ]
            together = 1 < len(self._names) <= TOGETHER and self.device.type == "cuda"
            if together:
                one_hot = (self._ids[:, None] == self._names).float()
                channels.append(one_hot[None].expand(len(views), -1, -1))
            sums, opacity, meta = rasterization(
                self._means, self._quaternions, self._scales, self._opacities, torch.cat(channels, -1), views,
                intrinsics[None].expand(len(views), -1, -1).contiguous(), stand_in.width, stand_in.height,
                near_plane=NEAREST, render_mode="RGB+D", camera_model=stand_in.model,
            )  # fmt: skip
            sums = stand_in.look_up(torch.cat([sums, opacity], -1))
            opacity, depth = sums[..., -1], sums[..., -2]
            if together:
                shares = sums[..., 6:-2]
                shares[..., 0] += 1 - opacity
                instances = self._names[shares.argmax(-1)]
            elif len(self._names) > 1:
                found = instance_ids(meta, self._ids)
                instances = stand_in.look_up(found[..., None].float(), "nearest")[..., 0]
            else:
                instances = torch.zeros_like(opacity)
            there = opacity >= SOMETHING
            depth = torch.where(there, depth / opacity.clamp_min(SOMETHING), 0.0)
            normals = torch.nn.functional.normalize(sums[..., 3:6], dim=-1) * there[..., None]
            middle = stand_in.look_up(median_depth(meta)[..., None], "nearest")[..., 0] if median else None
        return Seen(sums[..., :3], opacity, depth, normals, instances, middle)

    def _colours(self, matrices: np.ndarray) -> Tensor:
        """Of each Gaussian as each of C cameras sees it, sRGB, 0 or more. [C, 4, 4] → [C, N, 3]"""
        import torch

        centres = -np.einsum("cji,cj->ci", matrices[:, :3, :3], matrices[:, :3, 3])
        places = torch.from_numpy(centres.astype(np.float32)).to(self.device)
        degree = round(self._harmonics.shape[1] ** 0.5) - 1
        if degree == 0:
            flat = (self._harmonics[:, 0] * FLAT + 0.5).clamp_min(0)
            return flat[None].expand(len(places), -1, -1)
        if self.device.type == "cuda":
            from gsplat import spherical_harmonics

            toward = self._means[None] - places[:, None]
            every = self._harmonics[None].expand(len(places), -1, -1, -1)
            found: Tensor = spherical_harmonics(degree, toward, every)
        else:
            from ..splats.differentiable import harmonics

            shown = torch.ones((len(places), len(self._means), 2), dtype=torch.int32)
            found = harmonics(degree, self._means, places, self._harmonics, shown)
        return (found + 0.5).clamp_min(0)


def _image(viewpoint: Viewpoint) -> tuple[object, ...]:
    intrinsics = np.asarray(viewpoint.intrinsics, np.float64).tobytes()
    return viewpoint.width, viewpoint.height, intrinsics, viewpoint.lens, tuple(viewpoint.distortion)
