"""Words of two clauses side by side."""

import pytest
from multisynth.text.debate.contradiction.alignment import align
from multisynth.text.debate.contradiction.lexicon import content


@pytest.mark.parametrize(
    "one, other, flips",
    [
        ("the dog chased the cat", "the cat the dog chased", 0), ("he is guilty", "innocent he is", 1),
        ("the law is fair", "an unfair law", 1), ("harmless lies", "harmful lies", 1), ("big dogs", "large dogs", 0),
    ],
)  # fmt: skip
def test_words_are_paired_with_the_same_and_the_opposite(one, other, flips) -> None:
    found = align(content(one.split()), content(other.split()))
    assert found.same() and found.flips == flips
    assert not align(content(["works", "for", "adults"]), content(["works", "for", "children"])).same()


def test_a_word_said_twice_is_two_words() -> None:
    found = align(
        content(["the", "sum", "of", "odd", "numbers", "is", "even"]),
        content(["the", "sum", "of", "odd", "numbers", "is", "odd"]),
    )
    assert found.same() and found.flips == 1
