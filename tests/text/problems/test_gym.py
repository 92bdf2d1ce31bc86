"""reasoning-gym: its own library agrees, the same in every process, and no answer can run."""

import ast
import functools
import importlib.util
import json
import re
from pathlib import Path

import pytest
from multisynth.text.problems import draws
from multisynth.text.problems.gym import Gym
from multisynth.text.verifiers.gym_process import BLOCK, GymProcess
from multisynth.text.verifiers.gym_server import EXPRESSIONS, LISTS, _scored, plain
from multisynth.text.verifiers.gym_whole import whole
from pydantic import ValidationError

from multisynth.errors import BadInput
from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.testing import run_stage

pytest.importorskip("reasoning_gym")
SETS = ("chain_sum", "leg_counting", "sentence_reordering", "n_queens", "simple_integration", "countdown", "rearc")


@pytest.fixture(scope="module")
def gym():
    gym = GymProcess()
    yield gym
    gym.close()


def problem(entry) -> Sample:
    return Sample(
        PROBLEM, 0, question=entry.question, answer=entry.answer, domain="d", verifier="gym",
        check=json.dumps(entry.check),
    )  # fmt: skip


def test_problems_are_those_of_the_library(gym) -> None:
    from reasoning_gym import create_dataset

    for name in ("chain_sum", "leg_counting"):
        theirs = create_dataset(name, seed=11, size=BLOCK)
        for index in (0, 7, BLOCK - 1):
            entry = gym.make(name, {}, 11, index)
            assert (entry.question, entry.answer) == (theirs[index]["question"], theirs[index]["answer"])


@pytest.mark.parametrize("name", SETS)
def test_the_right_answer_gets_full_marks_and_another_does_not(gym, verifiers, name) -> None:
    for index in range(4):
        entry = gym.make(name, {}, 3, index)
        for said in (f"I think.\n<answer>{entry.answer}</answer>", f"Well. The answer is {entry.answer}."):
            assert verifiers.judge(problem(entry), said).right, (name, said)
        verdict = verifiers.judge(problem(entry), "The answer is 1234567.")
        assert not verdict.right and verdict.reason.startswith("wrong answer: score 0.")
        assert verifiers.judge(problem(entry), "I cannot say.").reason == "no answer"


NONSENSE = ("xyzzy", "banana split", "nan", "nan + nani", "inf", "1e400", "-1e400", "{}", "[[]]", "?", "- -", "a b c")
DECOYS = ("not {}", "{} or not", "{} or 7", "{}, 7", "7, {}", "{}?", "{} and xyzzy", "I guess it is not {}")


def test_no_set_takes_nonsense_for_an_answer_nor_its_own_with_more_around_it(gym) -> None:
    """An answer with a `not` or a second one is none, whatever a scorer finds in it; 7 is a constant of integration."""
    without_gold = set()
    for name in gym.sets():
        for index in range(2):
            entry = gym.make(name, {}, 3, index)
            decoys = [decoy.format(entry.answer) for decoy in DECOYS] if entry.answer else []
            said = [text for text in (*NONSENSE, *decoys) if text.strip() != entry.answer.strip()]
            assert gym.score(entry.check, said) < 1, (name, entry.answer, [gym.score(entry.check, [s]) for s in said])
            if entry.answer:
                assert gym.score(entry.check, [entry.answer]) == 1, name
            else:
                without_gold.add(name)
    assert without_gold == {"boxnet", "graph_color", "propositional_logic", "rubiks_cube", "rush_hour"}


def test_a_number_of_another_size_is_wrong_however_its_digits_begin(gym) -> None:
    for index in range(20):
        entry = gym.make("coin_flip", {}, 3, index)
        for said in ("0", "0.0", f"-{entry.answer}", str(float(entry.answer) * 1.1)):
            if float(entry.answer):
                assert gym.score(entry.check, [said]) < 1, (said, entry.answer)


def test_symbolic_gsm_is_judged_as_word_problems_are(gym, verifiers) -> None:
    entry = gym.make("gsm_symbolic", {}, 3, 0)
    for said, right in [("{}", 1), ("{}.0", 1), ("{} dollars", 1), ("-{}", 0), ("not {}", 0), ("{} or 7", 0)]:
        answer = said.format(entry.answer)
        assert verifiers.judge(problem(entry), f"So. The answer is {answer}.").right == bool(right), answer


