"""Answers that a model criticises and revises by a written constitution."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydantic import Field, PrivateAttr

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import PROBLEM, REASONING
from multisynth.sample import Drop, Sample
from multisynth.serving import Completion, Message
from multisynth.serving.asking import Ask
from multisynth.stage import InputPath

from ..solving import Posing
from .answers import fault
from .constitution import Constitution, Principle, read_constitution
from .worked import REVISED


class Revise(Posing):
    """Lets the model answer, criticise its answer by a drawn principle, and revise it (Bai et al. 2022, section 3).

    The last revision is the completion; the original, and each round's principle, critique and revision are in
    `meta`. What comes out empty, cut off at `max_tokens`, as it was before or about something else is dropped: it would
    teach nothing.
    """

    version = 2
    takes = (PROBLEM,)
    makes = REASONING

    constitution: InputPath = Field(
        description="YAML file with a list `principles`, each with a `name`, a `critique` and a `revision`, such as "
        "`configs/constitution.yaml` of the repository."
    )
    rounds: int = Field(1, ge=1, le=8, description="Critiques and revisions; each by a principle of its own.")

    critiques: bool = Field(
        True, description="Whether a critique comes before each revision; small models are led astray by their own."
    )
    shared: float = Field(
        0.0, ge=0, le=1, description="Least share of a revision's longer words that question or answer has too."
    )

    _constitution: Constitution | None = PrivateAttr(None)

    def artifacts(self) -> Sequence[Artifact]:
        """The models; a constitution that cannot be used is found now."""
        count = len(self._principles().principles)
        if self.rounds > count:
            raise BadInput(f"rounds is {self.rounds}, and {self.constitution} has {count} principles", "lower `rounds`")
        return super().artifacts()

    def open(self) -> None:
        """Read the constitution, find the model."""
        self._constitution = self._principles()
        super().open()

    def _principles(self) -> Constitution:
        if self.critiques:
            return read_constitution(self.constitution, "critique", "revision")
        return read_constitution(self.constitution, "revision")

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Answer, then as many rounds as asked for."""
        shown = [(one[0], one[-1]) for one in REVISED] if self.form.shots else []
        put = self.form.put(sample["question"], shown)
        answer = await ask(self.request(put, sample, "answer", stop=self.form.ends))
        if lack := fault(answer):
            return [Drop(sample, f"answer {lack}")]
        original = text = answer.text.strip()
        trail: list[dict[str, str]] = []
        for number, principle in enumerate(self._drawn(sample)):
            turns, criticism = [sample["question"], text], ""
            if self.critiques:
                turns.append(principle.critique)
                critique = await self._go_on(sample, turns, f"critique {number}", ask)
                if lack := fault(critique):
                    return [Drop(sample, f"critique {lack}")]
                criticism = critique.text.strip()
                turns.append(criticism)
            answer = await self._go_on(sample, [*turns, principle.revision], f"revision {number}", ask)
            if lack := fault(answer):
                return [Drop(sample, f"revision {lack}")]
            if (kept := _shared(answer.text, f"{sample['question']} {text}")) < self.shared:
                return [Drop(sample, f"revision is about something else: {kept:.2f} of its words are shared")]
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

    async def _go_on(self, sample: Sample, turns: Sequence[str], purpose: str, ask: Ask) -> Completion:
        """Ask for what follows: a critique of an answer, or its revision."""
        shown = [self._worked(one) for one in REVISED] if self.form.shots else []
        if self.form.chat:
            head = (Message("system", self.form.system),) if self.form.system else ()
            messages = (*head, *(message for one in (*shown, turns) for message in _messages(one)))
            return await ask(self.request(messages, sample, purpose, stop=self.form.ends))
        names = self._worked(_NAMES)
        blocks = [
            "\n".join(f"{name}: {told}" for name, told in zip(names, one, strict=False)) for one in (*shown, turns)
        ]
        prompt = "\n\n".join([*([self.form.system] if self.form.system else []), *blocks])
        return await ask(self.request(f"{prompt}\n{names[len(turns)]}:", sample, purpose, stop=self.form.ends))

    def _worked(self, turns: Sequence[str]) -> Sequence[str]:
        """Six turns, or without critiques the four that are left."""
        return turns if self.critiques else (*turns[:2], *turns[4:])


_WORD = re.compile(r"[^\W\d_]{4,}")
_NAMES = ("Question", "Answer", "Critique request", "Critique", "Revision request", "Revision")


def _messages(turns: Sequence[str]) -> list[Message]:
    return [Message("assistant" if place % 2 else "user", told) for place, told in enumerate(turns)]


def _shared(text: str, source: str) -> float:
    """Share of a text's words of four letters and more that another text has too; 1 where it has none."""
    words, others = ({word.casefold() for word in _WORD.findall(one)} for one in (text, source))
    return len(words & others) / len(words) if words else 1.0


def _same(one: str, other: str) -> bool:
    return one.casefold().split() == other.casefold().split()
