"""How Gaussian splats are trained."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Splats(BaseModel):
    """What the training of Gaussian splats goes by.

    Lengths count in units of the capture: the distance of the farthest camera from the middle of them, times 1.1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    strategy: Literal["default", "mcmc"] = Field(
        "default",
        description="How Gaussians come and go: by image-plane gradients (Kerbl et al. 2023), or by Markov chain "
        "Monte Carlo (Kheradmand et al. 2024).",
    )
    max_gaussians: int = Field(200_000, ge=100, le=20_000_000, description="There are never more.")
    random_points: int = Field(
        20_000, ge=100, le=20_000_000, description="Gaussians at the start where no sparse points are known."
    )
    sh_degree: int = Field(2, ge=0, le=3, description="Of the spherical harmonics that colours are.")
    sh_every: int = Field(500, ge=1, description="Steps until the next degree is learned too.")
    start_opacity: float = Field(0.1, gt=0, lt=1, description="Of the first Gaussians; 0.5 for mcmc.")
    start_scale: float = Field(
        1.0,
        gt=0,
        le=10,
        description="Size of the first Gaussians, of the distance to their three neighbours; 0.5 for mcmc.",
    )
    refine_from: int = Field(200, ge=1, description="Step from which Gaussians come and go.")
    refine_every: int = Field(100, ge=1, description="Steps between two times that they do.")
    refine_until: float = Field(0.8, ge=0, le=1, description="Share of the steps after which they no longer do.")
    grow_gradient: float = Field(0.0002, gt=0, description="Of the image plane, above which `default` splits.")
    coarse: float = Field(
        0.4, ge=0, le=1, description="Share of the steps, at the start, that learn from images of half the size."
    )
    rate_means: float = Field(1.6e-4, gt=0, description="Learning rate of places; a hundredth of it at the end.")
    rate_scales: float = Field(5e-3, gt=0, description="Learning rate of logarithmic sizes.")
    rate_quaternions: float = Field(1e-3, gt=0, description="Learning rate of rotations.")
    rate_opacities: float = Field(5e-2, gt=0, description="Learning rate of logit opacities.")
    rate_colours: float = Field(
        2.5e-3, gt=0, description="Learning rate of colours; a twentieth for how they change with the direction."
    )
    ssim: float = Field(0.2, ge=0, le=1, description="Weight of 1 - SSIM, against the absolute error.")
    opacity: float = Field(0.0, ge=0, description="Weight of the mean opacity; 0.01 for mcmc.")
    scale: float = Field(0.0, ge=0, description="Weight of the mean size; 0.01 for mcmc.")
    flatness: float = Field(0.0, ge=0, description="Weight of the mean of each Gaussian's shortest axis.")
    points: float = Field(
        0.0, ge=0, description="Weight of the relative error of depth at the sparse points that a view sees."
    )
    depth: float = Field(0.5, ge=0, description="Weight of the relative error of depth, of views with depth.")
    normals: float = Field(0.05, ge=0, description="Weight of 1 - cosine, of views with normals.")
    consistency: float = Field(
        0.0,
        ge=0,
        description="Weight of 1 - cosine between the Gaussians' normals and those of their depth (Huang et al. 2024).",
    )
    antialiased: bool = Field(
        False, description="Opacities that keep their light when Gaussians get smaller than a pixel (Yu et al. 2024)."
    )
    random_background: bool = Field(False, description="Whether what is behind changes colour at every step.")
    exposure: bool = Field(False, description="Whether each photo has an affine change of colour of its own.")

    @model_validator(mode="before")
    @classmethod
    def _as_the_strategy_needs(cls, data: Any) -> Any:
        """MCMC moves what is transparent, so it starts opaque and is urged to become transparent where it can."""
        if isinstance(data, dict) and data.get("strategy") == "mcmc":
            return {"start_opacity": 0.5, "start_scale": 0.5, "opacity": 0.01, "scale": 0.01, **data}
        return data

    @classmethod
    def simple_trainer(cls, max_gaussians: int = 20_000_000) -> Splats:
        """The settings of gsplat 1.5.3's `examples/simple_trainer.py default`, made for 30,000 steps."""
        return cls(
            max_gaussians=max_gaussians, sh_degree=3, sh_every=1000, refine_from=500, refine_every=100,
            refine_until=0.5, coarse=0.0, depth=0.0, normals=0.0, random_points=100_000,
        )  # fmt: skip
