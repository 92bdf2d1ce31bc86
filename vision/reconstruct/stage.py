"""Stage `vision.reconstruct`: posed images to a volume that can be filmed from anywhere near them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from multisynth.errors import BadInput
from multisynth.kinds import FRAME, VIEW, VOLUME, Kind
from multisynth.sample import Sample
from multisynth.stage import Scatter, Series

from ..capture.upright import up_of
from ..licences import all_of
from .options import Splats
from .photographs import views_of
from .views import Views

Corner = tuple[float, float, float]
LOOKED_AT = 0.01
"""Share of the points that may lie beyond each side of a volume's bounds, so that strays do not stretch them."""


class Reconstruct(Series):
    """Learn a volume from posed images of one place: Gaussian splats, or the neural field of nerfacto.

    Every so many views are held out, and `psnr` and `ssim` are measured on them. Its `meta` tells these for each view
    held out, how they came up during training, the number of Gaussians and the device.
    """

    takes: ClassVar[tuple[Kind, ...]] = (VIEW, FRAME)
    makes: ClassVar[Kind] = VOLUME
    extent: ClassVar[str] = "volumes"

    license: str = Field("", description="SPDX identifier of the volume; by default all those of what it is made from.")
    volumes: int = Field(1, ge=0, le=64, description="How many, each from all views and with draws of its own.")
    method: Literal["splats", "nerfacto"] = Field("splats", description="What kind of volume.")
    steps: int = Field(3000, ge=1, le=1_000_000, description="Of training: images, or for nerfacto batches of rays.")
    factor: int = Field(1, ge=1, le=32, description="Images are made smaller by it.")
    hold_out: int = Field(
        8, ge=0, description="Every so many views by name are kept to measure by; 0: none. Frames go by their split."
    )
    bounds: tuple[Corner, Corner] | None = Field(
        None, description="Lowest and highest corner of what is looked at, world; needed where no view sees points."
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to train; auto: on CUDA if it is there.")
    splats: Splats = Field(Splats(), description="How Gaussian splats are trained.")
    rays: int = Field(4096, ge=64, le=65536, description="Of a batch, for nerfacto.")
    instances: bool = Field(True, description="Whether Gaussians get ids from the views' masks, where they have any.")

    @field_validator("bounds")
    @classmethod
    def _has_an_inside(cls, bounds: tuple[Corner, Corner] | None) -> tuple[Corner, Corner] | None:
        if bounds is not None and not np.all(np.diff(bounds, axis=0) > 0):
            raise ValueError(f"the corner {bounds[1]} is not above {bounds[0]} along x, y and z")
        return bounds

    def follow(
        self, past: Sequence[Sample], ordinal: int, inputs: Callable[[], Iterator[Sample]], scatter: Scatter
    ) -> Sample:
        """As `Series.follow`."""
        samples = list(inputs())
        views = views_of(samples, self.factor, self.hold_out)
        seed = int(self.rng(ordinal, "training").integers(2**31))
        made = (self._splats if self.method == "splats" else self._nerfacto)(views, seed)
        if made.get("instances") is not None:
            made["names"], made["categories"] = _called(samples, int(made["instances"].max(initial=0)))
        return Sample(
            VOLUME, ordinal, license=self.license or all_of(sample["license"] for sample in samples),
            method=self.method, metric=views.metric, up=_up(samples, views),
            bounds=self._bounds(views), view_names=views.names, view_intrinsics=views.intrinsics,
            view_sizes=views.sizes, view_poses=views.world_to_camera, held_out=views.held_out, steps=self.steps, **made,
        )  # fmt: skip

    def _splats(self, views: Views, seed: int) -> dict[str, Any]:
        from ..splats.ply import encode_ply
        from .lift import lift
        from .train import train

        device = self._device()
        bounds = None if self.bounds is None else np.array(self.bounds)
        trained = train(views, self.splats, self.steps, seed=seed, device=device, bounds=bounds)
        gaussians = trained.gaussians
        if self.instances and any(views.instances[row] is not None for row in views.training):
            ids = lift(gaussians, views, device=device, antialiased=self.splats.antialiased)
            gaussians = replace(gaussians, instances=ids)
        return {
            "data": encode_ply(gaussians), "instances": gaussians.instances, "psnr": trained.psnr, "ssim": trained.ssim,
            "meta": {
                "device": device, "gaussians": len(gaussians), "antialiased": self.splats.antialiased,
                "views": {name: {"psnr": round(p, 3), "ssim": round(s, 4)} for name, (p, s) in trained.scores.items()},
                "curve": [
                    {"step": step, "psnr": None if np.isnan(value) else round(value, 3), "gaussians": count}
                    for step, value, count in trained.curve
                ],
            },
        }  # fmt: skip

    def _nerfacto(self, views: Views, seed: int) -> dict[str, Any]:
        from .nerfacto import train_nerfacto

        device = self._device()
        trained = train_nerfacto(views, steps=self.steps, rays=self.rays, seed=seed, device=device)
        return {
            "data": trained.nerf.dumps(), "psnr": trained.psnr, "ssim": trained.ssim,
            "meta": {"device": device, "views": sorted(trained.held_out)},
        }  # fmt: skip

    def _device(self) -> str:
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            raise BadInput("`device` is cuda and this machine has none", "take auto or cpu")
        return "cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu"

    def _bounds(self, views: Views) -> np.ndarray:
        if self.bounds is not None:
            return np.array(self.bounds, np.float64)
        if not len(views.points):
            raise BadInput(
                f"none of the {len(views)} views sees points or has depth, so nobody knows where things are",
                "give `bounds`, the lowest and highest corner of what they look at",
            )
        return np.quantile(views.points.astype(np.float64), [LOOKED_AT, 1 - LOOKED_AT], axis=0)


def _up(samples: Sequence[Sample], views: Views) -> np.ndarray:
    """Frames are films of scenes, whose z is up; photos are held upright on the whole."""
    return np.array([0.0, 0.0, 1.0]) if samples[0].kind is FRAME else up_of(views.world_to_camera)


def _called(samples: Sequence[Sample], most: int) -> tuple[list[str], list[str]]:
    """Names and categories of instances 1 to `most`, by the boxes of frames; empty where nobody knows."""
    names, categories = [""] * most, [""] * most
    for sample in samples if samples[0].kind is FRAME else ():
        for box in sample["boxes"] or ():
            if 1 <= box["instance"] <= most:
                names[box["instance"] - 1], categories[box["instance"] - 1] = box["name"], box["category"]
    return names, categories
