"""What lies between a controller and its robot: delay, noise, and readings that do not come (Peng et al. 2018)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

FIELDS = ("latency", "action_noise", "sensor_noise", "encoder_noise", "dropout")
"""Of `Randomisation`."""
LONGEST = 0.3
"""s; the greatest latency."""


@dataclass(frozen=True)
class Imperfections:
    """How imperfect the channel is.

    Args:
        latency: From an action to the motors, s.
        action_noise: Standard deviation of the angles that reach the motors, rad.
        sensor_noise: Standard deviation of observed positions of bodies, m.
        encoder_noise: Standard deviation of observed joint angles, rad.
        dropout: Probability that a body is not seen at a control step: it seems to be where it was seen last.
    """

    latency: float = 0.0
    action_noise: float = 0.0
    sensor_noise: float = 0.0
    encoder_noise: float = 0.0
    dropout: float = 0.0


PERFECT = Imperfections()


class Channel:
    """Commands on their way to the motors, and readings on their way back.

    Each kind of noise has a stream of its own, so that one imperfection leaves the draws of the others as they are.
    Angles are noisy, lengths are not: a gripper's opening and its fingers come and go as they are.

    Args:
        now: At the start.
        rest: Where the motors are then. [J]
        tick: Between commands to the motors, s.
        stream: The episode's generator for a purpose.
        turned: 1 for each number of an action that is an angle, 0 for the others. [A]
        turning: 1 for each joint that turns, 0 for the others. [J]
    """

    def __init__(
        self,
        now: Imperfections,
        rest: np.ndarray,
        tick: float,
        stream: Callable[[str], np.random.Generator],
        turned: np.ndarray,
        turning: np.ndarray,
    ) -> None:
        self.now, self._rest, self._tick, self._stream = now, rest, tick, stream
        self._turned, self._turning = turned, turning
        self._streams: dict[str, np.random.Generator] = {}
        self._sent: deque[tuple[np.ndarray, np.ndarray]] = deque(maxlen=round(LONGEST / tick) + 1)
        self._seen: dict[str, np.ndarray] = {}

    def noisy(self, action: np.ndarray) -> np.ndarray:
        """An action as it leaves for the motors. [A]"""
        if not self.now.action_noise:
            return action
        return action + self.now.action_noise * self._turned * self._normal("action", len(action))

    def delayed(self, positions: np.ndarray, velocities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What reaches the motors at this tick, now that this is sent; at first the robot is told to stay. [J], [J]"""
        self._sent.append((positions, velocities))
        late = round(self.now.latency / self._tick)
        return self._sent[-1 - late] if late < len(self._sent) else (self._rest, np.zeros_like(self._rest))

    def encoders(self, positions: np.ndarray) -> np.ndarray:
        """Joint positions as they are read. [J]"""
        if not self.now.encoder_noise:
            return positions
        return positions + self.now.encoder_noise * self._turning * self._normal("encoder", len(positions))

    def look(self, poses: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Poses of bodies as they are seen at this control step, [7] each."""
        noise, dropout = self.now.sensor_noise, self.now.dropout
        for name, pose in poses.items():
            seen = pose
            if noise:
                seen = pose.copy()
                seen[:3] += noise * self._normal(f"sensor {name}", 3)
            missed = dropout > 0 and self._generator(f"dropout {name}").random() < dropout
            if not missed or name not in self._seen:
                self._seen[name] = seen
        return dict(self._seen)

    def _normal(self, purpose: str, count: int) -> np.ndarray:
        return self._generator(purpose).standard_normal(count)

    def _generator(self, purpose: str) -> np.random.Generator:
        if purpose not in self._streams:
            self._streams[purpose] = self._stream(f"channel {purpose}")
        return self._streams[purpose]
