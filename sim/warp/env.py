"""Pick and place in thousands of worlds at once, as a Gymnasium vector environment whose arrays stay on the device."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import torch
import warp as wp
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from mujoco_warp import OverflowType

from multisynth.errors import BadInput, nearest

from ..environments.controls import ASKEW, ASTRAY, LEASH, SPEED, TURN
from ..randomise import Randomisation
from ..robots import panda
from ..simulation import TASK_STATE_NAMES, TICKS, divides
from ..tasks import pick_place, tabletop
from ..terms import DISTRIBUTIONS, Term
from . import RATE, state
from . import control as controls
from . import episode as episodes
from .arm import vec7
from .fields import FIELDS, FIXED, NAMES
from .scene import CONES, scene
from .streams import purpose
from .worlds import Worlds

CONTROLS = ("joint_position", "ee_delta")
"""What actions can mean; the number is what kernels call it."""
OPERATIONS = ("set", "add", "scale")
ROOM = int(OverflowType.ALL & ~(OverflowType.ITERATIONS | OverflowType.LS_ITERATIONS))
"""Of MuJoCo Warp's overflows those that lose something; the others end a search early."""
UNSOLVED = int(OverflowType.ITERATIONS)
FLAGS = ("terminated", "truncated", "success", "diverged")


class WarpPickPlace(VectorEnv):
    """`multisynth/PandaPickPlace-v0` in N worlds of MuJoCo Warp: the same observations, actions, rewards and draws.

    Objects are blocks. Everything that `reset` and `step` give is a torch tensor on the device, and a copy; actions may
    be NumPy arrays. A world whose episode has ended begins the next one at the next step, whose action counts for
    nothing and whose reward is 0 (Gymnasium's `NEXT_STEP`). On a GPU a step is one CUDA graph.

    A world's draws depend on the seed, its number and its episode, not on how many worlds there are. So do its motions,
    but for the order in which a GPU adds up.

    Args:
        num_envs: N.
        device: As torch calls it; by default the first GPU, or the processor where there is none.
        control: What actions mean: `ee_delta` [N, 7] or `joint_position` [N, 8], both in -1 … 1, as
            `environments.controls` has them.
        randomise: How the fields of `fields.FIELDS` are drawn; by default every property of the world is at its
            calibrated value, and places are drawn. Others have no bearing here.
        terminate: Whether an episode ends as soon as the task stands achieved.
        duration: s, after which an episode is truncated.
        rate: Control steps a second, Hz; a divisor of 80.
        cone: Shape of the friction cone: `pyramidal`, which is faster, or `elliptic`, as the MuJoCo engine has it.
        contacts: Room for contacts a world, on average over all worlds; `overflow` tells whether it was enough.
        rows: Room for rows of constraints in every single world.
    """

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.NEXT_STEP, "render_modes": []}

    def __init__(
        self,
        num_envs: int = 1024,
        device: str | None = None,
        control: str = "ee_delta",
        randomise: Randomisation | None = None,
        terminate: bool = False,
        duration: float = pick_place.DURATION,
        rate: float = RATE,
        cone: str = "pyramidal",
        contacts: int = 16,
        rows: int = 128,
    ) -> None:
        if num_envs < 1:
            raise BadInput(f"{num_envs} environments", "ask for one or more")
        if control not in CONTROLS:
            raise BadInput(f"no control is called `{control}`", nearest(control, list(CONTROLS)))
        if cone not in CONES:
            raise BadInput(f"no friction cone is called `{cone}`", nearest(cone, list(CONES)))
        self.num_envs, self._control = num_envs, CONTROLS.index(control)
        self.device = torch.device(device or ("cuda:0" if torch.cuda.is_available() else "cpu"))
        if self.device.type == "cuda" and self.device.index is None:
            self.device = torch.device("cuda:0")
        self._where = str(self.device)
        self._ticks = round(TICKS / divides(rate))
        single = scene(cone)
        self._substeps = round(1 / TICKS / single.model.opt.timestep)
        self.worlds = Worlds(single, num_envs, self._where, contacts, rows)
        if self.device.type == "cuda":
            self.worlds.step()  # compiles and loads every kernel, which is no part of a graph
        self._task = self._described(rate, duration, terminate)
        actions = 7 if control == "ee_delta" else 8
        self._allocate(num_envs, actions)
        self.randomise(randomise or Randomisation.calibrated())
        self.single_action_space = gymnasium.spaces.Box(-1.0, 1.0, (actions,), np.float32)
        self.single_observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (state.STATE,), np.float32)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._graph: Any = None
        self._begun = False

    @property
    def state_names(self) -> list[str]:
        """Names of what is observed, with units. [36]"""
        return [*panda.PANDA.state_names, *TASK_STATE_NAMES]

    @property
    def drawn(self) -> dict[str, torch.Tensor]:
        """What each world has drawn, by name. [N] each"""
        values = wp.to_torch(self._episodes.drawn).clone()
        return {name: values[:, n] for n, name in enumerate(NAMES)}

    @property
    def episode(self) -> torch.Tensor:
        """Number of each world's present episode, from 0 on since the last seed. [N]"""
        return wp.to_torch(self._episodes.episode).clone()

    def randomise(self, terms: Randomisation) -> None:
        """Draw from these terms in every episode that begins from now on.

        Raises:
            BadInput: Terms say where or what objects are otherwise than over the whole region, and blocks.
        """
        usual = Randomisation()
        for field in FIXED:
            if getattr(terms, field) != getattr(usual, field):
                raise BadInput(f"MuJoCo Warp does not draw `{field}`", "leave it out, or take another engine")
        rows = [_numbers(terms, name, field) for name, field in FIELDS]
        for column in _COLUMNS:
            array = getattr(self._terms, column)
            array.assign(np.array([row[column] for row in rows], array.numpy().dtype))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[torch.Tensor, dict[str, Any]]:
        """Begin an episode in every world: its first after a seed, otherwise its next.

        Args:
            seed: 64 bits, from 0 on; the first reset without one takes 0.
            options: None are known.

        Returns:
            Observations [N, 36]; `success` [N].
        """
        if options:
            raise BadInput(f"no option of `reset` is called `{next(iter(options))}`", "give none")
        if seed is not None and not 0 <= seed < 2**64:
            raise BadInput(f"a seed of {seed}", "give one from 0 to 2⁶⁴ - 1")
        if seed is not None or not self._begun:
            number = seed or 0
            self._episodes.seed.assign(np.array([[number & 0xFFFFFFFF, number >> 32]], np.uint32))
            self._episodes.episode.fill_(-1)
            self._begun = True
        self._episodes.over.fill_(1)
        with self._on_stream():
            self._finish()
        return self._out["observation"].clone(), {"success": self._out["success"].clone()}

    def step(
        self, actions: torch.Tensor | np.ndarray
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, dict[str, Any]]:
        """Go on by one control step in every world.

        Args:
            actions: What lies outside -1 … 1 is brought to these bounds. [N, 7 or 8]

        Returns:
            Observations [N, 36], rewards [N], whether terminated [N] and truncated [N]; whether the task stands
            achieved, `success` [N], and whether the physics `diverged` [N], which ends an episode too.

        Raises:
            BadInput: The actions have another shape.
        """
        if not self._begun:
            raise gymnasium.error.ResetNeeded("reset the environment first: no episode has begun")
        given = torch.as_tensor(actions, dtype=torch.float32, device=self.device)
        if given.shape != self._action.shape:
            raise BadInput(f"actions of shape {tuple(given.shape)}", f"give {tuple(self._action.shape)}")
        self._action.copy_(given)
        with self._on_stream():
            if self.device.type == "cpu":
                self._control_step()
            else:
                if self._graph is None:
                    self._graph = self._captured()
                wp.capture_launch(self._graph)
        out = {name: tensor.clone() for name, tensor in self._out.items()}
        info = {"success": out["success"], "diverged": out["diverged"]}
        return out["observation"], out["reward"], out["terminated"], out["truncated"], info

    def overflow(self) -> tuple[torch.Tensor, torch.Tensor]:
        """What has happened since the last call.

        Returns:
            Whether there was too little room for a world's contacts or rows [N], and whether its solver once came to
            the end of its iterations before it came to its tolerance [N].
        """
        flags = wp.to_torch(self.worlds.data.overflow)
        seen = flags.clone()
        flags.zero_()
        return (seen & ROOM) != 0, (seen & UNSOLVED) != 0

    def touching(self) -> torch.Tensor:
        """Which fingers touch the object. [N, 2], bool"""
        data, contact = self.worlds.data, self.worlds.data.contact
        with self._on_stream():
            found = wp.zeros((self.num_envs, 2), dtype=int)
            where = [data.nacon, contact.worldid, contact.geom, contact.dist, self.worlds.block, self.worlds.fingers]
            wp.launch(episodes.touches, len(contact.dist), inputs=[*where, found])
        return wp.to_torch(found).bool()

    def close_extras(self, **_: Any) -> None:
        """Let the graph go."""
        self._graph = None

    def _on_stream(self) -> Any:
        """Where torch puts its work, so that both come in order."""
        if self.device.type == "cpu":
            return wp.ScopedDevice("cpu")
        return wp.ScopedStream(wp.stream_from_torch(torch.cuda.current_stream(self.device)))

    def _captured(self) -> Any:
        """A control step as a CUDA graph; to capture is not to run."""
        for module in {controls.command.module, episodes.finish.module}:
            module.load(wp.get_device(self._where))
        with wp.ScopedStream(wp.Stream(self._where)), wp.ScopedCapture() as capture:
            self._control_step()
        return capture.graph

    def _control_step(self) -> None:
        worlds, task = self.worlds, self._task
        wp.launch(
            controls.command, self.num_envs,
            inputs=[
                self._control, self._wp_action, task, worlds.arm, worlds.layout, self._episodes, self._outcome,
            ],
        )  # fmt: skip
        for tick in range(self._ticks):
            wp.launch(
                controls.drive, (self.num_envs, state.MOTORS),
                inputs=[tick, task, worlds.layout, worlds.own, self._episodes, worlds.motion],
            )  # fmt: skip
            for _ in range(self._substeps):
                worlds.step()
        self._finish()

    def _finish(self) -> None:
        worlds = self.worlds
        wp.launch(
            episodes.finish, self.num_envs,
            inputs=[
                self._terms, self._task, worlds.arm, worlds.layout, worlds.own, worlds.motion, self._episodes,
                self._outcome,
            ],
        )  # fmt: skip

    def _described(self, rate: float, duration: float, terminate: bool) -> Any:
        task, built = state.Task(), self.worlds.scene.built
        task.x, task.y = wp.vec2(*pick_place.START_X), wp.vec2(*pick_place.START_Y)
        task.reach_x, task.reach_y = wp.vec2(*tabletop.X), wp.vec2(*tabletop.Y)
        task.platform, task.tolerance = pick_place.EDGE, pick_place.TOLERANCE
        task.level, task.still = pick_place.LEVEL, pick_place.STILL
        task.home = wp.transform(*panda.HOME.tolist(), 1.0, 0.0, 0.0, 0.0)  # fingers down
        task.opening, task.finger = panda.OPENING, float(built.start[built.joints[panda.NAME][0][-1]])
        task.stride, task.twist = SPEED / rate, TURN / rate
        task.leash, task.astray, task.askew = LEASH, ASTRAY, ASKEW
        task.steps, task.terminate = max(1, round(duration * rate)), int(terminate)
        task.rate, task.ticks = rate, self._ticks
        return task

    def _allocate(self, count: int, actions: int) -> None:
        fields, motors = len(FIELDS), state.MOTORS
        self._terms, self._episodes, self._outcome = state.Terms(), state.Episodes(), state.Outcome()
        with wp.ScopedDevice(self._where):
            for column, kind in _COLUMNS.items():
                setattr(self._terms, column, wp.zeros(fields, dtype=kind))
            kept = self._episodes
            kept.seed = wp.zeros(1, dtype=wp.vec2ui)
            kept.episode, kept.age, kept.over = (wp.zeros(count, dtype=int) for _ in range(3))
            kept.drawn, kept.due = wp.zeros((count, fields)), wp.zeros((count, fields))
            kept.changes = wp.zeros((count, fields), dtype=int)
            kept.rest, kept.wanted = wp.zeros(count, dtype=vec7), wp.zeros(count, dtype=wp.transform)
            kept.sent, kept.knots = wp.zeros((count, motors)), wp.zeros((count, state.KNOTS, motors))
            kept.seen = wp.zeros((count, 7))
            kept.start, kept.goal = wp.zeros(count, dtype=wp.vec3), wp.zeros(count, dtype=wp.vec3)
            self._outcome.observation, self._outcome.reward = wp.zeros((count, state.STATE)), wp.zeros(count)
            for name in FLAGS:
                setattr(self._outcome, name, wp.zeros(count, dtype=wp.bool))
            self._wp_action = wp.zeros((count, actions))
        self._action = wp.to_torch(self._wp_action)
        self._out = {name: wp.to_torch(getattr(self._outcome, name)) for name in ("observation", "reward", *FLAGS)}


_COLUMNS: dict[str, Any] = {
    "distribution": int, "first": float, "second": float, "operation": int, "nominal": float, "low": float,
    "high": float, "soonest": float, "latest": float, "purpose": wp.uint32,
}  # fmt: skip


def _numbers(terms: Randomisation, name: str, field: str) -> dict[str, float]:
    """A term as kernels have it."""
    term: Term = getattr(terms, field)
    distribution = next(n for n, each in enumerate(DISTRIBUTIONS) if getattr(term, each) is not None)
    first, second = getattr(term, DISTRIBUTIONS[distribution])
    bounds = terms.bounds(field)
    soonest, latest = (0.0, 0.0) if term.when == "episode" else term.when
    return {
        "distribution": distribution, "first": first, "second": second,
        "operation": OPERATIONS.index(term.operation), "nominal": bounds.nominal or 0.0, "low": bounds.low,
        "high": bounds.high, "soonest": soonest, "latest": latest, "purpose": purpose(name),
    }  # fmt: skip
