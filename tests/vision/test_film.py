"""Stage `vision.film`."""

import numpy as np
from multisynth.vision.film import Film
from multisynth.vision.label import Label

from multisynth import media
from multisynth.depth_video import decode_depth_video
from multisynth.testing import run_stage
from tests.scenes.render.balls import BALL, ball_on_plane
from tests.vision.conftest import episode


def test_frame_k_of_the_clip_shows_step_k(rolling):
    ran = run_stage(Film(quality=12), [rolling])
    assert not ran.failures
    clip = ran.samples[0]
    frames = list(media.decode_video(clip["video"]))
    assert len(frames) == len(clip["times"]) == 8
    assert clip["fps"] == rolling["rate"]
    for column in ("task", "instruction", "success", "scene", "events"):
        assert clip[column] == rolling[column]
    assert np.array_equal(clip["poses"], rolling["poses"])
    assert np.array_equal(clip["times"], rolling["times"])
    stills = [media.decode_rgb(f["rgb"]) for f in run_stage(Label(every=0.1, labels=()), [rolling]).samples]
    error = np.array([[np.mean((a.astype(float) - b) ** 2) for b in stills] for a in frames])
    assert np.array_equal(error.argmin(axis=1), np.arange(8))
    assert 10 * np.log10(255**2 / np.diag(error).max()) > 32


def test_two_runs_make_equal_bytes(rolling):
    assert run_stage(Film(), [rolling]).samples["video"] == run_stage(Film(), [rolling]).samples["video"]


def test_camera_and_size(rolling):
    clip = run_stage(Film(camera="side", width=64, height=64), [rolling]).samples[0]
    assert next(media.decode_video(clip["video"])).shape == (64, 64, 3)
    assert clip.meta["camera"] == "side"
    assert clip["intrinsics"][0, 2] == 32
    assert np.array_equal(clip["world_to_camera"], ball_on_plane().cameras[1].world_to_camera)


def test_odd_sizes_and_missing_cameras_are_dropped(rolling):
    odd = episode(ball_on_plane(161, 120), BALL[None])
    assert [reason for _, reason in run_stage(Film(), [odd]).drops] == ["H.264 wants an even size: 161×120"]
    assert [r for _, r in run_stage(Film(camera="top"), [rolling]).drops] == ["the scene has no camera called top"]


def test_depth_is_that_of_the_frames(rolling):
    clip = run_stage(Film(depth=True), [rolling]).samples[0]
    frames = list(decode_depth_video(clip["depth"]))
    labels = [media.decode_depth(f["depth"]) for f in run_stage(Label(every=0.1, labels=("depth",)), [rolling]).samples]
    assert len(frames) == len(labels) == 8
    for frame, label in zip(frames, labels, strict=True):
        assert np.abs(frame - label).max() <= 0.0005 + 1e-6
        assert np.array_equal(frame == 0, label == 0)
    assert clip["video"] == run_stage(Film(), [rolling]).samples[0]["video"]
    assert run_stage(Film(), [rolling]).samples[0]["depth"] is None
