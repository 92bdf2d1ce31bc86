"""Opens a drawer: takes its bar between the fingers from above and pulls."""

from __future__ import annotations

import numpy as np

from .script import Script, Steps

OPENING = 0.034  # m; wider, and a finger would not fit between bar and drawer
SQUEEZE = 0.006  # m that the fingers are told to be nearer than the bar is thick
ABOVE = np.array([0.0, 0.0, 0.09])  # m, from the bar to where the hand comes down from
SEAT = np.array([0.0, 0.0, 0.003])  # m, from the bar's axis to the tip: the hand keeps off the cabinet's top
GRASP = 0.35  # s, to close or open the fingers
DOWN, UP, PULL, SLOWEST = 0.2, 0.3, 0.15, 0.03  # m/s
GAIN = 4.0  # 1/s, from the way left to the speed
BEYOND = 0.012  # m past where it counts as open
LOST = 0.03  # m between tip and bar, from where it has slipped out
LONGEST = 3.0  # s, of a pull
TRIES = 4


class OpenDrawerExpert(Script):
    """Goes above the bar, straddles it, closes, pulls along the slide, lets go, and looks.

    Args:
        handle: The link whose origin is in the bar.
        thickness: Of the bar, m.
        shut: Where that is while the drawer is shut, m. [3]
        heading: The way the drawer opens, unit length. [3]
        least: How far it is to be opened, m.
        travel: How far it opens, m.
        period: Between control steps, s.
    """

    def __init__(
        self,
        handle: str,
        thickness: float,
        shut: np.ndarray,
        heading: np.ndarray,
        least: float,
        travel: float,
        period: float,
    ) -> None:
        super().__init__(period, (handle,))
        self._handle, self._closed = handle, thickness - SQUEEZE
        self._shut, self._heading = shut, heading
        self._enough = min(least + BEYOND, travel)
        self._yaw = float(np.arctan2(heading[1], heading[0])) + np.pi / 2  # the fingers open along the slide

    def steps(self) -> Steps:
        """As `Script.steps`."""
        for _ in range(TRIES):
            self.opening = OPENING
            yield from self.go(lambda: self._bar + ABOVE, self._yaw)
            yield from self.go(lambda: self._bar + SEAT, self._yaw, DOWN, 0.004)
            self.opening = self._closed
            yield from self.wait(GRASP)
            yield from self._pull()
            self.opening = OPENING
            yield from self.wait(GRASP)
            self.sights[self._handle].forget()
            yield from self.go(self.now.hand[:3] + ABOVE, self._yaw, UP)
            if self._left(self._bar) < BEYOND:
                return

    @property
    def _bar(self) -> np.ndarray:
        return self.sights[self._handle].pose[:3]

    def _left(self, bar: np.ndarray) -> float:
        """How much farther the drawer is to be opened, m."""
        return self._enough - float((bar - self._shut) @ self._heading)

    def _pull(self) -> Steps:
        """Along the line that the bar moves on, until it is far enough or slips out of the hand."""
        rail = self._shut + SEAT
        for _ in range(round(LONGEST / self.period)):
            tip = self.now.hand[:3]
            along = float((tip - rail) @ self._heading)
            left = self._enough - along
            if left < 0.002 or np.linalg.norm(tip - SEAT - self.now.pose(self._handle)[:3]) > LOST:
                return
            stride = float(np.clip(GAIN * left, SLOWEST, PULL)) * self.period
            yield self.hand.towards(self.now, rail + (along + stride) * self._heading, self._yaw, self.opening)[0]
