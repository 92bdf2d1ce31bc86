import numpy as np
import pytest
from multisynth.scenes.poses import quaternion
from multisynth.sim import engines
from multisynth.sim.engines.engine import Contact, Step
from multisynth.sim.events import EventLog, Standing
from scipy.spatial.transform import Rotation

from tests.sim.worlds import GROUND, ball, block, world

DT = 1 / 240


each_engine = pytest.mark.parametrize("engine", engines.ENGINES)


def watch(engine, world, seconds, standing=()):
    """All events and the velocities [steps, P, 3] at the start of each step."""
    engine = engines.engine(engine)(world)
    names = [body.name for body, _ in world.scene.moving]
    heights = {name: world.scene.body(name).parts[0].shapes[0].size[-1] for name in standing}
    able = {n: Standing(names.index(n), engine.pieces.index(n), height) for n, height in heights.items()}
    log = EventLog(engine.pieces, DT, engine.poses(), able)
    velocities = []
    for _ in range(round(seconds / DT)):
        step = engine.step()
        log.observe(step)
        velocities.append(step.linear)
    pieces = engine.pieces
    engine.close()
    return log.finish(), pieces, np.array(velocities)


@each_engine
@pytest.mark.parametrize("height", [0.2, 0.3, 0.5, 0.77, 1.0, 1.5])
@pytest.mark.parametrize("restitution", [0.0, 0.6])
def test_a_dropped_ball_hits_at_the_speed_and_time_of_free_fall(height, restitution, engine):
    ground, physics = GROUND
    physics = physics.__class__(friction=1, restitution=restitution)
    w = world((ground, physics), ball("blue ball", (1.5, 0, height + 0.05), mass=0.25, restitution=restitution))
    events, pieces, velocities = watch(engine, w, 1.5)
    first = events[0]
    assert (first["kind"], first["bodies"]) == ("impact", ["blue ball", "ground"])
    assert first["speed"] == pytest.approx(np.sqrt(2 * 9.81 * height), rel=0.005)
    assert first["time"] == pytest.approx(np.sqrt(2 * height / 9.81), abs=DT)
    np.testing.assert_allclose(first["position"], [1.5, 0, 0], atol=0.01)
    vertical = velocities[:, pieces.index("blue ball"), 2]
    k = int(first["time"] / DT)
    gained = vertical[k + 1 : k + 8].max() - vertical[: k + 2].min()
    assert first["impulse"] == pytest.approx(0.25 * gained, rel=0.05)
    if restitution == 0:
        assert len(events) == 1, "a ball that lies there is no event"
    else:
        second = events[1]
        k = int(second["time"] / DT)  # how well Bullet restitutes is another question
        assert second["speed"] == pytest.approx(-vertical[: k + 2][-10:].min(), abs=9.81 * DT)


@each_engine
@pytest.mark.parametrize("speed", [0.4, 1.0, 3.0])
def test_impulse_equals_the_change_of_momentum(speed, engine):
    w = world(
        ball("red ball", (1.0, 0, 1), mass=0.2, velocity=(speed, 0, 0), friction=0.0, restitution=0.25),
        block("green block", (1.3, 0, 1), mass=0.3, friction=0.0, restitution=0.25),
        gravity=0,
    )
    (event,), pieces, velocities = watch(engine, w, 0.3 / speed + 0.1)
    assert event["bodies"] == ["red ball", "green block"]
    assert event["speed"] == pytest.approx(speed, rel=1e-6)
    assert event["time"] == pytest.approx(0.2 / speed, abs=1e-6)
    of_ball = velocities[:, pieces.index("red ball"), 0]
    of_block = velocities[:, pieces.index("green block"), 0]
    assert event["impulse"] == pytest.approx(0.2 * (speed - of_ball[-1]), rel=0.01)
    assert event["impulse"] == pytest.approx(0.3 * of_block[-1], rel=0.01)


def steps(contacts, linear, angular=None, centres=None, count=None, poses=None):
    """Steps as an engine would give them: contacts by number of the step, constant velocities [P, 3]."""
    linear = np.asarray(linear, float)
    zero = np.zeros_like(linear)
    for n in range(count):
        yield Step(
            (n + 1) * DT, zero if centres is None else np.asarray(centres, float), linear,
            zero if angular is None else np.asarray(angular, float), contacts.get(n, []),
            np.zeros((0, 7)) if poses is None else poses[n],
        )  # fmt: skip


def feed(pieces, *args, **options):
    log = EventLog(pieces, DT, np.zeros((0, 7)), {})
    for step in steps(*args, **options):
        log.observe(step)
    return log.finish()


X = np.array([1.0, 0, 0])


