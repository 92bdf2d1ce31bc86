"""Addition of whole numbers digit by digit, the task on which STaR was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

from pydantic import Field, PrivateAttr, model_validator

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.stage import Source

from .pairs import count, pair
from .parts import HELD_OUT, Part
from .scratchpad import spaced
from .shuffled import Shuffled
from .turns import turn_at


class Addition(Source):
    """Sums of two numbers of equally many digits, written with spaces between the digits.

    As in section 4.1 of STaR (Zelikman et al. 2022, arXiv 2203.14465). The lengths take turns; each walks through its
    pairs in an order of the run's own. In training a length starts over when all of its pairs have come; held-out
    problems never come twice: a length whose pairs are used up leaves its turns to the others. Which pairs are held out
    is the same for every run and seed, so stages of each part share no problem, nor its mirror.
    """

    extent: ClassVar[str] = "problems"
    makes = PROBLEM

    problems: int = Field(1000, ge=1, le=10_000_000, description="How many problems.")
    digits: tuple[Annotated[int, Field(ge=1, le=20)], ...] = Field(
        (1, 2, 3, 4, 5), min_length=1, max_length=20, description="Lengths of the numbers, digits."
    )
    part: Part = Field("train", description=f"Which pairs: one in {HELD_OUT} is held out, the others are for training.")

    _order: dict[int, Shuffled] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _once(self) -> Addition:
        if len(set(self.digits)) < len(self.digits):
            raise ValueError(f"digits names a length twice: {list(self.digits)}")
        if self.part == "held_out" and self.problems > (most := sum(count(n, self.part) for n in self.digits)):
            raise ValueError(
                f"problems is {self.problems}, but only {most} of {list(self.digits)} digits are held out: ask for so "
                "many, or for longer numbers"
            )
        return self

    def open(self) -> None:
        """Choose the order of each length's pairs."""
        for length in self.digits:
            key = int(self.rng(length, "order of pairs").integers(2**63))
            self._order[length] = Shuffled(count(length, self.part), str(key))

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample]:
        """Make the problems of these ordinals."""
        for ordinal in ordinals:
            length, turn = self._turn(ordinal)
            order = self._order[length]
            yield problem(*pair(length, self.part, order[turn % len(order)]), ordinal, self.license)

    def _turn(self, ordinal: int) -> tuple[int, int]:
        """Whose turn it is, and how often it was before."""
        if self.part == "train":
            turn, which = divmod(ordinal, len(self.digits))
            return self.digits[which], turn
        turn, left, place = turn_at(ordinal, [count(length, self.part) for length in self.digits])
        return self.digits[left[place]], turn


def problem(first: int, second: int, ordinal: int, license: str) -> Sample:
    """The problem of adding two numbers.

    Args:
        first: The number on the left.
        second: The other.
        ordinal: Of the sample.
        license: SPDX identifier.
    """
    return Sample(
        PROBLEM,
        ordinal,
        license=license,
        question=f"{spaced(first)} + {spaced(second)}",
        answer=str(first + second),
        domain=f"addition/{len(str(max(first, second)))}-digit",
        verifier="addition",
        check=json.dumps({"terms": [first, second]}),
    )
