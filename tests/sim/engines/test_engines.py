import numpy as np
import pytest
from multisynth.scenes import Shape
from multisynth.scenes.assets import locate
from multisynth.scenes.poses import about, quaternion, transform
from multisynth.sim import engines
from multisynth.sim.engines.solids import solid
from multisynth.sim.robots import panda
from multisynth.sim.world import Servo

from multisynth.errors import BadInput
from tests.sim.worlds import GROUND, ball, block, made_of, mechanism, where, world

BLOB = Shape(kind="mesh", mesh="pybullet_data:random_urdfs/003/003.obj", size=(0.015, 0.015, 0.015))
HAMMER = (
    Shape(kind="cylinder", size=(0.02, 0.3)),
    Shape(kind="box", size=(0.16, 0.06, 0.06), position=(0.0, 0.0, 0.15)),
)
WALKER = """<robot name="walker">
  <link name="trunk">
    <inertial><origin xyz="0.05 0.02 0.01" rpy="0.3 0 0.2"/><mass value="2"/>
      <inertia ixx="0.02" iyy="0.03" izz="0.04" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><geometry><box size="0.3 0.2 0.1"/></geometry></visual>
    <collision><geometry><box size="0.3 0.2 0.1"/></geometry></collision>
  </link>
  <joint name="hip" type="revolute">
    <parent link="trunk"/><child link="leg"/><origin xyz="0.15 0 0"/><axis xyz="0 1 0"/>
    <limit lower="-1" upper="1" effort="10" velocity="10"/>
  </joint>
  <link name="leg">
    <inertial><origin xyz="0 0 -0.1"/><mass value="0.5"/>
      <inertia ixx="0.002" iyy="0.002" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><origin xyz="0 0 -0.1"/><geometry><box size="0.02 0.02 0.2"/></geometry></visual>
    <collision><origin xyz="0 0 -0.1"/><geometry><box size="0.02 0.02 0.2"/></geometry></collision>
  </link>
</robot>"""
DRAWER = """<robot name="drawer">
  <link name="frame"><inertial><mass value="5"/>
    <inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="rail" type="prismatic">
    <parent link="frame"/><child link="tray"/><axis xyz="1 0 0"/><limit lower="0" upper="1" effort="0" velocity="5"/>
  </joint>
  <link name="tray"><inertial><mass value="2"/>
    <inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>
    <visual><geometry><box size="0.2 0.2 0.1"/></geometry></visual>
    <collision><geometry><box size="0.2 0.2 0.1"/></geometry></collision></link>
</robot>"""


@pytest.fixture(params=engines.ENGINES)
def build(request):
    running = []

    def start(world):
        running.append(engines.engine(request.param)(world))
        return running[-1]

    yield start
    for engine in running:
        engine.close()


def bustle():
    """Much that touches: a tower, a ball that hits it, a hammer and a blob that fall on the ground."""
    return world(
        GROUND,
        *(block(f"block {n}", (0.5, 0.002 * n, 0.05 + 0.1 * n), yaw=0.2 * n) for n in range(3)),
        ball("ball", (0.9, 0.0, 0.2), velocity=(-3.0, 0, 0), restitution=0.5),
        made_of("hammer", HAMMER, (0.0, 0.6, 0.4), (0.9, 0.3, 0.3, 0.1), mass=0.5),
        made_of("blob", [BLOB], (0.0, -0.6, 0.3), mass=0.2),
    )


def command(engine, tick):
    engine.command(engine.joints("panda")[0] + 0.1 * np.sin(0.3 * tick + np.arange(9)), np.full(9, 0.05))


def seen(engine):
    names = ["ball", "hammer", "blob", "panda/panda_grasptarget"]
    joints = np.concatenate(engine.joints("panda"))
    return np.concatenate([engine.poses().ravel(), joints, *(engine.velocity(name) for name in names)])


def test_the_same_world_runs_the_same_to_the_bit_watched_or_not(build):
    def run(engine, watched, looks):
        for tick in range(40):
            command(engine, tick)
            if watched:
                for _ in range(6):
                    engine.step()
            elif looks:
                for _ in range(6):
                    engine.advance(1)
                    engine.poses(), engine.pose("hammer"), engine.velocity("blob")
            else:
                engine.advance(6)
        return seen(engine)

    first = run(build(bustle()), watched=False, looks=False)
    assert np.isfinite(first).all()
    for watched, looks in [(False, False), (True, False), (False, True)]:
        assert (run(build(bustle()), watched, looks) == first).all()


