"""Taking hold of an object from above, and putting it down."""

from __future__ import annotations

import math

import numpy as np
from multisynth.scenes.poses import rotation
from multisynth.scenes.schema import Vector

from ..objects import Item
from ..robots.panda import OPENING
from ..trial import Situation
from .motion import raised
from .script import Script, Sight, Steps

ROOM = 0.03  # m, between fingers and object before they close
ABOVE = 0.07  # m, over what is in the way
SETTLE = 0.15  # s
LONG = 1.2  # s
CLOSE = 0.5  # s, for the fingers to come together at most
LIFT = 0.03  # m, after which an object that was missed still lies there
DOWN, UP = 0.25, 0.3  # m/s
GENTLE = 4.0  # m/s², so that what is held does not slip


class Grasper(Script):
    """An expert that handles one object.

    Args:
        name: The object.
        item: What it is like.
        period: Between control steps, s.
        watched: Other things whose places are averaged.
        point: Of the object, that is to be brought somewhere, object's frame, m.
    """

    lifted = False
    """Whether the object came along when the hand was lifted."""

    def __init__(
        self, name: str, item: Item, period: float, watched: tuple[str, ...] = (), point: Vector = (0.0, 0.0, 0.0)
    ) -> None:
        super().__init__(period, (name, *watched), GENTLE)
        self.name, self.item, self._point = name, item, point
        self.grip = item.grips[0]
        self.yaw = 0.0
        self.slip = Sight(period)

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        offset = situation.pose(self.name).copy()
        offset[:3] += rotation(offset[3:]) @ self._point - situation.hand[:3]
        self.slip.look(offset)
        return super().act(situation)

    @property
    def held(self) -> np.ndarray:
        """From the tip to the object's point since it was last forgotten, world, m. [3]"""
        return self.slip.pose[:3]

    @property
    def place(self) -> np.ndarray:
        """Of the object, m. [3]"""
        return self.sights[self.name].pose[:3]

    def take(self) -> Steps:
        """Go over the object, down, close the fingers and lift it a little."""
        self.opening = OPENING
        self._choose()
        yield from self.go(lambda: raised(self._tip(), self.item.above + ABOVE), lambda: self.yaw)
        self.sights[self.name].forget()
        yield from self.wait(SETTLE)
        self._choose()
        self.opening = min(self.grip.width + ROOM, OPENING)
        yield from self.go(self._tip, lambda: self.yaw, DOWN, 0.004)
        lay = self.place.copy()
        self.opening = 0.0
        yield from self._close()
        yield from self.go(raised(self.now.hand, 2 * LIFT), self.yaw, UP)
        yield from self.feel(SETTLE)
        self.lifted = bool(self.place[2] - lay[2] > LIFT)

    def put(self, where: np.ndarray, yaw: float, over: float, near: float = 0.004) -> Steps:
        """Bring the held object's point to a place, let go, and draw back.

        Args:
            where: m. [3]
            yaw: Of the hand meanwhile, rad.
            over: That the point keeps above that place on the way, m.
            near: m.
        """
        high = max(float(self.now.hand[2]), float(where[2] + over - self.held[2]))
        here = self.now.hand[:3].copy()
        yield from self.go(np.array([here[0], here[1], high]), self.yaw)
        self.yaw = yaw
        yield from self.go(lambda: np.array([*(where - self.held)[:2], high]), yaw, near=near, until=self.lost)
        if not self.lost():
            yield from self.feel(SETTLE)
            yield from self.go(lambda: where - self.held, yaw, DOWN, near, self.lost)
        yield from self.release()

    def release(self) -> Steps:
        """Let go and draw back."""
        self.opening = min(self.grip.width + ROOM, OPENING)
        yield from self.wait(SETTLE)
        yield from self.go(raised(self.now.hand, self.item.above + ABOVE), self.yaw, UP)

    def lost(self) -> bool:
        """Whether there is nothing between the fingers."""
        return float(self.now.joints[7:].sum()) < self.grip.width / 2

    def feel(self, seconds: float) -> Steps:
        """Stay, and look anew at where the object is in the hand."""
        self.sights[self.name].forget()
        self.slip.forget()
        yield from self.wait(seconds)

    def peer(self, error: float) -> Steps:
        """Stay, and look anew until that is known to some standard error, m, or for `LONG`."""
        yield from self.feel(SETTLE)
        for _ in range(round(LONG / self.period)):
            if self.slip.error < error:
                return
            yield self.hand.stay(self.now, self.opening)

    def _close(self) -> Steps:
        """Until the fingers have stopped."""
        for n in range(round(CLOSE / self.period)):
            if n * self.period > 0.15 and abs(self.now.velocities[7:]).max() < 0.005:
                return
            yield self.hand.stay(self.now, self.opening)

    def _tip(self) -> np.ndarray:
        """Where the tip goes to take hold. [3]"""
        return self.place + rotation(self.sights[self.name].pose[3:]) @ self.grip.middle

    def _choose(self) -> None:
        """The grip that turns the wrist least."""
        turn = heading(self.sights[self.name].pose)
        ways = ((grip, (turn + grip.axis) % np.pi - np.pi / 2) for grip in self.item.grips)
        self.grip, self.yaw = min(ways, key=lambda way: abs(way[1]))


def heading(pose: np.ndarray) -> float:
    """Of a thing's x about the vertical, rad. [7]"""
    w, x, y, z = pose[3:].tolist()
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def square(turn: float) -> float:
    """The least turn that leaves the sides of squares as that one does, rad, between ±π/4."""
    return (turn + math.pi / 4) % (math.pi / 2) - math.pi / 4
