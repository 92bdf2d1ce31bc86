"""What happens in an episode, found at the rate of the physics: contacts, impacts, falls.

Works on the steps of any engine. A pair of bodies makes one event when it comes together; what follows while they stay
together, or rattle, is the same touch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .engines.engine import Contact, Step
from .falls import Falls

IMPACT_SPEED = 0.25  # m/s; slower meetings are contacts
CONTACT_SPEED = 0.03  # m/s; slower meetings are bodies that settle
STILL_CLOSING = 0.005  # m/s; solvers may take several steps to stop what they have hit
REST_TIME = 0.25  # s apart, before a slow meeting is a new one
BOUNCE_TIME = 0.025  # s apart, before a fast meeting is a new one
SETTLE_TIME = 0.1  # s from the start in which what lies on something comes to rest
LONGEST = 0.05  # s; no blow lasts longer, a push does
STEADY_ACCELERATION = 20.0  # m/s²; more is itself a blow, which does not carry on


@dataclass
class _Touch:
    event: dict[str, Any]
    peak: float
    begun: float


@dataclass(frozen=True)
class Standing:
    """A body that can fall.

    Args:
        index: Its place among the poses.
        piece: Its place among the pieces.
        height: From its support to its top, m.
    """

    index: int
    piece: int
    height: float


class EventLog:
    """Watches steps and writes events as `multisynth.kinds.EVENT` has them.

    A blow's speed is the closing speed of the touching points along the normal just before, carried on to the instant
    of contact with the acceleration before it; its impulse is summed over the steps in which the points still
    approach or the force is not below a fifth of its peak.

    Args:
        pieces: The body that each piece belongs to.
        timestep: s.
        poses: Of the moving parts at the start. [B, 7]
        standing: Bodies that can fall: tilt by more than 45°, or sink by more than half their height.
    """

    def __init__(
        self, pieces: Sequence[str], timestep: float, poses: np.ndarray, standing: Mapping[str, Standing]
    ) -> None:
        self._pieces, self._timestep = list(pieces), timestep
        self._indices = np.array([s.index for s in standing.values()], int)
        self._standing_pieces = [s.piece for s in standing.values()]
        at = dict(zip(standing, poses[self._indices], strict=True))
        self._falls = Falls(at, {name: s.height for name, s in standing.items()})
        self._apart_since: dict[tuple[str, str], float] = {}
        self._open: dict[tuple[str, str], _Touch] = {}
        self._before: tuple[np.ndarray, np.ndarray] | None = None
        self.events: list[dict[str, Any]] = []

    def observe(self, step: Step) -> None:
        """Look at one physics step; steps come in order."""
        self._watch_contacts(step)
        self._watch_falls(step)
        self._before = step.linear, step.angular

    def note(self, kind: str, time: float, bodies: Sequence[str], position: Sequence[float]) -> None:
        """Write an event that is no touch and no fall, such as success."""
        self.events.append(_event(kind, time, bodies, 0.0, 0.0, position))

    def finish(self) -> list[dict[str, Any]]:
        """All events in the order of time, with their ids."""
        self._open.clear()
        self.events.sort(key=lambda event: event["time"])  # a stable sort keeps the order within an instant
        for number, event in enumerate(self.events):
            event["id"] = f"e{number}"
        return self.events

    def _watch_contacts(self, step: Step) -> None:
        start = step.time - self._timestep
        pairs: dict[tuple[str, str], list[Contact]] = {}
        for contact in step.contacts:
            a, b = sorted((self._pieces[contact.a], self._pieces[contact.b]))
            if a != b:
                pairs.setdefault((a, b), []).append(contact)
        for pair, contacts in pairs.items():
            main = max(contacts, key=lambda contact: contact.impulse)
            impulse = sum(contact.impulse for contact in contacts)
            speed, delay, bodies = self._approach(main, step)
            touch = self._open.get(pair)
            apart = start - self._apart_since.get(pair, -np.inf)
            if speed >= IMPACT_SPEED and apart > BOUNCE_TIME:
                self._begin(pair, "impact", start, delay, bodies, impulse, speed, main)
            elif touch is not None and start - touch.begun <= LONGEST:
                if speed > STILL_CLOSING or impulse >= 0.2 * touch.peak:  # what lies on something presses on and on
                    touch.event["impulse"] += impulse
                    touch.peak = max(touch.peak, impulse)
            elif speed >= CONTACT_SPEED and apart > REST_TIME and (start > SETTLE_TIME or speed >= IMPACT_SPEED):
                self._begin(pair, "contact", start, delay, bodies, impulse, speed, main)
            self._apart_since[pair] = step.time

    def _begin(
        self,
        pair: tuple[str, str],
        kind: str,
        start: float,
        delay: float,
        bodies: tuple[str, str],
        impulse: float,
        speed: float,
        contact: Contact,
    ) -> None:
        event = _event(kind, max(start + delay, 0.0), bodies, impulse, speed, contact.position.tolist())
        self.events.append(event)
        self._open[pair] = _Touch(event, impulse, start)

    def _approach(self, contact: Contact, step: Step) -> tuple[float, float, tuple[str, str]]:
        """Closing speed when surfaces meet, m/s, its delay from the step's start, s, and the faster body first."""
        velocity, acceleration = [], []
        for piece in (contact.a, contact.b):
            arm = contact.position - step.centres[piece]
            now = step.linear[piece] + _cross(step.angular[piece], arm)
            velocity.append(now)
            if self._before is None:
                acceleration.append(np.zeros(3))
                continue
            change = (now - self._before[0][piece] - _cross(self._before[1][piece], arm)) / self._timestep
            acceleration.append(change if np.linalg.norm(change) < STEADY_ACCELERATION else np.zeros(3))
        closing = -float((velocity[0] - velocity[1]) @ contact.normal)
        within = self._timestep
        delay = float(np.clip(contact.gap / closing, -within, within)) if closing > 0 else 0.0
        # in the semi-implicit Euler steps of all our engines, velocity is half a step behind position
        gain = -float((acceleration[0] - acceleration[1]) @ contact.normal)
        speed = max(closing + gain * (delay + self._timestep / 2), 0.0)
        names = self._pieces[contact.a], self._pieces[contact.b]
        faster = np.linalg.norm(velocity[0]) >= np.linalg.norm(velocity[1])
        return speed, delay, names if faster else (names[1], names[0])

    def _watch_falls(self, step: Step) -> None:
        poses = step.poses[self._indices]
        for n in self._falls.look(poses):
            speed = float(np.linalg.norm(step.linear[self._standing_pieces[n]]))
            self.events.append(_event("fall", step.time, [self._falls.names[n]], 0.0, speed, poses[n, :3].tolist()))


def _event(
    kind: str, time: float, bodies: Sequence[str], impulse: float, speed: float, position: Sequence[float]
) -> dict[str, Any]:
    return {
        "id": "",
        "time": float(time),
        "kind": kind,
        "bodies": list(bodies),
        "impulse": float(impulse),
        "speed": float(speed),
        "position": [float(x) for x in position],
    }


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of two vectors, an order of magnitude faster than numpy's of many. [3]"""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
