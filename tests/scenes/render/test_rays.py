"""Depth, normals and ids against closed forms."""

import numpy as np
import pytest
from multisynth.scenes.poses import about, quaternion
from multisynth.scenes.render.rays import Tracer
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Camera, Scene, Shape

from multisynth.errors import BadInput
from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane, body, closed_form, rays_of


def shoot(scene: Scene, poses: np.ndarray, camera: int = 0):
    world = World(scene)
    tracer = Tracer(world, scene.cameras[camera])
    hits, covered = tracer.frame(tracer.placed(poses))
    size = scene.cameras[camera].height, scene.cameras[camera].width
    ids = world.instances[hits.shape + 1].reshape(size)
    return hits.depth.reshape(size), hits.normals.reshape(*size, 3), ids, covered.reshape(-1, *size)


@pytest.mark.parametrize("camera", [0, 1])
def test_ball_on_a_plane_is_the_closed_form(camera):
    scene = ball_on_plane(320, 240)
    depth, normals, ids, _ = shoot(scene, BALL, camera)
    want_depth, want_normals, want_ids, root = closed_form(scene.cameras[camera], BALL[0, :3])
    # a pixel may fall on either side where a ray grazes the ball or the slab's rim to within rounding
    clear = (np.abs(root) > 1e-6) & ~((ids != want_ids) & (want_depth > 15))
    assert clear.mean() > 0.9999
    assert np.array_equal(ids[clear], want_ids[clear])
    assert {3, 700} <= set(np.unique(ids))
    near = clear & (want_depth > 0)
    assert np.abs(depth - want_depth)[near].max() < 1e-4
    assert (depth[clear & (want_depth == 0)] == 0).all()
    got, want = normals[near & ((ids == 3) | (root > 1e-4))], want_normals[near & ((ids == 3) | (root > 1e-4))]
    angle = np.arctan2(np.linalg.norm(np.cross(got, want), axis=1), (got * want).sum(1))
    assert np.degrees(angle).max() < 0.1
    assert np.abs(np.linalg.norm(normals[near], axis=-1) - 1).max() < 1e-6
    assert not normals[ids == 0].any()


def test_normals_face_the_camera_and_points_lie_where_depth_says():
    scene = ball_on_plane()
    camera = scene.cameras[0]
    depth, normals, ids, _ = shoot(scene, BALL)
    _, d, rotation = rays_of(camera)
    inside = d @ rotation.T
    assert ((normals * inside).sum(-1)[ids > 0] < 0).all()
    points = (depth[..., None] * inside - camera.world_to_camera[:3, 3]) @ rotation
    assert np.abs(points[ids == 3][:, 2]).max() < 2e-4
    assert np.abs(np.linalg.norm(points[ids == 700] - BALL[0, :3], axis=1) - RADIUS).max() < 1e-5


def test_y_is_down_and_z_is_forward():
    """A face square to the camera has one depth, and something above the optical axis is at small rows."""
    scene = Scene(
        bodies=(
            body("wall", 1, Shape(kind="box", size=(0.2, 8, 8))),
            body("high", 2, Shape(kind="box", size=(0.1, 0.3, 0.3))),
            body("left", 4, Shape(kind="sphere", size=(0.1,))),
        ),
        cameras=(Camera(name="c", width=65, height=49, position=(0, 0, 0), target=(1, 0, 0), fov=60),),
    )
    # looking along x with z up, the left is y > 0
    poses = np.array([[3.1, 0, 0, 1, 0, 0, 0], [1.55, 0, 0.5, 1, 0, 0, 0], [1.5, 0.6, 0, 1, 0, 0, 0]])
    depth, normals, ids, _ = shoot(scene, poses)
    assert np.abs(depth[ids == 1] - 3).max() < 1e-6
    assert np.allclose(normals[ids == 1], [0, 0, -1], atol=1e-6)
    rows, columns = np.nonzero(ids == 2)
    assert rows.max() < 24
    assert abs(columns.mean() - 32) < 0.5
    assert np.abs(depth[ids == 2] - 1.5).max() < 1e-6
    rows, columns = np.nonzero(ids == 4)
    assert columns.max() < 32
    assert abs(rows.mean() - 24) < 0.5


