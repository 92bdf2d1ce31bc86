"""Between text and tokens, the same for every engine."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from multisynth.serving.protocol import Completion, Request, Unfit
from multisynth.serving.reading import Reader


@dataclass
class Written:
    """What a model wrote, in tokens, as an engine hands it on.

    Args:
        ids: The tokens, without the end-of-text token. [N]
        logprobs: Of each token, where they were asked for. [N]
        alternatives: For each token ids and log-probabilities of the likeliest, where they were asked for. [N][K]
        ended: Whether the model ended by itself.
    """

    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    alternatives: list[list[tuple[int, float]]] = field(default_factory=list)
    ended: bool = False


class Codec:
    """A model's tokenizer; threads may share it.

    Args:
        path: The model's folder.
        context: Positions that the model has.
    """

    def __init__(self, path: Path, context: int) -> None:
        from transformers import AutoTokenizer

        self.tokenizer: Any = AutoTokenizer.from_pretrained(str(path), trust_remote_code=False)
        self._reader = Reader(self.tokenizer)
        self.context = context
        self.end: int | None = self.tokenizer.eos_token_id
        self._lock = threading.Lock()  # the library's own raises where two threads meet
        self._pieces: dict[int, str] = {}
        self._anchor: tuple[int, str] | None = None

    def encode(self, request: Request) -> list[int]:
        """The prompt's tokens, with what the answer begins with; of special tokens only those of the chat template.

        Raises:
            Unfit: It leaves no room for `max_tokens` in the model's context, or the model has no chat template.
        """
        if isinstance(request.prompt, str):
            ids = self._encode(self._reader.marked(request.prompt + request.prefix), special=True)
        elif self.tokenizer.chat_template is None:
            raise Unfit("the model has no chat template", "give the prompt as plain text, or name an instruct model")
        else:
            with self._lock:
                text = self._reader.chat(request.prompt, add_generation_prompt=True)
            ids = self._encode(text + self._reader.marked(request.prefix), special=False)
        if not ids:
            raise Unfit("the prompt is empty", "give the model at least one token to go on from")
        if len(ids) + request.max_tokens > self.context:
            raise Unfit(
                f"{len(ids)} prompt tokens and max_tokens {request.max_tokens} exceed the context of {self.context}",
                "shorten the prompt or lower max_tokens",
            )
        return ids

    def _encode(self, text: str, special: bool) -> list[int]:
        with self._lock:
            return self._reader.ids(text, begins=special)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens."""
        with self._lock:
            return str(self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def piece(self, token: int) -> str:
        """The text of a token in the midst of others; empty for the end of the text."""
        if token not in self._pieces:
            # By itself, a token of some tokenizers loses the space that it begins with.
            if self._anchor is None:
                anchor = self._encode("a", special=False)[-1]
                self._anchor = anchor, self.decode([anchor])
            anchor, before = self._anchor
            self._pieces[token] = self.decode([anchor, token])[len(before) :]
        return self._pieces[token]

    def stops(self, ids: Sequence[int], stop: Sequence[str]) -> bool:
        """Whether a stop string was completed by the last token; cheap enough to ask after every token."""
        if not stop:
            return False
        # A token can complete a stop string only if it has its last character. Of what is not ASCII a token may hold a
        # part that shows as nothing of its own.
        piece = self.piece(ids[-1])
        if not any(mark[-1] in piece or not mark[-1].isascii() for mark in stop):
            return False
        # A stop string of n characters spans at most n tokens, and a few more guard against split characters.
        tail = self.decode(ids[-(max(map(len, stop)) + 4) :])
        return any(mark in tail for mark in stop)

    def completion(self, request: Request, prompt_tokens: int, written: Written) -> Completion:
        """Cut what the model made at the first stop string.

        Args:
            request: What was asked.
            prompt_tokens: Tokens of the prompt.
            written: What the model made.
        """
        ids = written.ids
        text, generated = self.decode(ids), len(ids) + int(written.ended)
        cut = min((at for mark in request.stop if (at := text.find(mark)) >= 0), default=-1)
        finish: Literal["stop", "length"] = "stop" if written.ended or cut >= 0 else "length"
        keep = len(ids)
        if cut >= 0:
            text = text[:cut]
            while keep and len(self.decode(ids[: keep - 1])) >= cut:
                keep -= 1
        return Completion(
            text,
            tuple(ids[:keep]),
            tuple(written.logprobs[:keep]) if request.logprobs else None,
            finish,
            prompt_tokens,
            generated,
            tuple(tuple((self.piece(token), value) for token, value in place) for place in written.alternatives[:keep])
            if request.alternatives
            else None,
        )
