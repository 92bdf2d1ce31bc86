"""Causal sentences, in a controlled English that `multisynth.captions.claims` reads back.

Every sentence gives the speed of a blow and when it was; figures are those of the log, rounded to within half a per
cent. Only what the log can confirm is given a figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multisynth.captions.causes import Cause, Event
from multisynth.captions.track import Body, Track
from multisynth.captions.wording import duration, impulse, pick, sentence, speed

_FELL = ("fell", "came down", "went down")


@dataclass(frozen=True)
class Sentence:
    """One sentence; see `multisynth.kinds.SENTENCE`."""

    layer: str
    start: float
    end: float
    text: str
    events: tuple[str, ...] = ()


def the(body: Body) -> str:
    """The body with its definite article."""
    return f"the {body.name} arm" if body.is_robot else f"the {body.name}"


def causal(track: Track, causes: list[Cause], rng: np.random.Generator) -> list[Sentence]:
    """A sentence for each cause, and one for each chain of blows, told from its beginning.

    Args:
        track: Names the bodies.
        causes: As `multisynth.captions.causes.explain` found them.
        rng: Chooses between ways to say it.
    """
    writer = _Writer(track, rng)
    out = [writer.reason(cause) for cause in causes]
    longest: dict[str, Cause] = {}
    for cause in causes:
        known = longest.get(cause.strikes[0].id) if cause.strikes else None
        if len(cause.strikes) > (1 if known is None else len(known.strikes)):
            longest[cause.strikes[0].id] = cause
    return out + [writer.chain(cause) for cause in longest.values()]


class _Writer:
    def __init__(self, track: Track, rng: np.random.Generator) -> None:
        self._bodies = {body.name: body for body in track.bodies}
        self._rng = rng

    def reason(self, cause: Cause) -> Sentence:
        """The nearest reason for one effect."""
        if cause.fall is not None:
            text = self._landing(cause)
        elif cause.effect is None:
            text = self._motion(cause)
        elif cause.effect.kind == "success":
            text = self._success(cause)
        else:
            text = self._support(cause) if cause.support else self._load(cause) if cause.load else self._fall(cause)
        reason = cause.fall or cause.strikes[-1]
        return _from(text, [reason] if cause.effect is None else [cause.effect, reason])

    def chain(self, cause: Cause) -> Sentence:
        """All the blows that led to an effect, the first one first."""
        first, *rest = cause.strikes
        parts = [f"{self._active(first)}, {_instant(first)}"]
        before = first
        for strike in rest:
            parts.append(f"{self._active(strike, 'then ')}, {_lag(before, strike)} later")
            before = strike
        events = list(cause.strikes)
        if cause.effect is not None and cause.effect.kind == "fall":
            fell = pick(self._rng, _FELL)
            parts.append(f"and so {self._the(cause.body)} {fell} {_lag(before, cause.effect)} later")
            events.append(cause.effect)
        opening = pick(self._rng, ("one thing led to another: ", "it was a chain: ", ""))
        return _from(opening + "; ".join(parts), events)

    def _fall(self, cause: Cause) -> str:
        strike, effect, b = cause.strikes[-1], cause.effect, self._the(cause.body)
        assert effect is not None
        a, hit, fell = self._the(strike.bodies[0]), self._verb(strike), pick(self._rng, _FELL)
        lag = _lag(strike, effect)
        v, t = f"at {speed(strike.speed)}", _instant(strike)
        ways = [
            f"{b} {fell} because {a} {hit} it {v}, {lag} earlier",
            f"because {a} {hit} it {v}, {t}, {b} {fell} {lag} later",
            f"{b} was {_participle(hit)} by {a} {v}, {t}, and therefore {fell} {lag} later",
            f"{_participle(hit)} by {a} {v}, {t}, {b} {fell} {lag} later",
        ]
        if strike.impulse > 0:
            j = f"with an impulse of {impulse(strike.impulse)}"
            ways.append(f"{a} {hit} {b} {v}, {j}, and so {b} {fell} {lag} later")
            ways.append(f"{b} {fell} because {a} {hit} it {v}, {j}, {lag} earlier")
        return pick(self._rng, ways)

    def _support(self, cause: Cause) -> str:
        strike, effect, b = cause.strikes[-1], cause.effect, self._the(cause.body)
        assert effect is not None and cause.support is not None
        s, fell, lag = self._the(cause.support), pick(self._rng, _FELL), _lag(strike, effect)
        blow = self._active(strike)
        if strike.bodies[1] != cause.support:
            return f"{b} {fell} because the pile under it gave way after {blow}, {lag} earlier"
        ways = [
            f"{b} {fell} because {s} under it was knocked away: {blow}, {lag} earlier",
            f"{b} lost its support and {fell}: {blow}, {lag} earlier, and knocked away {s} under it",
            f"{blow}, {_instant(strike)}, and knocked it away from under {b}, and so {b} {fell} {lag} later",
        ]
        return pick(self._rng, ways)

    def _load(self, cause: Cause) -> str:
        strike, effect, b = cause.strikes[-1], cause.effect, self._the(cause.body)
        assert effect is not None and cause.load is not None
        top, fell, lag = self._the(cause.load), pick(self._rng, _FELL), _lag(strike, effect)
        blow, t = self._active(strike), _instant(strike)
        if strike.bodies[1] != cause.load:
            return f"{b} {fell} because the pile on top of it dragged it along: {blow}, {lag} earlier"
        ways = [
            f"{b} {fell} because {top} on top of it dragged it along: {blow}, {lag} earlier",
            f"{blow}, {t}, which dragged {b} along from below, and so {b} {fell} {lag} later",
        ]
        return pick(self._rng, ways)

    def _landing(self, cause: Cause) -> str:
        effect, fall, b = cause.effect, cause.fall, self._the(cause.body)
        assert effect is not None and fall is not None
        other, lag, v = self._the(effect.bodies[1]), _lag(fall, effect), speed(effect.speed)
        hit = pick(self._rng, ("hit", "struck"))
        ways = [
            f"{b} {hit} {other} at {v} because it had fallen {lag} earlier",
            f"{b} had fallen, {_instant(fall)}, and therefore {hit} {other} at {v} {lag} later",
        ]
        return pick(self._rng, ways)

    def _success(self, cause: Cause) -> str:
        strike, effect = cause.strikes[-1], cause.effect
        assert effect is not None
        lag = _lag(strike, effect)
        if not cause.body:
            done = pick(self._rng, ("the task succeeded", "the task was achieved"))
            return f"{done} because {self._active(strike)}, {lag} earlier"
        b, a = self._the(cause.body), self._the(strike.bodies[0])
        goals = [name for name in effect.bodies if name in self._bodies and self._bodies[name].is_mark]
        goal = self._the(goals[0]) if goals else "its goal"
        hit, v = self._verb(strike), f"at {speed(strike.speed)}"
        ways = [
            f"{b} reached {goal} because {a} {hit} it {v}, {lag} earlier, and pushed it along",
            f"because {a} {hit} it {v}, {_instant(strike)}, and pushed it along, {b} reached {goal} {lag} later",
        ]
        return pick(self._rng, ways)

    def _motion(self, cause: Cause) -> str:
        strike, b = cause.strikes[-1], self._the(cause.body)
        a, hit, v = self._the(strike.bodies[0]), self._verb(strike), f"at {speed(strike.speed)}"
        ways = [
            f"{b} began to move because {a} {hit} it {v}, {_instant(strike)}",
            f"{a} {hit} {b} {v}, {_instant(strike)}, and set it in motion",
        ]
        return pick(self._rng, ways)

    def _active(self, strike: Event, adverb: str = "") -> str:
        a, b = (self._the(name) for name in strike.bodies)
        return f"{a} {adverb}{self._verb(strike)} {b} at {speed(strike.speed)}"

    def _verb(self, strike: Event) -> str:
        return pick(self._rng, ("hit", "struck", "ran into") if strike.kind == "impact" else ("touched", "bumped into"))

    def _the(self, name: str) -> str:
        return the(self._bodies[name])


def _from(text: str, events: list[Event]) -> Sentence:
    ordered = sorted(events, key=lambda event: event.time)
    return Sentence("causal", ordered[0].time, ordered[-1].time, sentence(text), tuple(event.id for event in ordered))


def _instant(event: Event) -> str:
    return f"{duration(event.time)} into the clip"


def _lag(first: Event, second: Event) -> str:
    return duration(second.time - first.time)


def _participle(verb: str) -> str:
    return {"ran into": "run into"}.get(verb, verb)
