"""Reads URDF, the robot description of ROS (wiki.ros.org/urdf/XML): links, joints, what is seen and felt of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import numpy as np
from multisynth.scenes.assets import locate
from multisynth.scenes.poses import from_rpy, quaternion
from multisynth.scenes.schema import Body, Part, Shape, Vector

from multisynth.errors import BadInput

LARGEST_TEXT = 4 * 2**20  # bytes
MOVING = ("revolute", "continuous", "prismatic")
WHITE = (1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Joint:
    """A joint, as its URDF element has it: rad or m, rad/s or m/s, N·m or N."""

    name: str
    kind: str
    parent: str
    child: str
    origin: np.ndarray
    """The joint's frame in its parent link's. [4, 4]"""
    axis: np.ndarray
    """In the joint's frame, unit length. [3]"""
    lower: float
    upper: float
    velocity: float
    effort: float
    damping: float
    """N·m·s/rad or N·s/m."""
    friction: float
    """N·m or N."""


@dataclass(frozen=True)
class Inertial:
    """What a link weighs, as its URDF element has it; files are known to state inertias that no body can have."""

    mass: float
    """kg"""
    origin: np.ndarray
    """The frame that the inertia is given in, at the centre of mass, in the link's. [4, 4]"""
    inertia: np.ndarray
    """About the centre of mass, kg·m². [3, 3]"""

    @property
    def possible(self) -> bool:
        """Whether a rigid body can have it: principal moments above zero, none above the sum of the others."""
        moments = np.linalg.eigvalsh(self.inertia)
        return bool(self.mass > 0 and moments[0] > 0 and moments[2] <= (moments[0] + moments[1]) * (1 + 1e-6))


@dataclass(frozen=True)
class Robot:
    """A robot as its file describes it.

    Args:
        name: `package:path.urdf`, as it was asked for.
        links: What is seen of each link, in its own frame, in the file's order.
        joints: In the file's order.
        collisions: What is felt of each link, in its own frame.
        inertials: Of the links that have one.
    """

    name: str
    links: dict[str, tuple[Shape, ...]]
    joints: tuple[Joint, ...]
    collisions: dict[str, tuple[Shape, ...]]
    inertials: dict[str, Inertial]

    @property
    def mass(self) -> float:
        """Of all links, kg."""
        return sum(inertial.mass for inertial in self.inertials.values())

    @property
    def moving(self) -> tuple[Joint, ...]:
        """The joints that move."""
        return tuple(joint for joint in self.joints if joint.kind in MOVING)

    @property
    def root(self) -> str:
        """The link that is no joint's child."""
        children = {joint.child for joint in self.joints}
        return next(link for link in self.links if link not in children)

    def chain(self, tip: str) -> list[Joint]:
        """The joints from the root to a link, in that order."""
        above = {joint.child: joint for joint in self.joints}
        path: list[Joint] = []
        while tip in above:
            path.insert(0, above[tip])
            tip = above[tip].parent
        return path

    def body(
        self,
        name: str,
        instance: int,
        tint: Vector = WHITE,
        position: Vector = (0.0, 0.0, 0.0),
        floating: bool = False,
        category: str = "robot",
    ) -> Body:
        """The robot as a scene's body: a part for each link that can be seen.

        Args:
            name: What captions call it.
            instance: Its id in instance images.
            tint: Multiplies every colour.
            position: Of the root link where it stands still, world, m.
            floating: Whether the root moves too, as that of a robot that walks.
            category: Its class for detection.
        """
        parts = []
        for link, shapes in self.links.items():
            if shapes:
                tinted = tuple(
                    shape.model_copy(update={"colour": tuple(c * t for c, t in zip(shape.colour, tint, strict=True))})
                    for shape in shapes
                )
                fixed = link == self.root and not floating
                parts.append(
                    Part(name=link, shapes=tinted, moves=not fixed, position=position if fixed else (0.0, 0.0, 0.0))
                )
        return Body(name=name, category=category, instance=instance, parts=tuple(parts))


