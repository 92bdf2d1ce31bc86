"""Runs a program that nobody vouches for and calls its functions as it is told; the sandbox of the program.

It never learns what the tests expect: it hears a function's name and arguments, and says what the function returned.
"""

from __future__ import annotations

import builtins
import operator
import os
import sys
import types
from typing import Any

from .wire import BINARY, COMPARING, UNARY, Broken, Line, Unfit, decode, encode

_MOST = 100_000
"""Items that are taken out of an iterator."""
_AWAITED: tuple[type, ...] = (types.CoroutineType, types.AsyncGeneratorType)
_OPERATORS = {name: getattr(operator, f"__{name}__") for name in (*BINARY, *UNARY, *COMPARING)}


def main() -> None:
    """Load the program, say what it defines, and answer until the other side closes."""
    try:
        _serve(Line(int(sys.argv[1]), int(sys.argv[2])))
    except Broken:
        pass
    finally:
        os._exit(0)  # threads that the program left are not waited for


def _serve(line: Line) -> None:
    module = types.ModuleType("program")
    sys.modules["program"] = module
    try:
        with open("program.py", encoding="utf-8") as file:  # noqa: PTH123 — pathlib takes 5 ms to import
            exec(compile(file.read(), "program.py", "exec"), module.__dict__)  # noqa: S102 — in its sandbox
    except BaseException as error:
        line.send({"failed": said(error)})
        return
    values = {
        name: value
        for name, value in module.__dict__.items()
        if not name.startswith("__") and not isinstance(value, (types.ModuleType, *_AWAITED))
    }
    served = Served(values, line)
    modules = [name for name, value in vars(module).items() if isinstance(value, types.ModuleType)]

    def send(message: dict[str, Any]) -> None:
        try:
            line.send(message)
        except Unfit as error:
            line.send({"unfit": str(error)})

    send({"names": {name: served.encoded(value) for name, value in values.items()}, "modules": modules})
    while True:
        send(served.answer(line.receive()))


class Handed:
    """A function of the tests, which the program may call."""

    def __init__(self, served: Served, number: int) -> None:
        self._served, self.number = served, number

    def __call__(self, *places: Any, **names: Any) -> Any:
        """Have the tests call it; what they ask of the program's objects meanwhile is answered."""
        return self._served.back(self.number, places, names)


class Served:
    """The program's objects, by number."""

    def __init__(self, values: dict[str, Any], line: Line) -> None:
        self._values, self._line = values, line
        self._handed: dict[int, Handed] = {}
        self._kept: list[Any] = []
        self._numbers: dict[int, int] = {}

    def encoded(self, value: Any) -> Any:
        """A value for the other side.

        Raises:
            Unfit: It waits to be awaited, which cannot be done from there.
        """
        if isinstance(value, _AWAITED):
            raise Unfit("its function is asynchronous")
        return encode(value, self._refer)

    def _decoded(self, said: Any) -> Any:
        return decode(said, self._kept.__getitem__, lambda n: self._handed.setdefault(n, Handed(self, n)))

    def back(self, number: int, places: tuple[Any, ...], names: dict[str, Any]) -> Any:
        """What a function of the tests returns."""
        self._line.send({"back": number, "with": self.encoded([list(places), names])})
        while "do" in (heard := self._line.receive()):
            self._line.send(self.answer(heard))
        if "raised" in heard:
            name, text = heard["raised"]
            kind = getattr(builtins, name, RuntimeError)
            raise kind(text)
        return self._decoded(heard["returned"])

    def _refer(self, value: Any) -> Any:
        if isinstance(value, Handed):
            return {"hand": value.number}
        number = self._numbers.setdefault(id(value), len(self._kept))
        if number == len(self._kept):
            self._kept.append(value)
        return {"ref": number}

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what is asked: call, get, set, list, length, truth, text or an operator of an object."""
        target = self._kept[asked["of"]]
        try:
            given = self._decoded(asked.get("with"))
            action = asked["do"]
            if action == "call":
                places, names = given
                before = [self.encoded(value) for value in places]
                value = target(*places, **names)
                after = [self.encoded(value) for value in places]
                changed = {str(k): now for k, (was, now) in enumerate(zip(before, after, strict=True)) if was != now}
                return {"value": self.encoded(value), "changed": changed}
            if action == "get":
                return {"value": self.encoded(getattr(target, given))}
            if action == "set":
                setattr(target, *given)
                return {"value": None}
            if action == "list":
                return {"value": self.encoded([part for part, _ in zip(target, range(_MOST), strict=False)])}
            if action == "item":
                return {"value": self.encoded(target[given])}
            if action == "put":
                operator.setitem(target, *given)
                return {"value": None}
            if action == "is":
                return {"value": isinstance(given, target)}
            if action == "operator":
                name, right, reflected = given
                sides = (right[0], target) if reflected else (target, *right)
                return {"value": self.encoded(_OPERATORS[name](*sides))}
            if action == "len":
                return {"value": len(target)}
            return {"value": bool(target) if action == "bool" else str(target)}
        except Unfit as error:
            return {"unfit": str(error)}
        except BaseException as error:
            return {"raised": said(error)}


def said(error: BaseException) -> list[str]:
    """An exception: the nearest class that every Python has, its own name, and its text."""
    known = next(kind for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind)
    try:
        text = str(error)
    except BaseException:
        text = ""
    return [known.__name__, type(error).__name__[:100], text[:1000]]
