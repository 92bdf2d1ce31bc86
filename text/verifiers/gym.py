"""reasoning-gym's own scorers."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from multisynth.sample import Sample

from .answers.stated import stated
from .answers.symbolic import Symbolic
from .gym_process import BLOCK, GymProcess
from .mathematics import Mathematics
from .verdict import Verdict, shortened

LONGEST = 10_000
"""Characters of an answer that is looked at."""
NUMBERS = ("gsm_symbolic",)
"""Sets whose scorers take the first number of any text, and without its sign: judged as `math` judges."""
_REST = re.compile(r"(?is).*\banswer is:?(.*)")

Name = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]


class GymCheck(BaseModel):
    """What `check` holds for this verifier: what makes the problem again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: Name = Field(description="Name of the procedural set.")
    options: dict[str, JsonValue] = Field(description="Of the set.")
    seed: int = Field(ge=0, lt=2**32, description="Of the block of problems.")
    index: int = Field(ge=0, lt=BLOCK, description="Of the problem in its block.")
    known: str = Field(pattern="^[0-9a-f]{16}$", description="Digest of the question, to know it again.")


class Gym:
    """The set's own scorer gives the answer full marks, and read all of it."""

    def __init__(self, symbolic: Symbolic) -> None:
        self._gym = GymProcess()
        self._mathematics = Mathematics(symbolic)

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`."""
        check: dict[str, Any] = GymCheck.model_validate_json(problem["check"]).model_dump()
        if check["set"] in NUMBERS:
            return self._mathematics.judge(problem, completion)
        readings = read(completion)
        if not readings:
            return Verdict(False, "no answer", "", "reasoning-gym")
        try:
            score = self._gym.score(check, readings)
        except TimeoutError as error:
            return Verdict(False, f"undecided: {error}", readings[0], "reasoning-gym")
        reason = "" if score >= 1 else f"wrong answer: score {score:.2f}, got {shortened(readings[0])}"
        return Verdict(score >= 1, reason, readings[0], "reasoning-gym")

    def close(self) -> None:
        """End the library's process."""
        self._gym.close()


def read(completion: str) -> list[str]:
    """The final answer of a text, as it may be meant: to the end of its sentence, or to the end of the text."""
    found = stated(completion)
    readings = [] if found is None else [found.answer]
    if (rest := _REST.fullmatch(completion[-LONGEST:])) is not None:
        readings += [rest[1].strip(), rest[1].strip().removesuffix(".")]
    return [reading for reading in dict.fromkeys(readings) if reading and len(reading) <= LONGEST]
