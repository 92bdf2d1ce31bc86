"""What there is to be labelled: things with an id, a name and a category."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..cameras.viewpoint import Viewpoint


@dataclass(frozen=True)
class Thing:
    """What has one id in instance images."""

    instance: int
    name: str
    category: str


class Things(Protocol):
    """Some things, and where they are."""

    @property
    def table(self) -> Sequence[Thing]:
        """All of them, seen or not."""

    def outlines(self, viewpoint: Viewpoint, poses: np.ndarray | None) -> dict[int, list[np.ndarray]]:
        """Points whose convex hulls, seen from there, cover each thing and little else.

        Args:
            viewpoint: From where.
            poses: Of the moving parts: x, y, z, w, x, y, z. [B, 7]; None where nothing moves

        Returns:
            By instance, the points of each of its convex pieces, world, m. Each [K, 3]
        """

    def solids(self, poses: np.ndarray | None) -> dict[int, dict[str, Any]]:
        """The box of each thing, `centre`, `quaternion` and `size` as `kinds.BOX_3D` has them, by instance."""


def categories(things: Iterable[Things]) -> list[str]:
    """The names of all categories, in the order of the alphabet: those of the semantic ids 1, 2, …"""
    return sorted({thing.category for some in things for thing in some.table})


def semantics(instances: np.ndarray, things: Iterable[Things], names: Sequence[str]) -> np.ndarray:
    """Semantic ids: what kind of thing each pixel shows.

    Args:
        instances: Ids. [H, W] uint16
        things: What has them.
        names: Of the categories 1, 2, …

    Returns:
        0 for the background and for ids and categories that are not listed. [H, W] uint16
    """
    number = {name: index + 1 for index, name in enumerate(names)}
    table = np.zeros(1 + 65535, np.uint16)
    for some in things:
        for thing in some.table:
            table[thing.instance] = number.get(thing.category, 0)
    return table[instances]
