import numpy as np
import pytest
from multisynth.scenes import Camera
from multisynth.scenes.assets import locate
from multisynth.sim.engines.pybullet import PyBullet
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.robots import panda
from multisynth.sim.tasks import TASKS
from multisynth.sim.trial import View

from multisynth import seeds
from tests.sim.rays import cast

pybullet = pytest.importorskip("pybullet", reason="PyBullet has no wheel for this Python")


@pytest.fixture
def build():
    engines = []

    def start(world):
        engines.append(PyBullet(world))
        return engines[-1]

    yield start
    for engine in engines:
        engine.close()


def drawn(task, seed=5):
    return TASKS[task].draw(Draw(Randomisation(), lambda purpose: seeds.rng(seed, purpose)), View()).world


@pytest.mark.parametrize("task", sorted(name for name, task in TASKS.items() if task.robot == "panda"))
def test_rays_hit_the_scene_where_they_hit_the_physics(build, task):
    w = drawn(task)
    engine = build(w)
    engine.advance(72)
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
    mechanisms = {loaded.uid: name for name, loaded in engine._mechanisms.items()}
    names = {uid: name for name, uid in engine._bodies.items()} | {-1: "", **mechanisms}
    theirs = np.array([names[hit[0]] for hit in hits])
    marks = [name for name, physics in w.physics.items() if not physics.solid]
    solid = w.scene.model_copy(update={"bodies": tuple(b for b in w.scene.bodies if b.name not in marks)})
    directions = way / np.linalg.norm(way, axis=1, keepdims=True)
    distance, ours = cast(solid, poses, origins, directions)
    hulls = [*mechanisms.values()]  # the arm collides as the hulls of its meshes
    things = ~np.isin(ours, hulls) & ~np.isin(theirs, hulls)
    assert (ours[things] == theirs[things]).mean() > 0.995  # but for rays along edges
    same = things & (ours == theirs) & (ours != "")
    points = np.array([hit[3] for hit in hits])
    apart = np.linalg.norm(origins + distance[:, None] * directions - points, axis=1)
    for name in {"table", *(body.name for body, _ in w.scene.moving if body.name not in hulls)}:
        of_body = same & (ours == name)
        assert of_body.sum() > 20 and np.median(apart[of_body]) < 5e-4, name  # Bullet's own rays graze to 3e-4 r


def test_the_drawn_arm_is_where_bullet_draws_it(build):
    w = drawn("push")
    engine = build(w)
    engine.command(engine.joints("panda")[0] + np.array([0.3, 0.2, -0.4, 0.3, 0.5, 0.4, 0.6, 0.01, 0.01]), np.zeros(9))
    engine.advance(120)
    client = pybullet.connect(pybullet.DIRECT)
    arm = pybullet.loadURDF(str(locate(panda.URDF, (".urdf",))), useFixedBase=True, physicsClientId=client)
    for joint, position in zip([*range(7), 9, 10], engine.joints("panda")[0], strict=True):
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
