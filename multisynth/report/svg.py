"""Drawings as inline SVG. Every text and attribute is escaped, so that no data can become markup."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

HUES = 8
"""Colours of series, `c0` … `c7` in the style sheet."""


def element(name: str, *inside: str, **attributes: object) -> Markup:
    """An element; `_` in an attribute's name stands for `-`, and one at its end is left out (`class_`)."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{''.join(map(escape, inside))}</{name}>")


def _value(value: object) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.2f}".rstrip("0").rstrip(".") if np.isfinite(value) else "0"
    return str(value)


def picture(width: float, height: float, label: str, *inside: str, css: str = "chart") -> Markup:
    """A drawing of that size in px, which shrinks with the page."""
    return element(
        "svg",
        element("title", label),
        *inside,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        class_=css,
        width=width,
        height=height,
    )


def text(x: float, y: float, words: str, css: str = "", anchor: str | None = None, size: float | None = None) -> Markup:
    """A line of text; its size, px, comes from the style sheet unless it is given."""
    return element("text", words, x=x, y=y, class_=css or None, text_anchor=anchor, font_size=size)


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=css)


def path(points: np.ndarray, css: str, title: str = "") -> Markup:
    """A polyline through points, px. [N, 2]"""
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in np.nan_to_num(points))
    return element("path", *([element("title", title)] if title else []), d=d, class_=css, fill="none")


def ticks(low: float, high: float, count: int = 4) -> np.ndarray:
    """Round numbers within [low, high]: steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not np.isfinite(span) or span <= 0:
        return np.array([low]) if np.isfinite(low) else np.array([0.0])
    rough = span / count
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step + 0.0  # no -0


def label(value: float) -> str:
    """A number as an axis shows it."""
    return f"{value:.6g}" if abs(value) < 1e5 else f"{value:.1e}"


def thin(length: int, most: int) -> np.ndarray:
    """Indices of at most `most` of `length` things, evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, length - 1, min(length, most)).round().astype(int)) if length else np.zeros(0, int)


def legend(names: Sequence[str], colours: Sequence[int] | None = None) -> Markup:
    """Names beside their colours, as HTML."""
    hues = colours if colours is not None else range(len(names))
    keys = [
        element("span", element("i", class_=f"key k{hue % HUES}"), name, class_="legend-item")
        for name, hue in zip(names, hues, strict=True)
    ]
    return element("div", *keys, class_="legend")
