"""Why things happened: a causal graph over the event log, each edge checked against the motion that was recorded.

An effect (a fall, a blow struck by a body, a success, a body set in motion) is explained by the blow that set its body
moving: the body came to that blow at rest and had moved by the time of the effect. Where several blows fit, the one
with the greatest impulse explains it. A body that nothing struck can only have been moved through what it lay against:
by its support, if that was knocked from under it, or by its load, if that was knocked along and dragged it. What none
of these explains has no cause: none is made up. This is the counterfactual reading of physical causation
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
_PUSHED = 0.01
"""m from which being set in motion is worth a sentence."""
_PASSED_ON = 0.5
"""Share of a blow's impulse that a body passes on to what lies on it: about a coefficient of friction."""
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
        support: The body under it that lost its place by the last blow, where that is the reason.
        load: The body on top of it that the last blow knocked along, where that is the reason.
        fall: The fall that explains a landing, where that is the reason.
    """

    body: str
    effect: Event | None
    strikes: tuple[Event, ...] = ()
    support: str | None = None
    load: str | None = None
    fall: Event | None = None


def explain(track: Track, log: Sequence[Mapping[str, Any]], window: float) -> list[Cause]:
    """The causes that the log and the motion bear out, in the order of their effects.

    Args:
        track: How the bodies moved.
        log: The clip's events.
        window: s; a blow explains no fall and no further blow that comes later than this after it.
    """
    return _Graph(track, [Event.of(row) for row in log], window).causes()


@dataclass(frozen=True)
class _Reason:
    impulse: float
    strike: Event
    support: str | None = None
    load: str | None = None


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
        reason = self._reason(body, fall.time, frozenset())
        if reason is None:
            return []
        return [Cause(body, fall, self._chain(reason.strike), support=reason.support, load=reason.load)]

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
        bodies = [self._track.bodies[self._track.index[name]] for name in success.bodies if name in self._track.index]
        if any(body.is_mark for body in bodies):
            moved = [body.name for body in bodies if body.moves and not body.is_robot]
            touches = self._touches(moved[0], success.time) if moved else []
            out = [Cause(moved[0], success, (touches[-1],))] if touches else []
            return out + ([Cause(moved[0], None, (touches[0],))] if len(touches) > 1 else [])
        falls = [cause for cause in found if cause.effect is not None and cause.effect.kind == "fall" and cause.strikes]
        named = [cause for cause in falls if cause.body in success.bodies]
        return [Cause("", success, (named or falls)[-1].strikes)] if falls else []

    def _touches(self, body: str, until: float) -> list[Event]:
        """The touches that carried a body on before a time: it went some way between each and the next."""
        touches = [event for event in self._strikes if event.bodies[1] == body and event.time < until]
        times = [*(touch.time for touch in touches), until]
        return [
            touch
            for touch, end in zip(touches, times[1:], strict=True)
            if self._moved(body, touch.time, end)[0] > _CLEARED
        ]

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

    def _reason(self, body: str, until: float, seen: frozenset[str]) -> _Reason | None:
        """What set a body moving before a time: a blow upon it, upon what carried it, or upon what it carried."""
        strike = self._onset(body, until)
        best = None if strike is None else _Reason(strike.impulse, strike)
        for other, role in self._neighbours(body, until):
            # A load can drag a body only by its weight's friction, so it explains what nothing else does.
            if other in seen or (role == "load" and best is not None):
                continue
            deeper = self._reason(other, until, seen | {body})
            if deeper is not None and (best is None or _PASSED_ON * deeper.impulse > best.impulse):
                best = _Reason(_PASSED_ON * deeper.impulse, deeper.strike, **{role: other})
        return best

    def _neighbours(self, body: str, until: float) -> list[tuple[str, str]]:
        """What a body lay on and what lay on it when it last rested, if that has moved since."""
        track, n = self._track, self._track.index[body]
        last = self._last_rest(n, until)
        if last is None:
            return []
        carrier = track.support(n, last)
        found = [] if carrier is None else [(carrier, "support")]
        found += [(m, "load") for m in range(len(track.bodies)) if track.support(m, last) == n]
        out = []
        for m, role in found:
            if track.bodies[m].moves:
                distance, turned = track.moved(m, last, track.after(until))
                if distance > _CLEARED or turned > _TURNED:
                    out.append((track.bodies[m].name, role))
        return out

    def _last_rest(self, n: int, until: float) -> int | None:
        """The last frame within the window before a time at which a body was at rest upon something."""
        track = self._track
        recent = range(track.after(until - self._window), track.before(until) + 1)
        rested = (frame for frame in recent if track.rests(n, frame) and track.support(n, frame) is not None)
        return max(rested, default=None)

    def _rested(self, body: str, time: float) -> bool:
        frame = self._track.before(time)
        # Poses come far more seldom than events: a fall since the last frame shows that the rest is over.
        fell = any(
            event.kind == "fall" and event.bodies[:1] == (body,) and self._track.times[frame] <= event.time <= time
            for event in self._events
        )
        return not fell and self._track.rests(self._track.index[body], frame)

    def _has_moved(self, body: str, start: float, end: float) -> bool:
        distance, turned = self._moved(body, start, end)
        return distance > _MOVED or turned > _TURNED

    def _moved(self, body: str, start: float, end: float) -> tuple[float, float]:
        return self._track.moved(self._track.index[body], self._track.before(start), self._track.after(end))
