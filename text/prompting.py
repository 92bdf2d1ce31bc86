"""How a question is put to a model, in generation and in training alike."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from multisynth.sample import Sample
from multisynth.serving import Message

from .worked import examples


class Prompting(BaseModel):
    """The form of a prompt. A model that was trained carries its own, and is asked by that."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chat: bool = Field(False, description="Whether to use the model's chat template; else `Question: … Answer:`.")
    system: str = Field("", description="Instructions before everything: the system message, or first paragraph.")
    shots: bool = Field(True, description="Whether worked examples of the problem's domain come first.")
    stop: tuple[str, ...] | None = Field(
        None, description="An answer ends before the first of these; by default before a blank line, in a chat nowhere."
    )

    @property
    def ends(self) -> tuple[str, ...]:
        """Strings before which an answer ends."""
        if self.stop is not None:
            return self.stop
        return () if self.chat else ("\n\n",)

    def prompt(self, problem: Sample) -> str | tuple[Message, ...]:
        """What a model is asked.

        Args:
            problem: A sample with `question` and `domain`, of any kind.
        """
        return self.put(problem["question"], examples(problem["domain"]) if self.shots else ())

    def put(self, question: str, shown: Sequence[tuple[str, str]]) -> str | tuple[Message, ...]:
        """A question after worked examples, each a question and its answer."""
        if self.chat:
            head = (Message("system", self.system),) if self.system else ()
            turns = [m for asked, told in shown for m in (Message("user", asked), Message("assistant", told))]
            return (*head, *turns, Message("user", question))
        parts = [self.system] if self.system else []
        parts += [f"Question: {asked}\nAnswer: {told}" for asked, told in shown]
        return "\n\n".join([*parts, f"Question: {question}\nAnswer:"])

    def answer(self, completion: str) -> str:
        """A completion as it stands after its prompt, for training."""
        return completion if self.chat else f" {completion.strip()}"
