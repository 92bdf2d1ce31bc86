"""Tasks by name; what each draws from is in `sim.randomise`."""

from __future__ import annotations

from .open_drawer import OPEN_DRAWER
from .peg_insert import PEG_INSERT
from .pick_place import PICK_PLACE
from .push import PUSH
from .ramp import RAMP
from .reach import REACH
from .stack import STACK
from .task import Task
from .topple import TOPPLE
from .walk import WALK

TASKS: dict[str, Task] = {
    task.name: task for task in (REACH, PUSH, PICK_PLACE, STACK, PEG_INSERT, OPEN_DRAWER, RAMP, TOPPLE, WALK)
}
