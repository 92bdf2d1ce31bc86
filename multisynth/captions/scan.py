"""What there is to see at moments of a clip: who rests on what, who moves how, who is near whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multisynth.captions.track import RESTING, STEADY, Body, Track

_LEAN = 0.38
"""A direction is named if the motion has more than this share along it: within 22.5° of square to it, it is not."""


@dataclass(frozen=True)
class Relation:
    """Where one body is, seen from another.

    Args:
        body: The one whose place is told.
        other: The one it is told from.
        distance: Between their centres, m.
        direction: A phrase such as `to the left of`, as the camera sees it.
    """

    body: Body
    other: Body
    distance: float
    direction: str


@dataclass(frozen=True)
class Motion:
    """How a body moves at a moment.

    Args:
        body: The body.
        speed: m/s.
        manner: `slides`, `rolls`, `flies`, `falls`, `rises`, `tumbles`, `turns` or `moves`.
        directions: Up to three of `left`, `right`, `away from the camera`, `towards the camera`, `up`, `down`.
        nearest: The closest body that can move, if any.
        on: What carries it, if anything does.
    """

    body: Body
    speed: float
    manner: str
    directions: tuple[str, ...]
    nearest: Relation | None
    on: Body | None


@dataclass(frozen=True)
class Rest:
    """A body at rest, and what it rests on."""

    body: Body
    on: Body | None
    nearest: Relation | None


@dataclass(frozen=True)
class Moment:
    """One frame in words' reach.

    Args:
        frame: Its index.
        start: Its time, s.
        end: When the next moment begins, s.
        motions: The bodies that move, the fastest first.
        rests: Those that do not and can.
        hands: How high each robot's hand is above which surface, m.
        unseen: The bodies that can move and are out of the picture.
    """

    frame: int
    start: float
    end: float
    motions: tuple[Motion, ...]
    rests: tuple[Rest, ...]
    hands: tuple[tuple[Body, Body, float], ...]
    unseen: tuple[Body, ...]


def scan(track: Track, every: float) -> list[Moment]:
    """Moments of a clip, one in every `every` seconds and the last frame.

    Args:
        track: The clip.
        every: s; a moment falls on the first frame not earlier than each multiple.
    """
    end = float(track.times[-1])
    frames = sorted(
        {track.after(float(time)) for time in np.arange(track.times[0], end, every)} | {len(track.times) - 1}
    )
    ends = [float(track.times[frame]) for frame in frames[1:]] + [end]
    return [_moment(track, frame, until) for frame, until in zip(frames, ends, strict=True)]


def _moment(track: Track, frame: int, end: float) -> Moment:
    motions, rests = [], []
    for n, body in enumerate(track.bodies):
        if not body.moves or not track.seen(n, frame):
            continue
        velocity = track.velocities[frame, n]
        if np.linalg.norm(velocity) >= RESTING or track.turning[frame, n] >= STEADY:
            motions.append(_motion(track, frame, n, velocity))
        elif not body.is_robot:
            rests.append(Rest(body, _carrier(track, n, frame), nearest(track, n, frame)))
    motions.sort(key=lambda motion: (-motion.speed, motion.body.name))
    unseen = tuple(body for n, body in enumerate(track.bodies) if body.moves and not track.seen(n, frame))
    return Moment(frame, float(track.times[frame]), end, tuple(motions), tuple(rests), _hands(track, frame), unseen)


def _hands(track: Track, frame: int) -> tuple[tuple[Body, Body, float], ...]:
    out = []
    for n, body in enumerate(track.bodies):
        if body.is_robot:
            position = track.positions[frame, n]
            tops = []
            for m, surface in enumerate(track.bodies):
                inside = np.abs(position - track.positions[frame, m])[:2] < track.halves[frame, m, :2]
                top = float(track.positions[frame, m, 2] + track.halves[frame, m, 2])
                if surface.is_surface and bool(inside.all()) and top <= position[2]:
                    tops.append((top, -m))
            if tops:
                top, m = max(tops)
                out.append((body, track.bodies[-m], float(position[2]) - top))
    return tuple(out)


def _carrier(track: Track, n: int, frame: int) -> Body | None:
    support = track.support(n, frame)
    return None if support is None else track.bodies[support]


def _motion(track: Track, frame: int, n: int, velocity: np.ndarray) -> Motion:
    body, speed = track.bodies[n], float(np.linalg.norm(velocity))
    on = None if body.is_robot else _carrier(track, n, frame)
    up = float(velocity[2])
    if speed < RESTING:
        manner = "turns"
    elif body.is_robot:
        manner = "moves"
    elif on is not None and abs(up) < 0.5 * speed:
        manner = "rolls" if body.round else "tumbles" if track.turning[frame, n] > 2.0 else "slides"
    elif up < -0.7 * speed:
        manner = "falls"
    elif up > 0.7 * speed:
        manner = "rises"
    elif track.turning[frame, n] > 2.0 and not body.round:
        manner = "tumbles"
    else:
        manner = "flies" if speed > 0.5 else "moves"
    return Motion(body, speed, manner, _directions(track, velocity, manner), nearest(track, n, frame), on)


def _directions(track: Track, velocity: np.ndarray, manner: str) -> tuple[str, ...]:
    speed = float(np.linalg.norm(velocity))
    if speed < RESTING:
        return ()
    words = []
    for axis, plus, minus in (
        (track.right, "right", "left"),
        (track.away, "away from the camera", "towards the camera"),
        (np.array([0.0, 0.0, 1.0]), "up", "down"),
    ):
        share = float(velocity @ axis) / speed
        if abs(share) > _LEAN and not (plus == "up" and manner in ("falls", "rises")):
            words.append(plus if share > 0 else minus)
    return tuple(words)


def nearest(track: Track, n: int, frame: int) -> Relation | None:
    """The body closest to another, not counting tables and floors, nor robots, which tell their own distance."""
    others = [
        m
        for m, body in enumerate(track.bodies)
        if m != n and not body.is_surface and not body.is_robot and track.seen(m, frame)
    ]
    found = [relation(track, n, m, frame) for m in others]
    return min(found, key=lambda each: each.distance, default=None)


def relation(track: Track, n: int, other: int, frame: int) -> Relation:
    """Where body n is, seen from another; from a mark, as if both lay in its plane."""
    offset = track.positions[frame, n] - track.positions[frame, other]
    mark = track.bodies[other]
    if mark.is_mark:
        offset = offset * [1.0, 1.0, 0.0]
    distance = float(np.linalg.norm(offset))
    inside = mark.is_mark and distance < float(mark.half[:2].max())
    return Relation(track.bodies[n], mark, distance, "from the middle of" if inside else direction(track, offset))


def direction(track: Track, offset: np.ndarray) -> str:
    """The main direction of an offset, as the camera sees it. [3]"""
    shares = (
        ("to the right of", "to the left of", float(offset @ track.right)),
        ("behind", "in front of", float(offset @ track.away)),
        ("above", "below", float(offset[2])),
    )
    plus, minus, share = max(shares, key=lambda each: abs(each[2]))
    return plus if share > 0 else minus
