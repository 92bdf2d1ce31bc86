"""A task as a Gymnasium environment (Towers et al. 2024, arXiv 2407.17032), on the stepping core of rollouts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from pydantic import TypeAdapter, ValidationError

from multisynth import seeds
from multisynth.errors import BadInput, nearest

from .. import engines, parameters
from ..randomise import Draw, FromCalibrated, Randomisation
from ..robots import ROBOTS
from ..simulation import Simulation, begin, divides
from ..tasks import TASKS
from ..trial import Expert, View
from .controls import control
from .observations import Observing

if TYPE_CHECKING:
    from multisynth.scenes.render.observe import Observer

RATE = 20
"""Control steps a second by default, Hz."""
_TERMS: TypeAdapter[Randomisation] = TypeAdapter(FromCalibrated)
OPTIONS = ("parameters",)
"""Of `reset`."""


class TaskEnvironment(gymnasium.Env[Any, np.ndarray]):
    """One task, an episode drawn anew at each reset.

    `step` gives the task's dense reward and `info["success"]`, whether the task stands achieved. An episode goes on
    until its time limit unless `terminate` is set, because a task that stands achieved may be undone again. `reset`
    gives `info["parameters"]`, what it takes to have the episode again, as JSON, as the column of recorded episodes
    has it, and `info["instruction"]`.

    Args:
        task: Name of the task.
        engine: Name of the physics engine; by default the first that is installed of PyBullet and MuJoCo.
        observe: One or several of `OBSERVATIONS`. Several make a dictionary, and so does one with several cameras.
        control: What actions mean, one of `CONTROLS`.
        normalise: Whether joint positions are in [-1, 1]; otherwise they are in rad and m, as in recorded episodes.
        rate: Control steps a second, Hz; a divisor of 80.
        randomise: Terms of the drawn parameters, as in recipes: a mapping, a YAML file of one, or a `Randomisation`.
            Properties of the world that it leaves out are at their calibrated values; places and looks are drawn.
        terminate: Whether an episode ends as soon as the task stands achieved.
        cameras: How many cameras look at the scene.
        width, height: Of their images, px.
        points: How many points a point cloud has.
        render_mode: `rgb_array`, or None.

    Raises:
        BadInput, ValueError: An option is refused; the message says what is possible.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": RATE}

    def __init__(
        self,
        task: str,
        engine: str | None = None,
        observe: str | Sequence[str] = "state",
        control: str = "joint_position",
        normalise: bool = True,
        rate: float = RATE,
        randomise: Randomisation | Mapping[str, Any] | str | Path | None = None,
        terminate: bool = False,
        cameras: int = 1,
        width: int = 128,
        height: int = 128,
        points: int = 1024,
        render_mode: str | None = None,
    ) -> None:
        if task not in TASKS:
            raise BadInput(f"no task is called `{task}`", nearest(task, list(TASKS)))
        if cameras < 1 or min(width, height) < 16:
            raise BadInput(f"{cameras} cameras of {width} x {height} px", "ask for one or more, of 16 x 16 px or more")
        if not 0 < rate <= 80:
            raise BadInput(f"a rate of {rate:g} Hz", "take a divisor of 80: 5, 8, 10, 16, 20, 40 or 80")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise BadInput(f"render mode `{render_mode}`", "take rgb_array, or none")
        self.task, self.robot = TASKS[task], ROBOTS[TASKS[task].robot]
        self.rate, self.render_mode = self.task.paced(divides(rate)), render_mode
        self.metadata = {**self.metadata, "render_fps": rate}
        self.randomise = randomise
        self._engine = engines.engine(engines.default() if engine is None else engine)
        self._view, self._terminate = View(cameras, width, height), terminate
        self.control = _control(control, self.robot, rate, normalise)
        self._observe = Observing(observe, self.robot, self._view, points)
        self.action_space, self.observation_space = self.control.space, self._observe.space
        self.action_names, self.state_names = self.control.names, self._observe.state_names
        self._shape = self.action_space.shape
        self._simulation: Simulation | None = None
        self._expert: Expert | None = None
        self._camera: Observer | None = None

    @property
    def randomise(self) -> Randomisation:
        """What the following episodes are drawn from; it may be set between them."""
        return self._randomise

    @randomise.setter
    def randomise(self, terms: Randomisation | Mapping[str, Any] | str | Path | None) -> None:
        try:
            self._randomise = _TERMS.validate_python({} if terms is None else terms)
        except ValidationError as error:
            raise BadInput(*_refused(error)) from None

    @property
    def simulation(self) -> Simulation:
        """The running episode.

        Raises:
            gymnasium.error.ResetNeeded: There is none.
        """
        if self._simulation is None:
            raise gymnasium.error.ResetNeeded("reset the environment first: no episode has begun")
        return self._simulation

    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Of this episode and of those that follow it until another seed is given.
            options: `parameters` of an episode, as its `info` or its column has them: the same trial again, with the
                same noise, whatever `randomise` says.

        Returns:
            The first observation; in `info` the `parameters` and the `instruction`.

        Raises:
            BadInput: An option is unknown.
            ValueError: The parameters are none, or not those of this task.
        """
        super().reset(seed=seed)
        for name in options or {}:
            if name not in OPTIONS:
                raise BadInput(f"no option of `reset` is called `{name}`", nearest(name, list(OPTIONS)))
        key = int(self.np_random.integers(2**63))  # even where it is not used: later episodes depend on no option
        recorded = None
        if options and options.get("parameters") is not None:
            given = options["parameters"]
            key, recorded = parameters.read(given if isinstance(given, str) else json.dumps(given))
        self._end()
        draw = Draw(self._randomise, lambda purpose: seeds.rng(key, purpose), recorded)
        trial = self.task.draw(draw, self._view)
        simulation = self._simulation = begin(draw, trial, self._engine, self.robot, self.rate)
        self.control.reset(simulation)
        self._observe.reset(simulation)
        info = {"parameters": parameters.Parameters(key, draw.drawn).json(), "instruction": trial.instruction}
        return self._observe(simulation), info

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Go on by one control step.

        Args:
            action: In `action_space`; what lies outside is brought to its bounds. [A]

        Returns:
            Observation, reward, whether the task ended by success, False (time limits are Gymnasium's), and `success`.

        Raises:
            BadInput: The action has another shape or is not finite.
        """
        simulation = self.simulation
        action = np.asarray(action, np.float64)
        if action.shape != self._shape or not math.isfinite(action.dot(action)):
            raise BadInput(f"an action of {action.tolist()}", f"give {self._shape[0]} finite numbers")
        simulation.step(self.control.targets(action, simulation))
        success = bool(simulation.achieved)
        ended = success and self._terminate
        return self._observe(simulation), float(simulation.reward), ended, False, {"success": success}

    def expert_action(self) -> np.ndarray:
        """What the task's scripted expert would do now; ask it at each step of an episode from the first. [A]"""
        simulation = self.simulation
        if self._expert is None:
            self._expert = simulation.trial.expert(1 / self.rate)
        return self.control.inverse(self._expert.act(simulation.seen)).astype(np.float32)

    def render(self) -> Any:
        """What the first camera sees, [height, width, 3] uint8; None where no render mode was asked for."""
        if self.render_mode is None:
            return None
        simulation = self.simulation
        if self._camera is None:
            from multisynth.scenes.render.observe import Observer
            from multisynth.scenes.render.world import World

            scene = simulation.trial.world.scene
            self._camera = Observer(World(scene), scene.cameras[0], ("rgb",))
        return self._camera.observe(simulation.engine.poses())["rgb"]

    def close(self) -> None:
        """Let the engine go."""
        self._end()
        super().close()

    def _end(self) -> None:
        if self._simulation is not None:
            self._simulation.close()
        self._simulation = self._expert = self._camera = None


def _refused(error: ValidationError) -> tuple[str, str]:
    """What is wrong with the terms, and what to do about it."""
    said = []
    for problem in error.errors(include_url=False):
        where = ".".join(map(str, ("randomise", *problem["loc"])))
        said.append(f"{where}: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(said), "the terms and their limits: `multisynth describe sim.rollout`, docs/simulation.md"


_control = control  # the constructor has an argument of that name
