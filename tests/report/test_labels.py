"""Every label of a frame against the numbers that it shows."""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from multisynth.kinds import FRAME
from multisynth.report.labels import labels
from multisynth.report.overlays import overlay
from multisynth.report.pictures import LARGEST, Picture, shrink, small
from multisynth.report.projection import project, rotation
from multisynth.sample import Sample
from tests.report.drawn import decode
from tests.report.hostile import HOSTILE
from tests.report.stages.frames import CAMERA, SIZE, every_label


def frame(**changed: object) -> Sample:
    return Sample(FRAME, 0, time=0.0, **{**CAMERA, **every_label(HOSTILE), **changed})


def shown(**changed: object) -> dict[str, Picture]:
    return {picture.title: picture for picture in labels(frame(**changed))}


def is_near(colour: np.ndarray, wanted: tuple[int, int, int]) -> bool:
    return bool(np.abs(colour - wanted).max() < 30)


def test_all_labels_have_a_picture_and_those_that_are_missing_none() -> None:
    everything = shown()
    assert len(everything) == 16
    assert all(picture.uri and not picture.problem for picture in everything.values())
    assert {decode(picture.uri).shape for picture in everything.values()} == {(*SIZE, 3)}
    media = {name: None for name in FRAME.media if name not in ("rgb", "depth")}
    assert list(shown(**media, boxes=None, boxes_3d=None, tracks=None)) == ["RGB", "Depth"]


def test_what_is_broken_says_so_in_its_place() -> None:
    broken = labels(frame(**dict.fromkeys(FRAME.media, HOSTILE.encode())))
    assert len(broken) == 16
    assert all(picture.problem and not picture.uri for picture in broken)


def test_flow_is_a_wheel_of_colours() -> None:
    picture = shown()["Flow to the next"]
    image = decode(picture.uri)
    assert is_near(image[20, 6], (255, 0, 0)), "to the right is red"
    assert is_near(image[20, 26], (128, 255, 0)), "down, 90° on, is a quarter round"
    assert is_near(image[1, 6], (255, 255, 255)), "what stands still is white"
    assert picture.wheel == "4 px"
    assert picture.note == "up to 4.00 px, median 4.00 px"


def test_ramps_say_what_their_ends_are() -> None:
    everything = shown()
    disparity, heat, near = (everything[name] for name in ("Disparity", "Temperature", "Depth"))
    assert disparity.scale is not None and heat.scale is not None and near.scale is not None
    assert (disparity.scale.ramp, heat.scale.ramp, near.scale.ramp) == ("far", "heat", "near")
    assert disparity.note == "1.000 to 31.000 px in all"
    assert heat.note == "280.000 to 303.000 K in all"
    assert decode(disparity.uri)[12, 28].sum() > decode(disparity.uri)[12, 3].sum(), "near is bright"
    assert decode(near.uri)[12, 3].sum() > decode(near.uri)[12, 28].sum(), "near is bright"
    assert decode(near.uri)[0, :16].max() < 40 < decode(near.uri)[4, :16].min(1).max(), "black where nothing is"
    assert decode(heat.uri)[-2, 5].sum() > decode(heat.uri)[1, 5].sum(), "warm is bright"


def test_lengths_of_an_arbitrary_scale_are_not_called_metres() -> None:
    [_, depth] = labels(Sample(FRAME, 0, meta={"metric": False}, rgb=frame()["rgb"], depth=frame()["depth"]))
    assert depth.note == "2.000 to 32.000 units in all" or depth.note == "1.000 to 32.000 units in all"
    assert depth.scale is not None and depth.scale.low.endswith("units")


def test_instances_have_colours_of_their_own_and_normals_point_at_the_camera() -> None:
    everything = shown()
    ids = decode(everything["Instances"].uri)
    assert (ids[4:12, 6:16] == ids[8, 10]).all() and (ids[14:20, 20:30] == ids[16, 25]).all()
    assert len({tuple(ids[y, x]) for y, x in ((0, 0), (8, 10), (16, 25))}) == 3
    assert (ids[0, 0] == 0).all()
    assert everything["Instances"].note == "2 instances"
    assert np.abs(decode(everything["Normals"].uri)[12, 20] - [127, 127, 0]).max() < 12


def test_masks_opacity_radiance_and_classes() -> None:
    everything = shown()
    hidden = decode(everything["Hidden in the next"].uri)
    assert is_near(hidden[12, 3], (255, 60, 160)) and is_near(hidden[12, 20], (54, 54, 54))
    assert everything["Hidden in the next"].note == "25.0% of the pixels, in pink"
    opacity = decode(everything["Opacity"].uri)
    assert opacity[12, 1].max() < 40 and opacity[12, 30].min() > 215
    assert np.abs(decode(everything["Radiance"].uri) - 225).max() < 5, "3 / (1 + 3), as sRGB has it"
    assert everything["Radiance"].note.startswith("up to 3 where white is 1; 100.0%")
    legend = everything["Semantics"].legend
    assert legend is not None and "<script>" not in legend
    assert "".join(ElementTree.fromstring(f"<p>{legend}</p>").itertext()) == HOSTILE
    assert is_near(decode(everything["Right eye"].uri)[12, 12], (30, 30, 30))
    assert everything["Right eye"].overlay is None, "boxes belong to the left eye"


