# ruff: noqa: E501 (prose reads better unbroken)
"""Worked examples that show a model the form of an answer: a sentence, an equation, the answer."""

from __future__ import annotations

import re

from .problems.pairs import WORKED as PAIRS
from .problems.pairs import pair
from .problems.scratchpad import scratchpad, spaced

WORKED: dict[str, tuple[tuple[str, str], ...]] = {
    "addition/1-step": (
        ("Sam has 5 coins. Lucy gives him 3 more coins. How many coins does Sam have now?",
         "Sam has 5 coins and gets 3 more coins. 5 + 3 = 8. The answer is 8."),
        ("There are 12 ducks on the pond and 4 ducks on the grass. How many ducks are there in total?",
         "There are 12 ducks and 4 ducks. 12 + 4 = 16. The answer is 16."),
        ("Nina ate 7 grapes before lunch and 9 grapes after lunch. How many grapes did she eat in all?",
         "Nina ate 7 grapes and then 9 grapes. 7 + 9 = 16. The answer is 16."),
    ),
    "subtraction/1-step": (
        ("A farmer has 17 eggs. He sells 6 of them. How many eggs does the farmer have left?",
         "The farmer has 17 eggs and sells 6 eggs. 17 - 6 = 11. The answer is 11."),
        ("Mia has 9 coins and Leo has 4 coins. How many more coins does Mia have than Leo?",
         "Mia has 9 coins and Leo has 4 coins. 9 - 4 = 5. The answer is 5."),
        ("There are 20 ducks on the pond. 8 of them fly away. How many ducks are still on the pond?",
         "There are 20 ducks and 8 ducks fly away. 20 - 8 = 12. The answer is 12."),
    ),
    "multiplication/1-step": (
        ("Each bag holds 4 potatoes. How many potatoes are there in 7 bags?",
         "There are 7 bags with 4 potatoes each. 7 * 4 = 28. The answer is 28."),
        ("One pen costs 3 dollars. Leo buys 5 pens. How many dollars does he pay?",
         "Leo buys 5 pens for 3 dollars each. 5 * 3 = 15. The answer is 15."),
        ("Mia walks 6 blocks every day. How many blocks does she walk in 8 days?",
         "Mia walks 6 blocks on each of 8 days. 6 * 8 = 48. The answer is 48."),
    ),
    "division/1-step": (
        ("Nina shares 30 cards equally among 6 children. How many cards does each child get?",
         "Nina shares 30 cards among 6 children. 30 / 6 = 5. The answer is 5."),
        ("Leo puts 28 eggs into cartons, with 4 eggs in each carton. How many cartons does he fill?",
         "Leo puts 28 eggs into cartons of 4 eggs. 28 / 4 = 7. The answer is 7."),
        ("Mia pays 18 dollars for 9 pens that all cost the same. How many dollars does one pen cost?",
         "Mia pays 18 dollars for 9 pens. 18 / 9 = 2. The answer is 2."),
    ),
    "addition+addition/2-step": (
        ("Leo caught 4 fish on Friday, 7 on Saturday and 2 on Sunday. How many fish did he catch in these three days?",
         "On Friday and Saturday Leo caught 4 + 7 = 11 fish. With Sunday it is 11 + 2 = 13 fish. The answer is 13."),
        ("Nina ate 6 grapes, then 3 grapes and then 8 grapes. How many grapes did she eat?",
         "First Nina ate 6 + 3 = 9 grapes. Then it is 9 + 8 = 17 grapes. The answer is 17."),
    ),
    "addition+subtraction/2-step": (
        ("Mia has 9 coins. She finds 6 more coins and then gives 4 coins to Leo. How many coins does Mia have left?",
         "After finding 6 coins Mia has 9 + 6 = 15 coins. After giving 4 away she has 15 - 4 = 11 coins. The answer is 11."),
        ("A farmer has 7 eggs. He finds 5 more eggs and then sells 3 eggs. How many eggs does he have left?",
         "After finding 5 eggs he has 7 + 5 = 12 eggs. After selling 3 he has 12 - 3 = 9 eggs. The answer is 9."),
    ),
    "subtraction+addition/2-step": (
        ("There are 15 ducks on a pond. First 6 ducks fly away, and then 4 ducks come back. How many ducks are on the pond now?",
         "After 6 ducks fly away there are 15 - 6 = 9 ducks. After 4 come back there are 9 + 4 = 13 ducks. The answer is 13."),
        ("A library has 12 guests. First 5 guests leave, and then 8 guests come in. How many guests are in the library now?",
         "After 5 guests leave there are 12 - 5 = 7 guests. After 8 come in there are 7 + 8 = 15 guests. The answer is 15."),
    ),
    "subtraction+subtraction/2-step": (
        ("Leo has 18 cards. He gives 5 cards to Nina and loses 4 cards. How many cards does Leo have left?",
         "After giving 5 away Leo has 18 - 5 = 13 cards. After losing 4 he has 13 - 4 = 9 cards. The answer is 9."),
        ("A farmer has 14 eggs. He sells 6 eggs and breaks 2 eggs. How many eggs does he have left?",
         "After selling 6 he has 14 - 6 = 8 eggs. After breaking 2 he has 8 - 2 = 6 eggs. The answer is 6."),
    ),
    "multiplication+addition/2-step": (
        ("Nina buys 3 packs with 5 pens in each pack. She had 4 pens before. How many pens does Nina have now?",
         "In the packs there are 3 * 5 = 15 pens. With the pens from before she has 15 + 4 = 19 pens. The answer is 19."),
        ("Leo buys 6 trays with 2 eggs in each tray. He had 7 eggs before. How many eggs does Leo have now?",
         "In the trays there are 6 * 2 = 12 eggs. With the eggs from before he has 12 + 7 = 19 eggs. The answer is 19."),
    ),
    "multiplication+subtraction/2-step": (
        ("Leo buys 3 packs with 8 pens in each pack. He gives 5 pens away. How many pens does Leo have left?",
         "In the packs there are 3 * 8 = 24 pens. After giving 5 away he has 24 - 5 = 19 pens. The answer is 19."),
        ("Nina buys 4 trays with 4 eggs in each tray. She gives 6 eggs away. How many eggs does Nina have left?",
         "In the trays there are 4 * 4 = 16 eggs. After giving 6 away she has 16 - 6 = 10 eggs. The answer is 10."),
    ),
    "addition+division/2-step": (
        ("Leo has 7 cards and Nina has 5 cards. They put them together and share them equally among 3 children. How many cards does each child get?",
         "Together they have 7 + 5 = 12 cards. Each child gets 12 / 3 = 4 cards. The answer is 4."),
        ("Mia has 6 grapes and Sam has 14 grapes. They put them together and share them equally among 4 children. How many grapes does each child get?",
         "Together they have 6 + 14 = 20 grapes. Each child gets 20 / 4 = 5 grapes. The answer is 5."),
    ),
    "division+addition/2-step": (
        ("Mia divides 12 cards equally among 4 children. Then each child gets 5 more cards. How many cards does each child have now?",
         "From Mia each child gets 12 / 4 = 3 cards. With 5 more each has 3 + 5 = 8 cards. The answer is 8."),
        ("Sam divides 20 grapes equally among 2 children. Then each child gets 4 more grapes. How many grapes does each child have now?",
         "From Sam each child gets 20 / 2 = 10 grapes. With 4 more each has 10 + 4 = 14 grapes. The answer is 14."),
    ),
    "arithmetic/chain_sum": (
        ("State the final answer to the following arithmetic problem: 5 + 8 =",
         "5 + 8 = 13. The answer is 13."),
        ("State the final answer to the following arithmetic problem: 41 + 26 - 12 =",
         "41 + 26 = 67. 67 - 12 = 55. The answer is 55."),
        ("State the final answer to the following arithmetic problem: 3 - 9 + 20 =",
         "3 - 9 = -6. -6 + 20 = 14. The answer is 14."),
    ),
}  # fmt: skip
"""Question and answer, by the domain of the problem that they introduce."""


_SUMS = re.compile(r"addition/([1-9]|1\d|20)-digit")


def examples(domain: str) -> tuple[tuple[str, str], ...]:
    """Worked examples for a domain; one of each one-step operation where it has none of its own."""
    if domain in WORKED:
        return WORKED[domain]
    if (sums := _SUMS.fullmatch(domain)) is not None:
        pairs = [pair(int(sums[1]), "worked", k) for k in range(PAIRS)]
        return tuple((f"{spaced(first)} + {spaced(second)}", scratchpad(first, second)) for first, second in pairs)
    return tuple(WORKED[f"{name}/1-step"][0] for name in ("addition", "subtraction", "multiplication", "division"))
