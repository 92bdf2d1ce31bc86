"""What it means when an endpoint does not answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from multisynth.errors import BadInput, Hopeless
from multisynth.secrecy import masked
from multisynth.serving.endpoint.options import Endpoint
from multisynth.serving.protocol import Unfit

LONGEST_WAIT = 600.0
"""Seconds that an endpoint may ask us to wait; for one that asks for more, the stage stops."""
_OBJECTIONS = (429, 503, 529)
_PASSING = (408, 409, 425)
_FOR_ALL = {
    402: ("it wants to be paid", "see to the account"),
    404: ("it has no such model or path", "check `name`, and that `url` ends before /chat/completions, often with /v1"),
    405: ("it has no such path", "check that `url` ends before /chat/completions, often with /v1"),
    407: ("a proxy on the way wants credentials", "see to the proxy"),
}
_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|maximum context|exceed_context|(prompt|input)s? (is |are )?too long"
    r"|too many (input )?tokens|tokens.{0,40} must be <=|must have less than \d+ tokens|reduce the length"
    r"|maximum (input|prompt|allowed|number of tokens)",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"unknown|unrecogni[sz]ed|unsupported|unexpected|extra\b|extraneous|(not|n't) (be )?(support|allow|permit|recogni)",
    re.IGNORECASE,
)
_SHOWN = 300


class NoAnswer(RuntimeError):
    """An endpoint did not answer a request, however often it was tried."""


class Again(Exception):
    """The request may be answered if it is tried again.

    Args:
        reason: What went wrong.
        objection: Whether the endpoint has too many requests.
        after: Seconds that it wants to be left alone.
        unreached: Whether there was no connection at all.
    """

    def __init__(self, reason: str, objection: bool = False, after: float = 0.0, unreached: bool = False) -> None:
        self.reason, self.objection, self.after, self.unreached = reason, objection, after, unreached
        super().__init__(reason)


class Lesser(Exception):
    """The endpoint does not seem to take fields that can be left out."""

    def __init__(self, fields: frozenset[str]) -> None:
        self.fields = fields
        super().__init__(", ".join(sorted(fields)))


def refusal(
    endpoint: Endpoint, status: int, headers: Mapping[str, str], body: bytes, spare: frozenset[str]
) -> Exception:
    """What to raise for an answer that is none.

    Args:
        endpoint: Who gave it.
        status: Of HTTP.
        headers: Names in lower case.
        body: What it says, or the beginning of it.
        spare: Fields of the request that can be left out or written another way.

    Returns:
        `Again`, `Lesser`, `Unfit` where this request alone is at fault, `Hopeless` where none can be answered, and
        else a `BadInput`. None of them tells the key, even where the endpoint does.
    """
    said, codes, about = _said(body)
    shown = f"HTTP {status}" + (f": {without_key(endpoint, said)}" if said else "")
    if 300 <= status < 400:
        return hopeless(endpoint, f"it redirects (HTTP {status}), which is not followed", "give where it leads")
    if status in (401, 403):  # what it says may repeat parts of the key
        what = f"it refuses the key in {endpoint.key}" if endpoint.key else "it wants a key"
        remedy = "check its value" if endpoint.key else "name the environment variable that holds it: `key: VARIABLE`"
        return hopeless(endpoint, f"{what} (HTTP {status})", remedy)
    if status in _FOR_ALL or "model_not_found" in codes:
        problem, remedy = _FOR_ALL.get(status, _FOR_ALL[404])
        return hopeless(endpoint, f"{problem} ({shown})", remedy)
    if status in _OBJECTIONS:
        after = _wait(headers.get("retry-after", ""))
        if "insufficient_quota" in codes:
            return hopeless(endpoint, f"its quota is spent ({shown})", "see to the account")
        if after > LONGEST_WAIT:
            return hopeless(endpoint, f"it answers no more for {after:.0f} s ({shown})", "run again later")
        return Again(shown, True, after)
    if status in _PASSING or status >= 500:
        return Again(shown)
    if status == 413 or "context_length_exceeded" in codes or (400 <= status < 500 and _TOO_LONG.search(said)):
        return Unfit(shown, "shorten the prompt or lower max_tokens")
    if status in (400, 422):
        where = said if _UNKNOWN.search(said) else about  # elsewhere a message may well quote the prompt
        if named := {field for field in spare if re.search(rf"(?<![A-Za-z_]){field}(?![A-Za-z_])", where)}:
            return Lesser(frozenset(named))
    return BadInput(f"{endpoint.name} at {endpoint.url}: {shown}", "change what it does not take")


def hopeless(endpoint: Endpoint, problem: str, remedy: str) -> Hopeless:
    """Why an endpoint cannot answer any request."""
    return Hopeless(f"{endpoint.name} at {endpoint.url}: {problem}", remedy)


class _Said(NamedTuple):
    text: str
    codes: tuple[str, ...] = ()
    about: str = ""


def _said(body: bytes) -> _Said:
    """The error as text in one line, its code and type, and the parameters that it is about (pydantic's `loc`)."""
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        return _Said(" ".join(body.decode(errors="replace").split()))
    error = data.get("error", data) if isinstance(data, dict) else data
    if not isinstance(error, dict):
        return _Said(" ".join(str(error).split()))
    told = error.get("message", error.get("detail"))
    text = told if isinstance(told, str) else json.dumps(error if told is None else told)
    for key in ("param", "type"):
        if isinstance(error.get(key), str) and error[key] not in text:
            text = f"{text} ({error[key]})"
    codes = tuple(str(error[key]) for key in ("code", "type") if error.get(key))
    places = [one.get("loc") for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return _Said(" ".join(text.split()), codes, json.dumps([error.get("param"), *places]))


def without_key(endpoint: Endpoint, text: str) -> str:
    """The beginning of what an endpoint says, without the key that it was sent."""
    try:
        secret = endpoint.secret()
    except BadInput:
        secret = ""
    text = masked(text.replace(secret, "[key]") if secret else text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _wait(header: str) -> float:
    """Seconds of a `Retry-After`: a number or a date (RFC 9110, section 10.2.3); 0 where it is neither."""
    try:
        return max(0.0, float(header)) if not header.strip().isalpha() else 0.0
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
