"""Episodes inside a captured place: their world is moved into the place's, and both are seen as one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from multisynth.scenes.poses import quaternion, transform
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Part, Scene, Vector
from pydantic import BaseModel, ConfigDict, Field

from multisynth.errors import BadInput

from .place import Place


class Stood(NamedTuple):
    """An episode in a place's world."""

    scene: Scene
    poses: np.ndarray  # [T, B, 7] of its moving parts
    matrix: np.ndarray  # [4, 4] the episode's world in the place's
    ids: int  # what its instance ids were raised by
    hidden: tuple[int, ...]  # its own ids of bodies that the place has already

    @property
    def meta(self) -> dict[str, Any]:
        """What a frame tells of it, for whoever goes back to the episode."""
        return {"matrix": self.matrix.ravel().tolist(), "ids": self.ids, "hidden": list(self.hidden)}


class Standing(BaseModel):
    """Where the world of episodes stands in that of a place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    position: Vector | None = Field(
        None,
        description="Of its origin, in the place's world, m; by default its lowest thing stands in the middle of the "
        "place's bounds, at their lowest height.",
    )
    yaw: float = Field(0.0, ge=-360, le=360, description="About z, degrees.")
    hide: tuple[str, ...] = Field(
        ("floor", "ground", "wall"), description="Categories of what holds still that the place has already."
    )

    def matrix(self, place: Place, scene: Scene) -> np.ndarray:
        """The episode's world in the place's. [4, 4]"""
        position = self.position
        if position is None:
            low, high = place.subject.bounds
            lowest = World(scene).lowest
            position = (
                (low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2] - (lowest if np.isfinite(lowest) else 0.0),
            )  # fmt: skip
        half = np.radians(self.yaw) / 2
        return transform(np.array(position), np.array([np.cos(half), 0.0, 0.0, np.sin(half)]))

    def into(self, place: Place, scene: Scene, poses: np.ndarray) -> Stood:
        """A scene and the poses of its moving parts in a place's world, its ids above those of the place.

        Args:
            place: A volume whose lengths are metres.
            scene: Of an episode.
            poses: x, y, z, w, x, y, z. [T, B, 7]

        Raises:
            BadInput: The place's scale is not known, or there are more ids than 65535.
        """
        if not place.metric:
            raise BadInput(
                "the place's scale is not known, so nothing can be put into it",
                "give `vision.register` a measured `distance`, or `vision.volume` its `unit`",
            )
        shown = tuple(
            body for body in scene.bodies if body.category not in self.hide or any(part.moves for part in body.parts)
        )
        kept = {body.instance for body in shown}
        hidden = tuple(body.instance for body in scene.bodies if body.instance not in kept)
        scene = scene.model_copy(update={"bodies": shown})
        matrix = self.matrix(place, scene)
        highest = max((thing.instance for things in place.things for thing in things.table), default=0)
        return Stood(moved(numbered(scene, highest), matrix), moved_poses(poses, matrix), matrix, highest, hidden)


def numbered(scene: Scene, highest: int) -> Scene:
    """A scene with instance ids above the highest that is taken.

    Raises:
        BadInput: They are more than 65535.
    """
    if highest + max((body.instance for body in scene.bodies), default=0) > 65535:
        raise BadInput(f"instance ids above {highest} do not fit 16 bits", "film in a place with fewer instances")
    bodies = tuple(body.model_copy(update={"instance": body.instance + highest}) for body in scene.bodies)
    return scene.model_copy(update={"bodies": bodies})


def moved(scene: Scene, matrix: np.ndarray) -> Scene:
    """What holds still of a scene, its cameras and its light, after a rigid motion of the world. [4, 4]"""

    def point(place: Vector) -> Vector:
        x, y, z = (matrix[:3, :3] @ place + matrix[:3, 3]).tolist()
        return x, y, z

    def part(old: Part) -> Part:
        if old.moves:
            return old
        there = matrix @ transform(np.array(old.position), np.array(old.quaternion))
        update = {"position": tuple(there[:3, 3].tolist()), "quaternion": tuple(quaternion(there[:3, :3]).tolist())}
        return old.model_copy(update=update)

    bodies = tuple(body.model_copy(update={"parts": tuple(map(part, body.parts))}) for body in scene.bodies)
    cameras = tuple(
        camera.model_copy(update={"position": point(camera.position), "target": point(camera.target)})
        for camera in scene.cameras
    )
    direction = tuple((matrix[:3, :3] @ scene.light.direction).tolist())
    light = scene.light.model_copy(update={"direction": direction})
    return scene.model_copy(update={"bodies": bodies, "cameras": cameras, "light": light})


def moved_poses(poses: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Poses after a rigid motion of the world: [..., 7], [4, 4] → [..., 7] float64"""
    turned = np.asarray(poses, np.float64).copy()
    turned[..., :3] = turned[..., :3] @ matrix[:3, :3].T + matrix[:3, 3]
    w, x, y, z = quaternion(matrix[:3, :3])
    product = np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]])  # of the quaternion and another
    turned[..., 3:] = turned[..., 3:] @ product.T
    return turned
