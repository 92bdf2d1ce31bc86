"""Whether a camera may film from where it stands; a camera that may not is refused with the reason and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..render.buffers import Buffers, Glance, Renderer
from .subject import Subject
from .viewpoint import Viewpoint

PREVIEW = 64
"""px along the longer side of the small pictures that are judged."""
SOMETHING, OPAQUE = 0.05, 0.5
"""Opacities from which a pixel shows something, and from which it shows a surface."""


class Limits(BaseModel):
    """What a camera must keep to. Lengths are in sizes of the subject (half of its diagonal) unless said otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clearance: float = Field(0.03, ge=0, le=10, description="Least distance from any surface, where it is known.")
    near: float = Field(0.05, ge=0, le=10, description="Depth below which what a pixel shows is too near.")
    crowded: float = Field(0.25, ge=0, le=1, description="Greatest share of pixels that may be too near.")
    filled: float | None = Field(
        None, ge=0, le=1, description="Least share of pixels that show anything; by default 0.05, of a volume 0.7."
    )
    opaque: float | None = Field(
        None, ge=0, le=1, description="Least share of pixels of opacity above 0.5; by default 0.02, of a volume 0.5."
    )
    away: float = Field(
        2.0, ge=0, le=1000, description="Greatest distance from a training view, in distances between these."
    )
    span: float = Field(
        0.1, ge=0, le=10, description="As `away`, in extents of all training views; the larger of the two counts."
    )
    turned: float = Field(
        50.0, ge=0, le=180, description="Greatest angle to the axis of a training view that is near enough, degrees."
    )
    moved: float = Field(1e-4, ge=0, le=1, description="Cell of positions within which two views of a path are one.")
    rotated: float = Field(0.02, ge=0, le=90, description="Cell of angles within which two views are one, degrees.")


def refusals(
    viewpoints: Sequence[Viewpoint],
    subject: Subject,
    renderer: Renderer | None = None,
    limits: Limits | None = None,
    poses: np.ndarray | None = None,
) -> list[str | None]:
    """Why each viewpoint of a path must not be filmed, or None where it may; the cheapest checks come first.

    Two views count as one when position and axes, in cells of `moved` and `rotated`, have the same numbers; two that
    are nearer than a cell may lie on both sides of its border, so this finds cameras that stand still rather than
    every pair that is close.

    Args:
        viewpoints: Of one path, in the order of time.
        subject: What is filmed.
        renderer: Films pictures of 64 px, where what a camera sees is to be judged too.
        limits: By default those of `Limits`.
        poses: Of the moving parts, for each viewpoint. [V, B, 7]

    Returns:
        Reasons such as `inside geometry: 0.03 m to the nearest surface`.
    """
    limits = limits or Limits()
    reasons = [_no_pose(viewpoint) for viewpoint in viewpoints]
    for check in (_clear, _close, _new):
        passed = [reason is None for reason in reasons]
        found = iter(check(list(compress(viewpoints, passed)), subject, limits))
        reasons = [next(found) if ok else reason for ok, reason in zip(passed, reasons, strict=True)]
    if renderer is None or not any(reason is None for reason in reasons):
        return reasons
    passed = [reason is None for reason in reasons]
    small = [viewpoint.scaled(min(1.0, PREVIEW / max(viewpoint.width, viewpoint.height))) for viewpoint in viewpoints]
    where = None if poses is None else np.asarray(poses)[np.flatnonzero(passed)]
    look = getattr(renderer, "glance", renderer.render)  # some need not light a scene to tell what is where
    seen = look(list(compress(small, passed)), where)
    return [_shown(next(seen), subject, limits) if ok else reason for ok, reason in zip(passed, reasons, strict=True)]


def _no_pose(viewpoint: Viewpoint) -> str | None:
    return None if np.isfinite(viewpoint.world_to_camera).all() else "no pose: it holds numbers that are not finite"


def _clear(viewpoints: list[Viewpoint], subject: Subject, limits: Limits) -> list[str | None]:
    if subject.clearance is None or not viewpoints:
        return [None] * len(viewpoints)
    least = limits.clearance * subject.size
    reasons: list[str | None] = []
    for distance in subject.clearance(np.array([viewpoint.centre for viewpoint in viewpoints])).tolist():
        if distance < 0:
            reasons.append(f"inside geometry: {-distance:.3g} m to the nearest surface")
        elif distance < least:
            reasons.append(f"too near to geometry: {distance:.3g} m to the nearest surface, under {least:.3g} m")
        else:
            reasons.append(None)
    return reasons


def _close(viewpoints: list[Viewpoint], subject: Subject, limits: Limits) -> list[str | None]:
    if not subject.captured or not viewpoints:
        return [None] * len(viewpoints)
    places = subject.places
    extent = float(np.linalg.norm(np.ptp(places, axis=0)))
    limit = max(limits.away * subject.spacing, limits.span * extent)
    reasons: list[str | None] = []
    for viewpoint in viewpoints:
        apart = np.linalg.norm(places - viewpoint.centre, axis=1)
        cosines = subject.views[apart <= limit, 2, :3] @ viewpoint.axis
        angle = float(np.degrees(np.arccos(np.clip(cosines.max(initial=-1.0), -1, 1))))
        if apart.min() > limit:
            reasons.append(f"far from the training views: {apart.min():.3g} to the nearest, over {limit:.3g}")
        elif angle > limits.turned:
            reasons.append(f"turned from the training views: {angle:.3g}° to the nearest, over {limits.turned:g}°")
        else:
            reasons.append(None)
    return reasons


def _new(viewpoints: list[Viewpoint], subject: Subject, limits: Limits) -> list[str | None]:
    earlier: dict[tuple[int, ...], float] = {}
    reasons: list[str | None] = []
    grid, angle = max(limits.moved * subject.size, 1e-12), max(np.radians(limits.rotated), 1e-12)
    for viewpoint in viewpoints:
        turns = viewpoint.world_to_camera[:2, :3].ravel() / angle
        cell = tuple(np.rint([*((viewpoint.centre - subject.middle) / grid), *turns]).astype(np.int64).tolist())
        if cell in earlier:
            reasons.append(f"a repeat: the same as at {earlier[cell]:.4g} s")
        else:
            earlier[cell] = viewpoint.time
            reasons.append(None)
    return reasons


def _shown(buffers: Buffers | Glance, subject: Subject, limits: Limits) -> str | None:
    least = limits.near * subject.size
    crowded = float(((buffers.depth > 0) & (buffers.depth < least) & (buffers.opacity > OPAQUE)).mean())
    if crowded > limits.crowded:
        return f"inside geometry: {crowded:.0%} of the pixels nearer than {least:.3g} m"
    usual = (0.7, 0.5) if subject.captured else (0.05, 0.02)
    filled, opaque = float((buffers.opacity > SOMETHING).mean()), float((buffers.opacity > OPAQUE).mean())
    if filled < (limit := usual[0] if limits.filled is None else limits.filled):
        return f"empty: {filled:.1%} of the pixels show anything, under {limit:.0%}"
    if opaque < (limit := usual[1] if limits.opaque is None else limits.opaque):
        return f"thin: {opaque:.1%} of the pixels are opaque, under {limit:.0%}"
    return None
