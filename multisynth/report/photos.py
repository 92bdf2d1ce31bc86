"""Photos and what became of them; views with the points that they see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import lance
from markupsafe import Markup

from multisynth.report.picks import Budget, evenly
from multisynth.report.pictures import LARGEST, SMALL, thumbnail
from multisynth.report.projection import project
from multisynth.report.svg import element, thin
from multisynth.report.tables import Account
from multisynth.report.words import excerpt, number
from multisynth.sample import Sample
from multisynth.store import Store

_PHOTOS, _DROPPED, _VIEWS, _POINTS = 24, 12, 9, 250
_DOT = "#7dff6b"


@dataclass(frozen=True)
class PhotoView:
    """A photo as shown; `reason` is why a later stage dropped it."""

    id: str
    name: str
    picture: str
    facts: str
    reason: str = ""
    overlay: Markup | None = None


def photos(store: Store, account: Account, found: Mapping[str, Account], budget: Budget) -> Iterator[PhotoView]:
    """Some photos of a table: those that a later stage dropped first, then others evenly."""
    table = store.table(account.name)
    reasons = dict(_dropped(store, [a for a in found.values() if account.name in a.feeds]))
    chosen = table.find(list(reasons))
    chosen |= {sample.id: sample for sample in evenly(table, _PHOTOS)}
    for sample in list(chosen.values())[:_PHOTOS]:
        facts = [f"{sample['width']}×{sample['height']} px"]
        facts += [f"focal {sample['focal']:.0f} px"] if sample["focal"] else ["no focal length"]
        if view := _within(sample, SMALL, facts, budget, excerpt(reasons.get(sample.id, ""))):
            yield view


def views(store: Store, account: Account, budget: Budget) -> Iterator[PhotoView]:
    """Some views of a table, each with sparse points where its pose and lens put them."""
    for sample in evenly(store.table(account.name), _VIEWS):
        points = sample["points"]
        facts = [f"{sample['width']}×{sample['height']} px", sample["lens"] or "pinhole"]
        facts += [f"{len(points):,} points"] if points is not None and len(points) else []
        facts += [f"{key} {number(value)}" for key, value in sample.meta.items() if key != "points"][:3]
        if view := _within(sample, LARGEST * 2 // 3, facts, budget, overlay=_points(sample)):
            yield view


def _within(
    sample: Sample, largest: int, facts: list[str], budget: Budget, reason: str = "", overlay: Markup | None = None
) -> PhotoView | None:
    picture = thumbnail(sample, largest)
    if not budget.take((len(picture) + len(overlay or "")) * 3 // 4):
        return None
    return PhotoView(sample.id, sample["name"] or "", picture, excerpt(" · ".join(facts)), reason, overlay)


def _dropped(store: Store, stages: list[Account]) -> Iterator[tuple[str, str]]:
    for stage in stages:
        if stage.dropped:
            ledger = lance.dataset(store.shelf(stage.name).ledger_uri)
            rows = ledger.to_table(columns=["input", "reason"], filter="status = 'dropped'", limit=_DROPPED)
            yield from ((row["input"], f"{stage.name}: {row['reason']}") for row in rows.to_pylist())


def _points(sample: Sample) -> Markup | None:
    points = sample["points"]
    if points is None or not len(points) or not sample["width"] or not sample["height"]:
        return None
    rows = thin(len(points), _POINTS)
    placed = project(sample, points[rows])
    width, height = sample["width"], sample["height"]
    drawn = [
        element("circle", cx=x, cy=y, r=width / 200, class_="track", fill=_DOT)
        for x, y in placed
        if 0 <= x <= width and 0 <= y <= height
    ]
    return element("svg", *drawn, viewBox=f"0 0 {width} {height}", class_="overlay", aria_hidden="true")
