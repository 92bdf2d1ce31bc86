import numpy as np
import pytest
from multisynth.sim import engines
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.robots import ROBOTS
from multisynth.sim.simulation import begin
from multisynth.sim.tasks import TASKS
from multisynth.sim.tasks.topple import ballistic
from multisynth.sim.trial import View

from multisynth import seeds

START, TARGET = np.array([0.1, 0.3, 0.3]), np.array([0.6, 0.0, 0.2])


@pytest.mark.parametrize("gravity", [0.0, 1.6, 9.81, 20.0])
def test_a_throw_goes_through_its_target(gravity):
    velocity = ballistic(START, TARGET, 4.0, gravity)
    assert np.linalg.norm(velocity) == pytest.approx(4.0)
    time = np.linalg.norm((TARGET - START)[:2]) / np.linalg.norm(velocity[:2])
    np.testing.assert_allclose(START + velocity * time - (0, 0, gravity * time**2 / 2), TARGET, atol=1e-12)
    climb, to = (np.degrees(np.arctan2(way[2], np.hypot(*way[:2]))) for way in (velocity, TARGET - START))
    assert to <= climb + 1e-9 and climb < (90 + to) / 2, "of the two parabolas, which lie about this, the flatter"


def test_a_throw_that_is_too_slow_goes_as_far_as_it_can():
    velocity = ballistic(START, TARGET, 1.0, 9.81)
    assert velocity[2] == pytest.approx(np.linalg.norm(velocity[:2])) == pytest.approx(np.sqrt(0.5))


@pytest.mark.parametrize("gravity", [2.0, 9.81, 15.0])
def test_throws_hit_the_tower_whatever_the_gravity(gravity):
    for seed in range(3):
        draw = Draw(
            Randomisation.calibrated(thrown=1.0, gravity=gravity, throw_speed=3.6),
            lambda purpose, seed=seed: seeds.rng(seed, purpose),
        )
        trial = TASKS["topple"].draw(draw, View())
        ball = trial.focus
        simulation = begin(draw, trial, engines.engine(engines.default()), ROBOTS["panda"], 20.0, watch=True)
        expert, rewards = trial.expert(1 / 20), []
        while simulation.now.time < 2.0:
            simulation.step(expert.act(simulation.seen))
            rewards.append((simulation.reward, simulation.achieved))
        met = [event for event in simulation.log.finish() if event["kind"] == "impact" and ball in event["bodies"]]
        assert met[0]["bodies"][1] in trial.standing, "the ball meets a block before anything else"
        assert all((reward == 1.0) == achieved and reward <= 1.0 for reward, achieved in rewards)
        simulation.close()
