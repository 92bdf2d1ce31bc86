"""Tasks by name; what each draws from is in `sim.randomise`."""

from __future__ import annotations

from .open_drawer import OPEN_DRAWER
from .pick_place import PICK_PLACE
from .push import PUSH
from .task import Task
from .topple import TOPPLE

TASKS: dict[str, Task] = {task.name: task for task in (PUSH, PICK_PLACE, OPEN_DRAWER, TOPPLE)}
