"""Samples as tokens to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from multisynth.errors import BadInput
from multisynth.sample import Sample
from multisynth.serving import Message

from ..prompting import Prompting
from .lesson import Lesson, Pair


class Encoder:
    """Makes lessons that look as requests do when the model is asked.

    Args:
        tokenizer: The model's, as transformers has it.
        prompting: How questions are put.

    Raises:
        BadInput: They are put in a chat, and the model has no template for one.
    """

    def __init__(self, tokenizer: Any, prompting: Prompting) -> None:
        if prompting.chat and not tokenizer.chat_template:
            raise BadInput("the model has no chat template", "leave out `prompting.chat`, or train an instruct model")
        self._tokenizer, self._prompting = tokenizer, prompting

    def lesson(self, sample: Sample) -> Lesson:
        """What a document, a completion or a preferred answer teaches."""
        if sample.kind.name == "document":
            return self._lesson([], self._tokens(sample["text"]), sample["weight"], ends=True)
        if sample.kind.name == "preference":
            return self.pair(sample).chosen
        return self.answered(self._prompting.prompt(sample), sample["completion"], sample["weight"])

    def pair(self, sample: Sample) -> Pair:
        """What a preference teaches; after a single step of an answer (`meta.whole`) it does not end."""
        turns, weight, ends = sample["prompt"], sample["weight"], bool(sample.meta.get("whole", True))
        chosen, rejected = (self._replied(turns, sample[column], weight, ends) for column in ("chosen", "rejected"))
        return Pair(chosen, rejected, weight)

    def answered(
        self, prompt: str | tuple[Message, ...], completion: str, weight: float = 1.0, ends: bool = True
    ) -> Lesson:
        """A prompt as `Prompting` puts it, and what is to be answered."""
        if isinstance(prompt, str):
            return self._joined(prompt, self._prompting.answer(completion), weight, ends, special=True)
        head = self._template(prompt, add_generation_prompt=True)
        whole = self._template((*prompt, Message("assistant", completion)))
        # A template may write a turn otherwise once it is past, such as without its thoughts.
        told = whole[len(head) :] if whole.startswith(head) and completion in whole[len(head) :] else completion
        end = self._tokenizer.eos_token
        if end and end in told:
            told = told[: told.rindex(end)]
        return self._joined(head, told, weight, ends, special=False)

    def _replied(self, turns: Sequence[Mapping[str, str]], answer: str, weight: float, ends: bool) -> Lesson:
        """An answer after a conversation, whose last turn may be the beginning of that answer."""
        messages = [Message(turn["role"], turn["content"]) for turn in turns]  # type: ignore[arg-type]
        if self._prompting.system and not any(message.role == "system" for message in messages):
            messages.insert(0, Message("system", self._prompting.system))
        begun = messages.pop().content if messages and messages[-1].role == "assistant" else ""
        if self._prompting.chat:
            if not begun:
                return self.answered(tuple(messages), answer, weight, ends)
            head = self._template(messages, add_generation_prompt=True)
            return self._joined(head + begun, answer, weight, ends, special=False)
        head = "\n\n".join(_paragraphs(messages))
        if begun:
            return self._joined(f"{head} {begun.lstrip()}", answer, weight, ends, special=True)
        return self._joined(head, self._prompting.answer(answer), weight, ends, special=True)

    def _template(self, messages: Sequence[Message], **options: bool) -> str:
        plain = [message._asdict() for message in messages]
        return str(self._tokenizer.apply_chat_template(plain, tokenize=False, **options))

    def _joined(self, head: str, answer: str, weight: float, ends: bool, *, special: bool) -> Lesson:
        before, whole = self._tokens(head, special), self._tokens(head + answer, special)
        # The prompt's tokens are those of a request, even where the answer's first letters would join its last token.
        after = whole[len(before) :] if whole[: len(before)] == before else self._tokens(answer, False)
        return self._lesson(before, after, weight, ends)

    def _lesson(self, before: list[int], after: list[int], weight: float, ends: bool) -> Lesson:
        end = self._tokenizer.eos_token_id
        if ends and end is not None and after[-1:] != [end]:
            after = [*after, end]
        return Lesson((*before, *after), max(len(before), 1), weight)

    def _tokens(self, text: str, special: bool = True) -> list[int]:
        return [int(i) for i in self._tokenizer(text, add_special_tokens=special)["input_ids"]]


def _paragraphs(messages: Sequence[Message]) -> list[str]:
    """A conversation as plain text: `Question: … Answer: …`, as `Prompting` writes it."""
    parts: list[str] = []
    for message in messages:
        if message.role == "user":
            parts.append(f"Question: {message.content}\nAnswer:")
        elif message.role == "assistant" and parts:
            parts[-1] += f" {message.content.strip()}"
        else:
            parts.append(message.content)
    return parts
