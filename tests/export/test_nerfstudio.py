"""Nerfstudio folders, against nerfstudio's own parser and our reader of others' folders."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from multisynth.vision.posed import Posed

from multisynth.errors import BadInput
from multisynth.export.nerfstudio import Nerfstudio
from multisynth.kinds import FRAME, VIEW
from multisynth.media import decode_depth, encode_depth, encode_rgb
from multisynth.sample import Sample
from multisynth.testing import run_stage

WIDTH, HEIGHT = 24, 16


def pose(ordinal: int) -> np.ndarray:
    angle = 0.3 * ordinal
    found = np.eye(4)
    found[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    found[:3, 3] = [0.1 * ordinal, -0.2, 4.0]
    return found


def columns(ordinal: int) -> dict:
    rng = np.random.default_rng(ordinal)
    return {
        "width": WIDTH, "height": HEIGHT, "world_to_camera": pose(ordinal),
        "intrinsics": np.array([[20.0 + ordinal, 0, 12.5], [0, 21, 7.75], [0, 0, 1]]),
        "depth": encode_depth(rng.uniform(0.5, 9, (HEIGHT, WIDTH)).astype(np.float32)),
    }  # fmt: skip


def view(ordinal: int, **values: object) -> Sample:
    picture = np.random.default_rng(ordinal).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    image = encode_rgb(picture) if ordinal % 2 else cv2.imencode(".jpg", picture)[1].tobytes()
    ids = np.array([ordinal, ordinal + 1])
    own = {
        "name": f"{ordinal}.jpg", "metric": True, "image": image, "point_ids": ids, "lens": "opencv",
        "distortion": np.array([-0.1, 0.02, 0.003, -0.004]),
        "points": np.stack([ids, ids / 8, ids * 0], axis=1).astype(np.float32),
        "point_colours": np.stack([ids, ids + 7, ids + 9], axis=1).astype(np.uint8),
    }  # fmt: skip
    return Sample(VIEW, ordinal, **{**columns(ordinal), **own, **values})


def frame(ordinal: int, **values: object) -> Sample:
    rgb = encode_rgb(np.full((HEIGHT, WIDTH, 3), ordinal, np.uint8))
    own = {"time": 0.0, "rgb": rgb, "split": "test" if ordinal == 3 else "train"}
    return Sample(FRAME, ordinal, **{**columns(ordinal), **own, **values})


def test_views_come_back(run, folder):
    made = run.add("views", [view(i) for i in range(4)])
    assert Nerfstudio().write(run.table("views"), folder, run) == 4
    assert sorted(path.name for path in folder.iterdir()) == ["depths", "images", "points.ply", "transforms.json"]
    again = run_stage(Posed(path=folder, unit=1.0)).samples
    for one, other in zip(made, again, strict=True):
        assert one["image"] == other["image"] and other["metric"] and other["lens"] == "opencv"
        np.testing.assert_allclose(other["world_to_camera"], one["world_to_camera"], atol=1e-12)
        np.testing.assert_allclose(other["intrinsics"], one["intrinsics"], atol=1e-12)
        np.testing.assert_allclose(other["distortion"], [-0.1, 0.02, 0.003, -0.004, 0])
        np.testing.assert_allclose(decode_depth(other["depth"]), decode_depth(one["depth"]), atol=0.00051)
    listed = json.loads((folder / "transforms.json").read_text())
    assert [each["sample"] for each in listed["frames"]] == [sample.id for sample in made]


def test_points_of_all_views_are_there_once(run, folder):
    import open3d

    run.add("views", [view(i) for i in range(4)])
    Nerfstudio().write(run.table("views"), folder, run)
    cloud = open3d.io.read_point_cloud(str(folder / "points.ply"))
    np.testing.assert_allclose(np.asarray(cloud.points), [[i, i / 8, 0] for i in range(5)])
    np.testing.assert_allclose(np.asarray(cloud.colors) * 255, [[i, i + 7, i + 9] for i in range(5)], atol=1e-6)


PARSE = """
import json, sys, types
from importlib.util import find_spec
from pathlib import Path

class Blank(types.ModuleType):
    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})

viewer = () if find_spec("viser") else ("viser", "viser.transforms")
for name in (*viewer, "torch.utils.tensorboard"):  # for looking on only; not part of what is set up
    sys.modules[name] = Blank(name)
