"""What an account says: a row for each stage, one for each final stage's samples, and what could not be told."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_CACHED = 0.5
"""Where more of a stage's tokens came from the request cache, its seconds say little about making them."""


@dataclass(frozen=True)
class Anew:
    """What it would have cost without the request cache: time and energy grow as if all its tokens had been made.

    Args:
        hours: As in `Spent`; None where that is, or where more than `MOST_CACHED` of a stage's tokens were cached.
        joules: Likewise.
        dollars: Likewise.
    """

    hours: float | None
    joules: float | None
    dollars: float | None


@dataclass(frozen=True)
class Spent:
    """What one stage cost.

    Args:
        name: The stage.
        inputs: Inputs on its ledger.
        accepted: Samples in its table.
        passed: Share of the inputs of which something was made; None without inputs.
        read: Tokens of prompts.
        written: Tokens that models made.
        cached: How many of both belong to answers that the request cache had, which took no time.
        seconds: Of its workers, which may work at the same time.
        hours: For which it kept the machine.
        joules: Measured energy; None where it was not measured for all of it.
        tokens_a_joule: Tokens written for each joule, without the request cache; None where there are none, or a model
            elsewhere wrote them.
        dollars: Tokens, machine and energy; None where a price is missing.
        anew: Without the request cache.
    """

    name: str
    inputs: int
    accepted: int
    passed: float | None
    read: int
    written: int
    cached: int
    seconds: float
    hours: float | None
    joules: float | None
    tokens_a_joule: float | None
    dollars: float | None
    anew: Anew


@dataclass(frozen=True)
class Product:
    """What a final stage's samples cost, with all that stood before them, had the request cache been empty.

    What that is cannot be told where most of a stage's tokens came from there.

    Args:
        name: The stage.
        kind: Of its samples.
        accepted: How many.
        stages: Those that it stands on, itself included.
        dollars: For each sample.
        label: What people take for one; None where no price is given.
        times: How many times that is what this cost.
        hours: Of the machine, for all of them.
        joules: For all of them.
    """

    name: str
    kind: str
    accepted: int
    stages: tuple[str, ...]
    dollars: float | None
    label: float | None
    times: float | None
    hours: float | None
    joules: float | None


@dataclass
class Bill:
    """A run's account in stages, in products, and what of it could not be told."""

    stages: list[Spent] = field(default_factory=list)
    total: Spent | None = None
    products: list[Product] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)
