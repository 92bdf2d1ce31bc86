"""Things seen from above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from multisynth.report.charts import Mark
from multisynth.report.svg import HUES, element, label, legend, line, path, picture, text, thin, ticks

_POINTS = 240
_WIDTH, _HEIGHT, _MARGIN = 300.0, 260.0, 34.0


@dataclass(frozen=True)
class Ground:
    """A plane seen from above, one scale for both axes: from m to px, and the grid behind it."""

    middle: np.ndarray  # [2] m
    scale: float  # px / m

    @classmethod
    def around(cls, points: np.ndarray) -> Ground:
        """A plane that shows these finite points. [N, 2]"""
        low, high = points.min(0), points.max(0)
        span = np.maximum(high - low, 0.05) * 1.1
        return cls((low + high) / 2, min((_WIDTH - _MARGIN - 8) / span[0], (_HEIGHT - _MARGIN) / span[1]))

    _CENTRE = np.array([(_WIDTH + _MARGIN - 8) / 2, (_HEIGHT - _MARGIN) / 2 + 6])
    _FLIP = np.array([1.0, -1.0])

    def place(self, points: np.ndarray) -> np.ndarray:
        """Where these points are, px. [N, 2]"""
        put: np.ndarray = self._CENTRE + (points - self.middle) * self.scale * self._FLIP
        return put

    def holds(self, x: float, y: float) -> bool:
        """Whether a place, px, is in the drawing."""
        return bool(_MARGIN <= x <= _WIDTH and 0 <= y <= _HEIGHT - _MARGIN + 10)

    def cut(self, drawn: Markup) -> Markup:
        """A drawing of which only what lies on the grid is seen."""
        x, y, width, height = _MARGIN, 6.0, _WIDTH - _MARGIN - 4, _HEIGHT - _MARGIN + 4
        return element("svg", drawn, x=x, y=y, width=width, height=height, viewBox=f"{x:g} {y:g} {width:g} {height:g}")

    def picture(self, title: str, *drawn: Markup) -> Markup:
        """The grid with these drawings on it."""
        return picture(_WIDTH, _HEIGHT, title, *self._grid(), *drawn)

    def _grid(self) -> list[Markup]:
        bottom = _HEIGHT - _MARGIN + 10
        corner = (np.array([_WIDTH - 4, 6]) - self._CENTRE) / self.scale * self._FLIP + self.middle
        origin = (np.array([_MARGIN, bottom]) - self._CENTRE) / self.scale * self._FLIP + self.middle
        drawn = []
        for tick in ticks(origin[0], corner[0], 4):
            x = self.place(np.array([tick, 0.0]))[0]
            drawn += [line(x, 6, x, bottom, "grid"), text(x, _HEIGHT - 10, label(tick), "tick", "middle")]
        for tick in ticks(origin[1], corner[1], 4):
            y = self.place(np.array([0.0, tick]))[1]
            drawn += [line(_MARGIN, y, _WIDTH - 4, y, "grid"), text(_MARGIN - 4, y + 3.5, label(tick), "tick", "end")]
        return drawn


def plan(paths: Mapping[str, np.ndarray], marks: Sequence[Mark] = ()) -> Markup:
    """Paths seen from above, x to the right, y up, one scale for both.

    Args:
        paths: What moved, and its x and y in m. Each [T, 2]
        marks: Drawn as crosses where they happened.
    """
    tracks = {name: np.nan_to_num(points[thin(len(points), _POINTS)]) for name, points in paths.items() if len(points)}
    if not tracks:
        return Markup("")
    ground, drawn = Ground.around(np.concatenate(list(tracks.values()))), []
    for index, (name, points) in enumerate(tracks.items()):
        put = ground.place(points)
        hue = index % HUES
        end = element("title", f"{name}, end")
        drawn += [
            path(put, f"s{hue}", name),
            element("circle", cx=put[0, 0], cy=put[0, 1], r=2.5, class_=f"ring r{hue}"),
            element("circle", end, cx=put[-1, 0], cy=put[-1, 1], r=3.5, class_=f"f{hue}"),
        ]
    for mark in marks:
        if mark.where is not None and np.isfinite(mark.where).all():
            x, y = ground.place(np.array(mark.where))
            if ground.holds(x, y):
                cross = f"M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6"
                drawn.append(element("path", element("title", mark.name), d=cross, class_="cross"))
    caption = element("figcaption", "From above, m (○ start, ● end, × event)")
    return element(
        "figure", caption, ground.picture("Paths seen from above", *drawn), legend(list(tracks)), class_="plot"
    )


def hull(points: np.ndarray) -> np.ndarray:
    """The corners of the convex hull, in turn (Andrew 1979). [N, 2] to [M, 2]"""
    ordered = np.unique(points, axis=0)
    if len(ordered) < 3:
        return ordered

    def half(along: np.ndarray) -> list[np.ndarray]:
        kept: list[np.ndarray] = []
        for point in along:
            while len(kept) > 1 and _left(kept[-1] - kept[-2], point - kept[-2]) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


def _left(a: np.ndarray, b: np.ndarray) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def polygon(points: np.ndarray, css: str, title: str = "", fill: str | None = None) -> Markup:
    """A closed shape, px. [N, 2]"""
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in np.nan_to_num(points)) + "Z"
    return element("path", *([element("title", title)] if title else []), d=d, class_=css, fill=fill)
