"""Reads causal sentences back into claims: who did what to whom, how fast and when.

It knows the language, not the writer: names, verbs and units. A sentence with a word or figure that it cannot place is
unreadable, so nothing can be said that is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_STRIKE = r"(?:hit|struck|ran into|run into|touched|bumped into)"
_FALL = r"(?:fell|came down|went down)"
_NAME = r"§(?P<{}>\d+)§"

_PATTERNS = [
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("strike", rf"{_NAME.format('b')} was {_STRIKE} by {_NAME.format('a')}"),
        ("strike", rf"^{_STRIKE} by {_NAME.format('a')}(?=[^§]*{_NAME.format('b')})"),
        ("strike", rf"{_NAME.format('a')} (?:then )?{_STRIKE} (?:{_NAME.format('b')}|(?P<it>it)\b)"),
        ("strike", rf"(?P<same>and therefore) {_STRIKE} {_NAME.format('b')}"),
        ("fall", rf"{_NAME.format('a')} (?:lost its support and )?(?:{_FALL}|had fallen)"),
        ("fall", rf"(?P<same>and therefore) {_FALL}"),
        ("fall", r"(?P<same>it) had fallen"),
        ("success", rf"{_NAME.format('a')} reached (?:{_NAME.format('b')}|its goal)"),
        ("success", r"the task (?:succeeded|was achieved)"),
    )
]
_QUANTITY = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) (m/s|N·s|ms|s)(?![\w/])( earlier| later| into the clip)?")
_NEIGHBOUR = re.compile(
    "|".join(
        (
            rf"{_NAME.format('s')} under it was knocked away",
            rf"knocked away {_NAME.format('t')} under it",
            rf"knocked it away from under {_NAME.format('u')}",
            rf"{_NAME.format('l')} on top of it dragged it along",
            rf"which dragged {_NAME.format('v')} along from below",
            "the pile under it gave way",
            "the pile on top of it dragged it along",
        )
    )
)
_SUBJECT = re.compile(rf"{_NAME.format('a')} (?:{_FALL}|reached|began to move)")
_CONNECTIVE = re.compile(
    "because|and|so|at|with|an|impulse|of|after|one|thing|led|to|another|it|was|a|chain|pushed|along|set|in|motion"
)
_MOVING = re.compile(r"§\d+§ began to move")


@dataclass
class Claim:
    """What a sentence says about one event.

    Args:
        kind: `strike`, `fall` or `success`.
        bodies: Names, the one that acts first.
        speed: m/s.
        impulse: N·s.
        time: s from the start of the clip.
        lag: s by which it is later than the claim before it in the sentence; negative if earlier.
    """

    kind: str
    bodies: tuple[str, ...]
    speed: float | None = None
    impulse: float | None = None
    time: float | None = None
    lag: float | None = None
    span: tuple[int, int] = field(default=(0, 0), repr=False)


class Unreadable(ValueError):
    """A sentence that says something this module cannot place."""


def read(text: str, names: Sequence[str]) -> tuple[list[Claim], list[str]]:
    """The claims of a causal sentence, in its order, and the bodies it says were knocked away or along.

    Args:
        text: The sentence.
        names: Of all bodies that it may speak of.

    Raises:
        Unreadable: It holds a name, word or figure that is part of no claim.
    """
    plain = text.strip().removesuffix(".")
    plain = plain[:1].lower() + plain[1:]
    for number, name in sorted(enumerate(names), key=lambda pair: -len(pair[1])):
        plain = re.sub(rf"\bthe {re.escape(name)}(?: arm)?(?![\w-])", f"§{number}§", plain, flags=re.IGNORECASE)
    claims = _claims(plain, names)
    if not claims:
        raise Unreadable("it tells of no event")
    rest = list(plain)
    for claim in claims:
        _blank(rest, claim.span)
    _quantities(plain, claims, rest)
    neighbours = []
    for match in _NEIGHBOUR.finditer(plain):
        struck = match["s"] or match["t"] or match["l"]
        if struck is not None:
            neighbours.append(names[int(struck)])
        _blank(rest, match.span())
    for match in _MOVING.finditer(plain):
        _blank(rest, match.span())
    words = [word for word in re.split(r"[\s,;:]+", "".join(rest)) if word]
    unknown = [word for word in words if not _CONNECTIVE.fullmatch(word)]
    if unknown:
        raise Unreadable(f"`{' '.join(unknown)}` is no part of what it claims")
    return claims, neighbours


def _claims(plain: str, names: Sequence[str]) -> list[Claim]:
    taken: list[tuple[int, int, str, re.Match[str]]] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(plain):
            if all(match.end() <= start or end <= match.start() for start, end, *_ in taken):
                taken.append((match.start(), match.end(), kind, match))
    subject = _SUBJECT.search(plain)
    claims: list[Claim] = []
    for start, end, kind, match in sorted(taken, key=lambda found: found[:2]):
        groups = match.groupdict()
        actor = groups.get("a")
        bodies = [] if actor is None else [names[int(actor)]]
        if groups.get("same") and claims:
            # "The block was hit by the ball and therefore fell": the one it happened to goes on.
            bodies = [claims[-1].bodies[-1] if kind == "fall" and match["same"] != "it" else claims[-1].bodies[0]]
        if groups.get("it") and subject:
            bodies.append(names[int(subject["a"])])
        elif groups.get("b") is not None:
            bodies.append(names[int(groups["b"])])
        claims.append(Claim(kind, tuple(bodies), span=(start, end)))
    return claims


def _quantities(plain: str, claims: list[Claim], rest: list[str]) -> None:
    for match in _QUANTITY.finditer(plain):
        owner = max((n for n, claim in enumerate(claims) if claim.span[1] <= match.start()), default=None)
        if owner is None:
            raise Unreadable(f"`{match[0]}` comes before any event")
        value, unit, when = float(match[1]), match[2], (match[3] or "").strip()
        name = {"m/s": "speed", "N·s": "impulse"}.get(unit, "time" if when == "into the clip" else "lag")
        if (name in ("speed", "impulse")) == bool(when) or getattr(claims[owner], name) is not None:
            raise Unreadable(f"`{match[0]}` is no part of what it claims")
        value = value / 1000 if unit == "ms" else value
        setattr(claims[owner], name, -value if when == "earlier" else value)
        _blank(rest, match.span())


def _blank(rest: list[str], span: tuple[int, int]) -> None:
    rest[slice(*span)] = " " * (span[1] - span[0])
