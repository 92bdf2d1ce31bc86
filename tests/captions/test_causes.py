from typing import Any

import pytest

from multisynth.captions.causes import Cause, explain
from multisynth.captions.track import Track
from multisynth.sample import Sample

from .conftest import MakeClip, event, slide

FLYING = slide((-0.4, 0, 0.05), (1, 0, 0))
MOVED = slide((0, 0, 0.05), (0.5, 0, 0), 0.5)
FALL = event(0.7, "fall", "red block", speed=0.5)


def why(clip: Sample, window: float = 1.5) -> list[Cause]:
    return explain(Track(clip), clip["events"], window)


def falls(causes: list[Cause]) -> list[Cause]:
    return [cause for cause in causes if cause.effect is not None and cause.effect.kind == "fall"]


def hit(time: float = 0.55, impulse: float = 0.3, **more: Any) -> dict[str, Any]:
    return event(time, "impact", "blue ball", "red block", speed=1.0, impulse=impulse, **more)


def test_chain_support_landing_and_success(struck: Sample) -> None:
    causes = why(struck)
    told = [
        (each.body, each.effect and each.effect.id, [strike.id for strike in each.strikes], each.support)
        for each in causes
    ]
    assert told == [
        ("red block", "e2", ["e0", "e1"], None),
        ("orange block", "e3", ["e0", "e1"], "red block"),
        ("orange block", "e4", [], None),
        ("", "e5", ["e0", "e1"], None),
        ("blue ball", None, ["e0"], None),
    ]
    assert [each.fall and each.fall.id for each in causes] == [None, None, "e3", None, None]


def test_the_greater_blow_of_several_explains(make_clip: MakeClip) -> None:
    clip = make_clip([hit(0.52, 0.01), hit(0.54, 0.3), hit(0.58, 0.02), FALL], blue_ball=FLYING, red_block=MOVED)
    (cause,) = falls(why(clip))
    assert [strike.id for strike in cause.strikes] == ["e1"]


def test_a_load_that_was_knocked_along_drags_what_it_lay_on(make_clip: MakeClip) -> None:
    blow = event(0.55, "impact", "blue ball", "orange block", speed=2.0, impulse=0.3)
    clip = make_clip([blow, FALL], blue_ball=FLYING, red_block=MOVED, orange_block=slide((0, 0, 0.15), (1, 0, 0), 0.5))
    (cause,) = falls(why(clip))
    assert (cause.load, cause.strikes[-1].id) == ("orange block", "e0")


@pytest.mark.parametrize(
    ("events", "paths"),
    [
        ([FALL], {"red_block": MOVED}),  # nothing struck it
        ([FALL, hit(0.75)], {"red_block": MOVED}),  # struck only afterwards
        ([hit(), FALL], {"red_block": slide((0, 0, 0.05), (0.5, 0, 0))}),  # it was moving all along
        ([hit(), FALL], {}),  # the blow moved nothing
        ([event(0.55, "impact", "red block", "blue ball", speed=1.0, impulse=0.3), FALL], {"red_block": MOVED}),
        ([event(0.55, "impact", "table", "red block", speed=1.0, impulse=0.3), FALL], {"red_block": MOVED}),
        ([hit(0.55), event(1.9, "fall", "orange block", speed=0.1)], {}),  # its support stayed
    ],
)
def test_no_cause_is_made_up(make_clip: MakeClip, events: list[dict[str, Any]], paths: dict[str, Any]) -> None:
    assert falls(why(make_clip(events, **{"blue_ball": FLYING, **paths}))) == []


def test_a_blow_too_long_ago_explains_nothing(make_clip: MakeClip) -> None:
    clip = make_clip([hit(0.55), event(1.8, "fall", "red block", speed=0.5)], blue_ball=FLYING, red_block=MOVED)
    assert len(falls(why(clip, window=1.5))) == 1
    assert falls(why(clip, window=1.0)) == []


def test_a_push_is_explained_by_the_touch_that_ended_it(make_clip: MakeClip) -> None:
    touches = [event(t, "contact", "panda", "red block", speed=0.1, impulse=0.05) for t in (0.55, 1.25)]
    done = event(1.6, "success", "red block", "goal")
    clip = make_clip([*touches, done], panda=slide((-0.1, 0, 0.05), (0.3, 0, 0), 0.2), red_block=MOVED)
    told = [(c.effect and c.effect.id, [s.id for s in c.strikes]) for c in why(clip) if c.body == "red block"]
    assert told == [("e2", ["e1"]), (None, ["e0"])]


def test_a_success_that_no_touch_led_to_is_left_unexplained(make_clip: MakeClip) -> None:
    done = event(1.6, "success", "red block", "goal")
    clip = make_clip([done], red_block=MOVED)
    assert [cause for cause in why(clip) if cause.effect is not None] == []
