"""Labels of Gaussians that lie on the surfaces of a ball on a plane, against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from multisynth.vision.labels.clusters import Clusters
from multisynth.vision.labels.columns import Seen, Subjects, annotate
from multisynth.vision.labels.visibility import hidden, place
from multisynth.vision.render.buffers import Buffers
from multisynth.vision.splats.gaussians import Gaussians

from tests.scenes.render.balls import BALL, RADIUS, ball_on_plane, closed_form
from tests.vision.labels.seeing import moved_truth, viewpoint

SPACING = 0.025


def surface() -> Gaussians:
    """Flat Gaussians, a grid of them on the plane and a spiral of them (Vogel 1979) on the ball."""
    line = np.arange(-1.5, 1.5, SPACING)
    plane = np.stack(np.meshgrid(line, line, [0.0]), -1).reshape(-1, 3)
    count = int(4 * np.pi * RADIUS**2 / SPACING**2)
    height, angle = 1 - (2 * np.arange(count) + 1) / count, np.pi * (1 + 5**0.5) * np.arange(count)
    level = np.sqrt(1 - height**2)
    outward = np.stack([level * np.cos(angle), level * np.sin(angle), height], -1)
    turns = np.stack([1 + height, -outward[:, 1], outward[:, 0], np.zeros(count)], -1)  # takes z outward
    means = np.concatenate([plane, BALL[0, :3] + RADIUS * outward]).astype(np.float32)
    quaternions = np.concatenate([np.tile([1.0, 0, 0, 0], (len(plane), 1)), turns]).astype(np.float32)
    instances = np.repeat([1, 2], [len(plane), count]).astype(np.uint16)
    scales = np.tile(np.log([0.8 * SPACING, 0.8 * SPACING, 0.001]), (len(means), 1)).astype(np.float32)
    return Gaussians(
        means, quaternions, scales, np.full(len(means), 4, np.float32), np.zeros((len(means), 1, 3), np.float32),
        instances,
    )  # fmt: skip


@pytest.fixture(scope="module")
def frames():
    from multisynth.vision.render.splats import SplatRenderer

    gaussians, scene = surface(), ball_on_plane()
    cameras = scene.cameras[0], scene.cameras[0].model_copy(update={"position": (1.3, -1.1, 0.7)})
    views = [viewpoint(camera) for camera in cameras]
    seen = [Seen(view, b) for view, b in zip(views, SplatRenderer(gaussians, "cpu").render(views), strict=True)]
    subjects = Subjects([Clusters(gaussians, ["floor", "ball"], ["floor", "ball"])], points=64,
                        rng=np.random.Generator(np.random.Philox(8)))  # fmt: skip
    labels = ("flow", "boxes", "boxes_3d", "semantics", "tracks")
    return cameras, seen, list(annotate(seen, labels, subjects))


def test_flow_reprojects_the_mean_depth_and_what_is_hidden_is_what_the_ball_blocks(frames):
    cameras, seen, columns = frames
    depth, _, ids, _ = closed_form(cameras[0], BALL[0, :3])
    _, hidden = moved_truth(*cameras, depth, ids, BALL, BALL)
    there = (seen[0].buffers.opacity > 0.95) & (depth > 0) & (depth < 3)
    assert there.mean() > 0.4
    # the mean over Gaussians that overlap is not quite the surface
    own = seen[0].buffers.depth.astype(float)
    assert np.median(np.abs(own / np.maximum(depth, 1e-9) - 1)[there]) < 0.02
    places, _ = moved_truth(*cameras, own, np.zeros_like(ids), BALL, BALL)
    v, u = np.mgrid[:120, :160] + 0.5
    want = places - np.stack([u, v], -1)
    assert np.abs(columns[0]["flow_forward"] - want)[there].max() < 1e-3
    assert (columns[0]["hidden_forward"] == hidden)[there].mean() > 0.975


def test_median_depth_changes_no_other_label(frames):
    _, seen, columns = frames
    assert all(frame.buffers.volume for frame in seen)
    bare = [replace(frame, buffers=replace(frame.buffers, median_depth=None)) for frame in seen]
    for with_it, without in zip(columns, annotate(bare, ("flow",), Subjects(())), strict=True):
        for name in without.keys() & {"hidden_forward", "hidden_backward"}:
            assert np.array_equal(with_it[name], without[name])


@pytest.mark.parametrize("volume", [False, True])
def test_a_volume_s_depth_is_less_exact_than_a_surface_s(volume):
    """Points on the axis, behind a wall by shares of its depth that are noise of both, of a volume, and of neither."""
    view = viewpoint(ball_on_plane().cameras[0])
    size = view.height, view.width
    depth, facing = np.full(size, 2, np.float32), np.zeros((*size, 3), np.float32)
    facing[..., 2] = -1
    wall = Buffers(facing, depth, depth, facing, np.ones(size, np.uint16), volume=volume)
    points = np.outer([1.0001, 1.01, 1.05], [0, 0, 2.0])
    assert hidden(view, wall, points, place(view, points)).tolist() == [False, not volume, True]


def test_boxes_are_the_ball_s(frames):
    _, seen, columns = frames
    floor, ball = columns[0]["boxes_3d"]
    assert ball["name"] == "ball"
    assert np.allclose(ball["centre"], BALL[0, :3], atol=0.005)
    assert np.allclose(ball["size"], 2 * RADIUS, atol=0.02)
    assert np.allclose(floor["size"], [3, 3, 0], atol=0.06)
    flat = columns[0]["boxes"][1]
    assert flat["visible"] > 0.95
    assert np.allclose(flat["full"], [flat[side] for side in ("x", "y", "width", "height")], atol=2.5)
    assert np.array_equal(columns[0]["semantics"] == 1, seen[0].buffers.instances == 2)
    assert sum(track["visible"] for track in columns[0]["tracks"]) > 60
