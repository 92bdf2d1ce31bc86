"""Which photos are worth comparing in full."""

from __future__ import annotations

import numpy as np

_COARSE = 256  # features of a photo that are compared first
_RATIO = 0.8  # of the distances to the nearest and the second (Lowe 2004)
_LEAST = 8  # coarse features two photos must share; photos of different things share up to 6 by chance
_PARTNERS = 20  # of a photo, at most
_NEIGHBOURS = 5  # before and after a photo


def pairs(descriptors: list[np.ndarray], exhaustive: int) -> list[tuple[int, int]]:
    """Pairs of photos, in order.

    All pairs up to a number of photos; beyond it the neighbours in the order given, as of a walk or a film, and those
    whose coarsest features agree: preemptive matching (Wu, Towards linear-time incremental structure from motion,
    2013), which needs no vocabulary.

    Args:
        descriptors: Of each photo, the coarsest first. Each [N, 128] uint8
        exhaustive: Photos up to which all pairs are compared.
    """
    count = len(descriptors)
    if count <= exhaustive:
        return [(one, other) for one in range(count) for other in range(one + 1, count)]
    found = {(one, other) for one in range(count) for other in range(one + 1, min(one + 1 + _NEIGHBOURS, count))}
    coarse = [_unit(each[:_COARSE]) for each in descriptors]
    shared = np.zeros((count, count), np.int32)
    for one in range(count):
        for other in range(one + 1, count):
            shared[one, other] = shared[other, one] = _agreeing(coarse[one], coarse[other])
    for one, row in enumerate(shared):
        best = np.argsort(-row, kind="stable")[:_PARTNERS]
        found |= {(min(one, int(other)), max(one, int(other))) for other in best if row[other] >= _LEAST}
    return sorted(found)


def _unit(descriptors: np.ndarray) -> np.ndarray:
    wide = descriptors.astype(np.float32)
    unit: np.ndarray = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-6)
    return unit


def _agreeing(one: np.ndarray, other: np.ndarray) -> int:
    """How many features of both are each other's nearest, and clearly so."""
    if min(len(one), len(other)) < 2:
        return 0
    near = one @ other.T
    best = near.argmax(axis=1)
    mutual = near.argmax(axis=0)[best] == np.arange(len(one))
    second, first = np.partition(near, -2, axis=1)[:, -2:].T
    clear = 1 - first < _RATIO**2 * (1 - second)  # squared distances of unit vectors are 2 (1 - cosine)
    return int((mutual & clear).sum())
