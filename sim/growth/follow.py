"""Plays pieces of demonstrations in a new scene: open loop within a piece, closed where one begins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from multisynth.scenes.poses import transform

from ..experts.motion import GRIP
from ..robots import panda
from ..trial import Situation, Trial
from .bridge import bridge
from .demonstration import Segment
from .subtasks import Subtask, symmetries

HASTE = 0.95  # of the joints' greatest speeds
FLIPS = np.stack([np.eye(4), np.diag([-1.0, -1.0, 1.0, 1.0])])
"""Of a hand about its own z: its two fingers are alike. [2, 4, 4]"""


class Follow:
    """A controller that does a task as demonstrations did it, as `Expert` has it.

    Args:
        trial: The new scene.
        subtasks: The pieces of its task.
        choose: Gives the segment for a piece, by its index, the frame that it will be told in [4, 4], and turns of that
            by which things look the same. [N, 4, 4]
        period: Between control steps, s.
        noise: Standard deviation of every coordinate of the places that the hand is sent to, m.
        rng: Draws that.
    """

    def __init__(
        self,
        trial: Trial,
        subtasks: tuple[Subtask, ...],
        choose: Callable[[int, np.ndarray, np.ndarray], Segment],
        period: float,
        noise: float,
        rng: np.random.Generator,
    ) -> None:
        self._trial, self._subtasks, self._choose = trial, subtasks, choose
        self._period, self._noise, self._rng = period, noise, rng
        self._begun = 0
        self._way: list[tuple[np.ndarray, float]] = []
        self._joints: np.ndarray | None = None
        self._opening = 0.0
        self.done = False

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        if self._joints is None:
            self._joints, self._opening = situation.joints[:7].copy(), float(situation.joints[7:].sum())
        if not self._way and self._begun < len(self._subtasks):
            self._way = self._plan(situation)[::-1]
            self._begun += 1
        if not self._way:
            self.done = True
            return np.append(self._joints, self._opening)
        pose, opening = self._way[-1]
        place = pose[:3, 3] + self._noise * self._rng.standard_normal(3)
        arm = panda.arm()
        change = arm.reach(self._joints, place, pose[:3, :3], panda.REST) - self._joints
        haste = float(np.abs(change / (HASTE * arm.velocity * self._period)).max())
        self._joints = self._joints + change / max(haste, 1.0)
        stride = GRIP * self._period
        self._opening += min(max(opening - self._opening, -stride), stride)
        if haste <= 1.0:
            self._way.pop()
        return np.append(self._joints, self._opening)

    def _plan(self, situation: Situation) -> list[tuple[np.ndarray, float]]:
        """The way to the next piece and through it: poses of the hand and the fingers' opening, a control step each."""
        assert self._joints is not None
        subtask = self._subtasks[self._begun]
        frame, alike = subtask.frame(self._trial, situation), symmetries(subtask, self._trial)
        segment = self._choose(self._begun, frame, alike)
        hand = _matrix(panda.arm().pose(self._joints))
        seen = np.linalg.inv(_matrix(situation.hand)) @ _matrix(situation.pose(self._trial.focus))
        path = fit(segment, subtask, frame, seen, hand, alike)
        first = 0
        if subtask.slides:
            first = int(np.linalg.norm(path[:, :3, 3] - hand[:3, 3], axis=1).argmin())
        way = bridge(hand, path[first], self._period, subtask.slides)
        before = self._opening if self._begun else float(segment.opening[first])
        return [(pose, before) for pose in way] + list(zip(path[first:], segment.opening[first:].tolist(), strict=True))


def fit(
    segment: Segment, subtask: Subtask, frame: np.ndarray, held: np.ndarray, hand: np.ndarray, alike: np.ndarray
) -> np.ndarray:
    """A segment's path in a new scene, in the way that turns the hand least.

    Args:
        segment: Of a demonstration.
        subtask: What it does.
        frame: The piece's in the new scene. [4, 4]
        held: The focus as seen from the hand there. [4, 4]
        hand: Where the hand is there. [4, 4]
        alike: As `symmetries` has them. [S, 4, 4]

    Returns:
        Poses of the hand. [N, 4, 4]
    """
    if subtask.carries:  # the focus goes the way it went, wherever in the hand it is
        after = segment.held @ alike @ np.linalg.inv(held)
        paths = (frame @ segment.path)[None] @ after[:, None]
    else:
        paths = (frame @ alike)[:, None] @ segment.path
        paths = np.concatenate([paths @ flip for flip in FLIPS])
    cosines = np.trace(paths[:, 0, :3, :3] @ hand[:3, :3].T, axis1=1, axis2=2)
    return paths[int(cosines.argmax())]


def _matrix(pose: np.ndarray) -> np.ndarray:
    return transform(pose[:3], pose[3:])
