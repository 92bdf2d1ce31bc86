"""What is no whole answer."""

from __future__ import annotations

import re

from multisynth.serving import Completion

_RUN = 5
_MOST = 0.15
"""Of a text's characters in runs of five words that it has had before, as for documents (Rae et al. 2021, table A1)."""
_WORD = re.compile(r"\w+")


def fault(answer: Completion) -> str:
    """Why an answer would teach nothing; "" if it is whole and does not repeat itself."""
    text = answer.text.strip()
    if not text:
        return "is empty"
    if answer.finish == "length":
        return f"is cut off: {answer.generated} tokens"
    if text.endswith((":", ",")):
        return f"announces what does not follow: {len(text)} characters"
    share = repeated(text)
    return f"repeats itself: {share:.0%} of it" if share > _MOST else ""


def repeated(text: str) -> float:
    """The share of a text's letters and digits in runs of five words that it has had before, in either case."""
    words = [word.casefold() for word in _WORD.findall(text)]
    had: set[tuple[str, ...]] = set()
    again = place = 0
    while place + _RUN <= len(words):
        run = tuple(words[place : place + _RUN])
        if run in had:
            again, place = again + len("".join(run)), place + _RUN
        else:
            had.add(run)
            place += 1
    return again / max(1, len("".join(words)))
