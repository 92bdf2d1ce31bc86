"""From samples to views: images are decoded, freed from distortion and made smaller, points are gathered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from multisynth.errors import BadInput
from multisynth.kinds import FRAME
from multisynth.media import decode_depth, decode_instances, decode_normals
from multisynth.sample import Sample

from ..cameras.framed import viewpoint_of
from ..cameras.outside import checked
from ..capture.photo import decode_photo
from ..capture.undistort import undistort
from .views import Views, hold_out

BACK_PROJECTED = 4096
"""Points a view that are taken from its depth where no sparse points are known."""


def views_of(samples: Sequence[Sample], factor: int = 1, every: int = 8) -> Views:
    """Everything a reconstruction needs to know, in memory.

    Args:
        samples: Views or frames, of one kind. Frames that name a split are kept from training where it is `test`.
        factor: Images are made smaller by it.
        every: Otherwise, every so many views in the order of names are kept from training.

    Raises:
        BadInput: There are none; an image cannot be decoded, has another size than its sample says, or is smaller than
            16 px; a camera is none; frames are of several places.
    """
    if not samples:
        raise BadInput("there is no view to reconstruct from", "look in the ledger for why the stages before made none")
    if len({sample.kind.name for sample in samples}) > 1:
        raise BadInput("views and frames are mixed", "reconstruct from one kind")
    _see_one_place(samples)
    names = _names(samples)
    read = [_read(sample, name, factor) for sample, name in zip(samples, names, strict=True)]
    matrices = np.stack([one["world_to_camera"] for one in read])
    points, colours, seen = _points(samples)
    depths = [one["depth"] for one in read]
    images = [one["image"] for one in read]
    intrinsics = np.stack([one["intrinsics"] for one in read])
    held_out = _held_out(samples, names, every)
    if not len(points):
        learned = [None if held else depth for held, depth in zip(held_out, depths, strict=True)]
        points, colours = _from_depths(images, learned, intrinsics, matrices)
    return Views(
        names, images, intrinsics, matrices, held_out, points, colours, seen, depths,
        [one["normals"] for one in read], [one["instances"] for one in read],
        all(sample.meta.get("metric", True) if sample.kind is FRAME else sample["metric"] for sample in samples),
    )  # fmt: skip


def _see_one_place(samples: Sequence[Sample]) -> None:
    places = {sample.meta.get("place") for sample in samples}
    if samples[0].kind is FRAME and len(places) > 1:
        raise BadInput(
            f"the frames are of {len(places)} places, and a volume is of one",
            "film one: let the stage that makes the scenes, volumes or episodes make 1",
        )


def _names(samples: Sequence[Sample]) -> list[str]:
    if samples[0].kind is FRAME:
        return [f"frame {row:06d}" for row in range(len(samples))]
    return [str(sample["name"]) for sample in samples]


def _held_out(samples: Sequence[Sample], names: list[str], every: int) -> np.ndarray:
    if samples[0].kind is FRAME and any(sample["split"] for sample in samples):
        return np.array([sample["split"] == "test" for sample in samples])
    return hold_out(names, every)


def _read(sample: Sample, name: str, factor: int) -> dict[str, Any]:
    """Image, labels and K of one view, as of a pinhole camera."""
    viewpoint = checked(viewpoint_of(sample), f"view `{name}`")
    size = viewpoint.width, viewpoint.height
    frame = sample.kind is FRAME
    try:
        image = decode_photo(sample["rgb" if frame else "image"])
    except ValueError as error:
        raise BadInput(f"the image of view `{name}` cannot be decoded: {error}", "take it out or mend it") from None
    if image.shape[1::-1] != size:
        raise BadInput(
            f"the image of view `{name}` has {image.shape[1]}×{image.shape[0]} px, its camera {size[0]}×{size[1]}",
            "give the photo that the pose was found for",
        )
    labels: dict[str, np.ndarray | None] = {}
    for column, decode in (("depth", decode_depth), ("normals", decode_normals), ("instances", decode_instances)):
        data = sample[column]
        try:
            labels[column] = None if data is None else decode(data)
        except ValueError as error:
            raise BadInput(f"`{column}` of view `{name}`: {error}") from None
        label = labels[column]
        if label is not None and label.shape[1::-1] != size:
            raise BadInput(f"`{column}` of view `{name}` has another size than its image: {label.shape[1::-1]}")
    small = max(round(size[0] / factor), 1), max(round(size[1] / factor), 1)
    if min(small) < 16:
        raise BadInput(f"view `{name}` has only {small[0]}×{small[1]} px at factor {factor}", "lower `factor`")
    known = {column: label for column, label in labels.items() if label is not None}
    straight, (image,), exact = undistort(viewpoint, [image], list(known.values()))
    labels |= dict(zip(known, exact, strict=True))
    scale = np.diag([small[0] / size[0], small[1] / size[1], 1])
    if small != size:
        image = _shrink(image, small, smooth=True)
        labels = {column: None if label is None else _shrink(label, small) for column, label in labels.items()}
    camera = {"intrinsics": scale @ straight.intrinsics, "world_to_camera": straight.world_to_camera}
    return {"image": image, **camera, **labels}


def _shrink(image: np.ndarray, size: tuple[int, int], smooth: bool = False) -> np.ndarray:
    import cv2

    shrunk: np.ndarray = cv2.resize(image, size, interpolation=cv2.INTER_AREA if smooth else cv2.INTER_NEAREST_EXACT)
    return shrunk


def _points(samples: Sequence[Sample]) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Points of all views, each once, and which of them each view sees."""
    nothing: list[np.ndarray] = [np.zeros(0, np.int64) for _ in samples]
    if samples[0].kind is FRAME:
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8), nothing
    ids = [np.asarray(sample["point_ids"], np.int64).reshape(-1) for sample in samples]
    places = [np.asarray(sample["points"], np.float32).reshape(-1, 3) for sample in samples]
    colours = [np.asarray(sample["point_colours"], np.uint8).reshape(-1, 3) for sample in samples]
    for sample, own, where, shades in zip(samples, ids, places, colours, strict=True):
        if not len(own) == len(where) == len(shades):
            raise BadInput(f"view `{sample['name']}` has points, ids and colours of different number")
    _, first, rows = np.unique(np.concatenate(ids), return_index=True, return_inverse=True)
    all_places = np.concatenate(places)[first]
    fine = np.asarray(np.isfinite(all_places).all(axis=1))
    renumbered = np.cumsum(fine) - 1
    parts = np.split(rows, np.cumsum([len(one) for one in ids])[:-1])
    return all_places[fine], np.concatenate(colours)[first][fine], [renumbered[part[fine[part]]] for part in parts]


def _from_depths(
    images: list[np.ndarray], depths: list[np.ndarray | None], intrinsics: np.ndarray, matrices: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points on an even grid of each view that has depth. [P, 3], [P, 3]"""
    places, colours = [np.zeros((0, 3))], [np.zeros((0, 3), np.uint8)]
    for image, depth, k, matrix in zip(images, depths, intrinsics, matrices, strict=True):
        if depth is None:
            continue
        step = max(int(np.sqrt(depth.size / BACK_PROJECTED)), 1)
        v, u = (axis.ravel() for axis in np.mgrid[step // 2 : depth.shape[0] : step, step // 2 : depth.shape[1] : step])
        known = depth[v, u] > 0
        v, u = v[known], u[known]
        pixels = np.stack([u + 0.5, v + 0.5, np.ones(len(u))], -1)
        seen = pixels @ np.linalg.inv(k).T * depth[v, u, None]
        places.append((seen - matrix[:3, 3]) @ matrix[:3, :3])
        colours.append(image[v, u])
    return np.concatenate(places).astype(np.float32), np.concatenate(colours)
