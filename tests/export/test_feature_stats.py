import numpy as np
import pytest

from multisynth.export.feature_stats import QUANTILES, aggregate, level_stats, pixel_stats, vector_stats

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("values", [RNG.normal(3, 2, (50, 4)).astype(np.float32), RNG.normal(size=50), np.arange(9)])
def test_vectors_equal_numpy(values):
    stats = vector_stats(values)
    columns = values.reshape(len(values), -1)
    assert stats["min"].dtype == values.dtype
    for name in ("min", "max", "mean", "std"):
        np.testing.assert_allclose(stats[name], getattr(columns, name)(axis=0), rtol=1e-5)
    for name, q in QUANTILES.items():
        np.testing.assert_allclose(stats[name], np.quantile(columns.astype(float), q, axis=0))
    assert stats["count"].tolist() == [len(values)]


def test_truth_values_have_statistics():
    stats = vector_stats(np.array([False, False, False, True]))
    assert (stats["min"].tolist(), stats["max"].tolist(), stats["mean"].tolist()) == ([False], [True], [0.25])


def test_pixels_equal_numpy():
    frames = [RNG.integers(0, 200, (30, 40, 3), np.uint8) for _ in range(7)]
    stats = pixel_stats(iter(frames), len(frames))
    pixels = np.stack(frames).reshape(-1, 3) / 255
    for name, value in (
        ("min", pixels.min(0)), ("max", pixels.max(0)), ("mean", pixels.mean(0)), ("std", pixels.std(0)),
        *((name, np.quantile(pixels, q, axis=0)) for name, q in QUANTILES.items()),
    ):  # fmt: skip
        assert stats[name].shape == (3, 1, 1)
        np.testing.assert_allclose(stats[name].ravel(), value, atol=1e-12)
    assert stats["count"].tolist() == [7]


def test_one_pixel_has_quantiles():
    stats = pixel_stats(iter([np.full((1, 1, 3), 51, np.uint8)]), 1)
    assert stats["q50"].ravel().tolist() == stats["max"].ravel().tolist() == [0.2] * 3


def test_levels_equal_numpy_on_what_they_stand_for():
    values = np.linspace(0.5, 3, 200) ** 2
    frames = RNG.integers(0, 200, (5, 20, 30)).astype(np.uint16)
    stats = level_stats(iter(frames), 5, values)
    meant = values[frames]
    for name in ("min", "max", "mean", "std"):
        assert stats[name].shape == (1, 1, 1)
        np.testing.assert_allclose(stats[name].ravel(), getattr(meant, name)())
    for name, q in QUANTILES.items():
        np.testing.assert_allclose(stats[name].ravel(), np.quantile(meant, q))


def test_large_and_long_videos_are_thinned_as_lerobot_does():
    frames = (np.zeros((320, 640, 3), np.uint8) for _ in range(1000))
    assert pixel_stats(frames, 1000)["count"].tolist() == [177]  # lerobot.datasets.compute_stats.estimate_num_samples


def test_parts_add_up_to_the_whole():
    values = RNG.normal(5, 3, (90, 2))
    total = None
    for part in np.split(values, [20, 35]):
        total = aggregate(total, vector_stats(part))
    whole = vector_stats(values)
    for name in ("min", "max", "mean", "std", "count"):
        np.testing.assert_allclose(total[name], whole[name])
