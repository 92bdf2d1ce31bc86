"""Tasks by name."""

from __future__ import annotations

from .push import push
from .topple import topple
from .trial import Situation, Task, Trial, View

TASKS: dict[str, Task] = {"push": push, "topple": topple}

__all__ = ["TASKS", "Situation", "Task", "Trial", "View"]
