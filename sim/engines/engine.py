"""What a task asks of a physics engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from ..world import World


class Contact(NamedTuple):
    """Two pieces that pressed on each other in one physics step."""

    a: int
    """Index of a piece."""
    b: int
    position: np.ndarray
    """Midway between the two surfaces at the start of the step, world, m. [3]"""
    normal: np.ndarray
    """Unit length, from b to a, world. [3]"""
    gap: float
    """Between the surfaces at the start of the step, m; negative where they overlap."""
    impulse: float
    """Of the normal force over the step, N·s."""


@dataclass(frozen=True)
class Step:
    """One physics step, for those who watch.

    Args:
        time: At its end, s.
        centres: Centres of mass at its start, world, m. [P, 3]
        linear: Their velocities at its start, m/s. [P, 3]
        angular: Angular velocities at its start, rad/s. [P, 3]
        contacts: Those that carried an impulse.
        poses: Of the scene's moving parts at its end: x, y, z in m and w, x, y, z. [B, 7]
    """

    time: float
    centres: np.ndarray
    linear: np.ndarray
    angular: np.ndarray
    contacts: list[Contact]
    poses: np.ndarray


class Engine(Protocol):
    """One world in one engine, from its start to `close`.

    A piece is a rigid thing that contacts are counted for: every body, and every link of a mechanism; links that fixed
    joints hold together may be one. `advance` and `step` move the world alike, to the bit; only `step` tells about it.
    """

    name: str
    """Name and version."""
    timestep: float
    """s."""
    pieces: list[str]
    """The body that each of the P pieces belongs to."""

    def poses(self) -> np.ndarray:
        """Where the scene's moving parts are, in its order: x, y, z in m and w, x, y, z. [B, 7]"""

    def pose(self, name: str) -> np.ndarray:
        """Where one thing is: a body, or a link named `body/link`, seen or not. [7]"""

    def velocity(self, name: str) -> np.ndarray:
        """Of its centre of mass, linear, m/s, then angular, rad/s; world. [6]"""

    def joints(self, mechanism: str) -> tuple[np.ndarray, np.ndarray]:
        """Positions and velocities of its moving joints, rad or m and per second. [J], [J]"""

    def command(self, positions: np.ndarray, velocities: np.ndarray) -> None:
        """Where the robot's motors shall be, and how fast, until told otherwise. [J], [J]"""

    def advance(self, steps: int) -> None:
        """Go on by so many time steps, unwatched."""

    def step(self) -> Step:
        """Go on by one time step."""

    def change(self, world: World) -> None:
        """Take over what differs in a world of the same bodies: gravity, frictions, the servo."""

    def close(self) -> None:
        """Let go of everything."""
