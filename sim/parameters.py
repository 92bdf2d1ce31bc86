"""The `parameters` column of an episode: what its trial is drawn again from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

SEED = "seed"


class Parameters(NamedTuple):
    """What an episode's trial was drawn from.

    An episode keeps its trial's seed here because its own column `seed` is given anew by every stage it goes through.
    """

    seed: int
    """Of the trial's streams, the channel's noise among them: `multisynth.seeds.rng(seed, purpose)`."""
    drawn: Mapping[str, Any]
    """As `Draw.drawn`."""

    def json(self) -> str:
        """The column: a JSON object of the draws, and beside them the seed, which is too long for JSON's numbers."""
        return json.dumps({SEED: f"{self.seed:016x}", **self.drawn})


def read(text: str) -> Parameters:
    """The parameters in an episode's column, which may come from anywhere.

    Raises:
        ValueError: It is no such object.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the parameters are no JSON: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"the parameters are no JSON object: {text[:60]}")
    seed = values.pop(SEED, None)
    if not (isinstance(seed, str) and len(seed) == 16 and set(seed) <= set("0123456789abcdef")):
        raise ValueError(f"the parameters hold no `{SEED}` of 16 hexadecimal digits: {str(seed)[:60]}")
    return Parameters(int(seed, 16), values)
