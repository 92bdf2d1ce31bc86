"""Between text and tokens, the same for every engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from multisynth.serving.protocol import Completion, Request, Unfit


class Codec:
    """A model's tokenizer.

    Args:
        path: The model's folder.
        context: Positions that the model has.
    """

    def __init__(self, path: Path, context: int) -> None:
        from transformers import AutoTokenizer

        self.tokenizer: Any = AutoTokenizer.from_pretrained(str(path), trust_remote_code=False)
        self.context = context
        self.end: int | None = self.tokenizer.eos_token_id

    def encode(self, request: Request) -> list[int]:
        """The prompt's tokens.

        Raises:
            Unfit: It leaves no room for `max_tokens` in the model's context, or the model has no chat template.
        """
        if isinstance(request.prompt, str):
            ids = self.tokenizer(request.prompt)["input_ids"]
        elif self.tokenizer.chat_template is None:
            raise Unfit("the model has no chat template", "give the prompt as plain text, or name an instruct model")
        else:
            text = self.tokenizer.apply_chat_template(
                [message._asdict() for message in request.prompt], tokenize=False, add_generation_prompt=True
            )
            ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        if not ids:
            raise Unfit("the prompt is empty", "give the model at least one token to go on from")
        if len(ids) + request.max_tokens > self.context:
            raise Unfit(
                f"{len(ids)} prompt tokens and max_tokens {request.max_tokens} exceed the context of {self.context}",
                "shorten the prompt or lower max_tokens",
            )
        return [int(i) for i in ids]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def stops(self, ids: Sequence[int], stop: Sequence[str]) -> bool:
        """Whether a stop string is complete in the tail of these tokens; cheap enough to ask after every token."""
        if not stop:
            return False
        # A stop string of n characters spans at most n tokens, and a few more guard against split characters.
        tail = self.decode(ids[-(max(map(len, stop)) + 4) :])
        return any(mark in tail for mark in stop)

    def completion(
        self, request: Request, prompt_tokens: int, ids: Sequence[int], logprobs: Sequence[float] | None, ended: bool
    ) -> Completion:
        """Cut what the model made at the first stop string.

        Args:
            request: What was asked.
            prompt_tokens: Tokens of the prompt.
            ids: What the model made, without its end-of-text token. [N]
            logprobs: Of each token. [N]
            ended: Whether the model ended by itself.
        """
        text, generated = self.decode(ids), len(ids) + int(ended)
        cut = min((at for mark in request.stop if (at := text.find(mark)) >= 0), default=-1)
        finish: Literal["stop", "length"] = "stop" if ended or cut >= 0 else "length"
        if cut >= 0:
            text = text[:cut]
            keep = len(ids)
            while keep and len(self.decode(ids[: keep - 1])) >= cut:
                keep -= 1
            ids, logprobs = ids[:keep], None if logprobs is None else logprobs[:keep]
        kept = tuple(int(i) for i in ids)
        measured = tuple(float(p) for p in logprobs) if request.logprobs and logprobs is not None else None
        return Completion(text, kept, measured, finish, prompt_tokens, generated)
