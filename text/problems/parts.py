"""Which questions are for training and which are held out.

It follows from what a question asks alone: the same for every run, seed and stage, so that whatever is made as
`held_out` is in no set made as `train`, nor is its like in other words or another order.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

Part = Literal["train", "held_out"]

HELD_OUT = 10
"""One question in so many is held out."""

_ITEM = r"(?:\d++(?:[ .]\d++)*+|[^\W\d]\w*+)"
_NEXT = r"(?:\s*+(?:,\s*+and\b|[-+*×,]|and\b)\s*+)"
_CHAIN = re.compile(rf"{_ITEM}(?:{_NEXT}{_ITEM})++")
_PART = re.compile(rf"({_NEXT}?)({_ITEM})")


def unordered(question: str) -> str:
    """A question without the order of its sums, products and lists: one key for it and for its mirrors.

    One that only looks like a mirror may have the same key, as a sequence has whose numbers are exchanged.
    """
    return _CHAIN.sub(_sorted, " ".join(question.split()))


def digest(text: str) -> int:
    """A number of 64 bits by which a text is known."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def part_of(key: str) -> Part:
    """The part of all questions that have a key."""
    return "train" if digest(key) % HELD_OUT else "held_out"


def _sorted(chain: re.Match[str]) -> str:
    found = [(between.strip(), item) for between, item in _PART.findall(chain[0])]
    signed = sorted(f"-{item}" if between == "-" else item for between, item in found)
    return " ".join([*signed, *sorted(between for between, _ in found if between != "-")])
