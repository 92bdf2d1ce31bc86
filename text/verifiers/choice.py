"""Verifiers by name, each made when it is first needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping

from pydantic import BaseModel

from multisynth.errors import BadInput, Hopeless, nearest
from multisynth.sample import Sample
from multisynth.sandbox import Isolation

from .addition import Addition, AdditionCheck
from .answers.symbolic import Symbolic
from .answers.words import exactly, normalised
from .arithmetic import Arithmetic
from .code import Check, Code
from .exact import Exact
from .gym import Gym, GymCheck
from .mathematics import Mathematics
from .schema import Schema, SchemaCheck
from .verdict import Verdict, Verifier

_MAKERS: Mapping[str, Callable[[Symbolic], Verifier]] = {
    "addition": Addition,
    "arithmetic": Arithmetic,
    "code": lambda _: Code(),
    "exact": Exact,
    "gym": Gym,
    "math": Mathematics,
    "schema": Schema,
}
NAMES = tuple(_MAKERS)
"""What a problem's column `verifier` may say; `math` where it says nothing."""
CHECKS: Mapping[str, type[BaseModel]] = {
    "addition": AdditionCheck, "code": Check, "gym": GymCheck, "schema": SchemaCheck,
}  # fmt: skip
"""What the column `check` holds, as JSON, for the verifiers that need it."""


class Verifiers:
    """All verifiers; opened once a worker.

    Args:
        sandbox: Where programs are judged: `none` only where every one of them may be trusted.
    """

    def __init__(self, sandbox: Isolation = "bubblewrap") -> None:
        self._sandbox = sandbox
        self._symbolic = Symbolic()
        self._made: dict[str, Verifier] = {}
        self._making = threading.Lock()

    def judge(self, problem: Sample, completion: str, cut: int | None = None) -> Verdict:
        """Judge an answer by the verifier that its problem names; one that was cut off is not right, whatever it says.

        Args:
            problem: A sample with `question`, `answer`, `verifier` and `check`, of any kind.
            completion: What a model wrote; hostile.
            cut: Tokens after which the model was cut off; None where it ended by itself.

        Raises:
            ValueError: There is no verifier of that name, or it cannot use the problem's `check`.
            Hopeless: A program is to be judged, and there is no sandbox.
        """
        if cut is not None:
            return Verdict(False, f"unfinished: {cut} tokens", "", "")
        name = problem["verifier"] or "math"
        if name not in _MAKERS:
            raise ValueError(f"no verifier is called `{name}`: {nearest(name, list(NAMES))}")
        if name not in self._made:
            with self._making:
                self._made.setdefault(name, self._make(name))
        return self._made[name].judge(problem, completion)

    def same(self, problem: Sample, one: str, other: str) -> bool:
        """Whether two answers to a problem are one: as its verifier would compare the first, were it gold, with it."""
        if problem["verifier"] == "exact":
            return exactly(one) == exactly(other)
        try:
            return self._symbolic.same(one, other)[0]
        except TimeoutError:
            return normalised(one) == normalised(other)

    def _make(self, name: str) -> Verifier:
        if name != "code":
            return _MAKERS[name](self._symbolic)
        try:
            return Code(self._sandbox)
        except BadInput as error:
            raise Hopeless(error.problem, error.remedy) from error

    async def verdict(self, problem: Sample, completion: str, cut: int | None = None) -> Verdict:
        """As `judge`, without keeping other coroutines waiting."""
        return await asyncio.to_thread(self.judge, problem, completion, cut)

    def close(self) -> None:
        """Let go of what they started."""
        for verifier in self._made.values():
            verifier.close()
        self._symbolic.close()
