import numpy as np
import pytest
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.light.fog import extinction, fog, transmittance, under_sky

AIR = (0.8, 0.85, 0.9)


def test_a_black_target_at_the_visibility_has_a_contrast_of_95_percent_airlight() -> None:
    seen = fog(np.zeros((1, 1, 3)), np.full((1, 1), 137.0), 137.0, AIR)
    assert seen[0, 0] == pytest.approx(0.95 * np.array(AIR), rel=1e-6)
    assert extinction(1000) == pytest.approx(2.9957e-3, rel=1e-4)


def test_sky_is_airlight_and_what_is_close_is_itself() -> None:
    radiance = np.random.default_rng(1).random((1, 2, 3))
    seen = fog(radiance, np.array([[0.0, 1e-6]]), 50.0, AIR)
    assert seen[0, 0] == pytest.approx(np.array(AIR))
    assert seen[0, 1] == pytest.approx(radiance[0, 1], rel=1e-6)


def test_two_layers_are_one_of_both_lengths() -> None:
    """Fog of 30 m behind fog of 20 m is fog of 50 m."""
    radiance = np.random.default_rng(2).random((4, 5, 3))
    whole = fog(radiance, np.full((4, 5), 50.0), 100.0, AIR)
    layers = fog(fog(radiance, np.full((4, 5), 30.0), 100.0, AIR), np.full((4, 5), 20.0), 100.0, AIR)
    assert layers == pytest.approx(whole, rel=1e-5)


def test_transmittance_of_channels() -> None:
    shares = transmittance(np.array([[2.0, 0.0]]), np.array([0.0, 0.5, 1.0]))
    assert shares[0, 0] == pytest.approx([1, np.exp(-1), np.exp(-2)], rel=1e-6)
    assert shares[0, 1].tolist() == [1, 0, 0]


def test_no_visibility() -> None:
    with pytest.raises(ValueError, match="above 0 m"):
        extinction(0)


def test_the_sky_is_seen_through_the_layer_above() -> None:
    """Straight up it is as thick as it is high, at 30° twice as thick, and below the horizon it has no end."""
    for elevation, expected in ((90, 60.0), (30, 120.0), (-20, 0.0)):
        up, out = np.sin(np.radians(elevation)), np.cos(np.radians(elevation))
        forward, right = np.array([0, out, up]), np.array([1.0, 0, 0])
        pose = np.eye(4)
        pose[:3, :3] = np.stack([right, np.cross(forward, right), forward])
        view = Viewpoint(1, 1, np.array([[5.0, 0, 0.5], [0, 5.0, 0.5], [0, 0, 1]]), pose)
        assert under_sky(np.zeros((1, 1)), view, 60.0)[0, 0] == pytest.approx(expected)
        assert under_sky(np.full((1, 1), 7.0), view, 60.0)[0, 0] == 7
