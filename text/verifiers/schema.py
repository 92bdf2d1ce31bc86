"""Answers that have to be JSON of a given form."""

from __future__ import annotations

import json
import re

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

from multisynth.errors import BadInput
from multisynth.sample import Sample
from multisynth.serving.schema import checker, parsed

from ..apart import Apart
from .answers.stated import stated
from .answers.symbolic import Symbolic
from .verdict import Verdict, shortened

SECONDS = 5.0
"""Time for one answer: a schema's patterns can take for ever on a text that was made for it."""
LONGEST = 100_000
"""Characters of an answer that is looked at."""
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?```", re.DOTALL)


class SchemaCheck(BaseModel):
    """What `check` holds for this verifier."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    form: dict[str, JsonValue] | bool = Field(alias="schema", description="A JSON Schema (json-schema.org).")

    @field_validator("form")
    @classmethod
    def _is_one(cls, form: dict[str, JsonValue] | bool) -> dict[str, JsonValue] | bool:
        try:
            checker(json.dumps(form))
        except BadInput as error:
            raise ValueError(error.problem) from None
        return form


class Schema:
    """The answer is JSON that satisfies the schema and, where the problem has a gold answer, equals that JSON.

    The answer is the last fenced block of the text, else what it states as its answer, else all of it.
    """

    def __init__(self, symbolic: Symbolic) -> None:
        self._apart = Apart("multisynth.text.verifiers.schema_server")

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`."""
        check = SchemaCheck.model_validate_json(problem["check"])
        answer = written(completion)
        if not answer:
            return Verdict(False, "no answer", "", "schema")
        if len(answer) > LONGEST:
            return Verdict(False, f"too long: {len(answer)} characters", "", "schema")
        reason = self._mistake(answer, json.dumps(check.form))
        if not reason and problem["answer"] and not _same(answer, problem["answer"]):
            reason = f"wrong answer: got {shortened(answer)}, gold {shortened(problem['answer'])}"
        return Verdict(not reason, reason, answer, "schema")

    def close(self) -> None:
        """End the process."""
        self._apart.close()

    def _mistake(self, answer: str, schema: str) -> str:
        try:
            said = self._apart.ask({"text": answer, "schema": schema}, SECONDS)
        except TimeoutError as error:
            return f"undecided: {error}"
        return f"not of the schema: {said}" if said else ""


def asked_form(problem: Sample) -> str:
    """The JSON Schema by which answers to a problem can be decoded; nothing where there is none to hold them to.

    Raises:
        ValueError: The problem's `check` is not what this verifier needs.
    """
    if problem["verifier"] != "schema":
        return ""
    form = SchemaCheck.model_validate_json(problem["check"]).form
    return "" if isinstance(form, bool) else json.dumps(form)


def written(completion: str) -> str:
    """The answer in a text."""
    if blocks := _FENCED.findall(completion):
        return str(blocks[-1]).strip()
    text = completion.strip()
    found = None if text[:1] in ("{", "[", '"') else stated(text)
    return text if found is None else found.answer


def _same(answer: str, gold: str) -> bool:
    """Whether two JSON texts say the same; 1 and 1.0 do, 1 and true do not."""
    try:
        got, wanted = parsed(answer), parsed(gold)
    except (ValueError, RecursionError):
        return answer == gold
    return _typed(got) == _typed(wanted)


def _typed(value: JsonValue) -> object:
    if isinstance(value, dict):
        return {name: _typed(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_typed(part) for part in value]
    return (isinstance(value, bool), value)
