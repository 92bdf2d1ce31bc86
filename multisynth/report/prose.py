"""Text that models wrote, for a reader: programs apart from prose, nothing taken for markup."""

from __future__ import annotations

import re
from dataclasses import dataclass

from multisynth.report.words import excerpt

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w.+-]*)[^\n`]*\n(.*?)(?:^[ \t]*\1[ \t]*$\n?|\Z)", re.M | re.S)


@dataclass(frozen=True)
class Part:
    """A piece of a text: prose, or a program in a language that may be named."""

    text: str
    code: bool = False
    language: str = ""


def parts(text: str | None, most: int = 3000, *, code: bool = False) -> list[Part]:
    """A text cut where fences of Markdown stand; one that is cut off may end within a program.

    Args:
        text: As it was written.
        most: Characters that are shown.
        code: Whether what has no fence is a program.
    """
    text = excerpt((text or "").strip("\n"), most)
    found, at = [], 0
    for fence in _FENCE.finditer(text):
        found.append(Part(text[at : fence.start()].strip("\n")))
        found.append(Part(fence[3].rstrip("\n"), True, fence[2]))
        at = fence.end()
    found.append(Part(text[at:].strip("\n"), code and not found))
    return [part for part in found if part.text.strip()]
