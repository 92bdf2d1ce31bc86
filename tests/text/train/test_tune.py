"""Tuning: what is learned, what is left out and counted, and that a stop changes nothing."""

import asyncio
import json
import shutil

import numpy as np
import pytest
from multisynth.text.prompting import Prompting
from multisynth.text.train.descent import Descent, Pace
from multisynth.text.train.distil import Distil
from multisynth.text.train.dpo import Dpo
from multisynth.text.train.lesson import Lesson
from multisynth.text.train.network import fresh, from_bytes, tokenizer_of
from multisynth.text.train.options import Fresh
from multisynth.text.train.tune import Imitation, Tune
from pydantic import ValidationError

from multisynth.errors import BadInput, Hopeless
from multisynth.kinds import DOCUMENT
from multisynth.sample import Sample
from multisynth.serving import Request
from multisynth.serving.checkpoint import model_of
from multisynth.serving.choice import LanguageModel
from multisynth.tables import Table
from multisynth.testing import inputs_of, run_stage
from tests import comparing
from tests.text.train.lessons import FRESH, sums

SHORT = {"fresh": FRESH, "batch_size": 8, "learning_rate": 3e-3, "device": "cpu"}


def only(ran) -> Sample:
    assert not ran.failures, ran.failures[0][1]
    return ran.samples[-1]


