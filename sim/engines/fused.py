"""Links that fixed joints hold together, made one: engines spend time on every link, whether it can move or not."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from multisynth.scenes.poses import from_rpy
from multisynth.scenes.urdf import Inertial, Robot, parse


class Fused(NamedTuple):
    """A robot's description with as few links as it can have.

    Args:
        document: The URDF.
        carriers: Of every link of the robot: the link that it is part of, and its frame there. [4, 4]
        levers: Of every link: from the centre of mass of what it is part of to its own, in that link's frame, m. [3]
    """

    document: str
    carriers: dict[str, tuple[str, np.ndarray]]
    levers: dict[str, np.ndarray]


@lru_cache(maxsize=64)
def fused(text: str, folder: str) -> Fused:
    """A description whose links are one with those that they are fixed to.

    A link with contact properties of its own stays by itself.

    Args:
        text: The URDF.
        folder: Where its meshes lie.
    """
    root, robot = ElementTree.fromstring(text), parse(text, "")
    elements = {element.attrib["name"]: element for element in root.findall("link")}
    carriers = _carriers(robot, {name for name, element in elements.items() if element.find("contact") is not None})
    members: dict[str, list[str]] = {}
    for link, (carrier, _) in carriers.items():
        members.setdefault(carrier, []).append(link)
    for mesh in root.iter("mesh"):
        mesh.set("filename", str(Path(folder) / mesh.attrib["filename"].removeprefix("package://")))
    for joint in root.findall("joint"):
        parent, child = joint.find("parent"), joint.find("child")
        assert parent is not None and child is not None, "parsed"
        if carriers[child.attrib["link"]][0] != child.attrib["link"]:
            root.remove(joint)
            continue
        carrier, frame = carriers[parent.attrib["link"]]
        if carrier != parent.attrib["link"]:
            parent.set("link", carrier)
            _place(joint, frame)
    levers = {}
    for carrier, links in members.items():
        weights = [(robot.inertials[link], carriers[link][1]) for link in links if link in robot.inertials]
        together = _together(weights)
        for link in links:
            own = robot.inertials[link].origin[:, 3] if link in robot.inertials else np.array([0.0, 0, 0, 1])
            levers[link] = (carriers[link][1] @ own)[:3] - together.origin[:3, 3]
            if link != carrier:
                for collision in elements[link].findall("collision"):
                    _place(collision, carriers[link][1])
                    elements[carrier].append(collision)
                root.remove(elements[link])
        if len(links) > 1:
            _weigh(elements[carrier], together)
    return Fused(ElementTree.tostring(root, encoding="unicode"), carriers, levers)


def _carriers(robot: Robot, apart: set[str]) -> dict[str, tuple[str, np.ndarray]]:
    above = {joint.child: joint for joint in robot.joints}
    carriers = {}
    for link in robot.links:
        carrier, frame = link, np.eye(4)
        while carrier in above and above[carrier].kind == "fixed" and carrier not in apart:
            frame = above[carrier].origin @ frame
            carrier = above[carrier].parent
        carriers[link] = carrier, frame
    return carriers


def _together(weights: list[tuple[Inertial, np.ndarray]]) -> Inertial:
    """What weighs as much as several things, each in its frame."""
    mass = sum(inertial.mass for inertial, _ in weights)
    placed = [(inertial, frame @ inertial.origin) for inertial, frame in weights]
    origin, inertia = np.eye(4), np.zeros((3, 3))
    if mass > 0:
        origin[:3, 3] = sum(inertial.mass * frame[:3, 3] for inertial, frame in placed) / mass
    elif placed:
        origin[:3, 3] = placed[0][1][:3, 3]
    for inertial, frame in placed:
        away, turn = frame[:3, 3] - origin[:3, 3], frame[:3, :3]
        inertia += turn @ inertial.inertia @ turn.T
        inertia += inertial.mass * (float(away @ away) * np.eye(3) - np.outer(away, away))
    return Inertial(mass, origin, inertia)


def _weigh(link: ElementTree.Element, inertial: Inertial) -> None:
    """Write an inertial into a link's element."""
    for old in link.findall("inertial"):
        link.remove(old)
    element = ElementTree.SubElement(link, "inertial")
    ElementTree.SubElement(element, "mass", value=repr(float(inertial.mass)))
    _write(element, inertial.origin[:3, 3], np.zeros(3))
    values = {f"i{'xyz'[i]}{'xyz'[j]}": repr(float(inertial.inertia[i, j])) for i in range(3) for j in range(i, 3)}
    ElementTree.SubElement(element, "inertia", values)


def _place(element: ElementTree.Element, frame: np.ndarray) -> None:
    """Put what has an origin in a frame into the frame's own. [4, 4]"""
    origin, own = element.find("origin"), np.eye(4)
    if origin is not None:
        own[:3, :3] = from_rpy(*map(float, origin.attrib.get("rpy", "0 0 0").split()))
        own[:3, 3] = [float(word) for word in origin.attrib.get("xyz", "0 0 0").split()]
        element.remove(origin)
    placed = frame @ own
    _write(element, placed[:3, 3], _rpy(placed[:3, :3]))


def _write(element: ElementTree.Element, position: np.ndarray, angles: np.ndarray) -> None:
    xyz, rpy = (" ".join(map(repr, values)) for values in (position.tolist(), angles.tolist()))
    ElementTree.SubElement(element, "origin", xyz=xyz, rpy=rpy)


def _rpy(rotation: np.ndarray) -> np.ndarray:
    """Roll, pitch and yaw: turns about the fixed x, y and z, one after another. [3, 3] → [3]"""
    sine = -rotation[2, 0]
    pitch = np.arctan2(sine, np.hypot(rotation[0, 0], rotation[1, 0]))
    if abs(sine) > 1 - 1e-12:
        return np.array([0.0, pitch, np.arctan2(-rotation[0, 1], rotation[1, 1])])
    roll = np.arctan2(rotation[2, 1], rotation[2, 2])
    return np.array([roll, pitch, np.arctan2(rotation[1, 0], rotation[0, 0])])
