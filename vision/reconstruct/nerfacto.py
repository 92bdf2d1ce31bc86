"""nerfacto: a neural field learned from views, on CUDA or on a processor; nothing is downloaded."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multisynth.errors import BadInput

from ..cameras.viewpoint import Viewpoint
from .nerfacto_field import Architecture, Nerf, turn
from .views import Views

if TYPE_CHECKING:
    from torch import Tensor

    from .nerfacto_model import Nerfacto

FASTEST, SLOWEST = 1e-2, 1e-4
"""Learning rates at the first and the last step."""
WITHIN = 0.9
"""Share of the sparse points that come to lie within -1 to 1 of the field, where its cells are of one size."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A field, and how well it shows what it has not seen."""

    nerf: Nerf
    steps: int
    seconds: float
    losses: list[float]  # of the colours, mean squared, one in 100 steps
    psnr: float | None  # dB, mean over the views held out; None: there are none
    ssim: float | None
    held_out: dict[str, np.ndarray]  # what it shows there: [H, W, 3] uint8, sRGB, by the name of the view


def train_nerfacto(
    views: Views,
    *,
    steps: int = 10_000,
    rays: int = 4096,
    seed: int = 0,
    device: str = "cpu",
    seconds: float | None = None,
    architecture: Architecture | None = None,
) -> Trained:
    """Learn a field from the views that are not held out, and measure it on those that are.

    Poses stay as given and there is no appearance vector a photo, unlike `ns-train nerfacto`: both make a few photos
    easier to learn and views held out worse.

    Args:
        views: What to learn from.
        steps: Of Adam; the learning rate falls to its last value over them.
        rays: A step, drawn anew from all pixels.
        seed: Equal seeds give equal fields on a processor, unless `seconds` is what ends the training.
        device: As torch names it.
        seconds: Ends the training if it comes before `steps`.
        architecture: Of the networks.

    Raises:
        BadInput: There is nothing to learn from, it cannot be learned from, or nerfstudio is missing.
    """
    if not views.training:
        raise BadInput("all views are held out", "leave some to learn from")
    need_nerfstudio()
    import torch

    from .nerfacto_model import Nerfacto, seeded

    started = time.perf_counter()
    matrix = into_field(views)
    with seeded(seed, device):
        model = Nerfacto(architecture or Architecture()).to(device).train()
        batches = _Rays(views, matrix, device, torch.Generator(device).manual_seed(seed))
        optimiser = torch.optim.Adam(model.parameters(), lr=FASTEST, eps=1e-15, fused=True)
        losses, step, progress = [], 0, 0.0
        while progress < 1:
            for group in optimiser.param_groups:
                group["lr"] = FASTEST * (SLOWEST / FASTEST) ** progress
            parts = model.losses(step, *batches.draw(rays))
            optimiser.zero_grad(set_to_none=True)
            sum(parts.values()).backward()
            optimiser.step()
            if step % 100 == 0:
                losses.append(parts["colour"].item())
                if not np.isfinite(losses[-1]):
                    raise BadInput(f"nerfacto came apart at step {step}", "give sharper poses or another seed")
            step += 1
            progress = step / steps
            if seconds is not None:
                progress = max(progress, (time.perf_counter() - started) / seconds)
    took = time.perf_counter() - started
    nerf = Nerf(model.architecture, model.weights(), matrix)
    psnr, ssim, held_out = _measure(model, nerf, views)
    return Trained(nerf, step, took, losses, psnr, ssim, held_out)


def need_nerfstudio() -> None:
    """See that what nerfacto is made of is installed.

    Raises:
        BadInput: It is not.
    """
    from importlib.util import find_spec

    if missing := [
        name for name in ("nerfstudio", "nerfacc", "viser", "zstandard", "jaxtyping") if find_spec(name) is None
    ]:
        raise BadInput(
            f"nerfacto needs {', '.join(missing)}",
            "`make setup` installs them; by hand, without the pins of theirs that fit nothing else: "
            "pip install 'multisynth[nerf]' && pip install --no-deps nerfstudio==1.1.5 viser",
        )


def into_field(views: Views) -> np.ndarray:
    """A shift and a scale that put what the views show between -1 and 1, by their points if they have any. [4, 4]"""
    if len(views.points):
        centre = np.median(views.points, axis=0).astype(np.float64)
        reach = float(np.quantile(np.abs(views.points - centre).max(axis=1), WITHIN))
    else:
        centre, reach = views.centres.mean(axis=0), 0.0
        reach = float(np.abs(views.centres - centre).max())
    if not np.isfinite(reach) or reach <= 0:
        raise BadInput("the views stand in one place and have no points", "give views from different places")
    matrix = np.diag([1 / reach, 1 / reach, 1 / reach, 1.0])
    matrix[:3, 3] = -centre / reach
    return matrix


class _Rays:
    """Draws rays from all pixels of the views to learn from; everything lies on the device."""

    def __init__(self, views: Views, matrix: np.ndarray, device: str, draws: Any) -> None:
        import torch

        def held(values: Any, dtype: Any = torch.float32) -> Tensor:
            return torch.as_tensor(np.asarray(values), dtype=dtype, device=device)

        rows = views.training
        images = [views.images[row] for row in rows]
        turns = turn(matrix) @ views.world_to_camera[rows, :3, :3].transpose(0, 2, 1)
        self._draws, self._device = draws, device
        self._widths = held([image.shape[1] for image in images], torch.int64)
        self._ends = held(np.cumsum([image.shape[0] * image.shape[1] for image in images]), torch.int64)
        self._pixels = held(np.concatenate([image.reshape(-1, 3) for image in images]), torch.uint8)
        self._looks = held(turns @ np.linalg.inv(views.intrinsics[rows]))
        self._origins = held(views.centres[rows] @ matrix[:3, :3].T + matrix[:3, 3])

    def draw(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Origins and unit directions in the field, and sRGB colours 0 to 1. Each [R, 3]"""
        import torch

        flat = torch.randint(len(self._pixels), (count,), generator=self._draws, device=self._device)
        view = torch.searchsorted(self._ends, flat, right=True)
        starts = torch.nn.functional.pad(self._ends, (1, 0))[view]
        widths = self._widths[view]
        inside = flat - starts
        places = torch.stack([inside % widths + 0.5, inside // widths + 0.5, torch.ones_like(inside)], -1)
        looks = torch.einsum("rij,rj->ri", self._looks[view], places)
        return self._origins[view], torch.nn.functional.normalize(looks, dim=-1), self._pixels[flat] / 255.0


def _measure(model: Nerfacto, nerf: Nerf, views: Views) -> tuple[float | None, float | None, dict[str, np.ndarray]]:
    """Means over the views held out, of images of 8 bits as they are stored, and those images."""
    import torch

    from .measure import psnr, ssim
    from .nerfacto_model import look

    shown, noise, likeness = {}, [], []
    for row in np.flatnonzero(views.held_out):
        height, width = views.images[row].shape[:2]
        seen = look(model, nerf, Viewpoint(width, height, views.intrinsics[row], views.world_to_camera[row]))
        image = (seen.colour * 255).round().to(torch.uint8).cpu()
        pair = image / 255, torch.from_numpy(views.images[row]) / 255
        shown[views.names[row]] = image.numpy()
        noise.append(psnr(*pair))
        likeness.append(float(ssim(*pair)))
    return (float(np.mean(noise)), float(np.mean(likeness)), shown) if shown else (None, None, {})