def test_poses_are_those_of_the_joints_now(build):
    """Against the chain's own kinematics, while it moves fast."""
    engine = build(world(GROUND))
    for tick in range(20):
        engine.command(np.array([*panda.REST, 0.02, 0.02]) + 0.04 * tick, np.full(9, 3.2))
        engine.advance(3)
        place = panda.arm().pose(engine.joints("panda")[0][:7])
        pose = engine.pose(f"panda/{panda.TIP}")
        np.testing.assert_allclose(transform(pose[:3], pose[3:]), transform(place[:3], place[3:]), atol=2e-6)


def test_velocities_are_those_of_the_poses(build):
    engine = build(world(ball("ball", (2, 0, 3), velocity=(1.0, 2.0, 3.0)), gravity=0))
    np.testing.assert_allclose(engine.velocity("ball"), [1, 2, 3, 0, 0, 0], atol=1e-9)
    start, turning = engine.joints("panda")[0], np.eye(9)[0] * 0.5
    for tick in range(120):
        engine.command(start + turning * tick / 80, turning)
        engine.advance(3)
    before = engine.pose("panda/panda_hand")[:2]
    engine.advance(1)
    moved = (engine.pose("panda/panda_hand")[:2] - before) / engine.timestep
    rates = engine.joints("panda")[1]
    np.testing.assert_allclose(engine.velocity("panda/panda_link1")[3:], [0, 0, rates[0]], atol=1e-6)
    np.testing.assert_allclose(engine.velocity("panda/panda_hand")[:2], moved, atol=4e-3)  # its centre is 4 cm below
    assert np.abs(moved).max() > 0.1


def test_the_arm_goes_where_it_is_told(build):
    engine = build(world(GROUND))
    target = panda.reach(panda.REST, np.array([0.5, 0.2, 0.2]), 0.5)
    start, goal = engine.joints("panda")[0], np.array([*target, 0.03, 0.03])
    for share in np.linspace(0, 1, 81)[1:]:
        engine.command(start + (goal - start) * share, goal - start)
        engine.advance(3)
    engine.command(goal, np.zeros(9))
    engine.advance(48)
    positions, velocities = engine.joints("panda")
    np.testing.assert_allclose(positions, goal, atol=1e-3)
    assert np.abs(velocities).max() < 0.02


def test_a_weaker_servo_is_slower_and_a_change_is_taken_over(build):
    w = world(GROUND, servo=Servo(bandwidth=30.0))
    left = []
    for at in (None, 5.0):
        engine = build(w)
        goal = engine.joints("panda")[0] + np.eye(9)[0] * 0.05
        if at is not None:
            engine.change(w.changed("bandwidth", at))
        engine.command(goal, np.zeros(9))
        engine.advance(24)
        left.append((goal - engine.joints("panda")[0])[0] / 0.05)
    steps = 24
    for share, bandwidth in zip(left, (30.0, 5.0), strict=True):
        assert share == pytest.approx((1 - bandwidth / 240) ** steps, abs=0.04)


def test_gravity_and_friction_change_under_way(build):
    w = world(GROUND, block("slab", (1.0, 0, 0.05), velocity=(1.0, 0, 0), friction=0.01))
    engine = build(w)
    engine.advance(60)
    coasting = engine.velocity("slab")[0]
    assert coasting > 0.7
    engine.change(w.changed("friction", 1.0))
    engine.advance(60)
    assert abs(engine.velocity("slab")[0]) < 0.01
    engine.change(w.changed("gravity", -2.0))
    engine.advance(60)
    assert engine.velocity("slab")[2] == pytest.approx(0.5, abs=0.03)


