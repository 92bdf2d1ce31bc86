"""The clauses of a turn that its speaker stands for.

What is asked, supposed, quoted or said by others is left out; idioms are written in plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .idioms import plain_words
from .lexicon import AUXILIARIES, content, words
from .spoken import written

LONGEST = 8000  # characters of a turn that are read
MOST = 64  # clauses of a turn that are read
WIDEST = 40  # words of a clause that are read

SENTENCE = re.compile(r"(?<=[.!?;\n])\s+")
_UNIT = re.compile(r"\s*,?\s+(?:but|yet|whereas)\s+|\s+[–—]\s+|—", re.IGNORECASE)
_CLAUSE = re.compile(
    r"\s*[,:](?=\s|$)\s*|\s+(?:and|because(?! of\b)|since|although|though|while|which|who|so that|whatever|so)\s+",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?(?:/\d+|:\d\d)?|[$%€£]|[^\W\d_]+(?:[-'][^\W\d_]+)*")
_QUOTED = re.compile(r"[\"“«][^\"”»]{0,400}[\"”»]")
_SUPPOSE = re.compile(r"(?:let us |let's |now |but )?(?:suppose|assume|imagine|say|take)\b")
_FOLLOWS = re.compile(r"(?:(?:and|but|so) )?(?:then|in that case)\b")
SUPPOSED = re.compile(
    rf"^{_SUPPOSE.pattern}"
    r"|^had .* would\b"
    r"|^(?:should|were) (?:he|she|it|they|we|you|i|the|this|that|an?|[a-z]+s)\b"
    r"|\b(?:if|unless|supposing|assuming|provided|were (?:there|it|we|he|she|they|i)|otherwise)\b"
    r"|\b(?:in case|for the sake of argument|hypothetically|pretend)\b"
)
_SPEECH = (
    r"(?:say|claim|argue|think|believe|suggest|insist|contend|assert|allege|imply|pretend|object|reply|complain|maintain"
    r"|assume|hope|fear|deny|hold)(?:s|d|ed)?|said|thought|implies|implied|replied|denies|denied|held"
)
OTHERS = re.compile(
    r"(?:^|\b(?:as|what|like|that|because|though|but|and|so|my|the|our|your|all|most|many|even|only) )"
    r"(?:you|they|opponents?|proponent|he|she|people|some|others|critics|many|few|experts|side|nobody|everyone|who)"
    rf" (?:may |might |would |will |have |has |had |now |still |also |even |do )?(?:{_SPEECH})\b(?! to\b)"
    rf"|\b(?!(?:i|we|not|never|once|ever|also|still|do|must|can|will|should|to) )\w+ (?:{_SPEECH}) that\b"
    r"|\b(?:you|opponent) (?:now |still |have )?(?:ask|want|call|accuse|tell)(?:s|d|ed)?\b"
    r"|^(?:to|whoever) (?:say|claim|pretend|think|believe|hold)s? (?:that\b)?"
    r"|\baccording to\b|\b(?:on|by|in|under) (?:your|their|his|her|my opponent's|that) "
    r"(?:count|figure|reckoning|logic|claim|argument|view|reading|method|account|idea|numbers|theory|sum)\b"
    r"|\b(?:your|their|the opponent's|my opponent's|the) (?:claim|idea|view|argument|belief|objection|rumou?r)"
    r" that\b"
)
_EXCEPT = re.compile(r"\b((?:no|nobody|none|nothing|everyone|everybody|all|every|no one)(?: \w+)?) but\b")
_NO_WHO = re.compile(r"\b(no \w+|nobody|none|nothing) (?:who|which|that)\b")
_HELD = re.compile(r".{1,60}?\b(?:is|are|was|were)\b(?! not)")
_DOER = re.compile(r"(?!it|that|this|there|what|which|who|in|on|at|for|by|with|to)[a-z]+\b")
_SUBJECT = re.compile(
    r"(?:the|these|those|my|his|her|our|its|their|your) \w+|[a-z]+s(?= (?:are|were|have|had|do|did|can|will|may|must) )"
)
_RECKONING = re.compile(
    r"^(?:and |but |so )?if (?:you|we|i) (?:ask|do|look|count|check|read|think|add|work|follow|must|recall)\b"
    r"[^,]{0,60}, ",
    re.IGNORECASE,
)
_LETTER = re.compile(r"(?<=[a-z] )A\b(?! [A-Z])|(?<=[a-z] )a(?= (?:is|was|has|are|and|or|equals)\b)")  # `team A`
_AUXILIARY = re.compile(rf"\b(?:{'|'.join(sorted(AUXILIARIES))})\b(?: not\b)?")
_BARE = re.compile(
    rf"(?:(?:and|though|yet|it|he|she|they|we|you|i) ){{0,2}}((?:need|{'|'.join(sorted(AUXILIARIES))}) not)"
)
_FRONTED = re.compile(
    r"(?:in|on|at|with|without|from|during|for|by|to|before|after|of|under|over)\b"
    r"|(?:today|yesterday|tomorrow|nowadays|currently|originally)$"
)


_PRONOUNS = words("it he she they")
_SERIES = re.compile(r"(?<![\d.,])(\d{1,3})(?:, and|,| and)(?= \d{1,3}\b(?! [a-z]+ (?:is|are|was|were|has|have)\b))")
_LABEL = re.compile(r"^((?:[a-z']+ ){0,4}[a-z']{2,}) ?= ?(?:[^=;]{1,80}= ?)*(?=[$€£]?\d[\d.,/]*(?: [a-z]+)?$)")
_VERDICT = re.compile(
    r"^((?:so |but |and |anyway,? |still,? |yet )?)(?:the |this |that )?"
    r"(?:claim|statement|idea|view|sentence|assertion|belief|proposition|answer)"
    r" (?:that (.{3,90}?)|[\"“]([^\"”]{3,90})[\"”]) (?:is|remains) (?:simply |quite |plainly )?"
    r"(?:(true|correct|right|accurate|a fact)|false|untrue|wrong|incorrect|mistaken|inaccurate"
    r"|nonsense|an? (?:myth|lie|error))\b"
)
_JUDGED = re.compile(r"^(?:(true|correct|right)|false|wrong|incorrect|untrue)(?: ?[:;,]| that\b)\s+(?=\S+ \S+)")
_CONDITION = re.compile(
    r"^(?!.*\bwould\b)(.{9,}?),? (?:only |but only )?(?:if|provided(?: that)?|as long as|in case|unless) (.+)$"
)


@dataclass(frozen=True)
class Clause:
    """A clause in lower case, its words, and those of them that are written as names are.

    `around` has the words of the turn up to its end, and `on_condition` says that it holds in some cases.
    """

    text: str
    tokens: tuple[str, ...]
    names: frozenset[str] = frozenset()
    around: frozenset[str] = frozenset()
    on_condition: bool = False

    @property
    def referents(self) -> frozenset[str]:
        """What `it`, `he`, `she` or `they` at its beginning may stand for."""
        return frozenset(content(self.around)) if _PRONOUNS & set(self.tokens[:3]) else frozenset()


def clauses(text: str) -> list[Clause]:
    """The clauses that a turn states, in order."""
    found: list[Clause] = []
    around: set[str] = set()
    for plain, names in _sentences(text):
        conditional = _CONDITION.match(plain)
        parts = [(part, False) for part in _stated(plain)]
        if conditional and not parts:
            parts = [(part, True) for part in _stated(conditional[1])]
        for part, on_condition in parts:
            said = tokens(part)
            around |= set(said)
            found.append(Clause(part, said, names, frozenset(around), on_condition))
            if len(found) == MOST:
                return found
    return found


def stated_sentences(text: str) -> list[str]:
    """The sentences of a turn that are its speaker's, undivided, in lower case; what is supposed is none of them."""
    return [plain for plain, _ in _sentences(text, answers=True) if not SUPPOSED.search(plain)]


