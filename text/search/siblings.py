"""Better and worse steps from the same place of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from multisynth.kinds import PREFERENCE, TREE
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map

from .grown import Grown

_ESTIMATE = 4
"""Rollouts through a step from which its value is told: one alone is all or nothing."""


@dataclass(frozen=True)
class _Pair:
    parent: int
    better: int
    worse: int
    margin: float


class Siblings(Map):
    """Pairs steps of search trees that follow the same steps and differ in value (rStar-Math; Step-DPO, 2406.18629).

    The prompt ends with the steps that both follow, as the beginning of the assistant's answer; chosen and rejected go
    on from there. Each place of an answer gives one pair: its best step, and of those that are worse by the margin the
    most visited.
    """

    version = 2
    takes = (TREE,)
    makes = PREFERENCE

    margin: float = Field(0.5, gt=0, le=1, description="Difference of value at least.")
    visits: int | None = Field(
        None, ge=1, le=100_000,
        description="Rollouts through either step at least; by default 1 where both go on to an answer, whose verdict "
        f"is known, and {_ESTIMATE} for single steps, which are as good as what follows from them.",
    )  # fmt: skip
    most: int = Field(4, ge=1, le=10_000, description="Pairs of a problem at most, those with the largest margins.")
    whole: bool = Field(
        True,
        description="Whether both go on to the end of a right and a wrong answer; else they are single steps, which "
        "`text.dpo` learns without an end after them, and TRL cannot.",
    )

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Take the pairs of each tree."""
        for sample in samples:
            tree = Grown(sample)
            pairs = sorted(self._pairs(tree), key=lambda pair: -pair.margin)
            made = [one for pair in pairs if (one := self._preference(sample, tree, pair)) is not None]
            if not made:
                values = [node["value"] for node in tree.nodes[1:]] or [0.0]
                yield Drop(sample, f"no step is better than its sibling by the margin: {min(values)} to {max(values)}")
            yield from made[: self.most]

    def _pairs(self, tree: Grown) -> Iterator[_Pair]:
        least = self.visits or (1 if self.whole else _ESTIMATE)
        for parent, children in enumerate(tree.children):
            known = [child for child in children if tree.nodes[child]["visits"] >= least]
            best = max(known, key=lambda child: (tree.nodes[child]["value"], tree.nodes[child]["visits"]), default=-1)
            high = tree.nodes[best]["value"] if known else 0.0
            worse = [child for child in known if high - tree.nodes[child]["value"] >= self.margin]
            if worse:
                worst = max(worse, key=lambda child: (tree.nodes[child]["visits"], -tree.nodes[child]["value"]))
                yield _Pair(parent, best, worst, high - tree.nodes[worst]["value"])

    def _preference(self, sample: Sample, tree: Grown, pair: _Pair) -> Sample | None:
        chosen, rejected = (self._text(tree, step, right) for step, right in ((pair.better, True), (pair.worse, False)))
        before = tree.text(pair.parent).lstrip()
        if not before:
            chosen, rejected = chosen.lstrip(), rejected.lstrip()
        if not chosen or not rejected or chosen == rejected:
            return None
        prompt = [{"role": "user", "content": sample["question"]}]
        if before:
            prompt.append({"role": "assistant", "content": before})
        better, worse = tree.nodes[pair.better], tree.nodes[pair.worse]
        return sample.child(
            PREFERENCE, prompt=prompt, chosen=chosen, rejected=rejected, domain=sample["domain"], margin=pair.margin,
            judge="search", model=sample["model"],
            meta={
                **sample.meta, "steps_before": len(tree.path(pair.parent)), "whole": self.whole,
                "values": [better["value"], worse["value"]], "visits": [better["visits"], worse["visits"]],
            },
        )  # fmt: skip

    def _text(self, tree: Grown, step: int, right: bool) -> str:
        """What follows the steps before: the step, with `whole` to the end of its best or most visited answer."""
        if not self.whole:
            return str(tree.nodes[step]["text"]).rstrip("\n")
        leaves = [leaf for leaf in tree.leaves(step) if tree.nodes[leaf]["right"] == right]
        if not leaves:
            return ""
        leaf = max(leaves, key=lambda at: (_worth(tree, at) if right else 0.0, tree.nodes[at]["visits"]))
        return tree.text(leaf)[len(tree.text(tree.nodes[step]["parent"])) :].rstrip()


def _worth(tree: Grown, leaf: int) -> float:
    path = tree.answer(leaf)
    return 0.0 if path is None else path.worth
