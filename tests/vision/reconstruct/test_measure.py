"""PSNR and SSIM against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from multisynth.vision.reconstruct.measure import psnr, ssim


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    v, u = np.mgrid[:48, :70]
    truth = 0.5 + 0.5 * np.sin(np.stack([u / 5, v / 7, (u + v) / 4], -1))
    return np.clip(truth + rng.normal(0, 0.1, truth.shape), 0, 1), truth


def test_psnr_is_that_of_scikit_image(pair: tuple[np.ndarray, np.ndarray]) -> None:
    from skimage.metrics import peak_signal_noise_ratio

    image, truth = pair
    expected = peak_signal_noise_ratio(truth, image, data_range=1)
    assert psnr(torch.from_numpy(image), torch.from_numpy(truth)) == pytest.approx(expected, abs=1e-6)


def test_ssim_is_that_of_scikit_image(pair: tuple[np.ndarray, np.ndarray]) -> None:
    from skimage.metrics import structural_similarity

    image, truth = pair
    expected = structural_similarity(
        truth, image, data_range=1, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert float(ssim(torch.from_numpy(image), torch.from_numpy(truth))) == pytest.approx(expected, abs=1e-9)


def test_ssim_leads_to_the_truth(pair: tuple[np.ndarray, np.ndarray]) -> None:
    image, truth = (torch.from_numpy(one)[:24, :24] for one in pair)
    assert torch.autograd.gradcheck(ssim, (image.requires_grad_(), truth), eps=1e-6, atol=1e-7)
