"""Programs judged by tests that they cannot reach."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from multisynth.text.verifiers import Verifiers
from multisynth.text.verifiers.code import Check
from multisynth.text.verifiers.extract import program_in
from multisynth.text.verifiers.verdict import Verdict
from multisynth.text.verifiers.wire import decode, encode

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample

DATA = Path(__file__).parents[4] / "shared" / "data"
HUMANEVAL = DATA / "humaneval" / "HumanEval.jsonl.gz"
MBPP = DATA / "mbpp" / "mbpp.jsonl"

PAIR = "class Pair:\n    def __init__(s, a, b): s.a, s.b = a, b"
NODE = "class Node:\n    def __init__(s, v): s.v = v"


def judge(check: Check, completion: str) -> Verdict:
    problem = Sample(PROBLEM, 0, question="", answer="", domain="", verifier="code", check=check.model_dump_json())
    verifiers = Verifiers()
    try:
        return verifiers.judge(problem, completion)
    finally:
        verifiers.close()


@pytest.mark.parametrize(
    ("test", "program"),
    [
        ("assert f(3) == 9", "def f(x):\n    return x * x"),
        ("x = [3, 1]\nf(x)\nassert x == [1, 3]", "def f(x):\n    x.sort()"),
        ("assert list(f(3)) == [0, 1, 2]", "def f(n):\n    yield from range(n)"),
        ("assert f([Pair(1, 2)]) == 3", f"{PAIR}\ndef f(l): return l[0].a + l[0].b"),
        ("t = Node(1)\nt.left = Node(2)\nassert f(t) == 2", f"{NODE}\ndef f(t): return t.left.v"),
        ("assert sum(1, 2) == 3", "def sum(a, b):\n    return a + b"),
        ("assert f((1, 2.5), int) == [1]", "def f(t, kind):\n    return [x for x in t if type(x) is kind]"),
        ("assert f() == math.pi", "import math\ndef f():\n    return math.pi"),
        ("try:\n    f(0)\nexcept ZeroDivisionError:\n    pass\nelse:\n    assert False", "def f(x):\n    return 1 / x"),
    ],
)  # fmt: skip
def test_a_right_program_passes_and_one_that_does_nothing_does_not(test: str, program: str) -> None:
    check = Check(tests=(test,))
    verdict = judge(check, program)
    assert verdict.right, verdict
    idle = judge(check, "def f(*_): return None\ndef sum(*_): return None\nclass Pair(list): pass\nNode = Pair")
    assert not idle.right and idle.reason


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        ("I cannot say.", "no program"),
        ("def f(x):\n    return x", "fails a test: 1 of 2, assert f(3) == 9"),
        ("def f(x):\n    return 9", "fails a test: 2 of 2, assert f(4) == 16"),
        ("def f(x):\n    return x / 0", "raises: ZeroDivisionError: division by zero in test 1 of 2, assert f(3) == 9"),
        ("def g(x):\n    return x", "raises: NameError: name 'f' is not defined in test 1 of 2, assert f(3) == 9"),
        ("import nothing_at_all", "does not load: ModuleNotFoundError: No module named 'nothing_at_all'"),
    ],
)
def test_what_is_wrong_is_said(completion: str, reason: str) -> None:
    verdict = judge(Check(tests=("assert f(3) == 9", "assert f(4) == 16")), completion)
    assert (verdict.right, verdict.reason) == (False, reason)


@pytest.mark.parametrize("check", ["", "{}", '{"tests": []}', '{"tests": ["1"], "other": 1}', "[" * 10_000])
def test_a_check_that_is_none_is_refused(check: str) -> None:
    problem = Sample(PROBLEM, 0, question="", answer="", domain="", verifier="code", check=check)
    with pytest.raises(ValueError, match="check of a code problem"):
        Verifiers().judge(problem, "def f(): pass")


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
    program = program_in(completion, PROMPT, "root")
    assert program is not None
    space: dict[str, Any] = {}
    exec(compile(program, "program", "exec"), space)  # noqa: S102
    assert space["root"](9) == 3


def test_what_does_not_define_the_function_is_no_program() -> None:
    assert program_in("def other(x):\n    return x", PROMPT.replace("root", "other"), "root") is None


@pytest.mark.parametrize(
    "value",
    [None, True, 1, -(1 << 4000), 0.1, float("inf"), "é\ud800", [1, [2]], (1, (2,)), {1, 2}, frozenset("a"),
     {(1, 2): [3], "a": {}}, 1j, b"\x00\xff", range(3, 1 << 70, 2), int, {"ref": 3}, {"tuple": 1}],
)  # fmt: skip
def test_plain_data_arrives_as_it_was(value: Any) -> None:
    def refuse(_: Any) -> Any:
        raise AssertionError

    back = decode(json.loads(json.dumps(encode(value, refuse))), refuse)
    assert type(back) is type(value)
    assert back == value


@pytest.mark.skipif(not HUMANEVAL.exists(), reason="no HumanEval here")
@pytest.mark.parametrize("number", [0, 32, 38, 50])  # two of them test with helpers of their prompts
def test_humaneval(number: int) -> None:
    with gzip.open(HUMANEVAL, "rt", encoding="utf-8") as lines:
        row = next(json.loads(line) for k, line in enumerate(lines) if k == number)
    check = Check(tests=(row["test"],), prompt=row["prompt"], entry_point=row["entry_point"])
    assert judge(check, row["canonical_solution"].strip()).right
    assert not judge(check, f"    {'return None'}\n").right


@pytest.mark.skipif(not MBPP.exists(), reason="no MBPP here")
@pytest.mark.parametrize("number", [1, 126, 367, 601])  # a matrix, a `sum`, a tree, pairs
def test_mbpp(number: int) -> None:
    with MBPP.open(encoding="utf-8") as lines:
        row = next(row for row in map(json.loads, lines) if row["task_id"] == number)
    check = Check(tests=tuple(row["test_list"]), setup=row["test_setup_code"])
    assert judge(check, f"```python\n{row['code']}\n```").right
    other = row["code"].replace("return", "return None #")
    assert not judge(check, other).right
