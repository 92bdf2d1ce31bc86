"""Learners against independent references: torch's own modules, closed forms, and problems whose answers are known."""

import numpy as np
import pytest
from multisynth.sim.learn.batch import Lessons, Practice
from multisynth.sim.learn.clone import Clone, clone
from multisynth.sim.learn.network import Network, Normaliser
from multisynth.sim.learn.ppo import Ppo, advantages, ppo
from multisynth.sim.learn.torch_network import Learner

from multisynth import seeds
from multisynth.errors import BadInput


def fresh(observations=3, actions=2, width=16, seed=1):
    return Network.fresh(observations, actions, width, seeds.rng(seed, "weights"))


def episode(observations, actions=None, labels=None, rewards=None):
    steps, width = len(observations) - 1, 2
    nothing = np.full((steps, width), np.nan, np.float32)
    return Practice(
        observations.astype(np.float32),
        np.zeros((steps, width), np.float32) if actions is None else actions.astype(np.float32),
        nothing if labels is None else labels.astype(np.float32),
        np.zeros(steps, np.float32) if rewards is None else rewards.astype(np.float32),
        np.ones(steps, bool),
    )


def test_numpy_and_torch_act_alike():
    import torch

    network = fresh()
    observations = seeds.rng(2, "x").standard_normal((50, 3))
    network = Network(network.weights, network.normaliser.with_more(observations * 5))
    layers = torch.nn.Sequential(
        torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Linear(16, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2)
    )
    for n, layer in enumerate(layers[::2]):
        layer.weight.data = torch.tensor(network.weights[f"actor.{n}.weight"])
        layer.bias.data = torch.tensor(network.weights[f"actor.{n}.bias"])
    x = torch.tensor(network.normaliser(observations))
    with torch.no_grad():
        reference = layers(x).numpy()
        np.testing.assert_allclose(Learner(network, 1e-3).actor(x).numpy(), reference, atol=1e-6)
    np.testing.assert_allclose([network.act(o) for o in observations], reference, atol=1e-5)


def test_the_normaliser_sees_parts_as_it_sees_the_whole():
    data = seeds.rng(3, "x").normal(5, 2, (300, 4))
    parts = Normaliser.of(4)
    for part in np.split(data, [10, 11, 200]):
        parts = parts.with_more(part)
    np.testing.assert_allclose(parts.mean, data.mean(0))
    np.testing.assert_allclose(parts.squares / parts.count, data.var(0))
    np.testing.assert_allclose(parts(data).std(0), 1, atol=1e-3)


def test_advantages_are_discounted_sums_of_surprises():
    rng = seeds.rng(4, "x")
    rewards, values = rng.standard_normal(20), rng.standard_normal(21)
    surprises = rewards + 0.9 * values[1:] - values[:-1]
    expected = [sum((0.9 * 0.8) ** (k - t) * surprises[k] for k in range(t, 20)) for t in range(20)]
    np.testing.assert_allclose(advantages(rewards, values, 0.9, 0.8), expected)
    returns = [sum(0.9 ** (k - t) * rewards[k] for k in range(t, 20)) + 0.9 ** (20 - t) * values[20] for t in range(20)]
    np.testing.assert_allclose(advantages(rewards, values, 0.9, 1.0) + values[:-1], returns)


def test_cloning_learns_what_the_labels_say():
    rng, network, moments, errors = seeds.rng(5, "x"), fresh(), None, []
    for _ in range(12):
        x = rng.uniform(-1, 1, (401, 3))
        labels = np.stack([x[:-1, 0] * 0.5, np.sin(2 * x[:-1, 1])], 1)
        labels[::7] = np.nan  # nobody asked
        lessons = Lessons.of([episode(x, labels=labels)])
        assert len(lessons.labels) == 400 - 58
        network, moments, told = clone(network, moments, *lessons, Clone(rate=3e-3, descents=50), rng)
        errors.append(told["error"])
    assert errors[-1] < 0.05 < 0.2 < errors[0]
    np.testing.assert_allclose(network.act(np.array([0.4, 0.3, -0.9])), [0.2, np.sin(0.6)], atol=0.1)


