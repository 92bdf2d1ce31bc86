"""The search as a stage, over a scripted model whose every answer and probability is known."""

from __future__ import annotations

import asyncio
import math
import random

import pytest
from multisynth.text.search.grown import Grown
from multisynth.text.search.paths import Paths
from multisynth.text.search.search import Search
from multisynth.text.search.siblings import Siblings

from multisynth.errors import BadInput
from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.serving import Completion, Request
from multisynth.testing import run_stage

END = "<end>"


def likely(question: str, text: str) -> dict[str, float]:
    """What the scripted model says next: a wrong sum is likelier, and from a right sum it often ends in the answer."""
    gold = int(question.split()[2]) + int(question.split()[4].rstrip("?"))
    if not text:
        return {" I": 0.7, " We": 0.3}
    if text.endswith((" I", " We")):
        return {" find": 0.8, " guess": 0.2}
    if text.endswith((" find", " guess")):
        return {f" {gold - 1}": 0.6, f" {gold + 1}": 0.3, f" {gold}": 0.1}
    if text.endswith("."):
        return {" The answer is": 1.0} if text.count(".") == 1 else {END: 1.0}
    if text.endswith(" The answer is"):
        said = int(text.split(".")[0].split()[-1])
        return {f" {said}": 0.9, f" {said + 2}": 0.1}
    return {".": 1.0}


def complete(request: Request) -> Completion:
    """Answer by the script, with its alternatives."""
    question = request.prompt.rpartition("Question: ")[2].partition("\n")[0]
    draws = random.Random(request.seed)
    text, logprobs, others, ended = "", [], [], False
    while len(logprobs) < request.max_tokens:
        next_ = likely(question, request.prefix + text)
        weights = [
            p ** (1 / request.temperature) if request.temperature else p == max(next_.values()) for p in next_.values()
        ]
        token = draws.choices(list(next_), weights)[0]
        if ended := token == END:
            break
        text += token
        logprobs.append(math.log(next_[token]))
        ranked = sorted(next_.items(), key=lambda pair: -pair[1])[: request.alternatives]
        others.append(tuple((t, math.log(p)) for t, p in ranked))
    made = len(logprobs) + ended
    return Completion(
        text, tuple(range(len(logprobs))), tuple(logprobs), "stop" if ended else "length", 20, made, tuple(others)
    )


@pytest.fixture
def asked(monkeypatch) -> list[Request]:
    """What the scripted model was asked; it answers in an order that differs every time."""
    seen: list[Request] = []

    async def answer(self: object, request: Request) -> Completion:
        seen.append(request)
        for _ in range(random.SystemRandom().randrange(4)):
            await asyncio.sleep(0)
        return complete(request)

    monkeypatch.setattr("multisynth.serving.asking.LanguageModel.complete", answer)
    return seen


def problems(count: int = 3) -> list[Sample]:
    made = [(f"What is {k + 2} + {3 * k + 4}?", str(4 * k + 6)) for k in range(count)]
    return [Sample(PROBLEM, k, question=q, answer=a, domain="sum") for k, (q, a) in enumerate(made)]


def search(tiny: str, **options) -> Search:
    return Search(**{"model": tiny, "engine": "transformers", "temperature": 0, "rollouts": 24, **options})


def every_answer(question: str, text: str = "") -> dict[str, float]:
    """All that the scripted model can say, with its probability."""
    found: dict[str, float] = {}
    for token, p in likely(question, text).items():
        more = {text: 1.0} if token == END else every_answer(question, text + token)
        for answer, q in more.items():
            found[answer] = found.get(answer, 0) + p * q
    return found


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_tree_depends_on_neither_batches_nor_the_order_of_answers(tiny, asked, batch_size) -> None:
    whole = run_stage(search(tiny, temperature=0.9, wave=6), problems())
    parts = run_stage(search(tiny, temperature=0.9, wave=6), problems(), batch_size=batch_size)
    assert not whole.failures and len(whole.samples) == 3 and whole.samples.table == parts.samples.table


def test_it_finds_every_reasoning_of_the_model_without_writing_one_twice_and_guesses_no_answer(tiny, asked) -> None:
    (sample,) = run_stage(search(tiny, rollouts=1000, c_puct=3), problems(1)).samples
    tree = Grown(sample)
    found = {tree.text(leaf): tree.nodes[leaf]["right"] for leaf in tree.leaves()}
    # After its reasoning the model states what it found; the other number that it might have stated is left alone.
    possible = {
        text for text in every_answer(sample["question"]) if text.split(".")[0].split()[-1] == text[:-1].split()[-1]
    }
    assert found.keys() == possible and sample["rollouts"] == len(found) == 12
    assert {text for text, right in found.items() if right} == {t for t in possible if t.endswith(" answer is 6.")}
    assert sample["tokens"] == sum(complete(r).generated for r in asked) < sum(len(t.split()) for t in found) * 1.3
    for at, node in enumerate(tree.nodes):
        below = list(tree.leaves(at))
        assert node["visits"] == len(below)
        assert node["value"] == pytest.approx(sum(tree.nodes[leaf]["right"] for leaf in below) / len(below))
        assert node["parent"] < at
        if tree.children[at]:
            assert sum(tree.nodes[child]["prior"] for child in tree.children[at]) == pytest.approx(1)


