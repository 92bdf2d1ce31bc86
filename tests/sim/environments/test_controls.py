import numpy as np
import pytest
from multisynth.scenes.poses import rotation
from multisynth.sim.environments import TaskEnvironment
from multisynth.sim.kinematics import rotation_vector
from multisynth.sim.robots import panda


@pytest.fixture
def environment():
    environment = TaskEnvironment("push", control="ee_delta")
    environment.reset(seed=3)
    yield environment
    environment.close()


def go(environment, action, steps):
    """The hand's pose after some steps of one action and 5 of rest."""
    for _ in range(steps):
        environment.step(np.array(action))
    for _ in range(5):
        environment.step(np.array([0, 0, 0, 0, 0, 0, action[6]]))
    return environment.simulation.now.hand


def test_actions_of_zero_hold_the_hand(environment):
    start = environment.simulation.now.hand
    np.testing.assert_allclose(go(environment, [0.0] * 7, 60)[:3], start[:3], atol=1e-4)


@pytest.mark.parametrize("rate", [10, 20, 80])
def test_the_hand_moves_by_the_metre_a_second(rate):
    environment = TaskEnvironment("push", control="ee_delta", rate=rate)
    environment.reset(seed=3)
    start = environment.simulation.now.hand
    end = go(environment, [0.2, -0.1, 0.15, 0, 0, 0, 0], rate // 2)
    np.testing.assert_allclose(end[:3] - start[:3], [0.1, -0.05, 0.075], atol=2e-3)
    np.testing.assert_allclose(rotation(end[3:]), rotation(start[3:]), atol=2e-3)
    environment.close()


@pytest.mark.parametrize("axis", range(3))
def test_the_hand_turns_about_the_worlds_axes_where_it_is(environment, axis):
    start = environment.simulation.now.hand
    action = np.zeros(7)
    action[3 + axis] = 0.2
    end = go(environment, action, 10)
    turned = rotation_vector(rotation(end[3:]) @ rotation(start[3:]).T)
    np.testing.assert_allclose(turned, 0.3 * np.eye(3)[axis], atol=3e-3)
    np.testing.assert_allclose(end[:3], start[:3], atol=2e-3)


def test_the_gripper_opens_and_closes(environment):
    go(environment, [0, 0, 0, 0, 0, 0, 1.0], 15)
    assert environment.simulation.now.joints[7:].sum() > 0.95 * panda.OPENING
    go(environment, [0, 0, 0, 0, 0, 0, -1.0], 15)
    assert environment.simulation.now.joints[7:].sum() < 0.05 * panda.OPENING


@pytest.mark.parametrize("way", [(1, 0, 0), (0, 1, 0), (0, 0, -1), (-1, 0, 0)])
def test_a_hand_that_is_led_too_far_waits_and_comes_back(environment, way):
    """Out of reach, or into the table: nothing flings it about, and it obeys at once when led back."""
    start = environment.simulation.now.hand
    far = go(environment, [*way, 0, 0, 0, 0], 60)
    assert np.abs(environment.simulation.now.velocities).max() < 0.3, "at rest there"
    assert (far[:3] - start[:3]) @ way > 0.1
    assert np.linalg.norm(rotation_vector(rotation(far[3:]) @ rotation(start[3:]).T)) < 0.5
    back = go(environment, [*(-0.3 * np.array(way)), 0, 0, 0, 0], 15)
    assert (far[:3] - back[:3]) @ way > 0.08


@pytest.mark.parametrize("control", ["joint_position", "ee_delta"])
def test_experts_succeed_through_either_control(control):
    environment, successes = TaskEnvironment("push", control=control), 0
    for seed in range(3):
        environment.reset(seed=seed)
        for _ in range(200):
            *_, info = environment.step(environment.expert_action())
        successes += info["success"]
    assert successes >= 2
    environment.close()
