"""Revision and preference by a scripted model and a scripted judge of known taste and bias."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from multisynth.text.preferences.constitution import read_constitution
from multisynth.text.preferences.prefer import Prefer
from multisynth.text.preferences.revise import Revise
from multisynth.text.prompting import Prompting

from multisynth.errors import BadInput
from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.serving import Completion, Request
from multisynth.testing import run_stage

CONFIGS = Path(__file__).parents[3] / "configs"
OURS = CONFIGS / "constitution.yaml"
PROMPTS = [Sample(PROBLEM, k, question=f"How do I cook {k} eggs?", answer="", domain="advice") for k in range(6)]
CHAT = Prompting(chat=True, shots=False)


def teacher(bias: float) -> Callable[[str, Request], str | Completion]:
    """Answers are numbers; as a judge it likes A better by the difference of the numbers, and by a bias."""

    def answer(prompt: str, request: Request) -> str | Completion:
        if not request.alternatives:
            return str(request.seed % 1000 / 100)
        first, second = (float(found) for found in re.findall(r"\((?:A|B)\) (\S+)", prompt))
        odds = first - second + bias
        a = -math.log1p(math.exp(-odds))
        return Completion("A", (1,), None, "length", 10, 1, ((("A", a), ("B", a - odds)),))

    return answer


def test_the_bias_of_the_teacher_cancels_and_is_told(tiny, scripted) -> None:
    scripted(teacher(0.0))
    stage = Prefer(model=tiny, prompting=CHAT, answers=4)
    fair = run_stage(stage, PROMPTS)
    assert len(fair.samples) == 6
    scripted(teacher(0.7))
    biased = run_stage(stage, PROMPTS)
    for sample in biased.samples:
        chosen, rejected = float(sample["chosen"]), float(sample["rejected"])
        assert sample["margin"] == pytest.approx(chosen - rejected) and sample["margin"] > 0.7
        assert sample.meta["position_bias"] == pytest.approx(0.7)
        assert sample.meta["rejected_rank"] in (2, 3) and sample.meta["compared"] == 6
        assert sample["prompt"] == [{"role": "user", "content": sample["prompt"][0]["content"]}]
    for sample in fair.samples:
        assert sample.meta["position_bias"] == pytest.approx(0, abs=1e-12) and sample.meta["rejected_rank"] == 3
        assert sample.meta["flips"] == 0


def test_a_teacher_that_only_likes_a_place_makes_no_pair(tiny, scripted) -> None:
    scripted(teacher(50.0))
    ran = run_stage(Prefer(model=tiny, prompting=CHAT, answers=3), PROMPTS)
    assert not len(ran.samples)
    assert {reason for _, reason in ran.drops} == {"no pair that holds in both orders with the margin: 3 of 3 flip"}
    scripted(teacher(8.0))
    means = run_stage(Prefer(model=tiny, prompting=CHAT, answers=3, both_orders=False), PROMPTS).samples
    assert len(means) == 6 and all(float(one["chosen"]) > float(one["rejected"]) for one in means)
    assert all(one["margin"] == pytest.approx(float(one["chosen"]) - float(one["rejected"])) for one in means)
    assert any(one.meta["flips"] for one in means)


def test_the_margin_is_kept(tiny, scripted) -> None:
    scripted(teacher(0.0))
    ran = run_stage(Prefer(model=tiny, prompting=CHAT, answers=3, margin=2.0), PROMPTS)
    assert len(ran.samples) and len(ran.drops) and min(ran.samples["margin"]) >= 2


def test_a_principle_is_put_to_the_teacher_and_equal_answers_are_no_pair(tiny, scripted) -> None:
    seen = scripted(teacher(0.0))
    ran = run_stage(Prefer(model=tiny, prompting=CHAT, constitution=OURS), PROMPTS)
    by_name = {principle.name: principle for principle in read_constitution(OURS).principles}
    drawn = {sample.meta["principle"] for sample in ran.samples}
    asked = [request.prompt[-1].content for request in seen if request.alternatives]
    assert drawn and all(any(by_name[name].comparison in text for text in asked) for name in drawn)
    scripted(lambda prompt, request: "always the same")
    ran = run_stage(Prefer(model=tiny, prompting=CHAT), PROMPTS)
    assert {reason for _, reason in ran.drops} == {"too few different whole answers: 1 of 4"}


def author(prompt: str, request: Request) -> str:
    by_critique = {p.critique: p.name for p in read_constitution(OURS).principles}
    by_revision = {p.revision: p.name for p in read_constitution(OURS).principles}
    if prompt in by_critique:
        return f"not {by_critique[prompt]}"
    return f"more {by_revision[prompt]}" if prompt in by_revision else "first"


def test_a_revision_and_all_that_led_to_it_is_kept(tiny, scripted) -> None:
    seen = scripted(author)
    ran = run_stage(Revise(model=tiny, prompting=CHAT, constitution=OURS, rounds=2), PROMPTS)
    assert len(ran.samples) == 6
    for sample in ran.samples:
        one, two = sample.meta["revisions"]
        assert one["principle"] != two["principle"] and sample.meta["original"] == "first"
        assert [one["critique"], two["critique"]] == [f"not {one['principle']}", f"not {two['principle']}"]
        assert sample["completion"] == two["revision"] == f"more {two['principle']}"
    assert len({sample.meta["revisions"][0]["principle"] for sample in ran.samples}) > 1
    # The second critique is of the first revision.
    last = [[turn.content for turn in request.prompt] for request in seen if len(request.prompt) == 3]
    assert sum(turns[1] == "first" for turns in last) == 6 and sum(turns[1].startswith("more") for turns in last) == 6


@pytest.mark.parametrize("batch_size", [1, 4])
def test_revisions_do_not_depend_on_batches_and_plain_prompts_end_with_what_is_wanted(
    tiny, scripted, batch_size
) -> None:
    seen = scripted(lambda prompt, request: f"{prompt[-20:].split()[-1]} {request.seed}")
    stage = Revise(model=tiny, prompting=Prompting(shots=False), constitution=OURS)
    whole, parts = run_stage(stage, PROMPTS), run_stage(stage, PROMPTS, batch_size=batch_size)
    assert whole.samples.table == parts.samples.table and len(whole.samples) == 6
    assert {str(request.prompt).rsplit("\n", 1)[-1] for request in seen} == {"Answer:", "Critique:", "Revision:"}


@pytest.mark.parametrize("chat", [True, False])
def test_without_critiques_the_revision_follows_the_answer(tiny, scripted, chat) -> None:
    seen = scripted(lambda prompt, request: f"answer {request.seed}")
    stage = Revise(model=tiny, prompting=Prompting(chat=chat), constitution=OURS, critiques=False)
    ran = run_stage(stage, PROMPTS)
    assert len(ran.samples) == 6 and len(seen) == 12
    assert all(sample.meta["revisions"][0]["critique"] == "" for sample in ran.samples)
    for request in seen[6:]:
        if chat:
            assert [turn.role for turn in request.prompt] == ["user", "assistant"] * 7 + ["user"]
        else:
            assert request.prompt.endswith("\nRevision:") and "Critique" not in request.prompt
            assert request.prompt.count("Question:") == request.prompt.count("Revision:") == 4


def test_a_revision_about_something_else_is_dropped(tiny, scripted) -> None:
    revisions = {p.revision for p in read_constitution(OURS).principles}
    scripted(lambda prompt, request: "Sheep cook quietly" if prompt in revisions else "Boil these eggs")
    kept = run_stage(Revise(model=tiny, prompting=CHAT, constitution=OURS, shared=0.3), PROMPTS)
    assert len(kept.samples) == 6
    dropped = run_stage(Revise(model=tiny, prompting=CHAT, constitution=OURS, shared=0.5), PROMPTS)
    assert {reason for _, reason in dropped.drops} == {"revision is about something else: 0.33 of its words are shared"}


@pytest.mark.parametrize(
    ("answer", "finish", "reason"),
    [
        ("Same  as before", "stop", "revision like the original: 15 characters"), ("", "stop", "revision is empty"),
        ("Anoth", "length", "revision is cut off: 2 tokens"),
    ],
)  # fmt: skip
def test_what_would_teach_nothing_is_dropped(tiny, scripted, answer, finish, reason) -> None:
    revisions = {p.revision for p in read_constitution(OURS).principles}

    def model(prompt: str, request: Request) -> str | Completion:
        return Completion(answer, (1,), None, finish, 10, 2) if prompt in revisions else "same as before"

    scripted(model)
    ran = run_stage(Revise(model=tiny, prompting=CHAT, constitution=OURS), PROMPTS)
    assert {said for _, said in ran.drops} == {reason} and len(ran.drops) == 6


def test_the_constitution_is_whole_and_its_faults_are_named(tmp_path) -> None:
    ours = read_constitution(OURS)
    assert 10 <= len(ours.principles) <= 15
    bad = tmp_path / "bad.yaml"
    principle = {"name": "a", "critique": "b", "revision": "c", "comparison": "d"}
    for written, message in [
        ({"principles": [principle, principle]}, "two principles are called `a`"),
        ({"principles": [{**principle, "name": "No Name"}]}, r"principles\.0\.name"),
        ({"principles": []}, "principles"),
        ([1], "bad.yaml"),
    ]:
        bad.write_text(yaml.safe_dump(written))
        with pytest.raises(BadInput, match=message):
            read_constitution(bad)
    bad.write_text("a: [")
    with pytest.raises(BadInput, match="no YAML"):
        Revise(constitution=bad).artifacts()
    with pytest.raises(BadInput, match="rounds is 3, and"):
        bad.write_text(yaml.safe_dump({"principles": [principle]}))
        Revise(constitution=bad, rounds=3).artifacts()


@pytest.mark.parametrize(("name", "least"), [("everyday", 60), ("dilemmas", 20)])
def test_prompts_are_different_questions(name, least) -> None:
    rows = [json.loads(line) for line in (CONFIGS / f"prompts/{name}.jsonl").read_text().splitlines()]
    questions = {row["question"] for row in rows}
    assert len(questions) == len(rows) >= least and all("?" in question for question in questions)
