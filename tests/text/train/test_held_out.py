"""What is held out is learned from in no other guise."""

import pytest
from multisynth.text.problems.addition import Addition
from multisynth.text.star.demonstrate import Demonstrate
from multisynth.text.star.hints import hinted
from multisynth.text.train.held_out import share_of
from multisynth.text.train.tune import Tune

from multisynth.kinds import DOCUMENT, PREFERENCE, REASONING
from multisynth.sample import Sample
from multisynth.testing import inputs_of, run_stage
from tests.text.train.lessons import FRESH, sums


def reasoning(question, answer="4", verifier=None, ordinal=0) -> Sample:
    return Sample(REASONING, ordinal, question=question, answer=answer, domain="d", attempt=0, model="m",
                  verifier=verifier, completion=f"It is {answer}.", token_ids=[])  # fmt: skip


def preference(*turns) -> Sample:
    prompt = [{"role": role, "content": content} for role, content in turns]
    return Sample(
        PREFERENCE, 0, prompt=prompt, chosen="4.", rejected="5.", domain="d", margin=1.0, judge="j", model="m"
    )


def test_of_what_is_held_out_no_completion_is_learned_from():
    problems = run_stage(Addition(problems=300, digits=[1, 2]), name="worked").samples
    samples = run_stage(Demonstrate(hints=0.5), problems, name="lessons").samples
    held = [sample for sample in samples if share_of(sample) < 0.2]
    learned = [sample for sample in samples if share_of(sample) >= 0.2]
    assert 0.1 < len(held) / len(samples) < 0.3
    assert any("Target" in sample["question"] for sample in held)
    assert not {s["completion"] for s in held} & {s["completion"] for s in learned}
    pairs = [{frozenset(s["question"].split("\n")[0].split(" + ")) for s in part} for part in (held, learned)]
    assert not pairs[0] & pairs[1], "nor the mirror of a sum"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (reasoning("1 2 + 3 4", "46", "addition"), reasoning("3 4 + 1 2", "46", "addition")),
        (reasoning("12 + 3 + 4"), reasoning("4 + 12 + 3")),
        (reasoning("Why?", "4"), reasoning("Why?", "5")),
        (reasoning("Why?", "4", "math"), reasoning(hinted("Why?", "4", "math"), "4", "math")),
        (reasoning("Why?"), preference(("user", "Why?"))),
        (reasoning("Why?"), preference(("system", "Be kind."), ("user", "Why?"), ("assistant", "Because"))),
        (reasoning("1 2 + 3 4"), preference(("user", "3 4 + 1 2"), ("assistant", "It"))),
    ],
)
def test_the_same_question_has_the_same_share_whatever_its_guise(one, other):
    assert share_of(one) == share_of(other)


def test_other_questions_have_other_shares():
    samples = [
        reasoning("1 2 + 3 4"), reasoning("1 3 + 2 4"), reasoning("12 - 3"), reasoning("3 - 12"), reasoning("Why?"),
        preference(("user", "Why?"), ("assistant", "Because"), ("user", "Why?")), Sample(DOCUMENT, 0, text="Why not?"),
    ]  # fmt: skip
    assert len({share_of(sample) for sample in samples}) == len(samples)


def test_attempts_at_one_question_are_held_out_together():
    samples = inputs_of([s.replace(completion=f"{s['completion']} {k}") for s in sums(12) for k in range(3)])
    (made,) = run_stage(Tune(fresh=FRESH, batch_size=64, held_out=0.4, device="cpu"), samples).samples
    assert made.meta["held_out_samples"] == sum(share_of(sample) < 0.4 for sample in samples)
    assert made.meta["held_out_samples"] % 3 == 0 and 0 < made.meta["held_out_samples"] < 36
