"""Values and gradients of hash grids equal those of nerfstudio's own torch code."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("nerfstudio")
pytest.importorskip("viser")


@pytest.mark.parametrize("where", ["compiled", "torch", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize(("levels", "features", "log2"), [(8, 2, 12), (1, 4, 8), (16, 2, 15)])
def test_equals_nerfstudio(where: str, levels: int, features: int, log2: int) -> None:
    """Random points, both ends of the cube, and corners of cells."""
    from multisynth.vision.reconstruct.nerfacto_hash import InTorch, lookup
    from nerfstudio.field_components.encodings import HashEncoding

    draws = torch.Generator().manual_seed(1)
    grid = HashEncoding(levels, 16, 512, log2, features_per_level=features, hash_init_scale=1.0, implementation="torch")
    grid.hash_table.data = torch.rand(grid.hash_table.shape, generator=draws)
    corners = torch.tensor([[0.0, 0, 0], [1, 1, 1], [0.5, 0.25, 0.75], [1 / 16, 0, 1]])
    points = torch.cat([torch.rand(500, 3, generator=draws), corners])
    flow = torch.rand(len(points), levels * features, generator=draws)
    expected = grid.pytorch_fwd(points)
    (back,) = torch.autograd.grad(expected, grid.hash_table, flow)

    device = "cuda" if where == "cuda" else "cpu"
    table = grid.hash_table.detach().to(device).requires_grad_()
    one = lookup if where != "torch" else InTorch.apply
    values = one(points.to(device), table, grid.scalings.to(device))
    (gradient,) = torch.autograd.grad(values, table, flow.to(device))
    torch.testing.assert_close(values.cpu(), expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(gradient.cpu(), back, rtol=1e-5, atol=1e-4)