def test_a_solution_of_the_set_s_own_that_is_no_gold_answer_is_right() -> None:
    from reasoning_gym import create_dataset

    cubes = create_dataset("rubiks_cube", seed=3, size=3)
    logic = create_dataset("propositional_logic", seed=3, size=3)
    for index in range(3):
        cube, premises = cubes[index], logic[index]["metadata"]["premises"]
        assert _scored(cubes, cube["metadata"]["example_correct_answer"], cube) == 1
        everything = functools.reduce("({} ∧ {})".format, premises)
        assert _scored(logic, everything, logic[index]) == 1


@pytest.mark.parametrize(
    ("name", "answer", "gold", "expected"),
    [
        ("rush_hour", "F+1 K-2, M+10", "", True),
        ("rush_hour", "not F+1", "", False),
        ("sokoban", "UDLR", "UUL", True),
        ("quantum_lock", "a -> b, c", "C → A", True),
        ("kakurasu", "10\n01", "0 1\n1 0", True),
        ("kakurasu", "1 0 no\n0 1", "1 0\n0 1", False),
        ("knights_knaves", "Zoe is a sage, Al is a fool", "Al is a fool, and Zoe is a sage.", True),
        ("knights_knaves", "Zoe is a sage, Al is no fool", "Al is a fool, and Zoe is a sage.", False),
        ("polynomial_equations", "1.0, -0.50", "-0.5, 1.0", True),
        ("polynomial_equations", "1.0, -0.5, 1.0", "-0.5, 1.0", False),
        ("a set that is new", "3", "", False),
        ("a set that is new", "The 3 pens", "the 3 pens.", True),
    ],
)  # fmt: skip
def test_where_a_scorer_overlooks_text_the_whole_answer_has_to_be_one(name, answer, gold, expected) -> None:
    assert whole(name, answer, gold, lambda said: True) is expected
    assert whole(name, answer, gold, lambda said: False), "a scorer that reads all of it is believed"


def test_halting_is_compared_with_its_gold_answers(gym, verifiers) -> None:
    halting = [gym.make("game_of_life_halting", {}, 3, index) for index in range(8)]
    assert {entry.answer for entry in halting} == {"True", "False"}
    for entry in halting:
        other = {"True": "False", "False": "True"}[entry.answer]
        assert verifiers.judge(problem(entry), f"<answer>{entry.answer.lower()}</answer>").right
        assert not verifiers.judge(problem(entry), f"<answer>{other}</answer>").right


def test_a_stage_makes_the_same_whatever_the_batches_and_goes_on_when_raised(gym) -> None:
    stage = Gym(set="ransom_note", problems=12)
    few, many = run_stage(stage, batch_size=5).samples, run_stage(Gym(set="ransom_note", problems=20)).samples
    assert few["question"] == many["question"][:12] and few["check"] == many["check"][:12]
    assert set(many["domain"]) == {"algorithmic/ransom_note"} and set(many["verifier"]) == {"gym"}


@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_small_set_gives_each_problem_once_and_the_ledger_says_where_it_ends(monkeypatch, batch_size) -> None:
    monkeypatch.setattr(draws, "PATIENCE", 300)
    options = {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1}
    train = run_stage(Gym(problems=250, options=options), name="problems", batch_size=batch_size)
    exam = run_stage(Gym(problems=40, options=options, part="held_out"), name="exam", batch_size=batch_size)
    for ran, asked in ((train, 250), (exam, 40)):
        questions = ran.samples["question"]
        assert len(set(questions)) == len(questions) < asked and not ran.failures
        assert [int(ordinal) for ordinal, _ in ran.drops] == list(range(len(questions), asked))
        assert {reason.partition(" in ")[0] for _, reason in ran.drops} == {
            f"no new problem: the set gave {len(questions)} different ones of this part"
        }
    mirrored = {question: re.sub(r"(\d) \+ (\d)", r"\2 + \1", question) for question in exam.samples["question"]}
    assert any(question != mirror for question, mirror in mirrored.items())
    assert not set(train.samples["question"]) & {*mirrored, *mirrored.values()}


