"""Episodes as Minari data sets (https://minari.farama.org), HDF5 with images as they are.

    NAMESPACE/ROBOT-TASK/ENGINE-v0/data/{main_data.hdf5, metadata.json}   lineage.jsonl

Minari's own writer gives images as JPEG or without any compression; here they are compressed without loss, a chunk a
picture, which its reader takes as well. `metadata.json` is written by Minari itself.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

from multisynth.errors import BadInput
from multisynth.export.demonstrations import Demonstration, demonstrations
from multisynth.export.environment import Environment, environment_of
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.forms import Form, survey
from multisynth.export.hdf5 import set_attributes, write_pictures
from multisynth.export.pictures import Pictures
from multisynth.export.provenance import provenance
from multisynth.export.strict_json import dumps
from multisynth.kinds import EPISODE, Kind

if TYPE_CHECKING:
    import h5py
    from gymnasium import Space

_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9_-]*[a-z0-9]")


class Minari(Exporter):
    """Write a Minari data set for each robot, task and engine; the folder is a root of data sets.

    ```python
    os.environ["MINARI_DATASETS_PATH"] = "RUN/exports/NAME"
    dataset = minari.load_dataset("multisynth/panda-push/pybullet-v0")
    ```

    `recover_environment()` makes the environment with the engine and the rate of the recording; when that is reset with
    the `options` that an episode's metadata has, the episode's actions make it happen again. The observation after
    the last action is not known, so an episode of T steps gives T - 1 steps and T observations. No episode ends by
    itself: `terminations` are false, the last of `truncations` is true, and `infos["success"]` tells whether the task
    stood achieved after each step. An episode's metadata holds what it takes to tell where it came from and to replay
    it: the sample's id, seed, drawn parameters, scene, engine, event log, success. `lineage.jsonl` names each episode's
    sample, and says why others were left out.
    """

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    reads: ClassVar[tuple[str, ...]] = ("images",)

    tasks: tuple[str, ...] = Field((), description="Names of the tasks to write; all by default.")
    images: str | None = Field(
        None, description="Stage whose frames, as they are, or clips, as they decode, are observed at each step."
    )
    depth: bool = Field(False, description="Whether the depth of those frames or clips is observed as well.")
    namespace: str = Field("multisynth", description="First part of the data sets' names.")

    @field_validator("namespace")
    @classmethod
    def _plain(cls, namespace: str) -> str:
        if not _NAMESPACE.fullmatch(namespace):
            raise ValueError(f"a namespace is lower-case letters, digits, _ and -, not {namespace!r}")
        return namespace

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the data sets; returns how many episodes they have together."""
        if find_spec("minari") is None:
            raise BadInput("Minari's data sets are written with Minari, which is not installed", "pip install minari")
        forms = survey(samples, self.tasks)
        pictures = Pictures(run.table(self.images), run) if self.images else None
        if self.depth and not pictures:
            raise BadInput("depth is that of `images`, and there are none", "name a stage in `images`", "depth")
        with ExitStack() as stack, (folder / "lineage.jsonl").open("w", encoding="utf-8") as lineage:
            sets = {
                form: stack.enter_context(_DataSet.create(form, engines, folder, self, pictures))
                for form, engines in forms.items()
            }
            for episode, form, content in demonstrations(samples, forms, pictures):
                entry: dict[str, Any] = {"id": episode.id, "license": episode["license"]}
                if isinstance(content, str):
                    entry["left_out"] = content
                else:
                    entry |= {"dataset": sets[form].name, "episode": sets[form].episodes}
                    sets[form].add(content)
                lineage.write(dumps(entry) + "\n")
        written = sum(data.episodes for data in sets.values())
        if not written:
            raise BadInput(f"nothing of `{samples.name}` can be written: {entry['left_out']}")
        return written


