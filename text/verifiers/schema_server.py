"""What `schema` runs apart: jsonschema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from multisynth.errors import BadInput

from ..apart import serve


def load() -> Callable[[dict[str, Any]], dict[str, str]]:
    """The function that says what is wrong with `text`, or that `schema` is none."""
    import jsonschema  # type: ignore[import-untyped]  # noqa: F401 — missing, it is said at the start

    from multisynth.serving.schema import mistake

    def check(question: dict[str, Any]) -> dict[str, str]:
        try:
            return {"mistake": mistake(question["text"], question["schema"]) or ""}
        except BadInput as error:
            return {"refused": error.problem}

    return check


if __name__ == "__main__":
    serve(load)
