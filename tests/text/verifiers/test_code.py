"""Programs judged by tests that they cannot reach."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from multisynth.text.verifiers.verdict import Verdict

DATA = Path(__file__).parents[4] / "shared" / "data"
HUMANEVAL = DATA / "humaneval" / "HumanEval.jsonl.gz"
MBPP = DATA / "mbpp" / "mbpp.jsonl"
Judge = Callable[..., Verdict]

PAIR = "class Pair:\n    def __init__(s, a, b): s.a, s.b = a, b"
NODE = "class Node:\n    def __init__(s, v): s.v = v"


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
        ("import datetime as d\nassert f() == d.date(1, 2, 3)", "import datetime as d\nf = lambda: d.date(1, 2, 3)"),
        ("import datetime\nassert f(datetime.timedelta(1, 2)) == 86402", "def f(t): return t.total_seconds()"),
        ("import collections as c\nassert f() == c.deque((1,))", "import collections as c\nf = lambda: c.deque([1])"),
        ("assert f() == {'a': 2}", "from collections import Counter\ndef f(): return Counter('aa')"),
        ("assert f() == 2 and f() + 1 == 3", "import enum\nclass E(enum.IntEnum):\n    A = 2\ndef f(): return E.A"),
        ("assert len(f()) == 1000000", "def f(): return list(range(1000000))"),
        ("assert f() == math.pi", "import math\ndef f():\n    return math.pi"),
        ("try:\n    f(0)\nexcept ZeroDivisionError:\n    pass\nelse:\n    assert False", "def f(x):\n    return 1 / x"),
    ],
)  # fmt: skip
def test_a_right_program_passes_and_one_that_does_nothing_does_not(judge: Judge, test: str, program: str) -> None:
    verdict = judge("code", program, check={"tests": [test]})
    assert verdict.right, verdict
    nothing = "def f(*_): return None\ndef sum(*_): return None\nclass Pair(list): pass\nNode = Pair"
    idle = judge("code", nothing, check={"tests": [test]})
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
def test_objects_and_functions_pass_between_a_program_and_its_tests(judge: Judge, test: str) -> None:
    verdict = judge("code", OWN, check={"tests": [test]})
    assert verdict.right, verdict
    space: dict[str, Any] = {}
    exec(f"{OWN}\n{test}", space)  # noqa: S102 — as Python itself has it


@pytest.mark.parametrize(
    ("test", "program", "reason"),
    [
        ("assert asyncio.run(f()) == 3", "async def f(): return 3", "its function is asynchronous"),
        ("try:\n    assert asyncio.run(f())\nexcept Exception:\n    pass", "async def f(): return 3",
         "its function is asynchronous"),
        ("assert f().x == 1", "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)",
         "a value of the program's own kind of tuple is asked for `x`"),
        ("assert f()['z'] == 0", "from collections import Counter\ndef f(): return Counter('a')",
         "a value of the program's own kind of dict is asked for `z`"),
        ("try:\n    f()\nexcept Own:\n    pass", "class Own(Exception): pass\ndef f(): raise Own",
         "a test catches an exception of the program's own"),
        ("import io, contextlib\nb = io.StringIO()\nwith contextlib.redirect_stdout(b):\n    f()\nassert b.getvalue()",
         "def f(): print(1)", "a test reads what a program prints"),
        ("import numpy as np\nassert np.sum(f()) == 1", "def f(): return [1]",
         "a test needs numpy, and there is the standard library only"),
        ("x = [1]\nassert f(x) is x", "def f(x): return x", "a test asks whether two things are one"),
        ("assert len(f()) == 40", "def f(): return [bytes(1 << 20)] * 40",
         "values of more than 32 MiB pass between program and tests"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_from_outside_is_not_blamed_on_the_program(
    judge: Judge, test: str, program: str, reason: str
) -> None:
    verdict = judge("code", program, check={"tests": [test], "setup": "import asyncio"})
    assert not verdict.right and verdict.reason.startswith(f"cannot be judged: {reason} in test 1 of 1, "), verdict


def test_a_setup_that_raises_says_whose_fault_it_is(judge: Judge) -> None:
    for setup, reason in [
        ("import numpy", "cannot be judged: a test needs numpy, "),
        ("x = f(0)", "raises: ZeroDivisionError: division by zero in the setup, x = f(0)"),
    ]:
        verdict = judge("code", "def f(x): return 1 / x", check={"tests": ["assert f(1) == 1"], "setup": setup})
        assert verdict.reason.startswith(reason), verdict


@pytest.mark.parametrize(
    ("test", "shadow"),
    [
        ("assert math.isclose(f(3), 9.5)", "class math:\n    isclose = staticmethod(lambda *a, **k: True)"),
        ("assert np.allclose(f(3), 9.5)", "class np:\n    allclose = staticmethod(lambda *a, **k: True)"),
        ("assert copy.copy(f(3)) == 9.5", "class copy:\n    copy = staticmethod(lambda *a, **k: 9.5)"),
    ],
)
def test_no_library_of_the_tests_is_taken_from_the_program(judge: Judge, test: str, shadow: str) -> None:
    verdict = judge("code", f"{shadow}\ndef f(x): return 0", check={"tests": [test]})
    assert not verdict.right and "f(3)" in verdict.reason
    if "np" not in test:
        assert judge("code", f"{shadow}\ndef f(x): return 9.5", check={"tests": [test]}).right


def test_a_function_may_be_called_as_a_module_is(judge: Judge) -> None:
    assert judge(
        "code", "def bisect(a, x): return sorted(a).index(x)", check={"tests": ["assert bisect([3, 1], 3) == 1"]}
    ).right


@pytest.mark.parametrize(
    "use",
    ["n = int(input())\nprint(f(n))\n", "assert f(2) == 5\n", "import matplotlib.pyplot as plt\nplt.plot(f(3))\n"],
)
def test_a_block_that_shows_the_use_of_a_program_does_not_keep_it_from_loading(judge: Judge, use: str) -> None:
    said = f"```python\ndef f(x):\n    return x * x\n```\nUsage:\n```python\n{use}```\n"
    assert judge("code", said, check={"tests": ["assert f(3) == 9"]}).right
    other = judge("code", said.replace("x * x", "x"), check={"tests": ["assert f(3) == 9"]})
    assert other.reason == "fails a test: 1 of 1, assert f(3) == 9"
    assert judge("code", f"```python\n{use}```", check={"tests": ["assert f(3) == 9"]}).reason.startswith(
        "does not load"
    )


def test_what_cannot_be_handed_is_not_blamed_on_the_program(judge: Judge) -> None:
    test = "assert each(abs, iter([1])) == [1]"
    reason = f"cannot be judged: a test hands a list_iterator to the program in test 1 of 1, {test}"
    assert judge("code", OWN, check={"tests": [test]}).reason == reason


@pytest.mark.parametrize(
    "test",
    ["assert f() == 3", "assert abs(f() - 3) < 1e-6", "assert f() - 3 == 0", "assert f() + 0 == 3", "assert -f() == -3",
     "assert 3 <= f() <= 3", "assert abs(f()) == 3", "assert f() in [3]", "assert not f() != 3", "assert 3 == f()",
     "assert isinstance(f(), int) and f() >= 3", "assert {3: 1}[f()]", "assert min(3, f()) == f() == 3"],
)  # fmt: skip
def test_no_object_passes_for_a_number(judge: Judge, test: str) -> None:
    """Whatever its operators say: it is everything at once, in each of two ways."""
    names = ("eq", "ne", "lt", "le", "gt", "ge", "sub", "rsub", "add", "radd", "neg", "abs", "instancecheck", "hash")
    for value in ("True", "0", "s"):
        said = "".join(f"    def __{name}__(s, *_): return {value}\n" for name in names)
        program = f"class Every:\n{said}\ndef f(): return Every()"
        assert not judge("code", program, check={"tests": [test]}).right


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
def test_what_is_wrong_is_said(judge: Judge, completion: str, reason: str) -> None:
    verdict = judge("code", completion, check={"tests": ["assert f(3) == 9", "assert f(4) == 16"]})
    assert (verdict.right, verdict.reason) == (False, reason)


@pytest.mark.parametrize("check", ["", "{}", '{"tests": []}', '{"tests": ["1"], "other": 1}', "[" * 10_000])
def test_a_check_that_is_none_is_refused(judge: Judge, check: str) -> None:
    with pytest.raises(ValueError, match="check of a code problem"):
        judge("code", "def f(): pass", check=check)


def test_what_no_test_can_be_is_blamed_on_the_problem(judge: Judge) -> None:
    for wrong in ('{"tests": ["assert f(3) == 9", "assert f(4 =="]}', '{"tests": ["1"], "setup": "return"}'):
        with pytest.raises(ValueError, match=r"check of a code problem(.|\n)*(test 2|setup) is no Python: .*line 1"):
            judge("code", "f = 1", check=wrong)


@pytest.mark.skipif(not HUMANEVAL.exists(), reason="no HumanEval here")
@pytest.mark.parametrize("number", [0, 32, 38, 50])  # two of them test with helpers of their prompts
def test_humaneval(judge: Judge, number: int) -> None:
    with gzip.open(HUMANEVAL, "rt", encoding="utf-8") as lines:
        row = next(json.loads(line) for k, line in enumerate(lines) if k == number)
    check = {"tests": [row["test"]], "prompt": row["prompt"], "entry_point": row["entry_point"]}
    assert judge("code", row["canonical_solution"].strip(), check=check).right
    assert not judge("code", "    return None\n", check=check).right


@pytest.mark.skipif(not MBPP.exists(), reason="no MBPP here")
@pytest.mark.parametrize("number", [1, 126, 367, 601])  # a matrix, a `sum`, a tree, pairs
def test_mbpp(judge: Judge, number: int) -> None:
    with MBPP.open(encoding="utf-8") as lines:
        row = next(row for row in map(json.loads, lines) if row["task_id"] == number)
    check = {"tests": row["test_list"], "setup": row["test_setup_code"]}
    assert judge("code", f"```python\n{row['code']}\n```", check=check).right
    other = row["code"].replace("return", "return None #")
    assert not judge("code", other, check=check).right
