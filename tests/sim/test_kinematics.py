import numpy as np
import pybullet
import pytest
from multisynth.scenes.assets import locate
from multisynth.sim import panda


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
