"""What tests of verifiers share: a comparison of formulas, which takes seconds to start, and a verdict in one call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from multisynth.text.verifiers import Verdict, Verifiers
from multisynth.text.verifiers.answers.symbolic import Symbolic

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample


@pytest.fixture(scope="session")
def symbolic() -> Iterator[Symbolic]:
    symbolic = Symbolic()
    yield symbolic
    symbolic.close()


@pytest.fixture(scope="session")
def judge(verifiers: Verifiers) -> Callable[..., Verdict]:
    """The verdict of a verifier: ``judge("math", "The answer is 3.", "3")``."""

    def judge(verifier: str, said: str, gold: str = "", question: str = "q", check: object = None) -> Verdict:
        """`check` is JSON, or what becomes it."""
        text = check if check is None or isinstance(check, str) else json.dumps(check)
        problem = Sample(PROBLEM, 0, question=question, answer=gold, domain="d", verifier=verifier, check=text)
        return verifiers.judge(problem, said)

    return judge