def whole_sentences(text: str) -> list[Clause]:
    """The sentences that a turn states, undivided; with what they suppose."""
    every = _sentences(text)
    around = frozenset(token for plain, _ in every for token in tokens(plain))
    return [Clause(plain, tokens(plain), names, around) for plain, names in every]


def _sentences(text: str, *, answers: bool = False) -> list[tuple[str, frozenset[str]]]:
    """Sentences in lower case with their names, without questions and what others say; `answers` are kept at will."""
    found = []
    supposing = False
    for sentence in SENTENCE.split(text[:LONGEST].replace("’", "'"))[:MOST]:
        sentence = _LETTER.sub("letter-a", sentence)
        names = frozenset(word.lower() for word in re.findall(r"(?<=[a-z,] )[A-Z][a-z]+", sentence))
        sentence = _RECKONING.sub("", sentence)
        plain = " ".join(_QUOTED.sub(" ", _VERDICT.sub(_judged, _plain(sentence), count=1)).split())
        plain = written(_SERIES.sub(r"\1", _LABEL.sub(r"\1 is ", _JUDGED.sub(_judged, plain, count=1).rstrip(".!;"))))
        if plain.endswith("?") or (supposing and _FOLLOWS.match(plain)):
            continue
        supposing = _SUPPOSE.match(plain) is not None
        if not answers and re.search(
            r"\banswer (?:is|was|would|must)\b(?! (?:not )?(?:in)?(?:right|correct|wrong|accurate)\b)|\\boxed|####",
            plain,
        ):
            continue
        found.append((plain, names))
    return found


