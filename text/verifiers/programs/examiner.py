"""Runs the tests of a problem against a program that lives elsewhere; the sandbox of the tests.

Nothing of the program is executed here. Its functions are called over a line, and what they return arrives as plain
data, so that a test compares values that no foreign code can change any more.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import json
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any

from .wire import BINARY, COMPARING, UNARY, Broken, Line, decode, encode

_BUILT_IN = frozenset(dir(builtins))


class Remote:
    """Something in the program that is no plain data: a function, an object, an iterator."""

    __slots__ = ("_examiner", "_number")

    def __init__(self, examiner: Examiner, number: int) -> None:
        object.__setattr__(self, "_examiner", examiner)
        object.__setattr__(self, "_number", number)

    def __call__(self, *places: Any, **names: Any) -> Any:  # noqa: D102
        return self._examiner.call(self._number, places, names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._examiner.ask(self._number, "get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._examiner.ask(self._number, "set", (name, value))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._examiner.ask(self._number, "list"))

    def __getitem__(self, place: Any) -> Any:
        return self._examiner.ask(self._number, "item", place)

    def __setitem__(self, place: Any, value: Any) -> None:
        self._examiner.ask(self._number, "put", (place, value))

    def __instancecheck__(self, other: object) -> bool:
        return isinstance(other, Remote) and bool(self._examiner.ask(self._number, "is", other))

    def __len__(self) -> int:
        return int(self._examiner.ask(self._number, "len"))

    def __bool__(self) -> bool:
        return bool(self._examiner.ask(self._number, "bool"))

    def __str__(self) -> str:
        return str(self._examiner.ask(self._number, "str"))

    def __hash__(self) -> int:
        return hash(self._number)


def _offer_operators() -> None:
    """The program's own operators, as far as they cannot make one of its things pass for plain data.

    Two of its things compare as it says. But an object that equals everything, or whose difference from any number is
    0, must not be taken for the answer: nothing of the program compares with plain data, and a sum with plain data, or
    an absolute value, has to be an object of the program again.
    """

    def offer(name: str, method: str, reflected: bool) -> None:
        def operate(self: Remote, *other: Any) -> Any:
            remote = all(isinstance(one, Remote) for one in other)
            if name in COMPARING and not remote:
                return NotImplemented
            found = self._examiner.ask(self._number, "operator", (name, list(other), reflected))
            if name in COMPARING:
                return found is True
            return found if isinstance(found, Remote) or (other and remote) else NotImplemented

        setattr(Remote, method, operate)

    for name in (*BINARY, *UNARY, *COMPARING):
        offer(name, f"__{name}__", reflected=False)
    for name in BINARY:
        offer(name, f"__r{name}__", reflected=True)


_offer_operators()


class Unfit(Exception):
    """A test does what cannot be done over a line."""


class Examiner:
    """Asks the program."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._handed: list[Any] = []

    def names(self) -> tuple[dict[str, Any], list[str]]:
        """What the program defines, and the modules that it imports under their own names.

        Raises:
            ValueError: It does not load.
        """
        said = self._line.receive()
        if "failed" in said:
            _, name, text = said["failed"]
            raise ValueError(f"does not load: {name}: {text}")
        names = {str(name): self._decoded(value) for name, value in dict(said["names"]).items()}
        return names, [name for name in said["modules"] if name in sys.stdlib_module_names]

    def call(self, number: int, places: tuple[Any, ...], names: dict[str, Any]) -> Any:
        """Call a function; lists, sets and dicts that it changed are changed here too."""
        said = self._asked(number, "call", [list(places), names])
        for place, value in said["changed"].items():
            argument, now = places[int(place)], self._decoded(value)
            if isinstance(argument, list) and isinstance(now, list):
                argument[:] = now
            elif isinstance(argument, set | dict) and isinstance(now, type(argument)):
                argument.clear()
                argument.update(now)
        return self._decoded(said["value"])

    def ask(self, number: int, action: str, given: Any = None) -> Any:
        """Do something with an object of the program."""
        return self._decoded(self._asked(number, action, given)["value"])

    def _asked(self, number: int, action: str, given: Any) -> Any:
        self._line.send({"of": number, "do": action, "with": encode(given, self._refer)})
        while "back" in (said := self._line.receive()):
            self._line.send(self._back(int(said["back"]), said["with"]))
        if "raised" in said:
            known, name, text = map(str, said["raised"])
            kind = getattr(builtins, known, RuntimeError)
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                kind = RuntimeError
            try:
                error = kind(text)
            except TypeError:
                error = RuntimeError(text)
            error.add_note(f"{name}: {text}")
            raise error
        return said

    def _refer(self, value: Any) -> Any:
        if isinstance(value, Remote):
            return {"ref": value._number}
        if not callable(value):
            raise Unfit(f"a test hands a {type(value).__name__} to the program")
        if not any(value is one for one in self._handed):
            self._handed.append(value)
        return {"hand": next(k for k, one in enumerate(self._handed) if one is value)}

    def _back(self, number: int, said: Any) -> dict[str, Any]:
        """Call a function that a test handed to the program."""
        places, names = self._decoded(said)
        try:
            return {"returned": encode(self._handed[number](*places, **names), self._refer)}
        except (Broken, Unfit):
            raise
        except Exception as error:
            known = next(kind for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind)
            return {"raised": [known.__name__, str(error)[:1000]]}

    def _decoded(self, said: Any) -> Any:
        return decode(said, lambda number: Remote(self, number), self._handed.__getitem__)


