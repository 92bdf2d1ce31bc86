import numpy as np
import pytest
from multisynth.vision.light.glare import WAVELENGTHS, WEIGHTS, Vision, glare, spread, sun

VISIONS: list[Vision] = ["photopic", "mesopic", "scotopic"]


@pytest.mark.parametrize("vision", VISIONS)
def test_shares_make_a_whole_and_each_function_integrates_to_its_share(vision: Vision) -> None:
    """Over the hemisphere ∫ f dω with dω = 2π sin θ dθ; f₀ has the rest."""
    from scipy.integrate import quad

    assert sum(WEIGHTS[vision]) == pytest.approx(1)
    for wavelength in WAVELENGTHS:

        def ring(angle: float, wavelength: float = wavelength) -> float:
            return float(spread(np.float64(np.degrees(angle)), wavelength, vision)) * 2 * np.pi * np.sin(angle)

        whole, _ = quad(ring, 0, np.pi / 2, points=[1e-4, 1e-3, 0.01, 0.05, 0.06], limit=500)
        assert whole == pytest.approx(1 - WEIGHTS[vision][0], rel=0.02)


def test_an_even_field_stays_even() -> None:
    field = np.full((30, 40, 3), 0.7, np.float32)
    assert glare(field, 2e-3) == pytest.approx(field, rel=1e-5)


def test_light_is_kept_and_falls_off_as_the_spread() -> None:
    from scipy.integrate import quad

    spot = np.zeros((201, 201, 3), np.float32)
    spot[100, 100] = 1e4
    seen = glare(spot, 5e-4, border="dark")[..., 1]

    def ring(angle: float) -> float:
        return float(spread(np.float64(np.degrees(angle)), WAVELENGTHS[1], "photopic")) * 2 * np.pi * np.sin(angle)

    beyond, _ = quad(ring, np.arctan(5e-4 * 113.4), np.pi / 2)  # outside the circle as large as the image
    assert seen.sum() / 1e4 == pytest.approx(1 - beyond, abs=0.01)
    row = seen[100, 101:]
    angle = np.degrees(np.arctan(5e-4 * np.arange(1, 101)))
    expected = spread(angle, WAVELENGTHS[1], "photopic")
    assert row[20:] / row[20] == pytest.approx(expected[20:] / expected[20], rel=1e-2)
    assert seen[100, 100] > WEIGHTS["photopic"][0] * 1e4


def test_convolution_is_that_of_a_plain_sum() -> None:
    """Against a direct sum over all pairs of pixels, whose weights come from the response to one bright pixel."""
    rng = np.random.default_rng(5)
    picture = rng.random((9, 12, 3)).astype(np.float32)
    spot = np.zeros((17, 23, 3), np.float32)
    spot[8, 11] = 1
    response = glare(spot, 1e-3, border="dark")
    seen = glare(picture, 1e-3, border="dark")
    expected = sum(picture[y, x] * response[8 - y : 17 - y, 11 - x : 23 - x] for y in range(9) for x in range(12))
    assert seen == pytest.approx(expected, rel=1e-4)


def test_strength() -> None:
    picture = np.random.default_rng(6).random((8, 8, 3)).astype(np.float32)
    assert glare(picture, 1e-3, strength=0) == pytest.approx(picture)
    with pytest.raises(ValueError, match="not from 0 to 1"):
        glare(picture, 1e-3, strength=1.9)


def test_a_disc_has_its_area_and_a_small_one_its_power() -> None:
    assert sun((60, 60), (30.2, 29.7), 20, 1000)[..., 0].sum() == pytest.approx(1000 * np.pi * 100, rel=0.01)
    assert sun((60, 60), (30.5, 29.5), 0.25, 1000)[..., 0].sum() == pytest.approx(1000 * np.pi / 64, rel=0.05)
    assert not sun((60, 60), (300, -50), 20, 1000).any()


def test_a_lamp_at_the_border_leaves_the_far_side_dark() -> None:
    picture = np.full((60, 80, 3), 0.2, np.float32)
    picture[20:24, 78:] = 1e4
    seen = glare(picture, 2e-3, strength=0.1)
    inside = glare(np.roll(picture, -4, axis=1), 2e-3, strength=0.1)
    np.testing.assert_allclose(seen[:, :8], inside[:, :8], rtol=0.2)
