"""All camera paths by name, and the rig that can go along any of them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from .dolly import Dolly
from .handheld import Handheld
from .look_at import LookAt
from .orbit import Orbit
from .ranges import Factors, drawn
from .spiral import Spiral
from .walk import Walk

CameraPath = Annotated[Orbit | Spiral | Dolly | Handheld | Walk | LookAt, Field(discriminator="kind")]
"""Options of a path, told apart by `kind`."""


class StereoRig(BaseModel):
    """Two parallel cameras: the left one goes along the path, the right one stands beside it, without toe-in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    baseline: Factors = Field((0.06, 0.12), description="m between the eyes; people have 0.063.")

    def draw(self, rng: np.random.Generator) -> float:
        """A baseline, m, for `Viewpoint.right_eye`."""
        return drawn(rng, self.baseline)
