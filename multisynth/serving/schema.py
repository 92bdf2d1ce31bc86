"""Whether a text is JSON that satisfies a JSON Schema, whichever engine made it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from multisynth.errors import BadInput

_SHOWN = 200


def mistake(text: str, schema: str) -> str | None:
    """What is wrong with a text; None where nothing is.

    Args:
        text: What a model wrote.
        schema: A JSON Schema, as JSON; references lead to its own definitions only.

    Raises:
        BadInput: The schema is none.
    """
    try:
        value = parsed(text)
    except (ValueError, RecursionError):
        return "no JSON"
    try:
        error = next(checker(schema).iter_errors(value), None)
    except RecursionError:
        return "JSON of too many levels"
    if error is None:
        return None
    place = "/".join(map(str, error.absolute_path)) or "the whole"
    return f"{place}: {error.message}"[:_SHOWN]


def parsed(text: str) -> Any:
    """The value of a JSON text (RFC 8259), in which Python's `NaN` and `Infinity` are no numbers.

    Raises:
        ValueError: It is none.
        RecursionError: It has too many levels.
    """
    return json.loads(text, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


@lru_cache(maxsize=64)
def checker(schema: str) -> Any:
    """What checks values by a JSON Schema, itself checked by its own.

    Raises:
        BadInput: It is none.
    """
    import jsonschema  # type: ignore[import-untyped]
    from referencing import Registry

    try:
        parsed = json.loads(schema)
        kind = jsonschema.validators.validator_for(parsed, default=jsonschema.Draft202012Validator)
        kind.check_schema(parsed)
    except (ValueError, jsonschema.SchemaError, TypeError, AttributeError) as error:
        said = str(error).partition("\n")[0]
        raise BadInput(f"this is no JSON Schema: {said}", "see https://json-schema.org") from error
    return kind(parsed, registry=Registry())  # an empty registry fetches nothing
