"""Volumes: how good they are, how they came to be, and from where they were seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from multisynth.report.charts import curves
from multisynth.report.maps import Ground, hull, polygon
from multisynth.report.picks import cells, evenly
from multisynth.report.svg import element, legend, path, thin
from multisynth.report.tables import Account
from multisynth.report.words import excerpt, given, number
from multisynth.sample import Sample
from multisynth.store import Store

_FAR = 1e9
_VOLUMES, _CAMERAS, _FILMED, _HELD = 6, 300, 400, 40
_MANY = 20_000
"""Of which a chart counts thousands."""
_TRAINING, _HELD_OUT, _SHOTS = 0, 1, 2
"""Hues of the map."""


@dataclass(frozen=True)
class Held:
    """A view kept from training; None where it was not measured."""

    name: str
    psnr: float | None
    ssim: float | None


@dataclass(frozen=True)
class VolumeView:
    """A volume as shown; `best` is the highest PSNR of a view held out, dB."""

    id: str
    title: str
    facts: list[tuple[str, str]]
    held: list[Held]
    best: float
    curves: list[Markup]
    map: Markup


def volumes(store: Store, account: Account, found: Mapping[str, Account]) -> Iterator[VolumeView]:
    """Some volumes of a table."""
    films = [a for a in found.values() if a.kind == "frame" and account.name in a.beside and a.outputs]
    cameras = [row for film in films for row in _filmed(store, film)]
    for sample in evenly(store.table(account.name), _VOLUMES):
        mine = [row for row in cameras if sample.id in (row["parents"] or [])]
        held = list(_held(sample.meta))
        best = max((each.psnr for each in held if each.psnr is not None), default=0.0)
        yield VolumeView(
            sample.id, sample["method"] or "volume", _facts(sample), held[:_HELD], best,
            list(_curves(sample.meta)), _map(sample, mine),
        )  # fmt: skip


def _filmed(store: Store, film: Account) -> list[dict[str, Any]]:
    return cells(store.table(film.name), ["parents", "origin", "time", "world_to_camera"], _FILMED)


def _facts(sample: Sample) -> list[tuple[str, str]]:
    meta, bounds = sample.meta, sample["bounds"]
    held, gaussians = sample["held_out"], meta.get("gaussians")
    metric, unit = sample["metric"], "m" if sample["metric"] else "units"
    kept = int(held.sum()) if held is not None else 0
    views = f"{len(held) - kept} trained on, {kept} held out" if held is not None and len(held) else "none known"
    size = None if bounds is None else " × ".join(number(float(edge)) for edge in np.ptp(bounds, axis=0)) + f" {unit}"
    facts: list[tuple[str, Any]] = [
        ("PSNR", f"{sample['psnr']:.2f} dB" if sample["psnr"] is not None else None),
        ("SSIM", f"{sample['ssim']:.3f}" if sample["ssim"] is not None else None),
        ("Gaussians", number(gaussians) if gaussians is not None else None),
        ("lengths", "metres" if metric else "of an arbitrary scale"),
        ("views", views),
        ("steps", number(sample["steps"]) if sample["steps"] else None),
        ("size", size),
        ("instances", number(len(sample["names"])) if given(sample, "names") else None),
        *((name, meta.get(name)) for name in ("device", "antialiased", "not_finite")),
    ]  # fmt: skip
    return [(name, excerpt(value, 90)) for name, value in facts if value is not None]


def _held(meta: Mapping[str, Any]) -> Iterator[Held]:
    """By name, from what reconstruction noted: {name: {psnr, ssim}}."""
    noted = meta.get("views")
    if isinstance(noted, dict):
        for name, scores in sorted(noted.items()):
            scores = scores if isinstance(scores, dict) else {}
            yield Held(excerpt(str(name), 60), _number(scores.get("psnr")), _number(scores.get("ssim")))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        return None
    return float(value)


def _curves(meta: Mapping[str, Any]) -> Iterator[Markup]:
    """PSNR of the views held out, and the number of Gaussians, as training went on."""
    noted = meta.get("curve")
    rows = [row for row in noted if isinstance(row, dict)] if isinstance(noted, list) else []
    for column, name, title in (
        ("psnr", "PSNR", "PSNR of views held out, dB"),
        ("gaussians", "Gaussians", "Gaussians"),
    ):
        told = [(step, value) for row in rows if (step := _number(row.get("step"))) is not None
                and (value := _number(row.get(column))) is not None]  # fmt: skip
        if len(told) > 1:
            steps, values = np.array(told).T
            if values.max() >= _MANY:
                values, title = values / 1000, f"{title}, thousands"
            yield curves(steps, {name: values}, title, unit="steps")


def _map(sample: Sample, filmed: list[dict[str, Any]]) -> Markup:
    """Cameras from above: those that it was made from, those held out, and the paths along which it was filmed."""
    poses, held, bounds = sample["view_poses"], sample["held_out"], sample["bounds"]
    across = _across(sample["up"])
    poses = np.zeros((0, 4, 4)) if poses is None else poses
    held = np.zeros(len(poses), bool) if held is None or len(held) != len(poses) else held
    rows = thin(len(poses), _CAMERAS)
    shots = _shots(filmed)
    seen = np.stack([pose for shot in shots.values() for pose in shot]) if shots else np.zeros((0, 4, 4))
    eyes = _eyes(np.concatenate([poses[rows], seen])) @ across.T
    box = np.zeros((0, 2)) if bounds is None else _corners(bounds) @ across.T
    whole = _focus(eyes, box)
    if not len(whole):
        return Markup("")
    ground, drawn = Ground.around(whole), []
    if len(box):
        outline = polygon(hull(ground.place(np.nan_to_num(box))), "extent", "what is looked at")
        drawn.append(ground.cut(outline))
    for name, shot in shots.items():
        put = ground.place(_eyes(np.stack(shot)) @ across.T)
        drawn += [
            path(put, f"s{_SHOTS}", f"shot {name}"),
            *_wedges(np.stack(shot), put, across, _SHOTS, [f"shot {name}"] * len(shot), 3),
        ]
    names = sample["view_names"] or []
    for hue, chosen in ((_TRAINING, rows[~held[rows]]), (_HELD_OUT, rows[held[rows]])):
        put = ground.place(_eyes(poses[chosen]) @ across.T)
        said = [names[row] if row < len(names) else str(row) for row in chosen]
        drawn += _wedges(poses[chosen], put, across, hue, said, 4)
    shown = {_TRAINING: "trained on", _HELD_OUT: "held out", _SHOTS: "filmed"}
    there = [hue for hue, count in ((_TRAINING, (~held).sum()), (_HELD_OUT, held.sum()), (_SHOTS, len(shots))) if count]
    unit = "m" if sample["metric"] else "arbitrary units"
    caption = element("figcaption", f"Cameras from above, {unit}; dashed is what is looked at, as far as it has room")
    key = legend([shown[hue] for hue in there], there)
    return element("figure", caption, ground.picture("Cameras seen from above", *drawn), key, class_="plot")


def _focus(eyes: np.ndarray, box: np.ndarray) -> np.ndarray:
    """What the map shows: all cameras, and of what they look at as much as half their own extent on each side."""
    eyes, box = (points[(np.abs(points) < _FAR).all(axis=1)] for points in (eyes, box))  # no NaN, either
    if len(eyes) > 1:
        reach = np.ptp(eyes, axis=0).max() / 2
        box = np.clip(box, eyes.min(axis=0) - reach, eyes.max(axis=0) + reach)
    return np.concatenate([eyes, box])


def _across(up: np.ndarray | None) -> np.ndarray:
    """Two level directions: x and y where z is up. [2, 3]"""
    z = (
        np.array([0.0, 0.0, 1.0])
        if up is None or not np.isfinite(up).all() or not up.any()
        else up / np.linalg.norm(up)
    )
    first = np.eye(3)[0 if abs(z[0]) < 0.9 else 1]
    first = first - z * (first @ z)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(z, first)])


def _eyes(poses: np.ndarray) -> np.ndarray:
    """Centres of cameras. [N, 4, 4] to [N, 3]"""
    return -np.einsum("nji,nj->ni", poses[:, :3, :3], poses[:, :3, 3])


def _corners(bounds: np.ndarray) -> np.ndarray:
    return np.array([[bounds[corner >> axis & 1, axis] for axis in range(3)] for corner in range(8)])


def _wedges(
    poses: np.ndarray, put: np.ndarray, across: np.ndarray, hue: int, names: list[str], size: float
) -> Iterator[Markup]:
    """A camera is a dot with a stroke the way it looks; shorter where it looks up or down."""
    forward = poses[:, 2, :3] @ across.T * [1.0, -1.0]
    for (x, y), (dx, dy), name in zip(np.nan_to_num(put), np.nan_to_num(forward), names, strict=True):
        tip = np.array([[x, y], [x + dx * size * 4, y + dy * size * 4]])
        yield path(tip, f"s{hue}")
        yield element("circle", element("title", name), cx=x, cy=y, r=size * 0.8, class_=f"f{hue}")


def _shots(filmed: list[dict[str, Any]]) -> dict[str, list[np.ndarray]]:
    """World-to-camera matrices of each shot in the order of time."""
    shots: dict[str, list[tuple[float, np.ndarray]]] = {}
    for row in filmed:
        pose = np.array(row["world_to_camera"] or [], np.float64)
        if pose.shape == (4, 4) and np.isfinite(pose).all():
            shots.setdefault(row["origin"], []).append((row["time"] or 0.0, pose))
    return {name: [pose for _, pose in sorted(shot, key=lambda pair: pair[0])] for name, shot in shots.items()}
