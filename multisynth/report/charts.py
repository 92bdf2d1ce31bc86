"""Distributions, curves and paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from multisynth.report.svg import HUES, element, label, legend, line, path, picture, text, thin, ticks

_POINTS = 240


def histogram(groups: Mapping[str, np.ndarray], title: str, *, normal: bool = False, log: bool = False) -> Markup:
    """Stacked counts of one quantity.

    Args:
        groups: Finite values of each group, such as by success. Each [N]
        title: What is counted, with its unit.
        normal: Draw the standard normal density of as many values beside it.
        log: Bins are alike in ratio; all values are above 0.
    """
    width, height, left, bottom, top = 250.0, 132.0, 16.0, 20.0, 16.0
    if log:
        groups = {name: np.log10(values) for name, values in groups.items()}
    every = np.concatenate([np.zeros(0), *groups.values()])
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    if normal:
        low, high = min(low, -4.0), max(high, 4.0)
    if low == high:
        low, high = low - max(abs(low), 1) * 0.05, high + max(abs(high), 1) * 0.05
    if not np.isfinite(high - low):
        return Markup("")
    bins = int(np.clip(2 * np.sqrt(len(every)), 6, 28))
    edges = np.linspace(low, high, bins + 1)
    counts = {name: np.histogram(values, edges)[0] for name, values in groups.items()}
    total = sum(counts.values(), np.zeros(bins, int))
    z = np.linspace(low, high, 97) if normal else np.zeros(1)
    density = len(every) * (edges[1] - edges[0]) * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    peak = max(1.0, float(total.max()), float(density.max()) if normal else 0.0)
    across, up = (width - 2 * left) / (high - low), (height - bottom - top) / peak
    ground = height - bottom
    drawn = [line(left, ground, width - left, ground, "axis")]
    base = np.zeros(bins)
    for index, (name, count) in enumerate(counts.items()):
        for k in np.flatnonzero(count):
            x, y = left + (edges[k] - low) * across, ground - (base[k] + count[k]) * up
            begin, end = (10.0 ** edges[k : k + 2]) if log else edges[k : k + 2]
            said = element("title", f"{label(begin)} … {label(end)}: {count[k]} {name}".strip())
            drawn.append(
                element(
                    "rect",
                    said,
                    x=x + 0.5,
                    y=y,
                    width=max((edges[1] - edges[0]) * across - 1, 0.5),
                    height=count[k] * up,
                    class_=f"f{index % HUES}",
                )
            )
        base += count
    if normal:
        points = np.stack([left + (z - low) * across, ground - density * up], axis=1)
        drawn.append(path(points, "dashed", "standard normal"))
    for tick in _ratios(low, high) if log else ticks(low, high):
        value = float(f"{10.0**tick:.3g}") if log else tick
        drawn.append(text(left + (tick - low) * across, height - 6, label(value), "tick", "middle"))
    drawn.append(text(width - left, top - 5, f"most {int(total.max()) if len(total) else 0}", "tick", "end"))
    return picture(width, height, f"Histogram of {title}", *drawn)


def _ratios(low: float, high: float) -> np.ndarray:
    """Logarithms of powers of ten within these, or of 1, 2 and 5 times such where they are few."""
    powers = np.arange(np.ceil(low), np.floor(high) + 1)
    if len(powers) > 2:
        return powers[:: -(-len(powers) // 6)]
    every = (np.arange(np.floor(low), np.ceil(high) + 1)[:, None] + np.log10([1, 2, 5])).ravel()
    return np.array(every[(every >= low) & (every <= high)])


def bars(groups: Mapping[str, Mapping[str, int]], title: str, most: int = 8) -> Markup:
    """Stacked counts of named values: for each group, how often each value occurs."""
    totals: dict[str, int] = {}
    for counts in groups.values():
        for value, count in counts.items():
            totals[value] = totals.get(value, 0) + count
    ranked = sorted(totals, key=lambda value: (-totals[value], value))
    shown = ranked[:most]
    step, width = 18.0, 250.0
    height = step * len(shown) + (step if len(ranked) > most else 0) + 4
    longest = max([1, *totals.values()])
    drawn = []
    for row, value in enumerate(shown):
        y, x = row * step + 4, 108.0
        drawn.append(text(x - 6, y + 11, value if len(value) <= 17 else value[:16] + "…", "tick", "end"))
        for index, (name, counts) in enumerate(groups.items()):
            length = counts.get(value, 0) / longest * (width - x - 36)
            said = element("title", f"{value}: {counts.get(value, 0)} {name}".strip())
            drawn.append(element("rect", said, x=x, y=y, width=length, height=step - 5, class_=f"f{index % HUES}"))
            x += length
        drawn.append(text(x + 4, y + 11, str(totals[value]), "tick"))
    if len(ranked) > most:
        drawn.append(text(102, len(shown) * step + 15, f"{len(ranked) - most} more", "tick", "end"))
    return picture(width, height, f"Counts of {title}", *drawn)


@dataclass(frozen=True)
class Mark:
    """An event in a drawing: when, s; where, m (or None); what it is called."""

    time: float
    where: tuple[float, float] | None
    name: str


@dataclass(frozen=True)
class _Axes:
    """A chart's frame: from what it shows to px, and the grid behind it."""

    x: tuple[float, float]
    y: tuple[float, float]
    unit: str
    width: float = 360.0
    height: float = 140.0
    whole: bool = False

    _LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 14.0, 8.0, 22.0

    @classmethod
    def around(cls, x: np.ndarray, y: np.ndarray, unit: str, *, whole: bool = False, **size: float) -> _Axes:
        """Axes that hold these finite values."""
        low, high = float(y.min()), float(y.max())
        if high - low < 1e-9 * max(abs(low), abs(high), 1.0):
            low, high = low - 0.5, high + 0.5
        begin, end = float(x.min()), float(x.max())
        return cls((begin, max(end, begin + 1e-6)), (low, high), unit, whole=whole, **size)

    @property
    def bottom(self) -> float:
        return self.height - self._BOTTOM

    def place(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Where these values are, px. [N, 2]"""
        across = (self.width - self._LEFT - self._RIGHT) / (self.x[1] - self.x[0])
        up = (self.bottom - self._TOP) / (self.y[1] - self.y[0])
        return np.stack([self._LEFT + (x - self.x[0]) * across, self.bottom - (y - self.y[0]) * up], axis=1)

    def grid(self) -> list[Markup]:
        rows, columns = ticks(*self.y, 4), ticks(*self.x, 6 if self.width > 300 else 4)
        if self.whole:
            columns = columns[columns == columns.round()]
        drawn = []
        for tick, (_, y) in zip(rows, self.place(np.full(len(rows), self.x[0]), rows), strict=True):
            drawn.append(line(self._LEFT, y, self.width - self._RIGHT, y, "grid"))
            drawn.append(text(self._LEFT - 5, y + 3.5, label(tick), "tick", "end"))
        for n, (x, _) in enumerate(self.place(columns, np.full(len(columns), self.y[0]))):
            said = label(columns[n]) + ("" if n else f" {self.unit}")
            drawn.append(text(x, self.height - 7, said, "tick", "middle"))
        return drawn

    def upright(self, at: float, title: str) -> Markup:
        x, _ = self.place(np.array([at]), np.array([self.y[0]]))[0]
        return element("line", element("title", title), x1=x, y1=self._TOP, x2=x, y2=self.bottom, class_="mark")


def curves(
    times: np.ndarray,
    series: Mapping[str, np.ndarray],
    title: str,
    marks: Sequence[Mark] = (),
    *,
    unit: str = "s",
    along: tuple[float, float] = (np.inf, -np.inf),
    within: tuple[float, float] = (np.inf, -np.inf),
    whole: bool = False,
) -> Markup:
    """Quantities of one unit over time, or over something else that goes on.

    Args:
        times: In `unit`. [T]
        series: What each is called, and its values. Each [T]
        title: What they are, with the unit.
        marks: Drawn as upright lines.
        unit: Of `times`.
        along: The span of `times` that the chart shows at least, which makes charts alike.
        within: The same of values, such as 0 to 1 for a share.
        whole: Whether `times` are counts.
    """
    pick = thin(len(times), _POINTS)
    t = np.nan_to_num(times[pick])
    lines = {name: np.nan_to_num(values[pick]) for name, values in series.items()}
    if not len(t) or not lines:
        return Markup("")
    axes = _Axes.around(_with(t, along), _with(np.concatenate(list(lines.values())), within), unit, whole=whole)
    drawn = [*axes.grid(), *(axes.upright(m.time, m.name) for m in marks if axes.x[0] <= m.time <= axes.x[1])]
    for index, (name, values) in enumerate(lines.items()):
        points = axes.place(t, values)
        if len(points) == 1:
            drawn.append(element("circle", cx=points[0, 0], cy=points[0, 1], r=3, class_=f"f{index % HUES}"))
        drawn.append(path(points, f"s{index % HUES}", name))
    caption = element("figcaption", title)
    told = [] if len(lines) == 1 and title.startswith(next(iter(lines))) else [legend(list(lines))]
    return element("figure", caption, picture(axes.width, axes.height, title, *drawn), *told, class_="plot")


def by_round(
    rounds: Sequence[int],
    series: Mapping[str, Sequence[tuple[float, float, float]]],
    title: str,
    *,
    within: tuple[float, float] = (0.0, 1.0),
) -> Markup:
    """Quantities by the rounds of a loop, a point each, with the interval that each is known to.

    Args:
        rounds: Their numbers. [T]
        series: What each is called, and its value, low and high end in each round; NaN where it has none. Each [T]
        title: What they are.
        within: The span of values that the chart shows at least.
    """
    values = np.array([list(points) for points in series.values()], float)  # [S, T, 3]
    known = values[np.isfinite(values)]
    if not len(rounds) or not len(known):
        return Markup("")
    at = np.array(rounds, float)
    axes = _Axes.around(_with(at, (at.min() - 0.2, at.max() + 0.2)), _with(known, within), "round", whole=True)
    drawn = axes.grid()
    for index, (name, points) in enumerate(zip(series, values, strict=True)):
        here, hue = np.isfinite(points[:, 0]), index % HUES
        middle, low, high = (axes.place(at[here], points[here, k]) for k in range(3))
        if here.sum() > 1:
            drawn.append(path(middle, f"s{hue}", name))
        for n, (x, y) in enumerate(middle):
            value, least, most = points[here][n]
            said = f"{name}, round {label(at[here][n])}: {label(round(value, 4))}"
            if most > least:
                said += f" ({label(round(least, 4))} to {label(round(most, 4))})"
                drawn.append(line(x, low[n, 1], x, high[n, 1], f"s{hue} whisker"))
            drawn.append(element("circle", element("title", said), cx=x, cy=y, r=3.2, class_=f"f{hue}"))
    told = [legend(list(series))] if len(series) > 1 else []
    return element(
        "figure", element("figcaption", title), picture(axes.width, axes.height, title, *drawn), *told, class_="plot"
    )


def _with(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    return np.concatenate([values, [end for end in span if np.isfinite(end)]])


def band(
    x: np.ndarray, low: np.ndarray, high: np.ndarray, title: str, *, unit: str, around: float | None = None
) -> Markup:
    """What lies between two bounds as they move.

    Args:
        x: In `unit`. [T]
        low: [T]
        high: [T]
        title: What is bounded.
        unit: Of `x`.
        around: A value to draw as a dashed line, such as the calibrated one.
    """
    pick = thin(len(x), _POINTS)
    if not len(pick):
        return Markup("")
    x, low, high = (np.nan_to_num(values[pick]) for values in (x, low, high))
    still = np.zeros(0) if around is None or not np.isfinite(around) else np.array([around])
    axes = _Axes.around(x, np.concatenate([low, high, still]), unit, width=250.0, height=120.0)
    under, over = axes.place(x, low), axes.place(x, high)
    outline = "L".join(f"{px:.1f} {py:.1f}" for px, py in [*over, *under[::-1]])
    drawn = [*axes.grid(), element("path", d=f"M{outline}Z", class_="band")]
    drawn += [path(under, "s0", "low"), path(over, "s0", "high")]
    if len(still):
        drawn.append(
            path(axes.place(np.array(axes.x), np.repeat(still, 2)), "dashed", f"calibrated: {label(still[0])}")
        )
    return picture(axes.width, axes.height, f"Bounds of {title}", *drawn)
