"""What a policy sees: the last few states, with where things are relative to the hand, and what it did between."""

from __future__ import annotations

import math

import numpy as np

POSE = 7
TASK = 2 * POSE  # the focus and the goal, which a state ends with
EXTRA = 11  # numbers that features add
NEAR = 0.005  # m, within which a goal lies in no direction


def features(state: np.ndarray, hand: int) -> np.ndarray:
    """A state, and what decides what to do about it. [S] → [S + 11]

    That is lost in the spread of positions over a table otherwise: the focus from the hand and the goal from the focus,
    m; how far the goal is, m, and in which direction on the level; and the hand from the focus along that direction and
    beside it, m.

    Args:
        state: What the robot observes, which ends with the focus and the goal.
        hand: Where the hand's pose, or the trunk's, begins in it: `Embodiment.hand`.
    """
    own = len(state) - TASK
    focus, goal = state[own : own + 3], state[own + POSE : own + POSE + 3]
    way, reach = goal - focus, focus - state[hand : hand + 3]
    distance = math.hypot(way[0], way[1])
    x, y = (way[0] / distance, way[1] / distance) if distance > NEAR else (0.0, 0.0)
    along, beside = -reach[0] * x - reach[1] * y, reach[0] * y - reach[1] * x
    return np.concatenate((state, reach, way, (distance, x, y, along, beside)))


def width(state: int, actions: int, history: int) -> int:
    """How many numbers an observation has."""
    return history * (state + EXTRA) + (history - 1) * actions


class Memory:
    """The observations and actions that a policy sees at once; what was before the start is like the start.

    Args:
        history: How many observations.
        actions: A, numbers in an action.
        hand: As `features` has it.
    """

    def __init__(self, history: int, actions: int, hand: int) -> None:
        self._history, self._zero, self._hand = history, np.zeros(actions), hand
        self._seen: list[np.ndarray] = []
        self._done: list[np.ndarray] = []

    def see(self, state: np.ndarray) -> np.ndarray:
        """What the policy sees now. [S] → [D]"""
        now = features(state, self._hand)
        self._seen = [*(self._seen or [now] * self._history)[1:], now]
        if not self._done:
            self._done = [self._zero] * (self._history - 1)
        return np.concatenate((*self._seen, *self._done))

    def did(self, action: np.ndarray) -> None:
        """What it does about it. [A]"""
        self._done = [*self._done, action][-(self._history - 1) :] if self._history > 1 else []
