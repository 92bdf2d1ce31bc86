"""How strongly something is said, against the square of opposition."""

import pytest
from multisynth.text.debate.contradiction.clauses import clauses
from multisynth.text.debate.contradiction.force import force

SQUARE = {
    "all": "all the doors are locked", "none": "no doors are locked", "some": "some of the doors are locked",
    "not all": "not all the doors are locked", "must": "you must lie", "may": "you may lie",
    "must not": "you must not lie", "need not": "you are not obliged to lie", "wrong": "it is wrong to lie",
    "not wrong": "it is not wrong to lie", "never may": "you may never lie",
}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "excluded"),
    [
        ("all", "none", True), ("all", "not all", True), ("none", "some", True), ("some", "not all", False),
        ("all", "some", False), ("must", "must not", True), ("must", "need not", True), ("may", "must not", True),
        ("may", "need not", False), ("must", "may", False), ("wrong", "not wrong", True), ("wrong", "may", True),
        ("wrong", "must not", False), ("never may", "may", True), ("never may", "wrong", False),
    ],
)  # fmt: skip
def test_the_square_of_opposition(one, other, excluded) -> None:
    left, right = (force(clauses(SQUARE[name])[0].tokens) for name in (one, other))
    assert left.excludes(right) == right.excludes(left) == excluded
