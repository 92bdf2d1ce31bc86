"""Wrong answers that a model mends: it finds the first wrong step and goes on from the right ones before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import Field

from multisynth.kinds import REASONING
from multisynth.sample import Drop, Sample
from multisynth.serving.asking import Ask

from ..judging import cut_off
from ..search.steps import split
from ..solving import Solving, Trying
from .faults import asked, known, named, shown

TURN = "Wait, that is wrong. Once more:"


class Correct(Trying, Solving):
    """Mends wrong attempts from their first wrong step on, and keeps what then verifies.

    The model is asked which step is the first wrong one, keeps the steps before, and goes on from there. Where the
    verifier can tell (additions on a scratchpad, equations) its word is noted beside the model's. In `meta`:
    `first_wrong_step` from which it was mended, counted from 1, `found_by`, model, verifier or (where there is no other
    step) only, and where the verifier can tell `first_false_step`, and in `found_false` whether the model named that
    one: the first with an equation that does not hold, or a line of a scratchpad. A step before may be wrong otherwise,
    as where it takes away what the question adds. Attempts that are right already are dropped, as is what stays wrong.
    """

    version = 4
    takes = (REASONING,)
    makes = REASONING

    attempts: int = Field(
        4, ge=1, le=1024, description="Answers asked for from the first wrong step on, until one is right."
    )
    locate: Literal["model", "verifier"] = Field(
        "model", description="Whose word counts on the first wrong step; the model's where the verifier cannot tell."
    )
    trace: bool = Field(
        False, description="Whether to keep the wrong step too and the turn away from it, instead of the clean answer."
    )
    sound: bool = Field(True, description="Whether the reasoning too must be without flaws that a verifier sees.")

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Find the first wrong step, and mend it."""
        steps = split(sample["completion"].strip())
        before = await self.verifiers.verdict(sample, sample["completion"], cut_off(sample.meta))
        if before.right and not (self.sound and before.flaw):
            return [Drop(sample, "right already")]
        if not steps:
            return [Drop(sample, "nothing to mend: 0 steps")]
        place, measured = await self._located(sample, steps, ask)
        if place is None:
            return [Drop(sample, f"names no step: of {len(steps)}")]
        reason = ""
        for number in range(self.attempts):
            kept = "".join(steps[:place])
            begun = self._begun(kept)
            answer = await ask(self.question(sample, f"mend {number}", prefix=begun))
            verdict = await self.judged(sample, answer, begun)
            if not verdict.right or (self.sound and verdict.flaw):
                reason = verdict.reason or verdict.flaw
            else:
                whole = (begun + answer.text).strip()
                text = self._traced(kept, steps[place], answer.text) if self.trace else whole
                judged = {"right": True, "reason": "", "flaw": verdict.flaw, "route": "corrected"}
                meta = {**measured, **judged, "verifier": verdict.verifier, "verified_answer": verdict.answer}
                return [self.reasoning(sample, answer, attempt=number, meta=meta, completion=text, token_ids=[])]
        return [Drop(sample, f"still wrong, {reason}")]

    async def _located(self, sample: Sample, steps: Sequence[str], ask: Ask) -> tuple[int | None, dict[str, Any]]:
        """The first wrong step, from 0, and what to note of how it was found."""
        if len(steps) == 1:
            return 0, {"found_by": "only", "steps": 1, "first_wrong_step": 1}
        examples = shown(sample["domain"]) if self.form.shots else []
        request = self.request(
            self.form.put(asked(sample["question"], steps), examples), sample, "first wrong step",
            temperature=0.0, max_tokens=8, stop=("\n", *self.form.ends),
        )  # fmt: skip
        told, false = named((await ask(request)).text, len(steps)), known(sample, steps)
        place, by = (false, "verifier") if self.locate == "verifier" and false is not None else (told, "model")
        measured: dict[str, Any] = {"found_by": by, "steps": len(steps)}
        if place is not None:
            measured["first_wrong_step"] = place + 1
        if false is not None:
            measured |= {"first_false_step": false + 1, "found_false": told == false}
        return place, measured

    def _begun(self, kept: str) -> str:
        """What the answer begins with: the steps that are kept, up to the end of their line where that ended it."""
        if not kept.strip():
            return ""
        return self.form.answer(kept.rstrip()) + ("\n" if kept.endswith("\n") else "")

    def _traced(self, kept: str, wrong: str, mended: str) -> str:
        """The whole way: right steps, the wrong one, the turn, and what is right."""
        parting = "\n" if wrong.endswith("\n") or "\n" in kept else " "
        return f"{kept}{wrong.rstrip()}{parting}{TURN}{parting}{mended.strip()}".strip()
