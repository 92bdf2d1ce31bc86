"""Sampling from rows of logits: the right distribution, whatever shares the batch."""

import numpy as np
import pytest

from multisynth.serving import Request
from multisynth.serving.sampling import Sampler, _pick_whole, uniforms


def sampled(request: Request, logits, count: int) -> np.ndarray:
    """Tokens that so many requests, differing in their seeds, get from the same logits."""
    import torch

    asked = [Request("", seed=k * 7919, temperature=request.temperature, top_p=request.top_p, top_k=request.top_k)
             for k in range(count)]  # fmt: skip
    picked = torch.full((count,), -1)
    rows = torch.tensor(logits, dtype=torch.float32).repeat(count, 1)
    Sampler.of(asked, torch.device("cpu")).pick(rows, np.full(count, 3, np.uint64), picked)
    return picked.numpy()


def expected(request: Request, logits) -> np.ndarray:
    """The distribution by its definition."""
    weights = np.exp(np.asarray(logits) / request.temperature)
    order = np.argsort(-weights)
    weights[order[request.top_k :]] *= request.top_k == 0
    weights /= weights.sum()
    before = np.concatenate([[0], weights[order].cumsum()[:-1]])
    weights[order[before >= request.top_p]] = 0
    return weights / weights.sum()


@pytest.mark.parametrize(
    "request_",
    [Request("", temperature=1.0), Request("", temperature=0.6), Request("", temperature=1.7, top_p=0.8),
     Request("", top_k=4), Request("", temperature=1.3, top_k=7, top_p=0.7)],
)  # fmt: skip
def test_tokens_have_the_distribution_that_was_asked_for(request_: Request) -> None:
    from scipy.stats import chisquare

    logits = np.random.default_rng(5).normal(0, 1.5, 12)
    wanted = expected(request_, logits)
    counts = np.bincount(sampled(request_, logits, 40_000), minlength=12)
    assert counts[wanted == 0].sum() == 0
    assert chisquare(counts[wanted > 0], 40_000 * wanted[wanted > 0]).pvalue > 1e-3


def test_a_row_does_not_depend_on_its_neighbours(monkeypatch) -> None:
    import torch

    rng = np.random.default_rng(0)
    asked = [
        Request("", seed=int(rng.integers(2**63)), temperature=float(t), top_p=float(p), top_k=int(k))
        for t, p, k in zip(rng.choice([0.5, 1, 2], 60), rng.choice([0.5, 0.9, 1], 60), rng.choice([0, 3, 300], 60),
                           strict=True)
    ]  # fmt: skip
    logits = torch.tensor(rng.normal(0, 2, (60, 1000)), dtype=torch.float32)
    places = rng.integers(0, 500, 60).astype(np.uint64)

    def pick(rows: list[int]) -> list[int]:
        picked = torch.full((len(rows),), -1)
        Sampler.of([asked[k] for k in rows], torch.device("cpu")).pick(logits[rows].clone(), places[rows], picked)
        return picked.tolist()

    together = pick(list(range(60)))
    assert together == [pick([k])[0] for k in range(60)]
    assert pick(list(range(59, -1, -1))) == together[::-1]
    monkeypatch.setattr("multisynth.serving.sampling.SCRATCH", 7000)  # in pieces of seven rows
    assert pick(list(range(60))) == together


def test_rows_of_temperature_zero_are_left_alone() -> None:
    import torch

    picked = torch.tensor([41, 42, 43])
    sampler = Sampler.of(
        [Request("", temperature=0), Request("", temperature=0), Request("", seed=1)], torch.device("cpu")
    )
    assert sampler.draws and not Sampler.of([Request("", temperature=0)], torch.device("cpu")).draws
    sampler.pick(torch.zeros(3, 40), np.zeros(3, np.uint64), picked)
    assert picked[:2].tolist() == [41, 42] and picked[2] < 40


def test_what_has_no_probability_is_never_taken() -> None:
    logits = np.full(5000, -np.inf)
    logits[[7, 4999]] = 0.0
    assert set(sampled(Request(""), logits, 2000)) == {7, 4999}


def test_draws_are_uniform_and_streams_unlike() -> None:
    from scipy.stats import kstest

    seeds, places = np.meshgrid(np.arange(200, dtype=np.uint64), np.arange(200, dtype=np.uint64))
    draws = uniforms(seeds.ravel(), places.ravel())
    assert draws.min() >= 0 and draws.max() < 1 and len(set(draws)) == draws.size
    assert kstest(draws, "uniform").pvalue > 1e-3
    table = draws.reshape(200, 200)
    for shifted in (table[1:] * table[:-1], table[:, 1:] * table[:, :-1]):  # neighbouring places, neighbouring seeds
        assert abs(shifted.mean() - 0.25) < 0.005


@pytest.mark.parametrize("temperature", [1e-38, 1e-12, 9e-6])
def test_a_temperature_next_to_nothing_takes_the_likeliest_token(temperature: float) -> None:
    """0 / 0 and ∞ / ∞ are no probabilities; a row that is left alone has the engine's likeliest token."""
    import torch

    rows, picked = torch.tensor([[0.0, 40.0, -3.0]] * 2), torch.tensor([1, 1])
    sampler = Sampler.of([Request("", temperature=temperature), Request("", temperature=temperature, top_k=2)], "cpu")
    assert not sampler.draws
    sampler.pick(rows, np.zeros(2, np.uint64), picked)
    assert picked.tolist() == [1, 1]


@pytest.mark.parametrize("size", [1000, 1024, 49152])
def test_a_draw_by_blocks_is_the_inversion_of_the_whole_distribution(size: int) -> None:
    import torch

    rng = np.random.default_rng(size)
    probabilities = torch.softmax(torch.from_numpy(rng.normal(size=(64, size)) * 4), dim=-1).float()
    probabilities[:, rng.random(size) < 0.5] = 0  # forbidden
    uniform = np.concatenate([rng.random(61), [0, 1 - 2**-53, 1 - 2**-40]])
    drawn = _pick_whole(probabilities, torch.from_numpy(uniform)).numpy()
    whole = probabilities.double().numpy().cumsum(axis=1)
    for row, token in enumerate(drawn):
        assert probabilities[row, token] > 0
        target, slack = uniform[row] * whole[row, -1], 1e-6
        assert whole[row, token] - float(probabilities[row, token]) - slack <= target <= whole[row, token] + slack
