"""The recipe's stages as a drawing: what feeds what, and how much of it went on."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from multisynth.report.svg import element, picture, text
from multisynth.report.tables import Account
from multisynth.report.words import plural

_WIDE, _HIGH, _GAP_X, _GAP_Y, _MARGIN, _BACK = 168.0, 66.0, 64.0, 22.0, 6.0, 26.0


def flow(
    accounts: Mapping[str, Account], exports: Mapping[str, Mapping[str, object]], records: Mapping[str, int]
) -> Markup:
    """Layers from left to right by the longest way from a source; exports stand behind what they read.

    Args:
        accounts: The stages, each after those that feed it, but for what a round of a loop hands to the next.
        exports: For each export what it writes (`to`) and which stage it reads (`from`).
        records: How many records each export holds.
    """
    order = {name: place for place, name in enumerate(accounts)}
    every = [(f, name) for name, account in accounts.items() for f in (*account.feeds, *account.beside) if f in order]
    feeds = {name: [f for f, to in every if to == name and order[f] < order[name]] for name in accounts}
    again = [(f, name) for f, name in every if order[f] >= order[name]]
    ends = {f"→{name}": str(export["from"]) for name, export in exports.items() if export["from"] in accounts}
    places = _places({**feeds, **{name: [source] for name, source in ends.items()}})
    width = max((x for x, _ in places.values()), default=0) + _WIDE + 2 * _MARGIN
    ground = max((y for _, y in places.values()), default=0) + _HIGH
    height = ground + 2 * _MARGIN + (_BACK if again else 0)
    most = max([1, *(account.outputs for account in accounts.values())])
    drawn = [
        _edge(places[feed], places[name], accounts[feed].outputs, most) for name, into in feeds.items() for feed in into
    ]
    drawn += [_edge(places[source], places[name], accounts[source].outputs, most) for name, source in ends.items()]
    drawn += [_again(places[feed], places[name], ground) for feed, name in again]
    drawn += [_stage(*places[name], account) for name, account in accounts.items()]
    for name, export in exports.items():
        if f"→{name}" in places:
            drawn.append(_export(*places[f"→{name}"], name, str(export["to"]), records.get(name)))
    return picture(width, height, "Stages and how many samples went from one to the next", *drawn, css="flow")


def _places(feeds: Mapping[str, list[str]]) -> dict[str, tuple[float, float]]:
    """Top left corners; within a layer in the order of the mean height of what feeds each."""
    depth: dict[str, int] = {}
    for name, into in feeds.items():
        depth[name] = 1 + max((depth[feed] for feed in into), default=-1)
    layers: dict[int, list[str]] = {}
    for name, layer in depth.items():
        layers.setdefault(layer, []).append(name)
    tallest = max((len(names) for names in layers.values()), default=0)
    rank: dict[str, float] = {}
    places = {}
    for layer in sorted(layers):
        names = sorted(layers[layer], key=lambda name: _mean([rank[feed] for feed in feeds[name]]))
        for row, name in enumerate(names):
            rank[name] = row + (tallest - len(names)) / 2
            places[name] = (_MARGIN + layer * (_WIDE + _GAP_X), _MARGIN + rank[name] * (_HIGH + _GAP_Y))
    return places


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _edge(start: tuple[float, float], end: tuple[float, float], count: int, most: int) -> Markup:
    x1, y1, x2, y2 = start[0] + _WIDE, start[1] + _HIGH / 2, end[0], end[1] + _HIGH / 2
    bend = min(max((x2 - x1) / 2, 20), 90)
    d = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    return element(
        "path", element("title", f"{count:,} samples"), d=d, class_="edge", stroke_width=1.2 + 5 * (count / most) ** 0.5
    )


def _again(start: tuple[float, float], end: tuple[float, float], ground: float) -> Markup:
    """From a round to the next, below everything."""
    x1, x2, low = start[0] + _WIDE / 2 + 8, end[0] + _WIDE / 2 - 8, ground + _BACK
    y1, y2 = start[1] + _HIGH, end[1] + _HIGH
    d = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {low:.1f} {x1 - 24:.1f} {low:.1f} {(x1 + x2) / 2:.1f} {low:.1f}"
    d += f"S{x2:.1f} {low:.1f} {x2:.1f} {y2:.1f}"
    return element("path", element("title", "to the next round"), d=d, class_="edge again", stroke_width=1.6)


def _stage(x: float, y: float, account: Account) -> Markup:
    whole = max(account.inputs, 1)
    times = f" × {len(account.rounds)}" if account.rounds else ""
    counts = {
        "inputs": account.inputs, "kept": account.kept, "dropped": account.dropped, "failed": account.failed,
        "samples": account.outputs,
    }  # fmt: skip
    said = f"{account.name} ({account.use}): " + ", ".join(f"{count:,} {what}" for what, count in counts.items())
    inside = [
        element("title", said),
        element("rect", x=x, y=y, width=_WIDE, height=_HIGH, rx=7, class_="node"),
        text(x + 10, y + 19, _cut(account.name, 21 - len(times)) + times, "name"),
        text(x + 10, y + 34, _cut(account.use, 26), "tick"),
        text(x + 10, y + 52, f"{account.outputs:,} {plural(account.kind, account.outputs)}", "count"),
    ]
    start = x + 10.0
    for count, css in ((account.kept, "good"), (account.dropped, "dropped"), (account.failed, "bad")):
        share = count / whole * (_WIDE - 20)
        if share:
            inside.append(element("rect", x=start, y=y + _HIGH - 8, width=share, height=3.5, class_=css))
        start += share
    return element("a", *inside, href=f"#stage-{account.name}")


def _export(x: float, y: float, name: str, to: str, records: int | None) -> Markup:
    written = f"{records:,} records" if records is not None else "not written"
    return element(
        "g", element("rect", x=x, y=y + 8, width=_WIDE, height=_HIGH - 16, rx=24, class_="node export"),
        text(x + 18, y + 30, _cut(name, 20), "name"), text(x + 18, y + 46, _cut(f"{to} · {written}", 26), "tick"),
    )  # fmt: skip


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
