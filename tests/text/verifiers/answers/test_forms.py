"""Answers in many forms, right and wrong, for `math`, `exact` and `schema`."""

import json
import threading
import time

import jsonschema
import pytest
from multisynth.text.verifiers import NAMES, Verifiers
from multisynth.text.verifiers.answers.stated import first_stated, stated, statements
from multisynth.text.verifiers.answers.symbolic import Symbolic
from multisynth.text.verifiers.answers.towers import hopeless

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample

RIGHT = [
    ("3/4", r"\frac{3}{4}"), ("3/4", "0.75"), (r"\frac{1}{2}", "0.5"), ("50%", r"50\%"), ("50", r"50\%"),
    ("12.5%", "12.5"),
    ("1,200", "1200"), ("1200", "$1,200"), ("12", "12 apples"), ("12", r"12\text{ cm}"), ("12", r"12\,\mathrm{m}"),
    ("12 dollars", "12"), ("£12", "12"), ("18 square meters", "18"), ("x^2+2x+1", "(x+1)^2"),
    (r"\sqrt{8}", r"2\sqrt{2}"), (r"\pi/2", r"\frac{\pi}{2}"), ("[0,1)", "[0, 1)"), (r"(-\infty, 3]", r"(-\infty,3]"),
    (r"\{1,2\}", r"\{2,1\}"), ("(1,2)", "(1, 2)"), ("x=3", "3"), ("-5", "−5"), ("10^3", "1000"), (r"90^\circ", "90"),
    ("2.50", "2.5"), (r"1\frac{1}{2}", r"\frac{3}{2}"), (r"\frac12", "1/2"), (r"\dfrac{7}{3}", r"\frac{7}{3}"),
    (r"x\in[1,2]", "[1,2]"), (r"\text{A}", "A"), (r"2^{10}", "1024"), ("a+b", "b+a"), ("18", "$18.00"),
    ("(2x+1)(x-3)", "2x^2-5x-3"), ("3>x", "x<3"), ("Monday", "Monday"),
    (r"\text{Paris}", "paris"), ("Paris", r"\textbf{Paris}."), ("the Nile", "Nile"), ("ab+c", "c+ba"),
    (r"\{1,2\}", "1, 2"), (r"12\text{ apples}", "12"), ("x=3", r"x = 3"), (r"\frac{\sqrt{3}}{2}", r"\sqrt{3}/2"),
    ("x^{2^{3}}", "x^8"), ("2^{2024}", "4^{1012}"), (r"\infty", r"\infty"), ("2xy", "2yx"),
    ("9^{9^{9^9}}", "9^{9^{9^9}}"),
]  # fmt: skip
WRONG = [
    ("3/4", "0.76"), ("32", "33"), ("[0,1]", "(0,1)"), ("(1,2)", "(2,1)"), (r"\{1,2\}", r"\{1,3\}"), ("x<3", "x>3"),
    ("1/3", "0.3"), ("yes", "no"), ("A", "B"), ("x+1", "x-1"), (r"\sqrt{2}", "1.4"), ("5", "-5"), ("12", "12^2"),
    ("1000", "100"), ("2 1/2", "2.2"), ("1,200", "1.2"), ("[1,2]", "[1,3]"), ("Monday", "Tuesday"),
    ("12", "12 or 13"), ("12", "1 2"), ("7", "7, 8"), ("12", "13 apples"), ("-12", "£12"), ("12", "12 + 1"),
    ("3", "x=4"), ("1/2", "12"), ("10", "10^2"), ("100", "1e1"), (r"\frac{1}{2}", r"\frac{2}{1}"), ("2x", "x^2"),
    ("left", "felt"), ("listen", "silent"), ("no", "on"), ("Paris", "rapis"), ("Paris", r"\text{rapis}"),
    (r"\text{no}", "on"), ("Paris, France", "rapis, France"), ("2x left", "2x felt"), ("five", "5"), ("élan", "naél"),
    ("5", "5,5"), ("5", "5 and 5"), ("12", "12, 12"), ("5", "5;5"), ("x=3", "3,3"), ("5", r"5\text{ or }5"),
    ("0.05", "5%"), ("0.5", r"50\%"), ("50%", "0.5"), ("10", "5 5"), ("5", r"x=5,5"),
]  # fmt: skip


@pytest.fixture(scope="module")
def symbolic():
    symbolic = Symbolic()
    yield symbolic
    symbolic.close()


@pytest.fixture(scope="module")
def verifiers():
    verifiers = Verifiers()
    yield verifiers
    verifiers.close()


