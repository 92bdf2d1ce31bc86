"""Replay validation: an episode is worth what its record can make happen again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from multisynth.scenes import Scene
from pydantic import Field, model_validator

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import EPISODE, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Needs

from . import engines
from .choices import EngineName
from .episode import record
from .rebuild import Playback, engine_of, rebuild

AXES = ("x (m)", "y (m)", "z (m)", "qw", "qx", "qy", "qz")


class Replay(Map):
    """Rebuild each episode from its parameters, play its actions, and keep it when the same happens.

    In the episode's own engine the same means every pose, state, reward, success and event to the last bit. In another
    engine, where open-loop actions part ways, it means that the task comes out as labelled and that nothing strays
    farther than `tolerance`; how far it did is kept in `meta`.
    """

    takes: ClassVar[tuple[Kind, ...]] = (EPISODE,)
    needs: ClassVar[Needs] = Needs(batch_size=4)

    engine: EngineName | None = Field(None, description="Physics engine to replay in; by default each episode's own.")
    tolerance: float | None = Field(
        None, gt=0, description="How far a part may be from where it was, m, in another engine; by default anyhow far."
    )

    @model_validator(mode="after")
    def _needed(self) -> Replay:
        if self.tolerance is not None and self.engine is None:
            raise ValueError("a tolerance is for another engine: name it, or leave the tolerance out")
        return self

    def artifacts(self) -> Sequence[Artifact]:
        """None.

        Raises:
            BadInput: The engine is not installed.
        """
        if self.engine is not None:
            engines.engine(self.engine)
        return ()

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """As `Map.process`."""
        for episode in samples:
            try:
                replayed = replay(episode, self.engine)
                own = self.engine in (None, engine_of(episode))
                told: dict[str, Any] = {"bitwise": True} if own else {"strayed": strayed(episode, replayed)}
                problem = diverged(episode, replayed) if own else self._too_far(told["strayed"])
            except BadInput as error:
                problem = f"it cannot be replayed: {error.problem}; {error.remedy}"
            except ValueError as error:
                problem = f"it cannot be replayed: {error}"
            if problem is None and replayed["success"] != episode["success"]:
                problem = f"success comes out otherwise: {replayed['success']}, not {episode['success']}"
            if problem is not None:
                yield Drop(episode, problem)
            else:
                yield episode.with_meta(
                    replay={"engine": replayed["engine"], "steps": len(replayed["actions"]), **told}
                )

    def _too_far(self, stray: Mapping[str, Any]) -> str | None:
        if stray["metres"] <= (np.finfo(float).max if self.tolerance is None else self.tolerance):
            return None
        return f"replay strayed: step {stray['step']}, {stray['metres']:.1e} m of {stray['of']}"


def replay(episode: Sample, engine: str | None = None) -> dict[str, Any]:
    """What happens when an episode's actions are played in its world.

    Args:
        episode: From anywhere.
        engine: As `rebuild` has it.

    Returns:
        As `record`, of as many steps as the episode has actions.

    Raises:
        ValueError, BadInput: As `rebuild`, or a column is not as long as the actions make it.
    """
    actions = episode["actions"]
    simulation = rebuild(episode, engine, watch=episode["events"] is not None)
    try:
        replayed = record(simulation, Playback(actions), len(actions) / simulation.rate)
    finally:
        simulation.close()
    if list(episode["state_names"]) != replayed["state_names"]:
        raise ValueError("the states are not those of the task")
    for name in ("times", "poses", "states", "rewards", "successes"):
        if episode[name].shape != replayed[name].shape:
            raise ValueError(f"{name} are {list(episode[name].shape)}, not {list(replayed[name].shape)}")
    return replayed


def diverged(episode: Sample, replayed: Mapping[str, Any]) -> str | None:
    """Where and by how much a replay is first another than the episode; None where they are equal to the bit.

    Args:
        episode: What was recorded.
        replayed: As `replay` has it.
    """
    parts, turns = _parts(episode["scene"]), [f"q{axis}" for axis in "wxyz"]
    names = {
        "positions": [f"{part}.{axis} (m)" for part in parts for axis in "xyz"],
        "turns": [f"{part}.{turn}" for part in parts for turn in turns],
        "states": replayed["state_names"],
        "rewards": ["reward"],
        "successes": ["success"],
        "times": ["time (s)"],
    }
    was, now = _series(episode), _series(replayed)
    first = {name: int(steps.min()) for name in names if len(steps := _unlike(was[name], now[name]).nonzero()[0])}
    if first:  # rewards and successes are told after a step, the rest before
        series = min(first, key=lambda name: first[name] + (name in ("rewards", "successes")))
        step = first[series]
        away = np.abs(was[series][step].astype(np.float64) - now[series][step])
        worst = int(np.nan_to_num(away, nan=np.inf).argmax())
        name, unit = re.fullmatch(r"(.*?)(?: \((.*)\))?", names[series][worst]).groups()  # type: ignore[union-attr]
        return f"replay diverged: step {step}, {away[worst]:.1e}{f' {unit}' if unit else ''} of {name}"
    logged, happened = episode["events"] or [], replayed["events"] or []
    for n, (one, other) in enumerate(zip(logged, happened, strict=False)):
        if one != other:
            return f"another event log: event {n}, {other['kind']} of {', '.join(other['bodies'])}"
    if len(logged) != len(happened):
        return f"another event log: {len(happened)} events, not {len(logged)}"
    if episode["instruction"] != replayed["instruction"]:
        return f"another instruction: {replayed['instruction']}"
    return None


def strayed(episode: Sample, replayed: Mapping[str, Any]) -> dict[str, Any]:
    """How far a replay's moving parts are at most from where they were: metres, of which, at which step."""
    away = np.linalg.norm(episode["poses"][..., :3].astype(np.float64) - replayed["poses"][..., :3], axis=-1)
    step, part = np.unravel_index(np.nan_to_num(away, nan=np.inf).argmax(), away.shape)
    return {"metres": float(away[step, part]), "of": _parts(episode["scene"])[part], "step": int(step)}


def _series(columns: Sample | Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What happened step by step. [T, …] each"""
    steps, poses = len(columns["times"]), columns["poses"]
    return {
        "positions": poses[..., :3].reshape(steps, -1),
        "turns": poses[..., 3:].reshape(steps, -1),
        **{name: columns[name].reshape(steps, -1) for name in ("states", "rewards", "successes", "times")},
    }


def _unlike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where two arrays of one type differ in a bit. [T, N]"""
    bits = f"u{a.itemsize}"
    return np.ascontiguousarray(a).view(bits) != np.ascontiguousarray(b).view(bits)


def _parts(scene: str) -> list[str]:
    """Names of the moving parts, by their bodies where those have but one."""
    moving = Scene.model_validate_json(scene).moving
    return [body.name if len(body.parts) == 1 else f"{body.name}/{part.name}" for body, part in moving]
