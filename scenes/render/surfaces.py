"""What a ray meets: balls, boxes and cylinders in closed form, meshes by Embree.

Everything here is in the shape's own frame. Directions need no unit length: a crossing at `t` lies at
`origin + t · direction`, so rays whose camera z is 1 get their z-depth.
"""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.schema import Shape
from multisynth.scenes.textures import look_up

from multisynth.errors import BadInput


class Crossings(NamedTuple):
    """The M of N rays that meet a surface, and where they do first."""

    rays: np.ndarray  # [M] indices
    t: np.ndarray  # [M] > 0
    spots: np.ndarray  # [M, 3] what the surface needs to say more: a point, or on a mesh face and barycentric v, w


class Look(NamedTuple):
    """A surface at M points."""

    normals: np.ndarray  # [M, 3] float32, unit length, outward
    smooth: np.ndarray  # [M, 3] float32, the same of the surface that a mesh stands for
    colours: np.ndarray  # [M, 3] or [3] float32, linear RGB reflectance


class Surface(Protocol):
    """One shape."""

    bounds: np.ndarray
    """Lowest and highest corner. [2, 3]"""
    outline: np.ndarray
    """Points whose convex hull it lies within. [K, 3]"""
    precision: type[np.floating]
    """The finest dtype that it computes with."""

    def meet(self, origin: np.ndarray, directions: np.ndarray) -> Crossings:
        """Where rays from one point cross first.

        Args:
            origin: [3] float64
            directions: [N, 3]; its dtype is that of the computation
        """

    def look(self, spots: np.ndarray) -> Look:
        """What some of the crossings show, by their `spots`. [M, 3]"""

    def blocks(self, origins: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Which parallel rays cross it.

        Args:
            origins: [N, 3] float32
            direction: [3]
        """


def surface(shape: Shape) -> Surface:
    """The surface of a shape, in its own frame.

    Raises:
        BadInput: Its size does not suit its kind, or its mesh cannot be had.
    """
    if shape.kind == "mesh":
        return _mesh(Shape(kind="mesh", size=shape.size, mesh=shape.mesh, colour=(1, 1, 1))).tinted(shape.colour)
    count = {"box": 3, "sphere": 1, "cylinder": 2}[shape.kind]
    if len(shape.size) != count or not all(np.isfinite(shape.size)) or min(shape.size) <= 0:
        raise BadInput(f"a {shape.kind} has size {shape.size}", f"give {count} positive lengths in metres")
    return {"box": _Box, "sphere": _Sphere, "cylinder": _Cylinder}[shape.kind](shape)


@lru_cache(maxsize=128)
def _mesh(shape: Shape) -> _Mesh:
    return _Mesh(shape)


_SIGNS = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1], indexing="ij"), -1).reshape(-1, 3)


class _Convex:
    """A convex solid: a ray is inside it between `enter` and `leave`."""

    precision: type[np.floating] = np.float64

    def __init__(self, half: np.ndarray, colour: tuple[float, float, float]) -> None:
        self.bounds, self.outline = np.stack([-half, half]), half * _SIGNS
        self.colour = np.array(colour, np.float32)

    def span(self, origins: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where rays enter and leave; they miss where `enter > leave`."""
        raise NotImplementedError  # abstract

    def normals(self, points: np.ndarray) -> np.ndarray:
        """Outward at points of the surface. [M, 3]"""
        raise NotImplementedError  # abstract

    def meet(self, origin: np.ndarray, directions: np.ndarray) -> Crossings:
        enter, leave = self.span(origin.astype(directions.dtype), directions)
        rays = np.flatnonzero((enter <= leave) & (leave > 0))
        t = enter[rays]
        t = np.where(t > 0, t, leave[rays])
        return Crossings(rays, t, origin + t[:, None] * directions[rays])

    def look(self, spots: np.ndarray) -> Look:
        normals = self.normals(spots).astype(np.float32)
        return Look(normals, normals, self.colour)

    def blocks(self, origins: np.ndarray, direction: np.ndarray) -> np.ndarray:
        enter, leave = self.span(origins, direction.astype(origins.dtype)[None])
        return (enter <= leave) & (leave > 0)


class _Sphere(_Convex):
    def __init__(self, shape: Shape) -> None:
        (self.radius,) = shape.size
        super().__init__(np.full(3, self.radius), shape.colour)

    def span(self, origins: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # about the point nearest to the centre, which keeps the digits of far rays (Haines et al., Ray Tracing Gems 7)
        length = _dot(directions, directions)
        middle = -_dot(origins, directions) / length
        nearest = origins + middle[:, None] * directions
        half = np.sqrt(np.maximum(self.radius**2 - _dot(nearest, nearest), -0.0) / length)
        missed = _dot(nearest, nearest) > self.radius**2
        return np.where(missed, np.inf, middle - half), np.where(missed, -np.inf, middle + half)

    def normals(self, points: np.ndarray) -> np.ndarray:
        return points / np.linalg.norm(points, axis=-1, keepdims=True)


class _Box(_Convex):
    def __init__(self, shape: Shape) -> None:
        self.half = np.array(shape.size, np.float64) / 2
        super().__init__(self.half, shape.colour)

    def span(self, origins: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _slabs(origins, directions, self.half, range(3))

    def normals(self, points: np.ndarray) -> np.ndarray:
        relative = points / self.half
        axis = np.abs(relative).argmax(axis=1)
        normals = np.zeros_like(points)
        rows = np.arange(len(points))
        normals[rows, axis] = np.sign(relative[rows, axis])
        return normals


class _Cylinder(_Convex):
    """Around z."""

    def __init__(self, shape: Shape) -> None:
        self.radius, length = shape.size
        self.half = np.array([self.radius, self.radius, length / 2])
        super().__init__(self.half, shape.colour)

    def span(self, origins: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = _slabs(origins, directions, self.half, (2,))
        across = directions[:, :2]
        length = np.maximum(_dot(across, across), np.finfo(directions.dtype).tiny)
        middle = -_dot(origins[..., :2], across) / length
        nearest = origins[..., :2] + middle[:, None] * across
        left = self.radius**2 - _dot(nearest, nearest)
        half = np.sqrt(np.maximum(left, 0) / length)
        enter, leave = np.maximum(low, middle - half), np.minimum(high, middle + half)
        return np.where(left < 0, np.inf, enter), np.where(left < 0, -np.inf, leave)

    def normals(self, points: np.ndarray) -> np.ndarray:
        radial = np.hypot(points[:, 0], points[:, 1])
        cap = np.abs(np.abs(points[:, 2]) - self.half[2]) < np.abs(radial - self.radius)
        normals = np.zeros_like(points)
        normals[:, :2] = points[:, :2] / np.maximum(radial, 1e-12)[:, None]
        normals[cap] = 0
        normals[cap, 2] = np.sign(points[cap, 2])
        return normals


class _Mesh:
    precision: type[np.floating] = np.float32

    def __init__(self, shape: Shape) -> None:
        import open3d

        mesh = triangles(shape)
        self.bounds = np.stack([mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)])
        self.outline = wrap(mesh.vertices)
        self.faces = np.ascontiguousarray(mesh.faces, np.uint32)
        self.vertex_normals = mesh.normals.astype(np.float32)
        self._plain, self.colours = mesh.colours, mesh.colours.astype(np.float32)
        self.images, self.uv, self.textures = mesh.images, mesh.uv, mesh.textures
        a, b, c = mesh.vertices[mesh.faces.T]
        across = np.cross(b - a, c - a)
        across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-300)
        self.face_normals = across.astype(np.float32)
        # one thread: a worker has one core, and workers share a machine
        self._scene: Any = open3d.t.geometry.RaycastingScene(nthreads=1)
        self._scene.add_triangles(open3d.core.Tensor(mesh.vertices.astype(np.float32)), open3d.core.Tensor(self.faces))

    def tinted(self, colour: tuple[float, float, float]) -> _Mesh:
        """The same triangles in colours multiplied by another."""
        other = copy(self)
        other.colours = (self._plain * np.array(colour)).astype(np.float32)
        return other

    def meet(self, origin: np.ndarray, directions: np.ndarray) -> Crossings:
        import open3d

        rays = np.empty((len(directions), 6), np.float32)
        rays[:, :3], rays[:, 3:] = origin, directions
        answer = self._scene.cast_rays(open3d.core.Tensor.from_numpy(rays), nthreads=1)
        t = answer["t_hit"].numpy()
        met = np.flatnonzero(np.isfinite(t))
        spots = np.empty((len(met), 3))
        spots[:, 0], spots[:, 1:] = answer["primitive_ids"].numpy()[met], answer["primitive_uvs"].numpy()[met]
        return Crossings(met, t[met], spots)

    def look(self, spots: np.ndarray) -> Look:
        face, (v, w) = spots[:, 0].astype(int), spots[:, 1:].T.astype(np.float32)[..., None]
        a, b, c = (self.vertex_normals[corner] for corner in self.faces[face].T)
        smooth = (1 - v - w) * a + v * b + w * c
        smooth /= np.maximum(np.sqrt(_dot(smooth, smooth)), 1e-12)[:, None]
        return Look(self.face_normals[face], smooth, self._colours(face, v, w))

    def _colours(self, face: np.ndarray, v: np.ndarray, w: np.ndarray) -> np.ndarray:
        colours: np.ndarray = self.colours[face]
        if self.images is None or self.uv is None:
            return colours
        images = self.images[face]
        for index, texture in enumerate(self.textures):
            on = np.flatnonzero(images == index)
            a, b, c = (self.uv[corner] for corner in self.faces[face[on]].T)
            colours[on] *= look_up(texture, (1 - v[on] - w[on]) * a + v[on] * b + w[on] * c)
        return colours

    def blocks(self, origins: np.ndarray, direction: np.ndarray) -> np.ndarray:
        import open3d

        rays = np.empty((len(origins), 6), np.float32)
        rays[:, :3], rays[:, 3:] = origins, direction
        blocked: np.ndarray = self._scene.test_occlusions(open3d.core.Tensor.from_numpy(rays), nthreads=1).numpy()
        return blocked


def wrap(points: np.ndarray) -> np.ndarray:
    """Corners of a polytope about points whose 26 faces look along the edges, faces and corners of a cube.

    It has at most 48 corners, where the convex hull of a mesh has thousands (Klosowski et al., Efficient collision
    detection using bounding volume hierarchies of k-DOPs, 1998).

    Args:
        points: [K, 3]

    Returns:
        [C, 3] float64
    """
    from scipy.spatial import HalfspaceIntersection

    faces = np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3, indexing="ij"), -1).reshape(-1, 3)
    faces = faces[faces.any(axis=1)]
    along = points @ faces.T
    inside = points[along.argmax(axis=0)].mean(axis=0)
    # what is flat gets an inside too
    reach = along.max(axis=0) + max(1e-6 * float(np.ptp(points, axis=0).max()), 1e-9)
    corners: np.ndarray = HalfspaceIntersection(np.c_[faces, -reach], inside).intersections
    return corners


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("...i,...i->...", a, b)


def _slabs(origins: np.ndarray, directions: np.ndarray, half: np.ndarray, axes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Where rays are between the pairs of planes at ±half (Kay and Kajiya, SIGGRAPH 1986)."""
    enter = leave = None
    for axis in axes:
        along = directions[:, axis]
        # a ray within the plane goes on for ever instead of dividing 0 by 0
        inverse = 1 / np.where(np.abs(along) < 1e-20, along.dtype.type(1e-20), along)
        reach, start = np.abs(half[axis] * inverse), origins[..., axis] * inverse
        low, high = -start - reach, reach - start
        enter = low if enter is None else np.maximum(enter, low)
        leave = high if leave is None else np.minimum(leave, high)
    assert enter is not None and leave is not None
    return enter, leave
