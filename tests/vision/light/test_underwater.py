from typing import get_args

import numpy as np
import pytest
from multisynth.vision.light import underwater as module
from multisynth.vision.light.underwater import Jerlov, Water, jerlov, underwater

# diffuse attenuation of daylight at 650, 550 and 450 nm, 1/m: Jerlov 1976, table XXVII
MEASURED = {"I": (0.36, 0.063, 0.019), "IB": (0.375, 0.072, 0.036), "II": (0.4, 0.089, 0.068),
            "III": (0.445, 0.12, 0.135), "1C": (0.45, 0.12, 0.25), "7C": (0.63, 0.46, 0.89),
            "9C": (0.76, 0.63, 1.6)}  # fmt: skip
TYPES = get_args(Jerlov)


@pytest.mark.parametrize("kind", MEASURED)
def test_absorption_and_scattering_explain_the_daylight_that_jerlov_measured(kind: Jerlov) -> None:
    """Through Lee, Du and Arnone's model of 2005, with Petzold's share of 1.83 % scattered back."""
    absorption, scattering, diffuse = (np.array(row) for row in module._WATER[kind])
    modelled = 1.15 * absorption + 4.18 * (1 - 0.52 * np.exp(-10.8 * absorption)) * 0.0183 * scattering
    assert modelled == pytest.approx(np.array(MEASURED[kind]), rel=0.45)
    assert diffuse == pytest.approx(np.array(MEASURED[kind]), rel=0.1)


@pytest.mark.parametrize("kind", TYPES)
def test_water_takes_red_first_in_clear_water_and_blue_in_harbours(kind: Jerlov) -> None:
    water = jerlov(kind)
    far = underwater(np.ones((1, 1, 3)), np.full((1, 1), 3.0), water, depth=5.0)[0, 0]
    assert far.argmin() == (2 if kind in ("7C", "9C") else 0)
    assert (np.array(water.attenuation) > 0).all() and (np.array(water.backscatter) > 0).all()
    assert water.attenuation != water.backscatter
    # wideband coefficients stay within what the channel's wavelengths have
    beam = np.add(*(np.array(row) for row in module._WATER[kind][:2]))
    for coefficients in (water.attenuation, water.backscatter):
        assert min(beam) * 0.95 <= min(coefficients) and max(coefficients) <= max(beam) * 1.01


def test_the_formula_term_by_term() -> None:
    water = Water((0.2, 0.1, 0.05), (0.3, 0.15, 0.06), (0.4, 0.08, 0.03), (0.1, 0.3, 0.5))
    radiance = np.random.default_rng(1).random((2, 2, 3))
    distance = np.array([[1.0, 4.0], [20.0, 0.0]])
    seen = underwater(radiance, distance, water, depth=3.0, ambient=0.8)
    for row, column in np.ndindex(2, 2):
        d = distance[row, column] or np.inf
        for c in range(3):
            light = np.exp(-water.diffuse[c] * 3)
            veil = 0.8 * light * water.veil[c] * (1 - np.exp(-water.backscatter[c] * d))
            assert seen[row, column, c] == pytest.approx(
                radiance[row, column, c] * light * np.exp(-water.attenuation[c] * d) + veil, rel=1e-5
            )


def test_a_narrow_channel_has_the_waters_own_coefficient() -> None:
    """In the limit of one wavelength both are a + b and the veil is b/(a + b)."""
    absorption, scattering = np.array([0.3, 0.06, 0.02]), np.array([0.2, 0.3, 0.4])
    found = module._wideband(absorption, scattering, 545.0, 1e-3)
    assert found == pytest.approx((0.36, 0.36, 0.3 / 0.36), rel=1e-4)
