"""From what was seen to the columns of frames."""

from collections.abc import Iterator

import numpy as np
import pytest
from multisynth.scenes.render.world import World
from multisynth.vision.labels.bodies import Bodies
from multisynth.vision.labels.columns import LABELS, Seen, Subjects, annotate, encoded
from multisynth.vision.labels.thermal import Climate, Heat

from multisynth import media
from multisynth.kinds import FRAME, encode
from tests.scenes.render.balls import BALL, ball_on_plane
from tests.vision.labels.seeing import seen, viewpoint


@pytest.fixture(scope="module")
def path() -> list[Seen]:
    scene = ball_on_plane()
    poses = [BALL + np.array([0, 0.1 * k, 0, 0, 0, 0, 0]) for k in range(3)]
    views = [viewpoint(scene.cameras[0], time=0.1 * k) for k in range(3)]
    both = zip(
        views, seen(scene, views, poses), poses, seen(scene, [v.right_eye(0.1) for v in views], poses), strict=True
    )
    return [Seen(view, left, pose, right, 0.1) for view, left, pose, right in both]


def subjects() -> Subjects:
    things, rng = [Bodies(World(ball_on_plane()))], np.random.Generator(np.random.Philox(2))
    return Subjects(things, points=32, rng=rng, heat=Heat.drawn(Climate(), things, rng))


def test_every_label_fills_its_columns_and_fits_the_kind(path):
    frames = [encoded(columns) for columns in annotate(path, LABELS, subjects())]
    assert len(frames) == 3
    ways = {name for name in FRAME.columns if "flow" in name or "hidden" in name}
    camera = {"width", "height", "intrinsics", "world_to_camera", "lens", "distortion", "time", "split"}
    for frame, missing in zip(frames, ("backward", "", "forward"), strict=True):
        absent = {name for name in ways if missing and name.endswith(missing)}
        assert frame.keys() == FRAME.columns.keys() - camera - {"median_depth"} - absent
        for name, value in frame.items():
            encode(FRAME.columns[name], [value])
    middle = frames[1]
    buffers = path[1].buffers
    for name, decode, want in (
        ("depth", media.decode_floats, buffers.depth), ("instances", media.decode_instances, buffers.instances),
        ("radiance", media.decode_radiance, buffers.radiance.astype(np.float16)),
    ):  # fmt: skip
        assert np.array_equal(decode(middle[name]), want)
    assert np.abs(media.decode_normals(middle["normals"]) - buffers.normals).max() < 2e-5
    names = np.array(["", *middle["categories"]])[media.decode_instances(middle["semantics"])]
    assert np.array_equal(names == "ball", buffers.instances == 700)
    assert set(np.unique(media.decode_mask(middle["hidden_forward"]))) == {False, True}
    assert media.decode_flow(middle["flow_forward"]).shape == (120, 160, 2)
    assert [box["name"] for box in middle["boxes"]] == ["slab", "ball"] == [b["name"] for b in middle["boxes_3d"]]
    assert len(middle["tracks"]) == 32
    depth, shift = media.decode_floats(middle["depth"]), media.decode_floats(middle["disparity"])
    there = depth > 0
    assert np.allclose(shift[there], path[1].viewpoint.intrinsics[0, 0] * 0.1 / depth[there], rtol=1e-5)
    assert middle["baseline"] == 0.1


def test_backward_flow_undoes_forward_flow(path):
    first, second, _ = annotate(path, ["flow"], Subjects())
    v, u = np.mgrid[:120, :160]
    ball = (path[0].buffers.instances == 700) & ~first["hidden_forward"]
    to = np.stack([u, v], -1)[ball] + first["flow_forward"][ball]
    column, row = np.round(to).astype(int).T
    same = path[1].buffers.instances[row, column] == 700
    back = second["flow_backward"][row, column][same]
    assert np.abs(back + first["flow_forward"][ball][same]).max() < 0.6  # from the nearest pixel
    assert same.mean() > 0.95


def test_only_flow_waits_for_the_next_frame(path):
    asked: list[int] = []

    def frames() -> Iterator[Seen]:
        for number, frame in enumerate(path):
            asked.append(number)
            yield frame

    next(iter(annotate(frames(), ["depth"])))
    assert asked == [0]
    asked.clear()
    next(iter(annotate(frames(), ["flow"])))
    assert asked == [0, 1]


def test_only_the_labels_asked_for(path):
    assert annotate(path[:1], []).__next__().keys() == {"rgb"}
    assert annotate(path[:1], ["flow", "median_depth"]).__next__().keys() == {"rgb"}
    assert annotate(path[:1], ["distance"]).__next__().keys() == {"rgb", "distance"}


def test_points_and_temperatures_need_their_draws(path):
    with pytest.raises(ValueError, match="generator"):
        next(annotate(path, ["tracks"]))
    with pytest.raises(ValueError, match="heat"):
        next(annotate(path, ["temperature"]))
