"""What is no whole answer."""

from __future__ import annotations

import random

import pytest
from multisynth.text.preferences.answers import fault, repeated

from multisynth.serving import Completion


def said(text: str, finish: str = "stop") -> Completion:
    return Completion(text=text, token_ids=(1,), finish=finish, logprobs=None, prompt_tokens=1, generated=1)


@pytest.mark.parametrize(
    ("text", "finish", "told"),
    [
        (" \n", "stop", "is empty"),
        ("Put the egg in", "length", "is cut off: 1 tokens"),
        ("Here are three ways:", "stop", "announces what does not follow: 20 characters"),
        ("You can help him in a way. You can help him in a way.", "stop", "repeats itself: 39% of it"),
        ("Make a plan and stick to it. To rest, make a plan, and stick to it.", "stop", "repeats itself: 35% of it"),
        ("Put the egg in boiling water for eight minutes, then put the egg in cold water.", "stop", ""),
        ("Yes.", "stop", ""),
    ],
)
def test_what_teaches_nothing_is_said(text, finish, told) -> None:
    assert fault(said(text, finish)) == told


def test_a_text_said_n_times_is_repeated_but_for_the_first_time() -> None:
    draw = random.Random(7)
    words = ["".join(draw.choices("abcdefgh", k=6)) for _ in range(40)]
    assert repeated(" ".join(words)) == 0
    for times in (2, 3, 5):
        assert repeated(" ".join(words * times)) == (times - 1) / times
