"""Answers that a model criticises and revises by a written constitution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field, PrivateAttr

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import PROBLEM, REASONING
from multisynth.sample import Drop, Sample
from multisynth.serving import Completion, Message
from multisynth.serving.asking import Ask
from multisynth.stage import InputPath

from ..solving import Solving
from .constitution import Constitution, Principle, read_constitution


class Revise(Solving):
    """Lets the model answer, criticise its answer by a drawn principle, and revise it (Bai et al. 2022, section 3).

    The last revision is the completion; the original, and each round's principle, critique and revision are in
    `meta`. What comes out empty, cut off at `max_tokens` or as it was before is dropped: it would teach nothing.
    """

    takes = (PROBLEM,)
    makes = REASONING

    constitution: InputPath = Field(description="YAML file of principles, such as `configs/constitution.yaml`.")
    rounds: int = Field(1, ge=1, le=8, description="Critiques and revisions; each by a principle of its own.")

    _constitution: Constitution | None = PrivateAttr(None)

    def artifacts(self) -> Sequence[Artifact]:
        """The models; a constitution that cannot be used is found now."""
        count = len(read_constitution(self.constitution).principles)
        if self.rounds > count:
            raise BadInput(f"rounds is {self.rounds}, and {self.constitution} has {count} principles", "lower `rounds`")
        return super().artifacts()

    def open(self) -> None:
        """Read the constitution, find the model."""
        self._constitution = read_constitution(self.constitution)
        super().open()

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Answer, then as many rounds as asked for."""
        answer = await ask(self.question(sample, "answer"))
        if fault := _fault(answer):
            return [Drop(sample, f"answer {fault}")]
        original = text = answer.text.strip()
        trail: list[dict[str, str]] = []
        for number, principle in enumerate(self._drawn(sample)):
            critique = await self._go_on(sample, text, principle, "", f"critique {number}", ask)
            if fault := _fault(critique):
                return [Drop(sample, f"critique {fault}")]
            criticism = critique.text.strip()
            answer = await self._go_on(sample, text, principle, criticism, f"revision {number}", ask)
            if fault := _fault(answer):
                return [Drop(sample, f"revision {fault}")]
            text = answer.text.strip()
            trail.append({"principle": principle.name, "critique": criticism, "revision": text})
        if _same(text, original):
            return [Drop(sample, f"revision like the original: {len(text)} characters")]
        return [self.reasoning(sample, answer, attempt=0, meta={"original": original, "revisions": trail})]

    def _drawn(self, sample: Sample) -> list[Principle]:
        assert self._constitution is not None
        principles = self._constitution.principles
        order = self.rng(sample, "principles").permutation(len(principles))[: self.rounds]
        return [principles[k] for k in order]

    async def _go_on(
        self, sample: Sample, text: str, principle: Principle, critique: str, purpose: str, ask: Ask
    ) -> Completion:
        """Ask for a critique of an answer, or after one for the revision."""
        turns = [("user", sample["question"]), ("assistant", text), ("user", principle.critique)]
        if critique:
            turns += [("assistant", critique), ("user", principle.revision)]
        if self.form.chat:
            head = (Message("system", self.form.system),) if self.form.system else ()
            messages = (*head, *(Message(role, content) for role, content in turns))  # type: ignore[arg-type]
            return await ask(self.request(messages, sample, purpose, stop=self.form.stop))
        names = ("Question", "Answer", "Critique request", "Critique", "Revision request", "Revision")
        lines = [f"{name}: {content}" for name, (_, content) in zip(names, turns, strict=False)]
        prompt = "\n\n".join([*lines, f"{names[len(turns)]}:"])
        return await ask(self.request(prompt, sample, purpose, stop=self.form.stop))


def _fault(answer: Completion) -> str:
    if not answer.text.strip():
        return "is empty"
    return f"is cut off: {answer.generated} tokens" if answer.finish == "length" else ""


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
