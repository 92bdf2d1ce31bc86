"""Answers in one spelling, as there are many for the same: `10,\\!080`, `10 080` and `\\[ = 10080 \\]`."""

from __future__ import annotations

import re
import unicodedata

from ..reasoning.quantities import in_digits
from .words import is_words, lettered, unwrapped

_SIGNS = {
    "−": "-", "×": r"\times ", "·": r"\cdot ", "π": r"\pi ", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ",
    "±": r"\pm ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset", "≈": "=",
}  # fmt: skip
_SIGN = re.compile("|".join(_SIGNS))
_BROKEN = re.compile(r"([¼-¾⅐-⅞])")
_RAISED = re.compile(r"[⁻⁰¹²³⁴-⁹]+")
_MARKS = ((r"\[", r"\]"), (r"\(", r"\)"), ("**", "**"), ("`", "`"), ("$", "$"))

_BLANK = r"(?<!\\)\\[,;: ]|~|\\quad\b"
_GROUPS = re.compile(rf"(?<![\d.,])\d{{1,3}}(?:(?:\{{,\}}|{_BLANK}|,{_BLANK}| )\d{{3}})+(?![\d/]|\s*/)")
_COMMAS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?!\d|,)")
_LISTS = re.compile(r"[(\[]|\\\{|^\{")
_LED = re.compile(
    r"=\s*|(?:approximately|approx\.?|about|around|roughly|exactly|only|just|is|equals|equal\s+to|a\s+total\s+of)\s+",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"[-+–]?\s*[\d.$£€¥₹\\(]")
_POWER_OF_TEN = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]\+?(-?\d{1,4})(?![\w.])")
_TIMES_TEN = re.compile(r"(?<=\d)\s*[x*]\s*(?=10\s*\^)")
_REPEATING = re.compile(r"(?<![\d.])(\d{0,9})\.(\d{0,9})\\(?:overline|bar)\s*(?:\{(\d{1,9})\}|(\d))(?![\d.])")
_TURN = re.compile(r"(\d+(?:\.\d+)?)\s*\^\s*(?:\\circ\b|\{\s*\\circ\s*\})")
_DEGREES = re.compile(r"\^?\s*\{?\s*(?:\\circ\b|\\degree\b|°)\s*\}?\s*([CF]\b)?")
_TRIGONOMETRY = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)\b")
_IN_BASE = re.compile(r"\((\w+)\)(?=\s*_)")
_NONE = re.compile(r"\\varnothing|\\\{\s*\\\}|no\s+(?:real\s+)?solutions?\.?", re.IGNORECASE)


def spelt(text: str) -> str:
    """An answer as the comparison takes it: bare, its numbers without groups, powers of ten and fractions in LaTeX.

    Args:
        text: Plain or LaTeX; hostile.
    """
    text = _bare(_letters(text.replace(r"\!", "")))
    text = _GROUPS.sub(lambda match: re.sub(r"\D", "", match[0]), text)
    if not _LISTS.search(text):  # `(1,200)` is a pair
        text = _COMMAS.sub(lambda match: match[0].replace(",", ""), text)
    text = re.sub(_BLANK, " ", text.replace(r"\approx", "=")).strip()
    if (led := _LED.match(text)) and _NUMERIC.match(text, led.end()):
        text = text[led.end() :]
    text = _POWER_OF_TEN.sub(r"\1 \\cdot 10^{\2}", _TIMES_TEN.sub(r" \\cdot ", text))
    text = _REPEATING.sub(_ratio, text)
    if _TRIGONOMETRY.search(text):
        text = _TURN.sub(r"(\\frac{\1\\pi}{180})", text)
    text = re.sub(r"\$([^$]+)\$(?!\d)", r"\1", text)
    text = _DEGREES.sub(r"\\text{ °\1}", text).replace(r"\%", "%").replace(r"\$", "$").removesuffix(".")
    text = _IN_BASE.sub(r"\1", re.sub(r"\\mathbb\s+(\w)", r"\\mathbb{\1}", text))
    text = _counted(text) if is_words(text) else text
    return r"\emptyset" if _NONE.fullmatch(unwrapped(text)) else lettered(text)


def _counted(text: str) -> str:
    """Words that say a number, in digits: `exactly eight coins`."""
    said = unwrapped(text)
    number = in_digits(said[led.end() :] if (led := _LED.match(said)) else said)
    return number if number[:1].isdigit() else text


def _letters(text: str) -> str:
    """Signs of Unicode as LaTeX has them."""
    text = _BROKEN.sub(lambda match: " " + unicodedata.normalize("NFKC", match[1]).replace("⁄", "/"), text)
    text = _RAISED.sub(lambda match: f"^{{{unicodedata.normalize('NFKC', match[0]).replace('−', '-')}}}", text)
    return _SIGN.sub(lambda match: _SIGNS[match[0]], text)


def _bare(text: str) -> str:
    """Without what sets it off: dollar signs, brackets of LaTeX and of Markdown, braces around all of it."""
    before = None
    while text != before:
        before = text = text.strip()
        for opening, closing in _MARKS:
            inner = text[len(opening) : -len(closing)]
            if text == opening + inner + closing and closing not in inner:
                text = inner
        if re.fullmatch(r"\{[^{},]*\}", text):
            text = text[1:-1]
    return text


def _ratio(match: re.Match[str]) -> str:
    """A repeating decimal as the fraction that it is."""
    whole, fixed, period = match[1], match[2], match[3] or match[4]
    below = (10 ** len(period) - 1) * 10 ** len(fixed)
    above = int(whole + fixed + period or "0") - int(whole + fixed or "0")
    return rf"\frac{{{above}}}{{{below}}}"
