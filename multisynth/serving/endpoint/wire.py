"""Requests as an OpenAI-compatible endpoint reads them, and its answers, whole or streamed, read as hostile text."""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from multisynth.serving.endpoint.faults import Again
from multisynth.serving.protocol import Completion, Request

NEUTRAL: dict[str, Any] = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
"""Fields that servers fill with their own default (llama.cpp) or the model's (vLLM) where a request lacks them."""
SCHEMA_NAME = "answer"
_FINISHES = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "model_length"), "length"),
}
"""Reasons of other families of servers (TGI, Anthropic, Cohere, Mistral, Gemini) in OpenAI's words."""
_SEEDS = (1 << 53) - 1
"""Largest whole number that every reader of JSON keeps exactly."""


def path(request: Request) -> str:
    """Where a request goes, below the endpoint's address."""
    return "/completions" if isinstance(request.prompt, str) else "/chat/completions"


def payload(request: Request, model: str, without: frozenset[str]) -> dict[str, Any]:
    """The body of a request.

    Args:
        request: What is asked. A `prefix` is put after a plain prompt. In a chat it is sent as the beginning of the
            assistant's message, with the fields by which vLLM continues it; llama.cpp does so of itself.
        model: What the endpoint calls the model.
        without: Fields that the endpoint does not take.
    """
    fields: dict[str, Any] = {
        "model": model,
        "max_completion_tokens" if "max_tokens" in without else "max_tokens": request.max_tokens,
        "temperature": request.temperature, "top_p": request.top_p,
        **NEUTRAL, "top_k": request.top_k, "seed": request.seed & _SEEDS,
        "stream": True, "stream_options": {"include_usage": True},
    }  # fmt: skip
    if isinstance(request.prompt, str):
        fields["prompt"] = request.prompt + request.prefix
        if request.logprobs or request.alternatives:
            fields["logprobs"] = request.alternatives
    else:
        messages = [message._asdict() for message in request.prompt]
        if request.prefix:
            messages.append({"role": "assistant", "content": request.prefix})
            fields |= {"continue_final_message": True, "add_generation_prompt": False}
        fields["messages"] = messages
        if request.logprobs or request.alternatives:
            fields |= {"logprobs": True, "top_logprobs": request.alternatives}
    if request.stop:
        fields["stop"] = list(request.stop)
    if request.schema:
        form: dict[str, Any] = {"name": SCHEMA_NAME, "schema": json.loads(request.schema), "strict": True}
        if "strict" in without:
            del form["strict"]
        fields["response_format"] = {"type": "json_schema", "json_schema": form}
    return {name: value for name, value in fields.items() if name not in without or name == "max_tokens"}


def spare(request: Request, without: frozenset[str]) -> frozenset[str]:
    """Fields of a request that can be left out, or written another way, without another answer being asked for.

    A server that does not know `top_k` cuts nothing off, so 0 need not be said; where it lacks `response_format`, what
    it answers is validated all the same, and `seed` is a courtesy that hosted models promise nothing for.
    """
    can = {"min_p", "repetition_penalty", "stream_options", "seed", "max_tokens"}
    if request.top_k == 0:
        can.add("top_k")
    if request.schema:
        can.add("strict" if "strict" not in without else "response_format")
    return frozenset(can) - without


def most_bytes(request: Request) -> int:
    """How long an answer may be: a streamed token takes some hundred bytes, and so does each of its alternatives."""
    return (1 << 20) + request.max_tokens * (2048 + 512 * request.alternatives)


