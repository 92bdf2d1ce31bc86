"""Samples as tokens to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from multisynth.errors import BadInput
from multisynth.sample import Sample
from multisynth.serving import Message
from multisynth.serving.reading import Reader

from ..prompting import Prompting
from .lesson import Lesson, Pair


class Encoder:
    """Makes lessons that look as requests do when the model is asked.

    Special tokens are those of the chat template and the end of an answer, whatever the samples spell out.

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
        self._reader = Reader(tokenizer)

    def lesson(self, sample: Sample) -> Lesson:
        """What a document, a completion or a preferred answer teaches."""
        if sample.kind.name == "document":
            return self._lesson([], self._tokens(self._reader.marked(sample["text"])), sample["weight"], ends=True)
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
            return self._plain(prompt, self._prompting.answer(completion), weight, ends)
        head = self._reader.chat(prompt, add_generation_prompt=True)
        whole, told = self._reader.chat((*prompt, Message("assistant", completion))), self._reader.marked(completion)
        # A template may write a turn otherwise once it is past, such as without its thoughts.
        if whole.startswith(head) and told in whole[len(head) :]:
            told = whole[len(head) :]
        end = self._tokenizer.eos_token
        if end and end in told:
            told = told[: told.rindex(end)]
        return self._joined(head, head + told, told, weight, ends, special=False)

    def _replied(self, turns: Sequence[Mapping[str, str]], answer: str, weight: float, ends: bool) -> Lesson:
        """An answer after a conversation, whose last turn may be the beginning of that answer."""
        messages = [Message(turn["role"], turn["content"]) for turn in turns]  # type: ignore[arg-type]
        if self._prompting.system and not any(message.role == "system" for message in messages):
            messages.insert(0, Message("system", self._prompting.system))
        begun = messages.pop().content if messages and messages[-1].role == "assistant" else ""
        if self._prompting.chat:
            if not begun:
                return self.answered(tuple(messages), answer, weight, ends)
            head = self._reader.chat(messages, add_generation_prompt=True)
            whole = head + self._reader.marked(begun + answer)
            head += self._reader.marked(begun)
            return self._joined(head, whole, self._reader.marked(answer), weight, ends, special=False)
        head = "\n\n".join(_paragraphs(messages))
        if begun:
            return self._plain(f"{head} {begun.lstrip()}", answer, weight, ends)
        return self._plain(head, self._prompting.answer(answer), weight, ends)

    def _plain(self, head: str, answer: str, weight: float, ends: bool) -> Lesson:
        before, whole, after = map(self._reader.marked, (head, head + answer, answer))
        return self._joined(before, whole, after, weight, ends, special=True)

    def _joined(self, head: str, whole: str, answer: str, weight: float, ends: bool, *, special: bool) -> Lesson:
        before, both = self._tokens(head, special), self._tokens(whole, special)
        # The prompt's tokens are those of a request, even where the answer's first letters would join its last token.
        after = both[len(before) :] if both[: len(before)] == before else self._tokens(answer, False)
        return self._lesson(before, after, weight, ends)

    def _lesson(self, before: list[int], after: list[int], weight: float, ends: bool) -> Lesson:
        end = self._tokenizer.eos_token_id
        if ends and end is not None and after[-1:] != [end]:
            after = [*after, end]
        return Lesson((*before, *after), max(len(before), 1), weight)

    def _tokens(self, text: str, special: bool = True) -> list[int]:
        return self._reader.ids(text, begins=special)


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
