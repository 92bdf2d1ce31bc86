"""The words by which statements are read: what carries no content, what turns a statement round, what measures."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


def words(*lines: str) -> frozenset[str]:
    """The words of some lines."""
    return frozenset(word for line in lines for word in line.split())


LIGHT = words(
    """a an the this that these those there here it its he she they we i you him her them us me his their our your my
    is are was were be been being am do does did has have had having will shall of to in on at by for from with
    into as about and or but so because since then than which who whom whose what very really quite just also too only
    clearly indeed simply surely certainly actually obviously still own such any some someone anyone somebody anybody
    something anything everyone everybody everything all every always sometimes not no none never nobody nothing neither
    nor without must should ought can could may might able yes well again remember fact
    case let up out off  most"""
)
"""Left out when two statements are compared."""

QUALIFIERS = words(
    """first second third last next other another previous former latter final left remaining remain altogether together
    before after later earlier then now today yesterday tomorrow each per every apiece both half twice double more less
    fewer extra additional least most almost nearly about around roughly approximately over under former new old if than
    originally initially still away rest without"""
)
"""Two statements that differ in one of these speak of different things, times or amounts."""
PERSONS = words("i you he she we they")

NEGATIONS = words("not never no none nobody nothing neither nor")
OBLIGATIONS = words("must should ought shall")
ABILITIES = words("can could able")
HEDGES = words("may might perhaps maybe possibly probably would suppose imagine unless if whether")
AUXILIARIES = words("is are was were do does did has have had can could should must ought will would may")

_IRREGULAR = """lying lie|lies lie|lied lie|knew know|known know|saw see|seen see|left leave|told tell
said say|gave give|given give|took take|taken take|went go|gone go|goes go|came come
made make|began begin|begun begin|found find|kept keep|held hold|built build|bought buy
sold sell|paid pay|lost lose|won win|ran run|stole steal|stolen steal|broke break
broken break|wrote write|written write|ate eat|eaten eat|fell fall|fallen fall|rose rise
risen rise|thought think|brought bring|caught catch|felt feel|met meet|sent send|spent spend
stood stand|died die|dying die|chose choose|chosen choose|did do|done do|children child
men man|women woman|people person|lives life|wives wife|knives knife|leaves leave|feet foot
teeth tooth|mice mouse|has have|drank drink|drunk drink|grew grow|grown grow
forbidden forbid|forbade forbid|taught teach|understood understand|became become|driven drive
drove drive|fewer few|permitted allow|permits allow|permit allow|required require
obliged require"""
IRREGULAR = dict(pair.split() for line in _IRREGULAR.splitlines() for pair in line.split("|"))

_OPPOSITES = """guilty: innocent guiltless blameless|safe: dangerous risky hazardous|increase: decrease reduce lower
rise: fall drop sink decline|succeed: fail|possible: impossible|true: false untrue|allow: forbid prohibit ban
right: wrong|good: bad evil|even: odd|legal: illegal unlawful|alive: dead|open: shut|present: absent|accept: reject
refuse|agree: disagree|help: harm hurt|strong: weak|rich: poor|hot: cold|full: empty|easy: hard difficult
correct: mistaken incorrect|like: dislike hate|love: hate|start: stop end|win: lose|useful: useless
harmless: harmful|careful: careless|moral: immoral|honest: dishonest|cheap: expensive|early: late"""
OPPOSITES: dict[str, tuple[str, ...]] = {
    line.split(":")[0]: tuple(line.split(":")[1].split())
    for line in _OPPOSITES.replace("\n", "|").replace("|refuse|", " refuse|").split("|")
}
"""A word, and those that say its opposite."""

PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non")
"""They turn a word into its opposite where both words are used."""

COMPARATIVES: dict[str, tuple[str, int]] = {
    word: (dimension, sign)
    for dimension, more, less in (
        ("size", "larger greater bigger", "smaller lesser"),
        ("length", "taller longer", "shorter"),
        ("weight", "heavier", "lighter"),
        ("price", "dearer costlier pricier", "cheaper"),
        ("age", "older elder", "younger newer"),
        ("speed", "faster quicker", "slower"),
        ("worth", "better", "worse"),
        ("height", "higher", "lower"),
        ("time", "later", "earlier sooner"),
        ("strength", "stronger", "weaker"),
        ("safety", "safer", "riskier"),
        ("wealth", "richer", "poorer"),
        ("heat", "hotter warmer", "colder cooler"),
        ("width", "wider broader", "narrower"),
        ("distance", "farther further", "nearer closer"),
    )
    for words, sign in ((more, 1), (less, -1))
    for word in words.split()
}
"""The dimension that a comparative is about, and its direction."""

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS: dict[str, int] = {
    **{word: value for value, word in enumerate(_ONES.split()) if word != "one"},  # `one` is mostly a pronoun
    **{ten: 20 + 10 * k for k, ten in enumerate(_TENS.split())},
    **{
        f"{ten}-{one}": 20 + 10 * k + n
        for k, ten in enumerate(_TENS.split())
        for n, one in enumerate(_ONES.split()[:10])
        if n
    },
    "dozen": 12, "hundred": 100, "thousand": 1000,
}  # fmt: skip

UNITS: dict[str, tuple[str, Fraction]] = {
    word: (dimension, Fraction(factor))
    for dimension, table in {
        "time": "second seconds sec s:1|minute minutes min:60|hour hours hr h:3600|day days:86400|week weeks:604800",
        "length": "mm millimetre millimetres:1/1000|cm centimetre centimetres centimeter centimeters:1/100"
        "|m metre metres meter meters:1|km kilometre kilometres kilometer kilometers:1000|mile miles:1609344/1000"
        "|foot feet:3048/10000|inch inches:254/10000",
        "mass": "mg milligram milligrams:1/1000|g gram grams:1|kg kilo kilos kilogram kilograms:1000"
        "|tonne tonnes:1000000|pound pounds lb:45359237/100000",
        "volume": "ml millilitre millilitres milliliter milliliters:1/1000|cl:1/100"
        "|l litre litres liter liters:1",
        "money": "$ dollar dollars:1|cent cents:1/100",
        "per cent": "% percent:1",
    }.items()
    for line in table.split("|")
    for word, factor in ((word, line.split(":")[1]) for word in line.split(":")[0].split())
}  # fmt: skip
"""A unit's dimension, and how many of its base it is."""

_MONTHS = "january february march april the-may june july august september october november december"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
CALENDAR: dict[str, str] = {**dict.fromkeys(_MONTHS.split(), "month"), **dict.fromkeys(_DAYS.split(), "weekday")}
"""Names that are values of a date."""


def stem(word: str) -> str:
    """What the forms of a word have in common: `lying`, `lies` → `lie`; `stopped` → `stop`. No real word, at times."""
    word = IRREGULAR.get(word, word)
    for ending, instead in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) > 2 - len(instead) and not word.endswith(("ss", "eed")):
            word = word[: -len(ending)] + instead
            break
    word = word[:-1] if len(word) > 3 and word.endswith("e") else word
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou" else word


def _poles() -> Iterable[tuple[str, tuple[str, bool]]]:
    for word, opposites in OPPOSITES.items():
        yield stem(word), (word, True)
        yield from ((stem(opposite), (word, False)) for opposite in opposites)


POLES = dict(_poles())
"""A stem, and at which end of which pair of opposites it stands."""
