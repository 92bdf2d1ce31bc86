import numpy as np
import pybullet
import pytest
from multisynth.scenes import Camera, Shape
from multisynth.scenes.assets import locate
from multisynth.sim import panda
from multisynth.sim.engines.pybullet import TIMESTEP, PyBullet
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.tasks import TASKS
from multisynth.sim.tasks.tabletop import thing
from multisynth.sim.trial import View
from multisynth.sim.world import Physics

from multisynth import seeds
from multisynth.errors import BadInput
from tests.sim.rays import cast
from tests.sim.worlds import GROUND, ball, block, where, world


def run(engine, seconds):
    for _ in range(round(seconds / TIMESTEP)):
        step = engine.step()
    return step


@pytest.fixture
def build():
    engines = []

    def start(world):
        engines.append(PyBullet(world))
        return engines[-1]

    yield start
    for engine in engines:
        engine.close()


def test_free_flight_is_a_parabola_without_drag(build):
    w = world(ball("ball", (2, 0, 3), velocity=(3.0, -1.0, 2.0)))
    engine, seconds = build(w), 0.75
    position = where(w.scene, run(engine, seconds).poses, "ball")[:3]
    lag = 9.81 * seconds * TIMESTEP / 2  # of semi-implicit Euler, first order in the step
    expected = [2 + 3 * seconds, -seconds, 3 + 2 * seconds - 9.81 / 2 * seconds**2 - lag]
    np.testing.assert_allclose(position, expected, atol=1e-6)


@pytest.mark.parametrize(("a", "b"), [(0.4, 0.4), (0.2, 0.8), (0.9, 0.4)])
def test_sliding_stops_where_coulomb_says_with_the_geometric_mean(build, a, b):
    ground = thing("ground", "floor", Shape(kind="box", size=(20, 20, 1)), (0, 0, -0.5), moves=False)
    slab = block("slab", (2, 0, 0.02), size=(0.2, 0.2, 0.04), friction=a, velocity=(1.5, 0, 0))
    w = world((ground, Physics(friction=b)), slab)
    position = where(w.scene, run(build(w), 2.0).poses, "slab")[0] - 2
    assert position == pytest.approx(1.5**2 / (2 * np.sqrt(a * b) * 9.81), rel=0.03)


def test_a_tower_stands(build):
    w = world(GROUND, *(block(f"block {n}", (2, 0.002 * n, 0.05 + 0.1 * n), yaw=0.1 * n) for n in range(5)))
    before = build(w).poses()[-5:, :3]
    after = run(build(w), 2.0).poses[-5:, :3]
    assert np.abs(after - before).max() < 2e-3


def test_the_arm_goes_where_it_is_told(build):
    engine = build(world(GROUND))
    target = panda.reach(panda.REST, np.array([0.5, 0.2, 0.2]), 0.5)
    start = engine.joints()[0]
    for share in np.linspace(0, 1, 240):
        goal = np.array([*target, 0.03, 0.03])
        engine.command(start + (goal - start) * share, goal - start)
        engine.step()
    engine.command(goal, np.zeros(9))
    run(engine, 0.2)
    positions, velocities = engine.joints()
    np.testing.assert_allclose(positions, goal, atol=2e-3)
    assert np.abs(velocities).max() < 0.02


def drawn(task, seed=5):
    return TASKS[task](Draw(Randomisation(), lambda purpose: seeds.rng(seed, purpose)), View()).world


