"""What an environment's observations hold, by name, and the spaces that they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Box, Dict, Space

from multisynth.errors import BadInput, nearest

from ..robots.robot import Embodiment
from ..simulation import TASK_STATE_NAMES, Simulation
from ..trial import View

if TYPE_CHECKING:
    from multisynth.scenes.render.observe import Channel, Observer

PICTURES: tuple[Channel, ...] = ("rgb", "depth", "segmentation", "pointcloud")
OBSERVATIONS = ("state", *PICTURES)
FAR = 100.0
"""m, where the space of what cameras see ends; floors are smaller."""
BOUNDS = {"(m)": 100.0, "(rad)": 100.0, "(m/s)": 1000.0, "(rad/s)": 1000.0}
"""Of states, by unit; only physics that diverges leaves them. Parts of quaternions have none and lie in ±1."""


class Observing:
    """Makes observations of one form.

    Args:
        observe: Names out of `OBSERVATIONS`.
        robot: Whose state it is.
        view: The cameras. Where there are several, their observations are told apart as `rgb.camera0`.
        points: How many points a point cloud has.

    Raises:
        BadInput: A name is unknown, given twice, or there is none.
    """

    def __init__(self, observe: str | Sequence[str], robot: Embodiment, view: View, points: int) -> None:
        self.names = (observe,) if isinstance(observe, str) else tuple(observe)
        for name in self.names:
            if name not in OBSERVATIONS:
                raise BadInput(f"no observation is called `{name}`", nearest(name, list(OBSERVATIONS)))
        if len(set(self.names)) != len(self.names) or not self.names:
            raise BadInput(f"observe {list(self.names)}", f"give each once, at least one of {', '.join(OBSERVATIONS)}")
        if points < 1:
            raise BadInput(f"a point cloud of {points} points", "ask for one or more")
        self.state_names = (*robot.state_names, *TASK_STATE_NAMES)
        self._seen: tuple[Channel, ...] = tuple(name for name in PICTURES if name in self.names)
        self._points = points
        self._suffixes = [f".camera{n}" for n in range(view.count)] if view.count > 1 else [""]
        self._low, self._high = -_bounds(self.state_names), _bounds(self.state_names)
        self._within = min(BOUNDS.values()) ** 2
        size = view.height, view.width
        single: dict[str, Space[Any]] = {
            "state": Box(self._low, self._high, dtype=np.float32),
            "rgb": Box(0, 255, (*size, 3), np.uint8),
            "depth": Box(0, FAR, size, np.float32),
            "segmentation": Box(0, 65535, size, np.uint16),
            "pointcloud": Box(-FAR, FAR, (points, 3), np.float32),
        }
        spaces = {
            f"{name}{suffix}": single[name]
            for name in self.names
            for suffix in (self._suffixes if name in PICTURES else [""])
        }
        self._alone = next(iter(spaces)) if len(spaces) == 1 else None
        self.space: Space[Any] = Dict(spaces) if self._alone is None else spaces[self._alone]
        self._keys = tuple(spaces)
        self._observers: list[Observer] = []

    def reset(self, simulation: Simulation) -> None:
        """An episode begins, in a scene of its own."""
        if not self._seen:
            return
        from multisynth.scenes.render.observe import Observer
        from multisynth.scenes.render.world import World

        scene = simulation.trial.world.scene
        world = World(scene)
        self._observers = [Observer(world, camera, self._seen, self._points) for camera in scene.cameras]

    def __call__(self, simulation: Simulation) -> Any:
        """What is observed now: an array, or a dictionary of several."""
        if self._alone == "state":
            return self._state(simulation)
        found: dict[str, np.ndarray] = {}
        if "state" in self.names:
            found["state"] = self._state(simulation)
        if self._observers:
            poses = simulation.engine.poses()
            for suffix, observer in zip(self._suffixes, self._observers, strict=True):
                for name, seen in observer.observe(poses).items():
                    found[f"{name}{suffix}"] = np.minimum(seen, np.float32(FAR)) if name == "depth" else seen
        return {key: found[key] for key in self._keys} if self._alone is None else found[self._alone]

    def _state(self, simulation: Simulation) -> np.ndarray:
        state = simulation.state()
        if not state.dot(state) < self._within:  # some number may be out of bounds, or none at all
            state = np.clip(state, self._low, self._high)
        return state.astype(np.float32)


def _bounds(names: Sequence[str]) -> np.ndarray:
    return np.array([BOUNDS.get(name.rpartition(" ")[2], 1.0) for name in names], np.float32)
