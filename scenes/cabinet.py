"""A cabinet with one drawer, from a few measures: as URDF for physics, and through it as what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from multisynth.scenes.schema import Body, Quaternion, Vector
from multisynth.scenes.urdf import Robot, parse

CARCASS, DRAWER, SLIDE = "carcass", "drawer", "slide"
BOARD = 0.012  # m, of every panel
GAP = 0.004  # m, around the drawer, so that it slides without touching
BAR = 0.006  # m, half of the handle's thickness
POST = 0.005  # m, half of the thickness of what holds the handle
CARCASS_MASS = 8.0  # kg; it is fixed, so that nobody feels it


@dataclass(frozen=True)
class _Box:
    name: str
    size: Vector
    centre: Vector
    colour: str


@dataclass(frozen=True)
class Cabinet:
    """Measures of a cabinet that stands at its frame's origin and whose drawer opens along its x axis.

    The frame of the link `drawer` has its origin in the middle of the handle's bar, which runs along y.

    Args:
        width, depth, height: Of the carcass, along y, x and z, m.
        front: Height of the drawer's front, which is the uppermost part of the cabinet's, m.
        travel: How far the drawer opens, m.
        drop: From the cabinet's top down to the handle's bar, m.
        reach: From the drawer's front out to the bar's axis, m.
        grip: Length of the bar, m.
        mass: Of the drawer, kg.
        damping: Viscous, of its slide, N·s/m.
        friction: Dry, of its slide, N.
        wood, face, metal: Colours of carcass, drawer front and handle, linear reflectances.
    """

    width: float
    depth: float
    height: float
    front: float
    travel: float
    drop: float
    reach: float
    grip: float
    mass: float
    damping: float
    friction: float
    wood: Vector
    face: Vector
    metal: Vector = (0.45, 0.45, 0.47)

    def __post_init__(self) -> None:
        if self.front + BOARD > self.height:
            raise ValueError(f"front {self.front:g} m does not fit below the top of a cabinet of {self.height:g} m")
        if not 0 < self.travel <= self.depth - 2 * BOARD:
            raise ValueError(f"travel {self.travel:g} m: a depth of {self.depth:g} m allows {self.depth - 2 * BOARD:g}")
        if not BAR < self.drop < self.front - BAR or self.reach <= BAR or self.grip > self.width:
            raise ValueError(f"the handle leaves the drawer's front: drop {self.drop:g}, reach {self.reach:g} m")

    @property
    def handle(self) -> np.ndarray:
        """Middle of the bar while the drawer is closed, cabinet's frame, m. [3]"""
        return np.array([self.depth / 2 + BOARD + self.reach, 0.0, self.height - self.drop])

    @cached_property
    def text(self) -> str:
        """The URDF document."""
        colours = {"wood": self.wood, "face": self.face, "metal": self.metal}
        materials = "".join(
            f'<material name="{name}"><color rgba="{_numbers(colour)} 1"/></material>'
            for name, colour in colours.items()
        )
        return (
            f'<?xml version="1.0"?><robot name="cabinet">{materials}'
            f"{_link(CARCASS, self._carcass, CARCASS_MASS)}{_link(DRAWER, self._drawer, self.mass)}"
            f'<joint name="{SLIDE}" type="prismatic"><parent link="{CARCASS}"/><child link="{DRAWER}"/>'
            f'<origin xyz="{_numbers(self.handle)}"/><axis xyz="1 0 0"/>'
            f'<limit lower="0" upper="{self.travel!r}" effort="1000" velocity="10"/>'
            f'<dynamics damping="{self.damping!r}" friction="{self.friction!r}"/></joint></robot>'
        )

    @cached_property
    def robot(self) -> Robot:
        """Its links and its joint."""
        return parse(self.text, "cabinet")

    def body(self, name: str, position: Vector, quaternion: Quaternion) -> Body:
        """What is seen of it; its parts are named as its links.

        Args:
            name: What captions call it.
            position: Where it stands, world, m.
            quaternion: How it is turned.
        """
        body = self.robot.body(name, 1, category="cabinet")
        parts = tuple(
            part if part.moves else part.model_copy(update={"position": position, "quaternion": quaternion})
            for part in body.parts
        )
        return body.model_copy(update={"parts": parts})

    @property
    def _inside(self) -> float:
        """Height of the room for the drawer, m."""
        return self.front - BOARD

    @property
    def _carcass(self) -> list[_Box]:
        width, depth, height = self.width, self.depth, self.height
        plinth = height - BOARD - self._inside
        room = plinth + self._inside / 2
        side = (width - BOARD) / 2
        return [
            _Box("plinth", (depth, width, plinth), (0, 0, plinth / 2), "wood"),
            _Box("top", (depth, width, BOARD), (0, 0, height - BOARD / 2), "wood"),
            _Box("back", (BOARD, width, self._inside), ((BOARD - depth) / 2, 0, room), "wood"),
            _Box("left", (depth, BOARD, self._inside), (0, side, room), "wood"),
            _Box("right", (depth, BOARD, self._inside), (0, -side, room), "wood"),
        ]

    @property
    def _drawer(self) -> list[_Box]:
        """In the frame of the bar."""
        face = -self.reach - BOARD / 2
        length, across = self.depth - BOARD - 2 * GAP, self.width - 2 * BOARD - 2 * GAP
        tall = (self._inside - 2 * GAP) * 0.7
        middle = -self.reach - BOARD - length / 2
        low = self.drop - BOARD - self._inside + GAP  # of the drawer's underside
        wall, post = low + tall / 2, self.reach - BAR
        return [
            _Box("face", (BOARD, self.width - GAP, self.front - GAP), (face, 0, self.drop - self.front / 2), "face"),
            _Box("floor", (length, across, BOARD / 2), (middle, 0, low + BOARD / 4), "wood"),
            _Box("left", (length, BOARD / 2, tall), (middle, (across - BOARD / 2) / 2, wall), "wood"),
            _Box("right", (length, BOARD / 2, tall), (middle, -(across - BOARD / 2) / 2, wall), "wood"),
            _Box("rear", (BOARD / 2, across, tall), (middle - (length - BOARD / 2) / 2, 0, wall), "wood"),
            _Box("bar", (2 * BAR, self.grip, 2 * BAR), (0, 0, 0), "metal"),
            *(
                _Box(
                    name,
                    (post, 2 * POST, 2 * POST),
                    (-self.reach / 2 - BAR / 2, side * (self.grip / 2 - POST), 0),
                    "metal",
                )
                for name, side in (("post left", 1), ("post right", -1))
            ),
        ]


