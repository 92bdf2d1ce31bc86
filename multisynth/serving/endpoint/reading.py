"""An answer as its bytes come in: streamed or, from servers that do not stream, in one piece."""

from __future__ import annotations

import asyncio
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any

from multisynth.serving.endpoint import wire
from multisynth.serving.endpoint.faults import Again
from multisynth.serving.protocol import Request

if TYPE_CHECKING:
    import httpx

COUNTS, END = 5.0, 0.25
"""Seconds: for the token counts to follow the text, and for a stream to end behind its `[DONE]`, so that the next
request finds the connection open."""
_LONGEST_ERROR = 1 << 16


async def read(response: httpx.Response, request: Request) -> wire.Answer:
    """A whole answer. Once the model has finished it is one, and paid for, whatever the connection does afterwards.

    Raises:
        Again: It is cut off, malformed or too long.
        httpx.HTTPError: The connection broke or was silent for too long.
    """
    import httpx

    if response.headers.get("content-encoding", "identity") != "identity":
        raise Again("the answer is compressed, which was not asked for")
    answer, most = wire.Answer(request), wire.most_bytes(request)
    streamed, length, rest = False, 0, bytearray()
    allowed = None
    try:
        async with asyncio.timeout(None) as last:
            async for chunk in response.aiter_raw():
                streamed = streamed if length else _streams(response.headers.get("content-type", ""), chunk)
                length += len(chunk)
                if length > most:
                    raise Again(f"the answer is too long: over {most} bytes")
                rest += chunk
                if streamed and b"\n" in chunk:
                    *lines, left = rest.split(b"\n")
                    rest = bytearray(left)
                    for line in lines:
                        answer.event(bytes(line).strip())
                wanted = END if answer.whole else COUNTS if answer.finish else None
                if wanted is not None and wanted != allowed:
                    last.reschedule(asyncio.get_running_loop().time() + wanted)
                    allowed = wanted
        if not streamed:
            answer.part(bytes(rest))
        elif rest.strip():
            answer.event(bytes(rest).strip())
    except (Again, TimeoutError, httpx.HTTPError):
        if not answer.finish:
            raise
    if not answer.finish:
        raise Again("the answer is cut off" if streamed else "the answer has no choice that is finished")
    return answer


async def beginning(response: Any) -> bytes:
    """What a refusal says, or the beginning of it."""
    said = bytearray()
    async for chunk in response.aiter_raw():
        said += chunk
        if len(said) >= _LONGEST_ERROR:
            break
    return bytes(said[:_LONGEST_ERROR])


def _streams(kind: str, first: bytes) -> bool:
    """Whether an answer is a stream of events: by its header or, without one, if it does not begin as JSON does."""
    if kind:
        return kind.lower().startswith("text/event-stream")
    return not first.removeprefix(BOM_UTF8).lstrip().startswith(b"{")
