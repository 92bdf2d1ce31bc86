"""Episodes ready to be written as transitions, each with its pictures, or with the reason why it cannot be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from multisynth.export.exporter import Table
from multisynth.export.forms import Form
from multisynth.export.pictures import Pictures, Shot
from multisynth.export.transitions import Transitions
from multisynth.sample import Sample

_AT_ONCE = 16


@dataclass(frozen=True)
class Demonstration:
    """An episode and what its steps look like.

    Args:
        episode: As the store has it.
        steps: N transitions.
        shots: N + 1 pictures of each camera.
        height, width: Of the pictures, px.
    """

    episode: Sample
    steps: Transitions
    shots: dict[str, Shot]
    height: int = 0
    width: int = 0


def demonstrations(
    samples: Table, forms: Collection[Form], pictures: Pictures | None
) -> Iterator[tuple[Sample, Form, Demonstration | str]]:
    """The episodes of some forms in the table's order, each with its content or with why it is left out."""
    wanted = (episode for episode in samples.samples(batch_size=_AT_ONCE) if Form.of(episode) in forms)
    if pictures is None:
        shown: Iterator[tuple[Sample, dict[str, Shot] | str]] = ((episode, {}) for episode in wanted)
    else:
        shown = pictures.beside(wanted)
    for episode, shots in shown:
        if len(episode["times"]) < 2:
            yield episode, Form.of(episode), f"it has {len(episode['times'])} steps, and a transition takes two"
        elif isinstance(shots, str):
            yield episode, Form.of(episode), shots
        else:
            size = (pictures.height, pictures.width) if pictures else (0, 0)
            yield episode, Form.of(episode), Demonstration(episode, Transitions.of(episode), shots, *size)
