"""A frame's labels as pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from markupsafe import Markup

from multisynth import media
from multisynth.report.overlays import hue, overlay
from multisynth.report.pictures import Picture, Scale, encode, shrink
from multisynth.report.svg import element, label
from multisynth.report.words import given
from multisynth.sample import Sample
from multisynth.srgb import encoded

_NAMES = 12
"""Categories in a legend."""


def labels(sample: Sample) -> list[Picture]:
    """A frame's picture and its labels; one that cannot be read says so in its place."""
    return [drawn(sample, column) for column in _MAKERS if given(sample, column) is not None]


def drawn(sample: Sample, column: str, title: str = "") -> Picture:
    """One label of a frame, called `title` instead of its own name."""
    name, make = _MAKERS[column]
    try:
        return make(sample, column, title or name)
    except ValueError as error:
        return Picture(title or name, problem=str(error))


def _rgb(sample: Sample, column: str, title: str) -> Picture:
    image = media.decode_rgb(sample[column])
    over = overlay(sample, image.shape[1], image.shape[0]) if column == "rgb" else None
    return Picture(title, encode(shrink(image)), overlay=over)


def _radiance(sample: Sample, column: str, title: str) -> Picture:
    """Bent so that lights keep their shape: L / (1 + L), Reinhard et al. 2002."""
    radiance = np.nan_to_num(media.decode_radiance(sample[column])).clip(0)
    bright, over = float(radiance.max()), float((radiance.max(axis=2) > 1).mean())
    bent = (radiance / (1 + radiance)).astype(np.float32)
    note = f"up to {bright:.4g} where white is 1; {over:.1%} of the pixels are brighter than white"
    return Picture(title, encode(shrink(encoded(bent))), note=note)


def _lengths(sample: Sample, column: str, title: str) -> Picture:
    """Near is bright."""
    return _ramp(media.decode_floats(sample[column]), title, "VIRIDIS", "near", "m", sample.meta.get("metric", True))


def _disparity(sample: Sample, column: str, title: str) -> Picture:
    return _ramp(media.decode_floats(sample[column]), title, "VIRIDIS", "far", "px")


def _temperature(sample: Sample, column: str, title: str) -> Picture:
    return _ramp(media.decode_floats(sample[column]), title, "INFERNO", "heat", "K")


def _ramp(values: np.ndarray, title: str, colours: str, ramp: str, unit: str, metric: bool = True) -> Picture:
    import cv2

    unit = unit if metric else "units"
    there = np.isfinite(values) & (values > 0)
    if not there.any():
        return Picture(title, encode(np.zeros((*shrink(values).shape, 3), np.uint8)), note="nothing in view")
    # a distant background would leave one colour for all that is near
    low, high = (float(v) for v in np.percentile(values[there], [1, 99]))
    grey = np.clip((np.nan_to_num(values) - low) / max(high - low, 1e-9) * 255, 0, 255).astype(np.uint8)
    grey = 255 - grey if ramp == "near" else grey
    image = cv2.cvtColor(cv2.applyColorMap(grey, getattr(cv2, f"COLORMAP_{colours}")), cv2.COLOR_BGR2RGB)
    image[~there] = 0
    least, most = float(values[there].min()), float(values[there].max())
    note = f"{least:.3f} to {most:.3f} {unit} in all"
    return Picture(
        title, encode(shrink(image)), note=note, scale=Scale(f"{low:.2f} {unit}", f"{high:.2f} {unit}", ramp)
    )


def _opacity(sample: Sample, column: str, title: str) -> Picture:
    opacity = media.decode_opacity(sample[column])
    grey = np.repeat((opacity * 255).round().astype(np.uint8)[..., None], 3, axis=2)
    note = f"mean {opacity.mean():.3f}; {(opacity < 0.5).mean():.1%} of the pixels less than half"
    return Picture(title, encode(shrink(grey)), note=note, scale=Scale("0", "1", "grey"))


def _normals(sample: Sample, column: str, title: str) -> Picture:
    normals = media.decode_normals(sample[column])
    colours = np.where(normals.any(axis=2, keepdims=True), (normals + 1) * 127.5, 0).round().astype(np.uint8)
    return Picture(title, encode(shrink(colours)))


