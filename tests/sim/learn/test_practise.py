"""Teachers say what to do from where somebody else brought the arm."""

from functools import partial

import numpy as np
import pytest
from multisynth.sim import engines
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.robots import ROBOTS, panda
from multisynth.sim.simulation import begin
from multisynth.sim.tasks import TASKS
from multisynth.sim.trial import Teacher, View

from multisynth import seeds

RATE = 20


ARMS = [name for name, task in TASKS.items() if ROBOTS[task.robot].arm is not None]


@pytest.mark.parametrize(("task", "thrown"), [*((task, 0.0) for task in ARMS), ("topple", 1.0)])
def test_every_arms_expert_goes_on_from_where_the_arm_was_sent(task, thrown):
    draw = Draw(Randomisation.calibrated(thrown=thrown), partial(seeds.rng, 3))
    trial = TASKS[task].draw(draw, View())
    simulation = begin(draw, trial, engines.engine(engines.default()), panda.PANDA, RATE)
    teacher = trial.expert(1 / RATE)
    assert isinstance(teacher, Teacher)
    sent = panda.REST + 0.1
    try:
        for _ in range(3):
            teacher.act(simulation.now)
        teacher.take_up(sent, 0.03)
        action = teacher.act(simulation.now)
    finally:
        simulation.close()
    assert (np.abs(action[:7] - sent) <= panda.arm().velocity / RATE).all(), "as far as it gets in a step"
    assert abs(action[7] - 0.03) <= 0.25 / RATE + 1e-9
