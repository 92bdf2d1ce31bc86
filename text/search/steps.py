"""Where the steps of an answer end, and what a model might have written instead at each of its tokens."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from multisynth.serving import Completion

_END = re.compile(r"\n+|[.!?](?=[^\S\n])")
_NEAR = 1e-4
"""Nats by which a token's log-probability may differ from itself among the alternatives: they are rounded apart."""


@dataclass(frozen=True)
class Bud:
    """The beginning of a step that was not written yet.

    Args:
        text: How the step begins.
        logprob: Of that beginning under the model, after the steps before, in nats.
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
        logprob: Of the step under the model, after the steps before, in nats.
        buds: Steps that leave it at one of its tokens; no two of them, nor any and the step, can become the same.
    """

    text: str
    logprob: float
    buds: tuple[Bud, ...] = ()


def split(text: str) -> list[str]:
    """The steps of a text, which is their concatenation: lines, and sentences within lines."""
    ends = [match.end() for match in _END.finditer(text)]
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


def read(bud: Bud, completion: Completion, stop: Sequence[str] = ()) -> list[Step]:
    """The steps that a model wrote from a bud on, with the alternatives at every token.

    The step that begins with the bud's text comes first. A token that was cut in two by its character's bytes ends the
    reading of alternatives, not of steps.

    Args:
        bud: What the model went on from.
        completion: What it wrote, with `logprobs` and `alternatives`.
        stop: Strings that end an answer; no bud has one.
    """
    assert completion.logprobs is not None and completion.alternatives is not None
    whole = bud.text + completion.text
    offsets = _offsets(completion)
    texts, steps, start, place = split(whole) or [""], [], 0, 0
    for number, text in enumerate(texts):
        end = start + len(text)
        logprob, buds = (bud.logprob if number == 0 else 0.0), []
        while place < len(completion.logprobs):
            if place < len(offsets):
                at = len(bud.text) + offsets[place][0]
                if at >= end and number + 1 < len(texts):
                    break
                before = whole[start:at] if at >= start else ""
                for other, value in completion.alternatives[place]:
                    begun = before + other
                    if other != offsets[place][1] and _fit(begun, other, stop):
                        buds.append(Bud(begun, logprob + value, bud.length + place + 1))
            elif number + 1 < len(texts):
                break
            logprob += completion.logprobs[place]
            place += 1
        steps.append(Step(text, logprob, tuple(buds)))
        start = end
    return steps


def _offsets(completion: Completion) -> list[tuple[int, str]]:
    """Where each token begins in the text, and the token, as far as they can be told."""
    assert completion.logprobs is not None and completion.alternatives is not None
    found: list[tuple[int, str]] = []
    at = 0
    for logprob, likeliest in zip(completion.logprobs, completion.alternatives, strict=True):
        own = [
            text
            for text, value in likeliest
            if text and completion.text.startswith(text, at) and math.isclose(value, logprob, abs_tol=_NEAR)
        ]
        if not own:
            break
        token = max(own, key=len)
        found.append((at, token))
        at += len(token)
    return found


def _fit(begun: str, token: str, stop: Sequence[str]) -> bool:
    """Whether an answer can go on with a token: it is whole characters, and does not end it."""
    return bool(token) and "\ufffd" not in token and not any(ending in begun for ending in stop)
