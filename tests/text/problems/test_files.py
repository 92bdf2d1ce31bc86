"""Problems from files: the shapes of the field, and files that nobody should trust."""

import ast
import gzip
import json
import re
from pathlib import Path

import pytest
from multisynth.text.problems import lines as lines_module
from multisynth.text.problems.files import Problems
from pydantic import ValidationError

from multisynth.errors import BadInput
from multisynth.recipe import Recipe
from multisynth.testing import run_stage

GSM8K = {
    "question": "Natalia sold clips to 48 of her friends in April, and then she sold half as many in May. How many?",
    "answer": "In May she sold 48/2 = <<48/2=24>>24 clips.\nAltogether 48+24 = <<48+24=72>>1,072 clips.\n#### 1,072",
}
MBPP = {
    "text": "Write a function to add two numbers.", "code": "def add(a, b):\n    return a + b", "task_id": 11,
    "test_setup_code": "", "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"], "challenge_test_list": [],
}  # fmt: skip
SANITISED = {
    "prompt": "Write a function to add.", "code": "def add(a, b): return a + b", "task_id": 2,
    "test_imports": ["import math", "import re"], "test_list": ["assert add(1, 2) == 3"],
}  # fmt: skip
HUMANEVAL = {
    "task_id": "HumanEval/0", "prompt": "def add(a, b):\n    '''Add.'''\n", "entry_point": "add",
    "canonical_solution": "    return a + b\n", "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
}  # fmt: skip


def written(folder: Path, *rows, name: str = "rows.jsonl") -> Path:
    text = "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows).encode()
    path = folder / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


def read(folder: Path, *rows, name: str = "rows.jsonl", **options):
    ran = run_stage(Problems(path=written(folder, *rows, name=name), **options))
    assert not ran.failures, ran.failures
    return list(ran.samples)


def test_gsm8k_s_gold_answer_is_what_follows_the_hashes(tmp_path, verifiers) -> None:
    (problem,) = read(tmp_path, GSM8K)
    assert (problem["answer"], problem["domain"], problem["verifier"]) == ("1072", "gsm8k", "math")
    assert problem["question"] == GSM8K["question"] and "<<" not in problem.meta["solution"]
    assert problem.meta["solution"].endswith("48+24 = 1,072 clips.")
    assert verifiers.judge(problem, "Reasoning. The answer is 1,072.").right


@pytest.mark.parametrize("row", [MBPP, SANITISED, HUMANEVAL], ids=["mbpp", "sanitized-mbpp", "humaneval"])
def test_code_comes_with_its_tests_and_the_reference_passes_them_in_plain_python(tmp_path, row) -> None:
    (problem,) = read(tmp_path, row)
    check = json.loads(problem["check"])
    assert problem["verifier"] == "code" and problem.meta["task_id"] == row["task_id"]
    program = "\n".join([check["setup"], problem["answer"], *check["tests"]])
    if check["entry_point"]:
        program += f"\ncheck({check['entry_point']})"
    ast.parse(program)
    exec(compile(program, "reference", "exec"), {})  # noqa: S102 — our own rows, above


def test_of_mbpp_s_tests_the_question_shows_one_and_all_judge(tmp_path, verifiers) -> None:
    """So no table of what it shows passes."""
    (problem,) = read(tmp_path, {**MBPP, "challenge_test_list": ["assert add(7, 8) == 15"]})
    tests = json.loads(problem["check"])["tests"]
    assert tests == [*MBPP["test_list"], "assert add(7, 8) == 15"]
    assert [test in problem["question"] for test in tests] == [True, False, False]
    judge = verifiers.judge
    assert judge(problem, problem["answer"]).right
    assert not judge(problem, "def add(a, b):\n    return {(1, 2): 3}.get((a, b))").right
    assert judge(problem, "def add(a, b):\n    return {(1, 2): 3, (0, 0): 0}.get((a, b))").reason.startswith(
        "fails a test: 3 of 3"
    )


