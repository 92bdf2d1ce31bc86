"""Scenes seen by rays, and by arithmetic that shares nothing with the labels."""

import numpy as np
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Scene
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.render.buffers import Buffers
from multisynth.vision.render.rays import RayRenderer

from tests.scenes.render.balls import RADIUS, rays_of


def viewpoint(camera: Camera, **more) -> Viewpoint:
    return Viewpoint(camera.width, camera.height, camera.intrinsics, camera.world_to_camera, **more)


def seen(scene: Scene, views: list[Viewpoint], poses: list[np.ndarray]) -> list[Buffers]:
    return list(RayRenderer(World(scene), antialias=False).render(views, np.array(poses)))


def moved_truth(camera: Camera, other: Camera, depth, ids, before, after):
    """Of a plane and a ball that goes from one pose to another: places in the other image, px, and what that hides.

    A ball's points turn with it; whether the ball is in front is a quadratic equation.
    """
    origin, d, _ = rays_of(camera)
    points = origin + depth[..., None] * d
    start, end = turn(before[0, 3:]), turn(after[0, 3:])
    on_ball = ((points - before[0, :3]) @ start) @ end.T + after[0, :3]
    points = np.where((ids == 700)[..., None], on_ball, points)
    matrix = other.world_to_camera
    own = points @ matrix[:3, :3].T + matrix[:3, 3]
    k = other.intrinsics
    places = own[..., :2] / own[..., 2:] * [k[0, 0], k[1, 1]] + k[:2, 2]
    eye = -matrix[:3, :3].T @ matrix[:3, 3]
    along, apart = points - eye, eye - after[0, :3]
    a, b, c = np.maximum((along * along).sum(-1), 1e-12), (along * apart).sum(-1), (apart * apart).sum() - RADIUS**2
    root = b * b - a * c
    first = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
    inside = (own[..., 2] > 0) & (places >= 0).all(-1) & (places < [other.width, other.height]).all(-1)
    return places, ~inside | ((first > 0) & (first < 1 - 1e-6))


def turn(q):
    w, x, y, z = q / np.linalg.norm(q)
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
