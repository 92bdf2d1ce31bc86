"""A trial in an engine, control step by control step: what rollouts, environments, replay and training all run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import rotation

from .channel import Channel
from .engines.engine import Engine
from .events import EventLog, Standing
from .falls import Falls
from .randomise import Draw
from .robots.robot import Embodiment
from .trial import Situation, Trial

TICKS = 80
"""Commands to the motors a second, between which they hold their set-point."""
TASK_STATE_NAMES = (
    *(f"object.{axis} (m)" for axis in "xyz"),
    *(f"object.q{axis}" for axis in "wxyz"),
    *(f"goal.{axis} (m)" for axis in "xyz"),
    *(f"goal.q{axis}" for axis in "wxyz"),
)


def divides(rate: float) -> float:
    """A control rate, Hz.

    Raises:
        ValueError: The motors' rate is no multiple of it.
    """
    ticks = TICKS / rate
    if abs(ticks - round(ticks)) > 1e-9:
        raise ValueError(
            f"{rate:g} Hz does not divide the motors' {TICKS} Hz: take 1, 2, 4, 5, 8, 10, 16, 20, 40 or 80"
        )
    return rate


class Simulation:
    """A trial that runs.

    An action holds positions for the next control step; the motors' set-points follow a straight line there.

    Args:
        trial: What runs.
        engine: A fresh one, of the trial's world.
        robot: What actions and states mean.
        rate: Control steps a second, Hz.
        stream: The episode's generator for a purpose.
        watch: Whether to keep an event log, which takes several times as long.
    """

    def __init__(
        self,
        trial: Trial,
        engine: Engine,
        robot: Embodiment,
        rate: float,
        stream: Callable[[str], np.random.Generator],
        watch: bool = False,
    ) -> None:
        self.trial, self.engine, self.robot, self.rate = trial, engine, robot, rate
        self._world = trial.world
        self._name = trial.world.driven.name
        self._tip = f"{self._name}/{robot.tip}"
        ticks = round(TICKS / rate)
        self._shares = np.arange(1, ticks + 1)[:, None] / ticks
        self._substeps = round(1 / TICKS / engine.timestep)
        heights = {name: _height(trial, name) for name in trial.standing}
        self._falls = Falls({name: engine.pose(name) for name in heights}, heights) if heights else None
        self.log = _log(trial, engine, heights) if watch else None
        rest = engine.joints(self._name)[0]
        self._channel = Channel(trial.channel, rest, 1 / TICKS, stream, robot.turned, robot.turning)
        self._changes = sorted((time, field, value) for field, times in trial.schedule.items() for time, value in times)
        self._before = robot.motors(robot.action(rest))
        self._steps = 0
        self._look()

    @property
    def state_names(self) -> list[str]:
        """Names of `state`, with units. [S]"""
        return [*self.robot.state_names, *TASK_STATE_NAMES]

    def step(self, action: np.ndarray) -> None:
        """Go on by one control step. [A]"""
        self._change()
        channel, engine = self._channel, self.engine
        target = self.robot.motors(channel.noisy(action))
        way = target - self._before
        speed = way * self.rate
        # all set-points before any physics, which leaves nothing of Python in the processor's caches
        told = [channel.delayed(place, speed) for place in list(self._before + way * self._shares)]
        log, substeps = self.log, self._substeps
        for positions, velocities in told:
            engine.command(positions, velocities)
            if log is None:
                engine.advance(substeps)
            else:
                for _ in range(substeps):
                    log.observe(engine.step())
        self._before = target
        self._steps += 1
        self._look()

    def state(self) -> np.ndarray:
        """What the robot observes: of itself, of the focus, and of the goal. [S]"""
        seen = self.seen
        return np.concatenate([self.robot.state(seen), seen.pose(self.trial.focus), self.trial.goal(seen)])

    def _look(self) -> None:
        """Read the engine; `now` is the truth, `seen` what sensors make of it; both hold until the next step."""
        engine, trial, time = self.engine, self.trial, self._steps / self.rate
        joints, velocities = engine.joints(self._name)
        poses: dict[str, np.ndarray] = {}

        def pose(name: str) -> np.ndarray:
            """Asked of the engine once, since success, reward and state want the same ones."""
            if name not in poses:
                poses[name] = engine.pose(name)
                poses[name].flags.writeable = False
            return poses[name]

        falls = self._falls
        if falls is not None:
            falls.look(np.array([pose(name) for name in falls.names]))
        fallen = falls.fallen if falls is not None else _unknown
        self.now = Situation(time, joints, velocities, pose(self._tip), pose, engine.velocity, fallen)
        self.seen, imperfect = self.now, self._channel.now
        if imperfect.encoder_noise:
            self.seen = self._felt(joints)
        if imperfect.sensor_noise or imperfect.dropout:
            looked = self._channel.look({name: pose(name) for name in (trial.focus, *trial.seen)})
            self.seen = replace(self.seen, pose=lambda name: looked[name] if name in looked else pose(name))
        self.achieved = trial.achieved(self.now)
        self.reward = 1.0 if self.achieved else trial.reward(self.now)

    def _felt(self, joints: np.ndarray) -> Situation:
        """The truth, but with joints as encoders read them, and an arm's hand where those have it."""
        read, arm = self._channel.encoders(joints), self.robot.arm
        if arm is None:
            return replace(self.now, joints=read)
        return replace(self.now, joints=read, hand=arm().pose(read[: len(arm().lower)]))

    def _change(self) -> None:
        """Let fields change whose time has come."""
        while self._changes and self._changes[0][0] <= self.now.time:
            _, field, value = self._changes.pop(0)
            if hasattr(self._channel.now, field):
                self._channel.now = replace(self._channel.now, **{field: value})
            else:
                self._world = self._world.changed(field, value)
                self.engine.change(self._world)

    def close(self) -> None:
        """Let the engine go."""
        self.engine.close()


def begin(
    draw: Draw, trial: Trial, engine: Callable[..., Engine], robot: Embodiment, rate: float, watch: bool = False
) -> Simulation:
    """A simulation of a trial just drawn; its engine goes when it cannot be begun."""
    running = engine(trial.world)
    try:
        return Simulation(trial, running, robot, rate, draw.stream, watch)
    except BaseException:
        running.close()
        raise


def _log(trial: Trial, engine: Engine, heights: dict[str, float]) -> EventLog:
    moving = [body.name for body, _ in trial.world.scene.moving]
    standing = {
        name: Standing(moving.index(name), engine.pieces.index(name), height) for name, height in heights.items()
    }
    return EventLog(engine.pieces, engine.timestep, engine.poses(), standing)


def _height(trial: Trial, name: str) -> float:
    """Of a body that stands upright in its own frame, or of the robot's root above the ground, m."""
    if name == trial.world.driven.name:
        return trial.world.driven.position[2]
    (part,) = trial.world.scene.body(name).parts
    heights = [
        (triangles(shape).vertices @ rotation(np.array(shape.quaternion))[2]) + shape.position[2]
        for shape in part.shapes
    ]
    return float(max(z.max() for z in heights) - min(z.min() for z in heights))


def _unknown(name: str) -> bool:
    raise ValueError(f"nobody watches whether `{name}` falls: name it in the trial's `standing`")
