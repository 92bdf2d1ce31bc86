"""The surfaces of a scene, as far as a camera must not run into them."""

from __future__ import annotations

from typing import Any

import numpy as np
from multisynth.scenes.meshes import Mesh, triangles
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Scene, Shape

from .subject import Subject

BACKDROP = {"floor", "ground", "wall", "ceiling", "table"}
"""Categories that nobody looks at when there is anything else."""
SHRUNK = 0.35
"""m that a camera keeps from the outer bounds of a room's walls."""


class Solids:
    """All surfaces of a scene at some poses of its moving parts.

    Args:
        scene: What is there.
        poses: x, y, z, w, x, y, z. [B, 7]; None where nothing moves
    """

    def __init__(self, scene: Scene, poses: np.ndarray | None = None) -> None:
        import open3d

        self.scene, world = scene, World(scene)
        self._shapes = [shape for body in scene.bodies for part in body.parts for shape in part.shapes]
        self._places = world.place(np.zeros((0, 7)) if poses is None else np.asarray(poses))
        self._bodies = world.bodies
        self._all: Any = open3d.t.geometry.RaycastingScene(nthreads=1)
        self._meshes: dict[int, Any] = {}
        bounds = []
        for index, (shape, place) in enumerate(zip(self._shapes, self._places, strict=True)):
            mesh = triangles(shape)
            vertices = mesh.vertices @ place[:3, :3].T + place[:3, 3]
            bounds.append([vertices.min(0), vertices.max(0)])
            self._all.add_triangles(
                open3d.core.Tensor(vertices.astype(np.float32)),
                open3d.core.Tensor(np.ascontiguousarray(mesh.faces, np.uint32)),
            )
            if shape.kind == "mesh" and _closed(mesh):
                self._meshes[index] = _raycasting(mesh)
        self.bounds = np.array(bounds).reshape(-1, 2, 3)  # [S, 2, 3] of each shape, world

    def clearance(self, points: np.ndarray) -> np.ndarray:
        """How far points are from the nearest surface, m, negative inside of a solid. World, m: [N, 3] → [N]"""
        import open3d

        points = np.asarray(points, np.float64)
        if not self._shapes:
            return np.full(len(points), np.inf)
        near = self._all.compute_distance(open3d.core.Tensor(points.astype(np.float32)), nthreads=1).numpy()
        return np.where(self._inside(points), -near, near).astype(np.float64)

    def _inside(self, points: np.ndarray) -> np.ndarray:
        inside = np.zeros(len(points), bool)
        for index, (shape, place) in enumerate(zip(self._shapes, self._places, strict=True)):
            low, high = self.bounds[index]
            about = np.flatnonzero(((points >= low) & (points <= high)).all(1) & ~inside)
            if len(about) and (shape.kind != "mesh" or index in self._meshes):
                own = (points[about] - place[:3, 3]) @ place[:3, :3]
                inside[about] = self._within(index, shape, own)
        return inside

    def _within(self, index: int, shape: Shape, points: np.ndarray) -> np.ndarray:
        """Whether points in a shape's own frame lie in it. [N, 3] → [N] bool"""
        import open3d

        if shape.kind == "box":
            return (np.abs(points) < np.array(shape.size) / 2).all(1)
        if shape.kind == "sphere":
            return np.linalg.norm(points, axis=1) < shape.size[0]
        if shape.kind == "cylinder":
            return (np.hypot(*points[:, :2].T) < shape.size[0]) & (np.abs(points[:, 2]) < shape.size[1] / 2)
        query = open3d.core.Tensor(points.astype(np.float32))
        # three rays vote, for one may graze an edge
        return self._meshes[index].compute_occupancy(query, nsamples=3, nthreads=1).numpy() > 0.5

    def subject(self) -> Subject:
        """The scene as a subject of camera paths: its objects, and the room if it has walls."""
        categories = [body.category for body in self.scene.bodies]
        boxes = [
            np.stack([own[:, 0].min(0), own[:, 1].max(0)]) if len(own) else np.full((2, 3), np.nan)
            for own in (self.bounds[self._bodies == index] for index in range(len(categories)))
        ]
        seen = [n for n in range(len(boxes)) if np.isfinite(boxes[n]).all()]
        things = [n for n in seen if categories[n] not in BACKDROP] or seen
        shown = np.array([boxes[n] for n in things]).reshape(-1, 2, 3)
        if not len(shown):
            return Subject(np.array([[-1.0] * 3, [1.0] * 3]))
        bounds = np.stack([shown[:, 0].min(0), shown[:, 1].max(0)])
        walls = [boxes[n] for n in seen if categories[n] == "wall"]
        space = None
        if walls:
            space = np.stack([np.min(walls, 0)[0] + SHRUNK, np.max(walls, 0)[1] - SHRUNK])
        return Subject(bounds, centres=shown.mean(1), space=space, clearance=self.clearance)


def _closed(mesh: Mesh) -> bool:
    """Whether every edge of its triangles, with equal vertices merged, has two sides."""
    _, same = np.unique(mesh.vertices.round(7), axis=0, return_inverse=True)
    faces = same.ravel()[mesh.faces]
    faces = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    return bool((counts % 2 == 0).all())


def _raycasting(mesh: Mesh) -> Any:
    import open3d

    scene = open3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(
        open3d.core.Tensor(mesh.vertices.astype(np.float32)),
        open3d.core.Tensor(np.ascontiguousarray(mesh.faces, np.uint32)),
    )
    return scene