def test_a_fresh_model_learns_and_says_what_it_learned_from():
    samples = inputs_of(sums(40))
    made = only(run_stage(Tune(**SHORT, epochs=12, held_out=0.25), samples))
    losses, counts = made["losses"], made.meta
    assert losses[0] == pytest.approx(np.log(257) + 0.5, abs=0.2), "as of logits of variance 1 that know nothing"
    assert losses[-1] < 0.3 * losses[0]
    assert made["held_out"] < 0.5 * counts["held_out_before"]
    assert counts["samples"] + counts["held_out_samples"] == 40 and 3 <= counts["held_out_samples"] <= 20
    assert made["step"] == len(losses) == 12 * -(-counts["samples"] // 8)
    assert (made["base"], made["method"], made["license"]) == ("fresh", "sft", "CC0-1.0")
    assert made["moments"] is None and json.loads(made["prompting"])["shots"] is False
    assert set(samples["id"]) <= set(made["parents"])


def test_a_stop_between_checkpoints_changes_nothing(make, monkeypatch):
    block = {"use": "text.tune", "from": "documents", **SHORT, "epochs": 3, "checkpoints": 3}
    blocks = {"documents": {"use": "test.count", "count": 20}, "tuned": block}
    unbroken, result = make(blocks, out="unbroken")
    assert result.ok
    run = Descent.run

    def stumbles(self, first, last, batch):
        if first > 0:
            raise KeyboardInterrupt
        return run(self, first, last, batch)

    monkeypatch.setattr(Descent, "run", stumbles)
    with pytest.raises(KeyboardInterrupt):
        make(blocks, out="stopped")
    monkeypatch.setattr(Descent, "run", run)
    stopped, _ = make(blocks, out="stopped")
    comparing.assert_same(stopped, unbroken)
    made = list(unbroken.table("tuned").samples())
    assert [sample["step"] for sample in made] == [3, 6, 9]
    assert [sample["moments"] is None for sample in made] == [False, False, True]
    assert len({sample["weights"] for sample in made}) == 3
    whole, _ = make({**blocks, "tuned": {**block, "checkpoints": 1}}, out="whole")
    (once,) = whole.table("tuned").samples()
    assert (once["weights"], once["tokens"]) == (made[-1]["weights"], made[-1]["tokens"])
    np.testing.assert_array_equal(once["losses"], made[-1]["losses"])


def test_a_sample_of_weight_two_counts_as_two():
    short, long = Lesson((5, 6, 7, 8), 2), Lesson((9, 10, 11, 12, 13, 0), 1)
    heavy = Lesson(short.ids, short.start, 2.0)
    network = fresh(Fresh(**FRESH), 3)
    gradients = [_gradient(network.model, items) for items in ([short, short, long], [heavy, long], [short, long])]
    for one, two, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
        assert not np.allclose(one, other, atol=1e-4)


def _gradient(model, items) -> list[np.ndarray]:
    objective = Imitation()
    model.zero_grad()
    (objective.loss(model, items) / sum(item.share for item in items)).backward()
    return [parameter.grad.numpy().copy() for parameter in model.parameters() if parameter.ndim == 2]


def test_passes_change_nothing_but_the_memory():
    samples = inputs_of(sums(24, weight=0.5))
    whole, cut = (only(run_stage(Tune(**SHORT, pass_tokens=tokens), samples)) for tokens in (10_000, 64))
    np.testing.assert_allclose(whole["losses"], cut["losses"], rtol=1e-4)


def test_passes_are_small_on_a_cpu_unless_the_recipe_says(monkeypatch):
    read, loss = [], Imitation.loss

    def reads(self, model, items):
        read.append(len(items) * max(len(item.ids) for item in items))
        return loss(self, model, items)

    monkeypatch.setattr(Imitation, "loss", reads)
    samples = inputs_of([Sample(DOCUMENT, k, text="a" * 99) for k in range(64)])
    options = {**SHORT, "batch_size": 64}
    only(run_stage(Tune(**options), samples))
    assert read == [2000, 2000, 2000, 400]
    only(run_stage(Tune(**options, pass_tokens=6400), samples))
    assert read[4:] == [6400]


def test_what_is_left_out_is_counted():
    weights = [1.0] * 8 + [0.0] * 2
    samples = [Sample(DOCUMENT, k, text="x" * (5 + 20 * (k < 3)), weight=weight) for k, weight in enumerate(weights)]
    made = only(run_stage(Tune(**SHORT, max_tokens=20), samples))
    names = ("samples", "too_long", "without_weight", "without_answer", "held_out_samples")
    assert [made.meta[name] for name in names] == [5, 3, 2, 0, 0]
    assert made["tokens"] == 5 * 6 and made["held_out"] is None


def test_what_has_no_answer_is_left_out_and_does_not_stop_what_has_one():
    """A batch of nothing but empty texts has no mean; such samples come in any order."""
    samples = inputs_of([Sample(DOCUMENT, k, text="a" * k) for k in range(3)])
    made = only(run_stage(Tune(**{**SHORT, "batch_size": 1}), samples))
    assert (made.meta["samples"], made.meta["without_answer"]) == (2, 1)
    assert len(made["losses"]) == 2 and np.isfinite(made["losses"]).all()


@pytest.mark.parametrize(("name", "wrong"), [("loss", lambda x: x / 0), ("gradient", lambda x: (x * 0).sqrt())])
def test_a_number_that_is_none_stops_at_once_and_is_never_saved(name, wrong):
    for steps in (50, 3):
        seen = []

        class Breaks(Imitation):
            def loss(self, model, items, seen=seen):
                seen.append(items)
                loss = super().loss(model, items)
                return wrong(loss) if len(seen) == 3 else loss

        descent = Descent(fresh(Fresh(**FRESH), 3), Breaks(), Pace(1e-3, "constant", 0, steps, 0.0, 100), 0)
        with pytest.raises(BadInput, match=rf"the {name} is (inf|nan) at step 2\n.*lower `learning_rate`"):
            descent.run(0, steps, lambda step: [Lesson((5, 6, 7, 8), 2)])
        assert len(seen) <= 4


@pytest.mark.parametrize(
    ("missing", "options", "problem"),
    [
        ("tokenizer", {}, "the tokenizer in .* cannot be read"),
        ("chat_template", {"prompting": Prompting(shots=False, chat=True)}, "the model has no chat template"),
    ],
)
def test_a_base_of_which_something_is_missing_is_told_in_one_message(missing, options, problem, tiny, tmp_path):
    base = shutil.copytree(tiny, tmp_path / "base")
    for path in base.glob(f"{missing}*"):
        path.unlink()
    with pytest.raises(BadInput, match=problem):
        run_stage(Tune(base=str(base), device="cpu", **options), inputs_of(sums(2)))


def test_weights_that_were_cut_off_are_told_in_one_message(tiny, tmp_path):
    base = shutil.copytree(tiny, tmp_path / "base")
    (base / "model.safetensors").write_bytes((base / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(BadInput, match=r"the model in .* cannot be read: .*\n.*save_pretrained"):
        run_stage(Tune(base=str(base), device="cpu"), inputs_of(sums(2)))


def test_a_broken_base_is_not_blamed_on_the_learning_rate(tiny, tmp_path):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny)
    model.lm_head.weight.data[:] = float("nan")
    model.save_pretrained(tmp_path / "base")
    tokenizer_of(tiny).save_pretrained(tmp_path / "base")
    with pytest.raises(BadInput, match=r"the loss is nan at step 0\n.*begin at another model"):
        run_stage(Tune(base=str(tmp_path / "base"), device="cpu"), inputs_of(sums(4)))


@pytest.mark.parametrize(
    ("samples", "options", "problem"),
    [
        ([], {}, "nothing is left to learn from"),
        (["", ""], {}, "0 no weight, 2 no answer"),
        ([""], {"max_tokens": 2, "held_out": 0.999}, "nothing is left to learn from"),
        (["aaaa"], {"max_tokens": 3}, "1 have more than 3 tokens"),
        (["a" * 200], {}, "1 have more than 128 tokens"),
        (["a"], {"checkpoints": 2}, "1 steps are too few for 2 checkpoints"),
        (["a"], {"lora": {"targets": ["nothing"]}}, "`lora.targets` cannot be had"),
    ],
)
def test_nothing_to_learn_from_is_said(samples, options, problem):
    inputs = inputs_of([Sample(DOCUMENT, k, text=text) for k, text in enumerate(samples)]) if samples else None
    with pytest.raises(Hopeless, match=problem):
        run_stage(Tune(**{**SHORT, **options}), inputs)


def test_adapters_are_merged_and_go_on_after_a_stop(tiny):
    samples = inputs_of(sums(16))
    options = {"base": str(tiny), "batch_size": 8, "learning_rate": 1e-2, "epochs": 4, "device": "cpu"}
    lora = {"rank": 4, "alpha": 8, "dropout": 0.1, "targets": ["q_proj", "v_proj"]}
    once = only(run_stage(Tune(**options, lora=lora), samples))
    parts = run_stage(Tune(**options, lora=lora, checkpoints=4), samples)
    np.testing.assert_array_equal(once["losses"], only(parts)["losses"])
    assert once["weights"] == only(parts)["weights"] and once["losses"][-1] < once["losses"][0]
    before, after = from_bytes((tiny / "model.safetensors").read_bytes()), from_bytes(once["weights"])
    assert before.keys() == after.keys()
    changed = {name.split(".")[-2] for name in before if not before[name].equal(after[name])}
    assert changed == {"q_proj", "v_proj"}
    moments = from_bytes(parts.samples[0]["moments"])
    assert len(moments) == 3 * 2 * 2 * 2 and max(t.numel() for t in moments.values()) <= 4 * 64 * 2


def test_training_goes_on_from_a_trained_model(tiny):
    samples = inputs_of(sums(16))
    first = run_stage(Tune(base=str(tiny), batch_size=8, learning_rate=1e-3, epochs=4, device="cpu"), samples)
    second = Tune(start="tuned", batch_size=8, learning_rate=1e-3, device="cpu")
    made = only(run_stage(second, samples, beside={"start": first.samples}))
    assert made["base"].endswith(only(first).id) and only(first).id in made["parents"]
    assert made["losses"][0] < first.samples[0]["losses"][0] - 0.1
    assert second.artifacts() == ()
    with pytest.raises(Hopeless, match="`tuned` made no model"):
        run_stage(second, samples, beside={"start": []})


def test_of_a_trained_stage_the_last_checkpoint_alone_is_read(make, monkeypatch):
    first = {"use": "text.tune", "from": "documents", **SHORT, "checkpoints": 3}
    second = {"use": "text.tune", "from": "documents", **SHORT, "fresh": None, "start": "first"}
    read = []
    rows = Table.rows

    def counts(table, start, stop, *columns):
        read.extend((table.name, row) for row in range(start, stop))
        return rows(table, start, stop, *columns)

    monkeypatch.setattr(Table, "rows", counts)
    store, result = make(
        {"documents": {"use": "test.count", "count": 20}, "first": first, "second": second},
    )
    assert result.ok, result.errors
    assert [row for name, row in read if name == "first"] == [2]
    (made,) = store.table("second").samples()
    assert store.table("first").column("id")[2].as_py() in made["parents"]


def test_a_training_that_cannot_be_is_told_in_one_message(make):
    blocks = {
        "documents": {"use": "test.count", "count": 3},
        "none": {"use": "test.count", "count": 0},
        "tuned": {"use": "text.tune", "from": "none", **SHORT},
        "further": {"use": "text.tune", "from": "documents", **SHORT, "fresh": None, "start": "tuned"},
        "long": {"use": "text.tune", "from": "documents", **SHORT, "max_tokens": 2},
    }
    store, result = make(blocks)
    assert result.states["none"] == "done" and result.states["further"] == "blocked"
    assert result.errors["tuned"].startswith("`none` made no samples\n  → ")
    assert "of 3 samples 3 have more than 2 tokens" in result.errors["long"]
    assert store.info["errors"] == result.errors and not any("Traceback" in said for said in result.errors.values())


def test_adapters_without_their_library_are_refused_before_anything_runs(tiny, monkeypatch):
    stage = Tune(base=str(tiny), lora={"rank": 2})
    assert len(stage.artifacts()) == 1
    monkeypatch.setattr("multisynth.text.train.training.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"needs peft.*\n.*pip install 'multisynth\[text\]'"):
        stage.artifacts()
    assert Tune(fresh=FRESH).artifacts() == ()


@pytest.mark.parametrize("engine", ["transformers", pytest.param("vllm", marks=pytest.mark.slow)])
def test_a_trained_model_is_asked_and_ends_its_answers(engine):
    pytest.importorskip(engine)
    samples = inputs_of(sums(4))
    made = only(run_stage(Tune(**SHORT, epochs=150), samples))
    model = LanguageModel(model_of(made), engine)
    asked = Prompting.model_validate_json(made["prompting"])
    requests = [Request(asked.prompt(sample), max_tokens=40, temperature=0) for sample in samples]

    async def all_at_once():
        return await asyncio.gather(*map(model.complete, requests))

    answers = asyncio.run(all_at_once())
    model.close()
    assert [answer.text.strip() for answer in answers] == samples["completion"], "four answers are learned by heart"
    assert {answer.finish for answer in answers} == {"stop"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"fresh": {"width": 100}}, "engines serve heads of 32"),
        ({"checkpoints": 0}, "greater than or equal to 1"),
        ({"held_out": 1}, "less than 1"),
        ({"schedule": "cosin"}, "linear"),
        ({"learning_rate": float("nan")}, "learning_rate"),
    ],
)
def test_options_that_are_refused(options, problem):
    with pytest.raises(ValidationError, match=problem):
        Tune(**options)


