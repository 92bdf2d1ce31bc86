"""What training reports is about the model that it saves, which has all that was learned."""

import json

import numpy as np
import pytest
from multisynth.text.prompting import Prompting
from multisynth.text.train.dpo import Dpo
from multisynth.text.train.encoder import Encoder
from multisynth.text.train.held_out import share_of
from multisynth.text.train.network import from_bytes, tokenizer_of
from multisynth.text.train.tune import Tune

from multisynth.serving.checkpoint import unpack
from multisynth.testing import inputs_of, run_stage
from tests.text.train.lessons import log_probability, politeness, sums

RATE = 1e-6
FULL = {"batch_size": 64, "warmup": 0, "schedule": "constant", "device": "cpu"}


@pytest.fixture(scope="module")
def short(tiny, tmp_path_factory):
    """The folder of a model whose weights have 16 bits, as most that are published."""
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("short")
    AutoModelForCausalLM.from_pretrained(tiny).bfloat16().save_pretrained(folder)
    tokenizer_of(tiny).save_pretrained(folder)
    return folder


def saved(folder):
    """A model with the numbers that its folder has."""
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype="auto")


def margins(model, pairs) -> np.ndarray:
    return np.array([log_probability(model, pair.chosen) - log_probability(model, pair.rejected) for pair in pairs])


def test_a_saved_model_keeps_the_margins_that_it_learned_in_small_steps(short, tmp_path):
    samples = inputs_of(politeness(6))
    ran = run_stage(Dpo(base=str(short), learning_rate=RATE, steps=8, checkpoints=2, **FULL), samples)
    assert not ran.failures
    first, last = ran.samples
    unpack(first, tmp_path)
    pairs = [Encoder(tokenizer_of(short), Prompting(shots=False)).pair(sample) for sample in samples]
    reference = margins(saved(short).float(), pairs)
    kept = margins(saved(tmp_path), pairs) - reference
    loss = float(np.mean(np.log1p(np.exp(-0.1 * kept))))  # by the formula, at the default beta
    gained = np.log(2) - loss
    assert gained > 5e-4 and last["losses"][4] == pytest.approx(loss, abs=gained / 100)
    rounded = margins(saved(tmp_path).bfloat16().float(), pairs) - reference
    assert np.mean(rounded) < 0.5 * np.mean(kept), "in the base's numbers little would be left"


@pytest.mark.parametrize("lora", [None, {"rank": 4}])
def test_what_was_measured_is_what_is_saved(short, lora, tmp_path):
    samples = inputs_of(sums(40))
    rate = RATE if lora is None else 1e-4
    stage = Tune(base=str(short), learning_rate=rate, steps=6, held_out=0.3, lora=lora, **FULL)
    (made,) = run_stage(stage, samples).samples
    unpack(made, tmp_path)
    encoder = Encoder(tokenizer_of(short), Prompting(shots=False))
    held = [encoder.lesson(sample) for sample in samples if share_of(sample) < 0.3]
    assert len(held) == made.meta["held_out_samples"]

    def loss(model):
        return -sum(log_probability(model, one) for one in held) / sum(one.learned for one in held)

    gained = made.meta["held_out_before"] - made["held_out"]
    assert gained > 1e-5
    assert loss(saved(short).float()) == pytest.approx(made.meta["held_out_before"], abs=gained / 20)
    assert loss(saved(tmp_path)) == pytest.approx(made["held_out"], abs=gained / 20)
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "float32"
    assert {str(tensor.dtype) for tensor in from_bytes(made["weights"]).values()} == {"torch.float32"}


def test_training_goes_on_from_what_was_learned(short):
    samples = inputs_of(sums(12))
    whole = run_stage(Tune(base=str(short), learning_rate=RATE, steps=6, checkpoints=2, **FULL), samples).samples
    further = Tune(start="tuned", learning_rate=RATE, steps=1, **FULL)
    (made,) = run_stage(further, samples, beside={"start": whole[:1]}).samples
    assert made["losses"][0] == pytest.approx(whole[1]["losses"][3], abs=1e-6)
    assert whole[1]["losses"][0] - made["losses"][0] > 1e-5
