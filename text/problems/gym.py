"""Any of reasoning-gym's procedural sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import Field, JsonValue, PrivateAttr

from multisynth.artifact import Artifact
from multisynth.errors import BadInput, nearest
from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.stage import Source

from ..verifiers.gym_process import GymProcess


class Gym(Source):
    """Problems of one of reasoning-gym's procedural sets (Stojanovski et al. 2025, arXiv 2505.24760).

    The set's own scorer judges the answers. Two stages of other names make other problems, so one of them can be held
    out; small sets repeat themselves.
    """

    extent: ClassVar[str] = "problems"
    makes = PROBLEM

    problems: int = Field(100, ge=1, le=10_000_000, description="How many problems.")
    set: str = Field(
        "chain_sum", pattern=r"^[a-z0-9_]{1,64}$", description="Name of the set, such as leg_counting or countdown."
    )
    options: dict[str, JsonValue] = Field(default_factory=dict, description="Of the set, such as `{min_terms: 2}`.")
    license: str = Field("Apache-2.0", description="SPDX identifier given to what is made.")

    _gym: GymProcess | None = PrivateAttr(None)

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

    def close(self) -> None:
        """End the library's process."""
        if self._gym is not None:
            self._gym.close()
            self._gym = None

    def generate(self, ordinals: Sequence[int]) -> Iterator[Sample]:
        """Make the problems of these ordinals."""
        assert self._gym is not None
        for ordinal in ordinals:
            block, index = divmod(ordinal, self._gym.block)
            seed = int(self.rng(block, "seed of a block").integers(2**31))
            made = self._gym.make(self.set, self.options, seed, index)
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