@pytest.mark.parametrize(
    ("stage", "options", "problem"),
    [
        (Tune, {"base": "smollm2-135m", "fresh": FRESH}, "base and fresh"),
        (Tune, {"base": "smollm2-135m", "start": "tuned"}, "base and start"),
        (Tune, {"start": "tuned", "fresh": FRESH}, "start and fresh"),
        (Dpo, {"base": "smollm2-135m", "start": "tuned"}, "base and start"),
        (Distil, {"base": "smollm2-135m", "fresh": FRESH}, "base and fresh"),
        (Distil, {"start": "tuned", "fresh": FRESH}, "start and fresh"),
        (Distil, {"teacher": "smollm2-135m", "teacher_stage": "tuned"}, "teacher and teacher_stage"),
    ],
)
def test_of_two_options_neither_is_ignored(stage, options, problem):
    with pytest.raises(ValidationError, match=rf"{problem}.*leave out one"):
        stage(**options)
    for option in options:
        alone = stage(**{option: options[option]})
        assert stage.model_validate(alone.model_dump()) == alone


def test_a_model_is_trained_further_in_its_own_form(tiny):
    samples, short = inputs_of(sums(4)), {"batch_size": 4, "device": "cpu"}
    chat = Prompting(shots=False, chat=True, system="Be brief.")
    first = run_stage(Tune(base=str(tiny), prompting=chat, **short), samples).samples
    kept, changed = (
        only(run_stage(Tune(start="tuned", **short, **options), samples, beside={"start": first}))
        for options in ({}, {"prompting": Prompting(shots=False)})
    )
    assert Prompting.model_validate_json(kept["prompting"]) == chat
    assert Prompting.model_validate_json(changed["prompting"]) == Prompting(shots=False)
    assert kept["tokens"] > changed["tokens"]


def test_the_learning_rate_rises_and_falls():
    pace = Pace(1.0, "linear", 2, 10, 0.0, 1)
    np.testing.assert_allclose([pace.at(k) for k in (0, 1, 2, 6, 9)], [0, 1 / 2, 1, 1 / 2, 1 / 8])
    cosine = Pace(1.0, "cosine", 0, 8, 0.0, 1)
    np.testing.assert_allclose([cosine.at(k) for k in (0, 4, 8)], [1, 0.5, 0], atol=1e-12)
    assert Pace(1.0, "constant", 0, 8, 0.0, 1).at(7) == 1