def groups(sample: Sample) -> dict[str, ElementTree.Element]:
    drawn = overlay(sample, 32, 24)
    return {} if drawn is None else {str(g.get("class")): g for g in ElementTree.fromstring(drawn)}


def test_boxes_lie_where_they_say() -> None:
    drawn = groups(frame())
    assert list(drawn) == ["full", "boxes", "boxes-3d", "tracks"]
    sides = ("x", "y", "width", "height")
    assert [float(drawn["boxes"][0].attrib[side]) for side in sides] == [6, 4, 10, 8]
    assert [float(drawn["full"][0].attrib[side]) for side in sides] == [2, 4, 14, 8]
    assert len(drawn["tracks"]) == 2, "hidden points are not drawn"
    title = drawn["boxes"][0].find("title")
    assert title is not None and title.text == f"{HOSTILE} (ball), instance 2, visible 50%"


def test_a_box_in_space_is_projected() -> None:
    """A cube of 1 m, 3 m below a camera of 20 px: its top 2.5 m away spans 8 px, its bottom 40 / 7."""
    d = groups(frame())["boxes-3d"][0].attrib["d"]
    points = np.array([float(number) for number in re.findall(r"-?[\d.]+", d)]).reshape(-1, 2)
    assert len(points) == 24, "12 straight edges"
    assert {12.0, 20.0} <= set(points[:, 0]) and {8.0, 16.0} <= set(points[:, 1])
    assert np.abs(points - [16, 12]).min() == pytest.approx(20 / 7, abs=0.06)


def test_boxes_that_nobody_can_draw_are_left_out() -> None:
    [box], [box_3d] = every_label("x")["boxes"], every_label("x")["boxes_3d"]
    odd = frame(
        boxes=[{**box, "x": float("nan")}, {**box, "full": None}, {**box, "width": None, "full": [float("inf")] * 4}],
        boxes_3d=[{**box_3d, "size": [float("nan")] * 3}, {**box_3d, "centre": [0, 0, 9]}], tracks=[],
    )  # fmt: skip
    drawn = groups(odd)
    assert list(drawn) == ["boxes"], "a box behind the camera has no place in the image"
    assert len(drawn["boxes"].findall("rect")) == 1
    assert groups(frame(boxes=None, boxes_3d=None, tracks=None)) == {}
    for camera in ({"intrinsics": None}, {"world_to_camera": np.full((4, 4), np.nan)}):
        assert list(groups(frame(**camera))) == ["full", "boxes", "tracks"]


@pytest.mark.parametrize(
    ("lens", "distortion"),
    [
        ("pinhole", []), ("opencv", [-0.2, 0.05, 0.001, -0.002]), ("opencv", [-0.2, 0.05, 0.001, -0.002, 0.01]),
        ("opencv", [0.2, 0.05, 0.001, -0.002, 0.01, 0.3, 0.02, 0.005]), ("fisheye", [0.05, -0.01, 0.003, -0.001]),
    ],
)  # fmt: skip
def test_projection_is_that_of_opencv(lens: str, distortion: list[float]) -> None:
    import cv2

    rng = np.random.default_rng(4)
    points = rng.uniform(-1, 1, (50, 3)) * [1.0, 1.0, 0.5]
    sample = frame(lens=lens, distortion=distortion)
    camera = points @ CAMERA["world_to_camera"][:3, :3].T + CAMERA["world_to_camera"][:3, 3]
    zero, k = np.zeros(3), CAMERA["intrinsics"]
    if lens == "fisheye":
        wanted, _ = cv2.fisheye.projectPoints(camera[:, None], zero, zero, k, np.array(distortion))
    else:
        wanted, _ = cv2.projectPoints(camera[:, None], zero, zero, k, np.array(distortion))
    assert project(sample, points) == pytest.approx(wanted[:, 0], abs=1e-4)
    assert np.isnan(project(sample, np.array([[0.0, 0, 4]]))).all(), "behind the camera"


def test_turning_is_that_of_scipy() -> None:
    from scipy.spatial.transform import Rotation

    rng = np.random.default_rng(5)
    for quaternion in rng.normal(size=(5, 4)):
        assert rotation(quaternion) == pytest.approx(Rotation.from_quat(np.roll(quaternion, -1)).as_matrix())


def test_pictures_are_small() -> None:
    assert shrink(np.zeros((1000, 2000, 3), np.uint8)).shape == (240, LARGEST, 3)
    target = BytesIO()
    Image.new("RGB", (400, 200), (200, 20, 20)).save(target, "JPEG", exif=_turned())
    assert decode(small(target.getvalue(), 100)).shape == (100, 50, 3), "upright, as EXIF says"
    assert small(HOSTILE.encode(), 100) == ""


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif
