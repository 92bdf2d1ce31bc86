"""Text that stays text: what a model reads cannot open or end a turn by spelling out its special tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from multisynth.serving.protocol import Message

_MARK = "\ufdd0"  # no character, so that no text should have it
_SEAM, _ITSELF = f"{_MARK}/", f"{_MARK}."


class Reader:
    """A tokenizer that takes special tokens from chat templates alone.

    `<|im_end|>` in a question, a completion or a document was written by whoever wrote that, and is read as these ten
    characters. To that end a mark is put within the spelling, the template is filled in, and the text is read in parts
    that end at marks. Text without special tokens is read as the tokenizer reads it. Tokens that it does not call
    special, such as `<think>` of some models, are words like others. Where a tokenizer begins every text with a space,
    as that of Llama 2 does, one more stands in what was spelt out.

    Args:
        tokenizer: As transformers has it.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        added = (str(token) for token in tokenizer.added_tokens_decoder.values() if token.special)
        spelt = sorted({word for word in (*added, *map(str, tokenizer.all_special_tokens)) if len(word) > 1})
        # The first letter of one, before the rest of it. By first letters, a search passes over most of a text at once.
        firsts = [
            f"{re.escape(first)}(?={'|'.join(re.escape(word[1:]) for word in words)})"
            for first, words in groupby(spelt, key=lambda word: word[0])
        ]
        self._special = re.compile("|".join(firsts)) if firsts else None

    def marked(self, text: str) -> str:
        """A text with marks where `ids` is to read no special tokens."""
        text = text.replace(_MARK, _ITSELF)
        return text if self._special is None else self._special.sub(rf"\g<0>{_SEAM}", text)

    def chat(self, messages: Sequence[Message], **options: bool) -> str:
        """Messages in the model's template, whose own special tokens are the only ones without marks.

        Args:
            messages: The conversation.
            options: Of `apply_chat_template`.
        """
        plain = [{name: self.marked(said) for name, said in message._asdict().items()} for message in messages]
        return str(self._tokenizer.apply_chat_template(plain, tokenize=False, **options))

    def ids(self, text: str, begins: bool) -> list[int]:
        """The tokens of a text with marks. [N]

        Args:
            text: From `marked` and `chat`.
            begins: Whether the tokenizer adds what texts begin with.
        """
        found: list[int] = []
        for place, part in enumerate(text.split(_SEAM)):
            read = self._tokenizer(part.replace(_ITSELF, _MARK), add_special_tokens=begins and not place)
            found += map(int, read["input_ids"])
        return found