def box_depth(origin, directions, pose, size):
    """By the six planes, one by one."""
    rotation = np.array(about_of(pose[3:]))
    o, d = (origin - pose[:3]) @ rotation, directions @ rotation
    best = np.full(d.shape[:-1], np.inf)
    for axis in range(3):
        for sign in (-1, 1):
            with np.errstate(divide="ignore", invalid="ignore"):
                t = (sign * size[axis] / 2 - o[axis]) / d[..., axis]
                inside = np.abs(o + t[..., None] * d) <= np.array(size) / 2 + 1e-9
            hit = np.delete(inside, axis, -1).all(-1) & (t > 0)
            best = np.where(hit & (t < best), t, best)
    return np.where(np.isfinite(best), best, 0)


def about_of(q):
    w, x, y, z = q / np.linalg.norm(q)
    v = np.array([x, y, z])
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) * (w * w - v @ v) + 2 * np.outer(v, v) + 2 * w * skew


def test_poses_turn_and_move_a_box_whether_its_shape_or_its_part_is_placed():
    size = (0.3, 0.2, 0.5)
    turn = quaternion(about(np.array([1.0, 2.0, 3.0]) / np.sqrt(14), 0.8))
    camera = Camera(name="c", width=120, height=90, position=(1.2, 0.8, 0.7), target=(0, 0, 0.1), fov=45)
    moved = np.array([0.1, -0.05, 0.2, *turn])
    origin, directions, _ = rays_of(camera)
    want = box_depth(origin, directions, moved, size)
    plain = Shape(kind="box", size=size)
    depth, *_ = shoot(Scene(bodies=(body("b", 1, plain),), cameras=(camera,)), moved[None])
    edges = (depth > 0) != (want > 0)
    assert edges.mean() < 1e-3
    assert np.abs(depth - want)[~edges].max() < 1e-5
    # the same from the shape's own place in a part that holds still
    offset = Shape(kind="box", size=size, position=tuple(moved[:3]), quaternion=tuple(turn))
    again, *_ = shoot(Scene(bodies=(body("b", 1, offset, moves=False),), cameras=(camera,)), np.zeros((0, 7)))
    assert np.abs(again - depth).max() < 1e-5
    # and from a quaternion that is not of unit length
    longer, *_ = shoot(Scene(bodies=(body("b", 1, plain),), cameras=(camera,)), (moved * [1, 1, 1, 3, 3, 3, 3])[None])
    assert np.abs(longer - depth).max() < 1e-6


def test_cylinder_lies_on_its_own_surface():
    radius, length = 0.2, 0.5
    camera = Camera(name="c", width=160, height=120, position=(0.9, 0.5, 0.8), target=(0, 0, 0), fov=45)
    depth, normals, ids, _ = shoot(
        Scene(bodies=(body("can", 1, Shape(kind="cylinder", size=(radius, length))),), cameras=(camera,)),
        np.array([[0, 0, 0, 1, 0, 0, 0]]),
    )
    origin, directions, rotation = rays_of(camera)
    points, outward = (origin + depth[..., None] * directions)[ids == 1], normals[ids == 1] @ rotation
    radial = np.hypot(points[:, 0], points[:, 1])
    cap = outward[:, 2] > 0.5
    assert cap.any()
    assert not cap.all()
    assert np.abs(points[cap, 2] - length / 2).max() < 1e-5
    assert np.abs(radial[~cap] - radius).max() < 1e-5
    assert np.allclose(outward[~cap], np.c_[points[~cap, :2] / radius, np.zeros((~cap).sum())], atol=1e-4)
    assert np.allclose(outward[cap], [0, 0, 1], atol=1e-6)
    # pixels of the closed form's silhouette: the projected rims' hull
    angle = np.linspace(0, 2 * np.pi, 4000)
    rims = np.concatenate(
        [np.c_[radius * np.cos(angle), radius * np.sin(angle), np.full(4000, h)] for h in (-0.25, 0.25)]
    )
    image = (rims @ rotation.T + camera.world_to_camera[:3, 3]) @ camera.intrinsics.T
    image = image[:, :2] / image[:, 2:]
    rows, columns = np.nonzero(ids == 1)
    assert abs(columns.min() - image[:, 0].min()) < 1
    assert abs(columns.max() + 1 - image[:, 0].max()) < 1
    assert abs(rows.min() - image[:, 1].min()) < 1
    assert abs(rows.max() + 1 - image[:, 1].max()) < 1


