"""Boxes, boxes in space and tracks, drawn over a frame in its own pixels."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.report.projection import project, rotation
from multisynth.report.svg import element, text, thin
from multisynth.report.words import given
from multisynth.sample import Sample

_BOXES, _TRACKS = 60, 256
"""Of one frame, at most."""
_EDGES = [(a, b) for a, b in combinations(range(8), 2) if (a ^ b).bit_count() == 1]
_LARGE = 0.4
"""Of the image: boxes from here on, such as the floor's, go without their name, which would lie on others."""
_STRAIGHT = 0.1
"""px that an edge may bend to be drawn as a line."""
_STEPS = 9
"""Points along an edge, which a lens may bend."""
LAYERS = {"boxes": "boxes", "full": "their full extent", "boxes-3d": "boxes in space", "tracks": "tracked points"}
"""What can be shown over a picture."""


def overlay(sample: Sample, width: int, height: int) -> Markup | None:
    """Everything that is drawn over a frame of that size, a group each; None where there is nothing."""
    makers: Mapping[str, Callable[[], Iterable[Markup]]] = {
        "full": lambda: _full(given(sample, "boxes") or []),
        "boxes": lambda: _tight(given(sample, "boxes") or [], width, height),
        "boxes-3d": lambda: _boxes_3d(sample),
        "tracks": lambda: _tracks(given(sample, "tracks") or [], width),
    }
    groups = [element("g", *drawn, class_=name) for name, make in makers.items() if (drawn := list(make()))]
    if not groups:
        return None
    return element("svg", *groups, viewBox=f"0 0 {width} {height}", class_="overlay", aria_hidden="true")


def hue(instance: int) -> tuple[int, int, int]:
    """A colour for an id: neighbours in number are far apart in hue (golden angle)."""
    hue = instance * 0.6180339887 % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.42 + 0.16 * (instance % 3) / 2, 0.55)
    return round(red * 255), round(green * 255), round(blue * 255)


def _bright(instance: int) -> str:
    """The same hue, to be seen over a photo."""
    red, green, blue = colorsys.hls_to_rgb(instance * 0.6180339887 % 1, 0.68, 0.85)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _tight(boxes: list[dict[str, Any]], width: int, height: int) -> Iterable[Markup]:
    letter = width / 30
    for box in boxes[:_BOXES]:
        if not _finite(box[side] for side in ("x", "y", "width", "height")):
            continue
        name = box["name"] or ""
        said = f"{name} ({box['category']}), instance {box['instance']}, visible {box['visible'] or 0:.0%}"
        top = box["y"] if box["y"] > letter * 1.2 else box["y"] + letter * 1.1
        yield element(
            "rect", element("title", said), x=box["x"], y=box["y"], width=box["width"], height=box["height"],
            class_="box", stroke=_bright(box["instance"] or 0),
        )  # fmt: skip
        if box["width"] * box["height"] < _LARGE * width * height:
            yield text(box["x"] + letter * 0.15, top - letter * 0.25, name, "box-name", size=letter)


def _full(boxes: list[dict[str, Any]]) -> Iterable[Markup]:
    """Extents with nothing in front, where they are larger than what is seen."""
    for box in boxes[:_BOXES]:
        tight = [box[side] for side in ("x", "y", "width", "height")]
        if box.get("full") is None or not _finite([*box["full"], *tight]):
            continue
        if np.abs(np.subtract(box["full"], tight)).max() < 1:
            continue
        x, y, width, height = (float(np.clip(side, -1e5, 1e5)) for side in box["full"])
        yield element(
            "rect", x=x, y=y, width=width, height=height, class_="box full", stroke=_bright(box["instance"] or 0)
        )


def _boxes_3d(sample: Sample) -> Iterable[Markup]:
    signs = np.array([[(corner >> axis & 1) - 0.5 for axis in range(3)] for corner in range(8)])
    along = np.linspace(0, 1, _STEPS)[:, None]
    for box in (given(sample, "boxes_3d") or [])[:_BOXES]:
        if not _finite([*box["centre"], *box["size"], *box["quaternion"]]):
            continue
        corners = np.array(box["centre"]) + signs * box["size"] @ rotation(box["quaternion"]).T
        lines = np.concatenate([corners[a] + along * (corners[b] - corners[a]) for a, b in _EDGES])
        placed = project(sample, lines).reshape(len(_EDGES), _STEPS, 2)
        d = "".join(_stroke(edge) for edge in placed)
        if d:
            yield element("path", d=d, class_="box", stroke=_bright(box["instance"] or 0))


def _stroke(points: np.ndarray) -> str:
    good = np.isfinite(points).all(axis=1) & (np.abs(points) < 1e5).all(axis=1)
    points = points[good]
    if len(points) > 2 and _bend(points) < _STRAIGHT:
        points = points[[0, -1]]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) if len(points) > 1 else ""


def _bend(points: np.ndarray) -> float:
    """How far points lie from the line between their ends, px, at most. [N, 2]"""
    along, off = points[-1] - points[0], points - points[0]
    return float(np.abs(off @ [-along[1], along[0]]).max() / max(float(np.hypot(*along)), 1e-9))


def _tracks(tracks: list[dict[str, Any]], width: int) -> Iterable[Markup]:
    radius = width / 160
    for row in thin(len(tracks), _TRACKS):
        track = tracks[row]
        if track["visible"] and _finite([track["x"], track["y"]]):
            colour = _bright(track["point"] or 0)
            yield element("circle", cx=track["x"], cy=track["y"], r=radius, class_="track", fill=colour)


def _finite(values: Iterable[Any]) -> bool:
    return all(value is not None and np.isfinite(value) for value in values)
