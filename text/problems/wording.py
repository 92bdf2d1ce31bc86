# ruff: noqa: E501 (prose reads better unbroken)
"""Words and templates of arithmetic word problems.

Every quantity that a template names is at least 2, so that nouns are plural wherever a number stands before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

NAMES = (
    ("Anna", "she"), ("Ben", "he"), ("Carla", "she"), ("David", "he"), ("Emma", "she"), ("Farid", "he"),
    ("Grace", "she"), ("Hugo", "he"), ("Ines", "she"), ("Jamal", "he"), ("Keiko", "she"), ("Liam", "he"),
    ("Maria", "she"), ("Noah", "he"), ("Olga", "she"), ("Pablo", "he"), ("Rosa", "she"), ("Samir", "he"),
    ("Tara", "she"), ("Victor", "he"), ("Wei", "she"), ("Yusuf", "he"), ("Zoe", "she"), ("Oscar", "he"),
)  # fmt: skip

PRONOUNS = {"she": {"they": "she", "them": "her", "They": "She"}, "he": {"they": "he", "them": "him", "They": "He"}}

FRUIT = ("apples", "oranges", "pears", "peaches", "plums", "lemons", "cherries", "strawberries")
THINGS = (
    *FRUIT[:4], "marbles", "stickers", "pencils", "shells", "buttons", "stamps", "beads", "postcards", "balloons",
    "cookies", "candles", "toy cars",
)  # fmt: skip
IN_ROWS = ("chairs", "desks", "trees", "benches", "potted plants", "parked cars", "tents", "tomato plants")
VEHICLES = ("bus", "train", "ferry", "tram", "minibus", "cable car")
CONTAINERS = ("box", "bag", "basket", "crate", "jar")
PRICED = ("notebook", "ticket", "sandwich", "toy robot", "scarf", "lamp", "cap", "cake", "book", "plate")
PLURALS = {
    "box": "boxes", "sandwich": "sandwiches", "scarf": "scarves",
}  # fmt: skip
ACTIVITIES = (  # base form, third person, past, participle, what is counted
    ("read", "reads", "read", "read", "pages"), ("swim", "swims", "swam", "swum", "laps"),
    ("run", "runs", "ran", "run", "kilometres"), ("draw", "draws", "drew", "drawn", "pictures"),
    ("bake", "bakes", "baked", "baked", "muffins"), ("write", "writes", "wrote", "written", "letters"),
    ("learn", "learns", "learned", "learned", "new words"), ("fold", "folds", "folded", "folded", "paper cranes"),
    ("plant", "plants", "planted", "planted", "seeds"), ("paint", "paints", "painted", "painted", "tiles"),
)  # fmt: skip

SLOTS: dict[str, tuple[object, ...]] = {
    "fruit": FRUIT,
    "things": THINGS,
    "rows": IN_ROWS,
    "vehicle": VEHICLES,
    "container": CONTAINERS,
    "priced": PRICED,
    "activity": ACTIVITIES,
    "name": NAMES,
    "other": NAMES[1:],  # the one that many places after `name`, so never the same person
}

NAMES_OF = {"+": "addition", "-": "subtraction", "*": "multiplication", "/": "division"}

Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Template:
    """One way to put a problem.

    Args:
        text: The question, with the slots of `fill`.
        operations: Applied from the left: (a o b) o c.
        slots: The names in `SLOTS` that the text is filled from.
        largest: Largest term of a sum, to fit the story.
    """

    text: str
    operations: str
    slots: tuple[str, ...]
    largest: int = 12

    @property
    def domain(self) -> str:
        """Operations and steps, such as `addition/1-step`."""
        return f"{'+'.join(NAMES_OF[o] for o in self.operations)}/{len(self.operations)}-step"

    @cached_property
    def numbers(self) -> tuple[Numbers, ...]:
        """Every choice of numbers whose results are whole and at least 2 on the way and 1 in the end."""
        chains: list[tuple[Numbers, int]] = [((first,), first) for first in range(2, 10 * self.largest + 1)]
        for step, operation in enumerate(self.operations):
            last = step == len(self.operations) - 1
            chains = [
                ((*numbers, term), result)
                for numbers, value in chains
                for term in range(2, self.largest + 1)
                if (result := _step(value, operation, term, first=step == 0, largest=self.largest)) is not None
                and result >= (1 if last else 2)
            ]
        return tuple(numbers for numbers, _ in chains)

    @cached_property
    def size(self) -> int:
        """How many different problems it makes."""
        return prod((len(self.numbers), *(len(SLOTS[slot]) for slot in self.slots)))

    def fill(self, index: int) -> tuple[str, Numbers]:
        """The problem of that index, and its numbers."""
        index, which = divmod(index, len(self.numbers))
        numbers = self.numbers[which]
        words: dict[str, object] = dict(zip("abc", numbers, strict=False))
        person = 0
        for slot in self.slots:
            choices = SLOTS[slot]
            index, which = divmod(index, len(choices))
            if slot == "name":
                person = which
                name, pronoun = NAMES[which]
                words |= {"name": name, **PRONOUNS[pronoun]}
            elif slot == "other":
                words["other"] = NAMES[(person + 1 + which) % len(NAMES)][0]
            elif slot == "activity":
                words |= dict(zip(("do", "does", "did", "done", "counted"), ACTIVITIES[which], strict=True))
            else:
                words[slot] = choices[which]
        for slot in ("container", "priced"):
            if slot in words:
                words[f"{slot}s"] = PLURALS.get(str(words[slot]), f"{words[slot]}s")
        return self.text.format(**words), numbers


def _step(value: int, operation: str, term: int, *, first: bool, largest: int) -> int | None:
    """The result, or None where the numbers are too large for mental arithmetic or the result is not whole."""
    if operation == "+":
        return value + term if value <= largest or not first else None
    if operation == "-":
        return value - term if value <= largest or not first else None
    if operation == "*":
        return value * term if value <= 10 and term <= 10 else None
    return value // term if value % term == 0 and term <= 10 and value // term <= 10 else None


TEMPLATES = (
    Template("{name} has {a} {things}. {other} gives {them} {b} more {things}. How many {things} does {name} have now?", "+", ("name", "other", "things")),
    Template("{name} picks {a} {fruit} in the morning and {b} {fruit} in the afternoon. How many {fruit} does {name} pick that day?", "+", ("name", "fruit")),
    Template("There are {a} {things} in a {container} and {b} {things} on a shelf. How many {things} are there in total?", "+", ("things", "container")),
    Template("{name} {did} {a} {counted} on Monday and {b} {counted} on Tuesday. How many {counted} did {they} {do} in all?", "+", ("name", "activity")),
    Template("There are {a} passengers on a {vehicle}. At the next stop, {b} more passengers get on and nobody gets off. How many passengers are on the {vehicle} now?", "+", ("vehicle",), 20),
    Template("A shop sold {a} {things} on Saturday and {b} {things} on Sunday. How many {things} did it sell over the weekend?", "+", ("things",), 20),
    Template("{name} has {a} {things}. {They} gives {b} of them to {other}. How many {things} does {name} have left?", "-", ("name", "other", "things")),
    Template("There are {a} {things} in a {container}. {name} takes out {b} of them. How many {things} are left in the {container}?", "-", ("name", "things", "container")),
    Template("{name} has {a} {things} and {other} has {b} {things}. How many more {things} does {name} have than {other}?", "-", ("name", "other", "things")),
    Template("{name} wants to {do} {a} {counted} this week. So far {they} has {done} {b} of them. How many {counted} are still to go?", "-", ("name", "activity")),
    Template("There are {a} passengers on a {vehicle}. At the next stop, {b} passengers get off and nobody gets on. How many passengers are still on the {vehicle}?", "-", ("vehicle",), 20),
    Template("A shop had {a} {things} and sold {b} of them. How many {things} does the shop still have?", "-", ("things",), 20),
    Template("{name} buys {a} {containers} of {things}. Each {container} holds {b} {things}. How many {things} does {name} buy altogether?", "*", ("name", "container", "things")),
    Template("{name} {does} {a} {counted} every day. How many {counted} does {they} {do} in {b} days?", "*", ("name", "activity")),
    Template("{name} counts {a} rows of {rows} with {b} {rows} in each row. How many {rows} are there altogether?", "*", ("name", "rows")),
    Template("One {priced} costs {a} dollars. {name} buys {b} {priceds}. How many dollars does {they} pay?", "*", ("name", "priced")),
    Template("{name} shares {a} {things} equally among {b} friends. How many {things} does each friend get?", "/", ("name", "things")),
    Template("{name} packs {a} {things} into {containers}, with {b} {things} in each {container}. How many {containers} does {they} fill?", "/", ("name", "things", "container")),
    Template("{name} pays {a} dollars for {b} {priceds} that all cost the same. How many dollars does one {priced} cost?", "/", ("name", "priced")),
    Template("{name} sees {a} {rows} in {b} equal rows. How many {rows} are in each row?", "/", ("name", "rows")),
    Template("{name} has {a} {things}. {They} finds {b} more {things} and then gives {c} {things} to {other}. How many {things} does {name} have left?", "+-", ("name", "other", "things"), 12),
    Template("There are {a} passengers on a {vehicle}. At the first stop {b} passengers get off, and at the second stop {c} passengers get on. How many passengers are on the {vehicle} now?", "-+", ("vehicle",)),
    Template("{name} {did} {a} {counted} on Monday, {b} on Tuesday and {c} on Wednesday. How many {counted} did {they} {do} in these three days?", "++", ("name", "activity"), 12),
    Template("{name} has {a} {things}. {They} gives {b} {things} to {other} and loses {c} {things}. How many {things} does {name} have left?", "--", ("name", "other", "things")),
    Template("{name} buys {a} {containers} with {b} {things} in each {container}. {They} had {c} {things} before. How many {things} does {name} have now?", "*+", ("name", "container", "things"), 10),
    Template("{name} buys {a} {containers} with {b} {things} in each {container}. {They} gives {c} {things} away. How many {things} does {name} have left?", "*-", ("name", "container", "things"), 10),
    Template("{name} has {a} {things} and {other} has {b} {things}. They put them together and share them equally among {c} children. How many {things} does each child get?", "+/", ("name", "other", "things")),
    Template("{name} divides {a} {things} equally among {b} children. Then each child gets {c} more {things}. How many {things} does each child have now?", "/+", ("name", "things"), 10),
)  # fmt: skip
