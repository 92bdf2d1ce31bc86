"""A trained policy as a controller of episodes, beside the scripted experts."""

from __future__ import annotations

import numpy as np

from .environments.controls import control
from .learn.network import Network
from .learn.observation import Memory
from .simulation import Simulation
from .trial import Situation


class PolicyController:
    """Acts by a network's mean actions; a controller, as `Expert` has it.

    Args:
        network: The policy's.
        named: What its actions mean: name of the environment's control.
        history: Observations that it sees at once.
        simulation: That it will act in, at its start.
    """

    done = False

    def __init__(self, network: Network, named: str, history: int, simulation: Simulation) -> None:
        self._network, self._simulation = network, simulation
        self._control = control(named, simulation.robot, simulation.rate, True)
        self._control.reset(simulation)
        assert self._control.space.shape is not None
        self._memory = Memory(history, self._control.space.shape[0], simulation.robot.hand)

    def act(self, situation: Situation) -> np.ndarray:
        """As `Expert.act`."""
        state = self._simulation.state().astype(np.float32)  # as environments give it
        action = np.clip(self._network.act(self._memory.see(state)), -1, 1)
        self._memory.did(action)
        return self._control.targets(action, self._simulation)