def test_a_set_that_walks_over_python_s_sets_is_made_again_in_another_process(gym) -> None:
    other = GymProcess()
    try:
        for name in ("isomorphic_strings", "list_functions", "ransom_note"):
            assert [gym.make(name, {}, 5, k) for k in range(5)] == [other.make(name, {}, 5, k) for k in range(5)]
    finally:
        other.close()


def test_a_problem_that_another_version_made_is_refused(gym) -> None:
    entry = gym.make("chain_sum", {}, 3, 0)
    with pytest.raises(ValueError, match="another problem of set `chain_sum`"):
        gym.score({**entry.check, "known": "0" * 16}, ["1"])


@pytest.mark.parametrize(
    "name", ["n_queens", "spiral_matrix", "binary_matrix", "string_insertion", "countdown", "puzzle24"]
)
def test_no_answer_runs_or_hangs(gym, verifiers, name, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    entry = gym.make(name.rpartition(".")[2], {}, 3, 0)
    for answer in (
        f"[open({str(proof)!r},'w')]", f"__import__('os').system('touch {proof}')",
        f"open({str(proof)!r},'w').write('x')",
        "().__class__.__base__.__subclasses__()", "(" * 500, "1" * 5000,
    ):  # fmt: skip
        assert not verifiers.judge(problem(entry), f"<answer>{answer}</answer>").right
    assert not proof.exists()


def test_a_scorer_that_does_not_come_to_an_end_is_stopped_and_the_next_answer_is_judged(gym, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.text.verifiers.gym_process.SCORING", 2.0)
    entry = gym.make("countdown", {}, 3, 0)
    with pytest.raises(TimeoutError, match="not enough"):
        gym.score(entry.check, ["9**9**9**9"])
    monkeypatch.setattr("multisynth.text.verifiers.gym_process.SCORING", 60.0)
    assert gym.score(entry.check, [entry.answer]) == 1


@pytest.mark.parametrize("text", ["8*(5*1 - 2)", "3*Integral(x**3*cos(3*x), x) + C", "1.5*X^2", " .5 + 2. ", ""])
def test_expressions_are_read(text) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    "text", ["x.real", "(1).real", "os", "open('x')", "x[0]", "a;b", "lambda", "__import__", "1" * 1001, "x=1", "ｘ.y"]
)
def test_whatever_else_is_not(text) -> None:
    with pytest.raises(ValueError, match="plain"):
        plain(text)


def test_all_scorers_that_run_answers_are_known() -> None:
    """Reads the installed library: a new call of `eval` or sympy's parser with `answer` has to be seen by somebody."""
    spec = importlib.util.find_spec("reasoning_gym")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent
    known = {*LISTS, *EXPRESSIONS}
    for path in folder.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if not re.search(r"\b(eval|exec|parse_expr|sympify)\(", source) or "gsm_symbolic" in path.parts:
            continue
        module = ".".join(path.relative_to(folder).with_suffix("").parts)
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or not {"answer", "user_answer"} & {
                part.id for part in ast.walk(node) if isinstance(part, ast.Name)
            }:
                continue
            named = isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec", "parse_expr", "sympify")
            assert not named or module in known, module


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"terms": 3}, "no option `terms`; it has .*min_terms"),
        ({"min_terms": 0}, "AssertionError: min_terms"),
        ({"min_terms": "x"}, "TypeError"),
        ({"seed": 3}, "no option `seed`"),
    ],
)
def test_wrong_options_are_told(gym, options, message) -> None:
    assert re.search(message, gym.fault("chain_sum", options))
    assert gym.fault("chain_sum", {"min_terms": 3}) == ""


def test_wrong_sets_are_refused_before_work() -> None:
    with pytest.raises(BadInput, match=r"no set `chain_sums`\n.*did you mean `chain_sum`"):
        Gym(set="chain_sums").artifacts()


def test_a_check_that_is_none_is_refused(verifiers) -> None:
    for check in ("{}", '{"set": "../x", "options": {}, "seed": 1, "index": 0, "known": "0000000000000000"}'):
        bad = Sample(PROBLEM, 0, question="", answer="", domain="", verifier="gym", check=check)
        with pytest.raises(ValidationError):
            verifiers.judge(bad, "The answer is 3.")
