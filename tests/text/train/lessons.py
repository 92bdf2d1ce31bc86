"""Samples to train tiny models on, the smallest model, and what a model thinks of an answer."""

from __future__ import annotations

import numpy as np
from multisynth.text.train.lesson import Lesson

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


def log_probability(model, lesson: Lesson) -> float:
    """Sum of the answer's log-probabilities, a token at a time."""
    import torch

    total = 0.0
    for place in range(lesson.start, len(lesson.ids)):
        with torch.no_grad():
            logits = model(torch.tensor([lesson.ids[:place]])).logits[0, -1].double()
        total += float(torch.log_softmax(logits, 0)[lesson.ids[place]])
    return total
