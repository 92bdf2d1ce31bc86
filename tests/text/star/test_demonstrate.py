"""Sums worked out by rule: right, and with hints as often as asked."""

from __future__ import annotations

import pytest
from multisynth.text.problems.addition import Addition
from multisynth.text.star.demonstrate import Demonstrate

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.testing import run_stage


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (0.25, 30, 70), (1, 200, 200)])
def test_sums_are_demonstrated_by_rule_some_with_a_hint_too(verifiers, share, least, most) -> None:
    sums = run_stage(Addition(problems=200)).samples
    made = run_stage(Demonstrate(hints=share), sums)
    hints = [question for question in made.samples["question"] if "Target: " in question]
    assert least <= len(hints) <= most and len(made.samples) == 200 + len(hints) and not made.drops
    assert {question.partition("\n")[0] for question in hints} <= set(sums["question"])
    for sample in made.samples:
        verdict = verifiers.judge(sample, sample["completion"])
        assert verdict.right and not verdict.flaw


def test_what_no_rule_works_out_is_dropped() -> None:
    problem = Sample(PROBLEM, 0, question="How many?", answer="8", domain="addition/1-step")
    ((_, reason),) = run_stage(Demonstrate(), [problem]).drops
    assert reason == "cannot be worked out by rule: verifier math"
