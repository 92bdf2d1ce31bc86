"""Views out of transforms.json and COLMAP models; what is wrong in them is named."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from multisynth.vision.capture.photo import decode_photo
from multisynth.vision.posed import Posed
from PIL import Image

from multisynth.errors import BadInput
from multisynth.media import decode_depth
from multisynth.testing import run_stage

LUND = Path(__file__).parents[3] / "shared/data/lund_door"
WIDTH, HEIGHT = 32, 24


def camera_to_world(number: int) -> list[list[float]]:
    """OpenGL's axes: it looks along world y from 3 m away, moved sideways."""
    return [[1, 0, 0, number], [0, 0, -1, -3], [0, 1, 0, 0.5], [0, 0, 0, 1]]


def folder(path: Path, missing: tuple[int, ...] = (), **top: Any) -> Path:
    """Three photos with a transforms.json."""
    (path / "images").mkdir()
    frames = []
    for number in range(3):
        if number not in missing:
            Image.new("RGB", (WIDTH, HEIGHT), (number, 0, 0)).save(path / f"images/{number}.png")
        frames.append({"file_path": f"./images/{number}.png", "transform_matrix": camera_to_world(number)})
    camera = {"w": WIDTH, "h": HEIGHT, "fl_x": 30.0, "fl_y": 31, "cx": 16.5, "cy": 12}
    write(path, {**camera, "frames": frames, **top})
    return path


def write(path: Path, content: Any) -> None:
    (path / "transforms.json").write_text(json.dumps(content))


def read(path: Path) -> Any:
    return json.loads((path / "transforms.json").read_text())


def test_axes_and_intrinsics(tmp_path: Path) -> None:
    ran = run_stage(Posed(path=folder(tmp_path)))
    assert ran.samples["name"] == [f"images/{number}.png" for number in range(3)] and not ran.drops
    view = ran.samples[2]
    # a point 1 m before the camera, 0.2 m to its right and 0.1 m above its axis
    camera = view["world_to_camera"] @ [2.2, -2, 0.6, 1]
    np.testing.assert_allclose(camera, [0.2, -0.1, 1, 1])
    np.testing.assert_array_equal(view["intrinsics"], [[30, 0, 16.5], [0, 31, 12], [0, 0, 1]])
    assert (view["lens"], view["metric"], view["points"].shape) == ("pinhole", False, (0, 3))
    assert view["image"] == (tmp_path / "images/2.png").read_bytes()


