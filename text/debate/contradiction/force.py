"""How strongly something is said: of all or some, as a must or a may, and whether it is said to be or not to be.

Negation is pushed inwards, as in the square of opposition: `not allowed` is `must not`, `need not` is `may … not`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .lexicon import AUXILIARIES, words

NEGATIONS = words("not never no none nobody nothing neither nor nowhere hardly scarcely")
_ALL = words("all every each everyone everybody everything always whoever whatever invariably")
_NONE = words("never none nobody nothing")
_SOME = words("some someone somebody something sometimes several many few occasionally often half")
_SOME_THINGS = words("some someone somebody something several many few half")
_MOST = words("most usually mostly generally")
_ANY = words("any anyone anybody anything")

_INNER = words("must should ought shall")  # `must not` forbids, where `need not` allows
_STRONG = words(
    """obliged obligated obligation duty duties required require requires requirement need needs needed necessary
    mandatory compulsory obligatory"""
)
_WEAK = words(
    """may can could able possible allowed allow allows permitted permit permits permissible acceptable justified
    justifiable legitimate right rights moral ethical okay ok defensible entitled excusable"""
)
_BARRED = words(
    """wrong immoral unethical unacceptable impermissible forbidden forbid forbids prohibited prohibit prohibits
    illegitimate unjustified unjustifiable indefensible inexcusable impossible unable banned bans"""
)
_ABILITY = words("can could able possible impossible unable")
_NOT_MORAL = words("side hand angle angled triangle turn answer number now")  # after `right`

_OBJECT_AFTER = (NEGATIONS | AUXILIARIES) - {"are", "is"}

ALWAYS_LIGHT = words("must should ought shall may can could")
MODAL = _INNER | _STRONG | _WEAK | _BARRED
SCOPE = NEGATIONS | _ALL | _SOME | _ANY


@dataclass(frozen=True)
class Force:
    """`scope` is `all`, `most`, `some` or plain, `mode` plain, `can` or `ought`; `strong` tells must from may."""

    positive: bool
    scope: str = ""
    mode: str = ""
    strong: bool = False

    def turned(self, flips: int) -> Force:
        """The same of the opposite: a proposition in which a number of words were replaced by their opposites."""
        return Force(self.positive != bool(flips % 2), self.scope, self.mode, self.strong)

    def excludes(self, other: Force) -> bool:
        """Whether the same proposition cannot be held with both."""
        if self.positive == other.positive:
            return False
        if self.mode and other.mode:
            if not (self.strong or other.strong):
                return False
        elif self.mode or other.mode:
            one, plain = (self, other) if self.mode else (other, self)
            if one.mode != "can" or not one.strong or not plain.positive:
                return False
        # That some are and some are not may both hold, and what holds as a rule has exceptions.
        return "some" not in (self.scope, other.scope) or "all" in (self.scope, other.scope)


def force(tokens: Sequence[str], *, counted: bool = False) -> Force:
    """Read the force of a clause; `counted` says that its subject is a number of things."""
    places = [k for k, token in enumerate(tokens) if _modal(tokens, k)]
    denied = [k for k, token in enumerate(tokens) if token in NEGATIONS]
    scope = _scope(tokens) or ("some" if counted else "")
    if not places:
        return Force(len(denied) % 2 == 0, scope)
    place = places[-1]
    token = tokens[place]
    strong, positive = token in _INNER | _STRONG | _BARRED, token not in _BARRED
    mode = "can" if all(tokens[k] in _ABILITY for k in places) else "ought"
    after = sum(k > place for k in denied)
    if token in _INNER:
        positive = positive != bool(len(denied) % 2)
    else:
        if token in ("can", "could", "may") and after:
            after, before = after - 1, len(denied) - after + 1
        else:
            before = len(denied) - after
        if before % 2:
            strong, positive = not strong, not positive
        positive = positive != bool(after % 2)
    return Force(positive, scope, mode, strong)


def _modal(tokens: Sequence[str], place: int) -> bool:
    token, after = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else ""
    return token in MODAL and not (token == "right" and after in _NOT_MORAL)


def _scope(tokens: Sequence[str]) -> str:
    """`not all` is `some` with the negation that is counted elsewhere."""
    for place, (before, token) in enumerate(zip(["", *tokens], tokens, strict=False)):
        if token in _ALL:
            return "some" if before == "not" else "all"
        if token in _NONE or (token == "no" and before == ""):
            return "all"
        if token in _ANY:
            return "all"
        if token in _SOME_THINGS and before != "not" and _OBJECT_AFTER & set(tokens[:place]):
            continue  # to whom it is done
        if token in _SOME:
            return "some"
        if token in _MOST and before != "the":
            return "most"
    return ""
