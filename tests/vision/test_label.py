"""Stage `vision.label`."""

import numpy as np
import pytest
from multisynth.vision.label import Label, moments

from multisynth import media
from multisynth.testing import run_stage
from tests.scenes.render.balls import BALL, ball_on_plane, closed_form
from tests.vision.conftest import episode


def test_frames_carry_what_the_rays_met(rolling):
    ran = run_stage(Label(every=0.3), [rolling])
    assert not ran.failures
    assert ran.samples["time"] == pytest.approx([0.0, 0.3, 0.6])
    camera = ball_on_plane().cameras[0]
    for frame in ran.samples:
        centre = rolling["poses"][round(frame["time"] * 10), 0, :3].astype(np.float64)
        depth, normals, ids, root = closed_form(camera, centre)
        clear = (np.abs(root) > 1e-5) & ~(depth > 15)
        assert np.abs(media.decode_depth(frame["depth"]) - depth)[clear].max() < 1e-4
        assert np.array_equal(media.decode_instances(frame["instances"])[clear], ids[clear])
        seen = clear & (depth > 0) & ((ids == 3) | (root > 1e-4))
        got, want = media.decode_normals(frame["normals"])[seen], normals[seen]
        angle = np.degrees(np.arctan2(np.linalg.norm(np.cross(got, want), axis=1), (got * want).sum(1)))
        assert angle.max() < 0.1
        assert media.decode_rgb(frame["rgb"]).shape == (120, 160, 3)
        assert np.array_equal(frame["intrinsics"], camera.intrinsics)
        assert np.array_equal(frame["world_to_camera"], camera.world_to_camera)
        assert [(box["name"], box["instance"]) for box in frame["boxes"]] == [("slab", 3), ("ball", 700)]
        assert frame.meta["task"] == "roll"


def test_only_the_labels_asked_for_and_every_camera_named(rolling):
    frames = run_stage(Label(labels=("depth",), every=1, cameras=("side", "front")), [rolling]).samples
    assert [frame.meta["camera"] for frame in frames] == ["side", "front"]
    for frame in frames:
        assert (frame["normals"], frame["instances"], frame["boxes"]) == (None, None, None)
        assert frame["depth"]
    small = run_stage(Label(labels=(), every=1, width=64, height=48), [rolling]).samples[0]
    assert media.decode_rgb(small["rgb"]).shape == (48, 64, 3)
    # the vertical field of view stays
    assert small["intrinsics"][1, 1] == pytest.approx(frames[1]["intrinsics"][1, 1] * 48 / 120)


def roll(y: float) -> np.ndarray:
    return BALL + np.array([0, y, 0, 0, 0, 0, 0])


def test_the_same_whatever_the_batch():
    episodes = [episode(ball_on_plane(), roll(0.1 * i)[None], ordinal=i) for i in range(3)]
    together, alone = (run_stage(Label(), episodes, batch_size=size).samples for size in (3, 1))
    for column in ("id", "rgb", "depth", "normals", "instances", "boxes"):
        assert together[column] == alone[column]


def test_what_cannot_be_filmed_is_dropped_or_failed_by_name(rolling):
    ran = run_stage(Label(cameras=("top",)), [rolling])
    assert [reason for _, reason in ran.drops] == ["the scene has no camera called top"]
    still = episode(ball_on_plane().model_copy(update={"cameras": ()}), BALL[None])
    assert [reason for _, reason in run_stage(Label(), [still]).drops] == ["the scene has no camera"]
    huge = episode(ball_on_plane(50_000, 50_000), BALL[None])
    assert [reason for _, reason in run_stage(Label(), [huge]).drops] == ["the camera has too many pixels: 50000×50000"]
    assert [r for _, r in run_stage(Label(), [episode(ball_on_plane(), BALL[:0][None][:0])]).drops] == [
        "poses and times do not match: 0, 0"
    ]
    ran = run_stage(Label(), [episode(ball_on_plane(), np.full((1, 1, 7), np.nan)), rolling])
    assert len(ran.samples) == 2
    assert len(ran.failures) == 1
    assert "a pose is not finite" in ran.failures[0][1]


def test_moments_are_the_first_steps_at_or_after_each_mark():
    times = 0.4 + np.arange(21) / 10
    assert moments(times, 0.5) == [0, 5, 10, 15, 20]
    assert moments(times, 0.25) == [0, 3, 5, 8, 10, 13, 15, 18, 20]
    assert moments(times, 0.01) == list(range(21))
    assert moments(times, 100) == [0]
