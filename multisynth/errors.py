"""Bad input, said once and clearly."""

from __future__ import annotations

from collections.abc import Mapping

from multisynth.secrecy import masked, named

_LONGEST_SHOWN = 200


class BadInput(Exception):
    """Something the user gave cannot be used: a recipe, an option, a file, a name.

    Args:
        problem: What is wrong, with the field and the value.
        remedy: What to do about it.
        where: The file, with its line if known: ``recipe.yaml:12``.
    """

    def __init__(self, problem: str, remedy: str = "", where: str = "") -> None:
        self.problem, self.remedy, self.where = problem, remedy, where
        super().__init__(problem, remedy, where)

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{text}\n  → {self.remedy}" if self.remedy else text


class BadInputs(BadInput):
    """Several problems found in one reading, so that they can be mended in one go."""

    def __init__(self, problems: list[BadInput]) -> None:
        self.problems = problems
        self.problem, self.remedy, self.where = "; ".join(one.problem for one in problems), "", ""
        Exception.__init__(self, problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class Hopeless(BadInput):
    """Something without which a stage can do none of its inputs, found while it works: it stops at once.

    The input that showed it is on the ledger as failed; the next run starts with it.
    """


def shown(value: object) -> str:
    """A value that someone gave, short enough for a message; of a mapping no value is told, for one may be a secret."""
    if isinstance(value, Mapping):
        names = ", ".join(named(str(name)) for name in value)
        return f"a mapping of {names}" if len(names) <= _LONGEST_SHOWN else f"a mapping of {names[:_LONGEST_SHOWN]}…"
    if _holds_a_mapping(value):
        assert isinstance(value, list | tuple)
        return f"a list of {shown(value[0])}" if len(value) == 1 else f"a list of {len(value)}"
    try:
        text = repr(masked(value)) if isinstance(value, str) else masked(repr(value))
    except ValueError:  # Python does not write an integer of more than 4,300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _holds_a_mapping(value: object) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(one, Mapping) or _holds_a_mapping(one) for one in value)


def nearest(name: str, known: list[str]) -> str:
    """A remedy that names the closest known name, or all of them."""
    import difflib

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else f"known: {', '.join(sorted(known)) or 'none'}"
