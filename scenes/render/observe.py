"""What an environment sees through a camera: colours, depth, segmentation, points; each only if it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from multisynth.scenes.render.rays import Nearest
from multisynth.scenes.render.renderer import Renderer
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera

from multisynth.errors import BadInput

Channel = Literal["rgb", "depth", "segmentation", "pointcloud"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)


class Observer:
    """A camera that gives arrays of fixed shape, the same images that `Renderer` films.

    Depth, segmentation and points need no light; only `rgb` pays for shading and shadows.

    Args:
        world: What is there. Several observers may share it.
        camera: From where.
        channels: What each observation has.
        points: How many points a point cloud has.
        antialias: Whether edges in `rgb` are smooth, which takes about half of its time.

    Raises:
        BadInput: A channel is unknown, or a point cloud has no points.
    """

    def __init__(
        self,
        world: World,
        camera: Camera,
        channels: Sequence[Channel] = CHANNELS,
        points: int = 1024,
        antialias: bool = True,
    ) -> None:
        for name in channels:
            if name not in CHANNELS:
                raise BadInput(f"there is no observation called `{name}`", f"known: {', '.join(CHANNELS)}")
        if points < 1:
            raise BadInput(f"a point cloud of {points} points", "ask for one or more")
        self.world, self.channels, self.points = world, tuple(channels), points
        self._renderer = Renderer(world, camera, antialias)
        self._size = camera.height, camera.width
        # as good as drawn at random without replacement, and the same for every camera of that size
        self._order = np.random.Generator(np.random.Philox(0)).permutation(camera.height * camera.width)
        self._to_world = np.linalg.inv(camera.world_to_camera)

    @property
    def shapes(self) -> dict[Channel, tuple[tuple[int, ...], type[np.generic]]]:
        """Shape and dtype of each channel."""
        every: dict[Channel, tuple[tuple[int, ...], type[np.generic]]] = {
            "rgb": ((*self._size, 3), np.uint8),
            "depth": (self._size, np.float32),
            "segmentation": (self._size, np.uint16),
            "pointcloud": ((self.points, 3), np.float32),
        }
        return {name: every[name] for name in self.channels}

    def observe(self, poses: np.ndarray) -> dict[Channel, np.ndarray]:
        """What the camera sees at some poses of the moving parts.

        Args:
            poses: x, y, z, w, x, y, z. [B, 7]

        Returns:
            Of those that were asked for: `rgb` [H, W, 3] uint8, sRGB; `depth` [H, W] float32, z-depth in m, 0 where
            nothing is; `segmentation` [H, W] uint16, instance ids, 0 where nothing is; `pointcloud` [points, 3]
            float32, world, m: the seen points of pixels in a shuffled order, repeated where they are too few, zeros
            where there are none.

        Raises:
            BadInput: The poses do not fit the scene or are not finite.
        """
        placement = self._renderer.tracer.placed(poses)
        nearest, _ = self._renderer.tracer.nearest(placement)
        seen: dict[Channel, np.ndarray] = {}
        for name in self.channels:
            if name == "rgb":
                seen[name] = self._renderer.coloured(nearest, placement)
            elif name == "depth":
                seen[name] = nearest.depth.reshape(self._size).copy()
            elif name == "segmentation":
                seen[name] = self.world.instances[nearest.shape + 1].reshape(self._size)
            else:
                seen[name] = self._points(nearest)
        return seen

    def _points(self, nearest: Nearest) -> np.ndarray:
        chosen = self._order[nearest.depth[self._order] > 0][: self.points]
        if not len(chosen):
            return np.zeros((self.points, 3), np.float32)
        own = nearest.depth[chosen, None] * self._renderer.tracer.directions[chosen]
        there = own @ self._to_world[:3, :3].T + self._to_world[:3, 3]
        return np.resize(there.astype(np.float32), (self.points, 3))
