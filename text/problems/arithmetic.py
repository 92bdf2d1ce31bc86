"""Short arithmetic word problems with gold answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import ClassVar, Literal

from pydantic import Field, PrivateAttr

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.stage import Source

from .draws import Asked, Draws
from .parts import HELD_OUT, Part
from .shuffled import Shuffled
from .turns import turn_at
from .wording import TEMPLATES, Numbers, Template

OPERATORS = {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__, "/": Fraction.__truediv__}


class Arithmetic(Source):
    """Word problems on addition, subtraction, multiplication and division of small whole numbers.

    Problems of one run are all different: the templates take turns, and each walks through its own problems without
    repeating one; when they are used up it leaves its turns to the others. What is held out is the same for every run
    and seed: operations on numbers, in whatever words and in either order, so stages of each part share none. The gold
    answer is computed from the numbers. In `meta`: the template, the numbers and the operations, which apply from the
    left.
    """

    version = 4
    extent: ClassVar[str] = "problems"
    makes = PROBLEM

    problems: int = Field(40, ge=1, le=100_000, description="How many problems.")
    steps: tuple[Literal[1, 2], ...] = Field((1, 2), min_length=1, description="Operations that a problem may take.")
    part: Part = Field(
        "train", description=f"Which numbers: one choice in {HELD_OUT} is held out, the others are for training."
    )

    _templates: list[Template] = PrivateAttr(default_factory=list)
    _orders: list[Shuffled] = PrivateAttr(default_factory=list)
    _draws: Draws = PrivateAttr()

    def open(self) -> None:
        """Choose the templates, and the order of each one's problems."""
        self._templates = [template for template in TEMPLATES if len(template.operations) in self.steps]
        keys = [self.rng(which, "order of a template's problems").integers(2**63) for which in range(len(TEMPLATES))]
        self._orders = [Shuffled(t.size, str(key)) for t, key in zip(self._templates, keys, strict=False)]
        self._draws = Draws(self._asked, self.part)

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample]:
        """Make the problems of these ordinals."""
        for ordinal in ordinals:
            template, question, numbers = self._drawn(self._draws[ordinal])
            yield Sample(
                PROBLEM,
                ordinal,
                license=self.license,
                question=question,
                answer=str(solve(numbers, template.operations)),
                domain=template.domain,
                verifier="arithmetic",
                check=json.dumps({"numbers": numbers, "operations": template.operations}),
                meta={
                    "template": TEMPLATES.index(template),
                    "numbers": list(numbers),
                    "operations": template.operations,
                },
            )

    def _asked(self, draw: int) -> Asked:
        template, question, numbers = self._drawn(draw)
        return Asked(question, f"{template.operations} {unordered(numbers, template.operations)}")

    def _drawn(self, draw: int) -> tuple[Template, str, Numbers]:
        """The problem of a draw, of whichever part: its template, question and numbers."""
        turn, left, place = turn_at(draw, [template.size for template in self._templates])
        # A new order of the templates in each turn: else neighbours would be alike in every run.
        which = left[int(self.rng(turn, "order of templates").permutation(len(left))[place])]
        return self._templates[which], *self._templates[which].fill(self._orders[which][turn])


def unordered(numbers: Numbers, operations: str) -> Numbers:
    """The numbers of a problem, those sorted that may change places without a change of what is reckoned."""
    free = len(operations) - len(operations.lstrip(operations[0])) + 1 if operations[0] in "+*" else 0
    return (*sorted(numbers[:free]), *numbers[free:])


def solve(numbers: Numbers, operations: str) -> Fraction:
    """Apply the operations from the left."""
    value = Fraction(numbers[0])
    for operation, term in zip(operations, numbers[1:], strict=True):
        value = OPERATORS[operation](value, Fraction(term))
    return value
