"""Where the steps of an answer end, and what a model might have written instead at each of its tokens."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from multisynth.serving import Completion

_END = re.compile(r"\n+|[.!?](?=[^\S\n])")
_SHORT = re.compile(
    r"\b(?:Mrs?|Ms|Dr|Prof|St|Fig|Eq|(?i:vs|cf|approx|e\.g|i\.e))\."
    r"|\b(?:etc|[A-Za-z](?:\.[A-Za-z]){1,3})\.(?=[^\S\n]+[a-z0-9])"
)
"""Abbreviations; those that may end a sentence do so unless it goes on in small letters."""
_LABEL = re.compile(r"[\s#>*(]*(?:(?i:step|part|case)\s+)?(?:\d{1,3}|[A-Za-z]|[ivx]{2,4})\.")
_LABEL_LENGTH = 24
_NEAR = 1e-4
"""Nats by which a token's log-probability may differ from itself among the alternatives: they are rounded apart."""


@dataclass(frozen=True)
class Bud:
    """The beginning of a step that was not written yet.

    Args:
        text: How the step begins.
        logprob: Of that beginning as rollouts are sampled, after the steps before, in nats.
        length: Tokens of the answer up to its end.
    """

    text: str
    logprob: float
    length: int


SEED = Bud("", 0.0, 0)
"""The beginning of any answer."""


@dataclass(frozen=True)
class Step:
    """A step that was written.

    Args:
        text: Of the step.
        logprob: Of the step as rollouts are sampled, after the steps before, in nats.
        buds: Steps that leave it at one of its tokens.
    """

    text: str
    logprob: float
    buds: tuple[Bud, ...] = ()


def split(text: str) -> list[str]:
    """The steps of a text, which is their concatenation: lines, and sentences within lines.

    The number of a step (`1.`, `Step 2.`, `b.`) and an abbreviation (`Dr.`, `e.g.`) are none of their own.
    """
    short = {match.end() for match in _SHORT.finditer(text)}
    ends = [0]
    for match in _END.finditer(text):
        begun = match.end() - ends[-1] <= _LABEL_LENGTH and _LABEL.fullmatch(text, ends[-1], match.end())
        if text[match.start()] == "\n" or not (begun or match.end() in short):
            ends.append(match.end())
    del ends[0]
    if len(text) not in ends:
        ends.append(len(text))
    pieces = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    steps: list[str] = []
    for piece in pieces:
        if steps and not piece.strip():
            steps[-1] += piece
        elif piece:
            steps.append(piece)
    return steps


def read(
    bud: Bud, completion: Completion, stop: Sequence[str] = (), until: int | None = None, temperature: float = 1.0
) -> list[Step]:
    """The steps that a model wrote from a bud on, with the alternatives at every token.

    The step that begins with the bud's text comes first. A token that was cut in two by its character's bytes ends the
    reading of alternatives, not of steps. Probabilities are those among a token's alternatives at the temperature, so
    that those of a step and of the buds that leave it sum to that of the bud that all of them grow from.

    Args:
        bud: What the model went on from.
        completion: What it wrote, with `logprobs` and `alternatives`.
        stop: Strings that end an answer; no bud has one.
        until: Characters that the model wrote up to the last place with buds; None for all.
        temperature: Of the sampling.
    """
    assert completion.logprobs is not None and completion.alternatives is not None
    whole = bud.text + completion.text
    sampled = [
        _sampled(drawn, likeliest, temperature)
        for drawn, likeliest in zip(completion.logprobs, completion.alternatives, strict=True)
    ]
    places = _places(completion)
    texts, steps, start, place = split(whole) or [""], [], 0, 0
    for number, text in enumerate(texts):
        end, last = start + len(text), number + 1 == len(texts)
        logprob, buds = (0.0, []) if number else (bud.logprob, [])
        while place < len(sampled) and (last or (place < len(places) and len(bud.text) + places[place].at < end)):
            own, others = sampled[place]
            if place < len(places) and (until is None or places[place].at <= until):
                before = whole[start : len(bud.text) + places[place].at]
                for other in places[place].others:
                    if _fit(before + other, other, stop):
                        buds.append(Bud(before + other, logprob + others[other], bud.length + place + 1))
            logprob += own
            place += 1
        steps.append(Step(text, logprob, tuple(buds)))
        start = end
    return steps


def _sampled(
    drawn: float, likeliest: Sequence[tuple[str, float]], temperature: float
) -> tuple[float, dict[str, float]]:
    """Log-probabilities of the token that was drawn, and of the likeliest, among each other at the temperature."""
    known = any(math.isclose(value, drawn, abs_tol=_NEAR) for _, value in likeliest)
    values = [value / temperature for _, value in likeliest] + ([] if known else [drawn / temperature])
    highest = max(values)
    whole = highest + math.log(sum(math.exp(value - highest) for value in values))
    return drawn / temperature - whole, {text: value / temperature - whole for text, value in likeliest}


class _Place(NamedTuple):
    """Where a token begins in the text, and what else was likely there."""

    at: int
    others: list[str]


def _places(completion: Completion) -> list[_Place]:
    """The places of the tokens as far as they can be told: up to one that shows otherwise in the text."""
    assert completion.logprobs is not None and completion.alternatives is not None
    found: list[_Place] = []
    at = 0
    for logprob, likeliest in zip(completion.logprobs, completion.alternatives, strict=True):
        same = [text for text, value in likeliest if math.isclose(value, logprob, abs_tol=_NEAR)]
        token = max((text for text in same if text and completion.text.startswith(text, at)), key=len, default=None)
        drawn = same if token is None else [token]
        found.append(_Place(at, [text for text, _ in likeliest if text not in drawn]))
        if token is None:
            break
        at += len(token)
    return found


def _fit(begun: str, token: str, stop: Sequence[str]) -> bool:
    """Whether an answer can go on with a token: it is whole characters, and neither ends it nor begins to.

    An engine looks for stop strings in what it writes, so one that began before would go unseen.
    """
    begins_to_end = any(begun.endswith(ending[:k]) for ending in stop for k in range(1, len(ending)))
    return bool(token) and "\ufffd" not in token and not begins_to_end and not any(ending in begun for ending in stop)