def _link(name: str, boxes: Sequence[_Box], mass: float) -> str:
    """A link of even density."""
    sizes, centres = np.array([box.size for box in boxes]), np.array([box.centre for box in boxes])
    masses = sizes.prod(1)
    masses = masses * mass / masses.sum()
    middle = masses @ centres / mass
    inertia = np.zeros((3, 3))
    for share, size, arm in zip(masses, sizes, centres - middle, strict=True):
        own = np.diag((size @ size - size**2) / 12)
        inertia += share * (own + arm @ arm * np.eye(3) - np.outer(arm, arm))
    moments = " ".join(
        f'i{"xyz"[row]}{"xyz"[column]}="{inertia[row, column]:.9g}"' for row in range(3) for column in range(row, 3)
    )
    pieces = "".join(
        f'<{use}><origin xyz="{_numbers(box.centre)}"/><geometry><box size="{_numbers(box.size)}"/></geometry>'
        f"{material}</{use}>"
        for box in boxes
        for use, material in (("visual", f'<material name="{box.colour}"/>'), ("collision", ""))
    )
    return (
        f'<link name="{name}"><inertial><origin xyz="{_numbers(middle)}"/><mass value="{mass!r}"/>'
        f"<inertia {moments}/></inertial>{pieces}</link>"
    )


def _numbers(vector: Sequence[float] | np.ndarray) -> str:
    return " ".join(repr(float(x)) for x in vector)