@pytest.mark.parametrize(
    ("said", "lens", "distortion"),
    [
        ({"k1": 0.1, "k2": 0.2, "p1": 0.3, "p2": 0.4, "k3": 0.5}, "opencv", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ({"distortion_params": [0.1, 0.2, 0.5, 0, 0.3, 0.4]}, "opencv", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ({"camera_model": "OPENCV_FISHEYE", "k1": 0.1, "k4": 0.4}, "fisheye", [0.1, 0, 0, 0.4]),
        ({"camera_model": "PINHOLE"}, "pinhole", []),
    ],
)
def test_lenses(said: dict[str, Any], lens: str, distortion: list[float], tmp_path: Path) -> None:
    (view, *_) = run_stage(Posed(path=folder(tmp_path, **said))).samples
    assert view["lens"] == lens
    np.testing.assert_allclose(view["distortion"], distortion)


def test_what_a_frame_says_of_its_camera_goes_before_what_stands_at_the_top(tmp_path: Path) -> None:
    content = read(folder(tmp_path))
    content["frames"][1] |= {"fl_x": 55, "k1": 0.1}
    write(tmp_path, content)
    views = run_stage(Posed(path=tmp_path / "transforms.json")).samples
    assert [view["intrinsics"][0, 0] for view in views] == [30, 55, 30]
    assert [view["lens"] for view in views] == ["pinhole", "opencv", "pinhole"]


def nerf_synthetic(path: Path, **said: Any) -> Path:
    """As the scenes of Mildenhall et al. (2020) are published: one angle, images without an ending, of RGBA."""
    (path / "train").mkdir()
    frames = []
    for number in range(2):
        image = Image.new("RGBA", (WIDTH, HEIGHT), (9, 200, 9, 0))  # a hidden colour
        image.paste((100, 0, 0, 255), (0, 0, 8, 8))
        image.paste((100, 0, 0, 51), (8, 0, 16, 8))
        image.save(path / f"train/r_{number}.png")
        frames.append(
            {"file_path": f"./train/r_{number}", "rotation": 0.01, "transform_matrix": camera_to_world(number)}
        )
    (path / "transforms_train.json").write_text(json.dumps({"camera_angle_x": 0.8, "frames": frames, **said}))
    return path / "transforms_train.json"


def test_nerf_synthetic(tmp_path: Path) -> None:
    views = run_stage(Posed(path=nerf_synthetic(tmp_path))).samples
    assert views["name"] == ["train/r_0.png", "train/r_1.png"]
    view, focal = views[0], 0.5 * WIDTH / np.tan(0.4)
    np.testing.assert_allclose(view["intrinsics"], [[focal, 0, WIDTH / 2], [0, focal, HEIGHT / 2], [0, 0, 1]])
    assert (view["width"], view["height"], view["lens"], view.meta) == (
        WIDTH,
        HEIGHT,
        "pinhole",
        {"background": "white"},
    )
    pixels = decode_photo(view["image"])
    assert pixels[[2, 2, 20], [2, 10, 20]].tolist() == [[100, 0, 0], [224, 204, 204], [255, 255, 255]]


def test_an_angle_is_used_where_there_is_no_focal_length(tmp_path: Path) -> None:
    path = nerf_synthetic(tmp_path, camera_angle_y=0.9, w=2 * WIDTH, h=2 * HEIGHT, cx=30)
    (view, _) = run_stage(Posed(path=path)).samples  # of half the size
    focals = 0.5 * WIDTH / np.tan(0.4), 0.5 * HEIGHT / np.tan(0.45)
    np.testing.assert_allclose(view["intrinsics"], [[focals[0], 0, 15], [0, focals[1], HEIGHT / 2], [0, 0, 1]])
    path.write_text(json.dumps({**json.loads(path.read_text()), "fl_x": 50, "cy": 24}))
    assert run_stage(Posed(path=path)).samples[0]["intrinsics"][0, 0] == 25


def test_an_image_that_is_missing_beside_an_angle_is_named(tmp_path: Path) -> None:
    path = nerf_synthetic(tmp_path)
    (tmp_path / "train/r_0.png").unlink()
    ran = run_stage(Posed(path=path))
    assert ran.samples["name"] == ["train/r_1.png"]
    assert [reason for _, reason in ran.drops] == ["image is missing: train/r_0.png"]


@pytest.mark.parametrize("angle", [0, 1e-320, 3.2, -1, float("nan"), float("inf"), "wide", None, 10**400])
def test_an_angle_that_no_lens_has(angle: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="`camera_angle_x` is"):
        run_stage(Posed(path=nerf_synthetic(tmp_path, camera_angle_x=angle)))


def test_missing_and_broken_images_are_named_and_the_rest_is_used(tmp_path: Path) -> None:
    folder(tmp_path, missing=(1,))
    (tmp_path / "images/2.png").write_bytes(b"\x89PNG")
    ran = run_stage(Posed(path=tmp_path))
    assert ran.samples["name"] == ["images/0.png"] and not ran.failures
    (_, first), (_, second) = ran.drops
    assert first == "image is missing: images/1.png"
    assert second.startswith("image cannot be used: images/2.png: ")


def test_points_depth_unit_and_mask(tmp_path: Path) -> None:
    content = read(folder(tmp_path, ply_file_path="points.ply"))
    points = "0 0 0.5 255 0 9\n1 0 0.5 1 2 3\n0 -9 0 0 0 0\n"  # the last lies behind the cameras
    head = "ply\nformat ascii 1.0\nelement vertex 3\n" + "".join(f"property float {axis}\n" for axis in "xyz")
    colours = "".join(f"property uchar {name}\n" for name in ("red", "green", "blue"))
    (tmp_path / "points.ply").write_text(f"{head}{colours}end_header\n{points}")
    steps = np.arange(WIDTH * HEIGHT // 4, dtype=np.uint16).reshape(HEIGHT // 2, WIDTH // 2)
    Image.fromarray(steps).save(tmp_path / "depth.png")
    np.save(tmp_path / "depth.npy", steps.astype(np.float32) * 2)
    content["frames"][0] |= {"depth_file_path": "depth.png", "mask_path": "mask.png"}
    content["frames"][1] |= {"depth_file_path": "depth.npy"}
    write(tmp_path, content)
    zero, one, two = run_stage(Posed(path=tmp_path, unit=2.0)).samples
    assert zero["metric"] and zero.meta == {"ignored": "mask"} and one.meta == {} and two["depth"] is None
    np.testing.assert_allclose(zero["points"], [[0, 0, 1], [2, 0, 1]])
    np.testing.assert_array_equal(zero["point_colours"], [[255, 0, 9], [1, 2, 3]])
    np.testing.assert_array_equal(two["point_ids"], [1])  # the other is beside its frame
    np.testing.assert_allclose(zero["world_to_camera"] @ [0, 0, 1, 1], [0, 0, 6, 1])  # 3 units are 6 m
    wanted = steps.repeat(2, axis=0).repeat(2, axis=1) * 0.001 * 2
    np.testing.assert_allclose(decode_depth(zero["depth"]), wanted, rtol=1e-6)
    np.testing.assert_allclose(decode_depth(one["depth"]), wanted * 2, rtol=1e-6)


def test_images_of_half_the_size_have_half_the_focal_length(tmp_path: Path) -> None:
    folder(tmp_path, w=2 * WIDTH, h=2 * HEIGHT)
    Image.new("RGB", (WIDTH, WIDTH)).save(tmp_path / "images/1.png")
    ran = run_stage(Posed(path=tmp_path))
    np.testing.assert_allclose(ran.samples[0]["intrinsics"], [[15, 0, 8.25], [0, 15.5, 6], [0, 0, 1]])
    assert [reason for _, reason in ran.drops] == [
        "image cannot be used: images/1.png: it has 32×32 px and is listed with 64×48"
    ]


def change(**frame: Any) -> Any:
    def changed(content: Any) -> None:
        content["frames"][1] |= frame

    return changed


def top(**values: Any) -> Any:
    return lambda content: content.update(values)


MIRROR, DOUBLE = (np.diag(values).tolist() for values in ([1.0, 1, -1, 1], [2.0, 2, 2, 1]))


@pytest.mark.parametrize(
    ("spoil", "place", "problem"),
    [
        (change(fl_x=0), "frames[1]", "focal length fx is 0 px"),
        (change(fl_x="wide"), "frames[1].fl_x", "`fl_x` is 'wide'"),
        (lambda content: content.pop("fl_x"), "frames[0].fl_x", "`fl_x` is missing"),
        (change(w=0), "frames[1]", "0×24 px"),
        (change(fl_x=10**400), "frames[1].fl_x", "`fl_x` is 1000"),
        (change(fl_x=10**4000), "frames[1].fl_x", "`fl_x` is 1000"),
        (change(w=10**400), "frames[1].w", "`w` is 1000"),
        (change(transform_matrix=[[10**400] * 4] * 4), "frames[1].transform_matrix", "too large"),
        (change(transform_matrix=MIRROR), "frames[1].transform_matrix", "mirrors"),
        (
            change(transform_matrix=np.diag([2.0, 2, 2, 1]).tolist()),
            "frames[1].transform_matrix",
            "`transform_matrix` is not rigid: it scales by 2, 2, 2",
        ),
        (change(transform_matrix=[[1, 2], [3]]), "frames[1].transform_matrix", "[[1, 2], [3]]"),
        (change(transform_matrix=None), "frames[1].transform_matrix", "None"),
        (change(file_path="../../secret.png"), "frames[1].file_path", "leads out of"),
        (change(file_path="/etc/passwd.png"), "frames[1].file_path", "leads out of"),
        (change(file_path="a" * 300), "frames[1].file_path", "longer than names"),
        (change(file_path="a/" * 1000), "frames[1].file_path", "longer than names"),
        (change(file_path="\ud800"), "frames[1].file_path", "surrogates not allowed"),
        (change(file_path=7), "frames[1].file_path", "`file_path` is 7"),
        (change(depth_file_path="../depth.png"), "frames[1].depth_file_path", "leads out of"),
        (change(camera_model="EQUIRECTANGULAR"), "frames[1].camera_model", "EQUIRECTANGULAR"),
        (change(k4=0.1), "frames[1].k4", "OpenCV's lens"),
        (change(distortion_params=[1, 2]), "frames[1].distortion_params", "[1, 2]"),
        (top(ply_file_path="none.ply"), "ply_file_path", "none.ply cannot be read"),
        (top(frames=[]), "frames", "`frames` is []"),
        (top(frames={"a": 1}), "frames", "`frames` is a mapping of a"),
        (top(frames=[3]), "frames[0]", "a frame is 3"),
    ],
)
def test_what_is_wrong_is_one_error_with_file_field_and_value(
    spoil: Any, place: str, problem: str, tmp_path: Path
) -> None:
    content = read(folder(tmp_path))
    spoil(content)
    write(tmp_path, content)
    stage = Posed(path=tmp_path)
    assert stage.count_of() == 1
    with pytest.raises(BadInput) as refused:
        run_stage(stage)
    assert refused.value.where == f"{tmp_path / 'transforms.json'}, {place}"
    assert problem in refused.value.problem and refused.value.remedy


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_malformed_json_is_one_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "transforms.json").write_bytes(content)
    with pytest.raises(BadInput, match="is not JSON"):
        run_stage(Posed(path=tmp_path))


def test_no_list_and_no_images_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="neither a transforms"):
        run_stage(Posed(path=tmp_path))
    with pytest.raises(BadInput, match="none of its 3 images exists") as refused:
        run_stage(Posed(path=folder(tmp_path, missing=(0, 1, 2))))
    assert "`images`" in refused.value.remedy


def test_images_elsewhere_are_an_artifact_of_what_is_made(tmp_path: Path) -> None:
    inside = Posed(path=folder(tmp_path))
    outside = Posed(path=tmp_path / "transforms.json")
    assert not inside.artifacts() and not Posed(path=tmp_path / "transforms.json", images=tmp_path).artifacts()
    (before,) = outside.artifacts()
    Image.new("RGB", (WIDTH, HEIGHT), "red").save(tmp_path / "images/0.png")
    assert outside.artifacts()[0].id != before.id and run_stage(outside).samples[0]["parents"] == [
        outside.artifacts()[0].id
    ]


@pytest.mark.skipif(not LUND.is_dir(), reason="the photos of the Lund door are not here")
def test_lund_door_stands_upright_and_its_points_are_seen_where_they_are(tmp_path: Path) -> None:
    views = run_stage(Posed(path=LUND, count=3)).samples
    assert views["name"] == [f"DSC_000{number}.JPG" for number in (1, 2, 3)]
    for view in views:
        assert view["world_to_camera"][1, 2] < -0.9  # z up is -y of the image
        local = view["points"] @ view["world_to_camera"][:3, :3].T + view["world_to_camera"][:3, 3]
        assert len(local) > 4000 and (local[:, 2] > 0).all()
        places = local @ view["intrinsics"].T
        places = places[:, :2] / places[:, 2:]
        assert ((places > -20) & (places < [view["width"] + 20, view["height"] + 20])).all()
    # colours of points are those of the pixels

    pixels = decode_photo(views[2]["image"])[
        places[:, 1].astype(int).clip(0, 1935), places[:, 0].astype(int).clip(0, 1295)
    ]
    assert np.median(np.abs(pixels.astype(int) - views[2]["point_colours"])) < 12
    # a model in `sparse/0` beside its images, as COLMAP leaves it
    (tmp_path / "sparse/0").mkdir(parents=True)
    for file in (LUND / "colmap").glob("*.gz"):
        (tmp_path / "sparse/0" / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    shutil.copytree(LUND / "images", tmp_path / "images", ignore=lambda _, names: sorted(names)[1:])
    ran = run_stage(Posed(path=tmp_path, upright=False))
    assert ran.samples["name"] == ["DSC_0001.JPG"] and len(ran.drops) == 11
    np.testing.assert_allclose(ran.samples[0]["world_to_camera"][:3, 3], [-7.60712, 0.428157, 2.75243])
