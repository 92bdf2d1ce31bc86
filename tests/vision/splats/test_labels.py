"""Median depth and instances of splats, against what follows from the weights of each Gaussian alone."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from multisynth.vision.splats.labels import instance_ids, median_depth  # noqa: E402
from multisynth.vision.splats.rasterize import rasterization  # noqa: E402

from tests.vision.splats.test_rasterize import HEIGHT, WIDTH, cloud  # noqa: E402


def test_median_and_instances_follow_from_the_weights() -> None:
    count = 50
    data = {name: tensor.float() for name, tensor in cloud(count).items()}
    instances = torch.arange(count) % 5
    # A channel of its own for each Gaussian gives the weights that it has in each pixel.
    weights, alphas, meta = rasterization(**{**data, "colors": torch.eye(count)}, width=WIDTH, height=HEIGHT)

    for camera in range(2):
        order = torch.argsort(meta["depths"][camera], stable=True)
        behind = 1 - weights[camera][..., order].double().cumsum(-1)
        sorted_depths = meta["depths"][camera][order]
        first = (behind <= 0.5).int().argmax(-1)
        expected = torch.where(behind[..., -1] <= 0.5, sorted_depths[first], 0.0)
        assert 0.1 < (expected > 0).float().mean() < 0.9
        unsure = ((behind - 0.5).abs() < 1e-5).any(-1)
        assert torch.equal(median_depth(meta)[camera][~unsure], expected[~unsure])

        shares = torch.stack([weights[camera][..., instances == k].sum(-1) for k in range(5)], -1)
        shares[..., 0] += 1 - alphas[camera, ..., 0]
        two = shares.topk(2).values
        sure = two[..., 0] - two[..., 1] > 1e-5
        found = instance_ids(meta, instances)[camera]
        assert len(found.unique()) >= 4
        assert torch.equal(found[sure].long(), shares.argmax(-1)[sure])


def test_median_of_a_half_transparent_wall_before_another() -> None:
    walls = {
        "means": torch.tensor([[0.0, 0.0, 3.0], [0.0, 0.0, 4.0]]), "quats": torch.tensor([[1.0, 0, 0, 0]] * 2),
        "scales": torch.full((2, 3), 3.0), "opacities": torch.tensor([0.4, 0.4]), "colors": torch.ones(2, 3),
        "viewmats": torch.eye(4)[None], "Ks": torch.tensor([[[100.0, 0, 4.5], [0, 100, 4.5], [0, 0, 1]]]),
    }  # fmt: skip
    renders, _, meta = rasterization(**walls, width=9, height=9, render_mode="ED")
    assert median_depth(meta)[0, 4, 4] == 4.0
    assert renders[0, 4, 4, 0] == pytest.approx((0.4 * 3 + 0.24 * 4) / 0.64, abs=1e-5)
    assert instance_ids(meta, torch.tensor([7, 9]))[0, 4, 4] == 7
    assert instance_ids(meta, torch.tensor([0, 9]))[0, 4, 4] == 0
