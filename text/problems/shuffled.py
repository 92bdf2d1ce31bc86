"""A random order of 0 … n - 1 that is never written down: any place of it, or of a number in it, at once."""

from __future__ import annotations

import hashlib

_ROUNDS = 6


class Shuffled:
    """A bijection of `range(size)` chosen by a key: a Feistel network with cycle walking.

    Black and Rogaway 2002, "Ciphers with arbitrary finite domains", sections 3 and 5.

    Args:
        size: How many numbers, at least 1.
        key: Chooses the order.
    """

    def __init__(self, size: int, key: str) -> None:
        self.size = size
        self._key = hashlib.blake2b(key.encode(), digest_size=16).digest()
        self._half = max(1, ((size - 1).bit_length() + 1) // 2)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, place: int) -> int:
        """The number at a place."""
        if not 0 <= place < self.size:
            raise IndexError(place)
        while True:  # the network permutes at most 4 times as many numbers: walk on until one is in range
            place = self._permuted(place)
            if place < self.size:
                return place

    def _permuted(self, number: int) -> int:
        mask = (1 << self._half) - 1
        left, right = number >> self._half, number & mask
        for turn in range(_ROUNDS):
            digest = hashlib.blake2b(right.to_bytes(16, "little"), digest_size=16, key=self._key, salt=bytes([turn]))
            left, right = right, left ^ (int.from_bytes(digest.digest(), "little") & mask)
        return left << self._half | right
