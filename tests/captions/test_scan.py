import numpy as np
import pytest

from multisynth.captions.scan import relation, scan
from multisynth.captions.track import Track
from multisynth.sample import Sample

from .conftest import MakeClip, slide


def at(track: Track, name: str) -> int:
    return track.index[name]


def test_who_rests_on_whom(make_clip: MakeClip) -> None:
    (moment, *_) = scan(Track(make_clip()), 0.5)
    assert {rest.body.name: rest.on.name for rest in moment.rests if rest.on} == {
        "red block": "table",
        "orange block": "red block",
        "blue ball": "table",
    }
    assert moment.motions == ()
    ((arm, surface, height),) = moment.hands
    assert (arm.name, surface.name) == ("panda", "table")
    assert height == pytest.approx(0.5)


def test_speed_manner_and_direction(make_clip: MakeClip) -> None:
    velocity = (0.6, 0.8, 0.0)
    track = Track(make_clip(blue_ball=slide((-0.4, 0.3, 0.05), velocity)))
    motion = scan(track, 0.5)[1].motions[0]
    assert motion.speed == pytest.approx(1.0, rel=1e-5)
    assert (motion.manner, motion.directions) == ("rolls", ("right", "away from the camera"))
    falling = Track(make_clip(blue_ball=slide((0.3, 0, 1.0), (0, 0, -0.4))))
    assert scan(falling, 0.5)[1].motions[0].manner == "falls"
    pushed = Track(make_clip(orange_block=slide((0.2, 0, 0.05), (-0.1, 0, 0))))
    (motion,) = scan(pushed, 0.5)[1].motions
    assert (motion.body.name, motion.manner, motion.directions) == ("orange block", "slides", ("left",))


def test_relations_are_as_the_camera_sees_them(make_clip: MakeClip) -> None:
    track = Track(make_clip())
    ball = relation(track, at(track, "blue ball"), at(track, "red block"), 0)
    assert (ball.direction, ball.distance) == ("to the left of", pytest.approx(0.4))
    orange = relation(track, at(track, "orange block"), at(track, "red block"), 0)
    assert (orange.direction, orange.distance) == ("above", pytest.approx(0.1))
    near = Track(make_clip(blue_ball=slide((0, -0.3, 0.05), (0, 0, 0))))
    assert relation(near, at(near, "blue ball"), at(near, "red block"), 0).direction == "in front of"
    over = Track(make_clip(red_block=slide((0.51, 0.02, 0.05), (0, 0, 0))))
    goal = relation(over, at(over, "red block"), at(over, "goal"), 0)
    assert (goal.direction, goal.distance) == ("from the middle of", pytest.approx(np.hypot(0.01, 0.02), rel=1e-4))


def test_what_leaves_the_picture_is_said_to(make_clip: MakeClip) -> None:
    moments = scan(Track(make_clip(blue_ball=slide((-0.4, 0, 0.05), (-3, 0, 0)))), 0.5)
    assert [body.name for body in moments[0].unseen] == []
    assert [body.name for body in moments[-1].unseen] == ["blue ball"]


def test_rest_looks_only_back(struck: Sample) -> None:
    track = Track(struck)
    red = at(track, "red block")
    assert track.rests(red, 5)  # it is struck after this frame
    assert not track.rests(red, 7)
    assert track.moved(red, 5, 10)[0] == pytest.approx(0.4)


def test_moments_come_every_so_often(struck: Sample) -> None:
    moments = scan(Track(struck), 0.5)
    assert [moment.start for moment in moments] == pytest.approx([0, 0.5, 1, 1.5, 2])
    assert [moment.end for moment in moments] == pytest.approx([0.5, 1, 1.5, 2, 2])


def test_turning_is_the_angle_over_the_time(make_clip: MakeClip) -> None:
    clip = make_clip()
    poses = clip["poses"].copy()
    half = 0.3 * clip["times"] / 2
    poses[:, 1, 3], poses[:, 1, 6] = np.cos(half), np.sin(half)
    track = Track(clip.replace(poses=poses))
    np.testing.assert_allclose(track.turning[1:, at(track, "red block")], 0.3, rtol=1e-4)
