"""PyBullet (Coumans and Bai, pybullet.org) behind the engine protocol."""

from __future__ import annotations

import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from multisynth.scenes.assets import locate
from multisynth.scenes.poses import quaternion, rotation
from multisynth.scenes.schema import Body, Shape

from ..world import Mechanism, Physics, World
from .engine import Contact, Step
from .fused import Fused, fused
from .solids import hull, solid

TIMESTEP = 1 / 240
"""s; Bullet's own default, which its solver is tuned for."""
RESIDUAL, ITERATIONS = 1e-5, 30
"""Where its solver stops to iterate, (m/s)² or (rad/s)², and when at the latest; it takes less time so than with its
defaults of 1e-7 and 50, and `checks` say the same. With 1e-4 things rock on what they lie on, with 10 gears slip."""

GEAR, HOLD = 0.1, 200.0
"""Share of a gear's error that a step takes away, and the force of its teeth, N or N·m."""

_SINGULAR = {
    "shapeTypes": "shapeType", "halfExtents": "halfExtents", "radii": "radius", "lengths": "height",
    "vertices": "vertices", "collisionFramePositions": "collisionFramePosition",
    "collisionFrameOrientations": "collisionFrameOrientation",
}  # fmt: skip
"""Bullet's words for one shape, by its words for many."""
_NOTHING = {
    "radii": 0.0, "halfExtents": (0, 0, 0), "lengths": 0.0, "fileNames": "", "meshScales": (1, 1, 1),
    "planeNormals": (0, 0, 1), "flags": 0,
}  # fmt: skip
"""What it wants to hear about shapes that have no such thing."""


class _Loaded(NamedTuple):
    """A mechanism in the server: its id, its links, what is which link by Bullet's index but the root, its motors."""

    uid: int
    fused: Fused
    links: list[str]
    joints: list[int]
    efforts: list[float]


class _Place(NamedTuple):
    """Where something with a name is: a body and a link in the server, -1 for its base, and its frame there.

    Args:
        offset: Of its frame in the link's, position and x, y, z, w, if they differ.
        lever: From the link's centre of mass to its own in the link's frame, if they differ. [3]
    """

    uid: int
    link: int
    offset: tuple[Any, Any] | None = None
    lever: np.ndarray | None = None


@cache
def _called() -> str:
    """Name and version, whose file takes longer to read than a world to build."""
    return f"pybullet {version('pybullet')}"


