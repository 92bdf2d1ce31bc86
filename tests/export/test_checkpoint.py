"""A trained model goes out as a folder that other libraries read, with a card that says what it is."""

import numpy as np
import pytest

from multisynth.errors import BadInput
from multisynth.export.checkpoint import Checkpoint
from multisynth.kinds import MODEL
from multisynth.sample import Sample
from multisynth.serving.checkpoint import pack
from tests.serving.tiny import tiny_model


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return pack(tiny_model(tmp_path_factory.mktemp("tiny")).path)


def model(ordinal, packed, **values) -> Sample:
    counts = {"samples": 41, "held_out_samples": 8, "too_long": 3, "without_weight": 0}
    columns = {
        "base": "hf:org/name@main", "method": "dpo", "step": 10 * (ordinal + 1), "tokens": 70, "losses": [0.6931, 0.25],
        "held_out": 0.875, "prompting": '{"chat": false}', "meta": counts, "license": "Apache-2.0", **packed,
    }  # fmt: skip
    return Sample(MODEL, ordinal, **{**columns, **values})


def test_the_last_model_is_the_folder_that_transformers_loads(run, folder, packed, tmp_path):
    from huggingface_hub import ModelCard
    from transformers import AutoModelForCausalLM, AutoTokenizer

    made = run.add("tuned", [model(0, packed), model(1, packed)])
    assert Checkpoint().write(run.table("tuned"), folder, run) == 1
    loaded = AutoModelForCausalLM.from_pretrained(folder)
    original = AutoModelForCausalLM.from_pretrained(tiny_model(tmp_path / "tiny").path)
    for ours, theirs in zip(loaded.parameters(), original.parameters(), strict=True):
        np.testing.assert_array_equal(ours.detach(), theirs.detach())
    assert AutoTokenizer.from_pretrained(folder)("ab")["input_ids"]
    card = ModelCard.load(folder / "README.md")
    assert card.data.license == "apache-2.0" and card.data.base_model == "org/name"
    for said in ("Apache-2.0", "hf:org/name@main", "| training samples | 41 |", made[1].id, "| steps | 20 |", "0.8750"):
        assert said in card.text
    assert "| samples left out: too long | 3 |" in card.text and "no weight" not in card.text


def test_each_model_has_a_folder_of_its_own(run, folder, packed):
    run.add("tuned", [model(k, packed) for k in range(3)])
    assert Checkpoint(models="each").write(run.table("tuned"), folder, run) == 3
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint-10", "checkpoint-20", "checkpoint-30"]
    assert all((path / "model.safetensors").is_file() for path in folder.iterdir())


def test_an_odd_licence_and_an_odd_name_stay_readable(run, folder, packed):
    from huggingface_hub import ModelCard

    odd = {"license": "(MIT OR Apache-2.0) AND CC0-1.0", "base": "a|b\n# c", "held_out": None, "losses": []}
    run.add("tuned", [model(0, packed, **odd)])
    Checkpoint().write(run.table("tuned"), folder, run)
    card = ModelCard.load(folder / "README.md")
    assert (card.data.license, card.data.license_name) == ("other", odd["license"])
    assert "| base | a\\|b # c |" in card.text and card.data.base_model is None


def test_no_model_is_said(run, folder):
    run.add("tuned", [], MODEL)
    with pytest.raises(BadInput, match="`tuned` made no model"):
        Checkpoint().write(run.table("tuned"), folder, run)
