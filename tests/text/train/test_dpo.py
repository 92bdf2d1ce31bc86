"""Preference optimisation against its formula, and what it learns on pairs that it has not seen."""

import numpy as np
import pytest
from multisynth.text.train.dpo import Dpo, Preference, preferred
from multisynth.text.train.lesson import Lesson, Pair
from multisynth.text.train.measuring import each_of
from multisynth.text.train.network import fresh, load
from multisynth.text.train.options import Fresh
from pydantic import ValidationError

from multisynth.testing import inputs_of, run_stage
from tests.text.train.lessons import FRESH, log_probability, politeness

PAIRS = [
    Pair(Lesson((1, 2, 3, 4, 0), 2), Lesson((1, 2, 9, 0), 2), 1.0),
    Pair(Lesson((5, 6, 7, 0), 1), Lesson((5, 8, 8, 8, 8, 0), 1), 0.5),
]


@pytest.fixture(scope="module")
def network():
    return fresh(Fresh(**FRESH), 1)


def test_the_loss_is_the_papers(network):
    expected = [
        log_probability(network.model, pair.chosen) - log_probability(network.model, pair.rejected) for pair in PAIRS
    ]
    np.testing.assert_allclose(preferred(network.model, PAIRS).detach(), expected, rtol=1e-5)
    reference, beta, smoothing = [0.7, -1.3], 0.3, 0.1
    rewards = beta * (np.array(expected) - reference)
    sigmoid = 1 / (1 + np.exp(-rewards))
    each = -(1 - smoothing) * np.log(sigmoid) - smoothing * np.log(1 - sigmoid)
    objective = Preference(beta, smoothing, dict(zip(PAIRS, reference, strict=True)))
    assert objective.loss(network.model, PAIRS).item() == pytest.approx(each[0] + 0.5 * each[1], rel=1e-5)


def test_it_prefers_what_is_better_in_pairs_it_has_not_seen(tiny):
    samples = inputs_of(politeness(60))
    options = {"base": str(tiny), "batch_size": 8, "learning_rate": 3e-4, "held_out": 0.4, "device": "cpu"}
    ran = run_stage(Dpo(**options, epochs=2), samples)
    assert not ran.failures
    (made,) = ran.samples
    assert made["losses"][0] == pytest.approx(np.log(2), abs=1e-6)
    assert made["losses"][-1] < 0.3
    assert made.meta["held_out_samples"] >= 15 and made["held_out"] > 0.8
    assert made["method"] == "dpo" and made["base"] == str(tiny)


def test_dropout_of_adapters_is_refused():
    with pytest.raises(ValidationError, match="differences to a reference"):
        Dpo(lora={"dropout": 0.1})


def test_its_reference_is_where_it_started_also_after_a_stop(tiny):
    samples = inputs_of(politeness(24))
    options = {"base": str(tiny), "batch_size": 8, "learning_rate": 1e-4, "device": "cpu"}
    once = run_stage(Dpo(**options), samples).samples[0]
    parts = run_stage(Dpo(**options, checkpoints=3), samples)
    assert not parts.failures
    np.testing.assert_array_equal(once["losses"], parts.samples[-1]["losses"])
    assert once["weights"] == parts.samples[-1]["weights"]
    adapted = run_stage(Dpo(**options, lora={"rank": 4}), samples).samples[0]
    assert adapted["losses"][0] == pytest.approx(np.log(2), abs=1e-6) and adapted["losses"][-1] < adapted["losses"][0]


def test_what_the_reference_thinks_is_asked_once_and_again_after_a_stop(tiny, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "multisynth.text.train.dpo.preferred", lambda model, items: asked.append(items) or preferred(model, items)
    )
    monkeypatch.setattr(Preference, "margins", _without_asking)
    samples = inputs_of(politeness(16))
    options = {"base": str(tiny), "batch_size": 8, "learning_rate": 1e-4, "device": "cpu", "checkpoints": 2}
    parts = run_stage(Dpo(**options), samples).samples
    assert sum(map(len, asked)) == 16
    after = Dpo(**options)
    after.bind("stage", 7)
    again = after.follow(parts[:1], 1, lambda: iter(samples), map)
    assert sum(map(len, asked)) == 32
    assert again["weights"] == parts[1]["weights"]
    np.testing.assert_array_equal(again["losses"], parts[1]["losses"])


def _without_asking(self, model, items):
    import torch

    return preferred(model, items) - torch.tensor([self._reference[item] for item in items])


def test_the_reference_counts_every_pair_whatever_its_pass(tiny):
    model = load(tiny).model
    for tokens in (1, 10, 1000):
        told = each_of(model, PAIRS[::-1] * 3, tokens, preferred)
        np.testing.assert_allclose(told, preferred(model, PAIRS[::-1] * 3).detach(), rtol=1e-4, atol=1e-5)


def test_two_answers_that_are_one_teach_nothing(tiny):
    same, other = politeness(2)
    samples = inputs_of([same.replace(rejected=same["chosen"]), other])
    (made,) = run_stage(Dpo(base=str(tiny), device="cpu"), samples).samples
    assert (made.meta["samples"], made.meta["without_answer"]) == (1, 1)
