"""COLMAP's models as pycolmap writes and reads them."""

import gzip
import struct
from pathlib import Path

import cv2
import numpy as np
import pycolmap
import pytest
from multisynth.vision.capture.colmap import model_files, read_colmap
from multisynth.vision.capture.optics import COLMAP_MODELS, from_colmap

from multisynth.errors import BadInput


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two cameras, binary and text, as pycolmap makes one up."""
    options = pycolmap.SyntheticDatasetOptions()
    options.num_rigs, options.num_cameras_per_rig, options.num_frames_per_rig = 2, 1, 3
    options.num_points3D = 40
    options.camera_model_id = pycolmap.CameraModelId.OPENCV
    options.camera_params = [1280, 1281, 512, 384, -0.1, 0.02, 0.001, -0.002]
    pycolmap.set_random_seed(0)
    model = pycolmap.synthesize_dataset(options)
    folder = tmp_path_factory.mktemp("model")
    for kind in ("binary", "text"):
        (folder / kind).mkdir()
        getattr(model, f"write_{kind}")(folder / kind)
    (folder / "gzip").mkdir()
    for file in (folder / "text").glob("*.txt"):
        (folder / "gzip" / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    return folder


@pytest.mark.parametrize("kind", ["binary", "text", "gzip"])
def test_reads_what_pycolmap_writes(kind: str, made: Path) -> None:
    files = model_files(made / kind)
    assert files is not None
    listing, model = read_colmap(files, made), pycolmap.Reconstruction(made / "binary")
    assert [image.name for image in listing.images] == sorted(image.name for image in model.images.values())
    assert len(listing.points.ids) == model.num_points3D()
    for listed in listing.images:
        image = model.find_image_with_name(listed.name)
        np.testing.assert_allclose(listed.world_to_camera[:3], image.cam_from_world().matrix(), atol=1e-12)
        np.testing.assert_allclose(listed.optics.intrinsics, image.camera.calibration_matrix())
        assert (listed.optics.lens, listed.optics.distortion) == ("opencv", tuple(image.camera.params[4:]))
        assert (listed.optics.width, listed.optics.height) == (image.camera.width, image.camera.height)
        seen = {mark.point3D_id for mark in image.get_observation_points2D()}
        assert set(listing.points.ids[listed.seen].tolist()) == seen and listed.image == made / listed.name
    for row, number in enumerate(listing.points.ids):
        np.testing.assert_allclose(listing.points.places[row], model.points3D[number].xyz, atol=1e-12)
        np.testing.assert_array_equal(listing.points.colours[row], model.points3D[number].color)


def spoilt(made: Path, tmp_path: Path, kind: str, file: str, old: bytes, new: bytes) -> Path:
    for path in (made / kind).iterdir():
        content = path.read_bytes()
        if path.name == file:
            assert old in content
            content = content.replace(old, new, 1)
        (tmp_path / path.name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("cameras.txt", b" 1280 ", b" 0 ", "focal length fx is 0 px"),
        ("cameras.txt", b" 1280 ", b" nan ", "focal length fx is nan px"),
        ("cameras.txt", b"OPENCV", b"FOV", "camera model FOV is none of"),
        ("cameras.txt", b"OPENCV", b"PINHOLE", "PINHOLE has 4 parameters, not 8"),
        ("cameras.txt", b"1024", b"x", "is not CAMERA_ID MODEL"),
        ("images.txt", b" 1 camera", b" 77 camera", "is of camera 77"),
        ("images.txt", b" camera", b" /etc/camera", "leads out of"),
        ("images.txt", b" camera", b" ../camera", "leads out of"),
        ("points3D.txt", b"\n1 ", b"\n1 x ", "is not POINT3D_ID"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(
    file: str, old: bytes, new: bytes, problem: str, made: Path, tmp_path: Path
) -> None:
    folder = spoilt(made, tmp_path, "text", file, old, new)
    with pytest.raises(BadInput, match=problem) as refused:
        read_colmap(model_files(folder), folder)
    assert str(refused.value).startswith(str(folder / file)) and "line " in refused.value.where and refused.value.remedy


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [b"0", b"1e308", b"nan"])
def test_a_pose_without_rotation_is_named(number: bytes, made: Path, tmp_path: Path) -> None:
    lines = (made / "text/images.txt").read_bytes().split(b"\n")
    first = next(line for line in lines if not line.startswith(b"#"))
    words = first.split(b" ")
    folder = spoilt(made, tmp_path, "text", "images.txt", first, b" ".join([words[0], *[number] * 4, *words[5:]]))
    with pytest.raises(BadInput, match="not a unit quaternion"):
        read_colmap(model_files(folder), folder)


@pytest.mark.parametrize("file", ["cameras", "images", "points3D"])
@pytest.mark.parametrize("kind", ["text", "binary"])
def test_a_gzip_whose_inside_is_broken(kind: str, file: str, made: Path, tmp_path: Path) -> None:
    for path in (made / kind).iterdir():
        packed = gzip.compress(path.read_bytes())
        if path.stem == file:
            packed = packed[:10] + b"\xff" * 8 + packed[18:]
        (tmp_path / f"{path.name}.gz").write_bytes(packed)
    with pytest.raises(BadInput, match="cannot be read: Error -3") as refused:
        read_colmap(model_files(tmp_path), tmp_path)
    assert f"{file}." in refused.value.where


@pytest.mark.parametrize("file", ["cameras.bin", "images.bin", "points3D.bin"])
def test_a_binary_that_is_cut_short_or_announces_too_much(file: str, made: Path, tmp_path: Path) -> None:
    content = (made / "binary" / file).read_bytes()
    for wrong in (content[:-3], struct.pack("<Q", 2**63) + content[8:], b""):
        folder = spoilt(made, tmp_path, "binary", file, content, wrong)
        with pytest.raises(BadInput, match=r"cut short|name does not end|camera model number|is not|focal|width"):
            read_colmap(model_files(folder), folder)


def test_a_camera_model_of_no_known_number(made: Path, tmp_path: Path) -> None:
    content = (made / "binary/cameras.bin").read_bytes()
    wrong = content[:12] + struct.pack("<i", 99) + content[16:]
    folder = spoilt(made, tmp_path, "binary", "cameras.bin", content, wrong)
    with pytest.raises(BadInput, match="camera model number 99"):
        read_colmap(model_files(folder), folder)


@pytest.mark.parametrize("model", [name for name, _ in COLMAP_MODELS.values()])
def test_lenses_bend_as_colmaps_do(model: str) -> None:
    """Points projected by OpenCV through our parameters land where pycolmap's camera puts them."""
    camera = pycolmap.Camera.create_from_model_name(1, model, 500.0, 640, 480)
    known = {"k": -0.05, "k1": -0.05, "k2": 0.01, "p1": 0.001, "p2": -0.002, "k3": 0.003, "k4": 0.02}
    known |= {"k5": 0.01, "k6": 0.002}
    names = [word.strip() for word in camera.params_info.split(",")]
    camera.params = [known.get(name, value) for name, value in zip(names, camera.params, strict=True)]
    optics = from_colmap(model, 640, 480, camera.params)
    points = np.array([[0.0, 0, 1], [0.3, -0.2, 1], [-0.4, 0.25, 1.1]])
    zero, bent = np.zeros(3), np.array(optics.distortion) if optics.distortion else None
    project = cv2.fisheye.projectPoints if optics.lens == "fisheye" else cv2.projectPoints
    ours = project(points[:, None], zero, zero, optics.intrinsics, bent)[0][:, 0]
    theirs = np.array([camera.img_from_cam(point) for point in points])
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
