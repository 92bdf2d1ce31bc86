"""Problems from files, in the shapes of the field's data sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import Field, PrivateAttr, field_validator

from multisynth.errors import BadInput, nearest
from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.stage import InputPath, Source

from ..verifiers import NAMES
from .lines import Lines
from .shapes import Shape, problem_of


class Problems(Source):
    """Problems of a JSON Lines file, plain or `.gz`, in the file's order.

    A file with fewer than were asked for is refused before work starts; a line that is no problem fails alone.

    Shapes: `gsm8k` (question, answer that ends in `#### 72`; Cobbe et al. 2021), `mbpp` (text or prompt, code, task_id,
    test_list; Austin et al. 2021), `humaneval` (task_id, prompt, entry_point, canonical_solution, test; Chen et al.
    2021), `plain` (question or prompt; answer, domain, verifier and check where given). Of MBPP's tests the question
    shows the first; all of them judge, and those of challenge_test_list.
    """

    version = 2
    extent: ClassVar[str] = "problems"
    makes = PROBLEM

    path: InputPath = Field(description="The file.")
    problems: int | None = Field(None, ge=1, le=100_000_000, description="How many problems; by default all from skip.")
    skip: int = Field(0, ge=0, description="Problems at the file's start to leave out, to hold them out say.")
    shape: Shape | None = Field(None, description="Of the file's lines; by default as their fields tell.")
    verifier: str = Field("", max_length=64, description="Who judges answers, where neither shape nor line says.")
    license: str = Field("NOASSERTION", description="SPDX identifier of the file's content.")

    _lines: Lines | None = PrivateAttr(None)

    @field_validator("verifier")
    @classmethod
    def _known(cls, verifier: str) -> str:
        if verifier and verifier not in NAMES:
            raise ValueError(f"no verifier is called `{verifier}`: {nearest(verifier, list(NAMES))}")
        return verifier

    def count_of(self) -> int:
        """How many problems there are: those asked for, or all of the file. The first is parsed, the others counted.

        Raises:
            BadInput: The file cannot be read, has fewer than were asked for, or does not begin with a JSON object.
        """
        lines = Lines(self.path)
        found = lines.count(None if self.problems is None else self.skip + self.problems)
        left = max(found - self.skip, 0)
        if left < (self.problems or (1 if self.skip else 0)):
            asked = f"{self.problems} were asked for" if self.problems else "all were asked for"
            after = f" after the first {self.skip}" if self.skip else ""
            raise BadInput(
                f"{asked}{after}, and there are {found} problems", "ask for fewer or skip fewer", str(self.path)
            )
        if left:
            lines.at([self.skip])
            lines.close()
        return left

    def open(self) -> None:
        """Have the file ready; it is read as problems are asked for."""
        self._lines = Lines(self.path)

    def close(self) -> None:
        """Let go of it."""
        if self._lines is not None:
            self._lines.close()
        self._lines = None

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample]:
        """Make the problems of these ordinals."""
        assert self._lines is not None
        lines = self._lines.at([self.skip + ordinal for ordinal in ordinals])
        for ordinal, line in zip(ordinals, lines, strict=True):
            columns, meta = problem_of(line, self.shape, self.verifier)
            yield Sample(PROBLEM, ordinal, license=self.license, meta=meta, **columns)
