"""MCMC in torch against what its equations are derived from, and on CUDA against gsplat's kernels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from multisynth.vision.reconstruct.relocate import relocation


@pytest.mark.parametrize("copies", [1, 2, 7, 51])
def test_copies_stop_as_much_light_as_one_did(copies: int) -> None:
    """Equation 9 keeps the integral over a line through the middle of what is stopped, and its peak."""
    opacity, scale = 0.7, 0.5
    new, scales = relocation(torch.tensor([opacity]), torch.full((1, 3), scale), torch.tensor([copies]))
    o, s = float(new), float(scales[0, 0])
    assert 1 - (1 - o) ** copies == pytest.approx(opacity, abs=1e-6)
    x = np.linspace(-8, 8, 20001)
    one = opacity * np.exp(-0.5 * (x / scale) ** 2)
    many = 1 - (1 - o * np.exp(-0.5 * (x / s) ** 2)) ** copies
    assert np.trapezoid(many, x) == pytest.approx(np.trapezoid(one, x), rel=1e-4)


def test_more_copies_than_the_table_holds_count_as_fifty_one() -> None:
    few, many = (relocation(torch.tensor([0.5]), torch.ones(1, 3), torch.tensor([n])) for n in (51, 400))
    assert few[0] == many[0] and torch.equal(few[1], many[1])


@pytest.mark.gpu
def test_gsplat_does_the_same() -> None:
    from gsplat.relocation import compute_relocation
    from gsplat.strategy import MCMCStrategy

    generator = torch.Generator().manual_seed(1)
    opacities, scales = torch.rand(100, generator=generator) * 0.9 + 0.05, torch.rand(100, 3, generator=generator)
    copies = torch.randint(1, 60, (100,), generator=generator)
    expected = compute_relocation(
        opacities.cuda(), scales.cuda(), copies.cuda(), MCMCStrategy().initialize_state()["binoms"].cuda()
    )
    for found, wanted in zip(relocation(opacities, scales, copies), expected, strict=True):
        torch.testing.assert_close(found, wanted.cpu(), rtol=1e-3, atol=1e-4)
