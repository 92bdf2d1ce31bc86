"""Preferences in which a bias to a place cancels, and which pairs are made of them."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from multisynth.text.preferences.odds import log_odds, probability
from multisynth.text.preferences.ranking import Comparison, pair, ranked

finite = st.floats(-20, 20)


def judged(qualities: list[float], bias: float) -> dict[tuple[int, int], Comparison]:
    """What a judge says whose log-odds for A are the difference of qualities, and a bias."""
    places = [(i, j) for j in range(len(qualities)) for i in range(j)]
    return {
        (i, j): Comparison(qualities[i] - qualities[j] + bias, qualities[j] - qualities[i] + bias) for i, j in places
    }


@given(finite, finite)
def test_a_bias_that_adds_to_the_log_odds_cancels(difference: float, bias: float) -> None:
    comparison = Comparison(difference + bias, -difference + bias)
    assert comparison.preference == pytest.approx(difference, abs=1e-12)
    assert comparison.bias == pytest.approx(bias, abs=1e-12)


@given(finite, finite)
def test_a_preference_flips_where_the_bias_outweighs_it(difference: float, bias: float) -> None:
    assume(abs(abs(difference) - abs(bias)) > 1e-9)
    assert Comparison(difference + bias, -difference + bias).flips == (abs(bias) > abs(difference))


@given(st.lists(st.integers(-8, 8), min_size=2, max_size=6, unique=True), st.floats(-0.4, 0.4))
def test_the_ranking_is_that_of_the_qualities_whatever_the_bias(qualities: list[int], bias: float) -> None:
    count = len(qualities)
    order = sorted(range(count), key=lambda place: -qualities[place])
    compared = judged([float(quality) for quality in qualities], bias)
    assert ranked(count, compared) == order
    chosen = pair(count, compared, 0.0)
    assert chosen is not None
    worse = order[1] if count == 2 else order[-2]
    assert (chosen.better, chosen.worse) == (order[0], worse)
    assert chosen.margin == pytest.approx(qualities[order[0]] - qualities[worse])


def test_margin_and_flips_pass_pairs_over() -> None:
    qualities = [3.0, 0.0, 1.0, 2.0]
    assert pair(4, judged(qualities, 0.0), 1.5).worse == 2  # 1 is the very worst
    assert pair(4, judged(qualities, 0.0), 2.5) is None
    assert pair(4, judged(qualities, 1.5), 0.0).worse == 2  # 0 before 3 flips with the order, 0 before 2 does not
    assert pair(4, judged(qualities, 5.0), 0.0) is None


def test_odds_are_those_of_the_words_however_they_are_spaced() -> None:
    likeliest = [("A", math.log(0.4)), (" B", math.log(0.2)), ("B", math.log(0.1)), ("x", math.log(0.05))]
    assert log_odds(likeliest, "A", "B") == pytest.approx(math.log(0.4 / 0.3))
    assert log_odds(likeliest, "a", "C") == pytest.approx(math.log(0.4 / 0.05))
    assert log_odds(likeliest, "no", "yes") is None and log_odds([], "A", "B") is None
    assert probability(math.log(3)) == pytest.approx(0.75)
    assert probability(900) == 1 and probability(-900) == pytest.approx(0)
