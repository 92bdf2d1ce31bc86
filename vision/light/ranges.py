"""Options that are drawn: a pair (low, high), or one number that always holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


def _both(value: Any) -> Any:
    return (value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Pair = Annotated[tuple[float, float], BeforeValidator(_both)]


@dataclass(frozen=True)
class Within:
    """Says how low and high a pair may be: `Annotated[Pair, Within(0, 1)]`."""

    low: float
    high: float

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = handler(schema)
        bounds = {"minimum": self.low, "maximum": self.high}
        return {**made, "prefixItems": [{**item, **bounds} for item in made["prefixItems"]]}

    def _check(self, ends: tuple[float, float]) -> tuple[float, float]:
        for end in ends:
            if not self.low <= end <= self.high:
                raise ValueError(f"{end:g} is not from {self.low:g} to {self.high:g}")
        if ends[0] > ends[1]:
            raise ValueError(f"the low end {ends[0]:g} is above the high end {ends[1]:g}")
        return ends


def uniform(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    """A number between the ends, each as likely."""
    return float(rng.uniform(*ends))


def log_uniform(rng: np.random.Generator, ends: tuple[float, float]) -> float:
    """A number between the ends, both above 0, each order of magnitude as likely."""
    return float(np.clip(np.exp(rng.uniform(*np.log(ends))), *ends))