def test_ppo_finds_the_best_action():
    """A state that says where the reward is: -(a - s)², whose best action is s."""
    rng, network, moments = seeds.rng(6, "x"), fresh(width=32), None
    rewards = []
    for _ in range(40):
        observations = rng.uniform(-1, 1, (513, 3))
        means = np.array([network.act(o) for o in observations[:-1]])
        actions = means + network.noise * rng.standard_normal(means.shape)
        reward = -((actions - observations[:-1, :2]) ** 2).sum(1)
        rewards.append(reward.mean())
        how = Ppo(rate=3e-3, discount=0.0, smoothing=0.0)
        network, moments, told = ppo(network, moments, [episode(observations, actions, rewards=reward)], how, rng)
        assert np.isfinite(told["divergence"])
    assert rewards[0] < -0.7 and rewards[-1] > -0.15
    assert network.noise.max() < 0.35, "it explores less once it knows"


@pytest.mark.parametrize("learn", [clone, ppo])
def test_learning_goes_on_from_bytes_bit_for_bit(learn):
    def iterations(network, moments, ordinals):
        for n in ordinals:
            rng = seeds.rng(n, "shuffle")
            x = rng.uniform(-1, 1, (101, 3))
            practised = [episode(x, rng.uniform(-1, 1, (100, 2)), np.tanh(x[:-1, :2]), x[:-1, 0])]
            if learn is clone:
                network, moments, _ = clone(network, moments, *Lessons.of(practised), Clone(descents=20), rng)
            else:
                network, moments, _ = ppo(network, moments, practised, Ppo(), rng)
        return network, moments

    unbroken = iterations(fresh(), None, range(4))
    network, moments = iterations(fresh(), None, range(2))
    resumed = iterations(Network.from_bytes(network.to_bytes()), moments, range(2, 4))
    assert resumed[0].to_bytes() == unbroken[0].to_bytes() and resumed[1] == unbroken[1]


def changed(**arrays):
    from safetensors.numpy import load, save

    return save({**load(fresh().to_bytes()), **{name.replace("__", "."): array for name, array in arrays.items()}})


def test_ppo_first_learns_how_observations_spread_and_nothing_else():
    rng, network = seeds.rng(8, "x"), fresh()
    seen = rng.normal(3, 2, (101, 3))
    practised = [episode(seen, rng.standard_normal((100, 2)), rewards=seen[:-1, 0])]
    first, moments, told = ppo(network, None, practised, Ppo(), rng)
    assert all((first.weights[name] == network.weights[name]).all() for name in network.weights)
    np.testing.assert_allclose(first.normaliser.mean, seen[:-1].mean(0), rtol=1e-6)
    assert told == {"divergence": 0.0}
    second, _, told = ppo(first, moments, practised, Ppo(), rng)
    assert any((second.weights[name] != first.weights[name]).any() for name in first.weights)
    # over all steps, against the definition with the Gaussians' densities written out
    x = first.normaliser(practised[0].observations[:-1])
    old, new = (density(n.weights, x, practised[0].actions) for n in (first, second))
    assert told["divergence"] == pytest.approx(np.mean(np.exp(new - old) - 1 - (new - old)), rel=1e-3)


def density(weights, x, actions):
    for layer in range(3):
        x = x @ weights[f"actor.{layer}.weight"].T + weights[f"actor.{layer}.bias"]
        x = np.tanh(x) if layer < 2 else x
    log_std = weights["log_std"]
    return (-0.5 * ((actions - x) / np.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi)).sum(1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04garbage",
        fresh().to_bytes()[:-8],
        changed(more=np.zeros(1, np.float32)),
        changed(actor__0__bias=np.full(16, np.nan, np.float32)),
        changed(actor__1__weight=np.zeros((16, 15), np.float32)),
        changed(actor__2__bias=np.zeros(3, np.float32)),
        changed(critic__2__bias=np.zeros(2, np.float32)),
        changed(log_std=np.zeros((2, 1), np.float32)),
        changed(seen__mean=np.zeros(4), seen__squares=np.zeros(4)),
        changed(seen__squares=np.zeros(2)),
        changed(seen__mean=np.array([0.0, np.inf, 0.0])),
        changed(seen__count=np.zeros(0)),
    ],
)
def test_bytes_that_are_no_weights_are_refused(data):
    with pytest.raises(BadInput, match=r"no safetensors|no weights"):
        Network.from_bytes(data)
