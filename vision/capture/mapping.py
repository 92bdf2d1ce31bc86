"""Places of photos by COLMAP's incremental mapper (Schönberger and Frahm, Structure-from-Motion Revisited, 2016)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .features import Features, quiet_pycolmap
from .listing import Points
from .optics import Optics, from_colmap
from .pairs import pairs

MODELS = {"pinhole": "SIMPLE_PINHOLE", "radial": "SIMPLE_RADIAL", "opencv": "OPENCV", "fisheye": "OPENCV_FISHEYE"}
_NO_FOCAL = 1.2  # of the longer side, where nobody knows the focal length
_LEAST = 15  # matches of two photos


@dataclass(frozen=True, eq=False)
class Shot:
    """A photo as far as mapping needs to know it."""

    features: Features
    width: int  # px
    height: int  # px
    focal: float | None  # px
    group: str  # photos of one group have one camera


@dataclass(frozen=True, eq=False)
class Placed:
    """A photo with its place."""

    optics: Optics
    world_to_camera: np.ndarray  # [4, 4]
    seen: np.ndarray  # [P] int64, rows of the points that it sees
    error: float  # px, mean distance of those points from where they were seen


@dataclass(frozen=True, eq=False)
class Mapped:
    """What mapping found out."""

    placed: dict[int, Placed]
    dropped: dict[int, str]
    points: Points


def mapped(shots: Sequence[Shot], lens: str, exhaustive: int) -> Mapped:
    """Place photos; the largest model counts, where they fall into several.

    Args:
        shots: The photos.
        lens: One of `MODELS`.
        exhaustive: Photos up to which all pairs are compared.
    """
    pycolmap = quiet_pycolmap()
    with tempfile.TemporaryDirectory(prefix="multisynth-") as folder:
        path = Path(folder) / "database.db"
        with pycolmap.Database.open(path) as database:
            _fill(database, shots, lens)
        compared = pairs([shot.features.descriptors for shot in shots], exhaustive)
        _match(path, compared, Path(folder) / "pairs.txt")
        models = _map(path, Path(folder))
        with pycolmap.Database.open(path) as database:
            best = _best_matches(database, len(shots), compared)
    ranked = sorted(models, key=lambda model: (-model.num_reg_images(), -model.num_points3D()))
    if not ranked:
        return Mapped({}, {number: _why(best[number], shots[number]) for number in range(len(shots))}, Points.none())
    points, rows = _points(ranked[0], shots)
    images = [image for image in ranked[0].images.values() if image.has_pose]
    placed = {image.image_id - 1: _place(image, ranked[0], rows) for image in images}
    dropped = {}
    for number in set(range(len(shots))) - placed.keys():
        size = next((model.num_reg_images() for model in ranked[1:] if _has(model, number)), 0)
        dropped[number] = (
            f"in a group apart: {size} photos that share too little with the largest group of {len(placed)}"
            if size
            else _why(best[number], shots[number])
        )
    return Mapped(placed, dropped, points)


def _fill(database: Any, shots: Sequence[Shot], lens: str) -> None:
    import pycolmap

    rigs: dict[str, tuple[int, int]] = {}
    for number, shot in enumerate(shots, start=1):
        if shot.group not in rigs:
            focal = shot.focal or _NO_FOCAL * max(shot.width, shot.height)
            camera = pycolmap.Camera.create_from_model_name(0, MODELS[lens], focal, shot.width, shot.height)
            camera.has_prior_focal_length = shot.focal is not None
            camera.camera_id = database.write_camera(camera)
            rig = pycolmap.Rig()
            rig.add_ref_sensor(camera.sensor_id)
            rigs[shot.group] = camera.camera_id, database.write_rig(rig)
        camera_id, rig_id = rigs[shot.group]
        image = pycolmap.Image(name=f"{number:08d}", camera_id=camera_id, image_id=number)
        database.write_image(image, use_image_id=True)
        frame = pycolmap.Frame()
        frame.rig_id = rig_id
        frame.add_data_id(image.data_id)
        database.write_frame(frame)
        database.write_keypoints(number, shot.features.places)
        described = pycolmap.FeatureDescriptors(pycolmap.FeatureExtractorType.SIFT, shot.features.descriptors)
        database.write_descriptors(number, described)


def _match(path: Path, compared: list[tuple[int, int]], listed: Path) -> None:
    import pycolmap

    listed.write_text("".join(f"{one + 1:08d} {other + 1:08d}\n" for one, other in compared))
    pairing = pycolmap.ImportedPairingOptions()
    pairing.match_list_path = listed
    matching = pycolmap.FeatureMatchingOptions()
    matching.use_gpu = False
    verifying = pycolmap.TwoViewGeometryOptions()
    verifying.min_num_inliers, verifying.ransac.random_seed = _LEAST, 0
    pycolmap.match_image_pairs(path, matching, pairing, verifying, pycolmap.Device.cpu)


def _map(path: Path, folder: Path) -> list[Any]:
    import pycolmap

    options = pycolmap.IncrementalPipelineOptions()
    options.num_threads, options.random_seed = 1, 0  # sums in another order would end in other poses
    options.min_model_size, options.extract_colors = 3, False
    pycolmap.set_random_seed(0)
    return list(pycolmap.incremental_mapping(path, folder, folder / "models", options).values())


def _points(model: Any, shots: Sequence[Shot]) -> tuple[Points, dict[int, int]]:
    """The points, coloured by the mean of where they were seen, and their rows by id."""
    ids = sorted(model.points3D)
    points = [model.points3D[number] for number in ids]
    colours = [
        np.mean([shots[seen.image_id - 1].features.colours[seen.point2D_idx] for seen in point.track.elements], axis=0)
        for point in points
    ]
    places = np.array([point.xyz for point in points], np.float64).reshape(-1, 3)
    found = Points(places, np.array(ids, np.int64), np.rint(np.array(colours).reshape(-1, 3)).astype(np.uint8))
    return found, {number: row for row, number in enumerate(ids)}


def _place(image: Any, model: Any, rows: dict[int, int]) -> Placed:
    world_to_camera = np.eye(4)
    world_to_camera[:3] = image.cam_from_world().matrix()
    marks = image.get_observation_points2D()
    errors = [np.linalg.norm(image.project_point(model.points3D[mark.point3D_id].xyz) - mark.xy) for mark in marks]
    camera = image.camera
    return Placed(
        from_colmap(camera.model_name, camera.width, camera.height, camera.params),
        world_to_camera,
        np.unique([rows[mark.point3D_id] for mark in marks]).astype(np.int64),
        float(np.mean(errors)),
    )


def _has(model: Any, number: int) -> bool:
    return bool(model.exists_image(number + 1) and model.image(number + 1).has_pose)


def _best_matches(database: Any, count: int, compared: list[tuple[int, int]]) -> list[int]:
    """Of each photo, how many matches it has with the one that it has most with."""
    best = [0] * count
    for one, other in compared:
        if database.exists_two_view_geometry(one + 1, other + 1):
            inliers = len(database.read_two_view_geometry(one + 1, other + 1).inlier_matches)
            best[one], best[other] = max(best[one], inliers), max(best[other], inliers)
    return best


def _why(matches: int, shot: Shot) -> str:
    if len(shot.features.places) < _LEAST:
        return f"too few features: {len(shot.features.places)}"
    if matches < _LEAST:
        return f"too few matches: {matches} with the photo that it shares most with, {_LEAST} are needed"
    return f"no place fits: {matches} matches with the photo that it shares most with"
