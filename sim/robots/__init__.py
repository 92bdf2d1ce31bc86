"""Robots by name."""

from __future__ import annotations

from . import panda
from .robot import Embodiment

ROBOTS: dict[str, Embodiment] = {"panda": panda.PANDA}
