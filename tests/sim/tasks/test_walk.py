import numpy as np
import pytest
from multisynth.scenes.poses import rotation
from multisynth.sim import engines
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.robots import ROBOTS, a1
from multisynth.sim.simulation import begin
from multisynth.sim.tasks import TASKS
from multisynth.sim.trial import View

from multisynth import seeds

DEFAULT = engines.default()


def begun(seed, name=DEFAULT, rate=20.0, **terms):
    draw = Draw(Randomisation.calibrated(**terms), lambda purpose: seeds.rng(seed, purpose))
    trial = TASKS["walk"].draw(draw, View())
    return draw, trial, begin(draw, trial, engines.engine(name), ROBOTS["a1"], rate)


@pytest.mark.parametrize(("name", "rate"), [("pybullet", 20.0), ("pybullet", 40.0), ("mujoco", 20.0)])
def test_it_walks_three_metres_on_its_feet(name, rate):
    pytest.importorskip(name)
    for seed in range(2):
        draw, trial, simulation = begun(seed, name, rate)
        expert, places, ups, down = trial.expert(1 / rate), [], [], []
        rewards = []
        while simulation.now.time < TASKS["walk"].duration and not expert.done:
            simulation.step(expert.act(simulation.seen))
            places.append(simulation.now.hand[:3])
            ups.append(rotation(simulation.now.hand[3:])[2, 2])
            feet = [simulation.engine.pose(f"a1/{leg}_toe")[2] for leg in a1.LEGS]
            down.append(np.array(feet) < a1.FOOT + 0.005)
            rewards.append(simulation.reward)
        assert simulation.achieved and expert.done
        assert np.linalg.norm(places[-1][:2]) > draw.drawn["walk_distance"] - 0.2 > 2.7
        assert (
            np.degrees(np.arccos(min(ups))) < 20 and 0.2 < min(p[2] for p in places) < max(p[2] for p in places) < 0.4
        )
        steps = np.diff(np.array(down).astype(int), axis=0).clip(0).sum(0)
        assert steps.min() > 6, "every foot is lifted and set down again and again"
        assert rewards[-1] == 1.0 and np.corrcoef(rewards, np.linalg.norm(np.array(places)[:, :2], axis=1))[0, 1] > 0.9
        simulation.close()


def test_it_stays_standing_at_the_mark():
    pytest.importorskip("pybullet", reason="in MuJoCo the legs give 2 cm under its weight")
    _, trial, simulation = begun(2, "pybullet")
    expert = trial.expert(1 / 20)
    while not expert.done:
        simulation.step(expert.act(simulation.seen))
    for _ in range(40):
        simulation.step(expert.act(simulation.seen))
    assert simulation.achieved and np.abs(simulation.now.velocity("a1")).max() < 0.05
    assert simulation.now.hand[2] == pytest.approx(a1.HEIGHT + a1.FOOT, abs=0.01)
    simulation.close()


def test_who_lies_down_has_fallen():
    _, _, simulation = begun(0)
    assert not simulation.now.fallen("a1")
    for _ in range(20):
        simulation.step(a1.legs(a1.stance(0.08)))
    assert simulation.now.fallen("a1") and not simulation.achieved and simulation.reward == 0.0
    simulation.close()


def test_its_state_tells_how_it_moves():
    _, trial, simulation = begun(1)
    expert = trial.expert(1 / 20)
    before = None
    for _ in range(60):
        before = simulation.now.hand.copy()
        simulation.step(expert.act(simulation.seen))
    state = dict(zip(simulation.state_names, simulation.state(), strict=True))
    moved = (simulation.now.hand[:2] - before[:2]) * 20
    assert np.linalg.norm(moved - (state["trunk.vx (m/s)"], state["trunk.vy (m/s)"])) < 0.25
    assert state["FR.knee.position (rad)"] == simulation.now.joints[2]
    goal = trial.goal(simulation.now)
    assert (state["goal.x (m)"], state["goal.y (m)"]) == tuple(goal[:2])
    simulation.close()
