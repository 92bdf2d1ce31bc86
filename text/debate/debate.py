"""Two debaters and a judge, beside self-consistency at the same cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import Field

from multisynth.kinds import DEBATE, PROBLEM
from multisynth.sample import Drop, Sample
from multisynth.serving import Completion, Message
from multisynth.serving.asking import Ask, Asked

from ..posed import posed
from ..preferences.odds import ALTERNATIVES, log_odds, probability
from ..solving import Solving
from ..verifiers.answers.stated import reasons, stated
from .contradiction import Contradiction, Turn, contradictions, same_answer
from .held import Held
from .ruling import leaning, parting, swapped
from .sides import another
from .speech import OPINIONS, STATES, STOPS, Act, Speaker, doubt, prompt, whole
from .votes import majority, worth

_ROUND: tuple[tuple[Speaker, Act], ...] = (
    ("proponent", "question"), ("opponent", "reply"), ("opponent", "question"), ("proponent", "reply"),
    ("proponent", "rebuttal"), ("opponent", "rebuttal"),
)  # fmt: skip
_CLOSING: tuple[tuple[Speaker, Act], ...] = (("proponent", "closing"), ("opponent", "closing"))

_WHOLE = ("code", "schema")
"""Verifiers of whole programs and documents; the sides of a debate stand for what a sentence can state."""
_AGAIN = 4
"""Times that an opening or a closing is asked for again which has no word before its answer."""


class Debate(Solving):
    """Debates each problem (Irving et al. 2018, Du et al. 2023, Khan et al. 2024), and votes on it at equal cost.

    The proponent stands for the model's first answer that has a reason, the opponent for the first of further samples
    that differs, or where none does for an answer drawn near by. They open, question each other, rebut and close; a
    judge decides. What is argued for a side ends with the side's answer, which is put there: else a small model forgets
    whom it speaks for. Who contradicts an earlier claim of their own flags the debate (`contradiction`). Beside it,
    independent samples of the same model vote (Wang et al. 2023): as many as it takes until they have written at least
    as many tokens as debate and judge, the last one counted. Only the final answers of both are verified, not their
    reasoning.
    """

    takes = (PROBLEM,)
    makes = DEBATE
    version = 6

    temperature: float = Field(0.7, gt=0, le=5, description="Of the sampling; the judge takes the likeliest tokens.")
    max_tokens: int = Field(96, ge=1, le=32768, description="Tokens that a turn may have, and a sample that votes.")
    rounds: int = Field(1, ge=0, le=8, description="Of questions, replies and rebuttals between opening and closing.")
    samples: int = Field(4, ge=2, le=64, description="Samples asked at first, among which two answers are looked for.")
    ruling: Literal["said", "chosen"] = Field(
        "said",
        description="Whether the judge writes its verdict, or chooses between the two answers by its mean odds with "
        "either side first, in which its liking for the last speaker cancels.",
    )
    judge: Asked = Field("", description="The judge's model; by default the debaters' own.")
    suspicion: float | None = Field(
        None, gt=0, le=1, description="Also flag what the judge calls a contradiction with this probability at least."
    )

    def others(self) -> Sequence[Asked]:
        """The judge, if another model."""
        return (self.judge,) if self.judge else ()

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Hold the debate, then the vote."""
        if sample["verifier"] in _WHOLE or "\n" in sample["answer"].strip():
            reason = f"an answer of several lines cannot be stood for in a debate: verifier {sample['verifier']}"
            return [Drop(sample, reason)]
        first = await asyncio.gather(*(self._sample(sample, k, ask) for k in range(self.samples)))
        claims = [await self._claim(sample, answer.text) for answer in first]
        answered = sorted((k for k, claim in enumerate(claims) if claim), key=lambda k: not reasons(first[k].text))
        if not answered:
            return [Drop(sample, f"no answer: {self.samples} samples")]
        mine = answered[0]
        theirs = next((k for k in answered if not same_answer(claims[k], claims[mine])), None)
        stand = another(claims[mine], self.rng(sample, "another answer")) if theirs is None else claims[theirs]
        held = Held(sample, {"proponent": claims[mine], "opponent": stand, "judge": ""})
        held.tokens = sum(answer.generated for answer in first)
        held.say("proponent", "opening", first[mine], claims[mine])
        if theirs is not None and reasons(first[theirs].text):
            held.say("opponent", "opening", first[theirs], claims[theirs])
        else:
            await self._turn(held, "opponent", "opening", ask)
        for speaker, act in (*self.rounds * _ROUND, *_CLOSING):
            await self._turn(held, speaker, act, ask)
        rules = self._choose if self.ruling == "chosen" else self._judge
        await rules(held, self._asks_judge(sample, ask))
        flags = await self._flags(held, self._asks_judge(sample, ask))
        votes, written = await self._vote(sample, first, held.tokens, ask)
        return [await self._made(held, flags, votes, written, drawn=theirs is None)]

    def _asks_judge(self, sample: Sample, ask: Ask) -> Ask:
        return self.asks(sample, self.judge) if self.judge else ask

    async def _sample(self, problem: Sample, number: int, ask: Ask) -> Completion:
        if _verifiable(problem):
            return await ask(self.question(problem, f"sample {number}"))
        put = self.form.put(problem["question"], OPINIONS if self.form.shots else ())
        return await ask(self.request(put, problem, f"sample {number}", stop=self.form.ends))

    async def _claim(self, problem: Sample, text: str) -> str:
        """The answer that a text states, as the verifier reads it."""
        if _verifiable(problem):
            return (await self.verifiers.verdict(problem, text)).answer
        found = stated(text)
        return "" if found is None else found.answer

    async def _turn(self, held: Held, speaker: Speaker, act: Act, ask: Ask, **changes: Any) -> None:
        put, ends = self._prompt(held, held.turns, speaker, act), act in ("opening", "closing")
        stop, purpose = (*STOPS, *STATES) if ends else STOPS, f"turn {len(held.turns)}"
        answer = await ask(self.request(put, held.problem, purpose, stop=stop, **changes))
        held.tokens += answer.generated
        for again in range(_AGAIN if ends else 0):
            if reasons(answer.text):
                break
            answer = await ask(self.request(put, held.problem, f"{purpose} again {again}", stop=stop, **changes))
            held.tokens += answer.generated
        if ends:
            stand = held.stands[speaker]
            held.say(speaker, act, answer, stand, ending=f" The answer is {stand}.")
        else:
            held.say(speaker, act, answer, await self._claim(held.problem, answer.text))

    def _prompt(self, held: Held, turns: Sequence[Turn], speaker: Speaker, act: Act) -> str | tuple[Message, ...]:
        form, unsettled = self.form, not _verifiable(held.problem)
        asked = (held.problem["question"], turns, speaker, act, held.stands[speaker])
        return prompt(*asked, form=form, unsettled=unsettled)

    async def _judge(self, held: Held, ask: Ask) -> None:
        """Let the judge decide; one that reasons without an answer is asked to end its sentence with one."""
        before = list(held.turns)
        await self._turn(held, "judge", "verdict", ask, temperature=0.0)
        spoken = held.turns[-1]
        if spoken.claim:
            return
        put = self._prompt(held, before, "judge", "verdict")
        begun = f"{spoken.text} The answer is".strip()
        changes = {"prefix": begun if self.form.chat else f" {begun}", "max_tokens": 16, "temperature": 0.0}
        answer = await ask(self.request(put, held.problem, "verdict", stop=(*STOPS, ". "), **changes))
        held.tokens += answer.generated
        text = f"{begun} {whole(answer.text, answer.finish)}"
        held.turns[-1] = Turn("judge", "verdict", text, await self._claim(held.problem, text))

    async def _choose(self, held: Held, ask: Ask) -> None:
        """Let the judge choose between the two answers; it leans to neither where it would write neither."""
        mine, theirs = held.stands["proponent"], held.stands["opponent"]
        shared, one, other = parting(mine, theirs)
        begun = f"The answer is {shared}"
        if not one[0].isdigit():  # words are one token with the space before them, digits often are not
            begun = begun.rstrip()
        changes = {
            "prefix": begun if self.form.chat else f" {begun}", "max_tokens": 1, "temperature": 0.0,
            "alternatives": ALTERNATIVES,
        }  # fmt: skip
        heard = [self._prompt(held, turns, "judge", "verdict") for turns in (held.turns, swapped(held.turns))]
        answers = await asyncio.gather(*(ask(self.request(put, held.problem, "verdict", **changes)) for put in heard))
        held.tokens += sum(answer.generated for answer in answers)
        odds = [leaning(a.alternatives[0], one, other) if a.alternatives else None for a in answers]
        held.odds = [value for value in odds if value is not None]
        if sum(held.odds) == 0:
            held.turns.append(Turn("judge", "verdict", "", ""))
            return
        claim = mine if sum(held.odds) > 0 else theirs
        held.turns.append(Turn("judge", "verdict", f"The answer is {claim}.", claim))

    async def _flags(self, held: Held, ask: Ask) -> dict[int, Contradiction]:
        """What is contradicted, by the place of the turn that contradicts it."""
        flags = {found.place: found for found in contradictions(held.turns)}
        if self.suspicion is None:
            return flags
        pairs = [
            (place, earlier)
            for place, turn in enumerate(held.turns)
            for earlier in range(place)
            if held.turns[earlier].speaker == turn.speaker and place not in flags
        ]
        doubts = await asyncio.gather(*(self._doubt(held, place, earlier, ask) for place, earlier in pairs))
        for (place, earlier), level in zip(pairs, doubts, strict=True):
            if level >= self.suspicion and place not in flags:
                flags[place] = Contradiction(place, earlier, f"the judge says so: {level:.2f}")
        return flags

    async def _doubt(self, held: Held, place: int, earlier: int, ask: Ask) -> float:
        """The judge's probability that a turn contradicts an earlier one."""
        put = doubt(held.turns[earlier].text, held.turns[place].text, chat=self.form.chat)
        changes = {"max_tokens": 1, "temperature": 0.0, "alternatives": ALTERNATIVES}
        answer = await ask(self.request(put, held.problem, f"doubt {earlier} {place}", **changes))
        held.tokens += answer.generated
        odds = log_odds(answer.alternatives[0], "yes", "no") if answer.alternatives else None
        return 0.0 if odds is None else probability(odds)

    async def _vote(self, problem: Sample, known: Sequence[Completion], budget: int, ask: Ask) -> tuple[list[str], int]:
        """The answers of as many independent samples as the debate has tokens, and the tokens of those."""
        heard = await worth(budget, known, self.max_tokens, lambda k: self._sample(problem, k, ask))
        answers = [claim for answer in heard if (claim := await self._claim(problem, answer.text))]
        return answers, sum(answer.generated for answer in heard)

    async def _right(self, problem: Sample, answer: str) -> bool | None:
        if not _verifiable(problem):
            return None
        return bool(answer) and (await self.verifiers.verdict(problem, f"The answer is {answer}.")).right

    async def _made(
        self, held: Held, flags: dict[int, Contradiction], votes: list[str], written: int, *, drawn: bool
    ) -> Sample:
        problem, verdict = held.problem, held.turns[-1].claim
        vote = await asyncio.to_thread(majority, votes, lambda one, other: self.verifiers.same(problem, one, other))
        judge = self.asked if not self.judge else self.judge if isinstance(self.judge, str) else self.judge.name
        return problem.child(
            DEBATE,
            **posed(problem),
            turns=held.rows(flags), flagged=bool(flags), verdict=verdict, right=await self._right(problem, verdict),
            tokens=held.tokens, vote=vote, vote_right=await self._right(problem, vote), votes=votes,
            vote_tokens=written, model=self.asked, judge=judge,
            meta={
                **problem.meta, "proponent": held.stands["proponent"], "opponent": held.stands["opponent"],
                "opponent_from": "drawn" if drawn else "sample", "cut_off": held.cut,
                **({"odds": held.odds} if self.ruling == "chosen" else {}),
            },
        )  # fmt: skip


def _verifiable(problem: Sample) -> bool:
    return bool(problem["answer"] or problem["check"])
