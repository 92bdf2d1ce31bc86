"""Episodes inside a volume: a ball before, in and behind a wall of Gaussians whose place is known."""

import numpy as np
import pytest
from multisynth.scenes.poses import rotation, transform
from multisynth.vision.inside import moved, moved_poses
from multisynth.vision.label import Label
from multisynth.vision.splats.gaussians import Gaussians
from multisynth.vision.splats.ply import encode_ply

from multisynth.kinds import VOLUME
from multisynth.media import decode_depth, decode_instances
from multisynth.sample import Sample
from multisynth.testing import run_stage
from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane
from tests.vision.conftest import episode

EYE = ball_on_plane().cameras[0]
AXIS = EYE.world_to_camera[2, :3]


def wall(away: float, metric: bool = True) -> Sample:
    """A volume: an opaque wall square to the axis of the camera `front`, `away` m before it; its one instance is 1."""
    steps = np.linspace(-2, 2, 60)
    across, down = EYE.world_to_camera[0, :3], EYE.world_to_camera[1, :3]
    u, v = np.meshgrid(steps, steps)
    means = np.array(EYE.position) + away * AXIS + u.reshape(-1, 1) * across + v.reshape(-1, 1) * down
    count, spread = len(means), float(steps[1] - steps[0])
    cloud = Gaussians(
        means.astype(np.float32), np.tile(np.float32([1, 0, 0, 0]), (count, 1)),
        np.full((count, 3), np.log(0.7 * spread), np.float32), np.full(count, 4.0, np.float32),
        np.full((count, 1, 3), 0.7, np.float32), np.ones(count, np.uint16),
    )  # fmt: skip
    return Sample(
        VOLUME, 0, method="splats", data=encode_ply(cloud), metric=metric, up=np.array([0.0, 0, 1]),
        bounds=np.stack([means.min(0), means.max(0)]), view_names=["a"], view_intrinsics=EYE.intrinsics[None],
        view_sizes=np.array([[160, 120]], np.int32), view_poses=EYE.world_to_camera[None], held_out=np.array([False]),
        steps=1, instances=np.ones(count, np.uint16), names=["wall"], categories=["wall"],
    )  # fmt: skip


def labelled(volume: Sample, **options):
    stage = Label(inside="place", at={"position": (0, 0, 0), "hide": ("slab",)}, limits={"away": 1e3}, **options)
    return run_stage(stage, [episode(ball_on_plane(), BALL[None])], beside={"inside": [volume]})


def test_what_is_nearer_hides_what_is_farther():
    centre = BALL[0, :3]
    far = float((EYE.world_to_camera @ [*centre, 1])[2])
    behind, before = labelled(wall(far - 2 * RADIUS)), labelled(wall(far + 2 * RADIUS))
    for ran in (behind, before):
        assert not ran.drops and not ran.failures
    hidden, shown = (decode_instances(ran.samples[0]["instances"]) for ran in (behind, before))
    assert set(np.unique(hidden)) <= {0, 1}
    ball = 700 + 1  # above the volume's highest id
    assert (shown == ball).sum() > 500 and (shown == 1).sum() > 500
    depth = decode_depth(before.samples[0]["depth"])
    assert depth[shown == ball].max() < far
    assert np.median(depth[shown == 1]) == pytest.approx(far + 2 * RADIUS, rel=0.01)
    boxes = {box["instance"]: box for box in before.samples[0]["boxes"]}
    assert boxes[ball]["name"] == "ball" and boxes[1]["name"] == "wall"
    parents = before.samples[0]["parents"]
    assert len(parents) == 2  # the episode and the place


def test_a_place_without_scale_and_a_camera_without_view_are_refused():
    ran = labelled(wall(2.0, metric=False))
    assert len(ran.failures) == 1 and "scale is not known" in ran.failures[0][1]
    ran = labelled(wall(-2.0))
    assert [reason.partition(":")[0] for _, reason in ran.drops] == ["camera front empty"]


def test_a_stage_that_made_no_volume_is_said():
    stage = Label(inside="place")
    ran = run_stage(stage, [episode(ball_on_plane(), BALL[None])], beside={"inside": []})
    assert [reason for _, reason in ran.drops] == ["nowhere to stand: `place` made no volume"]


def test_frames_tell_how_the_episode_was_moved():
    volume = wall(2.0)
    stage = Label(
        inside="place",
        at={"position": (1.0, 2.0, 0.0), "yaw": 90},
        limits={"away": 1e3, "filled": 0.0, "opaque": 0.0, "turned": 180},
    )
    ran = run_stage(stage, [episode(ball_on_plane(), BALL[None])], beside={"inside": [volume]})
    told = ran.samples[0].meta["inside"]
    matrix = np.reshape(told["matrix"], (4, 4))
    assert told["ids"] == 1 and np.allclose(matrix @ [1, 0, 0, 1], [1, 3, 0, 1])
    assert np.allclose(ran.samples[0]["world_to_camera"] @ matrix, EYE.world_to_camera, atol=1e-9)


def test_a_world_moves_as_a_whole():
    matrix = transform(np.array([1.0, -2.0, 0.5]), np.array([0.8, 0.0, 0.0, 0.6]))
    scene = ball_on_plane()
    there = moved(scene, matrix)
    poses = moved_poses(np.array(BALL)[None], matrix)
    assert np.allclose(poses[0, 0, :3], (matrix @ [*BALL[0, :3], 1])[:3])
    assert np.allclose(rotation(poses[0, 0, 3:]), matrix[:3, :3] @ rotation(BALL[0, 3:]))
    for old, new in zip(scene.cameras, there.cameras, strict=True):
        assert np.allclose(new.world_to_camera @ matrix, old.world_to_camera, atol=1e-9)
    slab, was = there.bodies[0].parts[0], transform(np.array([0, 0, -0.5]), np.array([1.0, 0, 0, 0]))
    assert np.allclose(transform(np.array(slab.position), np.array(slab.quaternion)), matrix @ was)
    assert np.allclose(there.light.direction, matrix[:3, :3] @ scene.light.direction)
