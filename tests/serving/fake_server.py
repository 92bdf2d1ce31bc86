"""A server of OpenAI's completions over real sockets whose answers and faults follow from a seed alone.

What a request gets at its n-th try is drawn from the seed, its body and n, whatever the order in which requests come.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

FAULTS = (
    "429", "429 wait", "500", "502", "503", "reset", "reset midway", "silence", "stall", "truncated", "closed early",
    "malformed", "no choices", "wrong types", "error midway", "page",
)  # fmt: skip
"""All that goes by: a client that tries again gets its answer in the end."""
_ENDS = ("held at the end", "pings at the end", "reset at the end", "closed at the end")
ODDITIES = (*_ENDS, "odd counts", "counts alone")
"""What follows a whole answer, or stands in it: a client that asks again for any of these pays twice."""
_ODD_COUNTS = ({}, {"prompt_tokens": None, "completion_tokens": 3}, {"prompt_tokens": -1}, {"prompt_tokens": "5"})


@dataclass
class FakeServer:
    """Serves from a thread of its own, between `with` and its end.

    Args:
        seed: Of the faults.
        faults: How likely each fault or oddity is at each try.
        most_faults: Tries of one request that may go wrong.
        pause: Seconds between the parts of an answer.
        streams: Whether it streams where it is asked to.
        usage: Whether it tells numbers of tokens.
        capacity: Requests at once above which it answers 429; 0 for any number.
        always: A fault or an oddity that every request gets at every try.
        refuses: Fields that it answers with 400.
        blocks: A word for which it answers a request with 400 that quotes it, as filters do.
        kind: The content type of its streams; none where it is empty.
        mark: Whether they begin with a byte-order mark.
        reply: Text of every answer, of each in turn, or by the request's digest; by default it follows from that.
        finish: What it gives as reason for the end; by default as it is.
    """

    seed: int = 0
    faults: Mapping[str, float] = field(default_factory=dict)
    most_faults: int = 1000
    pause: float = 0.0
    streams: bool = True
    usage: bool = True
    capacity: int = 0
    always: str = ""
    refuses: tuple[str, ...] = ()
    blocks: str = ""
    kind: str = "text/event-stream"
    mark: bool = False
    reply: str | tuple[str, ...] | Callable[[str], str] | None = None
    finish: str | None = None

    tries: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    deliveries: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    connections: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def __enter__(self) -> FakeServer:
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def delivered(self) -> Counter[str]:
        """How often each request was answered to the last byte."""
        return Counter(self.deliveries)

    def _serve(self, ready: threading.Event) -> None:
        async def main() -> None:
            self._end = asyncio.Event()
            self._handlers: set[asyncio.Task[None]] = set()
            server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await self._end.wait()
            server.close()
            for handler in self._handlers:
                handler.cancel()
            await asyncio.gather(*self._handlers, return_exceptions=True)

        self._loop.run_until_complete(main())
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        writer.transport.set_write_buffer_limits(0)  # `drain` then waits until the kernel has everything
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = next(
                    int(h.split(":")[1]) for h in head.split("\r\n") if h.lower().startswith("content-length")
                )
                body = await reader.readexactly(length)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    await self._answer(head, body, reader, writer)
                finally:
                    self.at_once -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self._handlers.discard(task)

    async def _answer(self, head: str, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = hashlib.sha256(body).hexdigest()
        asked = json.loads(body)
        self.heads.append(head)
        self.bodies.append(asked)
        draw = random.Random(f"{self.seed} {key} {self.tries[key]}")
        self.tries[key] += 1
        fault = self.always
        if not fault and self.tries[key] <= self.most_faults:
            fault = draw.choices([*self.faults, ""], [*self.faults.values(), 1 - sum(self.faults.values())])[0]
        if self.capacity and self.at_once > self.capacity:
            fault = "429"
        refused = [name for name in self.refuses if name in asked]
        if refused:
            fault = "400"
            said = f"Unrecognized request arguments supplied: {', '.join(refused)}"
            self._say(writer, 400, {"error": {"message": said}})
        elif self.blocks and self.blocks in str(asked["messages"]):
            fault = "400"
            said = f"Unsupported content: {asked['messages'][-1]['content']!r} was blocked"
            self._say(writer, 400, {"error": {"message": said}})
        elif fault == "400 model":
            self._say(writer, 400, {"error": {"message": "invalid model name", "code": "model_not_found"}})
        self.given[fault] += 1
        if fault.split(" ")[0].isdigit():
            if not fault.startswith("400"):
                headers = {"Retry-After": "0.05"} if fault.endswith("wait") else {}
                self._say(writer, int(fault.split(" ")[0]), {"error": {"message": "not now"}}, headers)
            await writer.drain()
        elif fault == "reset":
            writer.transport.abort()
        elif fault == "silence":
            await reader.read()  # until the client has had enough
        elif fault == "page":
            self._write(writer, 200, b"<html>Bad gateway</html>", "text/html")
        else:
            await self._text(key, asked, fault, reader, writer)

    async def _text(
        self, key: str, asked: dict[str, Any], fault: str, reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:  # fmt: skip
        parts = self._parts(key, asked)
        if fault == "malformed":
            parts[len(parts) // 2] = '{"choices": [{"delta": {"cont'
        elif fault == "no choices":
            parts = ['{"choices": []}']
        elif fault == "wrong types":
            parts[0] = '{"choices": [{"index": 0, "delta": {"content": 5}, "text": 5}]}'
        elif fault == "error midway":
            parts[len(parts) // 2] = '{"error": {"message": "CUDA out of memory", "code": 500}}'
        elif fault == "odd counts":
            parts[-1] = json.dumps({"choices": [], "usage": _ODD_COUNTS[int(key, 16) % len(_ODD_COUNTS)]})
        elif fault == "counts alone":
            parts[-1] = json.dumps({"usage": json.loads(parts[-1])["usage"]})
        streams = asked.get("stream") and self.streams
        if not streams:
            whole = parts[0] if len(parts) == 1 else _whole(parts)
            data = whole.encode()
            if fault in ("reset midway", "stall", "truncated", "closed early"):
                self._write(writer, 200, data, "application/json", cut=len(data) // 2)
            else:
                self._write(writer, 200, data, "application/json")
        else:
            kind = f"Content-Type: {self.kind}\r\n" if self.kind else ""
            writer.write(f"HTTP/1.1 200 OK\r\n{kind}Transfer-Encoding: chunked\r\n\r\n".encode())
            if self.mark:
                _chunk(writer, b"\xef\xbb\xbf")
            half = len(parts) // 2 if fault in ("reset midway", "stall", "truncated", "closed early") else len(parts)
            for part in parts[:half]:
                _chunk(writer, f"data: {part}\n\n".encode())
                await writer.drain()
                if self.pause:
                    await asyncio.sleep(self.pause)
            if half == len(parts):
                over = b"" if fault in _ENDS else b"0\r\n\r\n"
                _chunk(writer, b": a comment\n\ndata: [DONE]\n\n", over)
            elif fault == "closed early":
                _chunk(writer, b"")  # HTTP says that this is all
        if fault == "reset midway":
            writer.transport.abort()
            return
        await writer.drain()
        if fault == "stall":
            await reader.read()
        if fault in ("truncated", "stall", "closed early"):
            raise ConnectionError  # which closes it
        if (not fault or fault in ODDITIES) and not writer.is_closing():
            self.deliveries.append(key)
        if not streams:
            return
        if fault == "reset at the end":
            writer.transport.abort()
        elif fault == "held at the end":
            await reader.read()
        elif fault == "closed at the end":
            raise ConnectionError
        while fault == "pings at the end" and not writer.is_closing():
            _chunk(writer, b": ping\n\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    def _parts(self, key: str, asked: dict[str, Any]) -> list[str]:
        """The objects of a streamed answer."""
        if isinstance(self.reply, tuple):
            text: str | None = self.reply[(len(self.bodies) - 1) % len(self.reply)]
        else:
            text = self.reply(key) if callable(self.reply) else self.reply
        if text is None:
            draw = random.Random(key)
            text = f" So many, then. The answer is {draw.randrange(1, 30)}.\n\nQuestion: and so on"
        words = text.replace(" ", "\0 ").split("\0") if text else []
        words = [word for word in words if word]
        finish = self.finish or ("length" if len(words) > asked["max_tokens"] else "stop")
        words = words[: asked["max_tokens"]]
        chat = "messages" in asked
        parts = []
        for word in [*words, None]:
            choice: dict[str, Any] = {"index": 0, "finish_reason": finish if word is None else None}
            choice |= {"delta": {} if word is None else {"content": word}} if chat else {"text": word or ""}
            if asked.get("logprobs") is not None and asked["logprobs"] is not False and word is not None:
                choice["logprobs"] = _logprobs(word, asked, chat)
            parts.append(json.dumps({"choices": [choice]}))
        if self.usage:
            counts = {"prompt_tokens": len(json.dumps(asked).split()), "completion_tokens": len(words) + 1}
            parts.append(json.dumps({"choices": [], "usage": counts}))
        return parts

    def _say(
        self, writer: asyncio.StreamWriter, status: int, data: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        self._write(writer, status, json.dumps(data).encode(), "application/json", headers)

    def _write(
        self, writer: asyncio.StreamWriter, status: int, data: bytes, kind: str,
        headers: Mapping[str, str] | None = None, cut: int | None = None,
    ) -> None:  # fmt: skip
        lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + data[:cut])


def _chunk(writer: asyncio.StreamWriter, data: bytes, rest: bytes = b"") -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n" + rest)


def _logprobs(word: str, asked: dict[str, Any], chat: bool) -> dict[str, Any]:
    near = [{"token": f" {k}", "logprob": -2.0 - k} for k in range(asked.get("top_logprobs", asked["logprobs"]))]
    if chat:
        return {"content": [{"token": word, "logprob": -len(word) / 10, "top_logprobs": near}]}
    named = {one["token"]: one["logprob"] for one in near}
    return {"tokens": [word], "token_logprobs": [-len(word) / 10], "top_logprobs": [named], "text_offset": [0]}


def _whole(parts: list[str]) -> str:
    """What a server that does not stream answers."""
    read = []
    for part in parts:
        try:
            read.append(json.loads(part))
        except ValueError:
            return parts[0] + part
    wrong = next((one for one in read if "error" in one), None)
    if wrong is not None:
        return json.dumps(wrong)
    choices = [choice for one in read for choice in one.get("choices", ())]
    chat = any("delta" in choice for choice in choices)
    said = [choice["delta"].get("content", "") if "delta" in choice else choice["text"] for choice in choices]
    whole: dict[str, Any] = {"index": 0, "finish_reason": choices[-1]["finish_reason"]}
    text: Any = "".join(said) if all(isinstance(one, str) for one in said) else 5
    whole |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    measured = [choice["logprobs"] for choice in choices if "logprobs" in choice]
    if measured:
        whole["logprobs"] = {name: [x for one in measured for x in one[name]] for name in measured[0]}
    return json.dumps({"choices": [whole], **({"usage": read[-1]["usage"]} if "usage" in read[-1] else {})})
