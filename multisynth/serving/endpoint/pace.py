"""How many requests an endpoint gets at once."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType

FIRST = 8
"""Requests at once to begin with."""


class Pace:
    """Additive increase, multiplicative decrease, as in TCP (Chiu and Jain 1989; slow start, Jacobson 1988).

    Until the endpoint first objects, each answer lets one more request run, so that their number doubles with each
    round; from then on each round of answers lets one more run. An objection halves them, once for all requests that
    were on their way together, and holds every request back for as long as the endpoint asks. Between 1 and `most`.

    Args:
        most: Requests at once at most.
    """

    def __init__(self, most: int) -> None:
        self.most, self.limit = most, float(min(FIRST, most))
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._slow_start = True
        self._halved = self._opens = float("-inf")

    async def __aenter__(self) -> float:
        """Wait for a place; the time at which the request goes, for `objected`."""
        if self._running < int(self.limit) and not self._waiting:
            self._running += 1
        else:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._leave()
                raise
        loop = asyncio.get_running_loop()
        try:
            while (wait := self._opens - loop.time()) > 0:
                await asyncio.sleep(wait)
        except asyncio.CancelledError:
            self._leave()
            raise
        return loop.time()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the place to whoever waits longest."""
        self._leave()

    def _leave(self) -> None:
        self._running -= 1
        while self._waiting and self._running < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._running += 1

    def answered(self) -> None:
        """A request was answered."""
        more = 1.0 if self._slow_start else 1.0 / self.limit
        self.limit = min(self.limit + more, float(self.most))

    def objected(self, sent: float, wait: float) -> None:
        """The endpoint wants fewer requests.

        Args:
            sent: When the request went to which it says so.
            wait: Seconds in which it gets none.
        """
        now = asyncio.get_running_loop().time()
        self._opens = max(self._opens, now + wait)
        self._slow_start = False
        if sent >= self._halved:
            self.limit, self._halved = max(1.0, self.limit / 2), now
