import numpy as np
import pytest
from multisynth.vision.light.planck import LONGWAVE, apparent_temperature, band_radiance
from multisynth.vision.light.thermal import air_transmission, leaving, through_air


def test_a_black_body_shows_its_temperature_and_a_mirror_its_surroundings() -> None:
    assert leaving(310.0, 1.0, 280.0) == pytest.approx(310.0)
    assert leaving(310.0, 0.0, 280.0) == pytest.approx(280.0)
    assert leaving(295.0, 0.3, 295.0) == pytest.approx(295.0)


def test_small_differences_are_shared_by_emissivity() -> None:
    """To first order in small differences, T_apparent = ε T + (1 − ε) T_around."""
    assert leaving(np.array([300.4]), 0.8, 300.0) == pytest.approx([300.32], abs=1e-3)


def test_air_of_the_same_temperature_is_not_seen_and_other_air_takes_over() -> None:
    scene, distance = np.full((2, 3), 300.0), np.array([[1.0, 100, 5000]] * 2)
    assert through_air(scene, distance, 300.0, 0.5, 240.0) == pytest.approx(scene, abs=1e-3)
    seen = through_air(scene, distance, 280.0, 0.5, 240.0)[0]
    assert 300 > seen[0] > seen[1] > seen[2] > 280
    assert seen[0] > 299.5
    assert through_air(scene, np.zeros((2, 3)), 280.0, 0.5, 240.0) == pytest.approx(np.full((2, 3), 240), abs=1e-3)


def test_every_pixel_is_the_inverse_of_its_radiance() -> None:
    rng = np.random.default_rng(3)
    scene, distance = rng.uniform(230, 900, (40, 50)), rng.uniform(0.1, 300, (40, 50))
    share = air_transmission(distance, 285.0, 0.7)
    want = apparent_temperature(share * band_radiance(scene) + (1 - share) * band_radiance(285.0))
    assert np.abs(through_air(scene, distance, 285.0, 0.7, 240.0) - want).max() < 1e-3


def test_transmission() -> None:
    """No air at no distance; damp and warm air takes more; about 0.99 over 10 m in a room, as FLIR's tools say."""
    assert air_transmission(0.0, 293.15, 0.5) == pytest.approx(1)
    assert air_transmission(10.0, 293.15, 0.5) == pytest.approx(0.985, abs=0.01)
    assert air_transmission(1000.0, 293.15, 0.9) < air_transmission(1000.0, 293.15, 0.2)
    assert (np.diff(air_transmission(np.linspace(1, 3000, 50), 290.0, 0.6)) < 0).all()


def test_noise_is_as_large_as_it_says_at_300_kelvin_and_larger_on_cold_things() -> None:
    near = np.full((100, 100), 0.1)
    args = 300.0, 0.5, 240.0, LONGWAVE, 0.05
    warm = through_air(np.full((100, 100), 300.0), near, *args, np.random.default_rng(1))
    cold = through_air(np.full((100, 100), 250.0), near, *args, np.random.default_rng(1))
    assert warm.std() == pytest.approx(0.05, rel=0.05)
    slope = [band_radiance(t + 0.5) - band_radiance(t - 0.5) for t in (300, 250)]
    assert cold.std() == pytest.approx(0.05 * slope[0] / slope[1], rel=0.05)
    with pytest.raises(ValueError, match="generator"):
        through_air(near, near, *args)
