"""Values as they pass between a program and its tests, one JSON line a message.

Runs inside sandboxes, so it takes nothing but the standard library. What is plain data arrives as a copy; anything else
stays where it is, and a reference to it arrives.
"""

from __future__ import annotations

import builtins
import json
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

LONGEST = 32 << 20
"""Bytes of a message."""
DEEPEST = 50
"""Lists within lists."""
BINARY = (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or", "xor",
)  # fmt: skip
"""Operators between two things, as their methods are called; each has one for the right side, with an `r`."""
UNARY = ("neg", "pos", "abs", "invert")
COMPARING = ("eq", "ne", "lt", "le", "gt", "ge")


class Broken(Exception):
    """The other side is gone, or says what cannot be read."""


class Unfit(BaseException):
    """A program or a test does what cannot be done over a line; no `except Exception` of either takes it."""


def encode(value: Any, refer: Callable[[Any], Any], depth: int = 0) -> Any:
    """A value as JSON has it.

    Args:
        value: The value.
        refer: Says what stands for a value that is no plain data.
        depth: Of the lists that it is in.
    """
    if value is None or isinstance(value, bool):
        return value
    if depth > DEEPEST:
        return refer(value)

    def parts(values: Any) -> list[Any]:
        return [encode(part, refer, depth + 1) for part in values]

    kind = type(value)
    if kind.__module__ == "datetime" and kind.__name__ in _TIMES and getattr(value, "tzinfo", None) is None:
        return {kind.__name__: parts(_TIMES[kind.__name__](value))}
    if isinstance(value, deque):
        return {"deque": [parts(value), value.maxlen]}
    base = kind if kind in _PLAIN else next((one for one in _PLAIN if isinstance(value, one)), None)
    if base is not None and kind is not base:
        return {"like": [base.__name__, encode(_PLAIN[base](value), refer, depth)]}
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else {"int": hex(value)}
    if isinstance(value, float | str):
        return value
    if isinstance(value, list):
        return parts(value)
    if isinstance(value, tuple | set | frozenset):
        return {kind.__name__: parts(value)}
    if isinstance(value, dict):
        return {"dict": [parts(pair) for pair in value.items()]}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, bytes | bytearray):
        return {type(value).__name__: value.hex()} if type(value) in (bytes, bytearray) else {"bytes": value.hex()}
    if isinstance(value, Decimal | Fraction):
        return {"Decimal" if isinstance(value, Decimal) else "Fraction": str(value)}
    if isinstance(value, range):
        return {"range": [{"int": hex(end)} for end in (value.start, value.stop, value.step)]}
    if isinstance(value, type) and TYPES.get(value.__name__) is value:
        return {"type": value.__name__}
    return refer(value)


_PLAIN: dict[type, Callable[[Any], Any]] = {
    int: int, float: float, str: str.__str__, list: list, tuple: tuple, set: set, frozenset: frozenset,
    dict: lambda value: dict(value.items()),
}  # fmt: skip
"""What comes over the line as it is, and how the plain part of one of a kind of its own is had."""


def _more(self: Any, name: str) -> Any:
    """Of a value that was more than it is here."""
    if str(name).startswith("__"):
        raise AttributeError(name)
    raise Unfit(f"a value of the program's own kind of {type(self).__name__} is asked for `{str(name)[:80]}`")


_LIKE = {
    base.__name__: type(
        base.__name__, (base,), {"__getattr__": _more, **({"__missing__": _more} if base is dict else {})}
    )
    for base in _PLAIN
}
"""Equal to the plain value, and of a kind of its own as it was, which is no longer known."""
_TIMES: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "date": lambda day: (day.year, day.month, day.day),
    "time": lambda at: (at.hour, at.minute, at.second, at.microsecond),
    "datetime": lambda at: (at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond),
    "timedelta": lambda time: (time.days, time.seconds, time.microseconds),
}
TYPES = {name: value for name, value in vars(builtins).items() if isinstance(value, type)}
_READERS: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": lambda pairs: {key: value for key, value in pairs},  # noqa: C416 — refuses what is no pair
    "like": lambda named: _LIKE[named[0]](named[1]),
    "deque": lambda parts: deque(*parts),
    "complex": lambda parts: complex(*parts),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "Decimal": Decimal,
    "Fraction": Fraction,
    "type": TYPES.__getitem__,
    "range": lambda ends: range(*ends),
}


def decode(said: Any, find: Callable[[int], Any], hand: Callable[[int], Any]) -> Any:
    """The value again.

    Args:
        said: As `encode` has it.
        find: What a reference to something of the program stands for.
        hand: What a function of the tests stands for.
    """
    if isinstance(said, list):
        return [decode(part, find, hand) for part in said]
    if not isinstance(said, dict):
        return said
    ((name, inside),) = said.items()
    if name == "ref":
        return find(int(inside))
    if name == "hand":
        return hand(int(inside))
    if name in _TIMES:
        import datetime  # takes a millisecond, and few programs need it

        return getattr(datetime, name)(*decode(inside, find, hand))
    return _READERS[name](decode(inside, find, hand))


class Line:
    """Messages over two descriptors."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = open(read, "rb"), open(write, "wb")  # noqa: SIM115 — descriptors, kept open

    def send(self, message: Any) -> None:
        """Say something.

        Raises:
            Unfit: It is too long.
            Broken: Nobody hears it.
        """
        try:
            data = json.dumps(message).encode() + b"\n"
            if len(data) > LONGEST:
                raise Unfit(f"values of more than {LONGEST >> 20} MiB pass between program and tests")
            self._write.write(data)
            self._write.flush()
        except (OSError, ValueError, RecursionError) as error:
            raise Broken(str(error)) from None

    def receive(self) -> dict[str, Any]:
        """Hear the next message."""
        try:
            line = self._read.readline(LONGEST)
            message = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise Broken("gone" if not line else "unreadable")
        return message
