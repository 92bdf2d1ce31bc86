"""Scenes: what is in them, seen from above, and frames made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.report.distributions import Panel, Values, panels
from multisynth.report.maps import Ground, hull, polygon
from multisynth.report.picks import Budget, cells, evenly
from multisynth.report.pictures import SMALL, thumbnail
from multisynth.report.projection import rotation
from multisynth.report.svg import element, thin
from multisynth.report.tables import Account
from multisynth.report.words import excerpt, measured
from multisynth.srgb import encoded
from multisynth.store import Store

_SCENES, _FRAMES, _ROWS, _SHAPES = 6, 4, 256, 600
_BACKDROP = frozenset({"wall", "floor"})
_NEAR = 1.5
"""Walls are shown where they are at most so many times as far apart as what they hold."""
_FAR = 1e6  # m
_GREY = (0.5, 0.5, 0.5)
_CUBE = np.stack(np.meshgrid(*[[-0.5, 0.5]] * 3), -1).reshape(-1, 3)
_RING = np.stack([trace(np.linspace(0, 2 * np.pi, 20, endpoint=False)) for trace in (np.cos, np.sin, np.zeros_like)], 1)
_POINTS = {
    "box": _CUBE, "sphere": np.concatenate([_RING, [[0, 0, 1]]]), "mesh": np.zeros((1, 3)),
    "cylinder": np.concatenate([_RING + np.array([0, 0, 0.5]), _RING - np.array([0, 0, 0.5])]),
}  # fmt: skip
"""Corners of shapes whose edges, radius and length are 1, the sphere's outline and its top. Each [N, 3]"""


@dataclass(frozen=True)
class SceneView:
    """A scene as shown."""

    id: str
    facts: list[tuple[str, str]]
    categories: list[tuple[str, int]]
    map: Markup
    frames: list[str]


def scenes(store: Store, account: Account, found: Mapping[str, Account], budget: Budget) -> Iterator[SceneView]:
    """Some scenes of a table."""
    films = [a for a in found.values() if a.kind == "frame" and account.name in a.beside and a.outputs]
    made: dict[str, list[tuple[str, str]]] = {}
    for film in films:
        for row in cells(store.table(film.name), ["id", "parents"], _ROWS):
            for parent in row["parents"] or []:
                made.setdefault(parent, []).append((film.name, row["id"]))
    for sample in evenly(store.table(account.name), _SCENES):
        bodies = _bodies(sample["scene"])
        named = [str(body.get("category") or "no category") for body in bodies]
        counts = sorted({name: named.count(name) for name in set(named)}.items(), key=lambda pair: (-pair[1], pair[0]))
        mine = made.get(sample.id, [])
        pictures = [_picture(store, mine[row], budget) for row in thin(len(mine), _FRAMES)]
        facts = measured(sample) or [("bodies", str(len(bodies)))]
        yield SceneView(
            sample.id, facts, [(excerpt(name, 40), count) for name, count in counts], _map(bodies, sample["poses"]),
            [picture for picture in pictures if picture],
        )  # fmt: skip


def contents(store: Store, account: Account) -> list[Panel]:
    """How bodies are distributed over the scenes of a table, or over some of many."""
    rows = cells(store.table(account.name), ["scene"], _ROWS)
    bodies = [_bodies(row["scene"]) for row in rows]
    values: Values = {"category": {"": [str(body.get("category")) for scene in bodies for body in scene]}}
    return panels(values, [""], len(rows))


def _picture(store: Store, place: tuple[str, str], budget: Budget) -> str:
    stage, key = place
    data = thumbnail(store.table(stage).find([key])[key], SMALL)
    return data if budget.take(len(data) * 3 // 4) else ""


def _bodies(text: str | None) -> list[dict[str, Any]]:
    """Bodies of a scene's JSON, whatever else that says; none where it is no scene."""
    try:
        scene = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return []
    bodies = scene.get("bodies") if isinstance(scene, dict) else None
    return [body for body in bodies if isinstance(body, dict)] if isinstance(bodies, list) else []


def _map(bodies: list[dict[str, Any]], poses: np.ndarray | None) -> Markup:
    """Outlines of primitives from above in their colours, the higher over the lower; of meshes, where they are."""
    try:
        outlines = list(islice(_outlines(bodies, poses), _SHAPES))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return Markup("")  # no scene of ours
    inner = [outline.points for outline in outlines if outline.category not in _BACKDROP]
    if not inner:
        return Markup("")
    whole = np.concatenate(inner)
    around = np.concatenate([outline.points for outline in outlines])
    if (np.ptp(around, axis=0) < _NEAR * np.ptp(whole, axis=0)).all():
        whole = around  # the walls of a furnished room, but not those around a table
    ground = Ground.around(whole)
    drawn = []
    for outline in sorted(outlines, key=lambda outline: outline.height):
        shape = _placed(ground, outline)
        if outline.category != "floor" and all(ground.holds(*point) for point in shape):
            drawn.append(polygon(shape, "outline", outline.name, outline.colour))
    caption = element("figcaption", "From above, m; a small diamond is a mesh")
    return element("figure", caption, ground.picture("Bodies seen from above", *drawn), class_="plot")


@dataclass(frozen=True)
class _Outline:
    """A shape from above: its corners in m [N, 2], its highest point, how it is filled and called."""

    points: np.ndarray
    height: float
    colour: str
    name: str
    category: str


def _outlines(bodies: list[dict[str, Any]], poses: np.ndarray | None) -> Iterator[_Outline]:
    moved = iter([] if poses is None else poses.astype(np.float64))
    for body in bodies:
        for part in body["parts"]:
            pose = next(moved, None) if part.get("moves", True) else None
            turn, at = (_turn(part), _at(part)) if pose is None else (rotation(pose[3:]), pose[:3])
            for shape in part["shapes"]:
                local = _POINTS[shape["kind"]] * _size(shape)
                points = at + (_at(shape) + local @ _turn(shape).T) @ turn.T
                if np.isfinite(points).all() and np.abs(points).max() < _FAR:
                    colour = encoded(np.array([[shape.get("colour", _GREY)]], np.float32).clip(0, 1))[0, 0]
                    yield _Outline(
                        points[:, :2], float(points[:, 2].max()), "#{:02x}{:02x}{:02x}".format(*colour),
                        excerpt(str(body.get("name")), 60), str(body.get("category")),
                    )  # fmt: skip


def _size(shape: dict[str, Any]) -> np.ndarray:
    """By what the points of its kind are multiplied, along x, y and z, m."""
    size = np.array(shape["size"], np.float64)
    return np.array([size[0], size[0], size[1]]) if shape["kind"] == "cylinder" else np.broadcast_to(size, 3)


def _at(thing: dict[str, Any]) -> np.ndarray:
    return np.array(thing.get("position", (0, 0, 0)), np.float64)


def _turn(thing: dict[str, Any]) -> np.ndarray:
    return rotation(thing.get("quaternion", (1, 0, 0, 0)))


def _placed(ground: Ground, outline: _Outline) -> np.ndarray:
    put = ground.place(outline.points)
    return hull(put) if len(put) > 1 else put + np.array([[3, 0], [0, 3], [-3, 0], [0, -3]])
