"""Whether reasoning is about those whom the question is about."""

from __future__ import annotations

import re

_NAME = re.compile(r"(?<=[a-z0-9,] )[A-Z][a-z]{2,}\b")
_ASKED = re.compile(r"\bdo(?:es)? ([A-Z][a-z]+) have(?! than)[^?]*\?\s*$")
_HAS_SUM = re.compile(r"\b(?!She|He|They|It)([A-Z][a-z]+) (?:now )?has \$?\d+ *[-+*/][^.=]*=[^.=]*\.?\s*$")
_NEAR = 300  # characters of an end


def stranger(question: str, reasoning: str) -> str:
    """The first name within a sentence of the reasoning that the question does not have; empty where there is none."""
    asked = question.casefold()
    return next((name for name in _NAME.findall(reasoning) if name.casefold() not in asked), "")


def other_owner(question: str, reasoning: str) -> str:
    """Who has what is asked, by the last sum of the reasoning, where the question asks for another's; else empty."""
    asked, given = _ASKED.search(question[-_NEAR:]), _HAS_SUM.findall(reasoning[-_NEAR:])
    wrong = asked and given and given[-1] != asked[1] and given[-1] in question
    return given[-1] if wrong else ""
