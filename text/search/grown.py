"""Trees as samples have them: their answers, and the steps of those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from multisynth.sample import Sample

from .tree import lineage


@dataclass(frozen=True)
class Path:
    """An answer of a tree.

    Args:
        steps: Its steps; their concatenation is the answer, without white space around it.
        values: Of the state after each step.
        right: Whether it is right.
    """

    steps: tuple[str, ...]
    values: tuple[float, ...]
    right: bool

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(self.steps)

    @property
    def worth(self) -> float:
        """Mean value of its steps, by which rStar-Math ranks paths."""
        return sum(self.values) / len(self.values)


class Grown:
    """A tree that a search made."""

    def __init__(self, sample: Sample) -> None:
        self.nodes: list[dict[str, Any]] = list(sample["nodes"])
        self.children: list[list[int]] = [[] for _ in self.nodes]
        for place, node in enumerate(self.nodes):
            if node["parent"] >= 0:
                self.children[node["parent"]].append(place)

    def path(self, at: int) -> list[int]:
        """The places from the root's child down to a node."""
        return lineage(at, lambda place: int(self.nodes[place]["parent"]))

    def text(self, at: int) -> str:
        """What an answer says up to a node, with it."""
        return "".join(self.nodes[place]["text"] for place in self.path(at))

    def leaves(self, under: int = 0) -> Iterator[int]:
        """Where answers end, at or below a node; not those that were cut off."""
        waiting = [under]
        while waiting:
            at = waiting.pop()
            if self.nodes[at]["ends"]:
                yield at
            waiting += reversed(self.children[at])

    def answer(self, leaf: int) -> Path | None:
        """The answer that ends at a leaf; None if it is empty."""
        places = self.path(leaf)
        steps, values = [self.nodes[k]["text"] for k in places], [self.nodes[k]["value"] for k in places]
        while steps and not steps[0].strip():
            del steps[0], values[0]
        while steps and not steps[-1].strip():
            del steps[-1], values[-1]
        if not steps:
            return None
        steps[0], steps[-1] = steps[0].lstrip(), steps[-1].rstrip()
        values[-1] = float(self.nodes[leaf]["right"])  # the verdict on this answer, whatever else went on from there
        return Path(tuple(steps), tuple(values), bool(self.nodes[leaf]["right"]))