def test_contacts_carry_the_weight(build):
    w = world(GROUND, block("block", (1.0, 0, 0.05), mass=0.3), ball("ball", (1.6, 0, 0.05), mass=0.2))
    engine = build(w)
    engine.advance(120)
    borne = {"block": 0.0, "ball": 0.0}
    for _ in range(24):
        for contact in engine.step().contacts:
            a, b = engine.pieces[contact.a], engine.pieces[contact.b]
            up = contact.normal[2] if b == "ground" else -contact.normal[2]
            assert "ground" in (a, b) and up == pytest.approx(1, abs=1e-3)
            assert abs(contact.position[2]) < 1e-3 and -1e-3 < contact.gap < 1e-3
            borne[a if b == "ground" else b] += contact.impulse
    for name, mass in (("block", 0.3), ("ball", 0.2)):
        assert borne[name] == pytest.approx(mass * 9.81 * 0.1, rel=0.02)


@pytest.mark.parametrize("inertia", [1.0, 4.0])
def test_a_blow_beside_the_centre_turns_a_body_as_its_inertia_says(build, inertia):
    """Momentum and angular momentum of ball and hammer are what the ball brought; the hammer's inertia is by hand."""
    size = (0.4, 0.1, 0.1)
    w = world(
        block("bar", (1.0, 0, 1.0), size=size, mass=0.5, friction=0.0, inertia=inertia),
        ball("ball", (1.15, -0.3, 1.0), mass=0.2, velocity=(0, 2.0, 0), friction=0.0),
        gravity=0,
    )
    engine = build(w)
    engine.advance(72)
    struck, ball_after = engine.velocity("bar"), engine.velocity("ball")
    given = 0.2 * (2.0 - ball_after[1])
    assert given > 0.1
    assert 0.5 * struck[1] == pytest.approx(given, rel=1e-3)
    about_z = inertia * 0.5 * (size[0] ** 2 + size[1] ** 2) / 12
    assert about_z * struck[5] == pytest.approx(0.15 * given, rel=0.02)


def test_a_compound_hangs_together_and_falls_about_its_centre(build):
    turn = tuple(quaternion(about(np.array([0.0, 1.0, 0.0]), 0.4)).tolist())
    w = world(made_of("hammer", HAMMER, (1.0, 0.2, 2.0), turn, mass=0.5))
    engine = build(w)
    np.testing.assert_allclose(engine.pose("hammer"), [1.0, 0.2, 2.0, *turn], atol=1e-9)
    engine.advance(60)
    fallen = 9.81 / 2 * 0.25**2 + 9.81 * 0.25 / 480
    np.testing.assert_allclose(engine.pose("hammer"), [1.0, 0.2, 2.0 - fallen, *turn], atol=1e-6)


def test_a_compound_balances_on_its_centre_of_mass(build):
    """A bar with a heavy end stays on a support under its centre of mass, and tips off one under its middle."""
    bar = (
        Shape(kind="box", size=(0.4, 0.05, 0.05)),
        Shape(kind="box", size=(0.1, 0.1, 0.1), position=(0.25, 0.0, 0.0)),
    )
    volumes = np.array([0.4 * 0.05**2, 0.1**3])
    centre = float(volumes @ [0.0, 0.25] / volumes.sum())
    for at, tips in ((centre, False), (0.0, True)):
        support = block("support", (1.0 + at, 0, 0.2), size=(0.06, 0.2, 0.4), mass=0)
        w = world(GROUND, support, made_of("bar", bar, (1.0, 0, 0.426), mass=1.0))
        engine = build(w)
        engine.advance(360)
        assert (engine.pose("bar")[2] < 0.4) == tips


def test_a_mesh_comes_to_rest_on_its_hull(build):
    w = world(GROUND, made_of("blob", [BLOB], (1.0, 0, 0.15), mass=0.2))
    engine = build(w)
    engine.advance(960)
    pose = engine.pose("blob")
    from multisynth.scenes.meshes import triangles

    placed = triangles(BLOB).vertices @ transform(pose[:3], pose[3:])[:3, :3].T + pose[:3]
    assert placed[:, 2].min() == pytest.approx(0, abs=2.5e-3)  # Bullet wraps hulls in 1 mm
    assert np.abs(engine.velocity("blob")).max() < 0.1


