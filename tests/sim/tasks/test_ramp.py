from dataclasses import replace

import numpy as np
import pytest
from multisynth.sim import engines
from multisynth.sim.episode import record
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.robots import ROBOTS
from multisynth.sim.simulation import begin
from multisynth.sim.tasks import TASKS
from multisynth.sim.tasks.ramp import BRINK, MARK, Lane
from multisynth.sim.trial import View

from multisynth import seeds

LANE = Lane(np.array([0.5, 0.1]), np.array([0.6, 0.8]), np.radians(20), 0.3, 0.1, 0.025)


def drawn(seed, **terms):
    draw = Draw(Randomisation.calibrated(**terms), lambda purpose: seeds.rng(seed, purpose))
    return draw, TASKS["ramp"].draw(draw, View())


def on_top(trial):
    """The trial's world with the ball let go on the ramp's upper end, and the ramp's slope there, rad."""
    scene, world = trial.world.scene, trial.world
    board = scene.body("ramp").parts[0]
    w, x, y, z = board.quaternion
    down = np.array([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)])
    up = np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    radius = scene.body(trial.focus).parts[0].shapes[0].size[0]
    length, _, thickness = board.shapes[0].size
    place = np.array(board.position) + up * (thickness / 2 + radius) + down * (BRINK - length / 2)
    bodies = tuple(
        body.model_copy(update={"parts": (body.parts[0].model_copy(update={"position": tuple(place.tolist())}),)})
        if body.name == trial.focus
        else body
        for body in scene.bodies
    )
    return replace(world, scene=scene.model_copy(update={"bodies": bodies})), place, down, -np.arcsin(down[2])


@pytest.mark.parametrize("name", engines.ENGINES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_ball_rolls_down_as_a_solid_sphere_does(name, seed):
    """Without slipping, a = 5/7·g·sin θ: the way after t is a·t²/2, and the spin is v/r."""
    draw, trial = drawn(seed)
    world, place, down, slope = on_top(trial)
    assert np.degrees(slope) == pytest.approx(draw.drawn["slope"])
    engine = engines.engine(name)(world)
    engine.advance(72)
    way = engine.pose(trial.focus)[:3] - place
    assert way @ down == pytest.approx(5 / 7 * 9.81 * np.sin(slope) * 0.3**2 / 2, rel=0.02)
    assert np.linalg.norm(way - (way @ down) * down) < 0.001
    velocity = engine.velocity(trial.focus)
    speed = np.linalg.norm(velocity[:3])
    assert speed == pytest.approx(5 / 7 * 9.81 * np.sin(slope) * 0.3, rel=0.02)
    assert np.linalg.norm(velocity[3:]) == pytest.approx(speed / draw.drawn["roller_radius"], rel=0.03)
    engine.close()


@pytest.mark.parametrize("name", engines.ENGINES)
def test_the_ball_does_it_alone(name):
    """What stands on the mark is knocked off by the ball, whoever lets it go."""
    for seed in range(3):
        _, trial = drawn(seed)
        world, *_ = on_top(trial)
        target = trial.witnesses[1]
        engine = engines.engine(name)(world)
        stood = engine.pose(target)[:2]
        engine.advance(360)
        assert np.linalg.norm(engine.pose(target)[:2] - stood) > MARK
        engine.close()


def test_the_log_tells_what_caused_what():
    draw, trial = drawn(4)
    simulation = begin(draw, trial, engines.engine(engines.default()), ROBOTS["panda"], 20.0, watch=True)
    columns = record(simulation, trial.expert(1 / 20), 8.0)
    simulation.close()
    ball, target = trial.witnesses
    first = {}
    for event in columns["events"]:
        kind = event["kind"] if event["kind"] in ("fall", "success") else "touch"
        first.setdefault((kind, *sorted(event["bodies"])), event)
    order = [
        first["touch", *sorted((ball, "panda"))],
        first["touch", *sorted((ball, "ramp"))],
        first["touch", *sorted((ball, target))],
        first["success", *sorted((ball, target))],
    ]
    assert columns["success"] and np.diff([event["time"] for event in order]).min() > 0
    assert order[2]["kind"] == "impact" and order[2]["bodies"][0] == ball
    fall = (draw.drawn["ramp_length"] - BRINK) * np.sin(np.radians(draw.drawn["slope"]))
    assert 0.6 < order[2]["speed"] / np.sqrt(10 / 7 * 9.81 * fall) < 1.0, "the foot takes some of what the slope gave"


@pytest.mark.parametrize(
    ("along", "beside", "above", "share"),
    [
        (None, 0.0, 0.0, 1.0),  # where it is let go
        (0.0, 0.0, 0.0, None),
        (0.1, 0.0, 0.0, 0.0),
        (0.2, 0.0, 0.0, 0.0),
        (0.05, 0.06, 0.0, "off"),
        (-0.1, 0.0, 0.05, "off"),
    ],
)
def test_how_much_of_its_way_a_ball_has_left(along, beside, above, share):
    side = np.array([-LANE.heading[1], LANE.heading[0]])
    if along is None:
        ball = LANE.top
    else:
        place = LANE.foot + along * LANE.heading + beside * side
        ball = np.array([*place, LANE.radius + max(-along * np.tan(LANE.slope), 0.0) + above])
    left = LANE.left(ball)
    if share == "off":
        assert left is None
    elif share is None:
        back = 0.27 * np.cos(LANE.slope) - LANE.radius * np.sin(LANE.slope)
        assert left == pytest.approx(0.1 / (0.1 + back))
    else:
        assert left == pytest.approx(share, abs=1e-9)
