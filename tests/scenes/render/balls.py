"""Scenes whose images have a closed form."""

import numpy as np
from multisynth.scenes.schema import Body, Camera, Light, Part, Scene, Shape

RADIUS = 0.25


def body(name: str, instance: int, shape: Shape, position=(0.0, 0.0, 0.0), moves=True) -> Body:
    part = Part(name=name, shapes=(shape,), position=position, moves=moves)
    return Body(name=name, category=name, instance=instance, parts=(part,))


def ball_on_plane(width: int = 160, height: int = 120) -> Scene:
    """A ball that touches the plane z = 0, which is the top of a wide slab that holds still."""
    return Scene(
        bodies=(
            body("slab", 3, Shape(kind="box", size=(40, 40, 1), colour=(0.5, 0.5, 0.5)), (0, 0, -0.5), moves=False),
            body("ball", 700, Shape(kind="sphere", size=(RADIUS,), colour=(0.6, 0.1, 0.1))),
        ),
        light=Light(direction=(0.4, 0.3, -1.0)),
        cameras=(
            Camera(name="front", width=width, height=height, position=(1.1, -1.4, 0.9), target=(0, 0, 0.2), fov=50),
            Camera(name="side", width=width, height=height, position=(-1.5, 0.2, 0.5), target=(0, 0, 0.2), fov=40),
        ),
    )


BALL = np.array([[0.05, -0.1, RADIUS, 1, 0, 0, 0]])


def rays_of(camera: Camera) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Origin and directions in the world, z-depth 1 each, worked out from K and the extrinsics alone."""
    matrix = camera.world_to_camera
    v, u = np.mgrid[: camera.height, : camera.width] + 0.5
    pixels = np.stack([u, v, np.ones_like(u)], -1)
    inside = pixels @ np.linalg.inv(camera.intrinsics).T
    return -matrix[:3, :3].T @ matrix[:3, 3], inside @ matrix[:3, :3], matrix[:3, :3]


def closed_form(camera: Camera, centre: np.ndarray):
    """z-depth, camera normals and ids of a ball above the slab of `ball_on_plane`; 0 depth where nothing is."""
    origin, d, rotation = rays_of(camera)
    a, b = (d * d).sum(-1), (d * (origin - centre)).sum(-1)
    c = ((origin - centre) ** 2).sum() - RADIUS**2
    root = b * b - a * c
    ball = np.where(root >= 0, (-b - np.sqrt(np.maximum(root, 0))) / a, np.inf)
    with np.errstate(divide="ignore"):
        plane = np.where(d[..., 2] < 0, -origin[2] / d[..., 2], np.inf)
    where = origin + np.where(np.isfinite(plane), plane, 0)[..., None] * d
    plane[(np.abs(where[..., :2]) > 20).any(-1)] = np.inf
    depth = np.minimum(ball, plane)
    ids = np.where(np.isfinite(depth), np.where(ball < plane, 700, 3), 0)
    outward = np.where(
        (ball < plane)[..., None],
        (origin + np.where(ids == 700, ball, 0)[..., None] * d - centre) / RADIUS,
        [0, 0, 1.0],
    )
    return np.where(np.isfinite(depth), depth, 0), outward @ rotation.T, ids, root
