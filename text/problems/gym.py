"""Any of reasoning-gym's procedural sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import Field, JsonValue, PrivateAttr

from multisynth.artifact import Artifact
from multisynth.errors import BadInput, nearest
from multisynth.kinds import PROBLEM
from multisynth.sample import Drop, Sample
from multisynth.stage import Needs, Source

from ..verifiers.gym_process import Entry, GymProcess
from .draws import Asked, Draws, NoMore
from .parts import HELD_OUT, Part, unordered


class Gym(Source):
    """Problems of one of reasoning-gym's procedural sets (Stojanovski et al. 2025, arXiv 2505.24760).

    The set's own scorer judges the answers. Problems of one stage are all different: a question that came before is
    passed over. Where the set has no more, the ordinals that are left are dropped, and the ledger says how many it
    gave. Which questions are held out is the same for every run, seed and options, so stages of each part share none,
    nor one and its mirror, whose sums, products and lists are in another order.
    """

    version = 3
    needs: ClassVar[Needs] = Needs(concurrency=1)  # every worker would have to draw all that came before
    extent: ClassVar[str] = "problems"
    makes = PROBLEM

    problems: int = Field(100, ge=1, le=1_000_000, description="How many problems.")
    set: str = Field(
        "chain_sum", pattern=r"^[a-z0-9_]{1,64}$", description="Name of the set, such as leg_counting or countdown."
    )
    options: dict[str, JsonValue] = Field(default_factory=dict, description="Of the set, such as `{min_terms: 2}`.")
    part: Part = Field(
        "train", description=f"Which questions: one in {HELD_OUT} is held out, the others are for training."
    )
    license: str = Field("Apache-2.0", description="SPDX identifier given to what is made.")

    _gym: GymProcess | None = PrivateAttr(None)
    _draws: Draws = PrivateAttr()

    def artifacts(self) -> Sequence[Artifact]:
        """None; the set and its options are tried."""
        gym = GymProcess()
        try:
            if self.set not in (sets := gym.sets()):
                raise BadInput(f"reasoning-gym has no set `{self.set}`", nearest(self.set, sets))
            if wrong := gym.fault(self.set, self.options):
                raise BadInput(f"options of reasoning-gym's `{self.set}`: {wrong}", "see the library's documentation")
        finally:
            gym.close()
        return ()

    def open(self) -> None:
        """Have the library ready; it starts with the first problem."""
        self._gym = GymProcess()
        self._draws = Draws(self._asked, self.part)

    def close(self) -> None:
        """End the library's process."""
        if self._gym is not None:
            self._gym.close()
            self._gym = None

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample | Drop]:
        """Make the problems of these ordinals."""
        for ordinal in ordinals:
            try:
                draw = self._draws[ordinal]
            except NoMore as told:
                yield Drop(ordinal, f"no new problem: the set gave {told}")
                continue
            made = self._make(draw)
            yield Sample(
                PROBLEM,
                ordinal,
                license=self.license,
                question=made.question,
                answer=made.answer,
                domain=f"{made.category}/{self.set}",
                verifier="gym",
                check=json.dumps(made.check, sort_keys=True),
            )

    def _asked(self, draw: int) -> Asked | None:
        try:
            question = self._make(draw).question
        except TimeoutError:
            return None
        return Asked(question, unordered(question))

    def _make(self, draw: int) -> Entry:
        """The problem of a draw, of whichever part."""
        assert self._gym is not None
        block, index = divmod(draw, self._gym.block)
        seed = int(self.rng(block, "seed of a block").integers(2**31))
        return self._gym.make(self.set, self.options, seed, index)
