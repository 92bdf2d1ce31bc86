"""The benchmark's arms begin as one model, and differ in what they learn from alone."""

from __future__ import annotations

import pytest

from benchmarks.text_star import ARMS, Stages, curves, pretrained, tiny
from multisynth import Recipe


@pytest.mark.parametrize("plan", [tiny(), pretrained("smollm2-135m")], ids=["tiny", "pretrained"])
def test_arms_differ_in_what_they_learn_from_alone(plan) -> None:
    stages = Stages(plan, "transformers")
    for number in (1, 2):
        for arm in ARMS:
            stages.add(arm, number)
    Recipe.of({"name": "star", "stages": stages.made})
    for number in (1, 2):
        before = {arm: "tuned" if number == 1 else f"tuned-{arm}-1" for arm in ARMS}
        tuned = {arm: dict(stages.made[f"tuned-{arm}-{number}"]) for arm in ARMS}
        sources = {arm: options.pop("from") for arm, options in tuned.items()}
        assert sources == {arm: ["lessons", f"rationales-{arm}-{number}"] for arm in ARMS} | {"lessons": ["lessons"]}
        starts = {arm: options.pop("start", None) for arm, options in tuned.items()}
        assert starts == (dict.fromkeys(ARMS) if plan.anew else before)
        assert tuned["lessons"] == tuned["attempts"] == tuned["rationalised"]
        found = {arm: dict(stages.made[f"rationales-{arm}-{number}"]) for arm in ARMS[:2]}
        assert [options.pop("rationalise") for options in found.values()] == [True, False]
        assert [options.pop("trained") for options in found.values()] == [before[arm] for arm in ARMS[:2]]
        assert found["rationalised"] == found["attempts"]


def test_a_curve_begins_with_what_all_were_taught() -> None:
    rounds = [
        {"arm": arm, "accuracy": accuracy, "seconds": 1.0}
        for arm, accuracy in [("taught", 0.1), ("attempts", 0.2), ("lessons", 0.1), ("attempts", 0.3)]
    ]
    assert curves(rounds) == {
        "accuracy": {"attempts": [0.1, 0.2, 0.3], "lessons": [0.1, 0.1]},
        "seconds": {"attempts": 3.0, "lessons": 2.0},
    }
