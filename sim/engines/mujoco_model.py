"""A world as a model of MuJoCo (Todorov et al. 2012, mujoco.org).

MuJoCo's contacts are soft: a contact at velocity v and depth r asks for the acceleration -b v - k r. Here b brings the
velocity to -e v within one time step, e the coefficient of restitution, and k takes away a share of the depth in each
step, so that contacts are as hard and as bouncy as those of engines that reckon with impulses. All pairs that can touch
are listed, each with its friction and restitution, because MuJoCo itself would take the larger of two frictions.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
from multisynth.scenes import Part, Shape
from multisynth.scenes.assets import locate

from ..world import Mechanism, Physics, World
from .solids import hull, solid

TIMESTEP = 1 / 240
"""s; that of PyBullet, so that commands come as often."""
IMPEDANCE = 0.99
"""How much of the acceleration that a contact asks for it gets, whatever the load on it."""
RECOVERY = 0.1
"""Share of an overlap that a contact without bounce takes away in a time step."""
GRIP, GLIDE = 1.0, 0.2
"""Share of a sliding velocity that friction takes away in a time step where it is strong enough: at robots, elsewhere.

MuJoCo's friction pushes apart what slides, in proportion to this: with 1, what slides at 3 m/s hops 8 cm high; with
0.1, what comes to rest slides 5 % too far. But what a gripper holds must not slide at all.
"""
LEAST_FRICTION = 1e-5
"""MuJoCo refuses less."""
FACETS = 64
"""Of the prisms that stand in for cylinders."""


class Geometry(NamedTuple):
    """A colliding geom: its name, the scene's body that it belongs to, whether it can move, its kind, and its prism.

    MuJoCo 3.17 gets normals wrong where a cylinder meets an edge that is nearly parallel to it (of several contact
    points found at once). So a cylinder meets faces as a prism, unless it stands, lies or rolls on something still.
    """

    name: str
    body: str
    moves: bool
    kind: str
    prism: str = ""

    def against(self, other: Geometry) -> str:
        """The name of the geom that meets another."""
        smooth = other.kind == "sphere" or (other.kind == "box" and not other.moves)
        return self.name if smooth or not self.prism else self.prism


class Model(NamedTuple):
    """A compiled world.

    Args:
        model: `mujoco.MjModel`.
        start: `qpos` at the start. [nq]
        velocity: `qvel` at the start. [nv]
        places: MuJoCo's body of everything that has a name: bodies, `mechanism`, `mechanism/link`.
        pieces: MuJoCo's body of each piece, and the name of the scene's body that it belongs to.
        joints: Of each mechanism, the indices of its moving joints in `qpos` and in `qvel`. [J], [J]
        pairs: The scene's bodies of each contact pair, in the model's order.
        inertia: That the robot's motors work against at the start, kg·m² or kg. [J]
    """

    model: Any
    start: np.ndarray
    velocity: np.ndarray
    places: dict[str, int]
    pieces: list[tuple[int, str]]
    joints: dict[str, tuple[np.ndarray, np.ndarray]]
    pairs: list[tuple[str, str]]
    inertia: np.ndarray


def build(world: World) -> Model:
    """Compile a world; `apply` has been called on it."""
    import mujoco

    spec = mujoco.MjSpec()
    spec.option.timestep = TIMESTEP
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10  # so that what is held does not creep
    geometries: list[Geometry] = []
    for mechanism in world.mechanisms:
        geometries += _attach(spec, mechanism)
    names = {mechanism.name for mechanism in world.mechanisms}
    for body in world.scene.bodies:
        if body.name not in names:
            geometries += _add(spec, body.name, body.parts[0], world.physics[body.name])
    pairs = [
        (a, b)
        for n, a in enumerate(geometries)
        for b in geometries[n + 1 :]
        if a.body != b.body and (a.moves or b.moves)
    ]
    patched = {mechanism.name for mechanism in world.mechanisms if mechanism.patch}
    for mechanism in world.mechanisms:
        for one, other in mechanism.geared:
            spec.add_equality(
                type=mujoco.mjtEq.mjEQ_JOINT, objtype=mujoco.mjtObj.mjOBJ_JOINT, name1=f"{mechanism.name}/{one}",
                name2=f"{mechanism.name}/{other}", data=[0.0, 1.0, *[0.0] * 10], solref=(2 * TIMESTEP, 1),
            )  # fmt: skip
    for a, b in pairs:
        spec.add_pair(
            geomname1=a.against(b), geomname2=b.against(a), condim=4 if patched & {a.body, b.body} else 3,
            solimp=[IMPEDANCE, IMPEDANCE, 0.001, 0.5, 2],
        )  # fmt: skip
    for joint in world.driven.robot.moving:
        actuator = spec.add_actuator(
            name=joint.name, target=f"{world.driven.name}/{joint.name}", trntype=mujoco.mjtTrn.mjTRN_JOINT
        )
        actuator.gaintype, actuator.biastype = mujoco.mjtGain.mjGAIN_FIXED, mujoco.mjtBias.mjBIAS_AFFINE
        if math.isfinite(joint.effort):
            most = max(joint.effort, 1e-9)  # MuJoCo takes no empty range
            actuator.forcelimited, actuator.forcerange = True, [-most, most]
    model = spec.compile()
    return _started(world, model, [(a.body, b.body) for a, b in pairs])


def apply(world: World, built: Model) -> None:
    """Write what `World.changed` can change into a compiled model: gravity, friction, bounce, servo, damping."""
    model = built.model
    model.opt.gravity[:] = 0, 0, -world.gravity
    friction = {name: physics.friction for name, physics in world.physics.items()}
    friction |= {mechanism.name: mechanism.friction for mechanism in world.mechanisms}
    patch = {mechanism.name: mechanism.patch for mechanism in world.mechanisms}
    held = {mechanism.name for mechanism in world.mechanisms}
    for n, (a, b) in enumerate(built.pairs):
        model.pair_friction[n, :2] = max(math.sqrt(friction[a] * friction[b]), LEAST_FRICTION)
        model.pair_friction[n, 2] = max(patch.get(a, 0.0), patch.get(b, 0.0)) * model.pair_friction[n, 0]
        share = GRIP if held & {a, b} else GLIDE
        bounce = math.sqrt(_restitution(world, a) * _restitution(world, b))
        model.pair_solref[n], model.pair_solreffriction[n] = reference(bounce), reference(share - 1)
    for mechanism in world.mechanisms:
        damping = mechanism.damping if mechanism.servo is None else mechanism.servo.damping
        model.dof_damping[built.joints[mechanism.name][1]] = damping
    servo = world.driven.servo
    assert servo is not None
    gain = built.inertia / TIMESTEP  # more would make a motor at the end of its effort rattle
    model.actuator_gainprm[:, 0] = gain
    model.actuator_biasprm[:, 1], model.actuator_biasprm[:, 2] = -gain * servo.bandwidth, -gain


def reference(restitution: float) -> tuple[float, float]:
    """MuJoCo's `solref`, in its direct form, of what turns a velocity v into -e v within a time step.

    A body that comes with velocity v is found somewhere between 0 and v·h deep. Pushing it out adds half of
    `recovery`·v to its velocity on average, which is taken off here.
    """
    recovery = RECOVERY * min(1 - restitution, 1)
    kept = 1 + restitution - recovery / 2 if restitution >= 0 else 1 + restitution
    return -recovery / (IMPEDANCE * TIMESTEP**2), -kept / (IMPEDANCE * TIMESTEP)


def _restitution(world: World, name: str) -> float:
    return world.physics[name].restitution if name in world.physics else 0.0


def _add(spec: Any, name: str, part: Part, physics: Physics) -> list[Geometry]:
    """Add a body of one part to a spec."""
    import mujoco

    body = spec.worldbody.add_body(name=name, pos=part.position, quat=part.quaternion)
    moves = physics.mass > 0
    if moves:
        body.add_freejoint(name=name)
        of = solid(part.shapes)
        body.explicitinertial, body.mass = True, physics.mass
        body.ipos, body.iquat = of.centre, of.turn
        body.inertia = of.moments * physics.mass * physics.inertia
    if not physics.solid:
        return []
    geometries = []
    for n, shape in enumerate(part.shapes):
        geom = body.add_geom(name=f"{name}#{n}", pos=shape.position, quat=shape.quaternion, contype=0, conaffinity=0)
        if shape.kind == "mesh":
            geom.type, geom.meshname = mujoco.mjtGeom.mjGEOM_MESH, _mesh(spec, shape)
        else:
            geom.type, geom.size[: len(shape.size)] = {
                "box": (mujoco.mjtGeom.mjGEOM_BOX, [edge / 2 for edge in shape.size]),
                "sphere": (mujoco.mjtGeom.mjGEOM_SPHERE, shape.size),
                "cylinder": (mujoco.mjtGeom.mjGEOM_CYLINDER, [shape.size[0], shape.size[-1] / 2]),
            }[shape.kind]
        prism = ""
        if shape.kind == "cylinder":
            prism = f"{name}#{n}'"
            body.add_geom(
                name=prism, type=mujoco.mjtGeom.mjGEOM_MESH, meshname=_prism(spec, shape), pos=shape.position,
                quat=shape.quaternion, contype=0, conaffinity=0,
            )  # fmt: skip
        geometries.append(Geometry(f"{name}#{n}", name, moves, shape.kind, prism))
    return geometries


def _mesh(spec: Any, shape: Shape) -> str:
    """The name of a mesh in a spec that has it afterwards."""
    import mujoco

    x, y, z = shape.size
    name = f"{shape.mesh}*{x:g},{y:g},{z:g}"
    if spec.mesh(name) is None:
        vertices, faces = hull(shape.mesh, shape.size)
        mesh = spec.add_mesh(name=name, uservert=vertices.ravel(), userface=faces.ravel())
        mesh.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
    return name


def _prism(spec: Any, shape: Shape) -> str:
    """The name of a prism like a cylinder in a spec that has it afterwards."""
    radius, length = shape.size
    name = f"cylinder {radius:g},{length:g}"
    if spec.mesh(name) is None:
        angles = np.arange(FACETS) * (2 * np.pi / FACETS)
        ring = np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(FACETS, length / 2)], -1)
        spec.add_mesh(name=name, uservert=np.concatenate([ring, ring * (1, 1, -1)]).ravel())
    return name


def _attach(spec: Any, mechanism: Mechanism) -> list[Geometry]:
    """Add a mechanism to a spec; its things are called `mechanism/their name`."""
    import mujoco

    text = mechanism.text or locate(mechanism.robot.name, (".urdf",)).read_text("utf-8")
    folder = "" if mechanism.text else str(locate(mechanism.robot.name, (".urdf",)).parent)
    child = mujoco.MjSpec.from_string(_physical(text, folder))
    root = child.body(mechanism.robot.root)
    if not mechanism.fixed:
        root.add_freejoint(name="")
    above = {joint.child: joint for joint in mechanism.robot.joints}
    geometries = []
    for body in child.bodies[1:]:
        link = body.name
        while link in above and above[link].kind == "fixed":
            link = above[link].parent
        moves = not mechanism.fixed or link != mechanism.robot.root
        # industrial arms make up for their own weight; what walks has to carry it
        body.gravcomp = float(mechanism.fixed and mechanism.servo is not None)
        for n, geom in enumerate(body.geoms):
            geom.name, geom.contype, geom.conaffinity = f"{body.name}#{n}", 0, 0
            geometries.append(Geometry(f"{mechanism.name}/{geom.name}", mechanism.name, moves, "link"))
    starts = dict(zip((joint.name for joint in mechanism.robot.moving), mechanism.start, strict=True))
    for joint in child.joints:
        if joint.name in starts:
            joint.frictionloss, joint.actgravcomp = 0 if mechanism.servo else joint.frictionloss, True
            joint.solref_limit = reference(0.0)
    frame = spec.worldbody.add_frame(pos=mechanism.position, quat=mechanism.quaternion)
    spec.attach(child, prefix=f"{mechanism.name}/", frame=frame)
    return geometries


@lru_cache(maxsize=64)
def _physical(text: str, folder: str) -> str:
    """A URDF document without what is to be seen, and with what MuJoCo has to be told."""
    root = ElementTree.fromstring(text)
    for link in root.iter("link"):
        for visual in link.findall("visual"):
            link.remove(visual)
    for joint in root.iter("joint"):
        for mimic in joint.findall("mimic"):
            joint.remove(mimic)
    for mesh in root.iter("mesh"):
        mesh.set("filename", str(Path(folder) / mesh.attrib["filename"].removeprefix("package://")))
    compiler = {"strippath": "false", "balanceinertia": "true", "fusestatic": "false"}
    ElementTree.SubElement(ElementTree.SubElement(root, "mujoco"), "compiler", compiler)
    return ElementTree.tostring(root, encoding="unicode")


def _started(world: World, model: Any, pairs: list[tuple[str, str]]) -> Model:
    """Look up names in a model, put it at its start, and apply the world to it."""
    import mujoco

    def index(kind: Any, name: str) -> int:
        return int(mujoco.mj_name2id(model, kind, name))

    body, joint = mujoco.mjtObj.mjOBJ_BODY, mujoco.mjtObj.mjOBJ_JOINT
    start, velocity = model.qpos0.copy(), np.zeros(model.nv)
    places: dict[str, int] = {}
    pieces: list[tuple[int, str]] = []
    joints: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for mechanism in world.mechanisms:
        for link in mechanism.robot.links:
            places[f"{mechanism.name}/{link}"] = at = index(body, f"{mechanism.name}/{link}")
            pieces.append((at, mechanism.name))
        places[mechanism.name] = places[f"{mechanism.name}/{mechanism.robot.root}"]
        moving = [index(joint, f"{mechanism.name}/{j.name}") for j in mechanism.robot.moving]
        joints[mechanism.name] = model.jnt_qposadr[moving], model.jnt_dofadr[moving]
        start[joints[mechanism.name][0]] = mechanism.start
    for name in (scene_body.name for scene_body in world.scene.bodies if scene_body.name not in joints):
        physics = world.physics[name]
        places[name] = at = index(body, name)
        pieces.append((at, name))
        if physics.mass > 0:
            first = model.body_dofadr[at]
            # the joint's velocity is that of the frame; the body does not turn, so all of it moves alike
            velocity[first : first + 3] = physics.velocity
    data = mujoco.MjData(model)
    data.qpos[:] = start
    mujoco.mj_forward(model, data)
    mass = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, mass)
    inertia = np.diag(mass)[joints[world.driven.name][1]]
    built = Model(model, start, velocity, places, pieces, joints, pairs, inertia)
    apply(world, built)
    return built
