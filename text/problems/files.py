"""Problems from files, in the shapes of the field's data sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import Field, PrivateAttr

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.stage import InputPath, Source

from .lines import Line, lines
from .shapes import Shape, problem_of


class Problems(Source):
    """Problems of a JSON Lines file, plain or `.gz`, in the file's order.

    Shapes: `gsm8k` (question, answer that ends in `#### 72`; Cobbe et al. 2021), `mbpp` (text or prompt, code, task_id,
    test_list; Austin et al. 2021), `humaneval` (task_id, prompt, entry_point, canonical_solution, test; Chen et al.
    2021), `plain` (question or prompt; answer, domain, verifier and check where given).
    """

    extent: ClassVar[str] = "problems"
    makes = PROBLEM

    path: InputPath = Field(description="The file.")
    problems: int | None = Field(None, ge=1, le=100_000_000, description="How many problems; by default all from skip.")
    skip: int = Field(0, ge=0, description="Problems at the file's start to leave out, to hold them out say.")
    shape: Shape | None = Field(None, description="Of the file's lines; by default as their fields tell.")
    verifier: str = Field("", max_length=64, description="Who judges answers, where neither shape nor line says.")
    license: str = Field("NOASSERTION", description="SPDX identifier of the file's content.")

    _lines: list[Line] | None = PrivateAttr(None)

    def count_of(self) -> int:
        """How many problems there are: those asked for, or all of the file.

        Raises:
            BadInput: The file cannot be read, or has fewer than were asked for.
        """
        have = max(sum(1 for _ in lines(self.path)) - self.skip, 0)
        return have if self.problems is None else min(have, self.problems)

    def open(self) -> None:
        """Read the file."""
        self._lines = list(lines(self.path))[self.skip :]

    def close(self) -> None:
        """Let go of it."""
        self._lines = None

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample]:
        """Make the problems of these ordinals."""
        assert self._lines is not None
        for ordinal in ordinals:
            line = self._lines[ordinal]
            columns, meta = problem_of(line, self.shape, self.verifier)
            yield Sample(PROBLEM, ordinal, license=self.license, meta=meta, **columns)