def test_speed_is_that_of_the_touching_points_with_their_spin():
    touch = Contact(0, 1, np.array([0.0, 0, 0]), -X, 0.0, 0.3)  # the normal points from b to a, which comes from -x
    spun = feed(
        ["a", "b"],
        {60: [touch]},
        [[1, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 2]],
        [[-0.1, 0, 0], [0.0, 0.5, 0]],
        count=70,
    )
    # b's point lies 0.5 m below its centre along y: it moves at ω × r = 2·0.5 = 1 m/s along +x, away from a
    assert spun == []
    spun = feed(
        ["a", "b"],
        {60: [touch]},
        [[1, 0, 0], [0, 0, 0]],
        [[0, 0, 0], [0, 0, -2]],
        [[-0.1, 0, 0], [0.0, 0.5, 0]],
        count=70,
    )
    assert spun[0]["speed"] == pytest.approx(2.0) and spun[0]["impulse"] == pytest.approx(0.3)
    assert spun[0]["time"] == pytest.approx(60 * DT)


def test_links_of_one_body_are_one_body_and_do_not_touch_each_other():
    touch = Contact(0, 1, np.zeros(3), -X, 0.0, 0.3)
    assert feed(["arm", "arm"], {60: [touch]}, [[1, 0, 0], [0, 0, 0]], count=70) == []
    both = [Contact(0, 2, np.zeros(3), -X, 0.0, 0.3), Contact(1, 2, np.zeros(3), -X, 0.0, 0.1)]
    (event,) = feed(["arm", "arm", "cup"], {60: both}, [[1, 0, 0], [1, 0, 0], [0, 0, 0]], count=70)
    assert event["bodies"] == ["arm", "cup"] and event["impulse"] == pytest.approx(0.4)


def test_resting_and_rattling_contacts_are_one_event():
    slow = [Contact(0, 1, np.zeros(3), -X, 0.0, 0.01)]
    resting = feed(["a", "b"], dict.fromkeys(range(100), slow), [[0, 0, 0], [0, 0, 0]], count=100)
    assert resting == [], "what lies there from the start is no event"
    rattling = feed(["a", "b"], dict.fromkeys(range(40, 100, 5), slow), [[0.1, 0, 0], [0, 0, 0]], count=100)
    assert [event["kind"] for event in rattling] == ["contact"]
    again = feed(["a", "b"], {40: slow, 40 + 70: slow}, [[0.1, 0, 0], [0, 0, 0]], count=120)
    assert [event["kind"] for event in again] == ["contact", "contact"], "a quarter of a second apart is a new touch"
    bouncing = feed(["a", "b"], {40: slow, 50: slow}, [[1, 0, 0], [0, 0, 0]], count=100)
    assert [event["kind"] for event in bouncing] == ["impact", "impact"]


def test_gap_carries_the_meeting_on_into_the_step():
    touch = Contact(0, 1, np.zeros(3), -X, 0.002, 0.3)
    (event,) = feed(["a", "b"], {60: [touch]}, [[1, 0, 0], [0, 0, 0]], count=70)
    assert event["time"] == pytest.approx(60 * DT + 0.002)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0.6, 0.8, 0)])
def test_a_block_falls_at_45_degrees_or_at_half_its_height(axis):
    start = Rotation.from_euler("z", 0.4)

    def pose(z, degrees):
        turn = Rotation.from_rotvec(np.radians(degrees) * np.array(axis)) * start
        return np.array([[0, 0, z, *quaternion(turn.as_matrix())]])

    def falls(poses):
        log = EventLog(["block"], DT, poses[0], {"block": Standing(0, 0, 0.1)})
        for step in steps({}, [[0.5, 0, 0]], count=len(poses), poses=poses):
            log.observe(step)
        return log.finish()

    assert falls([pose(0.05, d) for d in np.linspace(0, 44, 50)]) == []
    (event,) = falls([pose(0.05, 0)] + [pose(0.05, d + 0.5) for d in range(90)])
    assert event["time"] == pytest.approx(47 * DT) and event["speed"] == pytest.approx(0.5)
    assert falls([pose(0.35 - d, 0) for d in np.linspace(0, 0.049, 20)]) == []
    assert len(falls([pose(0.35 - d, 0) for d in np.linspace(0, 0.2, 20)])) == 1


def test_a_turn_about_the_vertical_is_no_fall():
    poses = [
        np.array([[0, 0, 0.05, *quaternion(Rotation.from_euler("z", a).as_matrix())]]) for a in np.linspace(0, 3, 40)
    ]
    log = EventLog(["block"], DT, poses[0], {"block": Standing(0, 0, 0.1)})
    for step in steps({}, [[0, 0, 0]], count=40, poses=poses):
        log.observe(step)
    assert log.finish() == []


@each_engine
def test_a_block_pulled_from_under_another(engine):
    w = world(
        GROUND,
        block("low block", (1.5, 0, 0.05), velocity=(2.5, 0, 0), friction=0.05),
        block("high block", (1.5, 0, 0.15), friction=0.05),
    )
    events, *_ = watch(engine, w, 1.5, standing=["low block", "high block"])
    assert [e["bodies"][0] for e in events if e["kind"] == "fall"] == ["high block"]
    assert [e["id"] for e in events] == [f"e{n}" for n in range(len(events))]
    times = [e["time"] for e in events]
    assert times == sorted(times)
