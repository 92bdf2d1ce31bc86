"""Which equations an answer depends on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from .equations import Equation

_FRACTION = re.compile(r"\b(\d+) / (\d+)\b")


def idle(derivations: Sequence[Sequence[Equation]], answer: Fraction) -> Sequence[Equation] | None:
    """The last derivation that neither the answer nor another one depends on; None where all are needed.

    The walk goes back from the answer. A number that is needed is found by the nearest derivation before that results
    in it, which then needs its own terms; so of two that result in 7 only one bears a 7 that is needed once. Said again
    in the same numbers, a derivation is no other one.

    Args:
        derivations: Chains `a = b = c`, in order.
        answer: What is needed in the end; it has to be one of the results.
    """
    needed, used, unused = Counter([abs(answer)]), set[tuple[Fraction, ...]](), None
    fractions = set[Fraction]()
    for chain in reversed(derivations):
        terms = [abs(term) for term in chain[0].terms]
        results = {form: None for equation in reversed(chain) for form in forms(equation.result)}
        again = (*sorted(terms), abs(chain[-1].result))
        found = next((result for result in results if needed[result] > 0), None)
        if found is not None or abs(chain[-1].result) in fractions:
            if found is not None:
                needed[found] -= 1
            needed.update(terms)
            fractions |= _fractions(chain[0].text)
            used.add(again)
        elif again not in used:
            unused = unused or chain
    return unused


def forms(value: Fraction) -> list[Fraction]:
    """What a number may be used as: itself, as a percentage or the hundredth of one, or a fraction by its parts."""
    value = abs(value)
    parts = [] if value.denominator == 1 else [Fraction(value.numerator), Fraction(value.denominator)]
    return [value, value * 100, value / 100, *parts]


def _fractions(text: str) -> set[Fraction]:
    """Those that stand in an equation: of `12 * ( 1 / 3 ) = 4` a third."""
    found = (Fraction(top) / Fraction(bottom) for top, bottom in _FRACTION.findall(text) if int(bottom))
    return {fraction for fraction in found if fraction < 1}


def chains(equations: Sequence[Equation]) -> list[list[Equation]]:
    """Equations that go on from one another together, without what computes nothing."""
    starts = [k for k, equation in enumerate(equations) if not equation.goes_on] + [len(equations)]
    found = [list(equations[a:b]) for a, b in pairwise(starts)]
    return [chain for chain in found if any(equation.computes for equation in chain)]
