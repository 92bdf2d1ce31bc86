"""Search trees: what they found, and how some of them grew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from multisynth.report.intervals import wilson
from multisynth.report.picks import evenly
from multisynth.report.prose import Part, parts
from multisynth.report.svg import element, picture, text
from multisynth.report.tables import Account
from multisynth.report.words import excerpt
from multisynth.sample import Sample
from multisynth.store import Store

_SHOWN, _LOOKED, _NODES, _DEEP = 3, 24, 60, 24
_ACROSS, _DOWN, _TOP, _LEFT, _WORDS = 176.0, 30.0, 24.0, 16.0, 24
LEVELS = 5
"""Colours of values from 0 to 1, `v0` … `v4` in the style sheet."""


def level(value: float | None) -> int | None:
    """The colour of a value from 0 to 1; none where it is none."""
    return None if value is None or not np.isfinite(value) else int(min(max(value, 0.0) * LEVELS, LEVELS - 1))


@dataclass(frozen=True)
class Found:
    """What a stage's searches came to.

    Args:
        stage: Its name.
        trees: Problems searched.
        solved: Where a right answer was found.
        first: Where the first rollout was right.
        later: Where it was not, and a later one was.
        rollouts: In all.
        tokens: Written in all.
    """

    stage: str
    trees: int
    solved: int
    first: int
    later: int
    rollouts: int
    tokens: int

    @property
    def rates(self) -> list[tuple[str, int, float, tuple[float, float]]]:
        """How many were solved by the first rollout and by the whole search, with shares and intervals."""
        return [
            (name, n, n / self.trees, wilson(n, self.trees))
            for name, n in (("first rollout", self.first), ("whole search", self.solved))
        ]


@dataclass(frozen=True)
class TreeView:
    """A tree as shown."""

    id: str
    question: list[Part]
    facts: list[tuple[str, str]]
    drawing: Markup
    note: str


def searches(store: Store, accounts: Mapping[str, Account]) -> list[Found]:
    """Of every stage that searched: what another has only handed on would be chosen."""
    grown = [a for a in accounts.values() if a.kind == "tree" and a.outputs]
    made = [a for a in grown if not any(feed in accounts and accounts[feed].kind == "tree" for feed in a.feeds)]
    return [_found(store, account.name) for account in made]


def _found(store: Store, stage: str) -> Found:
    trees = solved = first = later = rollouts = tokens = 0
    for batch in store.table(stage).dataset.to_batches(columns=["nodes", "first_right", "rollouts", "tokens"]):
        right, began = _solved(batch["nodes"]), pc.fill_null(batch["first_right"], False)
        trees += batch.num_rows
        solved += pc.sum(right).as_py() or 0
        first += pc.sum(began).as_py() or 0
        later += pc.sum(pc.and_not(right, began)).as_py() or 0
        rollouts += pc.sum(batch["rollouts"]).as_py() or 0
        tokens += pc.sum(batch["tokens"]).as_py() or 0
    return Found(stage, trees, solved, first, later, rollouts, tokens)


def _solved(nodes: pa.Array) -> pa.Array:
    """Whether a tree has a leaf that is right."""
    right = pc.fill_null(pc.struct_field(pc.list_flatten(nodes), "right"), False)
    homes = pc.unique(pc.list_parent_indices(nodes).filter(right))
    return pc.is_in(pa.array(np.arange(len(nodes)), homes.type), homes)


def trees(store: Store, account: Account) -> Iterator[TreeView]:
    """A few trees of a table, those first that needed more than one rollout to find an answer."""
    looked = list(evenly(store.table(account.name), _LOOKED))
    for sample in sorted(looked, key=_rank)[:_SHOWN]:
        yield view(sample)


def _rank(sample: Sample) -> int:
    solved = any(node["right"] for node in sample["nodes"] or ())
    return 0 if solved and not sample["first_right"] else 1 if solved else 2


def view(sample: Sample) -> TreeView:
    """A tree for a reader."""
    nodes = [node for node in sample["nodes"] or () if isinstance(node["parent"], int)]
    right, ends = sum(bool(node["right"]) for node in nodes), sum(node["right"] is not None for node in nodes)
    facts = [
        ("answer", excerpt(sample["answer"] or "–", 80)), ("rollouts", str(sample["rollouts"])),
        ("first", "right" if sample["first_right"] else "wrong"), ("right ends", f"{right} of {ends}"),
        ("tokens", f"{sample['tokens'] or 0:,}"),
    ]  # fmt: skip
    kept = _kept(nodes)
    note = f"The {len(kept)} most visited of {len(nodes)} steps." if len(kept) < len(nodes) else ""
    return TreeView(sample.id, parts(sample["question"], 1200), facts, _drawing(nodes, kept), note)


def _kept(nodes: list[dict[str, Any]]) -> list[int]:
    """Places of the most visited nodes whose ancestors are kept too; places whose parent is no earlier one are not."""
    depth = [-1] * len(nodes)
    for place, node in enumerate(nodes):
        if place == 0 and node["parent"] < 0:
            depth[0] = 0
        elif 0 <= node["parent"] < place and depth[node["parent"]] >= 0:
            depth[place] = depth[node["parent"]] + 1
    whole = [place for place, deep in enumerate(depth) if 0 <= deep <= _DEEP]
    # a node is visited as often as any below it, so the most visited ones bear no gaps; the test below is for others
    ranked = sorted(whole, key=lambda place: (-(nodes[place]["visits"] or 0), depth[place], place))
    kept: set[int] = set()
    for place in ranked:
        if len(kept) < _NODES and (place == 0 or nodes[place]["parent"] in kept):
            kept.add(place)
    return sorted(kept)


def _drawing(nodes: list[dict[str, Any]], kept: list[int]) -> Markup:
    """From left to right by steps; the leaves of a node below each other, itself at the height of the first."""
    children: dict[int, list[int]] = {place: [] for place in kept}
    for place in kept[1:]:
        children[nodes[place]["parent"]].append(place)
    places, row, todo = dict[int, tuple[float, float]](), 0, [(kept[0], 0)] if kept else []
    while todo:
        place, deep = todo.pop()
        places[place] = (_LEFT + deep * _ACROSS, _TOP + row * _DOWN)
        todo += [(child, deep + 1) for child in reversed(children[place])]
        row += not children[place]
    width = max((x for x, _ in places.values()), default=0.0) + _ACROSS
    height = _TOP + max(row, 1) * _DOWN
    most = max([1, *(nodes[place]["visits"] or 0 for place in kept)])
    edges = [_edge(places[nodes[place]["parent"]], places[place], nodes[place], most) for place in kept[1:]]
    marks = [_node(*places[place], nodes[place], most) for place in kept]
    return picture(width, height, "Search tree", *edges, *marks, css="tree")


def _edge(start: tuple[float, float], end: tuple[float, float], node: dict[str, Any], most: int) -> Markup:
    (x1, y1), (x2, y2) = start, end
    d = f"M{x1:.1f} {y1:.1f}C{x1 + 26:.1f} {y1:.1f} {x1:.1f} {y2:.1f} {x1 + 30:.1f} {y2:.1f}L{x2:.1f} {y2:.1f}"
    share = (node["visits"] or 0) / most
    return element("path", d=d, class_="branch", stroke_width=1 + 4 * share**0.5)


def _node(x: float, y: float, node: dict[str, Any], most: int) -> Markup:
    visits, value, right = node["visits"] or 0, _number(node["value"]), node["right"]
    words = " ".join((node["text"] or "").split())
    verdict = "" if right is None else "right" if right else "wrong"
    said = f"{excerpt(words, 300) or 'the question'}\nvisits {visits:,}, value {value:.2f}"
    said += f", prior {_number(node['prior']):.3g}" + (f"\n{verdict}" if verdict else "")
    inside = [element("title", said)]
    if words:
        inside.append(text(x - _ACROSS + 34, y - 5, excerpt(words, _WORDS), "step"))
    inside.append(element("circle", cx=x, cy=y, r=4 + 4 * (visits / most) ** 0.5, class_=f"v{level(value)}"))
    inside.append(text(x + 11, y + 12, f"{visits} · {value:.2f}", "tick"))
    if verdict:
        inside.append(text(x + 11, y + 1, "✓ right" if right else "✗ wrong", f"verdict {verdict}"))
    return element("g", *inside)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else 0.0
