"""Programs judged by tests that they cannot reach."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest
from multisynth.text.verifiers import Verifiers
from multisynth.text.verifiers.code import Check, Code
from multisynth.text.verifiers.programs.extract import program_in
from multisynth.text.verifiers.programs.wire import decode, encode
from multisynth.text.verifiers.verdict import Verdict

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


OWN = """
class T:
    def __init__(s, v): s.v = v
    def __eq__(s, o): return isinstance(o, T) and s.v == o.v
    def __lt__(s, o): return s.v < o.v
    def __add__(s, o): return T(s.v + (o.v if isinstance(o, T) else o))
    __radd__ = __add__
    def __neg__(s): return T(-s.v)
    def __mul__(s, o): return s.v * o.v
    def __setitem__(s, k, v): s.v = (k, v)
def twice(f, x): return f(f(x))
def each(f, l): return [f(x) for x in l]
def same(f): return f
def safe(f):
    try: return f()
    except ZeroDivisionError: return "none"
def made(f): return f(T(4))
"""


@pytest.mark.parametrize(
    "test",
    [
        "assert T(1) == T(1) and T(1) != T(2) and not T(1) == 1",
        "assert T(1) + T(2) == T(3) and (T(1) + T(2)).v == 3",
        "assert T(1) + 2 == T(3) and sum([T(1), T(2)]) == T(3) and -T(1) == T(-1) and T(3) * T(4) == 12",
        "assert sorted([T(2), T(1)])[0].v == 1 and T(1) < T(2) and max(T(1), T(5)).v == 5 and T(1) in [T(1)]",
        "assert isinstance(T(1), T) and not isinstance(1, T)",
        "t = T(1)\nt[2] = 3\nassert t.v == (2, 3)",
        "assert twice(lambda x: x + 3, 1) == 7 and each(str, [1]) == ['1'] and each(len, ['ab']) == [2]",
        "def g(x):\n    return -x\nassert each(g, [1, 2]) == [-1, -2] and same(g) is g",
        "assert safe(lambda: 1 / 0) == 'none'",
        "assert made(lambda t: t.v + twice(lambda x: x * 2, 1)) == 8",
    ],
)
def test_objects_and_functions_pass_between_a_program_and_its_tests(test: str) -> None:
    verdict = judge(Check(tests=(test,)), OWN)
    assert verdict.right, verdict
    space: dict[str, Any] = {}
    exec(f"{OWN}\n{test}", space)  # noqa: S102 — as Python itself has it


def test_what_cannot_be_handed_is_not_blamed_on_the_program() -> None:
    test = "assert each(abs, iter([1])) == [1]"
    reason = f"cannot be judged: a test hands a list_iterator to the program in test 1 of 1, {test}"
    assert judge(Check(tests=(test,)), OWN).reason == reason


@pytest.mark.parametrize(
    "test",
    ["assert f() == 3", "assert abs(f() - 3) < 1e-6", "assert f() - 3 == 0", "assert f() + 0 == 3", "assert -f() == -3",
     "assert 3 <= f() <= 3", "assert abs(f()) == 3", "assert f() in [3]", "assert not f() != 3", "assert 3 == f()",
     "assert isinstance(f(), int) and f() >= 3", "assert {3: 1}[f()]", "assert min(3, f()) == f() == 3"],
)  # fmt: skip
def test_no_object_passes_for_a_number(test: str) -> None:
    """Whatever its operators say: it is everything at once, in each of two ways."""
    names = ("eq", "ne", "lt", "le", "gt", "ge", "sub", "rsub", "add", "radd", "neg", "abs", "instancecheck", "hash")
    for value in ("True", "0", "s"):
        said = "".join(f"    def __{name}__(s, *_): return {value}\n" for name in names)
        assert not judge(Check(tests=(test,)), f"class Every:\n{said}\ndef f(): return Every()").right


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
    "text",
    ["(\n" * 50_000, "x = 1\n" * 16_000 + "if x:\n" * 200, "def f(:\n" * 12_000, "```\n(\n```\n" * 10_000,
     "\n".join(f"{' ' * (k % 90)}if x:" for k in range(2000)), "x = [\n1,\n" * 9000, 'f(\n"""\n' * 10_000,
     "try:\n  x\n" * 10_000, "-" * 99_999],
)  # fmt: skip
def test_a_hostile_completion_takes_no_long_time(text: str) -> None:
    start = time.process_time()
    program_in(text, PROMPT, "root")
    program_in(text)
    assert time.process_time() - start < 8


def test_what_follows_a_program_falls_away_however_long_it_is() -> None:
    text = "def f(x):\n    return x\n\n" + "And so it is, isn't it?\n" * 1000
    assert program_in(text) == "def f(x):\n    return x\n\n"


def test_what_no_test_can_be_is_blamed_on_the_problem() -> None:
    for wrong in ('{"tests": ["assert f(3) == 9", "assert f(4 =="]}', '{"tests": ["1"], "setup": "return"}'):
        with pytest.raises(ValueError, match=r"check of a code problem(.|\n)*(test 2|setup) is no Python: .*line 1"):
            Code().judge(Sample(PROBLEM, 0, question="", answer="", domain="", verifier="code", check=wrong), "f = 1")


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


def test_a_program_before_a_closing_fence_that_nothing_opened_is_found() -> None:
    found = program_in("def f(x):\n    return x\n```\n\nThis code gives x back.", "def f(x):\n", "f")
    assert found is not None and found.rstrip().endswith("\n    return x")
