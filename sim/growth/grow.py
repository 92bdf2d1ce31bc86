"""A handful of demonstrations becomes as many as wanted, each in a world of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from multisynth import seeds
from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import EPISODE, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Needs, Reduce

from .. import engines
from ..choices import EngineName, artifacts
from ..play import Setting, diverged, play
from ..randomise import Randomisation, Randomise
from ..rebuild import view_of
from ..simulation import Simulation
from ..tasks import TASKS
from .demonstration import Demonstration, Segment, read
from .follow import Follow
from .selection import Select, Selection
from .subtasks import SUBTASKS

NUMBERS = pa.list_(pa.float64())
SKETCH = pa.schema(
    [
        ("problem", pa.string()),  # why it cannot be grown of, or null
        ("task", pa.string()),
        ("rate", pa.float64()),
        ("segments", pa.list_(pa.struct([(name, NUMBERS) for name in ("path", "opening", "frame", "held")]))),
    ]
)


class Grow(Reduce):
    """Grow episodes out of demonstrations, as MimicGen does (Mandlekar et al. 2023, arXiv 2310.17596).

    Each demonstration is cut into pieces about one object each. An attempt draws a new world, moves each piece to
    where its object is there, leads the hand from one to the next, and runs all that in the simulation; what achieves
    the task is kept. Each demonstration has its share of the episodes and makes attempts until it is reached; how
    many of them failed is on its row of the ledger.
    """

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    makes: ClassVar[Kind] = EPISODE
    needs: ClassVar[Needs] = Needs(batch_size=1)

    copies: int = Field(100, ge=1, description="Successful episodes for each demonstration.")
    attempts: int | None = Field(None, ge=1, description="For each demonstration at most; by default 4 × `copies`.")
    select: Select = Field(
        "nearest",
        description="Whose pieces are moved to the new scene: the demonstration's own, or for each that of a random "
        "one, or of one of the 3 whose object lay nearest to the new place.",
    )
    noise: float = Field(
        0.0, ge=0, le=0.02, description="Standard deviation of each coordinate of where the hand is sent, m."
    )
    randomise: Randomise = Field(Randomisation(), description="Terms of the new worlds, or a YAML file of them.")
    engine: EngineName = Field(default_factory=engines.default, description="Physics engine: pybullet or mujoco.")
    duration: float | None = Field(
        None, gt=0, le=60, description="Seconds after which an episode ends at the latest; by default the task's own."
    )

    def artifacts(self) -> Sequence[Artifact]:
        """The meshes of objects, where they are drawn; robots are among the demonstrations' ancestors.

        Raises:
            BadInput: The engine is not installed.
        """
        return artifacts(self.engine, (), self.randomise)

    def sketch(self, samples: Batch) -> pa.Table:
        """As `Reduce.sketch`: the demonstrations, cut up."""
        return pa.Table.from_pylist([_sketch(episode) for episode in samples], SKETCH)

    def resolve(self, sketches: pa.Table) -> dict[str, Demonstration | str]:
        """As `Reduce.resolve`: every demonstration by its id, or why it is none."""
        return {row["id"]: row["problem"] or _demonstration(row) for row in sketches.to_pylist()}

    def apply(self, samples: Batch, decision: dict[str, Demonstration | str]) -> Iterator[Sample | Drop]:
        """As `Reduce.apply`."""
        for episode in samples:
            own = decision[episode.id]
            if isinstance(own, str):
                yield Drop(episode, own)
                continue
            every = [
                one
                for one in decision.values()
                if isinstance(one, Demonstration) and (one.task, one.rate) == (own.task, own.rate)
            ]
            made, tried = 0, 0
            while made < self.copies and tried < (self.attempts or 4 * self.copies):
                grown = self._attempt(episode, own, every, tried)
                tried += 1
                if grown is not None:
                    made += 1
                    yield grown
            if made < tried:  # beside what succeeded, so that the ledger has the rate
                short = f", made {made} of {self.copies}" if made < self.copies else ""
                yield Drop(episode, f"attempts failed: {tried - made} of {tried}{short}")

    def _attempt(
        self, episode: Sample, own: Demonstration, every: Sequence[Demonstration], attempt: int
    ) -> Sample | None:
        """A new episode, or None where it does not succeed."""
        seed = int(self.rng(episode, f"attempt {attempt}").integers(2**64, dtype=np.uint64))
        stream = partial(seeds.rng, seed)
        selection = Selection(self.select, own, every, stream("growth selection"))

        def hand(simulation: Simulation) -> Follow:
            pieces = SUBTASKS[own.task]
            return Follow(simulation.trial, pieces, selection, 1 / own.rate, self.noise, stream("growth noise"))

        view = view_of(episode)
        setting = Setting(TASKS[own.task], self.randomise, self.engine, own.rate, view, self.duration)
        columns = play(setting, seed, hand)
        if not columns["success"] or diverged(columns) is not None:
            return None
        others = sorted(set(selection.chosen) - {own.id})
        return episode.child(
            EPISODE, parents=others, meta={"growth": {"attempt": attempt, "pieces": selection.chosen}}, **columns
        )


def _sketch(episode: Sample) -> dict[str, Any]:
    try:
        return {"problem": None, **asdict(read(episode), dict_factory=_flat)}
    except BadInput as error:
        return {"problem": f"nothing can be grown of it: {error.problem}; {error.remedy}"}
    except ValueError as error:
        return {"problem": f"nothing can be grown of it: {error}"}


def _flat(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value.ravel() if isinstance(value, np.ndarray) else value for name, value in items if name != "id"}


def _demonstration(row: dict[str, Any]) -> Demonstration:
    segments = tuple(
        Segment(
            np.reshape(segment["path"], (-1, 4, 4)),
            np.array(segment["opening"]),
            np.reshape(segment["frame"], (4, 4)),
            np.reshape(segment["held"], (4, 4)),
        )
        for segment in row["segments"]
    )
    return Demonstration(row["id"], row["task"], row["rate"], segments)
