"""PyBullet (Coumans and Bai, pybullet.org) behind the engine protocol."""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from multisynth.scenes.assets import locate
from multisynth.scenes.schema import Body

from multisynth.errors import BadInput

from ..world import Mechanism, Physics, World
from .engine import Contact, Step

TIMESTEP = 1 / 240
"""s; Bullet's own default, which its solver is tuned for."""


class _Loaded(NamedTuple):
    """A mechanism in the server: its id, the names of its links but the root, by Bullet's index, and its motors."""

    uid: int
    links: list[str]
    joints: list[int]
    efforts: list[float]


class PyBullet:
    """A world in a physics server of its own, so that nothing that ran before can leave a trace in it.

    Args:
        world: What to build. Its mechanisms stand first, then its bodies in the scene's order.
    """

    timestep = TIMESTEP

    def __init__(self, world: World) -> None:
        import pybullet as bullet

        self.name = f"pybullet {version('pybullet')}"
        self._bullet = bullet
        self._client = bullet.connect(bullet.DIRECT)
        self._world, self._steps = world, 0
        self._call("resetSimulation")
        self._call("setGravity", 0, 0, -world.gravity)
        self._call("setPhysicsEngineParameter", fixedTimeStep=TIMESTEP, numSubSteps=0, deterministicOverlappingPairs=1)
        self._mechanisms = {mechanism.name: self._load(mechanism) for mechanism in world.mechanisms}
        self._bodies = {
            body.name: self._make(body, world.physics[body.name])
            for body in world.scene.bodies
            if body.name not in self._mechanisms
        }
        self._driven = self._mechanisms[world.driven.name]
        self._at = self._places(world)
        self.pieces, self._piece = [], {}
        for name, (uid, links) in {
            **{name: (loaded.uid, len(loaded.links)) for name, loaded in self._mechanisms.items()},
            **{name: (uid, 0) for name, uid in self._bodies.items()},
        }.items():
            for link in range(-1, links):
                self._piece[uid, link] = len(self.pieces)
                self.pieces.append(name)
        self._shown = [
            self._at[f"{body.name}/{part.name}" if body.name in self._mechanisms else body.name]
            for body, part in world.scene.moving
        ]
        self._moving = [uid for name, uid in self._bodies.items() if world.physics[name].mass > 0]
        self._motion: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None
        self.change(world)

    def _call(self, function: str, *args: Any, **options: Any) -> Any:
        return getattr(self._bullet, function)(*args, physicsClientId=self._client, **options)

    def _places(self, world: World) -> dict[str, tuple[int, int]]:
        """Body and link in the server of everything that has a name."""
        places = {name: (uid, -1) for name, uid in self._bodies.items()}
        for mechanism in world.mechanisms:
            loaded = self._mechanisms[mechanism.name]
            places[mechanism.name] = places[f"{mechanism.name}/{mechanism.robot.root}"] = (loaded.uid, -1)
            places |= {f"{mechanism.name}/{link}": (loaded.uid, index) for index, link in enumerate(loaded.links)}
        return places

    def _load(self, mechanism: Mechanism) -> _Loaded:
        with tempfile.TemporaryDirectory() as folder:
            if mechanism.text:
                path = Path(folder) / "mechanism.urdf"
                path.write_text(mechanism.text, "utf-8")
            else:
                path = locate(mechanism.robot.name, (".urdf",))
            w, x, y, z = mechanism.quaternion
            uid = self._call(
                "loadURDF", str(path), mechanism.position, (x, y, z, w), useFixedBase=mechanism.fixed,
                flags=self._bullet.URDF_IGNORE_VISUAL_SHAPES,
            )  # fmt: skip
        infos = [self._call("getJointInfo", uid, joint) for joint in range(self._call("getNumJoints", uid))]
        index = {info[1].decode(): joint for joint, info in enumerate(infos)}
        moving = mechanism.robot.moving
        joints = [index[joint.name] for joint in moving]
        for joint, position in zip(joints, mechanism.start, strict=True):
            self._call("resetJointState", uid, joint, position)
        efforts = [joint.effort for joint in moving]
        if mechanism.servo is None:
            self._call(
                "setJointMotorControlArray", uid, joints, self._bullet.VELOCITY_CONTROL, forces=[0.0] * len(joints)
            )
        else:
            self._call(
                "setJointMotorControlArray", uid, joints, self._bullet.POSITION_CONTROL,
                targetPositions=list(mechanism.start), forces=efforts,
            )  # fmt: skip
        for link in range(-1, len(infos)):
            self._call(
                "changeDynamics", uid, link, restitution=0, linearDamping=0, angularDamping=0, spinningFriction=0,
                rollingFriction=0,
            )  # fmt: skip
        return _Loaded(int(uid), [info[12].decode() for info in infos], joints, efforts)

    def _make(self, body: Body, physics: Physics) -> int:
        bullet, (part,) = self._bullet, body.parts
        (shape,) = part.shapes
        if shape.kind == "mesh" or shape.position != (0, 0, 0) or shape.quaternion != (1, 0, 0, 0):
            raise BadInput(f"`{body.name}` is no primitive at its part's centre", "give a box, a sphere or a cylinder")
        collision = -1
        if physics.solid and shape.kind == "box":
            collision = self._call("createCollisionShape", bullet.GEOM_BOX, halfExtents=[s / 2 for s in shape.size])
        elif physics.solid and shape.kind == "sphere":
            collision = self._call("createCollisionShape", bullet.GEOM_SPHERE, radius=shape.size[0])
        elif physics.solid:
            radius, height = shape.size
            collision = self._call("createCollisionShape", bullet.GEOM_CYLINDER, radius=radius, height=height)
        w, x, y, z = part.quaternion
        uid = self._call("createMultiBody", physics.mass, collision, -1, part.position, (x, y, z, w))
        self._call(  # Bullet brakes free flight by default, which no vacuum does
            "changeDynamics", uid, -1, restitution=physics.restitution**0.5, linearDamping=0, angularDamping=0,
            spinningFriction=0, rollingFriction=0,
        )  # fmt: skip
        if any(physics.velocity):
            self._call("resetBaseVelocity", uid, physics.velocity, (0, 0, 0))
        return int(uid)

    def change(self, world: World) -> None:
        """As `Engine.change`."""
        self._call("setGravity", 0, 0, -world.gravity)
        for name, uid in self._bodies.items():  # Bullet multiplies coefficients: roots make that the geometric mean
            self._call("changeDynamics", uid, -1, lateralFriction=world.physics[name].friction ** 0.5)
        for mechanism in world.mechanisms:
            loaded = self._mechanisms[mechanism.name]
            damping = mechanism.servo.damping if mechanism.servo is not None else mechanism.damping
            for link in range(-1, len(loaded.links)):
                self._call(  # Bullet multiplies one body's spinning friction by the other's lateral
                    "changeDynamics", loaded.uid, link, lateralFriction=mechanism.friction**0.5,
                    spinningFriction=mechanism.patch * mechanism.friction**0.5,
                )  # fmt: skip
            for joint in loaded.joints:
                self._call("changeDynamics", loaded.uid, joint, jointDamping=damping)
        servo = world.driven.servo
        assert servo is not None
        self._gains = [servo.bandwidth * TIMESTEP] * len(self._driven.joints)

    def _measure(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Centres, linear and angular velocities of the pieces [P, 3] and poses of the moving parts [B, 7]."""
        count = len(self.pieces)
        centres, linear, angular = np.zeros((count, 3)), np.zeros((count, 3)), np.zeros((count, 3))
        frames: dict[tuple[int, int], tuple[Any, Any]] = {}
        for uid, links, *_ in self._mechanisms.values():
            states = self._call(
                "getLinkStates", uid, range(len(links)), computeLinkVelocity=1, computeForwardKinematics=1
            )
            for link, state in enumerate(states):
                piece = self._piece[uid, link]
                centres[piece], linear[piece], angular[piece] = state[0], state[6], state[7]
                frames[uid, link] = state[4], state[5]  # the link's own frame; state[0] is its centre of mass
        for uid in self._moving:
            piece = self._piece[uid, -1]
            frames[uid, -1] = position, _ = self._call("getBasePositionAndOrientation", uid)
            centres[piece] = position
            linear[piece], angular[piece] = self._call("getBaseVelocity", uid)
        poses = np.array([(*p, q[3], q[0], q[1], q[2]) for p, q in (frames[at] for at in self._shown)])
        return centres, linear, angular, poses.reshape(-1, 7)

    def poses(self) -> np.ndarray:
        """As `Engine.poses`."""
        if self._motion is None:
            self._motion = self._measure()
        return self._motion[3]

    def pose(self, name: str) -> np.ndarray:
        """As `Engine.pose`."""
        uid, link = self._at[name]
        if link < 0:
            (px, py, pz), (x, y, z, w) = self._bullet.getBasePositionAndOrientation(uid, self._client)
        else:
            state = self._bullet.getLinkState(uid, link, 0, 1, self._client)
            (px, py, pz), (x, y, z, w) = state[4], state[5]
        return np.array((px, py, pz, w, x, y, z))

    def velocity(self, name: str) -> np.ndarray:
        """As `Engine.velocity`."""
        uid, link = self._at[name]
        if link < 0:
            linear, angular = self._bullet.getBaseVelocity(uid, self._client)
        else:
            linear, angular = self._bullet.getLinkState(uid, link, 1, 0, self._client)[6:8]
        return np.array((*linear, *angular))

    def joints(self, mechanism: str) -> tuple[np.ndarray, np.ndarray]:
        """As `Engine.joints`."""
        loaded = self._mechanisms[mechanism]
        states = self._bullet.getJointStates(loaded.uid, loaded.joints, self._client)
        return np.array([s[0] for s in states]), np.array([s[1] for s in states])

    def command(self, positions: np.ndarray, velocities: np.ndarray) -> None:
        """As `Engine.command`."""
        driven = self._driven
        self._bullet.setJointMotorControlArray(
            driven.uid, driven.joints, self._bullet.POSITION_CONTROL, targetPositions=positions.tolist(),
            targetVelocities=velocities.tolist(), forces=driven.efforts, positionGains=self._gains,
            physicsClientId=self._client,
        )  # fmt: skip

    def advance(self, steps: int) -> None:
        """As `Engine.advance`."""
        step, client = self._bullet.stepSimulation, self._client
        for _ in range(steps):
            step(client)
        self._steps += steps
        self._motion = None

    def step(self) -> Step:
        """As `Engine.step`."""
        self.poses()
        assert self._motion is not None
        centres, linear, angular, _ = self._motion  # Bullet finds contacts before it moves anything
        self._call("stepSimulation")
        self._steps += 1
        contacts = []
        for point in self._call("getContactPoints"):
            if point[9] > 0:
                a, b = self._piece[point[1], point[3]], self._piece[point[2], point[4]]
                position = (np.array(point[5]) + np.array(point[6])) / 2
                contacts.append(Contact(a, b, position, np.array(point[7]), point[8], point[9] * TIMESTEP))
        self._motion = self._measure()
        return Step(self._steps * TIMESTEP, centres, linear, angular, contacts, self._motion[3])

    def close(self) -> None:
        """As `Engine.close`."""
        self._bullet.disconnect(self._client)