@pytest.mark.parametrize("task", sorted(TASKS))
def test_rays_hit_the_scene_where_they_hit_the_physics(build, task):
    w = drawn(task)
    engine = build(w)
    run(engine, 0.3)
    poses, rng = engine.poses(), np.random.default_rng(1)
    aims = [*poses[10:, :3], *rng.uniform((0.1, -0.5, 0), (0.8, 0.5, 0), (40, 3))]
    targets = np.repeat(aims, 60, axis=0) + rng.normal(0, 0.02, (60 * len(aims), 3))
    origins = targets + rng.normal(0, 1, targets.shape) * 0.2 + (0.5, 0.0, 0.8)
    way = targets - origins
    ends = origins + 3 * way
    hits = [
        hit
        for first in range(0, len(ends), 5000)
        for hit in pybullet.rayTestBatch(
            origins[first : first + 5000], ends[first : first + 5000], physicsClientId=engine._client
        )
    ]
    names = {uid: name for name, uid in engine._bodies.items()} | {-1: "", engine._arm: "panda"}
    theirs = np.array([names[hit[0]] for hit in hits])
    marks = [body.name for body in w.scene.bodies if not w.physics[body.name].solid]
    solid = w.scene.model_copy(update={"bodies": tuple(b for b in w.scene.bodies if b.name not in marks)})
    directions = way / np.linalg.norm(way, axis=1, keepdims=True)
    distance, ours = cast(solid, poses, origins, directions)
    things = (ours != "panda") & (theirs != "panda")  # the arm collides as the hulls of its meshes
    assert (ours[things] == theirs[things]).mean() > 0.995  # but for rays along edges
    same = things & (ours == theirs) & (ours != "")
    points = np.array([hit[3] for hit in hits])
    apart = np.linalg.norm(origins + distance[:, None] * directions - points, axis=1)
    for name in {"table", *(body.name for body, _ in w.scene.moving if body.category != "robot")}:
        of_body = same & (ours == name)
        assert of_body.sum() > 20 and np.median(apart[of_body]) < 5e-4, name  # Bullet's own rays graze to 3e-4 r


def test_the_drawn_arm_is_where_bullet_draws_it(build):
    w = drawn("push")
    engine = build(w)
    engine.command(engine.joints()[0] + np.array([0.3, 0.2, -0.4, 0.3, 0.5, 0.4, 0.6, 0.01, 0.01]), np.zeros(9))
    run(engine, 0.5)
    client = pybullet.connect(pybullet.DIRECT)
    arm = pybullet.loadURDF(str(locate(panda.URDF, (".urdf",))), useFixedBase=True, physicsClientId=client)
    for joint, position in zip([*range(7), 9, 10], engine.joints()[0], strict=True):
        pybullet.resetJointState(arm, joint, position, physicsClientId=client)
    alone = w.scene.model_copy(update={"bodies": (w.scene.body("panda"),)})
    for position in [(1.2, 0.6, 0.8), (0.2, -1.3, 0.4), (0.9, 0.1, 0.15)]:
        camera = Camera(name="c", width=320, height=240, position=position, target=(0.25, 0, 0.35), fov=50)
        near, far = 0.05, 5.0
        image = pybullet.getCameraImage(
            camera.width, camera.height,
            pybullet.computeViewMatrix(camera.position, camera.target, (0, 0, 1)),
            pybullet.computeProjectionMatrixFOV(camera.fov, camera.width / camera.height, near, far),
            renderer=pybullet.ER_TINY_RENDERER, physicsClientId=client,
        )  # fmt: skip
        buffer = np.reshape(image[3], (240, 320)).astype(np.float64)
        theirs = far * near / (far - (far - near) * buffer)
        inside = np.reshape(image[4], (240, 320)) == arm
        u, v = np.meshgrid(np.arange(320), np.arange(240) + 1)  # that renderer samples a pixel at its lower left
        local = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(camera.intrinsics).T
        world_rays = local @ camera.world_to_camera[:3, :3]
        length = np.linalg.norm(world_rays, axis=-1, keepdims=True)
        distance, names = cast(alone, engine.poses()[:10], np.array(camera.position), world_rays / length)
        both = inside & (names == "panda")
        assert both.sum() / (inside | (names == "panda")).sum() > 0.998
        error = np.abs(distance / length[..., 0] - theirs)[both]
        assert np.quantile(error, 0.99) < 1e-4
    pybullet.disconnect(client)


def test_a_body_that_is_no_primitive_at_its_centre_is_refused(build):
    shape = Shape(kind="box", size=(1, 1, 1), position=(0.1, 0, 0))
    with pytest.raises(BadInput, match="odd box"):
        build(world((thing("odd box", "block", shape, (2, 0, 1)), Physics(mass=1))))
