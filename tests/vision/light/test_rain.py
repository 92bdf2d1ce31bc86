import numpy as np
import pytest
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.light.rain import Rain, fall_speed, rain, streaks

LEVEL = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])  # looks along world y


def view(width: int = 160, height: int = 120, focal: float = 150.0) -> Viewpoint:
    return Viewpoint(width, height, np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]]), LEVEL)


@pytest.mark.parametrize("rate", [2.0, 10.0, 50.0])
def test_drops_of_all_sizes_bring_the_rate_and_the_extinction(rate: float) -> None:
    from scipy.integrate import quad

    fall = Rain(rate)

    def number(size: float) -> float:
        return 8000 * np.exp(-fall.slope * size)

    water, _ = quad(lambda d: np.pi / 6 * (d * 1e-3) ** 3 * number(d) * fall_speed(np.float64(d)), 0, 8)
    assert water * 1e3 * 3600 == pytest.approx(rate, rel=0.2)  # the three fits are of different rains
    shadow, _ = quad(lambda d: 2 * np.pi / 4 * (d * 1e-3) ** 2 * number(d), 0, 50)
    assert fall.extinction == pytest.approx(shadow, rel=1e-6)
    count, _ = quad(number, 0.5, 6)
    assert fall.drops == pytest.approx(count, rel=1e-6)


def test_diameters_follow_their_distribution() -> None:
    from scipy.stats import kstest

    fall = Rain(10.0)
    low, high = np.exp(-fall.slope * 0.5), np.exp(-fall.slope * 6)
    drawn = fall.diameters(20_000, np.random.default_rng(1))
    assert kstest(drawn, lambda d: (low - np.exp(-fall.slope * d)) / (low - high)).pvalue > 0.01


def test_speeds_of_gunn_and_kinzer() -> None:
    """Their table of 1949, at 20 °C and sea level."""
    assert fall_speed(np.array([1.0, 2.0, 3.0, 5.0])) == pytest.approx([4.03, 6.49, 8.06, 9.09], rel=0.05)


@pytest.mark.parametrize("exposure", [1e-4, 1 / 200, 1 / 60])
def test_drops_cover_what_their_number_says_however_long_the_shutter_is_open(exposure: float) -> None:
    """Mean cover is ∫ n π/4 D² dz along a ray, by the distribution's moments, whatever the streaks' length."""
    from scipy.integrate import quad

    fall = Rain(30.0)
    expected, _ = quad(lambda d: np.pi / 4 * (d * 1e-3) ** 2 * 8000 * np.exp(-fall.slope * d), 0.5, 6)
    expected *= fall.reach - 0.3
    seen = [
        streaks(np.zeros((120, 160)), view(), fall, exposure, np.random.default_rng(seed))[:, 5:-5].mean()
        for seed in range(6)
    ]
    assert np.mean(seen) == pytest.approx(expected, rel=0.08)


def test_streaks_are_upright_and_behind_walls_there_are_none() -> None:
    distance = np.zeros((120, 160))
    distance[:, :80] = 0.2
    share = streaks(distance, view(), Rain(20.0), 1 / 60, np.random.default_rng(2))
    assert not share[:, :80].any()
    assert share[:, 80:].any()
    right = share[:, 80:]
    assert np.abs(np.diff(right, axis=1)).mean() > 2 * np.abs(np.diff(right, axis=0)).mean()


def test_a_picture_in_rain_keeps_its_surroundings_colour() -> None:
    """Where everything is as bright as what a drop shows, rain without its own absorption is all but invisible."""
    picture = np.full((120, 160, 3), 0.5, np.float32)
    seen = rain(picture, np.full((120, 160), 30.0), view(), Rain(10.0), 1 / 60, (0.5,) * 3, np.random.default_rng(3))
    assert seen == pytest.approx(picture, abs=0.03)
    again = rain(picture, np.full((120, 160), 30.0), view(), Rain(10.0), 1 / 60, (0.5,) * 3, np.random.default_rng(3))
    assert (seen == again).all()