from nerfstudio.data.dataparsers.nerfstudio_dataparser import NerfstudioDataParserConfig

config = NerfstudioDataParserConfig(
    data=Path(sys.argv[1]), orientation_method="none", center_method="none", auto_scale_poses=False, downscale_factor=1
)
for split in ("train", "test", "val"):
    found = config.setup().get_dataparser_outputs(split)
    print(json.dumps({
        "split": split, "names": [path.name for path in found.image_filenames],
        "depths": len(found.metadata["depth_filenames"]), "poses": found.cameras.camera_to_worlds.tolist(),
        "fx": found.cameras.fx[:, 0].tolist(), "height": found.cameras.height[:, 0].tolist(),
    }))
"""


def test_nerfstudio_opens_frames_and_their_splits(run, folder):
    """In a process of its own, where nerfstudio's viewer and logger are not missed."""
    pytest.importorskip("nerfstudio")
    run.add("frames", [frame(i) for i in range(4)])
    Nerfstudio().write(run.table("frames"), folder, run)
    said = subprocess.run([sys.executable, "-c", PARSE, str(folder)], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    found = [json.loads(line) for line in said.stdout.splitlines() if line.startswith('{"split')]
    for one, wanted in zip(found, [[0, 1, 2], [3], [3]], strict=True):
        assert one["names"] == [f"{i:06d}.png" for i in wanted] and one["depths"] == len(wanted)
        np.testing.assert_allclose(one["fx"], [20 + i for i in wanted])
        assert one["height"] == [HEIGHT] * len(wanted)
        for camera, ordinal in zip(one["poses"], wanted, strict=True):
            own = np.linalg.inv(pose(ordinal))[:3] @ np.diag([1, -1, -1, 1])
            np.testing.assert_allclose(camera, own, atol=1e-6)


def test_frames_of_several_places_are_refused(run, folder):
    run.add("frames", [frame(i).with_meta(place=f"scene {i // 2}") for i in range(4)])
    with pytest.raises(BadInput, match="frames of 2 places"):
        Nerfstudio().write(run.table("frames"), folder, run)


def test_depth_of_some_is_depth_of_none(run, folder):
    run.add("views", [view(0), view(1, depth=None)])
    Nerfstudio().write(run.table("views"), folder, run)
    assert "depth_file_path" not in (folder / "transforms.json").read_text()


def test_depth_out_of_range_is_unknown(run, folder: Path):
    far = np.full((HEIGHT, WIDTH), 70, np.float32)
    far[0, :3] = 65.535, 0.001, 65.5359
    run.add("views", [view(0, depth=encode_depth(far))])
    Nerfstudio().write(run.table("views"), folder, run)
    steps = cv2.imread(str(folder / "depths/000000.png"), cv2.IMREAD_UNCHANGED)
    assert steps[0, :4].tolist() == [65535, 1, 0, 0] and steps.dtype == np.uint16


@pytest.mark.parametrize(
    ("views", "problem"),
    [
        ([view(0), view(1, lens="fisheye")], "mixes fisheye"),
        ([view(0, distortion=np.array([0.1, 0, 0, 0, 0, 0.2, 0, 0]))], "8 coefficients"),
    ],
)
def test_lenses_that_the_format_does_not_have(views, problem, run, folder):
    run.add("views", views)
    with pytest.raises(BadInput, match=problem):
        Nerfstudio().write(run.table("views"), folder, run)


def test_depth_that_16_bits_do_not_hold_is_counted(run, folder):
    depth = np.full((HEIGHT, WIDTH), 65.5, np.float32)
    depth[0, :5], depth[1, :3], depth[2, :2] = 70, 0.0004, 0  # too far, too near, nothing there
    run.add("frames", [frame(0, depth=encode_depth(depth)), frame(1)])
    Nerfstudio().write(run.table("frames"), folder, run)
    assert [each["depth_lost"] for each in json.loads((folder / "transforms.json").read_text())["frames"]] == [8, 0]
    codes = cv2.imread(str(folder / "depths/000000.png"), cv2.IMREAD_UNCHANGED)
    assert (codes == 0).sum() == 8 + 2 and codes.max() == 65500
