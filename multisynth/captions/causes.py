"""Why things happened: a causal graph over the event log, each edge checked against the motion that was recorded.

An effect (a fall, a blow struck by a body, a success, a body set in motion) is explained by the blow that set its body
moving: the body came to that blow at rest and had moved by the time of the effect. Where several blows fit, the one
with the greatest impulse explains it. A body that nothing struck is explained by its support, if that was knocked from
under it. What neither explains has no cause: none is made up. This is the counterfactual reading of physical causation
(Gerstenberg et al., "A counterfactual simulation model of causal judgments for physical events", 2021) as far as one
recording allows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multisynth.captions.track import Track

_MOVED = 0.003
"""m a body must have gone, or `_TURNED`, between a blow and what the blow is said to have done."""
_TURNED = 0.1
"""rad"""
_CLEARED = 0.01
"""m that a support must have gone for what stood on it to have lost it."""
_PUSHED = 0.02
"""m from which being set in motion is worth a sentence."""
_DEPTH = 8
"""Links of a chain followed back at most."""


@dataclass(frozen=True)
class Event:
    """One entry of the log; see `multisynth.kinds.EVENT`."""

    id: str
    time: float
    kind: str
    bodies: tuple[str, ...]
    impulse: float
    speed: float

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Event:
        """The event in a row of the log."""
        return cls(row["id"], row["time"], row["kind"], tuple(row["bodies"]), row["impulse"], row["speed"])

    @property
    def is_strike(self) -> bool:
        """Whether one body comes upon another."""
        return self.kind in ("impact", "contact") and len(self.bodies) == 2


@dataclass(frozen=True)
class Cause:
    """An effect and what explains it.

    Args:
        body: The body that it happened to.
        effect: The event that was caused; None where a body was merely set in motion.
        strikes: The blows that led to it, the first one first; the last explains it.
        support: The body that was knocked from under it by the last blow, where that is the reason.
        fall: The fall that explains a landing, where that is the reason.
    """

    body: str
    effect: Event | None
    strikes: tuple[Event, ...] = ()
    support: str | None = None
    fall: Event | None = None


def explain(track: Track, log: Sequence[Mapping[str, Any]], window: float) -> list[Cause]:
    """The causes that the log and the motion bear out, in the order of their effects.

    Args:
        track: How the bodies moved.
        log: The clip's events.
        window: s; a blow explains nothing that comes later than this after it, unless its body is still moving.
    """
    return _Graph(track, [Event.of(row) for row in log], window).causes()


class _Graph:
    def __init__(self, track: Track, events: list[Event], window: float) -> None:
        self._track, self._window = track, window
        self._events = sorted(events, key=lambda event: event.time)
        self._strikes = [event for event in self._events if event.is_strike and self._can_act(event)]

    def causes(self) -> list[Cause]:
        found: list[Cause] = []
        for event in self._events:
            if event.kind == "fall" and event.bodies and event.bodies[0] in self._track.index:
                found += self._fall(event)
                found += self._landing(event)
            elif event.kind == "success":
                found += self._success(event, found)
        explained = {cause.body for cause in found}
        for body in self._track.bodies:
            if body.moves and not body.is_robot and body.name not in explained:
                found += self._set_in_motion(body.name)
        return found

    def _can_act(self, event: Event) -> bool:
        actor, patient = (self._track.index.get(name) for name in event.bodies)
        return (
            actor is not None
            and patient is not None
            and self._track.bodies[actor].moves
            and self._track.bodies[patient].moves
            and event.speed > 0
        )

    def _fall(self, fall: Event) -> list[Cause]:
        body = fall.bodies[0]
        strike = self._onset(body, fall.time)
        if strike is not None:
            return [Cause(body, fall, self._chain(strike))]
        lost = self._lost_support(body, fall.time, _DEPTH)
        return [] if lost is None else [Cause(body, fall, self._chain(lost[1]), support=lost[0])]

    def _landing(self, fall: Event) -> list[Cause]:
        body = fall.bodies[0]
        track, n = self._track, self._track.index[body]
        for event in self._events:
            if (
                event.kind == "impact"
                and event.bodies[0] == body
                and fall.time < event.time <= fall.time + self._window
            ):
                other = track.index.get(event.bodies[1])
                first, last = track.before(fall.time), track.after(event.time)
                sank = track.positions[first, n, 2] - track.positions[last, n, 2]
                if other is not None and track.bodies[other].is_surface and sank > _MOVED:
                    return [Cause(body, event, fall=fall)]
        return []

    def _success(self, success: Event, found: list[Cause]) -> list[Cause]:
        for name in success.bodies:
            n = self._track.index.get(name)
            if n is not None and self._track.bodies[n].moves and not self._track.bodies[n].is_robot:
                strike = self._push(name, success.time)
                if strike is not None:
                    return [Cause(name, success, (strike,))]
        falls = [cause for cause in found if cause.effect is not None and cause.effect.kind == "fall" and cause.strikes]
        return [Cause("", success, falls[-1].strikes)] if falls else []

    def _push(self, body: str, until: float) -> Event | None:
        """The touch after which a body went farthest before the next: what carried it where it is."""
        touches = [event for event in self._strikes if event.bodies[1] == body and event.time < until]
        best: tuple[float, Event] | None = None
        for n, event in enumerate(touches):
            end = touches[n + 1].time if n + 1 < len(touches) else until
            distance, _ = self._moved(body, event.time, end)
            if distance > _PUSHED and (best is None or distance > best[0]):
                best = (distance, event)
        return None if best is None else best[1]

    def _set_in_motion(self, body: str) -> list[Cause]:
        best: Event | None = None
        for strike in self._strikes:
            rested = strike.bodies[1] == body and self._rested(body, strike.time)
            if rested and self._moved(body, strike.time, strike.time + self._window)[0] > _PUSHED:
                best = strike if best is None or strike.impulse > best.impulse else best
        return [] if best is None else [Cause(body, None, self._chain(best))]

    def _chain(self, strike: Event) -> tuple[Event, ...]:
        """The blows that made the striker strike, the first one first, and then the blow itself."""
        chain = [strike]
        while len(chain) < _DEPTH:
            actor = chain[0].bodies[0]
            before = None
            if not self._track.bodies[self._track.index[actor]].is_robot:
                before = self._onset(actor, chain[0].time)
            if before is None or before in chain:
                break
            chain.insert(0, before)
        return tuple(chain)

    def _onset(self, body: str, until: float) -> Event | None:
        """The blow that set a resting body moving, in the window before a time."""
        fits = [
            strike
            for strike in self._strikes
            if strike.bodies[1] == body
            and until - self._window <= strike.time < until
            and self._rested(body, strike.time)
            and self._has_moved(body, strike.time, until)
        ]
        return max(fits, key=lambda strike: (strike.impulse, -strike.time), default=None)

    def _lost_support(self, body: str, until: float, depth: int) -> tuple[str, Event] | None:
        """The support that was knocked from under a body that had rested on it, and the blow that did it."""
        track, n = self._track, self._track.index[body]
        frames = [
            k for k in range(track.before(until) + 1) if track.times[k] >= until - self._window and track.rests(n, k)
        ]
        if not frames or depth == 0:
            return None
        last = frames[-1]
        carrier = track.support(n, last)
        if carrier is None or not track.bodies[carrier].moves:
            return None
        support = track.bodies[carrier].name
        distance, turned = self._moved(support, float(track.times[last]), until)
        if distance < _CLEARED and turned < _TURNED:
            return None
        strike = self._onset(support, until)
        if strike is not None:
            return support, strike
        deeper = self._lost_support(support, until, depth - 1)
        return None if deeper is None else (support, deeper[1])

    def _rested(self, body: str, time: float) -> bool:
        return self._track.rests(self._track.index[body], self._track.before(time))

    def _has_moved(self, body: str, start: float, end: float) -> bool:
        distance, turned = self._moved(body, start, end)
        return distance > _MOVED or turned > _TURNED

    def _moved(self, body: str, start: float, end: float) -> tuple[float, float]:
        return self._track.moved(self._track.index[body], self._track.before(start), self._track.after(end))
