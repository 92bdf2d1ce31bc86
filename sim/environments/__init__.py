"""Tasks as Gymnasium environments; importing this registers one for each, such as `multisynth/PandaPush-v0`."""

from __future__ import annotations

import gymnasium

from .. import warp
from ..tasks import TASKS
from .controls import CONTROLS
from .environment import RATE, TaskEnvironment
from .observations import OBSERVATIONS

__all__ = ["CONTROLS", "OBSERVATIONS", "TaskEnvironment", "register"]


def register() -> None:
    """Make every task known to Gymnasium under its `environment`, which those that are known already stay."""
    for task in TASKS.values():
        if task.environment not in gymnasium.registry:
            gymnasium.register(
                task.environment,
                entry_point=f"{TaskEnvironment.__module__}:{TaskEnvironment.__name__}",
                max_episode_steps=round(task.duration * RATE),
                kwargs={"task": task.name},
                vector_entry_point=f"{warp.__name__}:environment" if task.name == warp.TASK else None,
            )


register()
