"""Numbers, times and arithmetic said in words, written in digits: `six times seven makes forty-two` is `6 * 7 = 42`."""

from __future__ import annotations

import re

from .lexicon import NUMBERS

_SMALL = "|".join(
    sorted((word for word in NUMBERS if word not in ("dozen", "hundred", "thousand")), key=len, reverse=True)
)
_LARGE = re.compile(
    rf"\b(?:(\d{{1,3}}|one|a|{_SMALL}) (hundred|thousand))(?:(?: and)? (\d{{1,3}}|one|{_SMALL})(?: (hundred))?)?\b"
)
_CLOCK = re.compile(
    rf"(?<!from )\b(half|a quarter|quarter|{_SMALL}|\d{{1,2}})(?: minutes?)? (past|to) (one|{_SMALL}|\d{{1,2}})\b"
)
_AND_A_PART = re.compile(
    rf"\b(?:(an?|one) ([^\W\d]+)|(\d{{1,6}}|{_SMALL})) and (?:a|one) (half|third|quarter)\b(?! (?:past|to|of)\b)"
)
_TOGETHER = re.compile(
    rf"\b((?:\d{{1,9}}|{_SMALL}) [a-z]{{1,12}}),? and (?=(?:\d{{1,9}}|{_SMALL}) "
    r"(?:min(?:ute)?s?|sec(?:ond)?s?|hours?|days?|months?|cents?|pence|inch(?:es)?|cm|centimet(?:re|er)s?|grams?|ounces?)\b)"
)
_PER = re.compile(r"(?<=[a-z])/(?=(?:s|sec|min|h|hr|hour|day|week|month|year|l|kg|m)\b)")
_NUMBER = rf"(?:\$?\d[\d,]*(?:\.\d+)?|one|{_SMALL})"
_SIGNS = {
    "plus": "+", "and": "+", "added to": "+", "minus": "-", "less": "-", "times": "*", "multiplied by": "*",
    "divided by": "/", "over": "/",
}  # fmt: skip
_IS = r"(?:is(?: equal to)?|are|equals?|makes?|gives?|leaves?|comes? to|yields?|was)(?: only| just| exactly)?"
_THAT = r",? ?(?:that |which )?"
_BINARY = re.compile(rf"\b({_NUMBER}) ({'|'.join(_SIGNS)}) ({_NUMBER}){_THAT}{_IS} ({_NUMBER})\b")
_SYMBOLS = re.compile(rf"(\d[\d.]*(?: ?[-+*/x×÷·−] ?\(?\d[\d.]*\)?){{1,16}}){_THAT}{_IS} ({_NUMBER})\b")
_FROM = re.compile(rf"\b({_NUMBER}) (?:subtracted|taken) (?:away )?from ({_NUMBER}) {_IS} ({_NUMBER})\b")
_PARTS = {
    "half": "1/2", "a half": "1/2", "one half": "1/2", "a third": "1/3", "one third": "1/3", "two thirds": "2/3",
    "a quarter": "1/4", "one quarter": "1/4", "three quarters": "3/4", "a fifth": "1/5", "a tenth": "1/10",
}  # fmt: skip
_PART = re.compile(
    rf"\b(?:({'|'.join(_PARTS)}) of|({_NUMBER}) ?(?:%|percent|per cent) of|(twice|double|thrice|triple)) ({_NUMBER})"
    rf" {_IS} ({_NUMBER})\b"
)


def written(text: str) -> str:
    """A text, in lower case, with its large numbers and times in digits and its spoken equations with signs."""
    text = _AND_A_PART.sub(_with_part, _PER.sub(" per ", _TOGETHER.sub(r"\1 ", text)))
    text = _CLOCK.sub(_time, _LARGE.sub(_sum, text))
    text = _FROM.sub(lambda m: f"{_digits(m[2])} - {_digits(m[1])} = {_digits(m[3])}", text)
    text = _BINARY.sub(lambda m: f"{_digits(m[1])} {_SIGNS[m[2]]} {_digits(m[3])} = {_digits(m[4])}", text)
    text = _SYMBOLS.sub(lambda m: f"{m[1]} = {_digits(m[2])}", text)
    return _PART.sub(_part, text)


def _with_part(match: re.Match[str]) -> str:
    """`an hour and a half`, `two and a half`."""
    _, thing, count, part = match.groups()
    value = int(_digits(count)) if count else 1
    return f"{value}.{ {'half': '5', 'third': '333333', 'quarter': '25'}[part] }{f' {thing}' if thing else ''}"


def _digits(word: str) -> str:
    return str(NUMBERS.get(word, 1 if word in ("one", "a") else word.replace(",", "")))


def _sum(match: re.Match[str]) -> str:
    """`one hundred and twenty-one`, `two thousand three hundred`."""
    value = int(_digits(match[1])) * NUMBERS[match[2]]
    if match[3]:
        value += int(_digits(match[3])) * (100 if match[4] else 1)
    return str(value)


def _time(match: re.Match[str]) -> str:
    """`quarter past nine`, `ten to nine`."""
    part, side, hour = match.groups()
    minutes = 30 if part == "half" else 15 if "quarter" in part else int(_digits(part))
    if (
        (hours := int(_digits(hour))) > 24
        or minutes > 59
        or (side == "to" and not part.endswith("quarter") and hours > 12)
    ):
        return match[0]
    total = hours * 60 + (minutes if side == "past" else -minutes)
    return f"{total // 60}:{total % 60:02d}"


def _part(match: re.Match[str]) -> str:
    fraction, percent, fold, whole, result = match.groups()
    factor = (
        _PARTS[fraction] if fraction else f"{_digits(percent)} / 100" if percent else
        "2" if fold in ("twice", "double") else "3"
    )  # fmt: skip
    return f"{factor} * {_digits(whole)} = {_digits(result)}"
