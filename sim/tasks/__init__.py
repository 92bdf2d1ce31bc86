"""Tasks by name."""

from __future__ import annotations

from ..trial import Task
from .push import push
from .topple import topple

TASKS: dict[str, Task] = {"push": push, "topple": topple}
"""What each draws from is in `sim.randomise`."""
