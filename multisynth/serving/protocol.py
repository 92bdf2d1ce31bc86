"""What language models are asked and what they answer, whichever engine runs them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from multisynth.errors import BadInput


class Unfit(BadInput):
    """One request that the model cannot take, such as a prompt longer than its context; others are not affected.

    `paid` is what the model wrote all the same, and nobody can use, if it did.
    """

    paid: Completion | None = None


class Message(NamedTuple):
    """One turn of a conversation, for the model's chat template."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Watermark:
    """A green-list watermark (Kirchenbauer et al. 2023, arXiv 2301.10226); its key is read by `multisynth.mark.key`.

    Args:
        delta: Added to the logits of green tokens, before the temperature.
        gamma: Fraction of the vocabulary that is green, between 0 and 1.
        width: Preceding tokens of the completion that seed the green list; the first `width` tokens are unmarked.
    """

    delta: float = 2.0
    gamma: float = 0.25
    width: int = 1


@dataclass(frozen=True)
class Request:
    """One completion that is wanted.

    Args:
        prompt: Plain text to go on with, or messages for the model's chat template.
        prefix: What the answer begins with already; the completion goes on from there and does not repeat it.
        seed: Seeds every draw of the sampling, so that the tokens do not depend on what else is in the batch.
        max_tokens: Tokens to make at most.
        temperature: Divides the logits; 0 takes the likeliest token.
        top_p: Sample from the smallest set of tokens with at least this probability (Holtzman et al. 2020).
        top_k: Sample from so many likeliest tokens; 0 for all.
        stop: The completion ends before the first of these strings.
        logprobs: Whether to give each token's log-probability under the model, before watermark and temperature.
        alternatives: How many of the likeliest tokens to give for each place, at most 20.
        schema: JSON Schema that the text has to satisfy; decoding is constrained to it where the engine can, and what
            comes out is validated in any case.
        watermark: The watermark to put in.
    """

    prompt: str | tuple[Message, ...]
    prefix: str = ""
    seed: int = 0
    max_tokens: int = 128
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    alternatives: int = 0
    schema: str = ""
    watermark: Watermark | None = None

    def digest(self, *made_with: str) -> str:
        """SHA-256 of the request and of what it is answered with: model, engine, id of the watermark's key."""
        whole = json.dumps([vars(self), made_with], sort_keys=True, ensure_ascii=False, default=vars)
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True)
class Completion:
    """What came back.

    Args:
        text: What the model wrote, up to the stop string or the end.
        token_ids: The tokens that `text` is made of, without the end-of-text token. [N]
        logprobs: Of each token, in nats, if they were asked for. [N]
        finish: `stop` at a stop string or the model's own end, `length` at `max_tokens`.
        prompt_tokens: Tokens of the prompt.
        generated: Tokens the model made, with those cut off at the stop.
        alternatives: For each token the likeliest at its place, likeliest first: text and log-probability. [N][K]
        cached: Whether no engine made it for this request: it had been asked before, or was at the same time.
    """

    text: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...] | None
    finish: Literal["stop", "length"]
    prompt_tokens: int
    generated: int
    alternatives: tuple[tuple[tuple[str, float], ...], ...] | None = None
    cached: bool = field(default=False, compare=False)


class Engine(Protocol):
    """Runs one model; thousands of coroutines may await `complete` at once, and the engine batches them."""

    name: str

    async def complete(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            Unfit: The model cannot take the prompt.
        """
        ...

    def close(self) -> None:
        """Let go of the model."""
        ...