def test_a_verifier_that_is_none_is_refused_before_work(tmp_path) -> None:
    with pytest.raises(ValidationError, match=r"no verifier is called `maht`: did you mean `math`"):
        Problems(path=written(tmp_path, GSM8K), verifier="maht")


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({"question": "2 + 2?", "answer": 4}, {"answer": "4", "verifier": "math", "domain": "plain"}),
        ({"prompt": "Say hello."}, {"question": "Say hello.", "answer": ""}),
        ({"question": "q", "answer": None, "domain": "d"}, {"answer": "", "domain": "d"}),
        ({"question": "q", "answer": "a", "verifier": "exact"}, {"verifier": "exact"}),
        (
            {"question": "q", "verifier": "schema", "check": {"schema": {"type": "object"}}},
            {"check": '{"schema":{"type":"object"}}'},
        ),
    ],
)
def test_plain_problems(tmp_path, row, columns) -> None:
    (problem,) = read(tmp_path, row)
    assert {name: problem[name] for name in columns} == columns


def test_other_fields_of_plain_problems_are_kept_in_meta(tmp_path) -> None:
    assert read(tmp_path, {"question": "q", "source": "mine", "level": 3})[0].meta == {"source": "mine", "level": 3}


def test_a_packed_file_is_the_same_and_more_are_made_when_asked_for(tmp_path) -> None:
    rows = [{"question": f"{k} + 1?", "answer": k + 1} for k in range(9)]
    plain = read(tmp_path, *rows)
    packed = read(tmp_path, *rows, "\n", name="rows.jsonl.gz")
    assert [p["question"] for p in plain] == [p["question"] for p in packed] == [row["question"] for row in rows]
    assert [p["answer"] for p in read(tmp_path, *rows, problems=3)] == ["1", "2", "3"]
    assert [p["answer"] for p in read(tmp_path, *rows, skip=7)] == ["8", "9"]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"problems": 50}, "50 were asked for, and there are 5 problems"),
        ({"skip": 3, "problems": 3}, "3 were asked for after the first 3, and there are 5 problems"),
        ({"skip": 5}, "all were asked for after the first 5, and there are 5 problems"),
    ],
)
def test_a_file_with_fewer_than_were_asked_for_is_refused_before_work(tmp_path, name, options, message) -> None:
    path = written(tmp_path, *[{"question": f"{k} + 1?"} for k in range(5)], "\n", name=name)
    recipe = {"name": "few", "stages": {"problems": {"use": "text.problems", "path": str(path), **options}}}
    with pytest.raises(BadInput, match=rf"{name}: {message}"):
        Recipe.of(recipe)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_the_file_is_read_once_and_a_batch_that_is_halved_reads_nothing_again(tmp_path, name, monkeypatch) -> None:
    rows = [{"question": f"{k} + 1?"} if k % 10 else {"question": ""} for k in range(200)]
    path = written(tmp_path, *rows, name=name)
    opened = []
    read = lines_module._lines
    monkeypatch.setattr(lines_module, "_lines", lambda path: opened.append(path) or read(path))
    ran = run_stage(Problems(path=path, problems=200), batch_size=64)
    assert ran.samples["question"] == [row["question"] for row in rows if row["question"]]
    assert [int(ordinal) for ordinal, _ in ran.failures] == list(range(0, 200, 10))
    assert len(opened) == 3, "counted, its first line looked at, read"


