"""Which answers of a tree are kept."""

from __future__ import annotations

import pytest
from multisynth.text.search.paths import Paths

from multisynth.kinds import TREE
from multisynth.sample import Sample
from multisynth.testing import run_stage

ANSWERS = {
    "3 + 4 = 7. Answer is 7.": (True, 4),
    "3 + 4 = 7. The answer is 7.": (True, 8),
    "She has 3 + 4 = 7. The answer is 7.": (True, 2),
    "4 + 3 = 7. The answer is 7.": (True, 6),
    "3 + 4 = 8. The answer is 8.": (False, 5),
    "She has 3 + 4 = 8. The answer is 8.": (False, 3),
}
"""Answers of two steps, with the verdict and how many rollouts of 10 through the first step were right."""


def tree() -> Sample:
    nodes = [{"parent": -1, "text": "", "prior": 1.0, "visits": 60, "value": 0.5, "ends": False, "right": None}]
    for text, (right, tenths) in ANSWERS.items():
        first, _, last = text.partition(". ")
        common = {"prior": 0.1, "visits": 10}
        nodes.append({**common, "parent": 0, "text": f"{first}.", "value": tenths / 10, "ends": False, "right": None})
        last_one = {"parent": len(nodes) - 1, "text": f" {last}", "value": float(right), "ends": True, "right": right}
        nodes.append({**common, **last_one})
    return Sample(
        TREE, 0, question="How many are 3 and 4?", answer="7", domain="d", nodes=nodes, rollouts=60, first_right=False,
        tokens=9, model="m",
    )  # fmt: skip


@pytest.mark.parametrize("most", [1, 2, 9])
def test_of_right_answers_that_reason_alike_the_best_stays(most) -> None:
    kept = run_stage(Paths(most=most), [tree()]).samples["completion"]
    assert kept == ["3 + 4 = 7. The answer is 7.", "4 + 3 = 7. The answer is 7."][:most]


def test_wrong_answers_stay_as_they_are() -> None:
    kept = run_stage(Paths(most=1, failed=9), [tree()]).samples
    assert kept["completion"][1:] == ["3 + 4 = 8. The answer is 8.", "She has 3 + 4 = 8. The answer is 8."]
    assert [list(values) for values in kept["values"]] == [[0.8, 1.0], [0.5, 0.0], [0.3, 0.0]]
