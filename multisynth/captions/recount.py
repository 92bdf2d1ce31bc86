"""The story of a clip in the order of time: what came first, what followed, how it ended, and in how much time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multisynth.captions.causal import Sentence, the
from multisynth.captions.causes import Cause, Event
from multisynth.captions.scan import direction
from multisynth.captions.track import Track
from multisynth.captions.wording import counted, duration, length, pick, sentence, series, speed

_LONGEST = 10
"""Turns of the story told one by one at most."""
_SHIFTED = 0.01
"""m from which a body's change of place is told."""


def recount(
    track: Track,
    events: Sequence[Event],
    causes: Sequence[Cause],
    instruction: str,
    success: bool,
    rng: np.random.Generator,
) -> list[Sentence]:
    """The summary's sentences.

    Args:
        track: How the bodies moved.
        events: The log.
        causes: What was explained; falls that were not are said to have no known cause.
        instruction: What the robot was told.
        success: Whether it achieved that.
        rng: Chooses between ways to say it.
    """
    start, end = float(track.times[0]), float(track.times[-1])
    turns = _turns(track, events)
    out = []
    if instruction:
        told = pick(rng, ("the task was: ", "the robot was told: ", "the instruction was: "))
        out.append(Sentence("summary", start, end, sentence(told + f"“{instruction.strip()}”")))
    met = min((event.time for event in events if event.is_strike), default=start)
    if met > start:
        quiet = duration(met - start)
        text = pick(rng, (f"for the first {quiet}, nothing hit anything", f"{quiet} passed before the first touch"))
        out.append(Sentence("summary", start, met, sentence(text)))
    out += [_turn(track, turn, n, len(turns), rng) for n, turn in enumerate(turns)]
    out += _falls(track, events, causes)
    out += _places(track)
    out += _settled(track, rng)
    out.append(_outcome(events, success, start, end, rng))
    return out


def _turns(track: Track, events: Sequence[Event]) -> list[Event]:
    """What carried the story: each pair's first blow, falls and successes, the weakest blows left out first."""
    firsts: dict[tuple[str, ...], Event] = {}
    landings: list[Event] = []
    for event in events:
        if event.is_strike and all(name in track.index for name in event.bodies):
            pair = tuple(sorted(event.bodies))
            if not all(track.bodies[track.index[name]].moves for name in pair):
                landings.append(event)
            else:
                firsts.setdefault(pair, event)
    known = [e for e in events if e.kind in ("fall", "success") and all(name in track.index for name in e.bodies)]
    room = max(_LONGEST - len(known), 1)
    blows = sorted(firsts.values(), key=lambda event: (-event.impulse, event.time))[:room]
    return sorted([*known, *blows], key=lambda event: event.time) or landings[:3]


def _turn(track: Track, event: Event, number: int, total: int, rng: np.random.Generator) -> Sentence:
    if number == 0:
        opening = "first"
    elif number + 1 == total and total > 2:
        opening = pick(rng, ("finally", "in the end", "last of all"))
    else:
        opening = pick(rng, ("then", "after that", "next"))
    bodies = [the(track.bodies[track.index[name]]) for name in event.bodies]
    when = pick(rng, (f"at {duration(event.time)}", f"{duration(event.time)} into the clip"))
    if event.is_strike:
        met = "hit" if event.kind == "impact" else "touched"
        text = f"{opening}, {when}, {bodies[0]} {met} {bodies[1]} at {speed(event.speed)}"
    elif event.kind == "fall":
        text = f"{opening}, {when}, {bodies[0]} fell"
    else:
        text = f"{opening}, {when}, the task was achieved"
    return Sentence("summary", event.time, event.time, sentence(text), (event.id,))


def _falls(track: Track, events: Sequence[Event], causes: Sequence[Cause]) -> list[Sentence]:
    falls = [event for event in events if event.kind == "fall" and event.bodies and event.bodies[0] in track.index]
    out = []
    if len(falls) > 1:
        first, last = falls[0].time, falls[-1].time
        span = "at the same instant" if last == first else f"within {duration(last - first)}"
        things = {track.bodies[track.index[event.bodies[0]]].category for event in falls}
        noun = things.pop() if len(things) == 1 else "thing"
        text = f"{counted(len(falls), noun)} fell {span}"
        out.append(Sentence("summary", first, last, sentence(text), tuple(event.id for event in falls)))
    explained = {cause.effect.id for cause in causes if cause.effect is not None}
    loose = [event for event in falls if event.id not in explained]
    if loose:
        names = series([the(track.bodies[track.index[event.bodies[0]]]) for event in loose])
        text = f"nothing in the log explains why {names} fell"
        out.append(
            Sentence("summary", loose[0].time, loose[-1].time, sentence(text), tuple(event.id for event in loose))
        )
    return out


def _settled(track: Track, rng: np.random.Generator) -> list[Sentence]:
    things = [n for n, body in enumerate(track.bodies) if body.moves and not body.is_robot]
    last = len(track.times) - 1
    restless = [frame for frame in range(1, last + 1) if not all(track.rests(n, frame) for n in things)]
    if not restless:
        return []
    if restless[-1] == last:
        text, when = "something still moved when the clip ended", float(track.times[last])
    else:
        when = float(track.times[restless[-1] + 1])
        text = f"{pick(rng, ('every object had come to rest', 'all objects were at rest'))} by {duration(when)}"
    return [Sentence("summary", when, float(track.times[last]), sentence(text))]


def _places(track: Track) -> list[Sentence]:
    start, end = float(track.times[0]), float(track.times[-1])
    parts = []
    for n, body in enumerate(track.bodies):
        if not body.moves or body.is_robot:
            continue
        shift = track.positions[-1, n] - track.positions[0, n]
        distance = float(np.linalg.norm(shift))
        if distance >= _SHIFTED:
            parts.append(f"{the(body)} {length(distance)} {direction(track, shift)} where it had been")
    if not parts:
        return [Sentence("summary", start, end, sentence("every object ended where it had begun"))]
    return [Sentence("summary", start, end, sentence(f"in all, {_ended(parts)}"))]


def _ended(parts: list[str]) -> str:
    first, *rest = parts
    head = first.split(" ")
    # "the red block ended 12 cm to the right of where it had been, the blue block 3 cm behind where it had been"
    place = next(n for n, word in enumerate(head) if word[0].isdigit())
    return series([" ".join([*head[:place], "ended", *head[place:]]), *rest])


def _outcome(events: Sequence[Event], success: bool, start: float, end: float, rng: np.random.Generator) -> Sentence:
    done = [event for event in events if event.kind == "success"]
    lasted = f"the clip lasts {duration(end - start)}"
    if success:
        after = f" {duration(done[-1].time - start)} after the start" if done else ""
        text = pick(rng, ("the task was completed", "the task was a success", "the attempt succeeded")) + after
    else:
        text = pick(rng, ("the attempt failed", "the task was not achieved", "the attempt did not succeed"))
    return Sentence("summary", start, end, sentence(f"{text}; {lasted}"), tuple(event.id for event in done))