def problem(verifier: str, answer: str = "", check: object = None) -> Sample:
    return Sample(
        PROBLEM, 0, question="q", answer=answer, domain="d", verifier=verifier,
        check=None if check is None else json.dumps(check),
    )  # fmt: skip


@pytest.mark.parametrize(("gold", "got"), RIGHT)
def test_what_means_the_same_is_the_same(symbolic, gold, got) -> None:
    assert symbolic.same(gold, got)[0]


@pytest.mark.parametrize(("gold", "got"), WRONG)
def test_what_means_another_thing_is_not(symbolic, gold, got) -> None:
    assert not symbolic.same(gold, got)[0]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (r"\boxed{\frac{\sqrt{3}}{2}}", r"\frac{\sqrt{3}}{2}"),
        (r"So $\boxed{x^{2^{3}}}$.", "x^{2^{3}}"),
        (r"\boxed 5", "5"),
        (r"$\boxed 5$.", "5"),
        (r"\fbox{5}", "5"),
        (r"\boxed {5}", "5"),
        (r"\boxed{\{1,2\}}", r"\{1,2\}"),
        (r"\boxed{\boxed{5}}", "5"),
        (r"\boxed{4} no, \boxed{5}", "5"),
        (r"\boxed{5} and \boxed{\frac{1}{2", "5"),
        (r"} \boxed{a} }} {", "a"),
        (r"\boxed{5", None),
        (r"\boxedx{5}", None),
    ],
)
def test_boxes_are_read_to_their_closing_brace(said, answer) -> None:
    found = stated(said)
    assert (None if found is None else found.answer) == answer
    assert found is None or found.answer in said[found.start : found.end]
    assert statements(said) == (2 if "no," in said else 0 if answer is None else 1)
    assert (first_stated(said) is None) is (answer is None)


def test_boxes_that_are_never_closed_take_no_long_time() -> None:
    start = time.process_time()
    assert stated(r"\boxed{" * 100_000) is None
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "text",
    ["9^{9^{9^9}}", "9^9^9^9", "9^{9^9}", "2^{99999}", r"\sum_{n=1}^{99999999999} \frac{1}{n!}", "2^(9^9)", "9!!!",
     "99999999!", "3^{5^{7!}}", "2^{9!}", r"\binom{99999999}{4999999}", "9^{" * 500, "x^{100 \\cdot 101}"],
)  # fmt: skip
def test_powers_without_end_are_known_before_they_are_worked_out(text) -> None:
    start = time.process_time()
    assert hopeless(text)
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "text", ["x^{2^{3}}", "2^{2025}", "10^{100}", "5!", "2^{5!}", "x^n", "e^{-x^2}", "10^-3", "^", ""]
)
def test_powers_that_end_are_worked_out(text) -> None:
    assert not hopeless(text)


EXACT_RIGHT = [
    ("Paris", "paris"), ("Paris", "Paris."), ("Paris", '"Paris"'), ("the Nile", "Nile"), ("Nile", "The Nile"),
    ("a b", "a  b"), ("it's", "it’s"), ("1–2", "1-2"), ("café", "cafe\u0301"), ("²", "2"), ("C", "c"), ("a", "A"),
    ("ﬁne", "fine"), ("x y", "x\u00a0y"), ("an owl", "owl"), ("U.S", "u.s."), ("true", "True"), ("A", "*A*"),
]  # fmt: skip
EXACT_WRONG = [
    ("Paris", "Paris, France"), ("Paris", "London"), ("12", "12.0"), ("a b", "ab"), ("a-b", "a b"), ("owl", "owls"),
    ("no", "not"), ("Nile", "then Nile"), ("C", "C#"), ("x", ""), ("1.5", "15"), ("-3", "3"), ("A", "A or B"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("gold", "got", "right"), [(*pair, True) for pair in EXACT_RIGHT] + [(*pair, False) for pair in EXACT_WRONG]
)
def test_exact_answers(verifiers, gold, got, right) -> None:
    verdict = verifiers.judge(problem("exact", gold), f"So <answer>{got}</answer>")
    assert verdict.right is right and bool(verdict.reason) is not right
    assert verifiers.judge(problem("exact", gold), got).reason == "no answer"


FORM = {
    "type": "object", "required": ["name", "age"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1}, "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
    },
}  # fmt: skip
JSONS = [
    {"name": "x", "age": 3}, {"name": "x", "age": 3, "tags": ["a"]}, {"name": "x", "age": 3, "tags": []},
    {"name": "x", "age": 3.0}, {"name": "", "age": 3}, {"name": "x"}, {"age": 3}, {"name": "x", "age": -1},
    {"name": "x", "age": 3.5}, {"name": "x", "age": "3"}, {"name": "x", "age": True}, {"name": None, "age": 3}, [], {},
    {"name": "x", "age": 3, "more": 1}, {"name": "x", "age": 3, "tags": ["a", "a"]},
    {"name": "x", "age": 3, "tags": "a"}, "x",
    3, None, {"name": "x", "age": 3, "tags": ["c"]}, {"name": "é" * 50, "age": 10**6},
]  # fmt: skip


