from dataclasses import replace

import numpy as np
import pytest
from multisynth.sim import engines
from multisynth.sim.channel import Imperfections
from multisynth.sim.robots import ROBOTS, panda
from multisynth.sim.simulation import Simulation, divides
from multisynth.sim.trial import Trial

from multisynth import seeds
from tests.sim.worlds import GROUND, block, world


def trial(*things, **options):
    """A block that is to come to x = 2, on which nothing acts but what is asked for."""
    things = things or (block("box", (1.5, 0, 0.05)),)
    return Trial(
        world=options.pop("world", None) or world(GROUND, *things),
        instruction="",
        focus="box",
        goal=lambda now: np.array([2.0, 0, 0, 1, 0, 0, 0]),
        expert=lambda period: None,
        achieved=lambda now: bool(now.pose("box")[0] > 2.0),
        reward=lambda now: -abs(float(now.pose("box")[0]) - 2.0),
        witnesses=("box",),
        **options,
    )


@pytest.fixture(params=engines.ENGINES)
def simulate(request):
    running = []

    def start(of, rate=20.0, watch=False, stream=lambda purpose: seeds.rng(1, purpose)):
        engine = engines.engine(request.param)(of.world)
        running.append(Simulation(of, engine, ROBOTS["panda"], rate, stream, watch))
        return running[-1]

    yield start
    for simulation in running:
        simulation.close()


def hold(simulation, joint=0, by=0.0):
    action = simulation.robot.action(simulation.now.joints)
    action[joint] += by
    return action


def test_time_goes_on_by_the_control_period_and_physics_with_it(simulate):
    for rate in (10.0, 20.0, 80.0):
        falling = simulate(trial(block("box", (1.5, 0, 5.0))), rate)
        for _ in range(round(0.4 * rate)):
            falling.step(hold(falling))
        assert falling.now.time == pytest.approx(0.4)
        assert falling.now.velocity("box")[2] == pytest.approx(-9.81 * 0.4, rel=1e-6)


def test_a_rate_that_does_not_divide_the_motors_is_refused():
    assert divides(16) == 16
    with pytest.raises(ValueError, match="take 1, 2, 4, 5, 8, 10, 16, 20, 40 or 80"):
        divides(30)


def test_joints_follow_the_line_to_the_action_and_are_there_a_step_later(simulate):
    simulation = simulate(trial())
    start = simulation.now.joints.copy()
    simulation.step(hold(simulation, 0, 0.05))
    on_the_way = simulation.now.joints[0] - start[0]
    assert 0.02 < on_the_way < 0.06
    target = simulation.robot.action(start)
    target[0] += 0.05
    for _ in range(6):
        simulation.step(target)
    assert simulation.now.joints[0] - start[0] == pytest.approx(0.05, abs=1e-3)


def test_the_same_actions_give_the_same_bits_with_and_without_a_log(simulate):
    moving = trial(block("box", (0.55, 0, 0.05), velocity=(0.0, 0.5, 0.0)))
    runs = [simulate(moving, watch=watch) for watch in (False, False, True)]
    for step in range(15):
        action = hold(runs[0], step % 7, 0.04)
        for simulation in runs:
            simulation.step(action)
    states = [simulation.state() for simulation in runs]
    assert (states[0] == states[1]).all() and (states[0] == states[2]).all()
    assert len(runs[2].state_names) == len(states[2])


def test_success_and_reward_are_of_the_truth_and_states_of_what_is_seen(simulate):
    sliding = trial(block("box", (1.95, 0, 0.05), velocity=(1.0, 0, 0), friction=0.05))
    noisy = simulate(replace(sliding, channel=Imperfections(sensor_noise=0.05, encoder_noise=0.05)))
    assert not noisy.achieved and noisy.reward == pytest.approx(1.95 - 2.0)
    for _ in range(6):
        noisy.step(hold(noisy))
    truth = noisy.engine.pose("box")
    assert noisy.achieved and truth[0] > 2
    assert noisy.reward == 1.0, "what stands achieved is worth 1"
    assert np.abs(noisy.now.pose("box") - truth).max() == 0
    focus = noisy.state_names.index("object.x (m)")
    assert np.abs(noisy.state()[focus : focus + 3] - truth[:3]).max() > 1e-3
    assert np.abs(noisy.state()[:7] - noisy.engine.joints(panda.NAME)[0][:7]).max() > 1e-3


def test_the_hand_is_seen_where_the_encoders_have_it(simulate):
    noisy = simulate(trial(channel=Imperfections(encoder_noise=0.02)))
    noisy.step(hold(noisy))
    seen, now = noisy.seen, noisy.now
    np.testing.assert_allclose(now.hand, panda.arm().pose(now.joints[:7]), atol=2e-3)
    np.testing.assert_array_equal(seen.hand, panda.arm().pose(seen.joints[:7]))
    assert np.abs(seen.hand[:3] - now.hand[:3]).max() > 2e-3
    assert (seen.joints[7:] == now.joints[7:]).all() and (seen.joints[:7] != now.joints[:7]).all()
    assert (noisy.state()[noisy.robot.hand :][:7] == seen.hand).all()


def test_what_is_seen_stays_the_same_until_the_next_step(simulate):
    noisy = simulate(trial(channel=Imperfections(sensor_noise=0.05, dropout=0.5)))
    assert (noisy.state() == noisy.state()).all()


def test_latency_keeps_the_arm_where_it_is_for_so_long(simulate):
    late = simulate(trial(channel=Imperfections(latency=0.1)), rate=80.0)
    start = late.now.joints.copy()
    target = hold(late, 0, 0.1)
    moved = []
    for _ in range(16):
        late.step(target)
        moved.append(abs(late.now.joints[0] - start[0]))
    assert max(moved[:8]) < 1e-4 < 1e-2 < moved[-1]


def test_a_field_changes_when_its_time_has_come(simulate):
    falling = trial(block("box", (1.5, 0, 9.0)), schedule={"gravity": [(0.5, 0.0)]})
    simulation = simulate(falling)
    speeds = []
    for _ in range(20):
        simulation.step(hold(simulation))
        speeds.append(-float(simulation.now.velocity("box")[2]))
    assert speeds[9] == pytest.approx(9.81 * 0.5, rel=1e-3)
    assert speeds[-1] == pytest.approx(speeds[9], rel=1e-3)


def test_falls_count_for_those_that_stand_alone(simulate):
    tall = block("box", (1.5, 0, 0.2), size=(0.05, 0.05, 0.4), velocity=(0.6, 0, 0))
    low = block("step", (1.6, 0, 0.01), size=(0.05, 0.4, 0.02), mass=0)
    simulation = simulate(trial(tall, low, standing=("box",)), watch=True)
    assert not simulation.now.fallen("box")
    for _ in range(40):
        simulation.step(hold(simulation))
    assert simulation.now.fallen("box")
    assert [event["kind"] for event in simulation.log.finish()].count("fall") == 1
    with pytest.raises(ValueError, match="standing"):
        simulate(trial()).now.fallen("box")
