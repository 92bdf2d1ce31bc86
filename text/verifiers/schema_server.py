"""What `schema` runs apart: jsonschema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..apart import serve


def load() -> Callable[[dict[str, Any]], str]:
    """The function that says what is wrong with `text` by `schema`; nothing, if it is right."""
    import jsonschema  # type: ignore[import-untyped]  # noqa: F401 — missing, it is said at the start

    from multisynth.serving.schema import mistake

    return lambda question: mistake(question["text"], question["schema"]) or ""


if __name__ == "__main__":
    serve(load)
