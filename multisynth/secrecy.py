"""What may be a secret, and is therefore neither shown nor kept: keys of APIs, passwords, what URLs and headers carry.

A recipe names the environment variable that holds a secret; the secret itself stands in none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multisynth.findings import Findings

_VARIABLE = re.compile(r"[A-Z]{1,20}[0-9]{0,2}(_[A-Z0-9]{1,20}){0,7}")
"""What names of environment variables look like, and keys of APIs do not."""
_HOLDS_ONE = re.compile(
    r"(.*_)?(api_?key|access_?key|private_?key|secret|secret_?key|pass(word|wd|phrase)|authorization|bearer|credentials?"
    r"|(api|access|auth|hf|id|refresh|session)_?token|cookie)",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(?<=://)([^\s/?#@]{1,300}|[^\s/?#@:]{1,100}:(?!\d+[/?#])[^\s@]{1,300})(?=@)"  # userinfo of RFC 3986
    r"|(?<=[?&])([\w-]{0,60}(?:key|token|secret|password|passwd|signature|sig|credential)=)[^\s&#]+"
    r"|\b((?:proxy-)?authorization\s*:|(?:x-)?api-key\s*:|bearer\s(?=\S{0,60}\d)(?=\S{16}))\s*\S.*"
    r"|\b(?:sk-|gsk_|hf_|glpat-|gh[opsur]_|github_pat_|xox[a-z]-|AIza|AKIA|eyJ)(?=[\w-]{0,60}\d)[\w.-]{12,}",
    re.IGNORECASE,
)
"""The beginnings in the last line are those of well-known services, after gitleaks. Lengths are bounded since recipes
are hostile text."""
_NAME = re.compile(r"[\w.@/<-]{0,64}")


def is_variable(text: str) -> bool:
    """Whether this looks like the name of an environment variable."""
    return bool(_VARIABLE.fullmatch(text))


def masked(text: str) -> str:
    """A text with … for what looks like a secret."""
    if text.isalnum() and len(text) < 15:
        return text
    return _SECRET.sub(lambda match: f"{match[2] or match[3] or ''}…", text)


def named(text: str) -> str:
    """A name that someone gave, as far as it looks like one: `key:secret` lacks a blank, and is a name to YAML."""
    match = _NAME.match(masked(text))
    found = match[0] if match else ""
    return found if found == text else f"{found}…"


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