@pytest.mark.parametrize("value", JSONS)
@pytest.mark.parametrize("form", ["{}", "Here:\n```json\n{}\n```\nDone.", "<answer>{}</answer>"])
def test_schemas_agree_with_jsonschema(verifiers, value, form) -> None:
    right = jsonschema.Draft202012Validator(FORM).is_valid(value)
    said = form.replace("{}", json.dumps(value), 1)
    verdict = verifiers.judge(problem("schema", check={"schema": FORM}), said)
    assert verdict.right is right or (form == "{}" and not isinstance(value, dict) and not verdict.right)
    assert bool(verdict.reason) is not verdict.right


@pytest.mark.parametrize("value", ["NaN", "[Infinity]", '{"a": -Infinity}'])
def test_what_is_no_number_of_json_is_no_json(verifiers, value) -> None:
    verdict = verifiers.judge(problem("schema", check={"schema": True}), value)
    assert not verdict.right and verdict.reason == "not of the schema: no JSON"


def test_a_gold_answer_has_to_be_met_too(verifiers) -> None:
    gold = problem("schema", '{"a": [1, true]}', {"schema": {"type": "object"}})
    assert verifiers.judge(gold, '{"a":[1.0,true]}').right
    assert not verifiers.judge(gold, '{"a":[true,1]}').right and not verifiers.judge(gold, "{}").right


def test_hostile_json_and_schemas_come_to_an_end(verifiers, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.text.verifiers.schema.SECONDS", 2.0)
    slow = problem("schema", check={"schema": {"type": "string", "pattern": "^(a+)+$"}})
    start = time.perf_counter()
    assert verifiers.judge(slow, json.dumps("a" * 40 + "!")).reason.startswith("undecided: ")
    assert time.perf_counter() - start < 20
    monkeypatch.setattr("multisynth.text.verifiers.schema.SECONDS", 60.0)
    plain = problem("schema", check={"schema": True})
    assert not verifiers.judge(plain, "[" * 50_000).right
    assert verifiers.judge(plain, "[" * 200_000).reason == "too long: 200000 characters"
    assert verifiers.judge(plain, "[1]").right, "it goes on"
    with pytest.raises(ValueError, match="no JSON Schema"):
        verifiers.judge(problem("schema", check={"schema": {"type": "thing"}}), "{}")
    for check in ({}, {"schema": 3}, {"schema": {}, "x": 1}):
        with pytest.raises(ValueError, match=r"(?i)schema"):
            verifiers.judge(problem("schema", check=check), "{}")


def test_many_threads_get_the_verdicts_of_one() -> None:
    verifiers, found = Verifiers(), {}
    cases = [(str(k), f"The answer is {k + k % 3 - 1}.") for k in range(300)] + [("1/2", r"\boxed{\frac{2}{4}}")] * 3

    def work(part: int) -> None:
        for k in range(part, len(cases), 8):
            found[k] = verifiers.judge(problem("math", cases[k][0]), cases[k][1]).right

    threads = [threading.Thread(target=work, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verifiers.close()
    assert [found[k] for k in range(len(cases))] == [k % 3 == 1 for k in range(300)] + [True] * 3


def test_numbers_are_judged_by_the_thousand() -> None:
    verifiers, asked = Verifiers(), problem("math", "32")
    start = time.process_time()
    for k in range(2000):
        verifiers.judge(asked, f"4 * 6 = 24. 24 + 8 = 32. The answer is {k}.")
    assert 2000 / (time.process_time() - start) > 2000, "judged a second"


def test_an_unknown_verifier_is_told_with_the_nearest() -> None:
    assert {"addition", "arithmetic", "code", "exact", "gym", "math", "schema"} <= set(NAMES)
    with pytest.raises(ValueError, match="did you mean `exact`"):
        Verifiers().judge(problem("exakt"), "x")
