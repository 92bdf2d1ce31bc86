"""Monte Carlo tree search for right answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from pydantic import Field

from multisynth.errors import Hopeless
from multisynth.kinds import PROBLEM, TREE
from multisynth.sample import Drop, Sample
from multisynth.serving import Completion
from multisynth.serving.asking import Ask

from ..posed import posed
from ..solving import Solving
from ..verifiers.answers.stated import first_stated
from .steps import read
from .tree import Leaf, Tree, shares


class Search(Solving):
    """Searches each problem's answers by Monte Carlo tree search over their steps, a line or a sentence each.

    A rollout goes on from a step to the end of the answer; the verifier's verdict is its reward, backed up through all
    its steps. With the log-probabilities of a rollout come the likeliest other tokens at each of its places: those are
    the beginnings of sibling steps, with the probabilities of the sampling as priors, and PUCT (Silver et al. 2017;
    rStar-Math, Guan et al. 2025, arXiv 2501.04519) chooses which of them the next rollout goes on from. So rollouts
    differ (but for the rare text that other tokens spell as well), and what they share is written once. While none is
    right, they spread over the beginnings as samples would, without their repetitions. Nothing branches where an
    answer is stated after reasoning: another number put there would be a guess, and its reward says nothing of the
    steps before.

    Rollouts are made in waves of fixed size, with virtual loss within a wave, so that the tree depends neither on the
    order in which answers come nor on what else is asked.
    """

    version = 5
    takes = (PROBLEM,)
    makes = TREE

    rollouts: int = Field(32, ge=1, le=100_000, description="Answers to simulate for each problem at most.")
    tokens: int = Field(0, ge=0, description="No further wave is begun once so many tokens are written; 0: no limit.")
    enough: int = Field(0, ge=0, description="No further wave is begun once so many answers are right; 0: no limit.")
    wave: int = Field(4, ge=1, le=256, description="Rollouts of one tree that run at once.")
    width: int = Field(16, ge=1, le=256, description="Untried steps kept beside each other: the likeliest.")
    alternatives: int = Field(8, ge=2, le=20, description="Likeliest tokens among which rollouts sample and branch.")
    c_puct: float = Field(1.0, gt=0, le=100, description="Weight of the prior and of few visits against the value.")
    widening: float = Field(
        2.0, gt=0, le=100, description="Steps that follow a step at most, for each unit of the root of its visits."
    )
    max_tokens: int = Field(128, ge=1, le=32768, description="Tokens that a whole answer may have.")

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Grow the tree of one problem; its `meta` says after how many tokens the first right answer was there."""
        tree = Tree(self.c_puct, self.widening, self.width)
        count = written = read_tokens = right = 0
        first_right, right_after = False, None
        while count < self.rollouts and not (self.tokens and written >= self.tokens):
            if self.temperature > 0 and not any(node.text for node in tree.nodes) and not tree.nodes[0].free:
                tree.sow()  # the model ended at once, which gives nothing to branch from
            # The first rollout is alone: until it has come, there is nothing to branch from.
            size = min(self.wave if count else 1, self.rollouts - count)
            leaves = [leaf for _ in range(size) if (leaf := tree.select()) is not None]
            if not leaves:
                break
            written_now = await asyncio.gather(
                *(self._rollout(sample, ask, tree, leaf, count + k) for k, leaf in enumerate(leaves))
            )
            for leaf, (completion, verdict) in zip(leaves, written_now, strict=True):
                until = _reasoned(tree.prefix(leaf), completion.text)
                last = tree.expand(leaf, read(leaf.bud, completion, self.form.ends, until, self.temperature or 1.0))
                tree.backup(leaf, last, right=verdict, ends=completion.finish == "stop")
                first_right = verdict if count == 0 else first_right
                count, right = count + 1, right + verdict
                written, read_tokens = written + completion.generated, read_tokens + completion.prompt_tokens
            if right and right_after is None:
                right_after = written
            if self.enough and right >= self.enough:
                break
        meta = {**sample.meta, "tokens_read": read_tokens, "right_rollouts": right, "right_after": right_after}
        return [
            sample.child(
                TREE, meta=meta, nodes=_nodes(tree), rollouts=count, first_right=first_right, tokens=written,
                model=self.asked, **posed(sample),
            )
        ]  # fmt: skip

    async def _rollout(self, sample: Sample, ask: Ask, tree: Tree, leaf: Leaf, number: int) -> tuple[Completion, bool]:
        """What the model makes of a leaf, and whether that is a right answer; one that was cut off is none."""
        prefix = tree.prefix(leaf)
        completion = await ask(
            self.question(
                sample, f"rollout {number}", prefix=prefix, max_tokens=max(1, self.max_tokens - leaf.bud.length),
                logprobs=True, alternatives=self.alternatives, top_k=self.top_k or self.alternatives,
            )
        )  # fmt: skip
        if completion.logprobs is None or completion.alternatives is None:
            raise Hopeless(
                f"{self.asked} gives no alternatives of its tokens",
                "search with a model on vllm or transformers, or an endpoint that gives `top_logprobs`",
            )
        return completion, (await self.judged(sample, completion, prefix)).sound


def _reasoned(before: str, written: str) -> int | None:
    """Characters of what was written until it states an answer; None where nothing precedes that, or it states none."""
    start = first_stated(before + written)
    return start - len(before) if start is not None and (before + written)[:start].strip() else None


def _nodes(tree: Tree) -> list[dict[str, Any]]:
    """As the kind has them: a node's prior is its share among the children of its parent."""
    priors = [1.0] * len(tree.nodes)
    for node in tree.nodes:
        among = shares([tree.nodes[child].logprob for child in node.children])
        for child, share in zip(node.children, among, strict=True):
            priors[child] = share
    return [
        {
            "parent": node.parent, "text": node.text, "prior": priors[at], "visits": node.visits,
            "value": node.value, "ends": node.ends, "right": node.right,
        }
        for at, node in enumerate(tree.nodes)
    ]  # fmt: skip
