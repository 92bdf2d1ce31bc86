"""Whether two clauses speak of the same: their words side by side, and what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .opposites import exclusive, opposite

MOST = 5  # words that one clause may have more than the other


@dataclass(frozen=True)
class Alignment:
    """Two sequences of stems side by side.

    Args:
        pairs: Places in one and in the other that say the same or the opposite, by the place in the first.
        flips: How many of them say the opposite.
        left: Places of the first that have no counterpart.
        right: Places of the second that have none.
        contrasts: Pairs of such places that stand in the same gap: `for adults`, `for children`.
    """

    pairs: tuple[tuple[int, int], ...]
    flips: int
    left: tuple[int, ...]
    right: tuple[int, ...]
    contrasts: tuple[tuple[int, int], ...]

    def same(self, *, modal: bool = False, counts: bool = False) -> bool:
        """Whether both are about the same: enough is shared, and nothing stands in another's place.

        With `modal` they also share that they say what must, may or can be, with `counts` a number.
        """
        if self.contrasts or not self.pairs or max(len(self.left), len(self.right)) > MOST:
            return False
        if not self.left and not self.right:
            return True
        return (
            len(self.pairs) + modal >= (4 if modal else 3)
            if self.left and self.right
            else len(self.pairs) + modal + counts >= 2
        )


def align(one: Sequence[str], other: Sequence[str]) -> Alignment:
    """Pair off equal words, then words that say the same or the opposite."""
    free: dict[str, list[int]] = {}
    for place in range(len(other) - 1, -1, -1):
        free.setdefault(other[place], []).append(place)
    pairs = {place: free[word].pop() for place, word in enumerate(one) if free.get(word)}
    flips = 0
    taken = set(pairs.values())
    for place, word in enumerate(one):
        if place in pairs:
            continue
        for there, yours in enumerate(other):
            if there not in taken and (turned := opposite(word, yours)) is not None:
                pairs[place] = there
                taken.add(there)
                flips += turned
                break
    left = tuple(k for k in range(len(one)) if k not in pairs)
    right = tuple(k for k in range(len(other)) if k not in taken)
    return Alignment(tuple(sorted(pairs.items())), flips, left, right, _contrasts(one, other, pairs, left, right))


def _contrasts(
    one: Sequence[str], other: Sequence[str], pairs: dict[int, int], left: Sequence[int], right: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """Words left over that share a neighbour; the end of a clause goes on at its beginning, where it may be fronted."""
    if not left or not right or not pairs:
        return ()
    back = {there: here for here, there in pairs.items()}
    mine = {k: _neighbours(k, len(one), {place: place for place in pairs}) for k in left}
    yours = {k: _neighbours(k, len(other), back) for k in right}
    return tuple(
        (a, b)
        for a in left
        for b in right
        if exclusive(one[a], other[b]) or mine[a][0] == yours[b][0] or mine[a][1] == yours[b][1]
    )


def _neighbours(place: int, length: int, paired: dict[int, int]) -> tuple[int, int]:
    """The nearest paired words before and after, named by their places in the first clause."""
    before = next(paired[k % length] for k in range(place - 1, place - length - 1, -1) if k % length in paired)
    after = next(paired[k % length] for k in range(place + 1, place + length + 1) if k % length in paired)
    return before, after