@dataclass
class Answer:
    """What has come of an answer.

    Args:
        request: To which.
        whole: Whether its end has come; nothing counts after that.
    """

    request: Request
    whole: bool = False
    _text: list[str] = field(default_factory=list)
    _tokens: list[str] = field(default_factory=list)
    _logprobs: list[float] = field(default_factory=list)
    _alternatives: list[tuple[tuple[str, float], ...]] = field(default_factory=list)
    _finish: str | None = None
    _usage: tuple[int, int] | None = None

    def event(self, line: bytes) -> None:
        """Take a line of a stream of server-sent events.

        Raises:
            Again: It is not what it should be.
        """
        line = line.removeprefix(BOM_UTF8)
        if self.whole or not line.startswith(b"data:"):
            return  # a comment that keeps the connection open, the name of an event, the end of one
        data = line[5:].strip()
        if data == b"[DONE]":
            self.whole = True
        else:
            self.part(data)

    def part(self, data: bytes) -> None:
        """Take an object of JSON: one of a stream, or the whole answer.

        Raises:
            Again: It is not what it should be.
        """
        try:
            parsed = json.loads(data, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise Again("the answer is malformed JSON") from error
        try:
            self._take(parsed)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise Again("the answer has another form than OpenAI's") from error

    def _take(self, parsed: Any) -> None:
        if "error" in parsed and parsed["error"] is not None:
            raise Again("the answer broke off with an error of the server")
        self._usage = _usage(parsed.get("usage")) or self._usage
        for choice in parsed.get("choices") or ():
            if choice.get("index", 0) != 0:
                continue
            chat = choice.get("delta", choice.get("message"))
            self._text.append(_string(choice.get("text") if chat is None else chat.get("content")))
            if choice.get("finish_reason") is not None:
                reason = _string(choice["finish_reason"])
                self._finish = _FINISHES.get(reason.lower(), reason)
            if choice.get("logprobs") is not None:
                self._take_logprobs(choice["logprobs"])

    def _take_logprobs(self, logprobs: Any) -> None:
        if logprobs.get("content") is not None:  # as chats have them, and llama.cpp both
            for token in logprobs["content"]:
                near = [(_string(one["token"]), _number(one["logprob"])) for one in token.get("top_logprobs") or ()]
                self._place(_string(token["token"]), _number(token["logprob"]), near)
        elif logprobs.get("tokens") is not None:
            nears = logprobs.get("top_logprobs") or [None] * len(logprobs["tokens"])
            for token, logprob, near in zip(logprobs["tokens"], logprobs["token_logprobs"], nears, strict=False):
                pairs = [(_string(name), _number(value)) for name, value in (near or {}).items()]
                self._place(_string(token), _number(logprob), pairs)

    def _place(self, token: str, logprob: float, near: list[tuple[str, float]]) -> None:
        self._tokens.append(token)
        self._logprobs.append(logprob)
        near.sort(key=lambda pair: -pair[1])
        self._alternatives.append(tuple(near[: self.request.alternatives]))

    @property
    def finish(self) -> str:
        """Why the model stopped: `stop`, `length` or another of the endpoint's words; empty before it did."""
        return self._finish or ""

    @property
    def counted(self) -> bool:
        """Whether the endpoint told how many tokens it read and wrote."""
        return self._usage is not None

    @property
    def measured(self) -> bool:
        """Whether it told the log-probabilities that were asked for; of no text there are none."""
        return bool(self._logprobs) or not any(self._text)

    def completion(self) -> Completion:
        """The answer, cut before the first stop string; see `EndpointEngine` for what it says of tokens."""
        request = self.request
        # A surrogate pair may come in two parts; one alone is no character, and could not be kept.
        text = "".join(self._text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if request.prefix and not isinstance(request.prompt, str) and text.startswith(request.prefix):
            text = text[len(request.prefix) :]
        cut = min((at for mark in request.stop if (at := text.find(mark)) >= 0), default=-1)
        text = text if cut < 0 else text[:cut]
        kept = self._kept(text)
        read, written = self._usage or self._counts()
        return Completion(
            text, (), tuple(self._logprobs[:kept]) if request.logprobs else None,
            "length" if self._finish == "length" and cut < 0 else "stop", read, written,
            tuple(self._alternatives[:kept]) if request.alternatives else None,
        )  # fmt: skip

    def _kept(self, text: str) -> int:
        """How many of the measured tokens the text is made of; servers also measure the end of text and the stop."""
        whole = "".join(self._tokens)
        if not whole.startswith(text):
            return len(self._tokens)  # such as tokens that hold half of a character
        length = kept = 0
        while length < len(text):
            length += len(self._tokens[kept])
            kept += 1
        return kept

    def _counts(self) -> tuple[int, int]:
        prompt = self.request.prompt
        parts = [prompt] if isinstance(prompt, str) else [message.content for message in prompt]
        read = sum(len(part.encode()) for part in (*parts, self.request.prefix))
        written = len("".join(self._text).encode("utf-8", "replace"))
        return math.ceil(read / 4), len(self._tokens) or math.ceil(written / 4)


def _string(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(type(value))
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(type(value))
    return float(value)


def _usage(told: Any) -> tuple[int, int] | None:
    """Tokens read and written; None where that is not told, or told in another form than OpenAI's."""
    if not isinstance(told, dict):
        return None
    read, written = told.get("prompt_tokens"), told.get("completion_tokens", 0)
    return (int(read), int(written)) if _is_count(read) and _is_count(written) else None


def _is_count(value: Any) -> TypeGuard[int | float]:
    return type(value) in (int, float) and 0 <= value < 1 << 40 and value == int(value)


def _no_number(text: str) -> float:
    raise ValueError(text)
