"""Robots by name."""

from __future__ import annotations

from . import a1, panda
from .robot import Embodiment

ROBOTS: dict[str, Embodiment] = {robot.name: robot for robot in (panda.PANDA, a1.A1)}
