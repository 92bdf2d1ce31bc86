"""Photos, views, volumes and scenes against what is known of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from markupsafe import Markup

from multisynth import Recipe, run
from multisynth.report.maps import Ground, hull
from multisynth.report.photos import photos, views
from multisynth.report.picks import Budget
from multisynth.report.scenes import contents, scenes
from multisynth.report.tables import accounts
from multisynth.report.volumes import volumes
from multisynth.store import Store
from tests.report import stages  # noqa: F401 — registers them
from tests.report.drawn import caption, parse
from tests.report.hostile import HOSTILE

Make = Callable[..., tuple[Store, Any]]
ROOM = 10**7
BLOCKS: dict[str, dict[str, Any]] = {
    "photos": {"use": "report.photos"},
    "views": {"use": "report.register", "from": "photos"},
    "volumes": {"use": "report.volumes"},
    "flown": {"use": "report.shoot", "of": "volumes"},
    "places": {"use": "report.places"},
    "films": {"use": "report.shoot", "of": "places"},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("places") / "run"
    run(Recipe.of({"name": "places", "stages": BLOCKS}), folder)
    return Store.open(folder)


def named(drawing: Markup, name: str) -> list[ElementTree.Element]:
    """Elements with that title."""
    return [element for element in parse(drawing).iter() if element.findtext("title") == name]


def corners(path: ElementTree.Element) -> np.ndarray:
    return np.array(re.findall(r"-?[\d.]+", path.attrib["d"]), float).reshape(-1, 2)


def test_dropped_photos_come_first_with_their_reason(store: Store) -> None:
    found = accounts(store)
    shown = list(photos(store, found["photos"], found, Budget(ROOM)))
    assert [photo.name for photo in shown] == ["photo 3", "photo 0", "photo 1", "photo 2"]
    assert [photo.reason for photo in shown] == ["views: no place: photo 3", "", "", ""]
    assert [bool(photo.picture) for photo in shown] == [True, True, False, True], "photo 1 is broken"
    assert [photo.facts for photo in shown][:2] == ["32×24 px · focal 20 px", "32×24 px · no focal length"]
    assert list(photos(store, found["photos"], found, Budget(10))) == [shown[2]], "the one that needs no room"


def test_views_show_the_points_that_they_see(store: Store) -> None:
    shown = list(views(store, accounts(store)["views"], Budget(ROOM)))
    assert len(shown) == 3
    assert shown[0].facts == "32×24 px · pinhole · 2 points · error_px 0.5"
    assert shown[0].overlay is not None
    [dot] = parse(shown[0].overlay).iter("circle")
    assert (float(dot.attrib["cx"]), float(dot.attrib["cy"])) == (16, 12), "the other lies behind the camera"


def test_a_volume_tells_how_good_it_is(store: Store) -> None:
    found = accounts(store)
    [volume] = volumes(store, found["volumes"], found)
    facts = dict(volume.facts)
    assert facts["PSNR"] == "21.50 dB" and facts["SSIM"] == "0.750" and facts["Gaussians"] == "1,234"
    assert facts["views"] == "3 trained on, 1 held out" and facts["lengths"] == "metres"
    assert facts["size"] == "2 × 2 × 1 m"
    assert [(view.name, view.psnr, view.ssim) for view in volume.held] == [
        ("other", None, None), ("splats", 21.5, 0.75),
    ]  # fmt: skip
    assert volume.best == 21.5
    captions = [caption(curve) for curve in volume.curves]
    assert captions == ["PSNR of views held out, dB", "Gaussians"]


def test_the_map_has_cameras_where_they_stand(store: Store) -> None:
    found = accounts(store)
    [volume] = volumes(store, found["volumes"], found)
    dots = [named(volume.map, f"splats {k}")[0] for k in range(4)]
    placed = np.array([[float(dot.attrib["cx"]), float(dot.attrib["cy"])] for dot in dots])
    sides = np.linalg.norm(placed - np.roll(placed, 1, axis=0), axis=1)
    assert sides == pytest.approx(sides[0], abs=0.1), "a square"
    assert placed[0, 0] > placed[1, 0] and placed[0, 1] < placed[3, 1], "x to the right, y up"
    assert [dot.attrib["class"] for dot in dots] == ["f0", "f0", "f0", "f1"], "the last is held out"
    [shot] = [dot for dot in named(volume.map, "shot 0") if dot.tag == "circle"]
    above = np.array([float(shot.attrib["cx"]), float(shot.attrib["cy"])])
    assert above == pytest.approx(placed.mean(axis=0), abs=0.1), "filmed from above the middle"
    assert "trained onheld outfilmed" in "".join(parse(volume.map).itertext())


def test_a_volume_of_which_little_is_known(make: Make) -> None:
    store, _ = make({"place": {"use": "report.volumes", "bare": True, "words": HOSTILE}})
    found = accounts(store)
    [volume] = volumes(store, found["place"], found)
    assert dict(volume.facts)["views"] == "none known" and dict(volume.facts)["lengths"] == "of an arbitrary scale"
    assert "PSNR" not in dict(volume.facts)
    assert volume.held == [] == volume.curves
    assert named(volume.map, "what is looked at")


def test_a_scene_is_drawn_from_above(store: Store) -> None:
    found = accounts(store)
    scene, _ = scenes(store, found["places"], found, Budget(ROOM))
    assert scene.categories == [("can", 2), ("ball", 1), ("block", 1), ("floor", 1)]
    assert dict(scene.facts) == {"builder": "block"}
    assert len(scene.frames) == 2, "of four frames every second is of this scene"
    [block], [ball], cans = (named(scene.map, name) for name in ("block", "ball", "can"))
    assert block.attrib["fill"] == "#ff0000"
    assert named(scene.map, "floor") == [], "it would lie under everything"
    scale = np.ptp(corners(ball)[:, 0])  # px / m: the ball is 1 m wide
    square = corners(block)
    assert np.ptp(square[:, 0]) / scale == pytest.approx(np.sqrt(2), abs=0.02), "turned by 45°"
    away = (square.mean(axis=0) - corners(ball).mean(axis=0)) / scale
    assert away == pytest.approx([4, 2], abs=0.05), "moved to (2, -2), the ball at (-2, 0)"
    assert sorted(len(corners(can)) for can in cans) == [4, 20], "a mesh is a diamond"
    assert "category" in [panel.name for panel in contents(store, found["places"])]


def scene_of(**shape: object) -> str:
    return json.dumps({"bodies": [{"name": "x", "parts": [{"moves": False, "shapes": [shape]}]}]})


@pytest.mark.parametrize(
    "raw",
    [
        "", "[]", "{", "[" * 100_000, json.dumps({"bodies": 3}), json.dumps({"bodies": [3, {"name": HOSTILE}]}),
        scene_of(kind="box", size=["a"]), scene_of(kind="box", size=[1e300, 1, 1]), scene_of(kind="cylinder", size=[]),
        scene_of(kind="sphere", size=[1], colour=[9, None, "x"]), scene_of(kind=HOSTILE, size=[1]),
    ],
)  # fmt: skip
def test_scenes_that_are_none_are_borne(make: Make, raw: str) -> None:
    store, _ = make({"places": {"use": "report.places", "raw": raw, "count": 1}})
    found = accounts(store)
    [scene] = scenes(store, found["places"], found, Budget(ROOM))
    assert scene.map == ""
    contents(store, found["places"])


def test_hulls_are_those_of_scipy() -> None:
    from scipy.spatial import ConvexHull

    points = np.random.default_rng(2).normal(size=(60, 2))
    assert {tuple(point) for point in hull(points)} == {tuple(points[row]) for row in ConvexHull(points).vertices}
    assert len(hull(points[:1])) == 1


def test_the_ground_has_one_scale() -> None:
    ground = Ground.around(np.array([[0.0, 0], [10, 1]]))
    put = ground.place(np.array([[0.0, 0], [1, 0], [0, 1]]))
    assert put[1] - put[0] == pytest.approx([ground.scale, 0]) and put[2] - put[0] == pytest.approx([0, -ground.scale])
    assert all(ground.holds(*point) for point in ground.place(np.array([[0.0, 0], [10, 1]])))
    assert not ground.holds(*ground.place(np.array([[30.0, 0]]))[0])