def read(name: str) -> Robot:
    """Read a URDF file that lies in an installed package; its meshes must lie in the same package.

    Args:
        name: Such as `pybullet_data:franka_panda/panda.urdf`.

    Raises:
        BadInput: There is no such file, or it is not a URDF tree of links and joints that this reader knows.
    """
    return _read(locate(name, (".urdf",)), name, None)


def read_file(path: Path, mesh: Callable[[str], str]) -> Robot:
    """Read a user's URDF file.

    Args:
        path: The file.
        mesh: Turns what it calls a mesh file into a shape's name for the mesh.

    Raises:
        BadInput: It is not a URDF tree of links and joints that this reader knows, or a mesh cannot be had.
    """
    return _read(path, path.name, mesh)


def _read(path: Path, name: str, mesh: Callable[[str], str] | None) -> Robot:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_TEXT + 1)
        if len(content) > LARGEST_TEXT:
            raise ValueError(f"more than {LARGEST_TEXT} bytes")
        text = content.decode("utf-8").lstrip()  # XML wants its declaration first, PyBullet's files begin with a blank
        if "<!DOCTYPE" in text or "<!ENTITY" in text:  # entities can blow up to gigabytes or read other files
            raise ValueError("it declares a document type")
        return parse(text, name, mesh)
    except (ValueError, KeyError, TypeError, ElementTree.ParseError) as error:
        raise BadInput(f"`{name}` is no robot description: {error}", "give a URDF file", str(path)) from error


def parse(text: str, name: str, mesh: Callable[[str], str] | None = None) -> Robot:
    """A URDF document; `name` says where it lies, so that its meshes can be named, unless `mesh` names them.

    Raises:
        ValueError, KeyError: Something is missing or malformed.
    """
    root = ElementTree.fromstring(text)
    if root.tag != "robot":
        raise ValueError(f"its root is <{root.tag}>, not <robot>")
    colours = {
        material.attrib["name"]: _numbers(colour.attrib["rgba"], 4)[:3]
        for material in root.iter("material")
        if (colour := material.find("color")) is not None
    }
    named = mesh or partial(_beside, name)
    elements = {link.attrib["name"]: link for link in root.findall("link")}
    links = {link: _shapes(element, "visual", colours, named) for link, element in elements.items()}
    joints = tuple(_joint(joint) for joint in root.findall("joint"))
    children = [joint.child for joint in joints]
    for joint in joints:
        if joint.parent not in links or joint.child not in links:
            raise ValueError(f"joint `{joint.name}` names a link that is not there")
    if len(set(children)) != len(children) or len(children) != len(links) - 1:
        raise ValueError(f"{len(links)} links and {len(joints)} joints are not a tree")
    collisions = {link: _shapes(element, "collision", colours, named) for link, element in elements.items()}
    inertials = {
        link: _inertial(inertial)
        for link, element in elements.items()
        if (inertial := element.find("inertial")) is not None
    }
    robot = Robot(name, links, joints, collisions, inertials)
    for link in links:
        _bounded_depth(robot, link)
    return robot


def _bounded_depth(robot: Robot, link: str) -> None:
    above = {joint.child: joint.parent for joint in robot.joints}
    for _ in robot.links:
        if link not in above:
            return
        link = above[link]
    raise ValueError(f"link `{link}` is in a ring of joints")


