"""Short arithmetic word problems with gold answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import gcd
from typing import ClassVar, Literal

from pydantic import Field, PrivateAttr, model_validator

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.stage import Source

from .wording import TEMPLATES, Numbers, Template

OPERATORS = {"+": Fraction.__add__, "-": Fraction.__sub__, "*": Fraction.__mul__, "/": Fraction.__truediv__}


class Arithmetic(Source):
    """Word problems on addition, subtraction, multiplication and division of small whole numbers.

    Problems of one run are all different: the templates take turns, and each walks through its own problems without
    repeating one. The gold answer is computed from the numbers. In `meta`: the template, the numbers and
    the operations, which apply from the left.
    """

    extent: ClassVar[str] = "problems"
    makes = PROBLEM

    problems: int = Field(40, ge=1, le=100_000, description="How many problems.")
    steps: tuple[Literal[1, 2], ...] = Field((1, 2), min_length=1, description="Operations that a problem may take.")

    _templates: list[Template] = PrivateAttr(default_factory=list)

    @model_validator(mode="after")
    def _enough(self) -> Arithmetic:
        templates = self._fitting()
        most = len(templates) * min(template.size for template in templates)
        if self.problems > most:
            raise ValueError(f"problems is {self.problems}, but there are only {most} different ones for these steps")
        return self

    def _fitting(self) -> list[Template]:
        return [template for template in TEMPLATES if len(template.operations) in self.steps]

    def open(self) -> None:
        """Choose the templates."""
        self._templates = self._fitting()

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample]:
        """Make the problems of these ordinals."""
        for ordinal in ordinals:
            turn, place = divmod(ordinal, len(self._templates))
            # A new order of the templates in each turn: else neighbours would be alike in every run.
            which = int(self.rng(turn, "order of templates").permutation(len(self._templates))[place])
            template = self._templates[which]
            question, numbers = template.fill(self._problem(which, turn))
            yield Sample(
                PROBLEM,
                ordinal,
                license=self.license,
                question=question,
                answer=str(solve(numbers, template.operations)),
                domain=template.domain,
                verifier="arithmetic",
                meta={
                    "template": TEMPLATES.index(template),
                    "numbers": list(numbers),
                    "operations": template.operations,
                },
            )

    def _problem(self, which: int, turn: int) -> int:
        """Which problem of a template comes at a turn: steps of a length coprime to their number meet each once."""
        size = self._templates[which].size
        start, stride = self.rng(which, "order of a template's problems").integers(size, size=2).tolist()
        while gcd(stride, size) != 1:
            stride += 1
        return int((start + turn * stride) % size)


def solve(numbers: Numbers, operations: str) -> Fraction:
    """Apply the operations from the left."""
    value = Fraction(numbers[0])
    for operation, term in zip(operations, numbers[1:], strict=True):
        value = OPERATORS[operation](value, Fraction(term))
    return value
