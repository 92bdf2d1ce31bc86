"""Moving things in a captured place: surfaces before, in and behind a volume, by depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from multisynth.errors import BadInput

from ..cameras.viewpoint import Viewpoint
from .buffers import Buffers, Renderer
from .rays import RayRenderer

HALF = 0.5
"""The opacity from which a volume hides what is behind it from the labels."""
LARGEST = 65535


class Composite:
    """Sees a volume and a scene's surfaces in one world.

    The volume counts as one layer of each pixel's opacity, at its median depth where it has one and else at its mean
    depth: a surface nearer than that hides all of it, one farther is seen through what the layer lets pass. That is
    right before and behind the walls of a capture, and takes what is thick and faint, such as smoke or floaters about
    the surface, wholly for what is before or behind. Depth, normals, ids and parts are those of whichever gives more of
    a pixel's light. Neither casts shadows or light on the other: give the scene a light like the place's own, whose
    direction and strength photos do not tell.

    Args:
        volume: The place; where it is transparent, what is behind it is seen.
        surfaces: What moves in it. Their sky is left out.
        offset: The volume's highest instance id; it is added to those of the surfaces.

    Raises:
        BadInput: An id would be larger than 65535.
    """

    def __init__(self, volume: Renderer, surfaces: RayRenderer, offset: int = 0) -> None:
        highest = int(surfaces.world.instances.max())
        if offset < 0 or highest + offset > LARGEST:
            raise BadInput(f"instance ids up to {highest} above {offset}: more than {LARGEST}", "give lower ids")
        self.volume, self.surfaces, self.offset = volume, surfaces, offset

    def render(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Buffers]:
        """See `buffers.Renderer`; the poses are of the surfaces."""
        sky = self.surfaces.world.scene.light.ambient
        places, things = self.volume.render(viewpoints), self.surfaces.render(viewpoints, poses)
        for place, thing in zip(places, things, strict=True):
            yield over(place, thing, sky, self.offset)


def over(place: Buffers, things: Buffers, sky: float, offset: int) -> Buffers:
    """One view of both; see `Composite`.

    Args:
        place: The volume's.
        things: Those of the surfaces.
        sky: Radiance that is behind the surfaces in theirs.
        offset: Added to the ids of the surfaces.
    """
    layer = place.depth if place.median_depth is None else np.where(place.median_depth, place.median_depth, place.depth)
    surface = _spread(things.depth)
    before = (surface > 0) & ((layer == 0) | (surface < layer))
    share = things.opacity[..., None]
    light = things.radiance - (1 - share) * np.float32(sky)
    passed = (1 - place.opacity)[..., None]
    radiance = np.where(before[..., None], light + (1 - share) * place.radiance, place.radiance + passed * light)

    shown = (things.depth > 0) & (before | (place.opacity < HALF))
    ids = np.where(things.instances > 0, things.instances + np.uint16(offset), 0).astype(np.uint16)
    covered = {} if things.covered is None else {key + offset: mask for key, mask in things.covered.items()}
    return Buffers(
        radiance=radiance.astype(np.float32),
        opacity=1 - (1 - place.opacity) * (1 - things.opacity),
        depth=np.where(shown, things.depth, place.depth),
        normals=np.where(shown[..., None], things.normals, place.normals),
        instances=np.where(shown, ids, place.instances),
        parts=None if things.parts is None else np.where(shown, things.parts, -1).astype(np.int32),
        median_depth=None if place.median_depth is None else np.where(shown, things.depth, place.median_depth),
        covered=covered,
        volume=place.volume,
    )


def _spread(depth: np.ndarray) -> np.ndarray:
    """Depth of a surface, and the nearest about each pixel beside it, some of whose rays met it. [H, W]"""
    import cv2

    far = np.where(depth > 0, depth, np.float32(np.inf)).astype(np.float32)
    near = cv2.erode(far, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return np.where(depth > 0, depth, np.where(np.isfinite(near), near, 0)).astype(np.float32)
