import numpy as np
import pytest
from multisynth.sim.kinematics import Chain
from multisynth.sim.robots import ROBOTS, a1


def feet(joints):
    """Where the feet are, by the description's own joints, trunk's frame. [12] → [4, 3]"""
    chains = [Chain(a1.robot(), f"{leg}_toe") for leg in a1.LEGS]
    return np.array([chain.forward(joints[3 * n : 3 * n + 3])[0][:3, 3] for n, chain in enumerate(chains)])


def test_legs_bring_feet_where_they_are_asked_for():
    rng = np.random.default_rng(0)
    for _ in range(50):
        wanted = a1.stance() + rng.uniform((-0.1, -0.06, -0.01), (0.1, 0.06, 0.1), (4, 3))
        np.testing.assert_allclose(feet(a1.legs(wanted)), wanted, atol=1e-9)


def test_a_foot_out_of_reach_points_where_it_should_go():
    far = a1.stance(0.6)
    joints = a1.legs(far)
    assert np.isfinite(joints).all() and (joints >= a1.A1.low).all() and (joints <= a1.A1.high).all()
    assert (feet(joints)[:, 2] < a1.stance(0.3)[:, 2]).all()


def test_the_embodiment_fits_the_description():
    moving = a1.robot().moving
    assert [joint.name.split("_")[0] for joint in moving[::3]] == list(a1.LEGS)
    assert len(a1.A1.action_names) == len(moving) == 12
    assert all(inertial.possible for inertial in a1.robot().inertials.values())
    for joint, low, high in zip(moving, a1.A1.low, a1.A1.high, strict=True):
        assert (low, high) == (pytest.approx(joint.lower, abs=1e-4), pytest.approx(joint.upper, abs=1e-4))
    assert ROBOTS["a1"] is a1.A1 and a1.robot().mass == pytest.approx(12.458)
