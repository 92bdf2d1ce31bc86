"""Word problems whose reasoning is arithmetic: the answer, and whether the reasoning bears it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from multisynth.sample import Sample

from .answers.stated import stated, statements
from .answers.symbolic import Symbolic
from .mathematics import Mathematics
from .reasoning.dependence import chains, idle
from .reasoning.equations import Equation, Unreadable, equations, number
from .reasoning.founded import unfounded
from .reasoning.named import other_owner, stranger
from .reasoning.plain import plain
from .reasoning.quoted import misquoted
from .verdict import Verdict, shortened

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9$])|\n+")
_OPEN = re.compile(r"=[\s$]*$")
_AGAIN = re.compile(r"(?:\n|[.?!]\s)\s*(?:Q|A|Question|Answer|Problem)\s*:\s*\S")


class ArithmeticCheck(BaseModel):
    """What `check` may hold for this verifier, where it is known of what numbers the problem was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    numbers: tuple[Annotated[int, Field(ge=0, lt=10**12)], ...] = Field(
        max_length=16, description="Those that the answer depends on, each as often as it does."
    )
    operations: str = Field(pattern=r"^[-+*/]{1,15}$", description="Between them, in order.")


class Arithmetic:
    """The answer as `math` judges it; reasoning that does not bear it is a flaw, for it would be learned.

    Without a flaw there is reasoning; every equation is true, and the answer depends on each; every number, in an
    equation or in prose, is one of the question, follows from its units, or was found before; what the question says
    of a number is not said of another; nobody comes in whom the question does not know; nothing is said twice, and the
    text ends with its answer. Where `check` tells of what numbers the problem was made, each of them is used.
    Algebra is not read: reasoning in unknowns is a flaw.
    """

    def __init__(self, symbolic: Symbolic) -> None:
        self._answers = Mathematics(symbolic)

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`."""
        verdict = self._answers.judge(problem, completion)
        found = stated(completion)
        if found is None:
            return verdict
        check = ArithmeticCheck.model_validate_json(problem["check"]) if problem["check"] else None
        reasoning = plain(completion[: found.start])
        if _OPEN.search(reasoning):  # 5 + 3 = \boxed{8}
            reasoning += found.answer
        flaw = _rambling(completion, found.start, found.end) or _fault(
            plain(problem["question"]), found.answer, reasoning, check
        )
        return replace(verdict, flaw=flaw)

    def close(self) -> None:
        """Nothing was started."""


def _rambling(completion: str, start: int, end: int) -> str:
    """Whether the text does more than reason once and answer once."""
    if (times := statements(completion)) > 1:
        return f"answers more than once: {times} times"
    after = completion[end:].strip(" .!*$\\])}\n")
    if after:
        return f"goes on after the answer: {len(after)} characters"
    if _AGAIN.search(completion[:start].strip()):
        return "asks again"
    said = [sentence for sentence in _sentences(completion[:start]) if len(sentence.split()) > 1]
    if len(set(said)) < len(said):
        return f"repeats itself: {len(said) - len(set(said))} sentences"
    return ""


def _fault(question: str, answer: str, reasoning: str, check: ArithmeticCheck | None) -> str:
    sentences = _sentences(reasoning)
    try:
        said = [equations(sentence) for sentence in sentences]
    except Unreadable as error:
        return f"unreadable equation: {shortened(str(error))}"
    every = [equation for found in said for equation in found]
    wrong = next((equation for equation in every if not equation.holds), None)
    if wrong is not None:
        return f"false equation: {shortened(wrong.text)}"
    derivations = chains(every)
    if not derivations:
        return "no reasoning"
    if (nowhere := unfounded(question, sentences, said)) is not None:
        return f"number from nowhere: {nowhere}"
    if name := stranger(question, reasoning):
        return f"name from nowhere: {shortened(name)}"
    if quote := misquoted(question, reasoning, {abs(equation.result) for equation in every}):
        return f"misquotes the question: {shortened(quote)}"
    if owner := other_owner(question, sentences[-1]):
        return f"answers for another: {shortened(owner)}"
    return _unborne(derivations, number(answer)) or (_unmade(derivations, check) if check else "")


def _unborne(derivations: Sequence[Sequence[Equation]], answer: Fraction | None) -> str:
    """Whether the answer is what was derived, out of all that was."""
    last = derivations[-1][-1].result
    if answer is not None and answer not in (last, 100 * last):  # 0.25 of a dollar is 25 cents
        return f"reasoning for another answer: {last}, not {answer}"
    unused = idle(derivations, last)
    return "" if unused is None else f"nothing is made of it: {shortened(unused[-1].text)}"


def _unmade(derivations: Sequence[Sequence[Equation]], check: ArithmeticCheck) -> str:
    """Whether the derivations leave out a number that the problem was made of, or reckon in another way.

    A result that is used on the way is not one of these numbers, though it be equal to one. How many equal terms a sum
    has says the same as a factor; but where all is added and subtracted there is no product.
    """
    told = {(*sorted(chain[0].terms), chain[-1].result): chain for chain in derivations}
    used = Counter(abs(term) for chain in told.values() for term in chain[0].terms)
    used.subtract(abs(chain[-1].result) for chain in list(told.values())[:-1])
    sums = [chain[0] for chain in told.values() if len(set(chain[0].terms)) == 1]
    used.update(Fraction(len(equation.terms)) for equation in sums)
    if missing := Counter(map(Fraction, check.numbers)) - used:
        return f"leaves out a number of the problem: {min(missing)}"
    added = not set(check.operations) & set("*/")
    odd = next((chain[0] for chain in told.values() if added and _multiplies(chain[0])), None)
    return "" if odd is None else f"multiplies where all is added: {shortened(odd.text)}"


def _multiplies(equation: Equation) -> bool:
    return bool({"*", "/"} & set(equation.text.partition("=")[0]))


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip()]
