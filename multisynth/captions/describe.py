"""Sentences about moments: what a viewer could measure in each frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multisynth.captions.causal import Sentence, the
from multisynth.captions.scan import Moment, Motion, Relation, Rest
from multisynth.captions.track import Body
from multisynth.captions.wording import duration, indefinite, length, pick, sentence, series, speed


def describe(moments: Sequence[Moment], rng: np.random.Generator) -> list[Sentence]:
    """A sentence or two a moment: first everything there is, then what moves and what it nears.

    Moments in a row at which nothing moves share one sentence.

    Args:
        moments: As `multisynth.captions.scan.scan` saw them.
        rng: Chooses between ways to say it.
    """
    out = [_opening(moments[0], rng)]
    still = False
    gone: set[str] = {body.name for body in moments[0].unseen}
    for n, moment in enumerate(moments):
        left = [body for body in moment.unseen if body.name not in gone]
        gone = {body.name for body in moment.unseen}
        if moment.motions or left:
            out.append(_moving(moment, left, n == 0, rng))
            still = False
        elif n and not still:
            out.append(_still(moment, _stillness(moments, n), n + 1 == len(moments), rng))
            still = True
    return out


def _stillness(moments: Sequence[Moment], first: int) -> float:
    """When the stillness that begins at a moment ends, s."""
    for moment in moments[first:]:
        if moment.motions:
            return moment.start
    return moments[-1].end


def _opening(moment: Moment, rng: np.random.Generator) -> Sentence:
    met: set[str] = set()
    parts = []
    for rest in moment.rests:
        parts.append(_standing(rest, met, rng))
    for motion in moment.motions:
        if not motion.body.is_robot:
            carrier = "" if motion.on is None else f" on {_mention(motion.on, met)}"
            parts.append(f"{_mention(motion.body, met)} is already moving{carrier}")
    for arm, surface, height in moment.hands:
        parts.append(f"the hand of {the(arm)} is {length(height)} above {the(surface)}")
    if not parts:
        return Sentence("frame", moment.start, moment.end, sentence("nothing that can move is in the picture at first"))
    opening = pick(rng, ("at the start, ", "at first, ", "in the first frame, "))
    return Sentence("frame", moment.start, moment.end, sentence(opening + _clauses(parts)))


def _standing(rest: Rest, met: set[str], rng: np.random.Generator) -> str:
    fresh = rest.body.name not in met
    body = _mention(rest.body, met)
    verb = pick(rng, ("stands", "rests", "lies")) if rest.body.category == "block" else pick(rng, ("lies", "rests"))
    place = "" if rest.on is None else f" on {_mention(rest.on, met)}"
    near = ""
    stacked = rest.on is not None and rest.nearest is not None and rest.nearest.other.name == rest.on.name
    if rest.nearest is not None and not stacked and rest.nearest.other.name in met:
        near = f", {_away(rest.nearest)} {_mention(rest.nearest.other, met)}"
    return f"{body} {verb}{place}{near}" if fresh else f"{body} {verb}{near}"


def _moving(moment: Moment, left: list[Body], first: bool, rng: np.random.Generator) -> Sentence:
    parts = [_motion(motion) for motion in moment.motions]
    still = [] if first else [the(rest.body) for rest in moment.rests]
    if still:
        ways = ("stays where it is", "is at rest") if len(still) == 1 else ("stay where they are", "are at rest")
        parts.append(f"{series(still)} {pick(rng, ways)}")
    if left:
        names = series([the(body) for body in left])
        parts.append(f"{names} {'is' if len(left) == 1 else 'are'} out of the picture")
    now = f"{pick(rng, ('at', 'by'))} {duration(moment.start)}"
    when = pick(rng, ("at that moment", "right then")) if first else now
    return Sentence("frame", moment.start, moment.end, sentence(f"{when}, {_clauses(parts)}"))


def _motion(motion: Motion) -> str:
    subject = f"the hand of {the(motion.body)}" if motion.body.is_robot else the(motion.body)
    where = f" {series(motion.directions)}" if motion.directions else ""
    if motion.manner == "turns":
        text = f"{subject} turns on the spot"
    else:
        on = ""
        if motion.on is not None and motion.manner in ("slides", "rolls"):
            # What lies on another block is mostly carried along by it, which "across" would deny.
            on = f" {'across' if motion.on.is_surface else 'on top of'} {the(motion.on)}"
        text = f"{subject} {motion.manner}{where}{on} at {speed(motion.speed)}"
    near = motion.nearest
    if near is not None:
        text += f", {_away(near)} {the(near.other)}"
    return text


def _still(moment: Moment, until: float, last: bool, rng: np.random.Generator) -> Sentence:
    if last or until <= moment.start:
        text = f"at {duration(moment.start)}, the clip ends with everything in the picture at rest"
    else:
        how = pick(rng, ("nothing moves in the picture", "everything in the picture is at rest"))
        text = f"from {duration(moment.start)} to {duration(until)}, {how}"
    return Sentence("frame", moment.start, until, sentence(text))


def _away(relation: Relation) -> str:
    return f"{length(relation.distance)} {relation.direction}"


def _mention(body: Body, met: set[str]) -> str:
    """With the indefinite article the first time, unless there is only one such thing anyway."""
    if body.name in met or body.is_surface or body.is_robot or body.is_mark:
        met.add(body.name)
        return the(body)
    met.add(body.name)
    return indefinite(body.name)


def _clauses(parts: list[str]) -> str:
    """Clauses that hold commas themselves, so semicolons keep them apart."""
    return parts[0] if len(parts) == 1 else f"{'; '.join(parts[:-1])}; and {parts[-1]}"
