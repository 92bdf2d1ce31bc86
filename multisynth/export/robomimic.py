"""Demonstrations in HDF5 as robomimic reads them (https://robomimic.github.io/docs/datasets/overview.html)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from multisynth.errors import BadInput
from multisynth.export.demonstrations import Demonstration, demonstrations
from multisynth.export.environment import environment_of
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.forms import Form, survey
from multisynth.export.hdf5 import set_attributes, write_pictures
from multisynth.export.pictures import Pictures
from multisynth.export.provenance import provenance
from multisynth.export.strict_json import dumps
from multisynth.kinds import EPISODE, Kind

if TYPE_CHECKING:
    import h5py

GYM = 2
"""What robomimic calls a Gymnasium environment (`robomimic.envs.env_base.EnvType.GYM_TYPE`)."""


class Robomimic(Exporter):
    """Write a file `ROBOT-TASK-ENGINE.hdf5` for each robot, task and engine.

    `data/demo_N` holds `actions`, `rewards`, `dones` (1 at the end), `successes` (after each step), `states` (x, y, z
    in m and w, x, y, z of each moving part), and `obs` and `next_obs` with `state` and, with `images`, `CAMERA_image`
    and `CAMERA_depth`. The observation after the last action is not known, so an episode of T steps gives T - 1
    samples. Attributes of a demonstration hold what it takes to tell where it came from and to replay it: the sample's
    id, seed, drawn parameters, scene, engine, event log, success. `mask` has filter keys: `train` and `valid`, and the
    same of `success` alone. `lineage.jsonl` names each demonstration's sample, and says why others were left out.

    robomimic's policies act within -1 … 1: with `normalise`, actions are scaled there from the environment's bounds,
    which `data` has in its attributes `action_low` and `action_high`; the environment of `env_args` takes them so.
    """

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    reads: ClassVar[tuple[str, ...]] = ("images",)

    tasks: tuple[str, ...] = Field((), description="Names of the tasks to write; all by default.")
    images: str | None = Field(
        None, description="Stage whose frames, as they are, or clips, as they decode, are observed at each step."
    )
    depth: bool = Field(False, description="Whether the depth of those frames or clips is observed as well.")
    valid: float = Field(0.1, ge=0, lt=1, description="Share of the demonstrations that are kept for validation.")
    normalise: bool = Field(False, description="Whether actions are scaled to -1 … 1.")

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the files; returns how many demonstrations they have together."""
        forms = survey(samples, self.tasks)
        pictures = Pictures(run.table(self.images), run) if self.images else None
        if self.depth and not pictures:
            raise BadInput("depth is that of `images`, and there are none", "name a stage in `images`", "depth")
        with ExitStack() as stack, (folder / "lineage.jsonl").open("w", encoding="utf-8") as lineage:
            files = {form: stack.enter_context(_File.create(form, folder, self, pictures)) for form in forms}
            for episode, form, content in demonstrations(samples, forms, pictures):
                entry: dict[str, Any] = {"id": episode.id, "license": episode["license"]}
                if isinstance(content, str):
                    entry["left_out"] = content
                else:
                    entry |= {"file": files[form].name, "demo": f"demo_{len(files[form].ids)}"}
                    files[form].add(content)
                lineage.write(dumps(entry) + "\n")
        written = sum(len(file.ids) for file in files.values())
        if not written:
            raise BadInput(f"nothing of `{samples.name}` can be written: {entry['left_out']}")
        return written


