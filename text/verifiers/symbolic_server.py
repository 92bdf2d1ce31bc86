"""What `symbolic` runs apart: math-verify."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..apart import serve


def load() -> Callable[[dict[str, Any]], bool]:
    """The function that says whether `gold` and `got` are equal."""
    from math_verify import LatexExtractionConfig, parse, verify

    logging.disable(logging.CRITICAL)
    # Only LaTeX is read: the plain-expression reader of math-verify hands text to sympy's parser, which runs it.
    form = [LatexExtractionConfig()]

    def same(pair: dict[str, Any]) -> bool:
        gold, got = (
            parse(f"${pair[name].strip().strip('$')}$", form, parsing_timeout=None, raise_on_error=False)
            for name in ("gold", "got")
        )
        return bool(gold) and bool(got) and bool(verify(gold, got, timeout_seconds=None))

    return same


if __name__ == "__main__":
    serve(load)
