"""The walk back from the answer, against reachability in a graph."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from multisynth.text.verifiers.reasoning.dependence import chains, idle
from multisynth.text.verifiers.reasoning.equations import equations


def walked(text: str) -> str | None:
    derivations = chains(equations(text))
    found = idle(derivations, derivations[-1][-1].result)
    return None if found is None else found[-1].text


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_idle_is_what_a_graph_does_not_reach(data) -> None:
    """Sums of distinct primes above 1000 times powers of two never coincide, so results name their equations."""
    values, parents, lines = [Fraction(1009), Fraction(2003), Fraction(4001)], {}, []
    for _ in range(data.draw(st.integers(1, 6))):
        first, second = (data.draw(st.sampled_from(range(len(values)))) for _ in "ab")
        result = values[first] * 7 + values[second]
        if result in values:
            continue
        parents[len(values)] = {first, second}
        lines.append((len(values), f"{values[first]} * 7 + {values[second]} = {result}"))
        values.append(result)
    reached, fringe = set(), {lines[-1][0]}
    while fringe:
        place = fringe.pop()
        reached.add(place)
        fringe |= parents.get(place, set()) - reached
    unreached = [text for place, text in lines if place not in reached]
    assert walked(". ".join(text for _, text in lines)) == (unreached[-1] if unreached else None)


def test_of_two_ways_to_a_number_that_is_needed_once_one_is_idle() -> None:
    assert walked("3 + 4 = 7. 5 + 2 = 7") == "3 + 4 = 7"
    assert walked("3 + 4 = 7. 5 + 2 = 7. 7 + 7 = 14") is None
    assert walked("3 + 4 = 7. 4 + 3 = 7. 7 * 2 = 14") is None, "said again"


def test_results_are_used_in_other_forms() -> None:
    assert walked("100 - 25 = 75. 60 * .75 = 45") is None
    assert walked("1 - 2/3 = 1/3. 12 * (1/3) = 4") is None
    assert walked("100 - 25 = 75. 60 * .74 = 44.4") == "100 - 25 = 75"
    assert walked("2 * 3 + 1 = 6 + 1 = 7. 7 - 2 = 5") is None
