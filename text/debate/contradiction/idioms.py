"""Idioms in plain words: what negates, allows, compares or reports without the words that usually do."""

from __future__ import annotations

import re

_SURE = (
    r"(?:(?:still|do|also|would|must|can|only|strongly|firmly|simply|therefore|just|now|always|have|will) )*"
    r"(?:say|said|claim|claimed|think|believe|hold|maintain|insist|argue|argued|repeat|know|see|submit|contend|mean"
    r"|conclude|find|stated|am (?:sure|certain|convinced|confident))"
)
_SAID = (
    r"(?:say|said|saying|claim|claimed|claiming|argue|argued|arguing|state|stated|assert|asserted|maintain|maintained"
    r"|suggest|suggested|hold|held|mean|meant|call|called)"
)
_GOES = r"(?:go|goes|went|gone|going|comes?|came)"
_MUCH = r"(?:matters?|counts?|weighs?)(?: for)?(?: far| much)?"
_TABLE = (
    # Forms of words.
    (r"\bi'm\b", "i am"),
    (r"'(?:re|ve|ll)\b", ""),
    (r"\b(in|of|by|until|since|this|next|last) may\b", r"\1 the-may"),
    (r"\bo'clock\b", "oclock"),
    (r"\b(?:in all|in total|all in all|all told|overall|in sum)\b", "altogether"),
    (r"(?<= )just(?=$| (?:and|or|to|for|in)\b)|(?<=\ba )just\b", "fair"),
    (r"^well\b|\bas well\b|\bno doubt\b|\bwithout (?:a |any )?doubt\b|\bno matter\b|\bafter all(?: this| that)?\b", ""),
    (r"\bat all\b|\beach other\b|\bone another\b|\b(?:in such a|in that|in this|such a) case\b", ""),
    (r"\bfrom (?:the )?(?:first|start|beginning|top)(?: \w+)? to (?:the )?(?:last|end|finish|bottom)\b(?: \w+)?$", ""),
    (r"^(?:and |but |so )?(?:all|just) the same\b|\beven so\b|\bnone ?the ?less\b|\bnever ?the ?less\b", ""),
    (r"\bevery other\b", "every"),
    (r"(?<!\bbe )(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\ban )(?<!\bnot )(?<!\bboth )\beven\b"
     r"(?!$| (?:number|integer)s?\b)", ""),
    (r"\bturn(?:s|ed)? out(?: to be)?\b", "is"),
    (r"\b(the|its|their|our|my|your|his|her) least (?=[a-z]+)", r"\1 not "),
    (r"\b(the|its|their|our|my|your|his|her) most (?=[a-z]+ ?)", r"\1 "),
    (r"(?<=ly )many\b", ""),
    (r"^now\b|\b(?:now|these days|nowadays)$", "today"),
    (r"\b(?:optional|voluntary)\b", "not obligatory"),
    (r"\bprior to\b", "before"),
    (r"\bsubsequent to\b", "after"),
    (r"\bnumber(?= \d)", "are"),
    # What the speaker says of what is said.
    (r"\b(?:it is|it's|it was|is)?(?: ?simply| ?just)? ?not (?:true|the case|correct|right)(?: to say)? that\b",
     "not"),
    (r"\b(?:true|the case|a fact) that\b", "that"),
    (r"\b(?:false|untrue|a lie|a myth|absurd|nonsense)(?: to (?:say|think|claim|believe))? that\b", "not that"),
    (r"\b(?:wrong|a mistake|an error) to (?:say|think|claim|believe) that\b", "not that"),
    (r"\bi (?:do not|never|would not|will not|can not) (?:doubt|deny|dispute|question)(?: that)?\b", ""),
    (r"\bi (?:deny|doubt|dispute|reject the idea)(?: that)?\b", "not"),
    (r"\bi (?:do not|never|would not|no longer|can not) (?:think|believe|accept|agree|hold|see)(?: that)?\b", "not"),
    (rf"\b(?:i|we) (?:have |had )?(?:never|did not|do not|have not|am not|was not)(?: \w+)? {_SAID}(?: that)?\b",
     "notsaid"),
    (rf"\b(?:at no (?:point|time)|nowhere|never) (?:did|have) i {_SAID}(?: that)?\b", "notsaid"),
    (rf"\bi deny (?:ever )?(?:having )?{_SAID}(?: that)?\b", "notsaid"),
    (rf"\b(?:as )?\bi {_SURE}(?: that)?\b", ""),
    (r"\b(?:everybody|everyone|we all|they|we) (?:knows?|sees?|tells? (?:us|me)|agrees?) that\b", ""),
    (r"\bi would (?:call|name|judge|consider|deem|find) ((?:\S+ ){1,5}?)(?=\S+$)", r"\1is "),
    (r"\b(?:takes?|took|taking) away\b", "subtract"),
    # Negations.
    (r"\bnot ever\b", "never"),
    (r"\bno one\b|\bnot a single (?:one|person)\b", "nobody"),
    (r"\bnot (?:even )?one of\b", "none of"),
    (r"\bnot a (?:single )?(?=\w+ (?:has|had|was|is|did|does|will|can)\b)", "no "),
    (r"\bby no means\b|\bin no way\b|\banything but\b|\bfar from(?= \w+)\b|\bno longer\b", "not"),
    (r"\bfail(?:s|ed)? to\b|\brefuse[sd] to\b|\bunable to\b|\bnot able to\b", "not"),
    (r"\b(?:a|the|by|of) lack of\b", "shortage"),
    (r"\black(?:s|ed)?\b|\bfree of\b|\bdevoid of\b", "has no"),
    (r"\bnot (?:only|just|merely|simply)\b", ""),
    (r"\bnever (?:ever|once|, ever)\b|\bunder no circumstances\b|\bon no account\b|\bat no (?:time|point)\b", "never"),
    # How often, and what one must or may.
    (r"\b(?:under|in) (?:all|any) circumstances\b|\bwithout exception\b|\bin (?:all|every) cases?\b|\bat all times\b",
     "always"),
    (r"\b(?:under|in) some (?:circumstances|cases)\b|\bat times\b|\bnow and then\b|\bfrom time to time\b", "sometimes"),
    (r"\b(?:has|have|had) to\b", "must"),
    (r"\b(?:does|do|did) not must\b|\bneed not\b|\bneedn't\b|\bnot must\b", "not obliged"),
    (r"\bagainst the law\b", "illegal"),
    (r"\b(?:does|do|did|would do) well (?:to|in|by)\b", "right"),
    # For and against, more and less.
    (r"\b(i|we) (?:am |are )?(?:all |strongly |firmly )?for\b", r"\1 support"),
    (r"\bin favou?r of\b", "support"),
    (r"\bgive(?:s|n)? up\b|\bgave up\b", "abandon"),
    (r"\bturn(?:s|ed)? (?:down|away)\b", "reject"),
    (r"\b(?:hand(?:s|ed)? over|gives? away|gave away)\b", "reveal"),
    (r"\bin front of\b", "ahead"),
    (rf"\b(?:{_GOES}|shot|shoots) up\b(?! with)", "rise"),
    (rf"\b{_GOES} down\b", "fall"),
    (r"\b(?:outweigh|override|trump|outrank)(?:s|ed)?\b|\b(?:prevails?|takes? precedence|takes? priority|wins?) over\b",
     "is importanter than"),
    (rf"\b{_MUCH} more than\b|\bcomes? before\b", "is importanter than"),
    (rf"\b{_MUCH} less than\b", "is less important than"),
    (r"\bexceed(?:s|ed)?\b|\bsurpass(?:es|ed)?\b", "is greater than"),
    (r"'s\b|'(?=\s|$)", ""),
)  # fmt: skip
_IDIOMS = tuple((re.compile(pattern), instead) for pattern, instead in _TABLE)


def plain_words(clause: str) -> str:
    """A clause, in lower case, with its idioms in plain words; `notsaid` stands for denying to have said it."""
    for pattern, instead in _IDIOMS:
        clause = pattern.sub(instead, clause)
    return clause
