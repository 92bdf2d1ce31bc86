"""How many rollouts tell the value of a step."""

from multisynth.text.search.siblings import Siblings

from multisynth.kinds import TREE
from multisynth.sample import Sample
from multisynth.testing import run_stage


def node(parent: int, text: str, visits: int, right: int, verdict: bool | None = None) -> dict:
    value, ends = right / visits, verdict is not None
    return {
        "parent": parent,
        "text": text,
        "prior": 0.5,
        "visits": visits,
        "value": value,
        "ends": ends,
        "right": verdict,
    }


def pairs(lucky: int, **options) -> list[tuple[str, str]]:
    """Of a step that was followed a few times, always to the right answer, and one that led there 5 times in 20."""
    nodes = [
        node(-1, "", 20 + lucky, 5 + lucky),
        node(0, " Guess.", lucky, lucky), node(0, " Add.", 20, 5),
        node(1, " The answer is 8.", lucky, lucky, True),
        node(2, " The answer is 8.", 5, 5, True), node(2, " The answer is 7.", 15, 0, False),
    ]  # fmt: skip
    columns = {"question": "q", "answer": "8", "domain": "d", "verifier": "math", "check": None, "model": "m"}
    tree = Sample(TREE, 0, nodes=nodes, rollouts=20 + lucky, first_right=True, tokens=9, **columns)
    made = run_stage(Siblings(**options), [tree]).samples
    return [(pair["chosen"], pair["rejected"]) for pair in made if len(pair["prompt"]) == 1]


def test_one_lucky_rollout_makes_no_step_the_better_one() -> None:
    assert pairs(1, whole=False) == pairs(3, whole=False) == []
    assert pairs(4, whole=False) == pairs(1, whole=False, visits=1) == [("Guess.", "Add.")]


def test_answers_that_are_known_to_be_right_and_wrong_need_no_estimate() -> None:
    assert pairs(1) == [("Guess. The answer is 8.", "Add. The answer is 7.")]
    assert pairs(1, visits=2) == []
