"""Comparisons against what arithmetic allows: every pair of them over the orders of two things."""

import itertools

import pytest
from multisynth.text.debate.contradiction.clauses import tokens
from multisynth.text.debate.contradiction.opposites import opposite, positive
from multisynth.text.debate.contradiction.orders import compared, reversed_orders

SAID = {
    "Anna is taller than Bert": {1}, "Bert is shorter than Anna": {1}, "Bert is taller than Anna": {-1},
    "Anna is as tall as Bert": {0}, "Anna is not as tall as Bert": {-1}, "Anna is not taller than Bert": {0, -1},
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(SAID, 2)))
def test_comparisons_contradict_each_other_where_no_order_allows_both(one, other) -> None:
    first, second = (compared(tokens(said.lower()), said) for said in (one, other))
    assert first is not None and second is not None
    assert reversed_orders(first, second) == (not SAID[one] & SAID[other])


def test_what_a_comparison_speaks_of_first_holds_for_it_alone() -> None:
    winter, plain, summer = (
        compared(tokens(f"{frame}the boat is {word} than the bus"), frame)
        for frame, word in (("in winter ", "cheaper"), ("", "dearer"), ("in summer ", "more expensive"))
    )
    assert winter is not None and plain is not None and summer is not None
    assert not reversed_orders(winter, summer) and not reversed_orders(plain, winter)
    assert reversed_orders(winter, plain)  # what was said of winter goes on


@pytest.mark.parametrize(
    "word, base", [("cheapest", "cheap"), ("bigger", "big"), ("heaviest", "heavy"), ("safer", "saf")]
)
def test_degrees_of_a_word_are_its_own(word, base) -> None:
    assert positive(word) == base and positive("forest") == "forest"
    assert opposite("cheapest", "expensiv") is True
