"""Options that are drawn anew for each path: pairs (low, high)."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field


def _rising(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the low end {ends[0]:g} is above the high end {ends[1]:g}")
    return ends


_Factor = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
_Degrees = Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)]
_Elevation = Annotated[float, Field(ge=-89, le=89, allow_inf_nan=False)]
_View = Annotated[float, Field(gt=1, lt=179, allow_inf_nan=False)]

Factors = Annotated[tuple[_Factor, _Factor], AfterValidator(_rising)]
Degrees = Annotated[tuple[_Degrees, _Degrees], AfterValidator(_rising)]
Elevations = Annotated[tuple[_Elevation, _Elevation], AfterValidator(_rising)]
Views = Annotated[tuple[_View, _View], AfterValidator(_rising)]


def drawn(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    """A number between the ends, each as likely."""
    return float(rng.uniform(*ends))
