"""Values on their way between a program and its tests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from multisynth.text.verifiers.programs.wire import decode, encode


@pytest.mark.parametrize(
    "value",
    [None, True, 1, -(1 << 4000), 0.1, float("inf"), "é\ud800", [1, [2]], (1, (2,)), {1, 2}, frozenset("a"),
     {(1, 2): [3], "a": {}}, 1j, b"\x00\xff", range(3, 1 << 70, 2), int, {"ref": 3}, {"tuple": 1}],
)  # fmt: skip
def test_plain_data_arrives_as_it_was(value: Any) -> None:
    def refuse(_: Any) -> Any:
        raise AssertionError

    back = decode(json.loads(json.dumps(encode(value, refuse))), refuse, refuse)
    assert type(back) is type(value)
    assert back == value
