"""The scene that physics simulates, rays hit and captions name: one description for all of them.

A scene's JSON travels in the `scene` column of episodes and clips; the `poses` column moves its parts. Lengths are in
metres, colours are linear RGB reflectances, quaternions are w, x, y, z.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Shape(_Model):
    """A primitive or a mesh, placed in its part's frame."""

    kind: Literal["box", "sphere", "cylinder", "mesh"]
    size: tuple[float, ...] = Field(
        description="box: full edges x, y, z; sphere: radius; cylinder along z: radius, length; mesh: scale x, y, z."
    )
    mesh: str = Field(
        "", description="For a mesh: `package:path/inside/it.obj`, or `sha256:…` of one out of a user's file."
    )
    position: Vector = (0.0, 0.0, 0.0)
    quaternion: Quaternion = (1.0, 0.0, 0.0, 0.0)
    colour: Vector = Field((0.5, 0.5, 0.5), description="Linear RGB reflectance, 0 to 1.")


class Part(_Model):
    """A rigid piece of a body: a block, or one link of a robot."""

    name: str
    shapes: tuple[Shape, ...]
    moves: bool = Field(True, description="Whether the `poses` column has it; otherwise the pose below holds for good.")
    position: Vector = (0.0, 0.0, 0.0)
    quaternion: Quaternion = (1.0, 0.0, 0.0, 0.0)


class Body(_Model):
    """Something with a name: a robot, a table, a red block."""

    name: str = Field(description="As captions and events call it: `red block`.")
    category: str = Field(description="Class for detection: `robot`, `block`, `ball`, `table`.")
    instance: int = Field(ge=1, le=65535, description="Its id in instance images.")
    parts: tuple[Part, ...]


class Light(_Model):
    """A distant light with an even glow from everywhere."""

    direction: Vector = Field((0.3, 0.2, -1.0), description="The way the light travels, world.")
    colour: Vector = Field((1.0, 1.0, 1.0), description="Linear RGB, scaled by intensity.")
    intensity: float = Field(2.2, ge=0, description="Radiance of a white matt face square to it is intensity / π.")
    ambient: float = Field(
        0.3, ge=0, description="Radiance of a white matt face in shadow that looks up; half looking down."
    )


class Pattern(_Model):
    """What is painted on large things that stand still, such as floors and tables, along the axes of the world."""

    kind: Literal["squares", "stripes", "tiles"] = Field(
        "squares", description="tiles: squares with thin dark joints between them."
    )
    size: float = Field(0.1, gt=0, description="Edge of a square or tile, or width of a stripe, m.")
    contrast: float = Field(0.06, ge=0, lt=1, description="How far colours go up and down, of a surface's own colour.")


class Camera(_Model):
    """A pinhole camera that stands still."""

    name: str
    width: int = Field(ge=1, description="px")
    height: int = Field(ge=1, description="px")
    position: Vector
    target: Vector = Field(description="The point that it looks at; up in the image is world z as far as possible.")
    fov: float = Field(gt=0, lt=180, description="Vertical field of view, degrees.")

    @property
    def intrinsics(self) -> np.ndarray:
        """K, pixels, principal point in the middle of the image. [3, 3]"""
        focal = 0.5 * self.height / np.tan(np.radians(self.fov) / 2)
        return np.array([[focal, 0, self.width / 2], [0, focal, self.height / 2], [0, 0, 1]], np.float64)

    @property
    def world_to_camera(self) -> np.ndarray:
        """OpenCV axes (x right, y down, z forward). [4, 4]"""
        position = np.asarray(self.position, np.float64)
        forward = np.asarray(self.target, np.float64) - position
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        if np.linalg.norm(right) < 1e-9:
            right = np.array([1.0, 0.0, 0.0])
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(forward, right), forward])
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rotation, -rotation @ position
        return matrix


class Scene(_Model):
    """Everything that can be seen. Parts that move appear in the `poses` column in the order of `moving`."""

    bodies: tuple[Body, ...]
    light: Light = Light()
    pattern: Pattern = Pattern()
    cameras: tuple[Camera, ...] = ()

    @property
    def moving(self) -> list[tuple[Body, Part]]:
        """The B parts that the `poses` column moves, in its order."""
        return [(body, part) for body in self.bodies for part in body.parts if part.moves]

    def body(self, name: str) -> Body:
        """The body of that name.

        Raises:
            KeyError: There is none.
        """
        for body in self.bodies:
            if body.name == name:
                return body
        raise KeyError(name)
