"""What a turn comes to: `So 48.`, `Answer: 112 km`, `the total comes to 54`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from .amounts import amounts
from .clauses import stated_sentences, tokens

_HENCE = r"(?:(?:so|therefore|thus|hence|consequently|altogether|together|in (?:all|total)|all in all),? )?"
_NUMBER = r"(?:exactly |only |just )?(?:[$€£] ?)?-?\d[\d,.]*(?:/\d+)?(?: ?%)?(?: [^\W\d]+){0,2}"
_BARE = re.compile(
    rf"{_HENCE}(?:(?:(?:the |my |final )*(?:answer|result|total|solution|sum)|(?:still|again|as before|as i said)"
    r"|i(?:'m| am| remain) (?:confident|sure|certain|sticking (?:to|with)(?: it)?)|(?:i|we) (?:get|have|stand by"
    r"|stay with|stick (?:to|with))|that makes|that's|it's)(?:,|:| =)? ?)?"
    rf"{_NUMBER}"
)
_SURE = re.compile(r"(?<=\w),? and (?=i(?:'m| am) )")
_TOTAL = re.compile(
    rf"{_HENCE}(?:the|my|our) (?:final |grand |overall |correct |right )?(?:answer|result|total|solution|sum)"
    rf"(?: (?:is|remains|stays|comes to|equals|makes|amounts to|stands at)|:) (?:still |again )?{_NUMBER}"
)
_LAST = re.compile(
    rf"(?:so|therefore|thus|hence|consequently),? (?:[^\W\d]+ ){{1,6}}(?:is|are|comes to|equals|makes) {_NUMBER}.*"
)


@dataclass(frozen=True)
class Conclusion:
    """An amount that a turn comes to; `bare` if it is said without of what, `sole` if as the answer to all."""

    value: Fraction
    number: Fraction
    unit: str
    bare: bool
    sole: bool
    text: str

    def excludes(self, other: Conclusion) -> bool:
        """Whether a turn that comes to this one cannot come to the other as well."""
        if self.value == other.value or not (self.bare or other.bare or (self.sole and other.sole)):
            return False
        if self.unit and other.unit:
            return self.unit == other.unit
        return self.sole and other.sole and self.number != other.number


def conclusion(text: str) -> Conclusion | None:
    """The last that a turn comes to."""
    for sentence in reversed(stated_sentences(text)):
        plain = _SURE.split(sentence.rstrip(".!;"))[-1]
        bare, total = _BARE.fullmatch(plain), _TOTAL.fullmatch(plain)
        if not (bare or total or _LAST.fullmatch(plain)):
            continue
        said = tokens(plain)
        found = list(amounts(said))
        if len(found) == 1:
            (one,) = found
            return Conclusion(
                one.value,
                one.number or one.value,
                one.unit,
                bool(bare),
                bool(bare or total or "altogether" in said),
                sentence,
            )
    return None
