import numpy as np
import pytest
from multisynth.vision.light.night import Aperture, photons
from multisynth.vision.light.sensor import Sensor

SENSOR = Sensor(quantum_efficiency=(0.5, 0.5, 0.5), full_well=1e5, bits=16, black=500)


def test_photon_transfer_line() -> None:
    """Mean and variance of uniform fields against EMVA 1288's closed form, from the dark to where Gauss takes over."""
    gain = 0.7
    sensor = Sensor(quantum_efficiency=(0.5,) * 3, full_well=1e5, read_noise=3.0, row_noise=2.0, bits=16, black=500)
    for field in [0.0, 5.0, 100.0, 3_000.0, 60_000.0]:
        numbers = sensor.expose(np.full((600, 200, 3), field, np.float32), 0.01, gain, np.random.default_rng(3))
        dark = 5.0 * 0.01
        mean = gain * (0.5 * field + dark)
        variance = gain**2 * (3.0**2 + 2.0**2) + 1 / 12 + gain * mean
        assert numbers.mean() == pytest.approx(500 + mean, abs=5 * np.sqrt(variance / 600))
        assert numbers.var() == pytest.approx(variance, rel=0.05)


def test_row_noise_is_in_rows() -> None:
    sensor = Sensor(read_noise=0.0, row_noise=20.0, dark_current=0.0, bits=16, black=1000)
    numbers = sensor.expose(np.zeros((400, 5, 3), np.float32), 0.0, 1.0, np.random.default_rng(4)).astype(float)
    assert (numbers == numbers[:, :1, :1]).all()
    assert numbers[:, 0, 0].std() == pytest.approx(20, rel=0.1)


def test_saturates_at_the_full_well_and_at_the_converter() -> None:
    sensor = Sensor(read_noise=0.0, row_noise=0.0, full_well=1000, bits=10, black=20)
    bright = np.full((4, 4, 3), 1e6, np.float32)
    rng = np.random.default_rng(5)
    assert (sensor.expose(bright, 0.01, sensor.base_gain, rng) == 1023).all()
    assert (sensor.expose(bright, 0.01, 0.5, rng) == 520).all()
    assert (sensor.expose(bright, 0.01, 100.0, rng) == 1023).all()


def test_developing_gives_the_radiance_back() -> None:
    radiance = np.random.default_rng(6).random((40, 50, 3)).astype(np.float32)
    sensor = Sensor(bits=16, full_well=1e6)
    numbers = sensor.expose(radiance * 8e5, 0.01, sensor.base_gain, np.random.default_rng(7))
    assert sensor.develop(numbers, 8e5, 0.01, sensor.base_gain) == pytest.approx(radiance, abs=0.01)


def test_the_same_generator_gives_the_same_noise() -> None:
    field = np.full((8, 8, 3), 50, np.float32)
    one, two = (SENSOR.expose(field, 0.01, 1.0, np.random.default_rng(8)) for _ in range(2))
    assert (one == two).all()


def test_photons_of_a_lux_second() -> None:
    """By energy: 1 lx of green light of 555 nm is 1/683 W/m² or 4.09e15 photons/(s m²); daylight has 2.7 times as many
    in all, as the eye sees red and blue less.
    """
    green = 1 / 683 / (6.62607015e-34 * 299792458 / 555e-9)
    whole = 3 * Aperture(f_number=0.5, pitch=1.0, transmission=1.0).photons(1.0, 1.0)
    assert whole / green == pytest.approx(2.7, abs=0.05)
    aperture = Aperture()
    assert aperture.photons(2.0, 0.1) == pytest.approx(4 * aperture.photons(1.0, 0.05))
    assert Aperture(f_number=3.6).photons(1, 1) == pytest.approx(aperture.photons(1, 1) / 4)
    assert photons(np.full((1, 1, 3), 0.5), 3.0, 0.02, aperture)[0, 0] == pytest.approx(aperture.photons(3.0, 0.01))
