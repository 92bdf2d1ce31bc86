import re

import numpy as np
import pytest

from multisynth.captions.wording import counted, duration, indefinite, length, number, sentence, series, speed


def test_rounding_stays_within_half_a_per_cent() -> None:
    for value in 10 ** np.random.default_rng(1).uniform(-4, 3, 3000):
        text = number(float(value))
        assert re.fullmatch(r"\d+(\.\d+)?", text), text
        assert float(text) == pytest.approx(value, rel=0.005)


def test_no_more_digits_than_needed() -> None:
    assert [number(value) for value in (2.104, 2.13, 0.3999, 0.0421, 12.0, 1049.0, 0.0)] == [
        "2.1",
        "2.13",
        "0.4",
        "0.042",
        "12",
        "1050",
        "0",
    ]


def test_units_follow_the_size() -> None:
    assert [duration(0.0421), duration(0.4), duration(0.0)] == ["42 ms", "0.4 s", "0 s"]
    assert [length(0.0042), length(0.1234), length(1.5)] == ["4.2 mm", "12.3 cm", "1.5 m"]
    assert speed(2.104) == "2.1 m/s"


def test_grammar() -> None:
    assert [indefinite("orange ball"), indefinite("red block")] == ["an orange ball", "a red block"]
    assert [series(["a"]), series(["a", "b"]), series(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert [counted(1, "block"), counted(3, "block"), counted(14, "block")] == [
        "one block",
        "three blocks",
        "14 blocks",
    ]
    assert sentence("he said:  “Go.”") == "He said: “Go.”"
    assert sentence("it fell") == "It fell."
