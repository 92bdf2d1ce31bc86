"""Episodes sorted into sets of one form: formats that hold one environment each write a file a set."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from multisynth.errors import BadInput, nearest
from multisynth.export.exporter import Table
from multisynth.sample import Sample

COLUMNS = ("task", "robot", "engine", "rate", "state_names", "action_names")


@dataclass(frozen=True)
class Form:
    """What the episodes of a set have in common.

    Args:
        engine: Without its version.
        rate: Control steps a second, Hz.
        states, actions: Names with units.
    """

    task: str
    robot: str
    engine: str
    rate: float
    states: tuple[str, ...]
    actions: tuple[str, ...]

    @classmethod
    def of(cls, episode: Sample) -> Form:
        """The form of an episode, which needs `COLUMNS`."""
        return cls(
            episode["task"],
            episode["robot"],
            episode["engine"].split()[0],
            episode["rate"],
            tuple(episode["state_names"]),
            tuple(episode["action_names"]),
        )

    @property
    def name(self) -> tuple[str, str]:
        """Robot and task, and engine, in letters that file names and Minari's ids take."""
        return f"{self.robot}-{self.task}".replace("_", "-"), self.engine.replace("_", "-")


def survey(samples: Table, tasks: Collection[str]) -> dict[Form, set[str]]:
    """The forms of a table's episodes, each with the versions of its engine, in the order of first appearance.

    Args:
        samples: Episodes.
        tasks: Names of the tasks to look at; all if empty.

    Raises:
        BadInput: There is no episode, none of one of the tasks, or two forms would have one name.
    """
    forms: dict[Form, set[str]] = {}
    present = set()
    for episode in samples.samples(COLUMNS, batch_size=1024):
        present.add(episode["task"])
        if not tasks or episode["task"] in tasks:
            forms.setdefault(Form.of(episode), set()).add(episode["engine"])
    for task in tasks:
        if task not in present:
            raise BadInput(f"`{samples.name}` has no episode of task `{task}`", nearest(task, sorted(present)), "tasks")
    if not forms:
        raise BadInput(f"`{samples.name}` has no episodes", "see its ledger for the reasons")
    named: dict[tuple[str, str], Form] = {}
    for form in forms:
        other = named.setdefault(form.name, form)
        if other != form:
            raise BadInput(
                f"episodes of `{form.task}` in `{samples.name}` differ in form: "
                + " and ".join(
                    f"{len(f.states)} states, {len(f.actions)} actions, {f.rate:g} Hz" for f in (other, form)
                ),
                "roll them out with one rate and one robot, or in stages of their own",
            )
    return forms
