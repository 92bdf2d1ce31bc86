"""MuJoCo (Todorov et al. 2012, mujoco.org) behind the engine protocol."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

import numpy as np

from ..world import World
from .engine import Contact, Step
from .mujoco_model import TIMESTEP, apply, build


@cache
def _called() -> str:
    """Name and version, whose file takes longer to read than a world to build."""
    return f"mujoco {version('mujoco')}"


class MuJoCo:
    """A world in a model of its own.

    MuJoCo's step finds where everything is, then forces, then moves. Here the first half of the next step is taken
    when somebody looks, so that what they see is where things have got to, at no cost.

    Args:
        world: What to build. Its mechanisms stand first, then its bodies in the scene's order.
    """

    timestep = TIMESTEP

    def __init__(self, world: World) -> None:
        import mujoco

        self.name = _called()
        self._mujoco = mujoco
        self._built = built = build(world)
        self._model, self._data = built.model, mujoco.MjData(built.model)
        self._data.qpos[:], self._data.qvel[:] = built.start, built.velocity
        self.pieces = [name for _, name in built.pieces]
        self._bodies = np.array([body for body, _ in built.pieces])
        self._piece = {body: n for n, body in enumerate(self._bodies.tolist())}
        self._driven = built.joints[world.driven.name]
        self._bandwidth = _bandwidth(world)
        names = {mechanism.name for mechanism in world.mechanisms}
        self._shown = np.array(
            [
                built.places[f"{body.name}/{part.name}" if body.name in names else body.name]
                for body, part in world.scene.moving
            ],
            int,
        )
        data = self._data
        self._positions, self._velocities, self._control = data.qpos, data.qvel, data.ctrl
        self._at, self._turned = data.xpos, data.xquat
        self._looked = False
        self._steps = 0
        self.command(data.qpos[self._driven[0]], np.zeros(len(self._driven[0])))

    def _look(self) -> None:
        """Find out where things are and how they move, unless that is known."""
        if not self._looked:
            self._mujoco.mj_step1(self._model, self._data)
            self._looked = True

    def poses(self) -> np.ndarray:
        """As `Engine.poses`."""
        self._look()
        return np.concatenate([self._at[self._shown], self._turned[self._shown]], 1)

    def pose(self, name: str) -> np.ndarray:
        """As `Engine.pose`."""
        self._look()
        body, pose = self._built.places[name], np.empty(7)
        pose[:3], pose[3:] = self._at[body], self._turned[body]
        return pose

    def velocity(self, name: str) -> np.ndarray:
        """As `Engine.velocity`."""
        self._look()
        return self._velocity(self._built.places[name])

    def _velocity(self, body: int) -> np.ndarray:
        turning = np.empty(6)
        self._mujoco.mj_objectVelocity(self._model, self._data, self._mujoco.mjtObj.mjOBJ_BODY, body, turning, 0)
        return np.concatenate([turning[3:], turning[:3]])

    def joints(self, mechanism: str) -> tuple[np.ndarray, np.ndarray]:
        """As `Engine.joints`."""
        positions, velocities = self._built.joints[mechanism]
        return self._positions[positions], self._velocities[velocities]

    def command(self, positions: np.ndarray, velocities: np.ndarray) -> None:
        """As `Engine.command`."""
        self._positions_asked, self._velocities_asked = positions, velocities
        self._control[:] = velocities + self._bandwidth * positions

    def advance(self, steps: int) -> None:
        """As `Engine.advance`."""
        if steps and self._looked:
            self._mujoco.mj_step2(self._model, self._data)
            self._looked = False
            self._steps += 1
            steps -= 1
        if steps:
            self._mujoco.mj_step(self._model, self._data, steps)
            self._steps += steps

    def step(self) -> Step:
        """As `Engine.step`."""
        self._look()
        model, data = self._model, self._data
        centres = data.xipos[self._bodies]
        velocities = np.array([self._velocity(body) for body in self._bodies.tolist()])
        self._mujoco.mj_step2(model, data)
        contacts = self._contacts()
        self._steps += 1
        self._looked = False
        poses = self.poses()
        return Step(self._steps * TIMESTEP, centres, velocities[:, :3], velocities[:, 3:], contacts, poses)

    def _contacts(self) -> list[Contact]:
        """Those of the step just made that carried an impulse."""
        model, data, contacts = self._model, self._data, []
        found = data.contact
        bodies, force = model.geom_bodyid, np.empty(6)
        for n in range(data.ncon):
            self._mujoco.mj_contactForce(model, data, n, force)
            if force[0] > 0:
                first, second = bodies[found.geom[n]]  # MuJoCo's normal points from the first to the second
                a, b = self._piece[second], self._piece[first]
                position, normal, gap = found.pos[n].copy(), found.frame[n, :3].copy(), float(found.dist[n])
                contacts.append(Contact(a, b, position, normal, gap, float(force[0]) * TIMESTEP))
        return contacts

    def change(self, world: World) -> None:
        """As `Engine.change`."""
        apply(world, self._built)
        self._bandwidth = _bandwidth(world)
        self.command(self._positions_asked, self._velocities_asked)
        self._looked = False  # gravity and friction are in what was found out

    def close(self) -> None:
        """As `Engine.close`."""
        del self._data, self._model


def _bandwidth(world: World) -> float:
    servo = world.driven.servo
    assert servo is not None
    return servo.bandwidth
