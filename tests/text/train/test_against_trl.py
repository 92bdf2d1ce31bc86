"""The same samples in the same order: every loss and the final weights are those of TRL's own trainers."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from multisynth.text.train.dpo import Dpo
from multisynth.text.train.order import batches
from multisynth.text.train.tune import Tune
from safetensors.torch import load as read
from safetensors.torch import load_file

from multisynth.sample import Sample
from multisynth.testing import inputs_of, run_stage
from tests.text.train.lessons import politeness, sums

trl = pytest.importorskip("trl")
pytestmark = pytest.mark.filterwarnings("ignore")

BATCH, BATCHES, EPOCHS, RATE, WARMUP = 4, 4, 2, 3e-3, 0.3
OPTIONS = {
    "batch_size": BATCH, "epochs": EPOCHS, "learning_rate": RATE, "warmup": WARMUP, "weight_decay": 0.1,
    "schedule": "linear", "device": "cpu",
}  # fmt: skip


def in_order(stage, samples, lengths) -> list[Sample]:
    """The samples as the stage learns from them, epoch after epoch."""
    stage.bind("stage", 7)
    orders = [batches(lengths, BATCH, stage.rng(0, f"order of epoch {epoch}")) for epoch in range(EPOCHS)]
    return [samples[k] for epoch in orders for batch in epoch for k in batch]


def losses_of(trainer: str, model: Path, rows: list[dict[str, str]], out: Path, **options) -> list[float]:
    from datasets import Dataset

    config = getattr(trl, f"{trainer}Config")(
        output_dir=str(out), per_device_train_batch_size=BATCH, num_train_epochs=1, learning_rate=RATE, use_cpu=True,
        lr_scheduler_type="linear", warmup_steps=WARMUP, weight_decay=0.1, logging_steps=1, report_to=[],
        save_strategy="no", bf16=False,
        train_sampling_strategy="sequential", gradient_checkpointing=False, disable_tqdm=True, max_length=512,
        logging_first_step=True, **options,
    )  # fmt: skip
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with redirect_stdout(io.StringIO()):
        made = getattr(trl, f"{trainer}Trainer")(
            model=AutoModelForCausalLM.from_pretrained(model), args=config, train_dataset=Dataset.from_list(rows),
            processing_class=AutoTokenizer.from_pretrained(model),
        )  # fmt: skip
        made.train()
    made.save_model(str(out))
    return [entry["loss"] for entry in made.state.log_history if "loss" in entry]


def assert_same_weights(made: Sample, folder: Path, base: Path) -> None:
    ours, theirs = read(made["weights"]), load_file(folder / "model.safetensors")
    before = load_file(base / "model.safetensors")
    assert ours.keys() == theirs.keys()
    # AdamW makes a full step of a gradient that is all rounding, so a few entries differ: their length is compared.
    moved, apart = (
        sum(float((ours[name] - other[name]).square().sum()) for name in ours) ** 0.5 for other in (before, theirs)
    )
    assert moved > 1 and apart < 1e-2 * moved, (apart, moved)


def test_dpo_takes_the_steps_that_trl_takes(tiny, tmp_path):
    samples = inputs_of(politeness(BATCH * BATCHES))
    stage = Dpo(base=str(tiny), beta=0.2, **OPTIONS)
    ran = run_stage(stage, samples)
    assert not ran.failures
    (made,) = ran.samples
    head = "Question: {}\nAnswer:"
    rows = [
        {"prompt": head.format(s["prompt"][0]["content"]), "chosen": " " + s["chosen"], "rejected": " " + s["rejected"]}
        for s in in_order(stage, samples, [_longer(s) for s in samples])
    ]
    theirs = losses_of("DPO", tiny, rows, tmp_path, beta=0.2)
    assert made["losses"][0] == pytest.approx(np.log(2), abs=1e-6)
    assert made["losses"][-1] < 0.3
    np.testing.assert_allclose(made["losses"], theirs, rtol=2e-4, atol=1e-5)
    assert_same_weights(made, tmp_path, tiny)


def _longer(sample: Sample) -> int:
    return len(sample["prompt"][0]["content"]) + max(len(sample["chosen"]), len(sample["rejected"]))


def test_tuning_takes_the_steps_that_trl_takes(tiny, tmp_path):
    samples = inputs_of(sums(BATCH * BATCHES))
    stage = Tune(base=str(tiny), **OPTIONS)
    ran = run_stage(stage, samples)
    assert not ran.failures
    (made,) = ran.samples
    rows = [
        {"prompt": f"Question: {s['question']}\nAnswer:", "completion": " " + s["completion"]}
        for s in in_order(stage, samples, [len(s["question"]) + len(s["completion"]) for s in samples])
    ]
    theirs = losses_of("SFT", tiny, rows, tmp_path)
    assert made["losses"][0] > made["losses"][-1]
    np.testing.assert_allclose(made["losses"], theirs, rtol=1e-4)
    assert_same_weights(made, tmp_path, tiny)
    assert json.loads(made["files"])["config.json"]
