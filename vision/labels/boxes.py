"""Two-dimensional boxes around what can be seen of each instance."""

from __future__ import annotations

from typing import Any

import numpy as np
from multisynth.scenes.render.rays import Hits
from multisynth.scenes.render.world import World


def boxes(world: World, hits: Hits, covered: np.ndarray, width: int, height: int) -> list[dict[str, Any]]:
    """One box for each instance with a visible pixel, in the order of the scene, as `kinds.BOX` has it.

    A box is tight around the visible pixels, edges included. `visible` is their number over the number of pixels that
    the instance would have in this image with nothing in front of it.

    Args:
        world: What is there.
        hits: What the pixels show, row by row. N = height · width
        covered: Where each body would be seen if it were alone. [bodies, N] bool
        width: px
        height: px
    """
    found = []
    body_of = np.append(world.bodies, -1)[hits.shape].reshape(height, width)
    for index, body in enumerate(world.scene.bodies):
        alone = covered[index].reshape(height, width)
        rows = np.flatnonzero(alone.any(axis=1))
        if not len(rows):
            continue
        top, bottom = int(rows[0]), int(rows[-1]) + 1
        seen = body_of[top:bottom] == index
        across, down = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
        if not len(across):
            continue
        found.append(
            {
                "instance": body.instance,
                "name": body.name,
                "category": body.category,
                "x": float(across[0]),
                "y": float(top + down[0]),
                "width": float(across[-1] + 1 - across[0]),
                "height": float(down[-1] + 1 - down[0]),
                "visible": float(np.float32(seen.sum() / alone.sum())),
                "full": None,
            }
        )
    return found
