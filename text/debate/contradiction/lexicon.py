"""The words by which statements are read: what carries no content, what turns a statement round, what measures."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ...numerals import CARDINALS, ONES, SCALES, TENS


def words(*lines: str) -> frozenset[str]:
    """The words of some lines."""
    return frozenset(word for line in lines for word in line.split())


LIGHT = words(
    """a an the this that these those there here it its he she they we i you him her them us me his their our your my
    himself herself itself themselves one ones mine is are was were be been being am do does did has have had having
    will shall of to in on at by for from with into onto upon as about and or but so because since than which who
    whom whose what very really quite just also too only ever except besides clearly indeed simply surely certainly
    actually obviously still own such again remember fact case let up out off yes though however therefore hence
    thus moreover besides perfectly completely entirely fully totally absolutely definitely truly plainly merely
    genuinely exactly precisely generally morally wholly way ways thing things matter question point would if then
    now anyway instead like during over under through within towards toward among between when where while per how
    why far much many any some all every everyone everybody everything always someone somebody something sometimes
    anyone anybody anything not no none never nobody nothing neither nor nowhere hardly scarcely notsaid"""
)
"""Left out when two statements are compared."""

QUALIFIERS = words(
    """first second third fourth fifth last next other others another previous former latter final left remaining
    remain before after later earlier today yesterday tomorrow tonight each per every apiece both half twice more
    less fewer extra additional new old older newer younger elder larger smaller bigger originally initially away
    rest without until whether"""
)
"""Two statements that differ in one of these speak of different things, times or amounts."""
_OF_AMOUNTS = words("left remaining remain every each apiece both half twice double")
_EACH = dict.fromkeys(("each", "every", "apiece", "per"), "each") | dict.fromkeys(("remaining", "remain"), "left")

HEDGES = words("might perhaps maybe possibly probably presumably suppose imagine seems seem seemed")
AUXILIARIES = words("is are was were do does did has have had can could should must ought will would may")

_IRREGULAR = """lying lie|lies lie|lied lie|knew know|known know|saw see|seen see|left leave|told tell|said say
gave give|given give|took take|taken take|went go|gone go|goes go|came come|made make|began begin|begun begin
kept keep|found find|held hold|built build|bought buy|sold sell|paid pay|lost lose|won win|ran run|stole steal
stolen steal|broke break|broken break|wrote write|written write|ate eat|eaten eat|fell fall|fallen fall|rose rise
risen rise|thought think|brought bring|caught catch|felt feel|met meet|sent send|spent spend|stood stand|died die
dying die|chose choose|chosen choose|did do|done do|children child|men man|women woman|people person|lives live
life live|wives wife|knives knife|leaves leave|feet foot|teeth tooth|mice mouse|has have|drank drink|drunk drink
grew grow|grown grow|forgot forget|forgotten forget|hid hide|hidden hide|spoke speak|spoken speak|swore swear
sworn swear|fought fight|sought seek|lent lend|bent bend|shot shoot|struck strike|sang sing|swam swim|threw throw
thrown throw|wore wear|worn wear|tore tear|torn tear|shook shake|shaken shake|led lead|fed feed|bred breed|slept sleep
wept weep|dealt deal|meant mean|sank sink|sunk sink|rang ring|rung ring|rode ride|ridden ride|flew fly|flown fly
blew blow|drew draw|drawn draw|woke wake|woken wake|froze freeze|frozen freeze|shrank shrink|bit bite|bitten bite
beaten beat|laid lay|sat sit|hung hang|stuck stick|dug dig|spun spin|bound bind|forgave forgive|forgiven forgive
mistook mistake|arose arise|showed show|shown show|proven prove|denied deny|bore bear|born bear|heard hear|read read
lain lie|saving save|better good|worse bad|best good|worst bad|farther far|further far|elder old|lesser little
agreed agree|freed free|disagreed disagree|guaranteed guarantee|decreed decree|forbidden forbid|forbade forbid
taught teach|understood understand|became become|driven drive|drove drive|permitted allow|permits allow|permit allow
required require|obliged require|used use|using use|uses use|owed owe|owing owe|aged age|tied tie"""
IRREGULAR = dict(pair.split() for line in _IRREGULAR.splitlines() for pair in line.split("|"))

FRACTIONS: dict[str, Fraction] = {
    word: Fraction(1, parts)
    for parts, names in {
        2: "half halves", 3: "third thirds", 4: "quarter quarters fourth", 5: "fifth fifths", 6: "sixth sixths",
        8: "eighth eighths", 10: "tenth tenths", 100: "hundredth hundredths",
    }.items()
    for word in names.split()
}  # fmt: skip
"""Parts of a whole."""

NUMBERS: dict[str, int] = {
    **{word: value for word, value in CARDINALS.items() if word != "one"},  # `one` is mostly a pronoun
    **{f"{ten}-{one}": CARDINALS[ten] + CARDINALS[one] for ten in TENS for one in ONES[1:10]},
    **{word: SCALES[word] for word in ("dozen", "hundred", "thousand")},
}

_MONTHS = "january february march april the-may june july august september october november december"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
CALENDAR: dict[str, str] = {**dict.fromkeys(_MONTHS.split(), "month"), **dict.fromkeys(_DAYS.split(), "weekday")}
"""Names that are values of a date."""


def stem(word: str) -> str:
    """What the forms of a word have in common: `lying`, `lies` → `lie`; `stopped` → `stop`. No real word, at times."""
    word = IRREGULAR.get(word, word)
    for ending, instead in (
        ("iness", "y"),
        ("ness", ""),
        ("ies", "y"),
        ("ied", "y"),
        ("ing", ""),
        ("ed", ""),
        ("s", ""),
    ):
        if (
            word.endswith(ending)
            and len(word) - len(ending) > 2 - len(instead)
            and (ending.endswith("ness") or not word.endswith(("ss", "eed")))
        ):
            word = word[: -len(ending)] + instead
            break
    if word.endswith("ly") and len(word) > 5:
        word = word[:-3] + "y" if word.endswith("ily") else word[:-2]
    word = word[:-1] if len(word) > 3 and word.endswith("e") else word
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou" else word


def content(tokens: Iterable[str]) -> tuple[str, ...]:
    """The stems that say what a clause is about, in order."""
    return tuple(stem(token) for token in tokens if token[0].isalpha() and token not in _EMPTY)


def qualifiers(tokens: Iterable[str], *, amount: bool = False) -> frozenset[str]:
    """What tells which of several things or times, or with `amount` which amounts, a clause speaks of."""
    kept = QUALIFIERS if amount else QUALIFIERS - _OF_AMOUNTS
    return frozenset(_EACH.get(token, token) for token in tokens if token in kept)


def persons(tokens: Iterable[str]) -> frozenset[str]:
    """Of whom a clause speaks, of those whom pronouns tell apart."""
    return frozenset(_PERSONS[token] for token in tokens if token in _PERSONS)


_PERSONS = {
    "i": "i",
    "my": "i",
    "me": "i",
    "you": "you",
    "your": "you",
    "he": "he",
    "his": "he",
    "him": "he",
    "she": "she",
    "her": "she",
}
_EMPTY = (LIGHT | QUALIFIERS | NUMBERS.keys() | words("oclock am pm times twice altogether")) - words(
    "left remaining remain"
)