@dataclass
class _File:
    """One file that is being written."""

    name: str
    file: h5py.File
    depth: bool
    valid: float
    actions: tuple[np.ndarray, np.ndarray] | None  # [A] each, the bounds that are scaled to -1 and 1
    ids: list[str] = field(default_factory=list)
    successful: list[int] = field(default_factory=list)
    total: int = 0

    @classmethod
    def create(cls, form: Form, folder: Path, options: Robomimic, pictures: Pictures | None) -> _File:
        """An empty one."""
        import h5py

        environment, actions = environment_of(form, pictures, options.depth), None
        if options.normalise:
            if environment.spaces is None:
                reason = environment.missing or f"{environment.name} cannot be made here"
                raise BadInput(f"the bounds of actions are unknown: {reason}", "leave `normalise` out", "normalise")
            actions = environment.spaces[1].low, environment.spaces[1].high  # type: ignore[attr-defined]
        name = f"{'-'.join(form.name)}.hdf5"
        file = h5py.File(folder / name, "w")
        data = file.create_group("data")
        data.attrs["env_args"] = json.dumps({
            "env_name": environment.name,
            "env_version": version("multisynth"),
            "type": GYM,
            "env_kwargs": {**environment.options, "normalise": options.normalise},
        })  # fmt: skip
        data.attrs["state_names"], data.attrs["action_names"] = list(form.states), list(form.actions)
        if actions is not None:
            data.attrs["action_low"], data.attrs["action_high"] = actions
        return cls(name, file, options.depth, options.valid, actions)

    def add(self, demonstration: Demonstration) -> None:
        """Add a demonstration."""
        episode, steps, length = demonstration.episode, demonstration.steps, len(demonstration.steps)
        group = self.file.create_group(f"data/demo_{len(self.ids)}")
        set_attributes(group, {"num_samples": length, **provenance(episode)})
        group["actions"] = steps.actions if self.actions is None else _scaled(steps.actions, *self.actions)
        group["rewards"] = steps.rewards
        group["dones"] = (np.arange(length) == length - 1).astype(np.int64)
        group["successes"] = steps.successes
        group["states"] = episode["poses"][:-1].reshape(length, -1)
        group["obs/state"], group["next_obs/state"] = steps.observations[:-1], steps.observations[1:]
        for camera, shot in demonstration.shots.items():
            shape = (length + 1, demonstration.height, demonstration.width)
            _write_views(group, f"{camera}_image", shot.rgb(), (*shape, 3), "uint8")
            if self.depth:
                depth = (picture[..., None] for picture in shot.depth())
                _write_views(group, f"{camera}_depth", depth, (*shape, 1), "float32")
        if episode["success"]:
            self.successful.append(len(self.ids))
        self.ids.append(episode.id)
        self.total += length

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *failure: object) -> None:
        self.file["data"].attrs["total"] = self.total
        for prefix, demos in (("", list(range(len(self.ids)))), ("success_", self.successful)):
            # ids are hashes: by them the choice is fair, and the same whatever the order
            by_id = sorted(demos, key=self.ids.__getitem__)
            count = min(max(1, round(self.valid * len(demos))), len(demos) - 1) if self.valid and demos else 0
            masks = {"valid": by_id[:count], "train": by_id[count:]} | ({"": demos} if prefix else {})
            for name, chosen in masks.items():
                key = f"mask/{(prefix + name).rstrip('_')}"
                self.file[key] = np.array([f"demo_{number}" for number in sorted(chosen)], "S16")
        self.file.close()


def _write_views(
    group: h5py.Group, name: str, pictures: Iterator[np.ndarray], shape: tuple[int, ...], dtype: str
) -> None:
    """Write N + 1 pictures once, under `pictures`; `obs` and `next_obs` are views of all but the last and the first."""
    import h5py

    write_pictures(group.require_group("pictures"), name, pictures, shape, dtype)
    whole = h5py.VirtualSource(".", f"{group.name}/pictures/{name}", shape, dtype)
    for part, start in (("obs", 0), ("next_obs", 1)):
        layout = h5py.VirtualLayout((shape[0] - 1, *shape[1:]), dtype)
        layout[:] = whole[start : start + shape[0] - 1]
        group.create_virtual_dataset(f"{part}/{name}", layout)


def _scaled(actions: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Actions with `low` at -1 and `high` at 1. [N, A]"""
    middle, half = (np.float64(high) + low) / 2, (np.float64(high) - low) / 2
    return np.clip((actions - middle) / half, -1, 1).astype(np.float32)
