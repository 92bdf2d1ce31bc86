"""What `symbolic` runs apart: math-verify, and numbers to the digits that it passes over."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from ...apart import serve

_DIGITS = 30


def load() -> Callable[[dict[str, Any]], bool]:
    """The function that says whether `gold` and `got` are equal."""
    from latex2sympy2_extended import NormalizationConfig  # type: ignore[import-untyped]
    from math_verify import LatexExtractionConfig, parse, verify
    from sympy import Equality, Expr, FiniteSet, Interval, MatrixBase, Or, Tuple, default_sort_key
    from sympy.core.relational import Relational

    logging.disable(logging.CRITICAL)
    # Only LaTeX is read: the plain-expression reader of math-verify hands text to sympy's parser, which runs it.
    # Units were compared before; what looks like one here is a variable.
    reading = NormalizationConfig(basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="all")
    form = [LatexExtractionConfig(normalization_config=reading)]

    def read(text: str) -> Any:
        """What math-verify makes of an answer: a value and its text, or less; of `x < 1 or x > 2` the set it allows."""
        found = parse(f"${text.strip().strip('$')}$", form, parsing_timeout=None, raise_on_error=False)
        either = found[0] if found and re.search(r"\bor\b", text) else None
        if isinstance(either, FiniteSet) and len(either.free_symbols) == 1:
            bounds = [one for one in either if isinstance(one, Relational) and not isinstance(one, Equality)]
            return [Or(*bounds).as_set()] if len(bounds) == len(either) else found
        return found

    def many(value: Any) -> bool | None:
        """Whether an answer is several values (True), a single one (False), or neither, such as an interval."""
        return True if isinstance(value, FiniteSet) else False if isinstance(value, Expr) else None

    def numbers(value: Any) -> list[Any]:
        """The numbers that a value is made of, those of a set by their size; empty where it is not made of numbers."""
        several = isinstance(value, (FiniteSet, Tuple, MatrixBase))
        found = [value.start, value.end] if isinstance(value, Interval) else list(value) if several else [value]
        if not all(isinstance(one, Expr) and one.is_number and one.is_finite for one in found):
            return []
        return sorted(found, key=lambda one: default_sort_key(one.evalf())) if isinstance(value, FiniteSet) else found

    def same(pair: dict[str, Any]) -> bool:
        gold, got = read(pair["gold"]), read(pair["got"])
        if not gold or not got:
            return False
        named = [isinstance(one[0], Equality) and one[0].lhs.is_symbol for one in (gold, got)]
        values = [one[0].rhs if name else one[0] for one, name in zip((gold, got), named, strict=True)]
        if {many(value) for value in values} == {True, False}:
            return False  # math-verify itself takes `5, 5` for 5
        one, other = map(numbers, values)
        if one and len(one) == len(other):
            close = all(_close(*both, pair["decimals"]) for both in zip(one, other, strict=True))
            if not close or (not all(named) and all(isinstance(value, Expr) for value in values)):
                return close
        return bool(verify(gold, got, timeout_seconds=None, allow_set_relation_comp=True))

    return same


def _close(one: Any, other: Any, decimals: bool) -> bool:
    """Whether two numbers are equal; where one is written as a decimal, to six places and six digits.

    math-verify takes differences below 1e-15 for none, so that the masses of the electron and the proton are equal.
    """
    first, second = one.doit().evalf(_DIGITS), other.doit().evalf(_DIGITS)
    gap, size = abs(first - second), max(abs(first), abs(second))
    if decimals:
        # 0.333333 is a third by a difference of just so much, and a decimal is read as the nearest binary number.
        return bool(gap <= 1e-14 * size or gap <= (1 + 1e-9) * min(5e-7, 1e-6 * size))
    return bool(size < 1e-100 or gap <= 1e-25 * size)


if __name__ == "__main__":
    serve(load)
