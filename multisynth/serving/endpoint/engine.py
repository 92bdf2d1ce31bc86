"""Asks a model behind an endpoint, until it answers or there is no use."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from multisynth.errors import BadInput, Hopeless
from multisynth.serving.endpoint import reading, wire
from multisynth.serving.endpoint.faults import Again, Lesser, NoAnswer, hopeless, refusal, without_key
from multisynth.serving.endpoint.options import Endpoint
from multisynth.serving.endpoint.pace import Pace
from multisynth.serving.protocol import Completion, Request, Unfit
from multisynth.serving.schema import mistake

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds: waits before further attempts are drawn from 0 to a bound that doubles from the first to the longest."""
PATIENCE = 64
"""Tokens that a model must make within the endpoint's `timeout` on average, however steadily bytes drip."""
ANSWERS = 3
"""Answers asked for one that satisfies its schema."""
CONNECTING = 10.0
"""Seconds that a connection may take at least; `timeout` counts once there is one."""


class EndpointEngine:
    """Asks a model behind an OpenAI-compatible endpoint, with as many requests at once as it bears (`pace.Pace`).

    Answers are streamed. What fails for a passing reason (408, 409, 425, 429, 5xx, a connection that breaks, a stream
    without a byte for `timeout` seconds, an answer cut off, malformed or far too long) is tried again `attempts` times
    in all, after waits with full jitter (Brooker 2015) or as long as `Retry-After` says. A field that a server does not
    know is left out where that asks for the same (`wire.spare`), and from then on if it answers without. Where the
    first request to fail finds that none ever reached the endpoint, there is no use in the others.

    Of completions: `token_ids` are empty, for endpoints tell none. Tokens are counted by the endpoint's `usage`; where
    it has none, those made by the log-probabilities that were asked for, else one for every four bytes, and a warning
    says so. A server need not hold decoding to a schema: an answer that does not satisfy it is asked for again with
    another seed, `ANSWERS` times in all; the last is returned as it is, and all of them are counted.

    A chat's `prefix` needs a server that continues the last message: vLLM, llama.cpp and what follows them. One that
    refuses fails the request; one that starts a new answer cannot be told from one that continues, except where it
    repeats the prefix, which is then taken away.

    Args:
        endpoint: Which one.

    Raises:
        BadInput: Its key cannot be used.
    """

    name = "endpoint"

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint, self._key = endpoint, endpoint.secret()
        self._pace = Pace(endpoint.at_once)
        self._without: frozenset[str] = frozenset()
        self._hopeless: Hopeless | None = None
        self._reached = False
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._warned: set[str] = set()

    async def complete(self, request: Request) -> Completion:
        """Answer one request; all must come from one event loop.

        Raises:
            Unfit: The model cannot take it: too long, or cut by a filter.
            Hopeless: The endpoint answers no request at all.
            BadInput: It does not take this one.
            NoAnswer: It was tried `attempts` times.
        """
        if request.watermark is not None:
            raise Hopeless(
                f"{self._endpoint.name} at {self._endpoint.url} cannot watermark: that takes the model's logits",
                "leave the watermark away, or run the model here",
            )
        if not request.schema:
            return await self._answer(request)
        read = written = 0
        for number in range(ANSWERS if request.temperature else 1):
            completion = await self._answer(replace(request, seed=request.seed + number))
            read, written = read + completion.prompt_tokens, written + completion.generated
            if mistake(request.prefix + completion.text, request.schema) is None:
                break
        return replace(completion, prompt_tokens=read, generated=written)

    def close(self) -> None:
        """Close the connections."""
        client, loop, self._client = self._client, self._loop, None
        if client is None or loop is None or loop.is_closed():
            return
        if loop.is_running():
            loop.create_task(client.aclose())
        else:
            loop.run_until_complete(client.aclose())

    async def _answer(self, request: Request) -> Completion:
        jitter = random.Random(request.digest())
        tried, without = 0, self._without
        while True:
            bound = min(LONGEST_WAIT, FIRST_WAIT * 2**tried)
            async with self._pace as sent:
                if self._hopeless is not None:
                    raise Hopeless(*self._hopeless.args)
                try:
                    answer = await self._try(request, self._without | without)
                except Again as fault:
                    tried += 1
                    if fault.objection:
                        self._pace.objected(sent, fault.after or jitter.uniform(bound / 2, bound))
                    self._reached |= not fault.unreached
                    if tried >= self._endpoint.attempts:
                        raise self._given_up(tried, fault) from fault
                except Lesser as fault:
                    without |= fault.fields
                    continue
                except Hopeless as fault:
                    self._hopeless = fault
                    raise
                else:
                    self._reached = True
                    self._leave_out(without)
                    self._pace.answered()
                    return self._checked(answer)
            await asyncio.sleep(jitter.uniform(0, bound))

    def _given_up(self, tried: int, fault: Again) -> Exception:
        if not self._reached:
            problem = f"it cannot be reached: {tried} attempts ended with {fault.reason}"
            self._hopeless = hopeless(self._endpoint, problem, "start the server, or check `url`; then run again")
            return self._hopeless
        where = f"{self._endpoint.name} at {self._endpoint.url}"
        return NoAnswer(f"{where} gave none in {tried} attempts; the last: {fault.reason}")

    async def _try(self, request: Request, without: frozenset[str]) -> wire.Answer:
        """One attempt, without some fields.

        Raises:
            Again: It failed for a reason that may pass.
            Exception: As `faults.refusal` has them.
        """
        import httpx

        endpoint, connections = self._endpoint, self._connections()  # made before the time counts
        allowed = max(endpoint.timeout, CONNECTING) + endpoint.timeout * request.max_tokens / PATIENCE
        body = json.dumps(wire.payload(request, endpoint.name, without), ensure_ascii=False)
        try:
            async with (
                asyncio.timeout(allowed),
                connections.stream(
                    "POST", endpoint.url + wire.path(request), content=body.encode("utf-8", "replace")
                ) as response,
            ):
                if response.status_code != 200:
                    said = await reading.beginning(response)
                    raise refusal(endpoint, response.status_code, response.headers, said, wire.spare(request, without))
                return await reading.read(response, request)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Again(_headline(error), unreached=True) from error
        except httpx.TimeoutException as error:
            raise Again(f"no byte came for {endpoint.timeout:g} s") from error
        except TimeoutError as error:
            raise Again(f"no whole answer came in {allowed:g} s") from error
        except httpx.HTTPError as error:
            raise Again(without_key(endpoint, _headline(error))) from None  # it may cite what the server said

    def _connections(self) -> httpx.AsyncClient:
        import httpx

        if self._client is None:
            self._loop = asyncio.get_running_loop()
            headers = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": "multisynth"}
            if self._key:
                headers["authorization"] = f"Bearer {self._key}"
            timeout = self._endpoint.timeout
            self._client = httpx.AsyncClient(
                headers=headers,
                timeout=httpx.Timeout(timeout, connect=max(timeout, CONNECTING), pool=None),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=self._endpoint.at_once),
                follow_redirects=False,
                trust_env=self._endpoint.url.startswith("https:"),  # no proxy reads a key that goes over plain http
            )
        return self._client

    def _checked(self, answer: wire.Answer) -> Completion:
        endpoint, request = self._endpoint, answer.request
        if answer.finish == "content_filter":
            unfit = Unfit("the endpoint's filter cut the answer", "change the prompt")
            unfit.paid = answer.completion()
            raise unfit
        if answer.finish not in ("stop", "length"):
            why = without_key(endpoint, answer.finish)
            raise BadInput(f"{endpoint.name} at {endpoint.url} ended with {why!r}, which is no text")
        if (request.logprobs or request.alternatives) and not answer.measured:
            raise hopeless(endpoint, "it gives no log-probabilities", "ask another server, or run the model here")
        if not answer.counted:
            self._warn(f"{endpoint.url} tells no token counts: they are estimated from what was asked and answered")
        return answer.completion()

    def _leave_out(self, fields: frozenset[str]) -> None:
        for name in sorted(fields - self._without):
            instead = " is called max_completion_tokens there" if name == "max_tokens" else " is left out from now on"
            self._warn(f"{self._endpoint.url} does not take `{name}`, which{instead}")
        self._without |= fields

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            logger.warning("%s", text)


def _headline(error: Exception) -> str:
    return f"{type(error).__name__} {str(error).partition(chr(10))[0]}".rstrip()
