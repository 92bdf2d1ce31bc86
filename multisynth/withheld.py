"""Recipes from which secrets are kept out, before anything else reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from multisynth.findings import Findings
from multisynth.secrecy import is_variable, masked, named

_HOLDS_ONE = re.compile(
    r"(.*_)?(api_?key|access_?key|private_?key|secret|secret_?key|pass(word|wd|phrase)|authorization|bearer|credentials?"
    r"|(api|access|auth|hf|id|refresh|session)_?token|cookie)",
    re.IGNORECASE,
)


def withheld(data: Any, findings: Findings, place: tuple[str | int, ...] = ()) -> Any:
    """Plain data in which no secret is left; where there is one, that is wrong."""
    if isinstance(data, Mapping):
        kept: dict[Any, Any] = {}
        for key, value in data.items():
            here = (*place, key if isinstance(key, int) else str(key))
            if isinstance(key, str) and masked(key) != key:
                findings.wrong(f"the name `{named(key)}` holds what looks like a secret", _REMEDY, *here)
                kept[masked(key)] = None
            elif _HOLDS_ONE.fullmatch(str(key).replace("-", "_")) and not _harmless(value):
                findings.wrong(f"`{_label(here)}` holds no name of an environment variable", _REMEDY, *here)
                kept[key] = _WITHHELD
            else:
                kept[key] = withheld(value, findings, here)
        return kept
    if isinstance(data, list):
        return [withheld(value, findings, (*place, number)) for number, value in enumerate(data)]
    if isinstance(data, str) and masked(data) != data:
        findings.wrong(f"`{_label(place)}` holds what looks like a secret", _REMEDY, *place)
        return _WITHHELD if masked(data) == "…" else masked(data).replace("…@", "")
    return data


_WITHHELD = "WITHHELD"
"""In place of a secret: a name of a variable, so that nothing else is wrong there."""
_REMEDY = "put it into an environment variable; an endpoint's `key` holds the variable's name"


def _harmless(value: Any) -> bool:
    return value is None or isinstance(value, bool) or (isinstance(value, str) and (not value or is_variable(value)))


def _label(place: tuple[str | int, ...]) -> str:
    """A place as `--set` writes it."""
    return ".".join(named(str(part)) for part in (place[1:] or place))
