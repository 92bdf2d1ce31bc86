"""Physics engines behind one protocol, by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from multisynth.errors import BadInput, nearest

from ..world import World
from .engine import Engine
from .mujoco import MuJoCo
from .pybullet import PyBullet

ENGINES: dict[str, Callable[[World], Engine]] = {"pybullet": PyBullet, "mujoco": MuJoCo}


def default() -> str:
    """Name of the engine that runs where nobody asks for another: PyBullet where it is installed."""
    return "pybullet" if find_spec("pybullet") is not None else "mujoco"


def engine(name: str) -> Callable[[World], Engine]:
    """What makes an engine of that name.

    Raises:
        BadInput: There is none, or it is not installed.
    """
    if name not in ENGINES:
        raise BadInput(f"no engine is called `{name}`", nearest(name, list(ENGINES)))
    if find_spec(name) is None:
        remedy = "use Python 3.11, for which it has wheels" if name == "pybullet" else "pip install 'multisynth[sim]'"
        raise BadInput(f"engine `{name}` is not installed", remedy)
    return ENGINES[name]
