import numpy as np
import pytest
from multisynth.text.train.order import batches, epochs, passes


@pytest.mark.parametrize(("count", "size"), [(1, 4), (7, 3), (1000, 8)])
def test_an_epoch_has_every_sample_once(count, size):
    lengths = np.random.default_rng(0).integers(5, 200, count)
    made = batches(lengths, size, np.random.default_rng(1))
    assert sorted(np.concatenate(made)) == list(range(count))
    assert len(made) == -(-count // size) and max(map(len, made)) <= size
    again = batches(lengths, size, np.random.default_rng(1))
    assert all(np.array_equal(a, b) for a, b in zip(made, again, strict=True))


def test_batches_are_drawn_from_all_and_sorted_within():
    lengths = np.random.default_rng(0).integers(5, 200, 4000)
    made = batches(lengths, 16, np.random.default_rng(1))
    assert all(np.all(np.diff(lengths[batch]) >= 0) for batch in made)
    means = [lengths[batch].mean() for batch in made]
    assert np.std(means) < 1.3 * lengths.std() / 4, "a batch is a sample of all lengths"
    assert abs(np.corrcoef(means, range(len(means)))[0, 1]) < 0.2
    other = batches(lengths, 16, np.random.default_rng(2))
    assert any(not np.array_equal(a, b) for a, b in zip(made, other, strict=True))


def test_every_step_of_any_epoch_is_known_without_those_before():
    lengths = np.random.default_rng(0).integers(5, 60, 10)
    forward, backward = (epochs(lengths, 4, np.random.default_rng) for _ in range(2))
    said = {step: backward(step) for step in range(8, -1, -1)}
    for epoch in range(3):
        drawn = batches(lengths, 4, np.random.default_rng(epoch))
        for place in range(3):
            step = 3 * epoch + place
            assert forward(step) == said[step] == drawn[place].tolist()


def test_passes_hold_at_most_so_many_padded_tokens():
    lengths = sorted(np.random.default_rng(0).integers(5, 60, 100).tolist())
    cuts = passes(lengths, 120)
    assert [length for cut in cuts for length in lengths[cut]] == lengths
    assert all(max(lengths[cut]) * len(lengths[cut]) <= 120 for cut in cuts)
    assert passes([500, 500], 120) == [slice(0, 1), slice(1, 2)], "one that is too long goes alone"
    assert passes([], 10) == []
