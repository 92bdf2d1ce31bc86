import re

import numpy as np
import pytest
from multisynth.scenes.assets import locate
from multisynth.scenes.urdf import parse
from multisynth.sim.kinematics import Chain
from multisynth.sim.robots import panda

pybullet = pytest.importorskip("pybullet", reason="PyBullet has no wheel for this Python")


@pytest.fixture(scope="module")
def bullet():
    client = pybullet.connect(pybullet.DIRECT)
    uid = pybullet.loadURDF(str(locate(panda.URDF, (".urdf",))), useFixedBase=True, physicsClientId=client)
    yield client, uid
    pybullet.disconnect(client)


def some_joints(count):
    arm = panda.arm()
    return np.random.default_rng(3).uniform(arm.lower, arm.upper, (count, 7))


def test_forward_kinematics_and_jacobian_equal_bullets(bullet):
    client, uid = bullet
    for joints in some_joints(20):
        for index, value in enumerate(joints):
            pybullet.resetJointState(uid, index, value, physicsClientId=client)
        state = pybullet.getLinkState(uid, 11, computeForwardKinematics=1, physicsClientId=client)
        pose = panda.arm().pose(joints)
        np.testing.assert_allclose(pose[:3], state[4], atol=1e-6)
        x, y, z, w = state[5]
        np.testing.assert_allclose(abs(pose[3:] @ [w, x, y, z]), 1, atol=1e-9)
        full = [*joints, 0.0, 0.0]
        linear, angular = pybullet.calculateJacobian(uid, 11, state[2], full, [0.0] * 9, [0.0] * 9, client)
        _, jacobian = panda.arm().forward(joints)
        np.testing.assert_allclose(jacobian[:3], np.array(linear)[:, :7], atol=1e-6)
        np.testing.assert_allclose(jacobian[3:], np.array(angular)[:, :7], atol=1e-6)


def test_reach_gets_there_within_joint_limits():
    places = np.random.default_rng(4).uniform((0.3, -0.28, 0.02), (0.7, 0.28, 0.3), (20, 3))
    for place, yaw in zip(places, np.linspace(-1.5, 1.5, 20), strict=True):
        joints = panda.reach(panda.REST, place, yaw)
        matrix, _ = panda.arm().forward(joints)
        np.testing.assert_allclose(matrix[:3, 3], place, atol=5e-4)
        np.testing.assert_allclose(matrix[:3, :3], panda.downwards(yaw), atol=5e-3)
        assert (joints >= panda.arm().lower).all() and (joints <= panda.arm().upper).all()


CRANE = """<robot name="crane">
  <link name="base"/><link name="mast"/><link name="boom"/><link name="trolley"/><link name="hook"/>
  <joint name="turn" type="continuous"><parent link="base"/><child link="mast"/>
    <origin xyz="0.1 0.2 0.3" rpy="0.3 -0.2 0.5"/><axis xyz="0 0 -1"/></joint>
  <joint name="nod" type="revolute"><parent link="mast"/><child link="boom"/>
    <origin xyz="0 0 0.5" rpy="0 0.4 0"/><axis xyz="0.6 0 0.8"/><limit lower="-1" upper="1" effort="9" velocity="1"/>
  </joint>
  <joint name="slide" type="prismatic"><parent link="boom"/><child link="trolley"/>
    <origin xyz="0.2 0 0" rpy="1 0 0"/><axis xyz="0 1 0"/><limit lower="0" upper="1" effort="9" velocity="1"/></joint>
  <joint name="rope" type="fixed"><parent link="trolley"/><child link="hook"/><origin xyz="0 0 -0.4" rpy="0 0 2"/>
  </joint>
</robot>"""


def test_axes_of_any_direction_and_joints_that_slide(tmp_path):
    path = tmp_path / "crane.urdf"
    inertial = (
        '<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>'  # Bullet's
    )
    path.write_text(
        re.sub(r'<link name="(\w+)"/>', rf'<link name="\1">{inertial}</link>', CRANE),
    )
    chain = Chain(parse(CRANE, "test:crane.urdf"), "hook")
    client = pybullet.connect(pybullet.DIRECT)
    uid = pybullet.loadURDF(str(path), useFixedBase=True, physicsClientId=client)
    for joints in np.random.default_rng(5).uniform((-3, -1, 0), (3, 1, 1), (10, 3)):
        for index, value in enumerate(joints):
            pybullet.resetJointState(uid, index, value, physicsClientId=client)
        state = pybullet.getLinkState(uid, 3, computeForwardKinematics=1, physicsClientId=client)
        pose, (_, jacobian) = chain.pose(joints), chain.forward(joints)
        np.testing.assert_allclose(pose[:3], state[4], atol=1e-6)
        x, y, z, w = state[5]
        np.testing.assert_allclose(abs(pose[3:] @ [w, x, y, z]), 1, atol=1e-9)
        linear, angular = pybullet.calculateJacobian(uid, 3, state[2], joints.tolist(), [0.0] * 3, [0.0] * 3, client)
        np.testing.assert_allclose(jacobian, np.concatenate([linear, angular]), atol=1e-6)
    pybullet.disconnect(client)


def test_reach_from_nearby_is_nearly_exact_and_the_same_again():
    arm = panda.arm()
    for place in np.random.default_rng(6).uniform((0.4, -0.2, 0.05), (0.6, 0.2, 0.3), (20, 3)):
        start = panda.reach(panda.REST, place)
        wanted = place + np.array([0.01, -0.015, 0.005])
        joints = arm.reach(start, wanted, panda.downwards(0.1), panda.REST)
        np.testing.assert_allclose(arm.pose(joints)[:3], wanted, atol=1.5e-4)
        assert joints.tobytes() == arm.reach(start, wanted, panda.downwards(0.1), panda.REST).tobytes()
        assert np.abs(joints - start).max() < 0.3


def test_what_is_out_of_reach_is_neared():
    far = np.array([1.5, 0.0, 0.3])
    before = np.linalg.norm(panda.arm().pose(panda.REST)[:3] - far)
    joints = panda.reach(panda.REST, far)
    assert np.isfinite(joints).all() and np.linalg.norm(panda.arm().pose(joints)[:3] - far) < before - 0.2
