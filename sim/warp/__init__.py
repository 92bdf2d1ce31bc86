"""Thousands of worlds at once on a GPU, by MuJoCo Warp (Google DeepMind and NVIDIA, the Newton project).

Model, task, actions, observations and randomisation are those of the other engines: `scene` takes the world from the
task and its model from the MuJoCo engine, kernels do to every world what `simulation` does to one.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from multisynth.errors import BadInput

if TYPE_CHECKING:
    from .env import WarpPickPlace

TASK = "pick_place"
RATE = 20.0
"""Control steps a second by default, Hz."""
NEEDS = ("torch", "mujoco", "warp", "mujoco_warp")


def environment(
    num_envs: int = 1024, task: str = TASK, max_episode_steps: int | None = None, **options: Any
) -> WarpPickPlace:
    """So many worlds of a task; what `gymnasium.make_vec` calls with `vectorization_mode="vector_entry_point"`.

    Args:
        num_envs: N.
        task: Name of the task: there is one so far.
        max_episode_steps: Control steps after which an episode is cut off; by default the task's longest time.
        options: Of `env.WarpPickPlace`.

    Raises:
        BadInput: MuJoCo Warp is not installed, or an option is refused.
    """
    if task != TASK:
        raise BadInput(f"MuJoCo Warp does not run `{task}`", f"it runs `{TASK}`")
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise BadInput(f"MuJoCo Warp cannot run: {', '.join(missing)} not installed", "pip install 'multisynth[gpu]'")
    import warp

    warp.config.log_level = warp.LOG_WARNING  # otherwise it greets on the standard output, among others' figures
    from .env import WarpPickPlace

    if max_episode_steps is not None:
        options["duration"] = max_episode_steps / options.get("rate", RATE)
    return WarpPickPlace(num_envs, **options)
