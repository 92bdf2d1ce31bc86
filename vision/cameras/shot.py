"""A camera with its lens on its way: what a path and optics make for one ordinal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from .aim import Motion
from .lenses import focal
from .outside import COUNTS
from .ranges import Views, drawn
from .subject import Subject
from .viewpoint import Viewpoint


@dataclass(frozen=True, eq=False)
class Shot:
    """A camera and its motion."""

    camera: Viewpoint  # size and lens; its pose and time do not count
    motion: Motion

    def at(self, time: float) -> Viewpoint:
        """The camera at a time, s."""
        return self.camera.at(self.motion(time), time)

    def viewpoints(self, frames: int, fps: float) -> list[Viewpoint]:
        """The camera at 0, 1 / fps, 2 / fps … s."""
        return [self.at(frame / fps) for frame in range(frames)]


class Optics(BaseModel):
    """Size of the image and lens, of which the field of view is drawn for each path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int = Field(640, ge=16, le=8192, description="px")
    height: int = Field(480, ge=16, le=8192, description="px")
    lens: Literal["pinhole", "opencv", "fisheye"] = Field("pinhole", description="How the lens maps angles to pixels.")
    fov: Views | None = Field(
        None,
        description="Vertical field of view at the focal length, degrees, from low to high; by default that of the "
        "training views, or 45 to 65, and 100 to 140 for a fisheye.",
    )
    distortion: tuple[float, ...] = Field(
        (), max_length=8, description="opencv: k1, k2, p1, p2, k3 …; fisheye: k1 to k4, as OpenCV orders them."
    )

    @model_validator(mode="after")
    def _fits(self) -> Optics:
        if len(self.distortion) not in COUNTS[self.lens]:
            raise ValueError(f"a {self.lens} lens has {' or '.join(map(str, COUNTS[self.lens]))} coefficients")
        if not np.isfinite(self.distortion).all():
            raise ValueError(f"distortion {self.distortion} is not finite")
        if self.fov is not None and self.lens != "fisheye" and self.fov[1] > 150:
            raise ValueError(f"fov {self.fov[1]:g}°: only a fisheye sees more than 150°")
        return self

    def draw(self, subject: Subject, rng: np.random.Generator) -> Viewpoint:
        """A camera at the origin. Draws one number."""
        usual = (100.0, 140.0) if self.lens == "fisheye" else (45.0, 65.0)
        own = (subject.fov, subject.fov) if subject.fov is not None and self.lens != "fisheye" else usual
        fov = drawn(rng, self.fov or own)
        length = focal(fov, self.height, self.lens)
        matrix = np.array([[length, 0, self.width / 2], [0, length, self.height / 2], [0, 0, 1]])
        return Viewpoint(self.width, self.height, matrix, np.eye(4), self.lens, self.distortion)