def _judged(match: re.Match[str]) -> str:
    """What is said to be true or false, said or denied itself."""
    groups = match.groups()
    said = next((group for group in groups[1:-1] if group), "") if len(groups) > 1 else ""
    front = groups[0] if len(groups) > 1 else ""
    return f"{front}{'' if groups[-1] else 'not '}{said}"


def tokens(clause: str) -> tuple[str, ...]:
    """The words and numbers of a clause, with idioms in plain words."""
    return tuple(token.rstrip(",") for token in _TOKEN.findall(plain_words(_plain(clause)))[:WIDEST])


def _plain(sentence: str) -> str:
    """In lower case, with negations apart and numbers without commas."""
    lower = re.sub(r"(?<=\d),(?=\d{3})", "", sentence.strip().lower())
    lower = _NO_WHO.sub(r"\1", _EXCEPT.sub(r"\1 except", lower))
    return re.sub(r"n't\b", " not", re.sub(r"\bcan't\b|\bcannot\b", "can not", re.sub(r"\bwon't\b", "will not", lower)))


def _stated(sentence: str) -> Iterator[str]:
    subject = before = ""
    for unit in _UNIT.split(sentence):
        if SUPPOSED.search(re.sub(r"\beven (?:if|though)\b|\bas if\b", "", unit)):
            continue
        front = ""
        for clause in _CLAUSE.split(unit):
            if OTHERS.search(clause):
                break  # whatever follows in the sentence is theirs
            if not clause.strip():
                continue
            if _FRONTED.match(clause) and clause.count(" ") < 5 and not front:
                front = clause
                continue
            if clause.startswith("not ") and (held := _HELD.match(before)):
                clause = f"{held[0]} {clause}"
            if clause.split(" ", 1)[0] in AUXILIARIES and (doer := subject or _DOER.match(before)):
                clause = f"{doer if isinstance(doer, str) else doer[0]} {clause}"
            if bare := _BARE.fullmatch(clause):
                clause = _AUXILIARY.sub(bare[1], before, count=1)
            before = clause
            if subject and clause.startswith("they "):
                clause = f"{subject} {clause[5:]}"
            yield f"{front} {clause}".strip()
            front, named = "", _SUBJECT.match(clause)
            subject = named[0] if named else subject
        if front:
            yield front
