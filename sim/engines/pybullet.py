"""PyBullet (Coumans and Bai, pybullet.org) behind the engine protocol."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from multisynth.scenes.assets import locate
from multisynth.scenes.schema import Body

from multisynth.errors import BadInput

from ..world import Physics, World
from .engine import Contact, Step

TIMESTEP = 1 / 240
"""s; Bullet's own default, which its solver is tuned for."""


class PyBullet:
    """A world in a physics server of its own, so that nothing that ran before can leave a trace in it.

    Args:
        world: What to build. Its arm stands first, then its bodies in the scene's order.
    """

    timestep = TIMESTEP

    def __init__(self, world: World) -> None:
        import pybullet as bullet

        self.name = f"pybullet {version('pybullet')}"
        self._bullet = bullet
        self._client = bullet.connect(bullet.DIRECT)
        self._steps = 0
        self._call("resetSimulation")
        self._call("setGravity", 0, 0, -world.gravity)
        self._call("setPhysicsEngineParameter", fixedTimeStep=TIMESTEP, numSubSteps=0, deterministicOverlappingPairs=1)
        self._arm = self._load_arm(world)
        self._bodies = {
            body.name: self._make(body, world.physics[body.name])
            for body in world.scene.bodies
            if body.name != world.arm.name
        }
        self._links = self._all_links()
        self.pieces = [world.arm.name] * (1 + len(self._links)) + list(self._bodies)
        self._piece = {(self._arm, link): link + 1 for link in range(-1, len(self._links))}
        self._piece |= {(uid, -1): len(self._links) + 1 + n for n, uid in enumerate(self._bodies.values())}
        self._shown: list[tuple[int, int]] = []
        link_index = {name: index for index, name in enumerate(self._links)}
        for body, part in world.scene.moving:
            at = (self._arm, link_index[part.name]) if body.name == world.arm.name else (self._bodies[body.name], -1)
            self._shown.append(at)
        self._moving = [uid for name, uid in self._bodies.items() if world.physics[name].mass > 0]
        self._motion = self._measure()

    def _call(self, function: str, *args: Any, **options: Any) -> Any:
        return getattr(self._bullet, function)(*args, physicsClientId=self._client, **options)

    def _load_arm(self, world: World) -> int:
        path, flags = locate(world.arm.robot.name, (".urdf",)), self._bullet.URDF_IGNORE_VISUAL_SHAPES
        arm = self._call("loadURDF", str(path), (0, 0, 0), useFixedBase=True, flags=flags)
        joints = {self._call("getJointInfo", arm, j)[1].decode(): j for j in range(self._call("getNumJoints", arm))}
        self._joints = [joints[joint.name] for joint in world.arm.robot.moving]
        self._efforts = [joint.effort for joint in world.arm.robot.moving]
        for joint, position in zip(self._joints, world.arm.start, strict=True):
            self._call("resetJointState", arm, joint, position)
        for link in range(-1, len(joints)):
            friction, restitution = _own(Physics(friction=world.arm.friction))
            self._call(
                "changeDynamics", arm, link, lateralFriction=friction, restitution=restitution, linearDamping=0,
                angularDamping=0, spinningFriction=0, rollingFriction=0,
            )  # fmt: skip
        self._call(
            "setJointMotorControlArray", arm, self._joints, self._bullet.POSITION_CONTROL,
            targetPositions=list(world.arm.start), forces=self._efforts,
        )  # fmt: skip
        return int(arm)

    def _all_links(self) -> list[str]:
        """Names of the arm's links but its base, by Bullet's index."""
        count = self._call("getNumJoints", self._arm)
        return [self._call("getJointInfo", self._arm, j)[12].decode() for j in range(count)]

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
        friction, restitution = _own(physics)
        self._call(  # Bullet brakes free flight by default, which no vacuum does
            "changeDynamics", uid, -1, lateralFriction=friction, restitution=restitution, linearDamping=0,
            angularDamping=0, spinningFriction=0, rollingFriction=0,
        )  # fmt: skip
        if any(physics.velocity):
            self._call("resetBaseVelocity", uid, physics.velocity, (0, 0, 0))
        return int(uid)

    def _measure(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Centres, linear and angular velocities of the pieces [P, 3] and poses of the moving parts [B, 7]."""
        count = len(self.pieces)
        centres, linear, angular = np.zeros((count, 3)), np.zeros((count, 3)), np.zeros((count, 3))
        frames: dict[tuple[int, int], tuple[Any, Any]] = {}
        links = self._call(
            "getLinkStates", self._arm, range(len(self._links)), computeLinkVelocity=1, computeForwardKinematics=1
        )
        for link, state in enumerate(links):
            centres[link + 1], linear[link + 1], angular[link + 1] = state[0], state[6], state[7]
            frames[self._arm, link] = state[4], state[5]  # the link's own frame; state[0] is its centre of mass
        for uid in self._moving:
            piece = self._piece[uid, -1]
            frames[uid, -1] = position, _ = self._call("getBasePositionAndOrientation", uid)
            centres[piece] = position
            linear[piece], angular[piece] = self._call("getBaseVelocity", uid)
        poses = np.array([(*p, q[3], q[0], q[1], q[2]) for p, q in (frames[at] for at in self._shown)])
        return centres, linear, angular, poses.reshape(-1, 7)

    def poses(self) -> np.ndarray:
        """As `Engine.poses`."""
        return self._motion[3]

    def joints(self) -> tuple[np.ndarray, np.ndarray]:
        """As `Engine.joints`."""
        states = self._call("getJointStates", self._arm, self._joints)
        return np.array([s[0] for s in states]), np.array([s[1] for s in states])

    def command(self, positions: np.ndarray, velocities: np.ndarray) -> None:
        """As `Engine.command`."""
        self._call(
            "setJointMotorControlArray", self._arm, self._joints, self._bullet.POSITION_CONTROL,
            targetPositions=positions.tolist(), targetVelocities=velocities.tolist(), forces=self._efforts,
        )  # fmt: skip

    def step(self) -> Step:
        """As `Engine.step`."""
        self._call("stepSimulation")
        self._steps += 1
        contacts = []
        for point in self._call("getContactPoints"):
            if point[9] > 0:
                a, b = self._piece[point[1], point[3]], self._piece[point[2], point[4]]
                position = (np.array(point[5]) + np.array(point[6])) / 2
                contacts.append(Contact(a, b, position, np.array(point[7]), point[8], point[9] * TIMESTEP))
        centres, linear, angular, _ = self._motion  # Bullet finds contacts before it moves anything
        self._motion = self._measure()
        return Step(self._steps * TIMESTEP, centres, linear, angular, contacts, self._motion[3])

    def close(self) -> None:
        """As `Engine.close`."""
        self._bullet.disconnect(self._client)


def _own(physics: Physics) -> tuple[float, float]:
    """Bullet multiplies the coefficients of two bodies: with roots the product is the geometric mean."""
    return physics.friction**0.5, physics.restitution**0.5
