"""Verifiers by name, whoever asks for them at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from multisynth.text.verifiers import NAMES, Verifiers

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample


def test_many_threads_get_the_verdicts_of_one() -> None:
    cases = [(str(k), f"The answer is {k + k % 3 - 1}.", k % 3 == 1) for k in range(300)]
    cases += [("1/2", r"\boxed{\frac{2}{4}}", True), ("1/2", r"\boxed{\frac{3}{4}}", False)] * 3
    verifiers = Verifiers()

    def right(case: tuple[str, str, bool]) -> bool:
        gold, said, _ = case
        return verifiers.judge(Sample(PROBLEM, 0, question="q", answer=gold, domain="d", verifier="math"), said).right

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(right, cases))
    verifiers.close()
    assert found == [wanted for _, _, wanted in cases]


def test_an_unknown_verifier_is_told_with_the_nearest(judge) -> None:
    assert {"addition", "arithmetic", "code", "exact", "gym", "math", "schema"} == set(NAMES)
    with pytest.raises(ValueError, match="did you mean `exact`"):
        judge("exakt", "x")
