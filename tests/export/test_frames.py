"""Frames as EXR, KITTI depth and folders, read by other libraries and held against what the labels were made of."""

import json

import cv2
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from multisynth import media
from multisynth.errors import BadInput
from multisynth.export.exr import Exr
from multisynth.export.folders import Folders
from multisynth.export.kitti import Kitti
from multisynth.kinds import FRAME
from multisynth.srgb import linear
from tests.export.frames import HEIGHT, WIDTH, frame, images


@pytest.fixture
def frames(run):
    return run.add("frames", [frame(n) for n in range(3)])


def test_exr_has_every_label_as_channels(run, folder, frames):
    assert Exr().write(run.table("frames"), folder, run) == 3
    for n, sample in enumerate(frames):
        with OpenEXR.File(str(folder / f"frames/{n:08d}.exr"), separate_channels=True) as file:
            header = dict(file.header())
            planes = {name: channel.pixels.copy() for name, channel in file.channels().items()}
        made = images(n)
        assert header["multisynth.sample"] == sample.id
        ahead = np.array([0.2, 0.1, 3.0, 1.0])  # right of, below and before the camera, in OpenCV's axes
        there = np.linalg.inv(sample["world_to_camera"]) @ ahead
        assert np.allclose(there @ np.asarray(header["worldToCamera"]), [0.2, -0.1, 3.0, 1.0])  # up is y, before is z
        assert np.allclose(json.loads(header["multisynth.worldToCamera"]), sample["world_to_camera"].ravel())
        assert json.loads(header["multisynth.intrinsics"]) == [30.0, 0, 10, 0, 31, 6, 0, 0, 1]
        colour = np.stack([planes[name] for name in "RGB"], -1)
        assert colour.dtype == np.float16 and np.array_equal(colour, made["radiance"].astype(np.float16))
        assert np.array_equal(planes["Z"], made["depth"])
        assert np.array_equal(planes["distance.Z"], made["distance"])
        normals = np.stack([planes[f"N.{axis}"] for axis in "XYZ"], -1)
        assert np.abs(normals - made["normals"]).max() < 2 / 65535
        assert planes["instance.ID"].dtype == np.uint32 and np.array_equal(planes["instance.ID"], made["instances"])
        assert np.array_equal(np.stack([planes["forward.X"], planes["forward.Y"]], -1), made["flow_forward"])
        assert np.array_equal(planes["temperature.K"], made["temperature"])
    lines = [json.loads(line) for line in (folder / "frames.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [sample.id for sample in frames]
    assert lines[2]["meta"] == {"fog": {"visibility": 40.5}} and lines[2]["file"] == "frames/00000002.exr"


def test_exr_leaves_no_image_out(run, folder):
    rng = np.random.default_rng(0)
    size = HEIGHT, WIDTH
    plain, share = rng.uniform(1, 9, size).astype(np.float32), rng.integers(0, 256, size).astype(np.float32) / 255
    hidden, right = rng.random(size) < 0.5, rng.integers(0, 256, (*size, 3), np.uint8)
    whole = frame(
        0, median_depth=media.encode_floats(plain), disparity=media.encode_floats(plain + 1),
        opacity=media.encode_opacity(share),
        semantics=media.encode_instances((plain > 4).astype(np.uint16)), hidden_backward=media.encode_mask(hidden),
        right=media.encode_rgb(right), flow_backward=media.encode_flow(np.stack([plain, -plain], -1)),
    )  # fmt: skip
    assert all(whole[name] is not None for name in FRAME.media)
    run.add("frames", [whole])
    Exr().write(run.table("frames"), folder, run)
    with OpenEXR.File(str(folder / "frames/00000000.exr"), separate_channels=True) as file:
        planes = {name: channel.pixels.copy() for name, channel in file.channels().items()}
    assert np.array_equal(planes["median.Z"], plain) and np.array_equal(planes["disparity.X"], plain + 1)
    assert np.array_equal(np.round(planes["opacity.A"].astype(float) * 255), np.round(share * 255))
    assert np.array_equal(planes["backward.hidden"], hidden) and np.array_equal(planes["backward.Y"], -plain)
    assert np.array_equal(planes["forward.hidden"], images(0)["hidden_forward"])
    assert np.array_equal(planes["semantic.ID"], plain > 4)
    eye = np.stack([planes[f"right.{name}"] for name in "RGB"], -1)
    assert np.allclose(eye, linear(right), rtol=1e-3, atol=1e-5)
    assert "A" not in planes  # the radiance is not that of the opaque part alone


def test_exr_of_a_frame_without_radiance_has_its_picture_linear(run, folder):
    run.add("plain", [frame(0, radiance=None)])
    Exr().write(run.table("plain"), folder, run)
    with OpenEXR.File(str(folder / "frames/00000000.exr")) as file:
        colour = file.channels()["RGB"].pixels
    assert np.allclose(colour, linear(images(0)["rgb"]), rtol=1e-3, atol=1e-5)


def test_kitti_depth_is_read_as_its_development_kit_does(run, folder, frames):
    assert Kitti().write(run.table("frames"), folder, run) == 3
    for n in range(3):
        codes = np.array(Image.open(folder / f"groundtruth_depth/{n:010d}.png"), int)
        assert codes.max() > 255  # the kit's own check that these are 16 bits
        depth = np.where(codes == 0, -1.0, codes / 256)
        made = images(n)["depth"]
        assert np.array_equal(depth == -1, made == 0)
        assert np.abs(depth - made)[made > 0].max() <= 0.5 / 256 + 1e-6
        picture = cv2.cvtColor(cv2.imread(str(folder / f"image/{n:010d}.png")), cv2.COLOR_BGR2RGB)
        assert np.array_equal(picture, images(n)["rgb"])
        numbers = [float(number) for number in (folder / f"intrinsics/{n:010d}.txt").read_text().split()]
        assert numbers == [30, 0, 10, 0, 31, 6, 0, 0, 1]


def test_kitti_says_what_it_cannot_hold(run, folder):
    far = np.full((HEIGHT, WIDTH), 300, np.float32)
    far[0, 0] = 1
    run.add("far", [frame(0, depth=media.encode_floats(far))])
    Kitti().write(run.table("far"), folder, run)
    assert (folder / "sources.txt").read_text().split()[2] == str(HEIGHT * WIDTH - 1)
    run.add("flat", [frame(0, depth=None)])
    with pytest.raises(BadInput, match="has no depth"):
        Kitti().write(run.table("flat"), folder / "image", run)
    run.add("bent", [frame(0, lens="fisheye")])
    with pytest.raises(BadInput, match="lens of fisheye"):
        Kitti().write(run.table("bent"), folder / "intrinsics", run)


def test_folders_hold_a_file_a_label(run, folder, frames):
    assert Folders().write(run.table("frames"), folder, run) == 3
    for line in map(json.loads, (folder / "frames.jsonl").read_text().splitlines()):
        made = images(int(line["origin"]))
        assert line["files"].keys() == made.keys()
        codes = cv2.imread(str(folder / line["files"]["depth"]), cv2.IMREAD_UNCHANGED)
        assert codes.dtype == np.uint16
        near = made["depth"] < 65.5
        assert np.abs(codes / 1000 - made["depth"])[near].max() <= 0.0005 + 1e-6
        assert line["lost"]["depth"] == np.count_nonzero(~near & (made["depth"] > 65.5354))
        instances = np.array(Image.open(folder / line["files"]["instances"]))
        assert np.array_equal(instances, made["instances"])
        assert cv2.imread(str(folder / line["files"]["temperature"]), cv2.IMREAD_UNCHANGED).dtype == np.float32
