"""Samples to train tiny models on, and the smallest model."""

from __future__ import annotations

import numpy as np

from multisynth.kinds import PREFERENCE, REASONING
from multisynth.sample import Sample

FRESH = {"layers": 2, "width": 64, "heads": 2, "context": 128}


def sums(count: int, **values) -> list[Sample]:
    """Sums of two digits, worked out."""
    made = []
    for k in range(count):
        a, b = k * 7 % 10, k * 3 % 8 + 1
        made.append(
            Sample(
                REASONING, k, question=f"{a}+{b}={'?' * (k % 4)}", answer=str(a + b), domain="sums", attempt=0,
                model="m", completion=f"{a} and {b} is {a + b}.", token_ids=np.arange(3, dtype=np.int32), **values,
            )
        )  # fmt: skip
    return made


def politeness(count: int) -> list[Sample]:
    """Pairs of which the better answer is the polite one; each about another thing."""
    things = ["tea", "a map", "salt", "time", "a pen", "help", "bread", "a chair", "music", "rain"]
    made = []
    for k in range(count):
        thing = f"{things[k % 10]} {k // 10}"
        made.append(
            Sample(
                PREFERENCE, k, prompt=[{"role": "user", "content": f"May I have {thing}?"}], domain="manners",
                chosen=f"Please, here is {thing}.", rejected=f"No, not {thing}.", margin=1.0, judge="test", model="m",
            )
        )  # fmt: skip
    return made
