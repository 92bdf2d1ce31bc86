"""Answers that are words."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-"})
_ARTICLE = re.compile(r"^(?:the|an?) (?=\S)")
_TEXT = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
_OPTION = re.compile(r"(?i:(?:option|choice)\s+)?\(?([A-Za-z])[).]?")
_WORDS = re.compile(r"(?=.*[^\W\d_]{2})(?:[^\W\d_]|[\s'’\"“”`*.,;:!?&–-])+", re.DOTALL)
_COMMAND = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+")
_LONG = re.compile(r"[^\W\d_]{4,}")


def normalised(text: str) -> str:
    """A text as it is compared (after SQuAD, Rajpurkar et al. 2016, but for punctuation, which may matter)."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    text = " ".join(text.split()).strip("\"'`* ").rstrip(".").strip("\"'`* ")
    return _ARTICLE.sub("", text)


def unwrapped(text: str) -> str:
    """LaTeX without the marks around text: `\\text{Paris}` is `Paris`."""
    return _TEXT.sub(r"\1", text).strip().strip("$")


def lettered(text: str) -> str:
    """The letter of an option of several, however it is set off, `(B)` or `option B`; any other text as it is."""
    return match[1] if (match := _OPTION.fullmatch(text)) else text


def exactly(text: str) -> str:
    """A text as it is compared where it has to be the gold answer but for how it is set."""
    return normalised(lettered(normalised(unwrapped(text))))


def is_words(text: str) -> bool:
    """Whether an answer is words alone, one of them of two letters at least: neither a variable nor a formula."""
    return _WORDS.fullmatch(unwrapped(text)) is not None


def words(text: str) -> list[str]:
    """The words of four letters or more in an answer, but for those that LaTeX says are text, such as units."""
    return sorted(word.casefold() for word in _LONG.findall(_COMMAND.sub(" ", _TEXT.sub(" ", text))))
