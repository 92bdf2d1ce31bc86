"""Exact search of binary codes within a Hamming distance (Norouzi, Punjani and Fleet, "Fast search in Hamming space
with multi-index hashing", CVPR 2012).
"""

from __future__ import annotations

from itertools import pairwise


class HammingIndex:
    """Codes that grow one by one, cut into radius + 1 bands.

    Two codes that differ in at most `radius` bits agree in at least one band (pigeonhole), so looking into the buckets
    of a code's own bands finds every neighbour.

    Args:
        bits: Bits in a code.
        radius: The greatest distance at which codes are neighbours.
    """

    def __init__(self, bits: int, radius: int) -> None:
        self._radius = radius
        edges = [bits * band // (radius + 1) for band in range(radius + 2)]
        self._bands = [(low, (1 << (high - low)) - 1) for low, high in pairwise(edges)]
        self._buckets: list[dict[int, list[int]]] = [{} for _ in self._bands]
        self._codes: list[int] = []

    def add(self, code: int) -> None:
        """Take in a code; it gets the next place, from 0."""
        for (low, mask), buckets in zip(self._bands, self._buckets, strict=True):
            buckets.setdefault((code >> low) & mask, []).append(len(self._codes))
        self._codes.append(code)

    def nearest(self, code: int) -> tuple[int, int] | None:
        """Place and distance of the nearest code within the radius, the earliest among equals."""
        best: tuple[int, int] | None = None
        for (low, mask), buckets in zip(self._bands, self._buckets, strict=True):
            for place in buckets.get((code >> low) & mask, ()):
                found = ((self._codes[place] ^ code).bit_count(), place)
                if found[0] <= self._radius and (best is None or found < best):
                    best = found
        return None if best is None else (best[1], best[0])
