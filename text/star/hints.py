"""The gold answer as a hint beside a question, and whether what was written under it lets the hint show."""

from __future__ import annotations

import re
import unicodedata

from ..problems.scratchpad import steps
from ..verifiers.answers.stated import stated, statements
from .foreseen import foreseen

LONGEST_TERM = 40
"""Digits of a number to add."""

_SPEAKING = """
answer answers answered hint hints hinted solution solutions target clue clues spoiler given told correct expected known
knew already provided supposed supplied specified stated mentioned parentheses parenthesis brackets bracket gold label
reveal revealed reveals revealing backwards backward cheat cheating peek question questions note notes noted above match
matches matching agree agrees agreeing confirm confirms hope hopes hoped hoping desired promised claimed indicated
anticipated
respuesta réponse antwort lösung risposta resposta pista indice hinweis
"""  # words by which a rationale speaks of an answer that it was given; those of the question may be used
_QUOTING = frozenset({
    "given", "told", "known", "knew", "already", "provided", "supplied", "specified", "stated", "mentioned", "note",
    "noted", "question",
})  # fmt: skip
"""Those by which it may quote a number of the question."""
_CLAUSE = re.compile(r"[.,;:!?]+(?=\s|$)|\n+")
_AS = re.compile(
    r"\bas (?:[^\W\d_]+ ){0,6}?"
    r"(?:said|says|asked|needed|required|wanted|wished|planned|intended|predicted|should|written)\b"
)
_PREAMBLE = frozenset({"the", "so", "thus", "therefore", "hence", "and", "final"})
_OPENED = re.compile(r"[(\[]\s*(?:the\s+)?(?:final\s+)?$")
_LEET = str.maketrans("013457@$", "oieastas")
_WORD = re.compile(r"[^\W\d_]+")
_MIXED = re.compile(r"[\w@$]+")
_SPELT = re.compile(r"(?:(?<![^\W_])[^\W\d_](?![^\W_])[\W_]{0,3}){3,}")


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

    It must not speak of an answer that it knows, whatever the spelling; say the answer once, after its reasoning and
    not in the hint's brackets; and not use the answer before it has found it. It errs on the side of dropping.

    Args:
        question: Without the hint.
        answer: The gold answer.
        completion: What was written; hostile.
        verifier: Of the problem; for `addition`, the digits on the lines of a right scratchpad are no mention.
    """
    text, asked = _plain(completion), _plain(question)
    if foreign := next((c for c in text if _foreign(c) and c not in asked), ""):
        return f"the hint may hide in letters that the question does not use: {foreign}"
    if (times := statements(text)) > 1:
        return f"repeats the hint: {times} answers"
    found = stated(text)
    before, after = (text, "") if found is None else (text[: found.start], text[found.end :])
    if found is not None and not set(_MIXED.findall(before)) - _PREAMBLE:
        return "answers before it reasons"
    if found is not None and (_OPENED.search(before) or after.lstrip(" .").startswith(")")):
        return "copies the hint's brackets"
    if word := _telling(before + "\n" + after, asked):
        return f"speaks of the hint: {word}"
    if foreseen(_off_scratchpad(before, question) if verifier == "addition" else before, _plain(answer), asked):
        return f"uses the answer before it finds it: {answer[:40]}"
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
    """The first word that speaks of the hint: as written, with digits for letters, or spelt out."""
    allowed = set(_WORD.findall(asked))
    text = "\n".join(_unquoted(clause, asked, allowed) for clause in _CLAUSE.split(text))
    if (phrase := _AS.search(text)) is not None and phrase[0] not in asked:
        return phrase[0]
    spelt = ("".join(_WORD.findall(match[0])) for match in _SPELT.finditer(text))
    mixed = (word.translate(_LEET) for word in _MIXED.findall(text) if not word.isdigit())
    telling = set(_plain(_SPEAKING).split()) - allowed
    for word in (*_WORD.findall(text), *mixed):
        if word in telling:
            return word
    for word in spelt:
        if hidden := next((t for t in sorted(telling) if t in word), ""):
            return hidden
    squeezed = "".join(_WORD.findall(text))
    return next((t for t in ("theanswer", "thehint", "answer", "solution") if t in squeezed and t not in asked), "")


def _unquoted(clause: str, asked: str, allowed: set[str]) -> str:
    """A clause without the words that are no hint where it quotes a number of the question and reckons nothing."""
    quoted = set(re.findall(r"\d+", clause))
    if "=" in clause or not quoted or not quoted <= set(re.findall(r"\d+", asked)):
        return clause
    stems = {_stem(word) for word in allowed}
    return _WORD.sub(lambda word: "" if word[0] in _QUOTING or _stem(word[0]) in stems else word[0], clause)


def _stem(word: str) -> str:
    """A word without its ending: `expects`, `expected` and `expecting` are one."""
    return re.sub(r"(?:ing|ed|es|s|e)$", "", word) if len(word) > 4 else word
