"""What `symbolic` runs apart: math-verify."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ...apart import serve


def load() -> Callable[[dict[str, Any]], bool]:
    """The function that says whether `gold` and `got` are equal."""
    from latex2sympy2_extended import NormalizationConfig  # type: ignore[import-untyped]
    from math_verify import LatexExtractionConfig, parse, verify
    from sympy import Equality, Expr, FiniteSet

    logging.disable(logging.CRITICAL)
    # Only LaTeX is read: the plain-expression reader of math-verify hands text to sympy's parser, which runs it.
    # Units were compared before; what looks like one here is a variable.
    reading = NormalizationConfig(basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="all")
    form = [LatexExtractionConfig(normalization_config=reading)]

    def many(value: Any) -> bool | None:
        """Whether an answer is several values (True), a single one (False), or neither, such as an interval."""
        value = value.rhs if isinstance(value, Equality) else value
        return True if isinstance(value, FiniteSet) else False if isinstance(value, Expr) else None

    def same(pair: dict[str, Any]) -> bool:
        gold, got = (
            parse(f"${pair[name].strip().strip('$')}$", form, parsing_timeout=None, raise_on_error=False)
            for name in ("gold", "got")
        )
        if not gold or not got or {many(gold[0]), many(got[0])} == {True, False}:
            return False  # math-verify itself takes `5, 5` for 5
        return bool(verify(gold, got, timeout_seconds=None))

    return same


if __name__ == "__main__":
    serve(load)