def test_a_mesh_is_hit_where_another_ray_caster_hits_it():
    import trimesh
    from multisynth.scenes.meshes import triangles

    shape = Shape(kind="mesh", size=(1, 1, 1), mesh="pybullet_data:franka_panda/meshes/visual/hand.obj")
    mesh = triangles(shape)
    camera = Camera(name="c", width=48, height=36, position=(0.3, 0.2, 0.25), target=(0, 0, 0.03), fov=26)
    pose = np.array([0.02, 0.01, 0, *quaternion(about(np.array([0, 1.0, 0]), 0.4))])
    depth, normals, ids, _ = shoot(Scene(bodies=(body("hand", 9, shape),), cameras=(camera,)), pose[None])
    origin, directions, rotation = rays_of(camera)
    turned = mesh.vertices @ about_of(pose[3:]).T + pose[:3]
    want, face = moller_trumbore(origin, directions.reshape(-1, 3), turned[mesh.faces])
    want, face = want.reshape(depth.shape), face.reshape(depth.shape)
    agree = (depth > 0) == (want > 0)
    assert agree.mean() > 0.998
    near = agree & (want > 0)
    assert near.sum() > 300
    error = np.abs(depth - want)[near]
    assert (error < 1e-4).mean() > 0.999
    outward = trimesh.Trimesh(turned, mesh.faces, process=False).face_normals[face[near]] @ rotation.T
    cosine = np.abs((outward * normals[near]).sum(-1))
    assert (cosine > np.cos(np.radians(0.1))).mean() > 0.99
    assert (ids[near] == 9).all()


def moller_trumbore(origin, directions, corners):
    """Nearest crossing of each ray, ray by ray over all triangles (Möller and Trumbore 1997)."""
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    depth, face = np.zeros(len(directions)), np.zeros(len(directions), int)
    s = origin - a
    q = np.cross(s, ab)
    with np.errstate(divide="ignore", invalid="ignore"):
        for ray, d in enumerate(directions):
            p = np.cross(d, ac)
            inverse = 1 / (p * ab).sum(1)
            u, v, t = (p * s).sum(1) * inverse, q @ d * inverse, (q * ac).sum(1) * inverse
            t = np.where((u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0), t, np.inf)
            if np.isfinite(t.min()):
                depth[ray], face[ray] = t.min(), t.argmin()
    return depth, face


def test_something_through_the_cameras_plane_is_not_lost():
    scene = Scene(
        bodies=(
            body("rod", 5, Shape(kind="box", size=(4, 0.1, 0.1))),
            body("back", 6, Shape(kind="sphere", size=(0.2,))),
        ),
        cameras=(Camera(name="c", width=64, height=48, position=(0, 0, 0), target=(1, 0, 0), fov=60),),
    )
    poses = np.array([[0, 0.003, -0.2, 1, 0, 0, 0], [-1, 0, 0, 1, 0, 0, 0]])
    depth, _, ids, _ = shoot(scene, poses)
    origin, directions, _ = rays_of(scene.cameras[0])
    assert set(np.unique(ids)) == {0, 5}
    assert np.allclose(depth, box_depth(origin, directions, poses[0], (4, 0.1, 0.1)), atol=1e-5)


def test_poses_that_do_not_fit_are_bad_input():
    tracer = Tracer(World(ball_on_plane()), ball_on_plane().cameras[0])
    for poses in (np.zeros((2, 7)), np.full((1, 7), np.nan), np.zeros((1, 7))):
        with pytest.raises(BadInput, match="pose"):
            tracer.placed(poses)
    with pytest.raises(BadInput, match="positive"):
        World(Scene(bodies=(body("b", 1, Shape(kind="sphere", size=(-1.0,))),)))