def _joint(element: ElementTree.Element) -> Joint:
    limit, kind = element.find("limit"), element.attrib["type"]
    if kind not in (*MOVING, "fixed"):
        raise ValueError(f"joint `{element.attrib['name']}` is {kind}; known: {', '.join(MOVING)}, fixed")
    bounds = {} if limit is None else limit.attrib
    dynamics = element.find("dynamics")
    losses = {} if dynamics is None else dynamics.attrib
    free = math.inf if kind == "continuous" else 0.0
    axis_element = element.find("axis")
    axis = np.array((1.0, 0.0, 0.0) if axis_element is None else _numbers(axis_element.attrib["xyz"], 3))
    parent, child = element.find("parent"), element.find("child")
    if parent is None or child is None:
        raise ValueError(f"joint `{element.attrib['name']}` lacks a parent or a child")
    return Joint(
        name=element.attrib["name"],
        kind=kind,
        parent=parent.attrib["link"],
        child=child.attrib["link"],
        origin=_origin(element),
        axis=axis / max(float(np.linalg.norm(axis)), 1e-12),
        lower=float(bounds.get("lower", -free)),
        upper=float(bounds.get("upper", free)),
        velocity=float(bounds.get("velocity", math.inf)),
        effort=float(bounds.get("effort", math.inf)),
        damping=float(losses.get("damping", 0)),
        friction=float(losses.get("friction", 0)),
    )


def _inertial(element: ElementTree.Element) -> Inertial:
    mass, inertia = element.find("mass"), element.find("inertia")
    if mass is None:
        raise ValueError("an <inertial> has no mass")
    (kilograms,) = _numbers(mass.attrib["value"], 1)
    if kilograms < 0:
        raise ValueError(f"a mass of {kilograms} kg")
    names = ("ixx", "ixy", "ixz", "iyy", "iyz", "izz")
    given = {} if inertia is None else inertia.attrib
    xx, xy, xz, yy, yz, zz = _numbers(" ".join(given.get(name, "0") for name in names), 6)
    return Inertial(kilograms, _origin(element), np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]))


def _shapes(
    link: ElementTree.Element, tag: str, colours: dict[str, tuple[float, ...]], named: Callable[[str], str]
) -> tuple[Shape, ...]:
    shapes = [_shape(element, colours, named) for element in link.findall(tag)]
    # a link that is not to be seen is sometimes given a ball without a radius
    return tuple(shape for shape in shapes if any(shape.size))


def _shape(element: ElementTree.Element, colours: dict[str, tuple[float, ...]], named: Callable[[str], str]) -> Shape:
    geometry, material = element.find("geometry"), element.find("material")
    if geometry is None or not len(geometry):
        raise ValueError(f"a <{element.tag}> has no geometry")
    colour = colours.get(material.attrib.get("name", ""), WHITE) if material is not None else WHITE
    origin, form = _origin(element), geometry[0]
    placed = {
        "position": tuple(origin[:3, 3].tolist()),
        "quaternion": tuple(quaternion(origin[:3, :3]).tolist()),
        "colour": colour,
    }
    if form.tag == "box":
        return Shape(kind="box", size=_numbers(form.attrib["size"], 3), **placed)
    if form.tag == "sphere":
        return Shape(kind="sphere", size=_numbers(form.attrib["radius"], 1), **placed)
    if form.tag == "cylinder":
        return Shape(kind="cylinder", size=_numbers(f"{form.attrib['radius']} {form.attrib['length']}", 2), **placed)
    if form.tag == "mesh":
        mesh = named(form.attrib["filename"])
        return Shape(kind="mesh", size=_numbers(form.attrib.get("scale", "1 1 1"), 3), mesh=mesh, **placed)
    raise ValueError(f"unknown geometry <{form.tag}>; known: box, sphere, cylinder, mesh")


def _beside(name: str, file: str) -> str:
    """The name of a mesh in the package that the document lies in."""
    package, _, inside = name.partition(":")
    return f"{package}:{PurePosixPath(inside).parent / file.removeprefix('package://')}"


def _origin(element: ElementTree.Element) -> np.ndarray:
    matrix, origin = np.eye(4), element.find("origin")
    if origin is not None:
        matrix[:3, :3] = from_rpy(*_numbers(origin.attrib.get("rpy", "0 0 0"), 3))
        matrix[:3, 3] = _numbers(origin.attrib.get("xyz", "0 0 0"), 3)
    return matrix


def _numbers(text: str, count: int) -> tuple[float, ...]:
    numbers = tuple(float(word) for word in text.split())
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValueError(f"`{text}` is not {count} finite numbers")
    return numbers
