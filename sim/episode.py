"""Runs a controller on a simulation and keeps everything as an episode's columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from multisynth.scenes.poses import continuous

from .simulation import Simulation
from .trial import Expert

HOLD = 0.5  # s that an episode goes on after its end, at rest
STILL = 0.002  # m a control step


def record(simulation: Simulation, controller: Expert, duration: float) -> dict[str, Any]:
    """Run until the controller is done and things lie still, or time is up.

    Args:
        simulation: Not yet stepped; of one that is not watched there are no events.
        controller: Sees what sensors tell.
        duration: s, at most.

    Returns:
        Columns of `multisynth.kinds.EPISODE` but task and parameters.
    """
    trial, engine, rate, log = simulation.trial, simulation.engine, simulation.rate, simulation.log
    moving = [body.name for body, _ in trial.world.scene.moving]
    shown = [moving.index(name) for name in trial.standing]
    kept: dict[str, list[Any]] = {name: [] for name in ("times", "poses", "states", "actions", "rewards", "successes")}
    achieved_at: tuple[float, np.ndarray] | None = None
    quiet = 0
    for k in range(max(1, round(duration * rate))):
        poses = engine.poses()
        # rounded as it is stored, so that what is stored can be replayed to the bit
        action = controller.act(simulation.seen).astype(np.float32).astype(np.float64)
        kept["times"].append(k / rate)
        kept["poses"].append(poses)
        kept["states"].append(simulation.state())
        kept["actions"].append(action)
        simulation.step(action)
        kept["rewards"].append(simulation.reward)
        kept["successes"].append(simulation.achieved)
        if not simulation.achieved:
            achieved_at = None
        elif achieved_at is None:
            achieved_at = simulation.now.time, engine.pose(trial.focus)[:3]
        moved = float(np.abs(engine.poses()[shown, :3] - poses[shown, :3]).max(initial=0.0))
        quiet = quiet + 1 if controller.done and moved < STILL else 0
        if quiet >= HOLD * rate:
            break
    if achieved_at is not None and log is not None:
        log.note("success", achieved_at[0], trial.witnesses, achieved_at[1].tolist())
    states, moved_to = np.array(kept["states"]), np.array(kept["poses"])
    for first in (n for n, name in enumerate(simulation.state_names) if name.endswith(".qw")):
        states[:, first : first + 4] = continuous(states[:, first : first + 4])
    moved_to[..., 3:] = continuous(moved_to[..., 3:])
    return {
        "instruction": trial.instruction,
        "success": achieved_at is not None,
        "scene": trial.world.scene.model_dump_json(),
        "times": np.array(kept["times"]),
        "poses": moved_to.astype(np.float32),
        "events": None if log is None else log.finish(),
        "engine": engine.name,
        "robot": simulation.robot.name,
        "rate": rate,
        "actions": np.array(kept["actions"], np.float32),
        "action_names": list(simulation.robot.action_names),
        "states": states.astype(np.float32),
        "state_names": simulation.state_names,
        "rewards": np.array(kept["rewards"], np.float32),
        "successes": np.array(kept["successes"], bool),
    }
