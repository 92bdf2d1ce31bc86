"""Frames along paths, of a ball on a slab and of a wall of Gaussians, whose depth has a closed form."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from multisynth.scenes.schema import Scene, Shape
from multisynth.vision.shoot import Shoot
from pydantic import ValidationError

from multisynth import lineage
from multisynth.executors.local import LocalExecutor
from multisynth.kinds import SCENE
from multisynth.media import decode_depth, decode_floats, decode_flow, decode_instances, decode_mask, decode_rgb
from multisynth.sample import Drop, Sample
from multisynth.testing import inputs_of, run_stage
from tests import comparing
from tests.scenes.render.balls import RADIUS, body
from tests.vision.test_inside import AXIS, EYE, wall

SLAB, BALL = 3, 700
CENTRE = np.array([0.05, -0.1, RADIUS])


def ball_on_slab(ordinal: int = 0, **columns: Any) -> Sample:
    scene = Scene(
        bodies=(
            body("slab", SLAB, Shape(kind="box", size=(0.9, 0.9, 0.2)), (0, 0, -0.1), moves=False),
            body("ball", BALL, Shape(kind="sphere", size=(RADIUS,), colour=(0.6, 0.1, 0.1)), CENTRE, moves=False),
        )
    )
    return Sample(SCENE, ordinal, scene=scene.model_dump_json(), poses=np.zeros((0, 7), np.float32), **columns)


def shoot(**options: Any) -> Shoot:
    given = {"of": "places", "shots": 3, "frames": 3, "optics": {"width": 64, "height": 48}, **options}
    return Shoot.model_validate(given)


def filmed(places: list[Sample] | None = None, batch_size: int | None = None, **options: Any):
    ran = run_stage(shoot(**options), beside={"of": places or [ball_on_slab()]}, batch_size=batch_size)
    assert not ran.failures, ran.failures
    return ran


def world_rays(frame: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Origin and directions in the world, z-depth 1 each, from the stored matrices alone. [3], [H, W, 3]"""
    matrix = frame["world_to_camera"]
    v, u = np.mgrid[: frame["height"], : frame["width"]] + 0.5
    inside = np.stack([u, v, np.ones_like(u)], -1) @ np.linalg.inv(frame["intrinsics"]).T
    return -matrix[:3, :3].T @ matrix[:3, 3], inside @ matrix[:3, :3]


def ball_depth(frame: Sample) -> np.ndarray:
    """z-depth of the ball alone, NaN where a pixel's ray misses it. [H, W]"""
    origin, rays = world_rays(frame)
    a, b = (rays**2).sum(-1), rays @ (origin - CENTRE)
    inside = b**2 - a * (((origin - CENTRE) ** 2).sum() - RADIUS**2)
    return (-b - np.sqrt(np.where(inside > 0, inside, np.nan))) / a


def projected(frame: Sample, points: np.ndarray) -> np.ndarray:
    """Pixels and depth of points in the world. [N, 3] → [N, 3]"""
    seen = points @ frame["world_to_camera"][:3, :3].T + frame["world_to_camera"][:3, 3]
    pixels = seen @ frame["intrinsics"].T
    return np.column_stack([pixels[:, :2] / pixels[:, 2:], seen[:, 2]])


def test_depth_and_ids_are_those_of_the_closed_form():
    for frame in filmed(labels=("depth", "instances")).samples:
        expected, ids = ball_depth(frame), decode_instances(frame["instances"])
        assert (ids == BALL).sum() > 50 and ((ids == BALL) == np.isfinite(expected)).mean() > 0.99
        both = (ids == BALL) & np.isfinite(expected)
        np.testing.assert_allclose(decode_depth(frame["depth"])[both], expected[both], rtol=2e-3)
        assert frame.meta == {"path": "orbit", "place": frame["parents"][0], "metric": True, "refused": []}


@pytest.mark.parametrize("batch_size", [1, 2])
def test_what_is_made_does_not_depend_on_batches(batch_size):
    places = [ball_on_slab(0), ball_on_slab(1)]
    options = {"labels": ("depth", "boxes", "tracks"), "path": {"kind": "handheld"}, "test": 0.5}
    one, other = filmed(places, **options), filmed(places, batch_size, **options)
    assert one.samples.table.equals(other.samples.table)
    assert len(one.samples) == 9 and len(set(one.samples["content_hash"])) == 9


RECIPE = {
    "scenes": {"use": "vision.scene", "scenes": 2, "what": {"kind": "tabletop", "things": [2, 3]}},
    "frames": {
        "use": "vision.shoot", "of": "scenes", "shots": 4, "frames": 2, "optics": {"width": 48, "height": 32},
        "labels": ["depth", "instances", "boxes", "flow"],
    },
}  # fmt: skip