def test_lines_can_be_had_in_any_order_and_are_not_kept(tmp_path) -> None:
    lines = lines_module.Lines(written(tmp_path, *[{"k": k} for k in range(3000)]))
    for places in ([2000, 2001], [2001], [5], [2999, 0, 17]):
        assert [line.fields["k"] for line in lines.at(places)] == places
        assert [line.place.rpartition(":")[2] for line in lines.at(places)] == [str(place + 1) for place in places]
    assert len(lines._last) == 3
    with pytest.raises(BadInput, match="no line 3001: it has 3000"):
        lines.at([3000])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{\n", "no JSON"),
        ("[1]\n", "a JSON list"),
        ("[" * 100_000 + "\n", "no JSON"),
        (b"\xff\xfe\n".decode("latin-1"), "no JSON"),
        ('{"question": NaN}\n', "NaN is no number"),
    ],
)
def test_lines_that_are_no_object_fail_alone_and_as_the_first_are_refused_before_work(tmp_path, row, message) -> None:
    ran = run_stage(Problems(path=written(tmp_path, {"question": "q"}, row, {"question": "r"})))
    assert ran.samples["question"] == ["q", "r"]
    assert re.search(rf"rows.jsonl:2: .*{message}", ran.failures[0][1])
    with pytest.raises(BadInput, match=rf"rows.jsonl:1: .*{message}"):
        Problems(path=written(tmp_path, row, {"question": "q"})).count_of()


@pytest.mark.parametrize(
    ("row", "options", "message"),
    [
        ({"Question": "q"}, {}, "rename `Question` for `question`"),
        ({"answer": "q"}, {}, "it has `answer`"),
        ({"question": 3}, {}, "field `question` is 3"),
        ({"question": " "}, {}, "field `question` is ' '"),
        ({"question": "q", "answer": ["x"]}, {}, r"field `answer` is \['x'\]"),
        ({"question": "q", "verifier": "maths"}, {}, "did you mean `math`"),
        ({"question": "q", "answer": "12"}, {"shape": "gsm8k"}, "does not end in `####"),
        ({**MBPP, "test_list": "assert"}, {}, "field `test_list` is 'assert'"),
        ({**MBPP, "test_list": []}, {}, "`check.tests` cannot be used: .* at least 1 item"),
        ({**MBPP, "test_list": ["assert add(1"]}, {}, "`check` cannot be used: .* test 1 is no Python"),
        ({"question": "q", "verifier": "code"}, {}, "field `check` is missing\n.*`code` takes `tests`, `setup`"),
        ({"question": "q"}, {"verifier": "schema"}, "field `check` is missing\n.*`schema` takes `schema`"),
        (
            {"question": "q", "verifier": "schema", "check": {"schema": {"type": "x"}}},
            {},
            "`check.schema` .*no JSON Schema",
        ),
        ({"question": "q", "verifier": "gym", "check": "{}"}, {}, r"`check.set` cannot be used: Field required"),
        ({"question": "q", "verifier": "addition", "check": {"terms": [1]}}, {}, r"`check.terms.1` cannot be used"),
        ({**HUMANEVAL, "entry_point": None}, {}, "field `entry_point` is None"),
    ],
)
def test_fields_that_do_not_fit_are_named_with_their_line(tmp_path, row, options, message) -> None:
    ran = run_stage(Problems(path=written(tmp_path, {"question": "good", "answer": "#### 1"}, row), **options))
    assert len(ran.samples) == 1 and len(ran.failures) == 1
    assert re.search(message, ran.failures[0][1]) and "rows.jsonl:2" in ran.failures[0][1]


def test_long_lines_and_bombs_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(lines_module, "LONGEST", 1000)
    with pytest.raises(BadInput, match=r"rows.jsonl:1: a line of more than"):
        Problems(path=written(tmp_path, {"question": "x" * 2000})).count_of()
    monkeypatch.setattr(lines_module, "MOST", 5000)
    with pytest.raises(BadInput, match=r"rows.jsonl.gz:6: more than"):
        Problems(path=written(tmp_path, *[{"question": "x" * 900}] * 50, name="rows.jsonl.gz")).count_of()


def test_a_file_that_is_not_packed_is_refused(tmp_path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_text("{}")
    with pytest.raises(BadInput, match="the problems cannot be read"):
        Problems(path=path).count_of()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_of_json_is_refused(tmp_path, value) -> None:
    path = written(tmp_path, f'{{"question": "q", "answer": {value}}}\n')
    with pytest.raises(BadInput, match=rf"no JSON: {value} is no number"):
        lines_module.Lines(path).at([0])
