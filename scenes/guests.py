"""Scenes around what a user's file holds: a mesh file, or a robot with its joints somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from multisynth.scenes import files, joints, setting, things
from multisynth.scenes.kept import keep
from multisynth.scenes.meshes import Mesh, triangles
from multisynth.scenes.poses import about, quaternion, transform
from multisynth.scenes.schema import Body, Part, Scene, Shape
from multisynth.scenes.things import Thing, block
from multisynth.scenes.urdf import Robot, read, read_file

from multisynth.errors import BadInput

ABOVE = 3
"""Folders above a URDF file in which a `package://` may begin."""


def objects(path: Path, up: str | None = None, scale: float = 1.0, category: str | None = None) -> tuple[Body, ...]:
    """The objects of a mesh file as bodies; their meshes are kept in the user's cache.

    Args:
        path: See `files.pieces`.
        up: The file's axis that points up, `y` or `z`; by default y for glTF, as its standard says, else z.
        scale: Metres that its unit of length is.
        category: Of all; by default out of each object's name.

    Raises:
        BadInput: The file cannot be read.
    """
    gltf = path.suffix.lower() in (".glb", ".gltf")
    turn = about(things.X, np.pi / 2) if (up or ("y" if gltf else "z")) == "y" else np.eye(3)
    w, i, j, k = quaternion(turn).tolist()
    bodies, found = [], files.pieces(path)
    for piece in found:
        shape = Shape(
            kind="mesh", size=(scale,) * 3, mesh=keep(piece.mesh), quaternion=(w, i, j, k), colour=(1.0, 1.0, 1.0)
        )
        # the only object of a file often bears a name that an exporter made up
        name = piece.name.strip() if len(found) > 1 and piece.name.strip() else path.stem
        part = Part(name=name, shapes=(shape,), moves=False)
        kind = category or files.called(name)
        bodies.append(Body(name=name, category=kind, instance=1, parts=(part,)))
    return tuple(bodies)


def around(bodies: Sequence[Body], bounds: np.ndarray, rng: np.random.Generator, floor: bool) -> Scene:
    """A scene of bodies that hold still, with drawn light, pattern and cameras.

    Args:
        bodies: What is there.
        bounds: Lowest and highest corner of it, m. [2, 3]
        rng: Draws the rest.
        floor: Whether there is a floor below it.
    """
    middle, size = bounds.mean(0), max(float(np.linalg.norm(np.diff(bounds, axis=0))) / 2, 1e-3)
    grounds = []
    if floor:
        wide = 40 * size
        ground = block((wide, wide, 0.1 * size), (0, 0, -0.05 * size), things.colour(rng, 0.7))
        place = (middle[0], middle[1], bounds[0, 2])
        grounds.append(Thing("floor", (ground,), (wide, wide), 0).body("floor", 1, place))
    return Scene(
        bodies=setting.numbered([*grounds, *bodies]),
        light=setting.light(rng),
        pattern=setting.pattern(rng, 0.1 * size, 0.6 * size, 0.15),
        cameras=setting.cameras(rng, middle, (2.2 * size, 3.2 * size), (12, 45)),
    )


def robot_of(path: str | Path) -> Robot:
    """A robot out of a user's URDF file, or one of an installed package by `package:path.urdf`.

    Its meshes must lie in the folder of the file's package: that of the name in `package://name/…` among the three
    folders above the file, else the file's own folder and the one above.

    Raises:
        BadInput: It cannot be read, or a mesh is missing, of another format, or outside.
    """
    if isinstance(path, str):
        return read(path)
    path = path.resolve()
    named: dict[Path, str] = {}

    def mesh(name: str) -> str:
        file, root = _found(path, name)
        if file not in named:
            named[file] = keep(_whole(file, root))
        return named[file]

    return read_file(path, mesh)


def _whole(file: Path, root: Path) -> Mesh:
    """All pieces of a file as one mesh."""
    meshes = [piece.mesh for piece in files.pieces(file, root)]
    if len(meshes) == 1:
        return meshes[0]
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    textures = tuple(texture for mesh in meshes for texture in mesh.textures)
    whole = Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]).astype(np.int32),
        np.concatenate([mesh.colours for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
    )
    if not textures:
        return whole
    images, uv, first = [], [], 0
    for one in meshes:
        own = np.full(len(one.faces), -1, np.int16) if one.images is None else one.images
        images.append(np.where(own >= 0, own + first, -1).astype(np.int16))
        uv.append(np.zeros((len(one.vertices), 2)) if one.uv is None else one.uv)
        first += len(one.textures)
    return whole._replace(images=np.concatenate(images), uv=np.concatenate(uv), textures=textures)


def _found(urdf: Path, name: str) -> tuple[Path, Path]:
    """The file that a URDF names, and the folder that it must lie in."""
    if name.startswith("package://"):
        package, _, inside = name.removeprefix("package://").partition("/")
        for root in urdf.parents[: ABOVE + 1]:
            if root.name == package:
                return files.bounded(root / inside, root, files.FORMATS), root
        return files.bounded(urdf.parent / package / inside, urdf.parent, files.FORMATS), urdf.parent
    if "://" in name and not name.startswith("file://"):
        raise BadInput(f"mesh `{name}` is no file", "give a path, or `package://name/path`", str(urdf))
    root = urdf.parent.parent if len(urdf.parents) > 2 else urdf.parent
    return files.bounded(urdf.parent / name.removeprefix("file://"), root, files.FORMATS), root


def extent(bodies: Sequence[Body]) -> np.ndarray:
    """Lowest and highest corner of bodies that hold still, world, m. [2, 3]"""
    ends = []
    for part in (part for body in bodies for part in body.parts):
        base = transform(np.array(part.position), np.array(part.quaternion))
        for shape in part.shapes:
            place = base @ transform(np.array(shape.position), np.array(shape.quaternion))
            points = triangles(shape).vertices @ place[:3, :3].T + place[:3, 3]
            ends += [points.min(0), points.max(0)]
    return np.stack([np.min(ends, axis=0), np.max(ends, axis=0)])


def posed(robot: Robot, rng: np.random.Generator, category: str) -> tuple[Body, ...]:
    """A robot that stands with drawn joints."""
    return (joints.standing(robot, joints.drawn(robot, rng), category, category),)
