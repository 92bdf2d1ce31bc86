"""Whether a text uses an answer before it has found it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

from ..verifiers.reasoning.equations import Unreadable, equations, number
from ..verifiers.reasoning.quantities import quantities

_REWRITTEN = (
    (re.compile(r"\\[dt]?frac\s*\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}"), r"\1/\2"),
    (re.compile(r"\\[dt]?frac\s*(\d)\s*(\d)"), r"\1/\2"),
    (re.compile(r"⁄"), "/"),
    (re.compile(r"\b(?:an? |one[\s-])?half\b"), "1/2"),
    (re.compile(r"\b(?:a|one)[\s-]quarter\b"), "1/4"),
    (re.compile(r"\ba (?=(?:dozen|hundred|thousand|million)\b)"), "one "),
    (re.compile(r"(?<=[\d%]) of (?=\d)"), " * "),
)
"""Forms of numbers, and what says the same as `quantities` and `equations` read it."""
_RESULT = re.compile(
    r"(?:=|≈|\\approx|\b(?:is|are|was|makes?|gives?|equals?|leaves|totals?|gets?|yields?)\b)"
    r"(?:\s+(?:about|exactly))?[\s$€£\\({−-]*$"
)
_SYMBOLS = re.compile(r"[\^!√{}|]|\b(?:sqrt|log|ln|mod|gcd|lcm|min|max|sum|pi)\b|(?<![^\W\d_])[a-z](?![^\W\d_])")
"""What arithmetic has that `equations` cannot read."""
_AIM = re.compile(
    r"\b(?:must|ha(?:s|ve|d) to|should|ought to|needs? to|got to|want(?:s|ed)? to)"
    r" (?:be|reach|equal|get|make|give|come|end|find|have)(?: [^\W\d_]+){0,2}[\s$€£]*$"
)
_CLAUSE = re.compile(r"[.,;:!?]+(?=\s|$)|\n+")
_MOST = 200
"""Mentions that are looked at; what has more is no rationale."""
_NEAR = 300
"""Characters before a number that are looked at."""


class Mention(NamedTuple):
    """Where a text says an answer: as a number with this value, or as other words."""

    start: int
    end: int
    value: Fraction | None


def foreseen(reasoning: str, answer: str, asked: str) -> bool:
    """Whether it mentions the answer, however written, before an equation that holds has it as its result.

    What the question mentions may be quoted, but not be aimed at. An answer that is no number is found by no equation.

    Args:
        reasoning: What comes before the answer is stated; hostile.
        answer: The gold answer.
        asked: The question without the hint. All three in small letters.
    """
    text, asked, answer = _rewritten(reasoning), _rewritten(asked), _rewritten(answer).strip()
    values = _values(answer)
    quotable = next(_mentions(asked, answer, values), None) is not None
    for count, mention in enumerate(_mentions(text, answer, values)):
        if count == _MOST:
            return True
        if _is_found(text, mention, values, quotable):
            return False
        if not quotable or _AIM.search(text[max(0, mention.start - _NEAR) : mention.start]):
            return True
    return False


def finds(reasoning: str, answer: str, asked: str) -> bool:
    """Whether an equation has an answer as its result; one that is no number need not be found. As `foreseen`."""
    text, asked, answer = _rewritten(reasoning), _rewritten(asked), _rewritten(answer).strip()
    values = _values(answer)
    quotable = next(_mentions(asked, answer, values), None) is not None
    found = islice(_mentions(text, answer, values), _MOST)
    return not values or any(_is_found(text, mention, values, quotable) for mention in found)


def _rewritten(text: str) -> str:
    for form, plain in _REWRITTEN:
        text = form.sub(plain, text)
    return text


def _values(answer: str) -> frozenset[Fraction]:
    """What an answer with one number in it is worth, its sign left out; none where it has several, or none."""
    found = list(quantities(answer))
    if len(found) != 1:
        return frozenset()
    value = found[0].value
    return frozenset({value, value / 100} if re.search(r"%|percent", answer) else {value})


def _mentions(text: str, answer: str, values: frozenset[Fraction]) -> Iterator[Mention]:
    """Wherever a text says the answer, in order."""
    if not answer:
        return
    found = [
        Mention(said.start, said.end, value)
        for said in quantities(text)
        if (value := _meant(text, said.start, said.end, said.value, values)) is not None
    ]
    digits = answer.isascii() and answer.isdigit() and len(answer) > 1
    if digits or not values:
        taken = {mention.start for mention in found}
        value = Fraction(answer) if digits else None
        literal = "[ _']?".join(answer) if digits else r"\s+".join(map(re.escape, answer.split()))
        for match in re.finditer(rf"(?<![\w.,]){literal}(?!\w|[.,]\d)", text):
            if match.start() not in taken:
                found.append(Mention(match.start(), match.end(), value))
    yield from sorted(found, key=lambda mention: (mention.start, mention.end))


def _meant(text: str, start: int, end: int, value: Fraction, values: frozenset[Fraction]) -> Fraction | None:
    """The value of the answer that a number says; None where it says another."""
    said = text[start:end]
    if "/" in said:  # a division, of which the parts are numbers of the text, or a fraction
        rest = text[end : end + 8].lstrip(" $")
        if value in values and (rest[:1] in ("", *".,;!?\n") or (value.denominator > 1 and rest[:1] != "=")):
            return value
        return next((n for part in said.split("/") if (n := number(part.strip(" %"))) in values), None)
    worth = {value, value / 100} if re.search(r"%|percent", said) else {value}
    return next(iter(worth & values), None)


def _is_found(text: str, mention: Mention, values: frozenset[Fraction], quotable: bool) -> bool:
    """Whether an equation that ends with the mention finds it: one that holds, or that is beyond plain arithmetic."""
    if mention.value is None:
        return False
    near = text[max(0, mention.start - _NEAR) : mention.start]
    if (sign := _RESULT.search(near[-40:])) is None:
        return False
    left = near.removesuffix(near[-40:][sign.start() :]).rstrip()
    said = text[mention.start : mention.end]
    right = said if said[0].isdigit() and " " not in said else str(mention.value)
    line = left.rpartition("\n")[2]
    minus = "-" if sign[0].rstrip().endswith(("-", "−")) else ""
    try:
        read = equations(f"{line} = {minus}{right}")
    except Unreadable:
        read = []
    if read and read[-1].computes and abs(read[-1].result) in values:
        return read[-1].holds and (quotable or not values & set(read[-1].terms))
    clause = _CLAUSE.split(left)[-1]
    if (name := re.fullmatch(r".*?([a-z])\s*", clause, re.DOTALL)) and _SYMBOLS.search(clause[-3:].strip()):
        return any("=" in one and re.search(r"\d", one) and name[1] in one for one in _CLAUSE.split(left)[:-1])
    numbers = {one.value for one in quantities(clause)}
    return _SYMBOLS.search(clause) is not None and bool(numbers) and (quotable or not numbers & values)
