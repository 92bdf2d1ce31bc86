"""Programs found in what a model writes."""

from __future__ import annotations

from typing import Any

import pytest
from multisynth.text.verifiers.programs.extract import programs_in

PROMPT = 'from math import sqrt\n\n\ndef root(x):\n    """The root."""\n'


@pytest.mark.parametrize(
    "completion",
    [
        "    return sqrt(x)\n",
        "return sqrt(x)",
        "y = sqrt(x)\n    return y\n\nprint(",
        "y = sqrt(x)\nreturn y",
        "def root(x):\n    return sqrt(x)",
        "Here it is:\n```python\nfrom math import sqrt\n\ndef root(x):\n    return sqrt(x)\n```\nIt takes the root.",
        "```\n    return sqrt(x)\n```",
        "~~~py\ndef root(x):\n    return x ** 0.5",
        "```python\ndef root(x):\n    return 0\n```\nNo:\n```python\ndef root(x):\n    return sqrt(x)\n```",
    ],
)
def test_programs_are_found_in_what_a_model_writes(completion: str) -> None:
    program = next(programs_in(completion, PROMPT, "root"), None)
    assert program is not None
    space: dict[str, Any] = {}
    exec(compile(program, "program", "exec"), space)  # noqa: S102
    assert space["root"](9) == 3


def test_what_does_not_define_the_function_is_no_program() -> None:
    assert not [*programs_in("def other(x):\n    return x", PROMPT.replace("root", "other"), "root")]


@pytest.mark.timeout(120)  # about a second's work, by a budget; without one it takes hours
@pytest.mark.parametrize(
    "text",
    ["(\n" * 50_000, "x = 1\n" * 16_000 + "if x:\n" * 200, "def f(:\n" * 12_000, "```\n(\n```\n" * 10_000,
     "\n".join(f"{' ' * (k % 90)}if x:" for k in range(2000)), "x = [\n1,\n" * 9000, 'f(\n"""\n' * 10_000,
     "try:\n  x\n" * 10_000, "-" * 99_999],
)  # fmt: skip
def test_a_hostile_completion_comes_to_an_end(text: str) -> None:
    list(programs_in(text, PROMPT, "root"))
    list(programs_in(text))


def test_what_follows_a_program_falls_away_however_long_it_is() -> None:
    text = "def f(x):\n    return x\n\n" + "And so it is, isn't it?\n" * 1000
    assert next(programs_in(text)) == "def f(x):\n    return x\n\n"


def test_a_program_before_a_closing_fence_that_nothing_opened_is_found() -> None:
    found = next(programs_in("def f(x):\n    return x\n```\n\nThis code gives x back.", "def f(x):\n", "f"))
    assert found is not None and found.rstrip().endswith("\n    return x")
