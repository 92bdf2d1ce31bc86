"""What pixels each body would cover if it were alone."""

from __future__ import annotations

import numpy as np
from multisynth.scenes.schema import Scene

from ..cameras.viewpoint import Viewpoint
from ..render.rays import RayRenderer


class Silhouettes:
    """Of the bodies of a scene."""

    def __init__(self, scene: Scene) -> None:
        self._renderer, self._instances = RayRenderer(scene, antialias=False), [b.instance for b in scene.bodies]

    def of(self, viewpoint: Viewpoint, poses: np.ndarray) -> dict[int, np.ndarray]:
        """By instance, within the image of a camera in the scene's world. Each [H, W] bool"""
        (seen,) = self._renderer.render([viewpoint], poses[None])
        assert seen.covered is not None
        nothing = np.zeros((viewpoint.height, viewpoint.width), bool)
        return {instance: seen.covered.get(instance, nothing) for instance in self._instances}
