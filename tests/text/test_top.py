"""The best by reward, against numpy's percentile."""

import numpy as np
import pytest
from multisynth.text.top import Top
from pydantic import ValidationError

from multisynth.kinds import REASONING
from multisynth.sample import Sample
from multisynth.testing import run_stage


def attempts(rewards, group=lambda k: 0, name="reward"):
    return [
        Sample(
            REASONING, k, question=f"q{group(k)}", answer="1", domain=f"d{group(k)}", completion="c", attempt=k,
            model="m", token_ids=[], meta={} if reward is None else {name: reward},
        )
        for k, reward in enumerate(rewards)
    ]  # fmt: skip


@pytest.mark.parametrize("percentile", [0, 12.5, 50, 90, 100])
@pytest.mark.parametrize("within", ["all", "problem", "domain"])
def test_what_stays_is_what_reaches_numpy_s_percentile(percentile, within) -> None:
    rng = np.random.default_rng(3)
    rewards = rng.integers(0, 30, 97).tolist()  # with ties
    group = (lambda k: 0) if within == "all" else (lambda k: k % 5)
    ran = run_stage(Top(percentile=percentile, within=within), attempts(rewards, group), batch_size=10)
    least = {g: np.percentile([r for k, r in enumerate(rewards) if group(k) == g], percentile) for g in range(5) if
             any(group(k) == g for k in range(97))}  # fmt: skip
    assert sorted(ran.samples["attempt"]) == [k for k, r in enumerate(rewards) if r >= least[group(k)]]
    assert len(ran.samples) + len(ran.drops) == 97


def test_equals_all_stay_and_so_does_one_alone() -> None:
    assert len(run_stage(Top(), attempts([5.0] * 12)).samples) == 12
    assert run_stage(Top(within="problem"), attempts([1.0, 9.0, 3.0], lambda k: k)).samples["attempt"] == [0, 1, 2]


def test_what_has_no_reward_goes_and_counts_for_nothing() -> None:
    ran = run_stage(Top(percentile=50), attempts([1.0, None, 2.0, "7", True, 3.0]))
    assert ran.samples["attempt"] == [2, 5]
    assert [reason for _, reason in ran.drops] == ["below the 50th percentile: 1 of 2", *["no reward"] * 3]
    assert len(run_stage(Top(meta="score"), attempts([4, 5], name="score")).samples) == 1


@pytest.mark.parametrize("options", [{"percentile": 101}, {"percentile": -1}, {"within": "model"}, {"meta": ""}])
def test_wrong_options_are_refused(options) -> None:
    with pytest.raises(ValidationError):
        Top(**options)
