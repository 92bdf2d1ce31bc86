"""A search tree over the steps of an answer: select, expand, back up. No model and no verifier is known here.

A rollout is written from a bud to the end of the answer, and all its steps join the tree: nothing that was written is
thrown away. So each rollout passes from the root to a leaf, and a node's visits are the sum of its children's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .steps import SEED, Bud, Step


@dataclass
class Node:
    """A step of an answer, after those of its ancestors.

    Args:
        parent: Place of its parent; -1 for the root.
        text: The step.
        logprob: Of the step as rollouts are sampled, after its ancestors, in nats.
        visits: Rollouts through it that are backed up.
        total: Sum of their rewards.
        pending: Rollouts through it that are being written.
        right: What the verifier said of the answer that ends with it; None where none does.
        ends: Whether the model ended its answer with it.
        children: Places of the steps that follow.
        buds: Steps that may follow, by how they begin.
        taken: Beginnings that were buds and were selected.
        opening: Buds of it that are being written.
        free: Buds at and below it.
    """

    parent: int
    text: str
    logprob: float
    visits: int = 0
    total: float = 0.0
    pending: int = 0
    right: bool | None = None
    ends: bool = False
    children: list[int] = field(default_factory=list)
    buds: dict[str, Bud] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    opening: int = 0
    free: int = 0

    @property
    def value(self) -> float:
        """Mean reward of the rollouts through it; 0 where there are none."""
        return self.total / self.visits if self.visits else 0.0


@dataclass(frozen=True)
class Leaf:
    """A bud that was selected.

    Args:
        node: The node that it grows from.
        bud: The bud.
    """

    node: int
    bud: Bud


class Tree:
    """The tree; its root is the question, and bears one bud.

    Args:
        c_puct: Weight of exploration.
        widening: A node opens a bud only while it has fewer children than this times the root of its visits
            (progressive widening, Coulom 2007), or none that leads on; so the search gets deep as well as broad.
        width: Buds that a node bears at once, the likeliest.
    """

    def __init__(self, c_puct: float = 1.0, widening: float = 2.0, width: int = 16) -> None:
        self._c, self._widening, self._width = c_puct, widening, width
        self.nodes = [Node(-1, "", 0.0, buds={"": SEED}, free=1)]

    def select(self) -> Leaf | None:
        """Take the bud that PUCT leads to (Silver et al. 2017); until its rollout is backed up it counts as lost.

        A child scores `Q + c P sqrt(sum N) / (1 + N)`, where rollouts under way count in N with reward 0, and P is its
        prior among its siblings and the buds beside it; a bud has Q = N = 0.

        Returns:
            None where no bud is left, or all are being written.
        """
        at = 0
        if not self.nodes[0].free:
            return None
        while True:
            self.nodes[at].pending += 1
            self.nodes[at].free -= 1
            chosen = self._best(at)
            if isinstance(chosen, Bud):
                del self.nodes[at].buds[chosen.text]
                self.nodes[at].taken.add(chosen.text)
                self.nodes[at].opening += 1
                return Leaf(at, chosen)
            at = chosen

    def _best(self, at: int) -> int | Bud:
        node = self.nodes[at]
        priors = self.priors(at)
        tried = node.visits + node.pending - 1  # without the rollout that is being selected
        leads_on = any(self.nodes[child].free for child in node.children)
        wide = len(node.children) + node.opening >= self._widening * math.sqrt(tried)
        best: tuple[float, int | Bud] | None = None
        candidates: list[int | Bud] = [*node.children, *node.buds.values()]
        for place, candidate in enumerate(candidates):
            visits, value = 0, 0.0
            if isinstance(candidate, int):
                child = self.nodes[candidate]
                if not child.free:
                    continue
                visits = child.visits + child.pending
                value = child.total / visits if visits else 0.0
            elif wide and leads_on:
                break
            score = value + self._c * priors[place] * math.sqrt(tried) / (1 + visits)
            if best is None or score > best[0]:
                best = score, candidate
        assert best is not None
        return best[1]

    def priors(self, at: int) -> list[float]:
        """Of a node's children, then of its buds: how often a rollout would have gone there, among each other."""
        node = self.nodes[at]
        return shares([*(self.nodes[k].logprob for k in node.children), *(bud.logprob for bud in node.buds.values())])

    def prefix(self, leaf: Leaf) -> str:
        """What an answer begins with that grows from a leaf."""
        return "".join(self.nodes[place].text for place in self.path(leaf.node)) + leaf.bud.text

    def path(self, at: int) -> list[int]:
        """The places from the root's child down to a node."""
        return lineage(at, lambda place: self.nodes[place].parent)

    def expand(self, leaf: Leaf, steps: Sequence[Step]) -> int:
        """Let a rollout's steps grow from its leaf; those that are there already are not added again.

        Returns:
            The place of its last step.
        """
        at = leaf.node
        self.nodes[at].opening -= 1
        for step in steps:
            self._bear(at, step.buds)
            found = next((child for child in self.nodes[at].children if self.nodes[child].text == step.text), None)
            if found is None:
                found = len(self.nodes)
                self.nodes.append(Node(at, step.text, step.logprob))
                self.nodes[at].children.append(found)
            at = found
        return at

    def sow(self) -> None:
        """Give the root its first bud again, for when nothing grew from it."""
        self.nodes[0].buds[SEED.text] = SEED
        self.nodes[0].free += 1

    def _bear(self, at: int, buds: Sequence[Bud]) -> None:
        node = self.nodes[at]
        before = len(node.buds)
        known = {*node.buds, *node.taken, *(self.nodes[child].text for child in node.children)}
        fresh = {bud.text: bud for bud in buds if bud.text not in known}
        likeliest = sorted([*node.buds.values(), *fresh.values()], key=lambda bud: -bud.logprob)[: self._width]
        node.buds = {bud.text: bud for bud in likeliest}
        for place in [0, *self.path(at)]:
            self.nodes[place].free += len(node.buds) - before

    def backup(self, leaf: Leaf, last: int, *, right: bool, ends: bool) -> None:
        """Count a rollout's verdict in all nodes that it passed.

        Args:
            leaf: Where it was selected.
            last: Its last step.
            right: The verdict, which is the reward.
            ends: Whether the model ended its answer there.
        """
        for place in [0, *self.path(leaf.node)]:
            self.nodes[place].pending -= 1
        for place in [0, *self.path(last)]:
            self.nodes[place].visits += 1
            self.nodes[place].total += right
        if ends:
            self.nodes[last].ends, self.nodes[last].right = True, right


def lineage(at: int, parent: Callable[[int], int]) -> list[int]:
    """The places from the root's child down to a node; the root is place 0."""
    places: list[int] = []
    while at > 0:
        places.append(at)
        at = parent(at)
    return places[::-1]


def shares(logprobs: Sequence[float]) -> list[float]:
    """Probabilities that sum to 1."""
    highest = max(logprobs, default=0.0)
    weights = [math.exp(logprob - highest) for logprob in logprobs]
    return [weight / sum(weights) for weight in weights]