@pytest.mark.parametrize("executor", ["processes", pytest.param("ray", marks=pytest.mark.slow)])
def test_equal_on_every_executor(make, executor):
    if executor == "ray":
        pytest.importorskip("ray")
        from multisynth.executors.ray import RayExecutor

        several = RayExecutor(workers=2)
    else:
        several = LocalExecutor(workers=2)
    one, _ = make(RECIPE, out="one")
    try:
        other, result = make(RECIPE, out="other", executor=several)
    finally:
        several.close()
    assert result.ok and len(one.table("frames")) == 8
    comparing.assert_same(one, other)


def test_the_millionth_shot_needs_no_other():
    def made(ordinals: list[int]) -> list[dict[str, Any]]:
        stage = shoot(shots=2_000_000, path={"kind": "walk"}, labels=("depth", "tracks"))
        batch = inputs_of([ball_on_slab(n) for n in range(3)])
        stage.bind("shots", 7, {"of": lambda: iter(batch)})
        stage.open()
        return [
            {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in frame.values.items()}
            for frame in stage.generate(ordinals)
            if isinstance(frame, Sample) and frame.origin == 1_000_000
        ]

    alone = made([1_000_000])
    assert len(alone) == 3 and alone == made([5, 999_999, 1_000_000, 1_000_001])


def test_a_camera_that_may_not_film_is_dropped_with_the_reason():
    ran = filmed(limits={"clearance": 10}, tries=2)
    assert len(ran.drops) == 3 and not len(ran.samples)
    assert all(reason.startswith("too near to geometry: ") for _, reason in ran.drops)


def test_paths_that_were_refused_before_are_told():
    ran = filmed(shots=8, frames=1, limits={"opaque": 0.15}, labels=(), tries=40)
    refused = [frame.meta["refused"] for frame in ran.samples]
    assert len(refused) == 8 and any(refused)
    assert all(reason.startswith("thin: ") for reasons in refused for reason in reasons)


def test_nothing_to_film_is_said():
    ran = run_stage(shoot(), beside={})
    assert [reason for _, reason in ran.drops] == ["nothing to film: `places` made nothing"] * 3


def test_flow_is_where_the_closed_form_says_that_points_go():
    ran = filmed(shots=2, fps=5, labels=("instances", "flow"))
    frames = list(ran.samples)
    for frame, after in itertools.pairwise(frames):
        if frame["origin"] != after["origin"]:
            assert frame["flow_forward"] is None and after["flow_backward"] is None
            continue
        origin, rays = world_rays(frame)
        ball = np.isfinite(ball_depth(frame)) & (decode_instances(frame["instances"]) == BALL)
        points = origin + rays[ball] * ball_depth(frame)[ball][:, None]
        v, u = np.nonzero(ball)
        moved = projected(after, points)[:, :2] - np.column_stack([u, v]) - 0.5
        flow = decode_flow(frame["flow_forward"])[ball]
        assert np.median(np.linalg.norm(flow - moved, axis=1)) < 0.02
        turned = ((points - CENTRE) * (world_rays(after)[0] - points)).sum(1)
        hidden = decode_mask(frame["hidden_forward"])[ball]
        sure = np.abs(turned) > 0.02  # not at the ball's rim
        assert (hidden == (turned < 0))[sure].mean() > 0.98 and sure.sum() > 50


def test_tracks_are_the_same_points_throughout():
    first, *others = filmed(shots=1, frames=4, fps=5, points=60, labels=("depth", "tracks")).samples
    tracks = np.array([[track["x"], track["y"], track["depth"]] for track in first["tracks"]])
    origin, _ = world_rays(first)
    pixels = np.column_stack([tracks[:, :2], np.ones(len(tracks))])
    rays = pixels @ np.linalg.inv(first["intrinsics"]).T @ first["world_to_camera"][:3, :3]
    points = origin + rays * tracks[:, 2:]
    assert len(points) == 60 and all(track["visible"] for track in first["tracks"])
    for frame in others:
        expected = projected(frame, points)
        found = np.array([[track["x"], track["y"], track["depth"]] for track in frame["tracks"]])
        np.testing.assert_allclose(found, expected, atol=5e-3)
        seen = [track["visible"] for track in frame["tracks"]]
        column, row = np.floor(found[seen, :2]).astype(int).T
        apart = np.abs(decode_depth(frame["depth"])[row, column] - found[seen, 2])
        assert np.median(apart) < 0.02, "what is visible is what the depth image shows there"


