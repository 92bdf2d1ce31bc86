"""What a task's demonstrations are cut into: pieces, each about one object (Mandlekar et al. 2023)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from multisynth.scenes.poses import about, transform

from ..trial import Situation, Trial

Frame = Callable[[Trial, Situation], np.ndarray]
UP = np.array([0.0, 0.0, 1.0])
LIFTED = 0.02  # m
MOVED = 0.004  # m
ROUND = 36  # turns that stand for any


@dataclass(frozen=True)
class Subtask:
    """A piece of a task.

    Args:
        name: What is done in it.
        frame: Relative to what the hand's path is told: a pose, as it is when the piece begins. → [4, 4]
        ended: Whether it is over, given the trial, the focus's pose at the episode's start [7], and the present
            situation; nobody asks in a task's last piece.
        carries: Whether the hand holds the trial's focus: then it is that whose path is told, so that another grip or
            size makes no difference.
        slides: Whether the way there is straight and the path is joined where it is nearest, as with what is pushed or
            pulled; otherwise the hand keeps above what lies between and the path is followed from its beginning.
        symmetric: Whether the focus may be met from each side that looks the same.
        reach: How near the frame the piece begins, m. What leads there in the demonstration is not copied: the hand
            goes its own way, as in SkillGen (Garrett et al. 2024, arXiv 2410.18907).
    """

    name: str
    frame: Frame
    ended: Callable[[Trial, np.ndarray, Situation], bool] = lambda trial, start, now: False
    carries: bool = False
    slides: bool = False
    symmetric: bool = False
    reach: float = 0.12


def focus(trial: Trial, now: Situation) -> np.ndarray:
    """Where the trial's focus is. [4, 4]"""
    pose = now.pose(trial.focus)
    return transform(pose[:3], pose[3:])


def goal(trial: Trial, now: Situation) -> np.ndarray:
    """Where it shall be. [4, 4]"""
    pose = trial.goal(now)
    return transform(pose[:3], pose[3:])


def towards_goal(frame: Frame) -> Frame:
    """The same place, with x along the way that the focus has to go over the table."""

    def turned(trial: Trial, now: Situation) -> np.ndarray:
        way = trial.goal(now)[:2] - now.pose(trial.focus)[:2]
        placed = frame(trial, now).copy()
        placed[:3, :3] = about(UP, float(np.arctan2(way[1], way[0])))
        return placed

    return turned


def lifted(trial: Trial, start: np.ndarray, now: Situation) -> bool:
    """Whether the focus is off what it lay on."""
    return float(now.pose(trial.focus)[2] - start[2]) > LIFTED


def moved(trial: Trial, start: np.ndarray, now: Situation) -> bool:
    """Whether the focus is no longer where it was."""
    return float(np.linalg.norm(now.pose(trial.focus)[:3] - start[:3])) > MOVED


def symmetries(subtask: Subtask, trial: Trial) -> np.ndarray:
    """Turns about the vertical by which the focus looks the same, near enough for a hand. [N, 4, 4]"""
    body, _, part = trial.focus.partition("/")
    kind = "" if part or not subtask.symmetric else trial.world.scene.body(body).parts[0].shapes[0].kind
    count = {"box": 4, "cylinder": ROUND, "sphere": ROUND}.get(kind, 1)
    turns = np.tile(np.eye(4), (count, 1, 1))
    turns[:, :3, :3] = [about(UP, 2 * np.pi * n / count) for n in range(count)]
    return turns


TAKE = Subtask("take", focus, lifted, symmetric=True)
PUT = Subtask("put", goal, carries=True, symmetric=True)

SUBTASKS: dict[str, tuple[Subtask, ...]] = {
    "push": (
        Subtask("go behind", towards_goal(focus), moved, reach=0.2),
        Subtask("push", towards_goal(goal), slides=True, reach=np.inf),
    ),
    "pick_place": (TAKE, PUT),
    "stack": (TAKE, PUT),
    "peg_insert": (TAKE, PUT),
    "open_drawer": (Subtask("take", focus, moved), Subtask("pull", goal, slides=True, reach=np.inf)),
}
"""Pieces of the tasks that demonstrations can be grown of, by the task's name."""