class PyBullet:
    """A world in a physics server of its own, so that nothing that ran before can leave a trace in it.

    Args:
        world: What to build. Its mechanisms stand first, then its bodies in the scene's order.
    """

    timestep = TIMESTEP

    def __init__(self, world: World) -> None:
        import pybullet as bullet

        self.name = _called()
        self._bullet = bullet
        self._client = bullet.connect(bullet.DIRECT)
        self._world, self._steps = world, 0
        self._call("resetSimulation")
        self._call("setGravity", 0, 0, -world.gravity)
        self._call(
            "setPhysicsEngineParameter",
            fixedTimeStep=TIMESTEP,
            numSubSteps=0,
            deterministicOverlappingPairs=1,
            solverResidualThreshold=RESIDUAL,
            numSolverIterations=ITERATIONS,
        )
        self._offsets: dict[int, tuple[Any, Any]] = {}
        self._mechanisms = {mechanism.name: self._load(mechanism) for mechanism in world.mechanisms}
        self._bodies = {
            body.name: self._make(body, world.physics[body.name])
            for body in world.scene.bodies
            if body.name not in self._mechanisms
        }
        self._driven = self._mechanisms[world.driven.name]
        self._at = self._places(world)
        self.pieces: list[str] = []
        self._piece: dict[tuple[int, int], int] = {}
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
        self._moving = [self._mechanisms[m.name].uid for m in world.mechanisms if not m.fixed]
        told = {body.name for body, _ in world.scene.moving}  # of what may be too heavy to move, too
        self._moving += [uid for name, uid in self._bodies.items() if name in told or world.physics[name].mass > 0]
        self._motion: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None = None
        self.change(world)

    def _call(self, function: str, *args: Any, **options: Any) -> Any:
        return getattr(self._bullet, function)(*args, physicsClientId=self._client, **options)

    def _places(self, world: World) -> dict[str, _Place]:
        """Where to look for everything that has a name."""
        places = {name: _Place(uid, -1) for name, uid in self._bodies.items()}
        for mechanism in world.mechanisms:
            loaded = self._mechanisms[mechanism.name]
            index = {link: n for n, link in enumerate(loaded.links)}
            for link, (carrier, frame) in loaded.fused.carriers.items():
                lever = loaded.fused.levers[link]
                w, x, y, z = quaternion(frame[:3, :3]).tolist()
                places[f"{mechanism.name}/{link}"] = _Place(
                    loaded.uid,
                    index.get(carrier, -1),
                    (frame[:3, 3].tolist(), (x, y, z, w)) if link != carrier else None,
                    lever if np.abs(lever).max() > 1e-12 else None,
                )
            places[mechanism.name] = places[f"{mechanism.name}/{mechanism.robot.root}"]
        return places

    def _load(self, mechanism: Mechanism) -> _Loaded:
        described = _described(mechanism)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mechanism.urdf"
            path.write_text(described.document, "utf-8")
            w, x, y, z = mechanism.quaternion
            uid = self._call(
                "loadURDF", str(path), mechanism.position, (x, y, z, w), useFixedBase=mechanism.fixed,
                flags=self._bullet.URDF_IGNORE_VISUAL_SHAPES | self._bullet.URDF_USE_INERTIA_FROM_FILE,
            )  # fmt: skip
        self._frame_in_centre(uid)
        infos = [self._call("getJointInfo", uid, joint) for joint in range(self._call("getNumJoints", uid))]
        index = {info[1].decode(): joint for joint, info in enumerate(infos)}
        moving = mechanism.robot.moving
        joints = [index[joint.name] for joint in moving]
        for joint, position in zip(joints, mechanism.start, strict=True):
            self._call("resetJointState", uid, joint, position)
        for one, other in mechanism.geared:
            gear = self._call(
                "createConstraint", uid, index[one], uid, index[other], self._bullet.JOINT_GEAR, [1, 0, 0], [0, 0, 0],
                [0, 0, 0],
            )  # fmt: skip
            self._call("changeConstraint", gear, gearRatio=-1, erp=GEAR, maxForce=HOLD)
        efforts = [joint.effort for joint in moving]
        if mechanism.servo is None:
            self._call(
                "setJointMotorControlArray",
                uid,
                joints,
                self._bullet.VELOCITY_CONTROL,
                forces=[joint.friction for joint in moving],
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
        return _Loaded(int(uid), described, [info[12].decode() for info in infos], joints, efforts)

    def _make(self, body: Body, physics: Physics) -> int:
        part = body.parts[0]
        shape = self._shape(part.shapes) if physics.solid else -1
        w, x, y, z = part.quaternion
        # rigid bodies take less time than mechanisms without joints
        options: dict[str, Any] = {"useMaximalCoordinates": 1}
        inertia: dict[str, Any] = {}
        offset = None
        if physics.mass > 0:
            of = solid(part.shapes)
            turn = of.turn.tolist()
            centre = of.centre.tolist(), [*turn[1:], turn[0]]
            options |= {"baseInertialFramePosition": centre[0], "baseInertialFrameOrientation": centre[1]}
            inertia = {
                "mass": physics.mass,
                "localInertiaDiagonal": (of.moments * physics.mass * physics.inertia).tolist(),
            }
            offset = self._bullet.invertTransform(*centre) if of.centre.any() or turn[0] != 1 else None
        uid = int(self._call("createMultiBody", physics.mass, shape, -1, part.position, (x, y, z, w), **options))
        if offset is not None:  # of the body's frame in that of its centre of mass, which Bullet tells about
            self._offsets[uid] = offset
        self._call(  # Bullet brakes free flight by default, which no vacuum does
            "changeDynamics", uid, -1, restitution=physics.restitution**0.5, linearDamping=0, angularDamping=0,
            spinningFriction=0, rollingFriction=0, **inertia,
        )  # fmt: skip
        if any(physics.velocity):
            self._call("resetBaseVelocity", uid, physics.velocity, (0, 0, 0))
        return uid

    def _shape(self, shapes: tuple[Shape, ...]) -> int:
        """A collision shape in the server."""
        if len(shapes) == 1:
            form = self._form(shapes[0])
            return int(self._call("createCollisionShape", **{_SINGULAR[key]: of for key, of in form.items()}))
        with tempfile.TemporaryDirectory() as folder:
            forms = [self._form(shape) for shape in shapes]
            for n, (shape, form) in enumerate(zip(shapes, forms, strict=True)):
                if form.pop("vertices", None) is not None:  # of many shapes, Bullet takes meshes as files alone
                    form["fileNames"] = str(Path(folder) / f"{n}.obj")
                    Path(form["fileNames"]).write_text(_obj(*hull(shape.mesh, shape.size)), "utf-8")
            filled = [{**_NOTHING, **form} for form in forms]
            return int(self._call("createCollisionShapeArray", **{key: [f[key] for f in filled] for key in filled[0]}))

    def _form(self, shape: Shape) -> dict[str, Any]:
        """What `createCollisionShapeArray` wants of one shape."""
        bullet, (w, x, y, z) = self._bullet, shape.quaternion
        placed = {"collisionFramePositions": shape.position, "collisionFrameOrientations": (x, y, z, w)}
        if shape.kind == "box":
            return {"shapeTypes": bullet.GEOM_BOX, "halfExtents": [edge / 2 for edge in shape.size], **placed}
        if shape.kind == "sphere":
            return {"shapeTypes": bullet.GEOM_SPHERE, "radii": shape.size[0], **placed}
        if shape.kind == "cylinder":
            radius, length = shape.size
            return {"shapeTypes": bullet.GEOM_CYLINDER, "radii": radius, "lengths": length, **placed}
        return {"shapeTypes": bullet.GEOM_MESH, "vertices": hull(shape.mesh, shape.size)[0].tolist(), **placed}

    def _frame_in_centre(self, uid: int) -> None:
        """Remember where the frame of a base lies in the frame of its centre of mass, which Bullet tells about."""
        info = self._call("getDynamicsInfo", uid, -1)
        if any(info[3]) or tuple(info[4]) != (0.0, 0.0, 0.0, 1.0):
            self._offsets[uid] = self._bullet.invertTransform(info[3], info[4])

    def _frame(self, place: _Place) -> tuple[Any, Any]:
        """Position and x, y, z, w of something's own frame."""
        uid, link, offset, _ = place
        frame = self._base(uid) if link < 0 else self._bullet.getLinkState(uid, link, 0, 1, self._client)[4:6]
        return frame if offset is None else self._bullet.multiplyTransforms(*frame, *offset)

    def _base(self, uid: int) -> tuple[Any, Any]:
        """Position and x, y, z, w of a base's own frame."""
        frame = self._bullet.getBasePositionAndOrientation(uid, self._client)
        if uid in self._offsets:
            return self._bullet.multiplyTransforms(*frame, *self._offsets[uid])
        return frame

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
        for uid, _, links, *_ in self._mechanisms.values():
            states = self._call(
                "getLinkStates", uid, range(len(links)), computeLinkVelocity=1, computeForwardKinematics=1
            )
            for link, state in enumerate(states):
                piece = self._piece[uid, link]
                centres[piece], linear[piece], angular[piece] = state[0], state[6], state[7]
                frames[uid, link] = state[4], state[5]  # the link's own frame; state[0] is its centre of mass
        for uid in self._moving:
            piece = self._piece[uid, -1]
            centres[piece] = self._call("getBasePositionAndOrientation", uid)[0]
            frames[uid, -1] = self._base(uid)
            linear[piece], angular[piece] = self._call("getBaseVelocity", uid)
        shown = [
            frames[uid, link] if offset is None else self._bullet.multiplyTransforms(*frames[uid, link], *offset)
            for uid, link, offset, _ in self._shown
        ]
        poses = np.array([(*p, q[3], q[0], q[1], q[2]) for p, q in shown])
        return centres, linear, angular, poses.reshape(-1, 7)

    def poses(self) -> np.ndarray:
        """As `Engine.poses`."""
        if self._motion is None:
            self._motion = self._measure()
        return self._motion[3]

    def pose(self, name: str) -> np.ndarray:
        """As `Engine.pose`."""
        (px, py, pz), (x, y, z, w) = self._frame(self._at[name])
        return np.array((px, py, pz, w, x, y, z))

    def velocity(self, name: str) -> np.ndarray:
        """As `Engine.velocity`."""
        uid, link, _, lever = self._at[name]
        if link < 0:
            linear, angular = self._bullet.getBaseVelocity(uid, self._client)
        else:
            linear, angular = self._bullet.getLinkState(uid, link, 1, 0, self._client)[6:8]
        if lever is not None:
            x, y, z, w = self._frame(_Place(uid, link))[1]
            linear = linear + np.cross(angular, rotation(np.array((w, x, y, z))) @ lever)
        return np.array((*linear, *angular))

    def joints(self, mechanism: str) -> tuple[np.ndarray, np.ndarray]:
        """As `Engine.joints`."""
        loaded = self._mechanisms[mechanism]
        states = self._bullet.getJointStates(loaded.uid, loaded.joints, self._client)
        return np.array([state[0] for state in states]), np.array([state[1] for state in states])

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


def _described(mechanism: Mechanism) -> Fused:
    if mechanism.text:
        return fused(mechanism.text, "")
    path = locate(mechanism.robot.name, (".urdf",))
    return fused(path.read_text("utf-8").lstrip(), str(path.parent))


def _obj(vertices: np.ndarray, faces: np.ndarray) -> str:
    """Triangles as a file of Wavefront's format. [V, 3], [F, 3]"""
    lines = ["v {!r} {!r} {!r}".format(*vertex) for vertex in vertices.tolist()]
    return "\n".join([*lines, *("f {} {} {}".format(*face) for face in (faces + 1).tolist())])
