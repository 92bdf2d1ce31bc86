"""Values on their way between a program and its tests."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, deque, namedtuple
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from multisynth.text.verifiers.programs.wire import Unfit, decode, encode


def refuse(_: Any) -> Any:
    raise AssertionError


@pytest.mark.parametrize(
    "value",
    [None, True, 1, -(1 << 4000), 0.1, float("inf"), "é\ud800", [1, [2]], (1, (2,)), {1, 2}, frozenset("a"),
     {(1, 2): [3], "a": {}}, 1j, b"\x00\xff", range(3, 1 << 70, 2), int, {"ref": 3}, {"tuple": 1},
     date(2020, 1, 2), time(3, 4, 5, 6), datetime(2020, 1, 2, 3, 4, 5, 6), timedelta(-1, 2, 3), deque([1, [2]], 3)],
)  # fmt: skip
def test_plain_data_arrives_as_it_was(value: Any) -> None:
    back = decode(json.loads(json.dumps(encode(value, refuse))), refuse, refuse)
    assert type(back) is type(value)
    assert back == value


class Word(str):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


@pytest.mark.parametrize(
    ("value", "plain"),
    [(Counter("aab"), {"a": 2, "b": 1}), (namedtuple("P", "x y")(1, [2]), (1, [2])), (OrderedDict(a=1), {"a": 1}),
     (Word("a"), "a")],
)  # fmt: skip
def test_of_values_of_another_kind_the_plain_part_arrives_and_what_is_more_is_missed(value: Any, plain: Any) -> None:
    back = decode(json.loads(json.dumps(encode(value, refuse))), refuse, refuse)
    assert back == plain and back != "other" and isinstance(back, type(plain))
    with pytest.raises(Unfit, match="asked for `more`"):
        _ = back.more
    assert encode(back, refuse) == encode(value, refuse), "and again"
