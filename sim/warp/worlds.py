"""A MuJoCo model as many worlds on a device, each with its own physical parameters."""

from __future__ import annotations

from typing import Any

import mujoco
import mujoco_warp as mjw
import numpy as np
import warp as wp

from ..robots import panda
from ..robots.robot import Embodiment
from . import state
from .arm import JOINTS, Arm, vec7
from .scene import GOAL, Scene, bounces

PER_WORLD = (
    "body_pos", "body_mass", "body_subtreemass", "body_inertia", "body_invweight0", "dof_invweight0", "dof_damping",
    "geom_size", "geom_rbound", "geom_aabb", "pair_friction", "pair_solref", "actuator_biasprm",
)  # fmt: skip
"""Fields of MuJoCo's model that kernels write."""


class Worlds:
    """Model and state of N worlds.

    Args:
        scene: One of them.
        count: N.
        device: As Warp calls it: `cuda:0`, `cpu`.
        contacts: Room for contacts a world, on average over all of them.
        rows: Room for rows of constraints in every single world.
    """

    def __init__(self, scene: Scene, count: int, device: str, contacts: int, rows: int) -> None:
        self.scene, self.count, self.device = scene, count, device
        source = scene.model
        with wp.ScopedDevice(device):
            self.model = mjw.put_model(source, batch_sizes=dict.fromkeys(PER_WORLD, count))
            self.model.opt.gravity = wp.array(np.tile(source.opt.gravity, (count, 1)), dtype=wp.vec3)
            self.model.opt.warn_overflow = 0  # whoever wants to know asks; kernels that print are slow
            self.model.opt.graph_conditional = False  # of so many worlds, one always wants every iteration
            self.model.block_dim.update_gradient_JTDAJ_dense = 64  # threads; measured on an H100
            self.model.block_dim.update_gradient_cholesky = 32
            self.data = mjw.make_data(source, nworld=count, nconmax=contacts, njmax=rows)
            self.own = state.Model()
            for name in PER_WORLD:
                setattr(self.own, name, getattr(self.model, name))
            self.own.gravity, self.own.geom_xpos = self.model.opt.gravity, self.data.geom_xpos
            self.motion = self._motion()
            self.layout = self._layout(panda.PANDA)
            self.arm = self._arm()

    def step(self) -> None:
        """One physics step of all."""
        mjw.step(self.model, self.data)

    @property
    def block(self) -> int:
        """The object's geom."""
        return int(self.layout.object_geom)

    @property
    def fingers(self) -> Any:
        """The geoms of the two."""
        source, places = self.scene.model, self.scene.built.places
        return wp.vec2i(
            *(int(source.body_geomadr[places[f"{panda.NAME}/panda_{side}finger"]]) for side in ("left", "right"))
        )

    def _motion(self) -> Any:
        motion, data = state.Motion(), self.data
        motion.qpos, motion.qvel, motion.ctrl, motion.time = data.qpos, data.qvel, data.ctrl, data.time
        motion.warmstart = data.qacc_warmstart
        return motion

    def _layout(self, robot: Embodiment) -> Any:
        scene, source = self.scene, self.scene.model
        layout, servo = state.Layout(), scene.world.driven.servo
        assert servo is not None
        layout.joint, layout.dof = (_ints(addresses) for addresses in scene.built.joints[panda.NAME])
        layout.motor = _ints(np.arange(state.MOTORS))  # the model's motors are the robot's moving joints, in order
        layout.low, layout.high = _floats(robot.motors(robot.low)), _floats(robot.motors(robot.high))
        layout.speed = _floats([joint.velocity for joint in scene.world.driven.robot.moving])
        layout.bandwidth = servo.bandwidth
        layout.gain = _floats(source.actuator_gainprm[:, 0])
        layout.bias = wp.array(source.actuator_biasprm, dtype=state.vec10)
        body = scene.built.places[scene.focus]
        layout.object, layout.object_geom = body, int(source.body_geomadr[body])
        layout.object_joint = int(source.jnt_qposadr[source.body_jntadr[body]])
        layout.object_dof = int(source.body_dofadr[body])
        layout.others_mass = float(source.body_subtreemass[0] - source.body_mass[body])
        layout.platform = scene.built.places[GOAL]
        layout.platform_geom = int(source.body_geomadr[layout.platform])
        layout.bounces = wp.array(bounces(source.opt.timestep), dtype=wp.vec2)
        self._pairs(layout)
        return layout

    def _pairs(self, layout: Any) -> None:
        """What is known of the pairs that can touch: a body has the object's coefficients, the table's, or its own."""
        scene = self.scene
        kinds = {scene.focus: state.OBJECT, GOAL: state.OBJECT, "table": state.TABLE}
        friction = {name: physics.friction for name, physics in scene.world.physics.items()}
        friction |= {mechanism.name: mechanism.friction for mechanism in scene.world.mechanisms}
        restitution = {name: physics.restitution for name, physics in scene.world.physics.items()}
        pairs = scene.built.pairs
        layout.pair_kind = wp.array([[kinds.get(name, state.OTHER) for name in pair] for pair in pairs], dtype=wp.vec2i)
        layout.pair_friction = wp.array([[friction[name] for name in pair] for pair in pairs], dtype=wp.vec2)
        layout.pair_restitution = wp.array(
            [[restitution.get(name, 0.0) for name in pair] for pair in pairs], dtype=wp.vec2
        )
        slide = scene.model.pair_friction
        layout.pair_patch = _floats(slide[:, 2] / slide[:, 0])

    def _arm(self) -> Any:
        """The arm's chain: hinges at their bodies' origins, what does not move between them merged."""
        source, robot = self.scene.model, panda.PANDA
        data = mujoco.MjData(source)
        mujoco.mj_kinematics(source, data)
        joints = [source.joint(f"{panda.NAME}/{joint.name}") for joint in panda.robot().moving[:JOINTS]]
        tip = self.scene.built.places[f"{panda.NAME}/{robot.tip}"]
        arm, before, places = Arm(), np.eye(4), []
        for joint in joints:
            body = int(joint.bodyid[0])
            assert joint.type[0] == mujoco.mjtJoint.mjJNT_HINGE and not joint.pos.any()
            frame = _frame(data, int(source.body_parentid[body]))
            places.append(_transform(np.linalg.inv(before) @ frame, source.body_pos[body], source.body_quat[body]))
            before = _frame(data, body)
        arm.place = wp.array(places, dtype=wp.transform)
        arm.axis = wp.array([joint.axis for joint in joints], dtype=wp.vec3)
        arm.lower = _floats([joint.range[0] for joint in joints])
        arm.upper = _floats([joint.range[1] for joint in joints])
        end = _transform(np.linalg.inv(before) @ _frame(data, tip), np.zeros(3), np.array([1.0, 0, 0, 0]))
        arm.tip = wp.transform(*end)
        arm.rest = vec7(*map(float, panda.REST))
        return arm


def _frame(data: mujoco.MjData, body: int) -> np.ndarray:
    """Of a body in the world. [4, 4]"""
    frame = np.eye(4)
    frame[:3, :3], frame[:3, 3] = data.xmat[body].reshape(3, 3), data.xpos[body]
    return frame


def _transform(frame: np.ndarray, position: np.ndarray, quaternion: np.ndarray) -> list[float]:
    """A place in a frame, as Warp has it: x, y, z and x, y, z, w. [4, 4], [3], [4] → [7]"""
    turned, product = np.empty(4), np.empty(4)
    mujoco.mju_mat2Quat(turned, np.ascontiguousarray(frame[:3, :3]).ravel())
    mujoco.mju_mulQuat(product, turned, quaternion)
    place = frame[:3, :3] @ position + frame[:3, 3]
    return [*place.tolist(), *product[1:].tolist(), float(product[0])]


def _ints(values: Any) -> Any:
    return wp.array(np.asarray(values, np.int32))


def _floats(values: Any) -> Any:
    return wp.array(np.asarray(values, np.float32))
