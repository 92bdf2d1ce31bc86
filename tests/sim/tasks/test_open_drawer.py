import numpy as np
import pytest
from multisynth.scenes.cabinet import Cabinet
from multisynth.scenes.poses import about, quaternion, rotation
from multisynth.sim import engines
from multisynth.sim.engines.checks import world
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.robots import ROBOTS
from multisynth.sim.simulation import begin
from multisynth.sim.tasks import TASKS
from multisynth.sim.trial import View
from multisynth.sim.world import Mechanism

from multisynth import seeds

GRAVITY = 9.81


@pytest.mark.parametrize("name", engines.ENGINES)
@pytest.mark.parametrize(("tilt", "friction"), [(30.0, 0.0), (30.0, 2.0), (5.0, 2.0)])
def test_a_tilted_drawer_slides_as_fast_as_its_losses_allow(name, tilt, friction):
    """Damping balances what friction leaves of its weight along the slide: v = (m·g·sin α - F) / d."""
    cabinet = Cabinet(
        width=0.22, depth=0.24, height=0.16, front=0.08, travel=0.2, drop=0.02, reach=0.055, grip=0.1, mass=1.2,
        damping=40.0, friction=friction, wood=(0.4, 0.3, 0.2), face=(0.6, 0.1, 0.1),
    )  # fmt: skip
    turned = tuple(quaternion(about(np.array([0.0, 1.0, 0.0]), np.radians(tilt))).tolist())
    stands = Mechanism("cabinet", cabinet.robot, (0.0,), (0, 0, 1), turned, damping=40.0, text=cabinet.text)
    engine = engines.engine(name)(world(mechanisms=(stands,)))
    engine.advance(240)
    (position,), (speed,) = engine.joints("cabinet")
    expected = max(1.2 * GRAVITY * np.sin(np.radians(tilt)) - friction, 0.0) / 40.0
    assert speed == pytest.approx(expected, abs=0.001)
    moved = engine.pose("cabinet/drawer")[:3] - (0, 0, 1) - rotation(np.array(turned)) @ cabinet.handle
    np.testing.assert_allclose(moved, position * rotation(np.array(turned))[:, 0], atol=1e-6)
    engine.advance(240 * 3)
    if expected:
        assert engine.joints("cabinet")[0][0] == pytest.approx(0.2, abs=0.001), "it stops at its travel"
    engine.close()


@pytest.mark.parametrize("name", engines.ENGINES)
def test_the_expert_pulls_the_drawer_itself(name):
    """Read from the slide's own joint, in worlds with everything drawn; nobody pushes it shut again."""
    task = TASKS["open_drawer"]
    for seed in range(3):
        draw = Draw(Randomisation(), lambda purpose, seed=seed: seeds.rng(seed, purpose))
        trial = task.draw(draw, View())
        simulation = begin(draw, trial, engines.engine(name), ROBOTS[task.robot], 20.0)
        expert, opened = trial.expert(1 / 20), []
        while simulation.now.time < task.duration and not expert.done:
            before = simulation.now.pose(trial.focus)
            simulation.step(expert.act(simulation.seen))
            opened.append(simulation.engine.joints("cabinet")[0][0])
            assert simulation.achieved == (opened[-1] >= draw.drawn["open_share"] * draw.drawn["drawer_travel"] - 1e-6)
            assert np.linalg.norm(simulation.now.pose(trial.focus)[:3] - before[:3]) < 0.03, "it is pulled, not hurled"
        assert simulation.achieved and expert.done
        assert opened[-1] > max(opened) - 0.002
        assert np.linalg.norm(simulation.now.hand[:3] - simulation.now.pose(trial.focus)[:3]) > 0.05, "it has let go"
        simulation.close()
