"""Which samples are learned from, which are held out, and which left out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from multisynth.errors import BadInput
from multisynth.sample import Sample

from ..problems.parts import digest, unordered
from ..star.hints import unhinted
from .lesson import Item

T = TypeVar("T", bound=Item)


def parted(
    samples: Sequence[Sample], items: Sequence[T], most: int, share: float
) -> tuple[list[T], list[T], dict[str, int]]:
    """What is learned from, what is held out, and how many are left out for what reason.

    Args:
        samples: All samples. [N]
        items: What each teaches. [N]
        most: Tokens that a text may have.
        share: Of the questions that are held out.

    Raises:
        BadInput: A weight is none, or nothing is left to learn from.
    """
    learned: list[T] = []
    measured: list[T] = []
    long = idle = empty = 0
    for sample, item in zip(samples, items, strict=True):
        weight = sample["weight"]
        if not (0 <= weight < math.inf):
            raise BadInput(f"sample {sample.id} has the weight {weight}", "a weight is 0 or more, and finite")
        if item.longest > most:
            long += 1
        elif not weight:
            idle += 1
        elif not item.share:
            empty += 1
        else:
            (measured if share_of(sample) < share else learned).append(item)
    if not learned:
        told = f"of {len(samples)} samples {long} have more than {most} tokens, {idle} no weight, {empty} no answer"
        raise BadInput(f"nothing is left to learn from: {told}, {len(measured)} are held out", "give it more samples")
    counts = {"samples": len(learned), "held_out_samples": len(measured), "too_long": long, "without_weight": idle}
    return learned, measured, counts | {"without_answer": empty}


def share_of(sample: Sample) -> float:
    """A number from 0 to 1 by what a sample asks; those below the share that is asked for are held out.

    It is the same in every training and for every answer, whether the question came with its hint or not, and for a
    question and its mirror, of which one gives the other away.
    """
    return digest(_asked(sample)) / 2**64


def _asked(sample: Sample) -> str:
    match sample.kind.name:
        case "document":
            return str(sample["text"])
        case "preference":
            question = _question(sample["prompt"])
        case _:
            question = unhinted(sample["question"], sample["answer"], sample["verifier"])
    return unordered(question)


def _question(turns: Sequence[Mapping[str, str]]) -> str:
    """What a conversation asks, without the answer that it may have begun; one question as reasoning has it."""
    last = max((k for k, turn in enumerate(turns) if turn["role"] == "user"), default=len(turns) - 1)
    asked = [dict(turn) for turn in turns[: last + 1] if turn["role"] != "system"]
    return asked[0]["content"] if len(asked) == 1 else json.dumps(asked, sort_keys=True)
