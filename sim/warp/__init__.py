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

NEEDS = ("torch", "mujoco", "warp", "mujoco_warp")


def environment(num_envs: int = 1024, **options: Any) -> WarpPickPlace:
    """Pick and place in so many worlds; what `gymnasium.make_vec` calls.

    Args:
        num_envs: N.
        options: Of `env.WarpPickPlace`.

    Raises:
        BadInput: MuJoCo Warp is not installed, or an option is refused.
    """
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise BadInput(f"MuJoCo Warp cannot run: {', '.join(missing)} not installed", "pip install 'multisynth[gpu]'")
    import warp

    warp.config.log_level = warp.LOG_WARNING  # otherwise it greets on the standard output, among others' figures
    from .env import WarpPickPlace

    return WarpPickPlace(num_envs, **options)