def test_priors_are_those_of_the_sampling(tiny, asked) -> None:
    (sample,) = run_stage(search(tiny, rollouts=1000, temperature=1.0), problems(1)).samples
    tree = Grown(sample)
    first = {tree.nodes[k]["text"]: tree.nodes[k]["prior"] for k in tree.children[0]}
    assert first[" I find 5."] == pytest.approx(0.7 * 0.8 * 0.6) and first[" We guess 6."] == pytest.approx(0.006)


def test_it_finds_what_the_first_rollout_missed(tiny, asked) -> None:
    (sample,) = run_stage(search(tiny), problems(1)).samples
    assert not sample["first_right"] and sample["nodes"][0]["value"] > 0
    assert asked[0].prefix == "" and asked[0].top_k == 8 and all(r.alternatives == 8 and r.logprobs for r in asked)
    assert len({request.prefix for request in asked}) == len(asked)
    paths = run_stage(Paths(most=2, failed=1), [sample]).samples
    assert [p.meta["right"] for p in paths] == [True, True, False] and not any(p.meta["first_right"] for p in paths)
    for path in paths:
        assert "".join(path["steps"]) == path["completion"] == path["completion"].strip()
        assert len(path["values"]) == len(path["steps"]) == 2 and path["values"][-1] == float(path.meta["right"])
    assert paths[0]["completion"].endswith("The answer is 6.") and paths["attempt"] == [0, 1, 2]


def test_budgets(tiny, asked) -> None:
    """No wave is begun beyond the budget, so that at most one wave of answers goes over it."""
    (sample,) = run_stage(search(tiny, tokens=40, rollouts=1000, wave=2), problems(1)).samples
    assert 40 <= sample["tokens"] < 40 + 2 * 8
    ledger = run_stage(search(tiny, tokens=40, rollouts=1000, wave=2), problems(1)).ledger
    assert ledger["tokens_written"].to_pylist() == [sample["tokens"]]
    assert ledger["tokens_read"].to_pylist() == [sample.meta["tokens_read"]] == [20 * sample["rollouts"]]
    (sample,) = run_stage(search(tiny, rollouts=5), problems(1)).samples
    assert sample["rollouts"] == 5
    (sample,) = run_stage(search(tiny, rollouts=1000, enough=1, wave=1), problems(1)).samples
    assert sample.meta["right_rollouts"] == 1 and sample["rollouts"] < 24
    assert sample.meta["right_after"] == sample["tokens"]


def test_an_answer_that_is_cut_off_is_wrong_and_no_end(tiny, asked) -> None:
    (sample,) = run_stage(search(tiny, max_tokens=6, rollouts=6), problems(1)).samples
    assert sample.meta["right_rollouts"] == 0 and not any(node["ends"] for node in sample["nodes"])
    assert all(node["right"] is None for node in sample["nodes"])
    ran = run_stage(Paths(failed=3), [sample])
    assert [reason for _, reason in ran.drops] == ["no right answer: 0 of 6 rollouts"]


def test_a_model_that_ends_at_once_is_asked_again(tiny, scripted) -> None:
    def answer(prompt: str, request: Request) -> Completion:
        return complete(request) if len(seen) > 2 else Completion("", (), (), "stop", 20, 1, ())

    seen = scripted(answer)
    (sample,) = run_stage(search(tiny, rollouts=8, temperature=0.5), problems(1)).samples
    assert sample["rollouts"] == 8 and len({request.seed for request in seen}) == 8
    assert [request.prefix == "" for request in seen] == [True] * 3 + [False] * 5
    assert not len(run_stage(Paths(failed=9), [sample]).failures)


def test_siblings_share_what_came_before_and_differ_in_value(tiny, asked, monkeypatch) -> None:
    # Branched everywhere, so that right and wrong answers follow the same steps.
    monkeypatch.setattr("multisynth.text.search.search._reasoned", lambda before, written: None)
    (sample,) = run_stage(search(tiny, rollouts=1000), problems(1)).samples
    tree = Grown(sample)
    text = {tree.text(leaf): tree.nodes[leaf]["right"] for leaf in tree.leaves()}
    pairs = run_stage(Siblings(most=100), [sample]).samples
    assert len(pairs) == 5  # where a sum is said from which both answers follow, and before the first step
    for pair in pairs:
        before = pair["prompt"][1]["content"] if len(pair["prompt"]) == 2 else ""
        assert pair["prompt"][0] == {"role": "user", "content": sample["question"]} and pair["judge"] == "search"
        assert text[f" {before}{pair['chosen']}"] and not text[f" {before}{pair['rejected']}"]
        assert (
            pair["margin"] == pytest.approx(pair.meta["values"][0] - pair.meta["values"][1]) and pair["margin"] >= 0.5
        )
    steps = run_stage(Siblings(most=1, whole=False, visits=2, margin=0.25), [sample]).samples
    assert steps["chosen"][0].count(".") == steps["rejected"][0].count(".") == 1
    (drop,) = run_stage(Siblings(margin=1), [sample.replace(nodes=sample["nodes"][:1])]).drops
    assert drop[1] == "no step is better than its sibling by the margin: 0.0 to 0.0"


def test_a_model_without_alternatives_stops_the_stage(tiny, scripted) -> None:
    scripted(lambda prompt, request: "5.")
    with pytest.raises(BadInput, match="no alternatives"):
        run_stage(search(tiny), problems(1))
