"""The gold answer as a hint beside a question, and whether what was written under it lets the hint show."""

from __future__ import annotations

import re
import unicodedata

from ..problems.scratchpad import steps
from ..verifiers.answers.stated import reasons, stated, statements
from ..verifiers.reasoning.plain import plain
from .foreseen import finds, foreseen

LONGEST_TERM = 40
"""Digits of a number to add."""

_GIVEN = (
    r"(?:given|told|know|knew|known|knowing|already|provided|supplied|supposed|specified|stated|mentioned|correct|right|"
    r"expected|desired|wanted|needed|required|promised|claimed|shown|gold|label)"
)
_SOUGHT = r"(?:answers?|solutions?|results?|totals?|targets?|numbers?|values?)"
_HINTED = re.compile(
    r"\b(?:hint\w*|clues?|spoilers?|target|cheat\w*|peek\w*|reveal\w*|parenthes[ei]s|brackets?|backwards?)\b"
    r"|\b(?:match|agree|confirm|fit)(?:e?s|ing)?\b|\b(?:consistent|in line) with\b|\bhop(?:e|ed|ing)\b"
    r"|\bas (?:[^\W\d_]+ ){0,6}?(?:said|says|asked|needed|required|wanted|wished|planned|predicted|should|expected)\b"
    rf"|\b{_GIVEN}(?: [^\W\d_]+){{0,2}} {_SOUGHT}\b|\b{_SOUGHT}(?: [^\W\d_]+){{0,4}} {_GIVEN}\b"
    rf"|\b{_SOUGHT} (?:that )?we (?:need|want|have)\b"
    r"|\b(?:question|problem)s? (?:says|said|states|gives|tells)\b|\b(?:in|from|by|with) the (?:question|prompt|note)\b"
)
"""How a rationale speaks of an answer that it was given; not how one speaks of an answer that it looks for."""
_VAGUE = re.compile(r"\b(?:given|told|knew|known|knowing|already|stated|provided|supplied|specified|noted)\b")
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|\n+")
_CLAUSE = re.compile(r"[.,;:!?]+(?=\s|$)|\n+")
_OPENED = re.compile(r"[(\[]\s*(?:the\s+)?(?:final\s+)?$")
_WORD = re.compile(r"[^\W\d_]+")


def hinted(question: str, answer: str, verifier: str | None) -> str:
    """A question with its gold answer beside it, in the way of its kind of problem.

    For addition the answer stands after the question, as in STaR (Zelikman et al. 2022, arXiv 2203.14465, section 4.1).
    """
    return question + _hint(answer, verifier)


def unhinted(question: str, answer: str, verifier: str | None) -> str:
    """The question that `hinted` made this of, or one without a hint as it is."""
    return question.removesuffix(_hint(answer, verifier))


def _hint(answer: str, verifier: str | None) -> str:
    if verifier == "addition":
        return f"\nTarget: {' '.join(answer.replace(' ', ''))}"
    return f" (The answer is {answer}.)"


def hintable(verifier: str | None) -> bool:
    """Whether an answer can be a hint: a program, or JSON, is the whole of what is written, and would be copied."""
    return verifier not in ("code", "schema")


def leak(question: str, answer: str, completion: str, verifier: str | None = None) -> str:
    """How an answer that was written under a hint lets it show: a reason to drop it, or nothing.

    It must not speak of an answer that it knows; say the answer once, after its reasoning and
    not in the hint's brackets; not use the answer before it has found it; and, where it is a number, find it: by an
    equation that holds, or by what arithmetic cannot read. It errs on the side of dropping.

    Args:
        question: Without the hint.
        answer: The gold answer.
        completion: What was written; hostile.
        verifier: Of the problem; for `addition`, the digits on the lines of a right scratchpad are no mention.
    """
    text, asked = _plain(completion), plain(_plain(question))
    if foreign := next((c for c in text if _foreign(c) and c not in asked), ""):
        return f"the hint may hide in letters that the question does not use: {foreign}"
    if (times := statements(text)) > 1:
        return f"repeats the hint: {times} answers"
    found = stated(text)
    before, after = (text, "") if found is None else (plain(text[: found.start]), text[found.end :])
    if found is not None and not reasons(text):
        return "answers before it reasons"
    if found is not None and (_OPENED.search(before) or after.lstrip(" .").startswith(")")):
        return "copies the hint's brackets"
    if word := _telling(before + "\n" + after, asked):
        return f"speaks of the hint: {word}"
    if found is not None and before.rstrip(" $").endswith("="):  # 5 + 3 = \\boxed{8}
        before += found.answer
    if verifier == "addition":
        before = _off_scratchpad(before, question)
    if foreseen(before, _plain(answer), asked):
        return f"uses the answer before it finds it: {answer[:40]}"
    if verifier != "addition" and not finds(before, _plain(answer), asked):
        return f"never finds the answer: {answer[:40]}"
    return ""


def _off_scratchpad(reasoning: str, question: str) -> str:
    """What was written without the lines that a right scratchpad has."""
    terms = [term.replace(" ", "") for term in question.split("+")]
    if len(terms) != 2 or not all(term.isascii() and term.isdigit() and len(term) <= LONGEST_TERM for term in terms):
        return reasoning
    lines = set(map(_plain, steps(int(terms[0]), int(terms[1]))))
    return "\n".join(line for line in reasoning.split("\n") if " ".join(line.split()) not in lines)


def _plain(text: str) -> str:
    """Small letters without accents, invisible characters and compatibility forms."""
    parts = unicodedata.normalize("NFKD", text)
    kept = (c for c in parts if unicodedata.category(c) not in ("Cf", "Mn", "Me", "Co", "Cn"))
    return "".join(kept).casefold()


def _foreign(letter: str) -> bool:
    return letter.isalpha() and letter > "\u024f"


def _telling(text: str, asked: str) -> str:
    """The first phrase that speaks of the hint; what the question says itself may be said, and quoted."""
    words = {_stem(word) for word in _WORD.findall(asked)}
    for sentence in _SENTENCE.split(text):
        for clause in _CLAUSE.split(sentence):
            for match in _HINTED.finditer(clause):
                if not {_stem(word) for word in _WORD.findall(match[0])} <= words:
                    return match[0]
            vague = _VAGUE.search(clause)
            if vague and _stem(vague[0]) not in words and not _quotes(clause, asked) and not _quotes(sentence, asked):
                return vague[0]
    return ""


def _quotes(clause: str, asked: str) -> bool:
    """Whether it says numbers of the question, and reckons nothing."""
    quoted = set(re.findall(r"\d+", clause))
    return bool(quoted) and "=" not in clause and quoted <= set(re.findall(r"\d+", asked))


def _stem(word: str) -> str:
    return re.sub(r"(?:ing|ed|es|s|e)$", "", word)
