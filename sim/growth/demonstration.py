"""A source demonstration, cut into pieces that are told relative to objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from multisynth.scenes.poses import transform

from multisynth.sample import Sample

from ..rebuild import rebuild, task_of
from ..robots import panda
from ..simulation import Simulation
from .subtasks import SUBTASKS, Subtask

STILL = 1e-4  # rad and m


@dataclass(frozen=True)
class Segment:
    """A piece of a demonstration.

    Args:
        path: Poses that the hand was sent to, in the frame. [N, 4, 4]
        opening: What the fingers' opening was sent to, m. [N]
        frame: Where the frame was. [4, 4]
        held: The focus as seen from the hand when the piece began. [4, 4]
    """

    path: np.ndarray
    opening: np.ndarray
    frame: np.ndarray
    held: np.ndarray


@dataclass(frozen=True)
class Demonstration:
    """A source demonstration.

    Args:
        id: Of the episode.
        task: Name of its task.
        rate: Control steps a second, Hz.
        segments: One for each of the task's pieces.
    """

    id: str
    task: str
    rate: float
    segments: tuple[Segment, ...]


def read(episode: Sample) -> Demonstration:
    """Cut an episode up; it is played again to see what was where.

    Raises:
        ValueError, BadInput: It cannot be rebuilt, does not come out as a success, or does not have the pieces of its
            task; the message says which.
    """
    task = task_of(episode).name
    if task not in SUBTASKS:
        raise ValueError(f"nothing is known of the pieces of `{task}`, only of those of {', '.join(sorted(SUBTASKS))}")
    simulation = rebuild(episode)
    try:
        return _cut(episode, SUBTASKS[task], simulation)
    finally:
        simulation.close()


def _cut(episode: Sample, subtasks: tuple[Subtask, ...], simulation: Simulation) -> Demonstration:
    trial, actions = simulation.trial, episode["actions"].astype(np.float64)
    hands = np.array([_matrix(panda.arm().pose(action[:7])) for action in actions])
    start, begun, found = simulation.now.pose(trial.focus), 0, [(0, *_seen(subtasks[0], simulation))]
    for step, action in enumerate(actions):
        current = subtasks[len(found) - 1]
        if len(found) < len(subtasks) and step > begun and current.ended(trial, start, simulation.now):
            begun = step
            found.append((step, *_seen(subtasks[len(found)], simulation)))
        simulation.step(action)
    if not simulation.achieved:
        raise ValueError("the demonstration does not achieve its task")
    if len(found) < len(subtasks):
        raise ValueError(f"the demonstration does not get beyond `{subtasks[len(found) - 1].name}`")
    changes = np.flatnonzero((np.abs(np.diff(actions, axis=0)) > STILL).any(1))
    ends = [*(step for step, _, _ in found[1:]), int(changes[-1]) + 2 if len(changes) else 1]
    segments = []
    for subtask, (first, frame, held), end in zip(subtasks, found, ends, strict=True):
        if end <= first:
            raise ValueError(f"the demonstration stands still in `{subtask.name}`")
        first += _approach(hands[first:end], frame, subtask.reach)
        path = np.linalg.inv(frame) @ hands[first:end]
        segments.append(Segment(path, actions[first:end, 7], frame, held))
    return Demonstration(episode.id, episode["task"], float(episode["rate"]), tuple(segments))


def _seen(subtask: Subtask, simulation: Simulation) -> tuple[np.ndarray, np.ndarray]:
    """The piece's frame, and the focus as seen from the hand, as it begins. [4, 4], [4, 4]"""
    now = simulation.now
    held = np.linalg.inv(_matrix(now.hand)) @ _matrix(now.pose(simulation.trial.focus))
    return subtask.frame(simulation.trial, now), held


def _approach(hands: np.ndarray, frame: np.ndarray, reach: float) -> int:
    """From which step on the hand stays within reach of the frame until it is nearest. [N, 4, 4]"""
    away = np.linalg.norm(hands[:, :3, 3] - frame[:3, 3], axis=1)
    beyond = np.flatnonzero(away[: int(away.argmin())] > reach)
    return int(beyond[-1]) + 1 if len(beyond) else 0


def _matrix(pose: np.ndarray) -> np.ndarray:
    return transform(pose[:3], pose[3:])