def _instances(sample: Sample, column: str, title: str) -> Picture:
    ids = media.decode_instances(sample[column])
    present = np.unique(ids)
    count = int((present > 0).sum())
    note = f"{count} instance{'' if count == 1 else 's'}" + ("" if given(sample, "boxes") is not None else ", no boxes")
    return Picture(title, _coloured(ids, present), overlay=overlay(sample, ids.shape[1], ids.shape[0]), note=note)


def _semantics(sample: Sample, column: str, title: str) -> Picture:
    ids = media.decode_instances(sample[column])
    present, counts = np.unique(ids, return_counts=True)
    names = given(sample, "categories") or []
    ranked = [int(present[row]) for row in np.argsort(-counts, kind="stable") if present[row] > 0]
    said = [
        element("span", element("i", class_="key", style=f"background: rgb{hue(k)}"), name, class_="legend-item")
        for k in ranked[:_NAMES]
        if (name := names[k - 1] if k <= len(names) else f"{k}, which has no name")
    ]
    more = f"and {len(ranked) - _NAMES} more" if len(ranked) > _NAMES else ""
    return Picture(
        title, _coloured(ids, present), legend=Markup("").join(said) if said else None, note=more,
    )  # fmt: skip


def _coloured(ids: np.ndarray, present: np.ndarray) -> str:
    colours = np.zeros((65536, 3), np.uint8)  # indexed by id
    for each in present[present > 0]:
        colours[each] = hue(int(each))
    return encode(shrink(colours[shrink(ids, exact=True)], exact=True), exact=True)


def _flow(sample: Sample, column: str, title: str) -> Picture:
    """Hue is direction, saturation is speed; what stands still is white (Baker et al. 2011)."""
    import cv2

    flow = media.decode_flow(sample[column])
    known = np.isfinite(flow).all(axis=2)
    flow = np.where(known[..., None], flow, 0)
    speed = np.hypot(flow[..., 0], flow[..., 1])
    full = max(float(np.percentile(speed, 99)), 1e-6)
    turn = np.degrees(np.arctan2(flow[..., 1], flow[..., 0])) % 360
    hsv = np.stack([turn, np.minimum(speed / full, 1), np.ones_like(turn)], axis=2).astype(np.float32)
    image = (cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).round().astype(np.uint8)
    image[~known] = 0
    note = f"up to {float(speed.max()):.2f} px, median {float(np.median(speed)):.2f} px"
    return Picture(title, encode(shrink(image)), note=note, wheel=f"{label(float(f'{full:.2g}'))} px")


def _hidden(sample: Sample, column: str, title: str) -> Picture:
    """Over the picture in grey, or alone where that cannot be read."""
    mask = media.decode_mask(sample[column])
    try:
        grey = media.decode_rgb(sample["rgb"] or b"").mean(axis=2) * 0.6
    except ValueError:
        grey = np.zeros(mask.shape)
    grey = grey if grey.shape == mask.shape else np.zeros(mask.shape)
    image = np.where(mask[..., None], np.array([255, 60, 160]), grey[..., None]).astype(np.uint8)
    return Picture(title, encode(shrink(image)), note=f"{mask.mean():.1%} of the pixels, in pink")


_MAKERS: Mapping[str, tuple[str, Callable[[Sample, str, str], Picture]]] = {
    "rgb": ("RGB", _rgb),
    "right": ("Right eye", _rgb),
    "disparity": ("Disparity", _disparity),
    "depth": ("Depth", _lengths),
    "median_depth": ("Median depth", _lengths),
    "distance": ("Distance", _lengths),
    "opacity": ("Opacity", _opacity),
    "normals": ("Normals", _normals),
    "instances": ("Instances", _instances),
    "semantics": ("Semantics", _semantics),
    "flow_forward": ("Flow to the next", _flow),
    "hidden_forward": ("Hidden in the next", _hidden),
    "flow_backward": ("Flow to the one before", _flow),
    "hidden_backward": ("Hidden in the one before", _hidden),
    "temperature": ("Temperature", _temperature),
    "radiance": ("Radiance", _radiance),
}
