"""A program that lives elsewhere, as the tests see it: its functions and objects answer over a line.

What its functions return arrives as plain data, so that a test compares values that no foreign code can change any
more. Runs in the sandbox of the tests, so it takes nothing but the standard library.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from typing import Any

from .wire import BINARY, COMPARING, UNARY, Broken, Line, Unfit, decode, encode


class Remote:
    """Something in the program that is no plain data: a function, an object, an iterator."""

    __slots__ = ("_number", "_program")

    def __init__(self, program: Program, number: int) -> None:
        object.__setattr__(self, "_program", program)
        object.__setattr__(self, "_number", number)

    def __call__(self, *places: Any, **names: Any) -> Any:  # noqa: D102
        return self._program.call(self._number, places, names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._program.ask(self._number, "get", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._program.ask(self._number, "set", (name, value))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._program.ask(self._number, "list"))

    def __getitem__(self, place: Any) -> Any:
        return self._program.ask(self._number, "item", place)

    def __setitem__(self, place: Any, value: Any) -> None:
        self._program.ask(self._number, "put", (place, value))

    def __instancecheck__(self, other: object) -> bool:
        return isinstance(other, Remote) and bool(self._program.ask(self._number, "is", other))

    def __len__(self) -> int:
        return int(self._program.ask(self._number, "len"))

    def __bool__(self) -> bool:
        return bool(self._program.ask(self._number, "bool"))

    def __str__(self) -> str:
        return str(self._program.ask(self._number, "str"))

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
            found = self._program.ask(self._number, "operator", (name, list(other), reflected))
            if name in COMPARING:
                return found is True
            return found if isinstance(found, Remote) or (other and remote) else NotImplemented

        setattr(Remote, method, operate)

    for name in (*BINARY, *UNARY, *COMPARING):
        offer(name, f"__{name}__", reflected=False)
    for name in BINARY:
        offer(name, f"__r{name}__", reflected=True)


_offer_operators()


class Program:
    """The program: what it defines, and what becomes of calls."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._handed: list[Any] = []

    def names(self) -> tuple[dict[str, Any], list[str]]:
        """What the program defines, and the modules that it imports under their own names.

        Raises:
            ValueError: It does not load.
            Unfit: It defines more than can be said.
        """
        said = self._line.receive()
        if "unfit" in said:
            raise Unfit(str(said["unfit"])[:200])
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
        if "unfit" in said:
            raise Unfit(str(said["unfit"])[:200])
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