def examine(examiner: Examiner, check: dict[str, Any]) -> str:
    """Run the tests; what is wrong, or nothing."""
    offered, modules = examiner.names()
    space: dict[str, Any] = {"__name__": "tests"}
    wanted = [name for test in (check["setup"], *check["tests"]) for name in called(test)]
    taken = [name for name in wanted if name in offered and name not in _BUILT_IN]
    # A program may be the test's `sum`, if that is what is tested; else no name of Python's own is left to it.
    space |= {name: offered[name] for name in (taken or [name for name in wanted if name in offered][:1])}
    space |= {name: importlib.import_module(name) for name in wanted if name in modules}
    entry = check["entry_point"]
    if entry and entry not in offered:
        return f"does not define: {entry}"
    exec(compile(check["prompt"], "prompt", "exec"), space)  # noqa: S102 — in its sandbox
    exec(compile(check["setup"], "setup", "exec"), space)  # noqa: S102
    if entry:
        space[entry] = offered[entry]
    tests = check["tests"]
    for k, test in enumerate(tests):
        try:
            exec(compile(test, f"test {k}", "exec"), space)  # noqa: S102
            if entry and k == len(tests) - 1 and "check" in space:
                space["check"](offered[entry])
        except Exception as error:
            return wrong(error, tests, k)
    return ""


def called(source: str) -> list[str]:
    """Names that a test reads, in its order."""
    nodes = sorted(
        (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)),
        key=lambda node: (node.lineno, node.col_offset),
    )
    return [node.id for node in nodes]


def wrong(error: Exception, tests: list[str], k: int) -> str:
    """What a test found."""
    if isinstance(error, Broken):
        raise error
    frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if f.filename == f"test {k}"), None)
    lines = tests[k].splitlines()
    text = lines[frame.lineno - 1].strip() if frame and frame.lineno and frame.lineno <= len(lines) else ""
    if isinstance(error, Unfit):
        return f"cannot be judged: {error} in test {k + 1} of {len(tests)}, {text[:200]}"
    notes = getattr(error, "__notes__", None)
    if isinstance(error, AssertionError) and not notes:
        return f"fails a test: {k + 1} of {len(tests)}, {text[:200]}"
    said = notes[0] if notes else f"{type(error).__name__}: {error}"
    return f"raises: {said[:200]} in test {k + 1} of {len(tests)}, {text[:200]}"


def main() -> None:
    """Read the check, run it, and print the verdict as the only thing that this process prints."""
    verdict = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with open("check.json", encoding="utf-8") as file:  # noqa: PTH123
        check = json.load(file)
    try:
        problem = examine(Examiner(Line(int(sys.argv[1]), int(sys.argv[2]))), check)
    except Broken as error:
        problem = f"broken: {error}"
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, MemoryError) as error:
        problem = (
            str(error) if str(error).startswith("does not load") else f"unreadable: {type(error).__name__}: {error}"
        )
    os.write(verdict, json.dumps({"problem": problem}).encode())
    os._exit(0)
