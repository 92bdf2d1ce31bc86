"""The Gymnasium environment that made an episode, as a specification that others rebuild it from.

Environments are registered under `multisynth/RobotTask-v0` by whatever package has them (entry point group
`gymnasium.envs`), so the core needs to know their names alone.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gymnasium.envs.registration import EnvSpec


def environment_id(robot: str, task: str) -> str:
    """`panda`, `pick_place` → `multisynth/PandaPickPlace-v0`."""
    words = f"{robot}_{task}".replace("-", "_").split("_")
    return f"multisynth/{''.join(word.capitalize() for word in words)}-v0"


def environment_options(engine: str, rate: float, observe: Sequence[str]) -> dict[str, Any]:
    """Keyword arguments of an environment like the one that an episode was recorded in.

    Args:
        engine: Name and version, as an episode has it.
        rate: Control steps a second, Hz.
        observe: Names of what is observed.
    """
    return {"engine": engine.split()[0], "control": "joint_position", "rate": rate, "observe": list(observe)}


def environment_spec(name: str, options: dict[str, Any]) -> EnvSpec | None:
    """The specification under which an environment is registered, with these options.

    None when it is not, or is made by a function that no file can name.
    """
    import gymnasium

    try:
        spec = copy.deepcopy(gymnasium.spec(name))
    except gymnasium.error.Error:
        return None
    if callable(spec.entry_point):
        return None
    spec.kwargs = {**spec.kwargs, **options}
    return spec
