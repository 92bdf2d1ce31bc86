"""How the labels of frames are distributed, by a few hundred frames and the depth of a few dozen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from multisynth.media import decode_floats
from multisynth.report.charts import bars
from multisynth.report.distributions import Panel, Values, panels
from multisynth.report.picks import cells, evenly
from multisynth.report.words import given
from multisynth.tables import Table

_ROWS, _DEPTHS, _PIXELS = 400, 16, 500
_COLUMNS = ("width", "height", "split", "lens", "boxes", "baseline", "world_to_camera", "meta")


def spread(table: Table) -> list[Panel]:
    """What is in the frames of a table and how it is seen: classes, visible shares, sizes, depths, refused cameras."""
    rows = cells(table, [name for name in _COLUMNS if name == "meta" or name in table.kind.columns], _ROWS)
    boxes = [box for row in rows for box in row.get("boxes") or []]
    values = {
        "class": [str(box["category"]) for box in boxes],
        "visible share": [box["visible"] for box in boxes],
        "size of a box (√ of its px²)": [_side(box) for box in boxes],
        "boxes a frame": [len(row["boxes"]) for row in rows if row.get("boxes") is not None],
        "depth of pixels (m)": list(_depths(table)),
        "height of the camera (m)": [_height(row["world_to_camera"]) for row in rows],
        "split": [row.get("split") for row in rows],
        "lens": [row.get("lens") for row in rows],
        "baseline (m)": [row.get("baseline") for row in rows],
        "image": [f"{row['width']}×{row['height']} px" for row in rows],
    }
    named: Values = {name: {"": each} for name, each in values.items() if any(value is not None for value in each)}
    found = [panel for name, group in named.items() for panel in panels({name: group}, [""], len(group[""]))]
    return [*found, *([refused] if (refused := _refused(rows)) else [])]


def _side(box: dict[str, Any]) -> float | None:
    area = (box["width"] or 0) * (box["height"] or 0)
    return float(np.sqrt(area)) if area > 0 else None


def _height(world_to_camera: list[list[float]] | None) -> float | None:
    matrix = np.array(world_to_camera or [], np.float64)
    return float(-matrix[:3, 2] @ matrix[:3, 3]) if matrix.shape == (4, 4) else None


def _depths(table: Table) -> Iterator[float]:
    """Of pixels evenly spaced in a few frames."""
    for sample in evenly(table, _DEPTHS) if "depth" in table.kind.columns else ():
        data = given(sample, "depth")
        try:
            depth = decode_floats(data).ravel() if data else np.zeros(0)
        except ValueError:
            continue
        seen = depth[np.isfinite(depth) & (depth > 0)]
        yield from seen[:: max(1, len(seen) // _PIXELS)].tolist()


def _refused(rows: list[dict[str, Any]]) -> Panel | None:
    """Why paths were refused before the one that was filmed, once for each frame of it."""
    counts: dict[str, int] = {}
    for row in rows:
        try:
            meta = json.loads(row["meta"] or "{}")
        except ValueError:
            continue
        reasons = meta.get("refused") if isinstance(meta, dict) else None
        for reason in reasons if isinstance(reasons, list) else ():
            text = str(reason).partition(":")[0]
            counts[text] = counts.get(text, 0) + 1
    if not counts:
        return None
    note = f"{sum(counts.values())} times in {len(rows)} frames, with paths that were drawn anew"
    return Panel("refused cameras", note, bars({"": counts}, "refused cameras"))
