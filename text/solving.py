"""What stages that put problems to a model have in common."""

from __future__ import annotations

from typing import Any

from pydantic import Field, PrivateAttr, model_validator

from multisynth.kinds import REASONING
from multisynth.sample import Sample
from multisynth.sandbox import Isolation
from multisynth.serving import Completion, Request
from multisynth.serving.asking import Asking

from .prompting import Prompting
from .verifiers import Verifiers


class Solving(Asking):
    """A stage that asks a model to solve problems."""

    prompting: Prompting = Field(Prompting(), description="How questions are put, unless `trained` says its own way.")
    sandbox: Isolation = Field(
        "bubblewrap", description="Where programs are judged; none only if every one of them may be trusted."
    )

    _form: Prompting | None = PrivateAttr(None)
    _verifiers: Verifiers | None = PrivateAttr(None)

    def open(self) -> None:
        """Find the model, and the form of prompts that it was trained with."""
        super().open()
        self._verifiers = Verifiers(self.sandbox)
        own = None if self._teacher is None else self._teacher["prompting"]
        self._form = self.prompting if own is None else Prompting.model_validate_json(own)

    def close(self) -> None:
        """Let go of the model and the verifiers."""
        super().close()
        if self._verifiers is not None:
            self._verifiers.close()

    @property
    def verifiers(self) -> Verifiers:
        """Who judges answers: `await self.verifiers.verdict(problem, completion)`."""
        assert self._verifiers is not None
        return self._verifiers

    @property
    def form(self) -> Prompting:
        """How questions are put to the model."""
        return self._form or self.prompting

    def question(self, problem: Sample, purpose: str, **changes: Any) -> Request:
        """A request to solve a problem; as `Asking.request`."""
        return self.request(self.form.prompt(problem), problem, purpose, **{"stop": self.form.stop, **changes})

    def reasoning(
        self, problem: Sample, answer: Completion, *, attempt: int, meta: dict[str, Any] | None = None, **values: Any
    ) -> Sample:
        """What a model answered, as a sample made from its problem.

        Args:
            problem: The problem.
            answer: What the model wrote.
            attempt: Its number among the attempts at the problem.
            meta: What to note beside the problem's own `meta`.
            **values: Columns that differ, such as a `completion` that was put together from several answers.
        """
        columns = {
            **{name: problem[name] for name in ("question", "answer", "domain", "verifier", "check")},
            "completion": answer.text.strip(), "attempt": attempt, "model": self.asked,
            "token_ids": list(answer.token_ids), **values,
        }  # fmt: skip
        return problem.child(REASONING, meta={**problem.meta, **(meta or {})}, **columns)


class Trying(Solving):
    """One that asks again until an answer is right, so often at most."""

    attempts: int = Field(1, ge=1, le=1024, description="Answers asked for at most, until one is right.")

    @model_validator(mode="after")
    def _different(self) -> Trying:
        if self.temperature == 0 and self.attempts > 1:
            raise ValueError("attempts at temperature 0 are all the same: give a temperature, or attempts: 1")
        return self