def test_a_mesh_among_other_shapes_is_where_it_belongs(build):
    """A ball falls on a mesh that sticks out of a slab."""
    above = BLOB.model_copy(update={"position": (0.3, 0.0, 0.1)})
    table = made_of("table", [Shape(kind="box", size=(1.0, 0.5, 0.1)), above], (1.0, 0, 0.05), mass=20.0)
    top = 0.15 + solid((BLOB,)).centre[2]
    dropped = ball("ball", (1.3 + solid((BLOB,)).centre[0], solid((BLOB,)).centre[1], top + 0.2), radius=0.02)
    engine = build(world(GROUND, table, dropped))
    lowest = min(height(engine) for _ in range(72))
    assert lowest > 0.15, "on the slab it would lie at 0.12"


def height(engine):
    engine.advance(1)
    return engine.pose("ball")[2]


def test_a_free_mechanism_starts_where_it_is_put_and_falls(build):
    turn = tuple(quaternion(about(np.array([0.0, 0.0, 1.0]), 0.5)).tolist())
    body, told = mechanism(WALKER, "walker", (0.3,), (2.0, 0.5, 1.0), turn, fixed=False)
    w = world((body, told))
    engine = build(w)
    np.testing.assert_allclose(engine.pose("walker"), [2.0, 0.5, 1.0, *turn], atol=1e-7)
    np.testing.assert_allclose(where(w.scene, engine.poses(), "walker"), engine.pose("walker/trunk"))
    engine.advance(48)
    np.testing.assert_allclose(engine.velocity("walker")[:3], [0, 0, -9.81 * 0.2], atol=1e-3)
    fallen = 9.81 / 2 * 0.2**2 + 9.81 * 0.2 / 480
    np.testing.assert_allclose(engine.pose("walker"), [2.0, 0.5, 1.0 - fallen, *turn], atol=1e-4)
    np.testing.assert_allclose(engine.joints("walker")[0], [0.3], atol=1e-3)
    hip = engine.pose("walker/leg")[:3] - engine.pose("walker")[:3]
    np.testing.assert_allclose(hip, about(np.array([0.0, 0.0, 1.0]), 0.5) @ [0.15, 0, 0], atol=1e-4)


def test_a_free_mechanism_lies_on_the_ground(build):
    body, told = mechanism(WALKER, "walker", (0.0,), (2.0, 0.5, 0.5), fixed=False)
    engine = build(world(GROUND, (body, told)))
    engine.advance(720)
    assert 0.04 < engine.pose("walker")[2] < 0.2
    assert np.abs(engine.velocity("walker")).max() < 0.1


@pytest.mark.parametrize("damping", [0.0, 4.0])
def test_a_drawer_slides_and_its_damping_slows_it(build, damping):
    """A ball of 1 kg hits a tray of 2 kg; afterwards v' = -c v / m."""
    body, told = mechanism(DRAWER, "drawer", (0.1,), (1.0, 0, 1.0), damping=damping)
    w = world((body, told), ball("ball", (0.9, 0, 1.0), mass=1.0, velocity=(1.0, 0, 0)), gravity=0)
    engine = build(w)
    speeds = []
    for _ in range(120):
        engine.advance(1)
        speeds.append(engine.joints("drawer")[1][0])
    fastest = int(np.argmax(speeds))
    assert speeds[fastest] == pytest.approx(1 / 3, rel=0.1)
    alone = slice(fastest + 12, fastest + 60)
    rate = -np.polyfit(np.arange(48) * engine.timestep, np.log(speeds[alone]), 1)[0]
    # the ball goes on with the tray where nothing throws it off
    assert rate == pytest.approx(0, abs=1e-3) if damping == 0 else rate == pytest.approx(damping / 2, rel=0.4)


def test_random_objects_of_a_thousand_load(build):
    number = 137
    name = f"pybullet_data:random_urdfs/{number:03d}/{number:03d}.obj"
    assert locate(name, (".obj",)).is_file()
    shape = BLOB.model_copy(update={"mesh": name})
    engine = build(world(GROUND, made_of("thing", [shape], (1.0, 0, 0.1), mass=0.1)))
    engine.advance(240)
    assert 0 < engine.pose("thing")[2] < 0.1


def test_an_engine_that_is_not_there_says_what_installs_it(monkeypatch):
    with pytest.raises(BadInput, match="mujoco"):
        engines.engine("mujoko")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(BadInput) as error:
        engines.engine("mujoco")
    assert "multisynth[sim]" in str(error.value) + str(error.value.remedy)
    assert engines.default() == "mujoco"
