"""Reasoning as arithmetic reads it: without the marks of Markdown and LaTeX, and the numbers of a list."""

from __future__ import annotations

import re

_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_REWRITTEN = (
    (re.compile(r"\*\*|__|\\[!,;:]|\\(?:left|right|[dt]isplaystyle)\b|(?<!\\)[{}](?=\s*$)", re.MULTILINE), ""),
    (re.compile(r"^[ \t>#*-]*(?:step[ \t]*)?\d{1,2}[.:)]+(?=\s+\D|\s+\d|$)[ \t]*", re.IGNORECASE | re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:[-*•][ \t]+|#+[ \t]*)", re.MULTILINE), ""),
    (re.compile(rf"\\[dtc]?frac\s*\{{\s*\$?({_NUMBER})\s*\}}\s*\{{\s*({_NUMBER})\s*\}}"), r"\1/\2"),
    (re.compile(r"\\[dtc]?frac\s*(\d)\s*(\d)"), r"\1/\2"),
    (re.compile(r"\\[dtc]?frac\s*\{([^{}\n]{1,80})\}\s*\{([^{}\n]{1,80})\}"), r"(\1)/(\2)"),
    (re.compile(r"\\(?:text|textbf|mathrm|mathbf|boxed|fbox)\s*\{([^{}\n]{1,80})\}"), r"\1"),
    (re.compile(r"\\(?:cdot|times|ast)(?![a-z])"), "×"),
    (re.compile(r"\\div(?![a-z])"), "÷"),
    (re.compile(r"\\(?:approx|implies|Rightarrow|quad|qquad)(?![a-z])|\\[ ]"), " "),
    (re.compile(r"\\[()\[\]]|\$\$"), " "),
    (re.compile(r"\\([$%#&])"), r"\1"),
)


def plain(text: str) -> str:
    r"""A text with `\cdot`, `\times`, `\div` and `\frac` as the signs they stand for, and no other marks.

    Emphasis, boxes, brackets of formulas and the numbers of a list (`2.`, `Step 2:`) say nothing of quantities.
    """
    for form, sign in _REWRITTEN:
        text = form.sub(sign, text)
    return text