@dataclass
class _DataSet:
    """One data set that is being written."""

    name: str
    folder: Path
    file: h5py.File
    cameras: tuple[str, ...]
    depth: bool
    episodes: int = 0
    steps: int = 0

    @classmethod
    def create(cls, form: Form, engines: set[str], root: Path, options: Minari, pictures: Pictures | None) -> _DataSet:
        """An empty one."""
        import h5py
        from minari.dataset.minari_storage import MinariStorage

        name = "/".join((options.namespace, *form.name)) + "-v0"
        folder = root / name / "data"
        folder.mkdir(parents=True)
        for parent in folder.parents[1:]:
            if parent == root:
                break
            (parent / "namespace_metadata.json").write_text("{}")
        environment = environment_of(form, pictures, options.depth)
        observations, actions = environment.spaces or _unbounded(form, pictures, options.depth)
        storage = MinariStorage.new(
            folder,
            observation_space=observations,
            action_space=actions,
            env_spec=environment.spec,
            jpeg_encoding=False,
        )
        storage.update_metadata({
            "dataset_id": name,
            "minari_version": version("minari"),
            "description": _description(form, environment),
            "requirements": sorted("==".join(engine.split()) for engine in engines) if len(engines) == 1 else [],
            "state_names": list(form.states),
            "action_names": list(form.actions),
        })  # fmt: skip
        file = h5py.File(folder / "main_data.hdf5", "w", track_order=True)
        return cls(name, folder, file, pictures.cameras if pictures else (), options.depth)

    def add(self, demonstration: Demonstration) -> None:
        """Add an episode."""
        length, steps = len(demonstration.steps), demonstration.steps
        group = self.file.create_group(f"episode_{self.episodes}")
        told = provenance(demonstration.episode)
        set_attributes(group, {"id": self.episodes, "total_steps": length, **told})
        group.attrs["options/parameters"] = told["parameters"]  # as Minari keeps the options of `reset`
        if demonstration.shots:
            observations = group.create_group("observations")
            observations["state"] = steps.observations
            for camera, shot in demonstration.shots.items():
                name = _suffix(camera, self.cameras)
                shape = (length + 1, demonstration.height, demonstration.width)
                write_pictures(observations, f"rgb{name}", shot.rgb(), (*shape, 3), "uint8")
                if self.depth:
                    write_pictures(observations, f"depth{name}", shot.depth(), shape, "float32")
        else:
            group["observations"] = steps.observations
        group["actions"] = steps.actions
        group["rewards"] = steps.rewards
        group["terminations"] = np.zeros(length, bool)
        group["truncations"] = np.arange(length) == length - 1
        group["infos/success"] = steps.successes
        self.episodes += 1
        self.steps += length

    def __enter__(self) -> _DataSet:
        return self

    def __exit__(self, *failure: object) -> None:
        from minari.dataset.minari_storage import MinariStorage

        self.file.close()
        storage = MinariStorage.read(self.folder)
        size = float(storage.get_size())
        storage.update_metadata({"total_episodes": self.episodes, "total_steps": self.steps, "dataset_size": size})


def _unbounded(form: Form, pictures: Pictures | None, depth: bool) -> tuple[Space[Any], Space[Any]]:
    """Spaces of observations and of actions where nobody knows their bounds."""
    from gymnasium.spaces import Box, Dict

    state = Box(-np.inf, np.inf, (len(form.states),), np.float32)
    actions = Box(-np.inf, np.inf, (len(form.actions),), np.float32)
    if pictures is None:
        return state, actions
    spaces: dict[str, Space[Any]] = {"state": state}
    size = pictures.height, pictures.width
    for name in (_suffix(camera, pictures.cameras) for camera in pictures.cameras):
        spaces[f"rgb{name}"] = Box(0, 255, (*size, 3), np.uint8)
        if depth:
            spaces[f"depth{name}"] = Box(0, np.inf, size, np.float32)
    return Dict(spaces), actions


def _suffix(camera: str, cameras: tuple[str, ...]) -> str:
    """Cameras are told apart where there are several."""
    return f".{camera}" if len(cameras) > 1 else ""


def _description(form: Form, environment: Environment) -> str:
    made = environment.missing or f"made in {environment.name}"
    return (
        f"Synthetic episodes of a {form.robot} that does `{form.task}` in {form.engine} at {form.rate:g} control steps "
        f"a second; {made}. Units are in state_names and action_names; each episode's metadata says which sample, of "
        "which seed, parameters and scene, it is."
    )
