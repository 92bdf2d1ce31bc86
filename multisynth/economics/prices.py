"""Prices, as users write them; `configs/prices.yaml` is an example of all that can be said."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from multisynth import yaml_lines
from multisynth.errors import BadInput
from multisynth.findings import Findings

EXAMPLE = Path(__file__).parents[2] / "configs" / "prices.yaml"


class Tokens(BaseModel):
    """Dollars for a million tokens of a model behind an endpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read: float = Field(ge=0, allow_inf_nan=False, description="Dollars for a million tokens of prompts.")
    written: float = Field(ge=0, allow_inf_nan=False, description="Dollars for a million tokens that it makes.")


class Prices(BaseModel):
    """All prices, in dollars. What a price is missing for has no cost rather than a guessed one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: dict[str, Tokens] = Field({}, description="Models behind endpoints, by the name that recipes give them.")
    core_hour: float | None = Field(None, ge=0, allow_inf_nan=False, description="An hour of one processor core.")
    gpu_hour: dict[str, float] = Field({}, description="An hour of a GPU, by a part of the name its driver gives it.")
    kwh: float | None = Field(None, ge=0, allow_inf_nan=False, description="A kilowatt-hour; 0 where the rent has it.")
    labels: dict[str, float] = Field({}, description="What people take for one sample, by its kind.")

    def gpu(self, name: str) -> float | None:
        """The price of an hour of a GPU; the longest part of its name that is listed counts."""
        fitting = [part for part in self.gpu_hour if part.casefold() in name.casefold()]
        return self.gpu_hour[max(fitting, key=len)] if fitting else None


def load(path: Path | None = None) -> Prices:
    """Read a table of prices.

    Args:
        path: A YAML file; by default the project's example, or no price at all where that is not installed.

    Raises:
        BadInput: It cannot be read, or something in it is no price; with its line.
    """
    if path is None and not EXAMPLE.exists():
        return Prices()
    path = path or EXAMPLE
    data, lines = yaml_lines.load(path)
    findings = Findings(lines, str(path), path.parent)
    prices = findings.build(Prices, findings.mapping(data, "prices"), (), "a price table")
    for key in ("gpu_hour", "labels"):
        for name, value in (getattr(prices, key) if prices else {}).items():
            if not 0 <= value < float("inf"):
                findings.wrong(f"`{key}.{name}` is {value}", "a price is a number of dollars, 0 or more", key, name)
    findings.settle()
    if prices is None:
        raise BadInput("is no table of prices", f"see {EXAMPLE.name}", str(path))
    return prices
