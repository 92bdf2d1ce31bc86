"""What more samples would cost, at the rates that a run was measured at."""

from __future__ import annotations

import math
from dataclasses import dataclass

from multisynth.economics.figures import Product

HOURS_A_WEEK = 168


@dataclass(frozen=True)
class Scaled:
    """So many samples of a final stage.

    Args:
        name: The stage.
        samples: How many.
        dollars: For all of them.
        hours: On one machine like the run's.
        machines: Of these, to have them within a week.
        joules: For all of them.
        labels: What people would take for them, dollars.
    """

    name: str
    samples: int
    dollars: float | None
    hours: float | None
    machines: int | None
    joules: float | None
    labels: float | None


def scaled(product: Product, samples: int) -> Scaled:
    """Foretell by proportion: each sample costs what one cost here, had the request cache been empty.

    That is too much for what is done once however many there are, as training is, and too little where duplicates
    become more frequent.

    Args:
        product: What the run measured; nothing follows of no samples, nor where most tokens came from the cache.
        samples: How many are wanted.
    """
    share = samples / product.accepted if product.accepted else None

    def times(value: float | None) -> float | None:
        return None if share is None or value is None else value * share

    hours = times(product.hours)
    return Scaled(
        product.name, samples, None if product.dollars is None else product.dollars * samples, hours,
        None if hours is None else max(1, math.ceil(hours / HOURS_A_WEEK)), times(product.joules),
        None if product.label is None else product.label * samples,
    )  # fmt: skip
