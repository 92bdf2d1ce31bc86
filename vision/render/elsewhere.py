"""A renderer whose world stands elsewhere in another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..cameras.viewpoint import Viewpoint
from .buffers import Buffers, Renderer


class Elsewhere:
    """Sees what a renderer sees, from viewpoints of an outer world.

    Labels need no change: they are in camera axes, and both worlds have one scale.

    Args:
        renderer: Of the inner world.
        place: The inner world in the outer one, a rigid motion. [4, 4]
    """

    def __init__(self, renderer: Renderer, place: np.ndarray) -> None:
        self._renderer, self._place = renderer, np.asarray(place, np.float64)

    def render(self, viewpoints: Sequence[Viewpoint], poses: np.ndarray | None = None) -> Iterator[Buffers]:
        """See `buffers.Renderer`."""
        moved = [viewpoint.at(viewpoint.world_to_camera @ self._place) for viewpoint in viewpoints]
        return self._renderer.render(moved, poses)
