"""Training Gaussian splats from views, on CUDA or a CPU alike (Kerbl et al. 2023; Kheradmand et al. 2024)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from multisynth.errors import BadInput

from ..splats.gaussians import Gaussians
from .growth import Growth
from .measure import psnr, ssim
from .options import Splats
from .splats import Frame, Parameters, Seen, begin, gaussians, look
from .surface import depth_normals
from .targets import Target, targets
from .views import Views

MOMENTS = 5
"""Times at which the views held out are looked at during training."""
SURVEYED = 8
"""Views held out that are looked at then, at most; all of them at the end."""


@dataclass(frozen=True)
class Trained:
    """Gaussians, and how they came about."""

    gaussians: Gaussians
    scores: dict[str, tuple[float, float]]  # PSNR in dB and SSIM of each view held out
    curve: list[tuple[int, float, int]]  # step, mean PSNR of views held out, Gaussians
    seconds: float

    @property
    def psnr(self) -> float | None:
        """Mean over the views held out, dB."""
        return float(np.mean([one for one, _ in self.scores.values()])) if self.scores else None

    @property
    def ssim(self) -> float | None:
        """Mean over the views held out."""
        return float(np.mean([one for _, one in self.scores.values()])) if self.scores else None


def train(
    views: Views,
    options: Splats,
    steps: int,
    *,
    seed: int,
    device: str = "cpu",
    bounds: np.ndarray | None = None,
    told: Callable[[int, float, int], None] | None = None,
) -> Trained:
    """Learn Gaussians from the views that are not held out, and measure them on those that are.

    The same seed gives the same Gaussians on a CPU, however many threads it has.

    Args:
        views: Images, cameras, points.
        options: How.
        steps: Images learned from, one after another.
        seed: Of every draw.
        device: `cpu` or `cuda`.
        bounds: Of what is looked at, world, where no points are known. [2, 3]
        told: Is told step, PSNR of held-out views and number of Gaussians now and then.

    Raises:
        BadInput: There is nothing to learn from.
    """
    if not views.training:
        raise BadInput("there is no view to learn from", "hold fewer out, or see in the ledger why there are none")
    started = time.perf_counter()
    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        torch.manual_seed(seed)
        course = _Course(views, options, steps, np.random.default_rng(seed), device, bounds)
        for step in range(steps):
            course.step(step)
            if (step + 1) * MOMENTS // steps > step * MOMENTS // steps:
                course.survey(step + 1)
                if told is not None:
                    told(*course.curve[-1])
        scores = course.scores()
    return Trained(gaussians(course.parameters, course.frame), scores, course.curve, time.perf_counter() - started)


class _Course:
    """A training under way."""

    def __init__(
        self,
        views: Views,
        options: Splats,
        steps: int,
        rng: np.random.Generator,
        device: str,
        bounds: np.ndarray | None,
    ) -> None:
        self.views, self.options, self.steps, self._rng, self._device = views, options, steps, rng, device
        self.frame = Frame.of(views)
        self.parameters: Parameters = begin(views, self.frame, options, bounds, rng, device)
        given = views, self.frame.cameras(views.world_to_camera), self.frame.centre, self.frame.scale, device
        self._targets = targets(*given, half=False)
        self._halves = targets(*given, half=True) if options.coarse else []
        self._optimisers = {
            name: torch.optim.Adam([value], lr=self._rates[name], eps=1e-15, fused=True)
            for name, value in self.parameters.items()
        }
        self._growth = Growth(options, steps, self.parameters, self._optimisers)
        self._exposures = torch.eye(3, 4, device=device).repeat(len(views), 1, 1).requires_grad_(options.exposure)
        self._exposing = torch.optim.Adam([self._exposures], lr=1e-3) if options.exposure else None
        self._queue: list[int] = []
        self.curve: list[tuple[int, float, int]] = []

    @property
    def _rates(self) -> dict[str, float]:
        options = self.options
        return {
            "means": options.rate_means, "scales": options.rate_scales, "quats": options.rate_quaternions,
            "opacities": options.rate_opacities, "sh0": options.rate_colours, "shN": options.rate_colours / 20,
        }  # fmt: skip

    def step(self, step: int) -> None:
        """Learn from one image."""
        options = self.options
        if not self._queue:
            self._queue = self._rng.permutation(self.views.training).tolist()
        row = self._queue.pop()
        coarse = step < options.coarse * self.steps
        target = (self._halves if coarse else self._targets)[row]
        rate = options.rate_means * 0.01 ** (step / self.steps)
        self._optimisers["means"].param_groups[0]["lr"] = rate
        # what is still rough has no normals to agree with
        consistent = options.consistency > 0 and not coarse
        wants_normals = consistent or (target.normals is not None and options.normals > 0)
        background = torch.rand(3, device=self._device) if options.random_background else None
        seen = look(
            self.parameters, target.viewmat, target.intrinsics, target.width, target.height, self._degree(step),
            antialiased=options.antialiased, normals=wants_normals, background=background,
        )  # fmt: skip
        self._growth.before(step, seen.info)
        self._loss(seen, target, row, consistent).backward()
        for optimiser in (*self._optimisers.values(), *((self._exposing,) if self._exposing else ())):
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        with torch.no_grad():
            self._growth.after(step, seen.info, rate)

    def _degree(self, step: int) -> int:
        return min(self.options.sh_degree, step // self.options.sh_every)

    def _loss(self, seen: Seen, target: Target, row: int, consistent: bool) -> Tensor:
        options, parameters = self.options, self.parameters
        truth = target.image.to(self._device).float() / 255
        colours = seen.colours
        if options.exposure:
            affine = self._exposures[row]
            colours = colours @ affine[:, :3].T + affine[:, 3]
        loss = (1 - options.ssim) * (colours - truth).abs().mean()
        if options.ssim:
            loss = loss + options.ssim * (1 - ssim(colours, truth))
        if options.exposure:
            loss = loss + 0.1 * (self._exposures[row] - torch.eye(3, 4, device=self._device)).square().sum()
        if options.opacity:
            loss = loss + options.opacity * torch.sigmoid(parameters["opacities"]).mean()
        if options.scale:
            loss = loss + options.scale * torch.exp(parameters["scales"]).mean()
        if options.flatness:
            loss = loss + options.flatness * torch.exp(parameters["scales"].amin(dim=1)).mean()
        if options.points and len(target.point_rows):
            found = seen.depth.flatten()[target.point_rows]
            loss = loss + options.points * (found / target.point_depths - 1).abs().clamp(max=0.5).mean()
        if options.depth and target.depth is not None:
            depth = target.depth.to(self._device)
            known = depth > 0
            error = (seen.depth - depth).abs() / depth.clamp_min(1e-6)
            loss = loss + options.depth * torch.where(known, error.clamp(max=1), 0.0).mean()
        if options.normals and target.normals is not None and seen.normals is not None:
            label = target.normals.to(self._device)
            known = label.abs().sum(-1) > 0
            loss = loss + options.normals * torch.where(known, 1 - (seen.normals * label).sum(-1), 0.0).mean()
        if consistent and seen.normals is not None:
            across = depth_normals(seen.depth, target.intrinsics)
            known = across.abs().sum(-1) > 0
            error = seen.alphas.detach() - (seen.normals * across).sum(-1)
            loss = loss + options.consistency * torch.where(known, error, 0.0).mean()
        return loss

    def survey(self, step: int) -> None:
        """Look at some of the views held out."""
        held = np.flatnonzero(self.views.held_out)[:SURVEYED].tolist()
        values = [psnr(*self._pair(row, step - 1)) for row in held]
        self.curve.append((step, float(np.mean(values)) if values else float("nan"), len(self.parameters["means"])))

    def scores(self) -> dict[str, tuple[float, float]]:
        """PSNR and SSIM of every view held out."""
        found = {}
        for row in np.flatnonzero(self.views.held_out).tolist():
            image, truth = self._pair(row, self.steps)
            found[self.views.names[row]] = psnr(image, truth), float(ssim(image, truth))
        return found

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def _pair(self, row: int, step: int) -> tuple[Tensor, Tensor]:
        """What a view shows of the Gaussians, and the truth."""
        target = self._targets[row]
        seen = look(
            self.parameters, target.viewmat, target.intrinsics, target.width, target.height, self._degree(step),
            antialiased=self.options.antialiased,
        )  # fmt: skip
        return seen.colours.clamp(0, 1), target.image.to(self._device).float() / 255
