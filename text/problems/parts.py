"""Which questions are for training and which are held out.

It follows from the words of a question alone: the same for every run, seed and stage, so that whatever is made as
`held_out` is in no set made as `train`.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Part = Literal["train", "held_out"]

HELD_OUT = 10
"""One question in so many is held out."""


def digest(question: str) -> int:
    """A number of 64 bits by which a question is known."""
    return int.from_bytes(hashlib.blake2b(question.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def part_of(question: str) -> Part:
    """The part that a question is in."""
    return "train" if digest(question) % HELD_OUT else "held_out"
