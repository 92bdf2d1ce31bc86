import numpy as np
import pytest
from multisynth.vision.light.planck import LONGWAVE, STEFAN_BOLTZMANN, apparent_temperature, band_radiance

MIDWAVE = (3e-6, 5e-6)
H, C, K = 6.62607015e-34, 299792458.0, 1.380649e-23


def spectral(wavelength: float, kelvin: float) -> float:
    """Planck's law as it is written, W/(m² sr m)."""
    return 2 * H * C**2 / wavelength**5 / np.expm1(H * C / (wavelength * K * kelvin))


@pytest.mark.parametrize("band", [LONGWAVE, MIDWAVE, (0.5e-6, 50e-6)])
@pytest.mark.parametrize("kelvin", [200.0, 300.0, 900.0, 3000.0])
def test_the_sum_is_the_integral(band: tuple[float, float], kelvin: float) -> None:
    from scipy.integrate import quad

    middle = 2.898e-3 / kelvin
    breaks = [middle] if band[0] < middle < band[1] else None
    expected, _ = quad(spectral, *band, args=(kelvin,), points=breaks, epsabs=0, epsrel=1e-11, limit=400)
    assert band_radiance(kelvin, band) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kelvin", [4.0, 300.0, 6000.0])
def test_all_wavelengths_together_are_stefan_and_boltzmann(kelvin: float) -> None:
    assert band_radiance(kelvin, (1e-9, np.inf)) * np.pi == pytest.approx(STEFAN_BOLTZMANN * kelvin**4, rel=1e-12)


def test_bands_that_meet_add_up() -> None:
    whole = band_radiance(310.0, (3e-6, 40e-6))
    parts = sum(band_radiance(310.0, (a * 1e-6, b * 1e-6)) for a, b in [(3, 5), (5, 8), (8, 14), (14, 40)])
    assert parts == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize("band", [LONGWAVE, MIDWAVE, (7.9e-6, 8.1e-6)])
def test_the_inverse_returns(band: tuple[float, float]) -> None:
    kelvin = np.geomspace(80, 5000, 60).reshape(6, 10)
    assert apparent_temperature(band_radiance(kelvin, band), band) == pytest.approx(kelvin, rel=1e-12)


def test_nothing_is_at_zero() -> None:
    assert band_radiance(np.zeros((2, 3))).tolist() == np.zeros((2, 3)).tolist()
    assert apparent_temperature(np.zeros(2)).tolist() == [0, 0]


def test_refuses_what_has_no_meaning() -> None:
    with pytest.raises(ValueError, match="0 and more"):
        band_radiance(-3.0)
    with pytest.raises(ValueError, match="0 and more"):
        apparent_temperature(np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="shorter to a longer"):
        band_radiance(300.0, (14e-6, 8e-6))
