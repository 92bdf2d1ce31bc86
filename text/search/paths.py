"""The answers of search trees, with the value of each step."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from multisynth.kinds import REASONING, TREE
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map

from ..distinct import way
from ..posed import posed
from .grown import Grown, Path


class Paths(Map):
    """Takes the verified answers out of search trees, also where the first rollout failed (`meta` says whether it did).

    Each has its steps, and of each step the mean reward of the rollouts through it (as Math-Shepherd, Wang et al. 2024,
    arXiv 2312.08935, estimates it). Those with the best mean value over their steps come first, as in rStar-Math; of
    right ones that reason alike, as `text.distinct` tells, that is the only one.
    """

    version = 2
    takes = (TREE,)
    makes = REASONING

    most: int = Field(
        4, ge=1, le=10_000, description="Right answers that reason differently, kept of a problem at most."
    )
    failed: int = Field(
        0, ge=0, le=10_000, description="Wrong answers kept of a problem at most, for process supervision."
    )

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Take the best of each tree."""
        for sample in samples:
            tree = Grown(sample)
            found: dict[str, Path] = {}
            for leaf in tree.leaves():
                path = tree.answer(leaf)
                if path is not None:
                    found.setdefault(" ".join(path.text.split()), path)
            ranked = sorted(found.values(), key=lambda path: -path.worth)
            right: dict[str, Path] = {}
            for path in ranked:
                if path.right:
                    right.setdefault(way(path.text), path)
            wrong = [path for path in ranked if not path.right]
            kept = [*list(right.values())[: self.most], *wrong[: self.failed]]
            if not kept:
                yield Drop(sample, f"no right answer: 0 of {sample['rollouts']} rollouts")
            for number, path in enumerate(kept):
                yield _reasoning(sample, number, path)


def _reasoning(tree: Sample, number: int, path: Path) -> Sample:
    meta = {**tree.meta, "right": path.right, "first_right": tree["first_right"], "rollouts": tree["rollouts"]}
    return tree.child(
        REASONING, meta=meta, completion=path.text, attempt=number, token_ids=[], steps=list(path.steps),
        values=list(path.values), model=tree["model"], **posed(tree),
    )  # fmt: skip