def test_disparity_is_focal_length_times_baseline_by_depth():
    ran = filmed(shots=2, frames=1, rig={"baseline": (0.1, 0.2)}, labels=("depth", "disparity"))
    baselines = set()
    for frame in ran.samples:
        depth, disparity = decode_floats(frame["depth"]), decode_floats(frame["disparity"])
        there = depth > 0
        expected = frame["intrinsics"][0, 0] * frame["baseline"] / depth[there]
        np.testing.assert_allclose(disparity[there], expected, rtol=2e-3)
        assert 0.1 <= frame["baseline"] <= 0.2
        assert decode_rgb(frame["right"]).shape == decode_rgb(frame["rgb"]).shape
        baselines.add(frame["baseline"])
    assert len(baselines) == 2


def test_splits_go_by_place_where_there_are_several():
    places = [ball_on_slab(n) for n in range(8)]
    ran = filmed(places, shots=24, frames=1, labels=(), test=0.5, optics={"width": 16, "height": 16})
    splits: dict[str, set[str]] = {}
    for frame in ran.samples:
        splits.setdefault(frame["parents"][0], set()).add(frame["split"])
    assert len(splits) == 8 and all(len(split) == 1 for split in splits.values())
    assert len({frame["split"] for frame in ran.samples}) == 2


def test_splits_go_by_shot_where_there_is_one_place():
    ran = filmed(shots=40, frames=2, labels=(), test=0.4, optics={"width": 16, "height": 16})
    splits: dict[str, set[str]] = {}
    for frame in ran.samples:
        splits.setdefault(frame["origin"], set()).add(frame["split"])
    assert all(len(split) == 1 for split in splits.values())
    assert 6 <= sum(split == {"test"} for split in splits.values()) <= 26
    assert {frame["split"] for frame in filmed(shots=1, labels=()).samples} == {None}


def test_a_volume_is_filmed_near_its_views():
    away = 2.0
    ran = filmed([wall(away)], shots=2, path={"kind": "dolly"}, labels=("depth", "median_depth", "instances"))
    assert len(ran.samples) == 6
    for frame in ran.samples:
        origin, rays = world_rays(frame)
        expected = ((np.array(EYE.position) - origin) @ AXIS + away) / (rays @ AXIS)
        there = decode_instances(frame["instances"]) == 1
        assert there.mean() > 0.5
        for label in ("depth", "median_depth"):
            np.testing.assert_allclose(np.median(decode_floats(frame[label])[there] / expected[there]), 1, atol=0.01)
        assert frame.meta["metric"] is True


def test_frames_have_the_licence_of_what_they_show():
    places = [ball_on_slab(0, license="CC-BY-4.0"), ball_on_slab(1, license="MIT")]
    assert filmed(places, shots=2, frames=1, labels=()).samples["license"] == ["CC-BY-4.0", "MIT"]
    assert filmed(places, shots=1, frames=1, labels=(), license="CC0-1.0").samples["license"] == ["CC0-1.0"]


def test_frames_are_taken_back_with_their_scene(make):
    store, _ = make(RECIPE)
    scene = next(store.table("scenes").samples()).id
    before = [frame["parents"] for frame in store.table("frames").samples()]
    assert before.count([scene]) == 4 and len(before) == 8
    lineage.rollback(store, scene, "a wrong scene")
    assert all(scene not in frame["parents"] for frame in store.table("frames").samples())
    assert len(store.table("frames")) == 4


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"labels": ("disparity",)}, "needs two eyes"),
        ({"labels": ("flow",), "frames": 1}, "at least 2 frames"),
        ({"labels": ("flow",), "shutter": {"readout": 0.01}}, "all rows to be of one moment"),
        ({"path": {"kind": "sideways"}}, "sideways"),
        ({"optics": {"fov": (160, 170)}}, "only a fisheye"),
    ],
)
def test_what_cannot_be_filmed_is_refused_before_anything_runs(options, problem):
    with pytest.raises(ValidationError, match=problem):
        shoot(**options)


def test_a_scene_has_no_splats():
    ran = run_stage(shoot(renderer="splats"), beside={"of": [ball_on_slab()]})
    assert len(ran.failures) == 3 and "a scene has no splats" in ran.failures[0][1]


def test_a_drop_is_yielded_as_such():
    stage = shoot(limits={"clearance": 10}, tries=1)
    batch = inputs_of([ball_on_slab()])
    stage.bind("shots", 7, {"of": lambda: iter(batch)})
    stage.open()
    (drop,) = stage.generate([4])
    assert isinstance(drop, Drop) and drop.origin == 4
