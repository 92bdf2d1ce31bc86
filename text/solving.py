"""What stages that put problems to a model have in common."""

from __future__ import annotations

from typing import Any

from pydantic import Field, PrivateAttr, model_validator

from multisynth.kinds import REASONING
from multisynth.sample import Sample
from multisynth.sandbox import Isolation
from multisynth.serving import Completion, Request
from multisynth.serving.asking import Ask, Writing
from multisynth.serving.protocol import Unfit

from .judging import cut_off
from .posed import posed
from .prompting import Prompting
from .verifiers import Verdict, Verifiers
from .verifiers.schema import asked_form


class Posing(Writing):
    """A stage that puts problems to a model."""

    prompting: Prompting = Field(Prompting(), description="How questions are put, unless `trained` says its own way.")

    _form: Prompting | None = PrivateAttr(None)

    def open(self) -> None:
        """Find the model, and the form of prompts that it was trained with."""
        super().open()
        own = None if self._teacher is None else self._teacher["prompting"]
        self._form = self.prompting if own is None else Prompting.model_validate_json(own)

    @property
    def form(self) -> Prompting:
        """How questions are put to the model."""
        return self._form or self.prompting

    def question(self, problem: Sample, purpose: str, **changes: Any) -> Request:
        """A request to solve a problem; as `Asking.request`.

        Where the verifier is `schema` the answer is held to it, unless it has a `prefix`, which may be anything.

        Raises:
            ValueError: The problem's `check` is not what the verifier needs.
        """
        form = asked_form(problem) if "prefix" not in changes else ""
        return self.request(
            self.form.prompt(problem), problem, purpose, **{"stop": self.form.ends, "schema": form, **changes}
        )

    def reasoning(
        self, problem: Sample, answer: Completion, *, attempt: int, meta: dict[str, Any] | None = None, **values: Any
    ) -> Sample:
        """What a model answered, as a sample made from its problem.

        Args:
            problem: The problem.
            answer: What the model wrote.
            attempt: Its number among the attempts at the problem.
            meta: What to note beside the problem's own `meta` and how the answer ended.
            **values: Columns that differ, such as a `completion` that was put together from several answers.
        """
        columns = {
            **posed(problem),
            "completion": answer.text.strip(), "attempt": attempt, "model": self.asked,
            "token_ids": list(answer.token_ids), **values,
        }  # fmt: skip
        return problem.child(REASONING, meta={**problem.meta, **_ending(answer), **(meta or {})}, **columns)


class Trying(Posing):
    """One that asks for several answers to a problem."""

    attempts: int = Field(1, ge=1, le=1024, description="Answers asked for a problem at most.")

    @model_validator(mode="after")
    def _different(self) -> Trying:
        for same, how, remedy in (
            (self.temperature == 0, "at temperature 0", "give a temperature"),
            (self.top_k == 1, "with top_k 1", "raise top_k"),
        ):
            if same and self.attempts > 1:
                raise ValueError(f"attempts {how} are all the same: {remedy}, or attempts: 1")
        return self


class Solving(Posing):
    """One that also judges the answers, by the verifiers that their problems name."""

    sandbox: Isolation = Field(
        "bubblewrap", description="Where programs are judged; none only if every one of them may be trusted."
    )

    _verifiers: Verifiers | None = PrivateAttr(None)

    def open(self) -> None:
        """Find the model, and have the verifiers ready."""
        super().open()
        self._verifiers = Verifiers(self.sandbox)

    def close(self) -> None:
        """Let go of the model and the verifiers."""
        super().close()
        if self._verifiers is not None:
            self._verifiers.close()

    @property
    def verifiers(self) -> Verifiers:
        """Who judges texts that no model wrote just now; those that one did are for `judged`."""
        assert self._verifiers is not None
        return self._verifiers

    async def judged(self, problem: Sample, answer: Completion, begun: str = "") -> Verdict:
        """What is to be said of an answer.

        Args:
            problem: The problem.
            answer: What the model wrote.
            begun: What the answer began with already.
        """
        return await self.verifiers.verdict(problem, (begun + answer.text).strip(), cut_off(_ending(answer)))


async def answered(ask: Ask, request: Request) -> Completion:
    """What a model answers; also what is not of the request's schema, such as JSON that was cut off.

    It is paid for, and to be judged as any other answer.
    """
    try:
        return await ask(request)
    except Unfit as error:
        if error.paid is None:
            raise
        return error.paid


def _ending(answer: Completion) -> dict[str, Any]:
    return {"finish": answer.finish, "generated": answer.generated}
