"""The different questions of one part, in the order in which a source draws them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import NamedTuple

from .parts import Part, digest, part_of

PATIENCE = 5_000
"""Draws in a row that bring no new question, after which no more are looked for."""


class NoMore(Exception):
    """The draws bring no new question any more."""


class Asked(NamedTuple):
    """A question.

    Args:
        words: As it is put.
        key: By which its part is decided; its like have the same.
    """

    words: str
    key: str


class Draws:
    """Finds the draw for an ordinal: ordinal k has the k-th question that is of the part and did not come before.

    So it depends on nothing but the draws before it. They are looked at once, in order, however often and in
    whatever batches ordinals are asked for; 8 bytes a draw that was taken are kept, and the 64 bits of its digest.

    Args:
        asked: The question of a draw 0, 1, 2, …; None for one that cannot be made. That one keeps its place, so that
            its ordinal fails and no other has a different question for it.
        part: Questions of the other part are passed over.
    """

    def __init__(self, asked: Callable[[int], Asked | None], part: Part) -> None:
        self._asked, self._part = asked, part
        self._taken = array("Q")
        self._seen: set[int] = set()
        self._next = self._idle = 0

    def __getitem__(self, ordinal: int) -> int:
        """The draw of an ordinal.

        Raises:
            NoMore: The draws do not bring so many different questions.
        """
        while len(self._taken) <= ordinal:
            if self._idle >= PATIENCE:
                raise NoMore(f"{len(self._seen)} different ones of this part in {self._next} draws")
            self._look()
        return self._taken[ordinal]

    def _look(self) -> None:
        draw = self._next
        asked = self._asked(draw)
        new = asked is None or (part_of(asked.key) == self._part and digest(asked.words) not in self._seen)
        if new:
            self._taken.append(draw)
            if asked is not None:
                self._seen.add(digest(asked.words))
        self._next, self._idle = draw + 1, 0 if new else self._idle + 1
