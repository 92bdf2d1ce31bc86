"""Times of the day, against Python's own reading of them."""

from datetime import datetime

import pytest
from multisynth.text.verifiers.answers.clock import clock


def minutes(time: datetime) -> int:
    return 60 * time.hour + time.minute


@pytest.mark.parametrize("hour", range(1, 13))
def test_twelve_hours_and_two_halves(hour: int) -> None:
    halves = [minutes(datetime.strptime(f"{hour}:05 {half}", "%I:%M %p")) for half in ("am", "pm")]
    for half, minute in zip("ap", halves, strict=True):
        for text in (f"{hour}:05 {half}m", f"{hour}.05{half.upper()}M", f"{hour}:05 {half}.m."):
            assert clock(text) == (frozenset([minute]), True)
    assert clock(f"{hour}:05") == (frozenset(halves), False)
    assert clock(f"{hour} o'clock") == (frozenset(minute - 5 for minute in halves), False)


@pytest.mark.parametrize("hour", [0, *range(13, 24)])
def test_hours_of_the_whole_day(hour: int) -> None:
    assert clock(f"{hour}:30") == (frozenset([minutes(datetime.strptime(f"{hour}:30", "%H:%M"))]), False)


@pytest.mark.parametrize(("text", "minute"), [("noon", 720), ("Midnight", 0), ("12 noon", 720), ("12 midnight", 0)])
def test_noon_and_midnight(text: str, minute: int) -> None:
    assert clock(text) == (frozenset([minute]), True)


@pytest.mark.parametrize("text", ["", "25", "5:60", "13 pm", "0 am", "5 x", "5:3", "half past 5"])
def test_what_is_no_time(text: str) -> None:
    assert clock(text) is None
