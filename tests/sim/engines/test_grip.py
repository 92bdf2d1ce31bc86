"""What hands need beside contacts: gears that keep fingers in step, pads that resist being turned on the spot."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from multisynth.scenes import Shape
from multisynth.scenes.poses import rotation
from multisynth.sim.engines import ENGINES, engine
from multisynth.sim.robots import panda
from multisynth.sim.tasks.tabletop import FINGERS

from ..worlds import block, made_of, world

INSTALLED = [name for name in ENGINES if find_spec(name)]
RADIUS, REACH = 0.02, 0.06
TIP = panda.arm().pose(panda.REST)[:3]


def closed(name, thing, seconds=0.5, **hand):
    """The engine after the fingers have closed on something about the tip, at rest."""
    built = world(thing)
    arm = replace(built.driven, **hand)
    running = engine(name)(replace(built, mechanisms=(arm,)))
    running.command(np.array([*panda.REST, 0.0, 0.0]), np.zeros(9))
    running.advance(round(seconds / running.timestep))
    return running


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("geared", [(FINGERS,), ()])
def test_a_gear_keeps_fingers_in_step(name, geared):
    """Something that stands in the way of one finger stops both, if they are geared."""
    beside = block("stop", TIP + np.array([0.0, 0.007, 0.0]), (0.03, 0.01, 0.03), mass=0)
    running = closed(name, beside, geared=geared)
    fingers = running.joints(panda.NAME)[0][7:]
    running.close()
    assert max(fingers) == pytest.approx(0.012, abs=0.002)
    assert (abs(fingers[0] - fingers[1]) < 0.001) == bool(geared)


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize(("patch", "mass", "holds"), [(0.005, 0.2, True), (0.005, 1.2, False), (0.0, 0.2, False)])
def test_pads_hold_what_hangs_to_one_side(name, patch, mass, holds):
    """Two balls on a rod, one held: its weight turns it unless m g l < 2 N μ r, the friction of two fingers' pads."""
    balls = [Shape(kind="sphere", size=(RADIUS,), position=(x, 0.0, 0.0)) for x in (-REACH / 2, REACH / 2)]
    body = made_of("dumbbell", balls, (TIP[0] + REACH / 2, TIP[1], TIP[2]), mass=mass, friction=0.8)
    torque, limit = mass * 9.81 * REACH / 2, 2 * 20 * 0.8 * patch
    assert (torque < limit) == holds
    running = closed(name, body, patch=patch, geared=(FINGERS,))
    pose = running.pose("dumbbell")
    running.close()
    assert (rotation(pose[3:])[2, 2] > np.cos(np.radians(15))) == holds
    if holds:
        ball = pose[:3] + rotation(pose[3:]) @ (-REACH / 2, 0.0, 0.0)
        assert np.linalg.norm(ball - TIP) < 0.005, "it has not slipped"
