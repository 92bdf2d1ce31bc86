"""A bill as rows to print, and as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from multisynth.economics.figures import Bill
from multisynth.economics.scale import HOURS_A_WEEK, scaled


def facts(bill: Bill, samples: int | None) -> dict[str, Any]:
    """All of it, unrounded."""
    found: dict[str, Any] = asdict(bill)
    if samples is not None:
        found["scaled"] = [asdict(scaled(product, samples)) for product in bill.products]
    return found


def tables(bill: Bill, samples: int | None) -> dict[str, list[dict[str, Any]]]:
    """What a person reads: what is absent stays empty."""
    found = {
        "stages": [
            {
                "stage": spent.name, "inputs": spent.inputs, "accepted": spent.accepted,
                "pass rate": _percent(spent.passed), "tokens read": spent.read, "written": spent.written,
                "cached": _percent(spent.cached / (spent.read + spent.written) if spent.read + spent.written else None),
                "seconds": spent.seconds, "hours": spent.hours, "joules": spent.joules,
                "tokens/joule": spent.tokens_a_joule, "dollars": spent.dollars,
            }
            for spent in (*bill.stages, *([bill.total] if bill.total is not None else []))
        ],
        "samples": [
            {
                "stage": product.name, "kind": product.kind, "accepted": product.accepted,
                "dollars each": product.dollars, "by people": product.label,
                "people/this": product.times,
            }
            for product in bill.products
        ],
    }  # fmt: skip
    if samples is not None:
        found[f"{samples:,} of each"] = [
            {
                "stage": more.name, "dollars": more.dollars, "by people": more.labels, "machine hours": more.hours,
                f"machines for {HOURS_A_WEEK} h": more.machines, "joules": more.joules,
            }
            for more in (scaled(product, samples) for product in bill.products)
        ]  # fmt: skip
    return found


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
