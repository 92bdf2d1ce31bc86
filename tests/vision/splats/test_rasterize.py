"""The CPU compositor against gsplat's torch projection with a plain composite and autograd."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from multisynth.vision.splats.rasterize import rasterization  # noqa: E402
from torch import Tensor  # noqa: E402

from multisynth.errors import BadInput  # noqa: E402
from tests.vision.splats.reference import reference  # noqa: E402

WIDTH, HEIGHT = 37, 26


def cloud(count: int = 60, degree: int | None = None, channels: int = 3, seed: int = 3) -> dict[str, Tensor]:
    """Gaussians of all shapes before two cameras, some behind, beside and nearly opaque."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, dtype=torch.float64)

    turn = 0.3
    second = torch.eye(4, dtype=torch.float64)
    second[0, 0] = second[2, 2] = torch.cos(torch.tensor(turn))
    second[0, 2], second[2, 0] = -torch.sin(torch.tensor(turn)), torch.sin(torch.tensor(turn))
    second[:3, 3] = torch.tensor([0.3, -0.1, 0.4])
    colors = uniform(count, channels) if degree is None else uniform(count, (degree + 1) ** 2, 3) - 0.5
    return {
        "means": (uniform(count, 3) - 0.5) * torch.tensor([3.0, 2.0, 3.0]) + torch.tensor([0.0, 0.0, 2.2]),
        "quats": uniform(count, 4) - 0.5,
        "scales": 0.02 + 0.3 * uniform(count, 3) ** 2,
        "opacities": 0.02 + 0.98 * uniform(count),
        "colors": colors,
        "viewmats": torch.stack((torch.eye(4, dtype=torch.float64), second)),
        "Ks": torch.tensor([[30.0, 0, 19], [0, 32, 12], [0, 0, 1]], dtype=torch.float64).repeat(2, 1, 1),
    }


def run(function: Any, data: dict[str, Tensor], dtype: Any, **options: Any) -> tuple[Any, dict[str, Tensor]]:
    """What a rasteriser gives, and the gradients of a fixed random sum of it."""
    leaves = {name: tensor.to(dtype).requires_grad_(name != "Ks") for name, tensor in data.items()}
    given = {
        name: value.to(dtype).requires_grad_() if torch.is_tensor(value) else value for name, value in options.items()
    }
    result = function(**leaves, width=WIDTH, height=HEIGHT, **given)
    generator = torch.Generator().manual_seed(5)
    loss = sum(
        (part * torch.rand(part.shape, generator=generator, dtype=torch.float64).to(dtype)).sum() for part in result[:2]
    )
    loss.backward()
    found = {name: leaf.grad for name, leaf in leaves.items() if name != "Ks"}
    if given.get("backgrounds") is not None:
        found["backgrounds"] = given["backgrounds"].grad
    return result, found


@pytest.mark.parametrize(
    "options",
    [
        {"render_mode": "RGB", "backgrounds": torch.tensor([[0.2, 0.5, 0.9], [1.0, 0.0, 0.4]], dtype=torch.float64)},
        {"render_mode": "RGB+ED", "sh_degree": 3, "rasterize_mode": "antialiased"},
        {"render_mode": "RGB+D", "sh_degree": 1, "camera_model": "fisheye"},
        {"render_mode": "D", "camera_model": "ortho"},
    ],
    ids=lambda options: options.get("camera_model", options["render_mode"]),
)  # fmt: skip
def test_images_and_gradients_are_those_of_a_plain_composite(options: dict[str, Any]) -> None:
    data = cloud(degree=options.get("sh_degree"))
    (renders, alphas, _), gradients = run(rasterization, data, torch.float32, **options)
    (expected, opacity, _), slopes = run(reference, data, torch.float64, **options)
    assert expected.std() > 0.01
    torch.testing.assert_close(renders.double(), expected, rtol=1e-4, atol=5e-5)
    torch.testing.assert_close(alphas.double(), opacity, rtol=1e-4, atol=5e-5)
    for name, slope in slopes.items():
        if slope is None or not slope.any():
            assert gradients[name] is None or not gradients[name].any(), name
            continue
        error = (gradients[name].double() - slope).norm() / slope.norm()
        assert error < 1e-3, f"{name}: {error:.2e}"


def test_gradients_that_densification_reads() -> None:
    data = cloud()
    leaves = {name: tensor.float().requires_grad_() for name, tensor in data.items()}
    renders, _, meta = rasterization(**leaves, width=WIDTH, height=HEIGHT, absgrad=True)
    meta["means2d"].retain_grad()
    renders[..., 0].sum().backward()

    exact = {name: tensor.clone().requires_grad_() for name, tensor in data.items()}
    expected, _, means2d = reference(**exact, width=WIDTH, height=HEIGHT)
    means2d.retain_grad()
    expected[..., 0].sum().backward()
    torch.testing.assert_close(meta["means2d"].grad.double(), means2d.grad, rtol=1e-3, atol=1e-3)

    # One pixel's gradient has one sign, so over single pixels the absolute values add up.
    columns = []
    for x in range(WIDTH):
        leaves = {name: tensor.float().requires_grad_() for name, tensor in cloud(8).items()}
        renders, _, one = rasterization(**leaves, width=WIDTH, height=1)
        one["means2d"].retain_grad()
        renders[..., x, 0].sum().backward()
        columns.append(one["means2d"].grad.abs())
    renders, _, all_ = rasterization(**leaves, width=WIDTH, height=1, absgrad=True)
    renders[..., 0].sum().backward()
    torch.testing.assert_close(all_["means2d"].absgrad, sum(columns), rtol=1e-4, atol=1e-5)


def test_the_number_of_threads_changes_no_bit() -> None:
    def made(threads: int) -> list[Tensor]:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            (renders, alphas, _), gradients = run(
                rasterization, cloud(400, degree=2), torch.float32, sh_degree=2, render_mode="RGB+ED"
            )
        finally:
            torch.set_num_threads(before)
        return [renders, alphas, *gradients.values()]

    for one, two in zip(made(1), made(3), strict=True):
        assert torch.equal(one, two)


def test_expected_and_accumulated_depth_of_a_half_transparent_gaussian() -> None:
    one = {
        "means": torch.tensor([[0.0, 0.0, 4.0]]), "quats": torch.tensor([[1.0, 0, 0, 0]]),
        "scales": torch.full((1, 3), 2.0), "opacities": torch.tensor([0.5]), "colors": torch.ones(1, 3),
        "viewmats": torch.eye(4)[None], "Ks": torch.tensor([[[100.0, 0, 4.5], [0, 100, 4.5], [0, 0, 1]]]),
    }  # fmt: skip
    depth = {mode: rasterization(**one, width=9, height=9, render_mode=mode)[0][0, 4, 4, 0] for mode in ("D", "ED")}
    assert depth["ED"] == pytest.approx(4.0, abs=1e-5)
    assert depth["D"] == pytest.approx(2.0, abs=1e-5)


@pytest.mark.parametrize("count", [0, 3])
def test_nothing_to_see_is_the_background(count: int) -> None:
    data = {name: tensor.float() for name, tensor in cloud(count).items()}
    data["means"] = data["means"] - torch.tensor([0.0, 0.0, 50.0])
    data = {name: tensor.requires_grad_() for name, tensor in data.items()}
    backgrounds = torch.tensor([[0.1, 0.2, 0.3]]).repeat(2, 1)
    renders, alphas, _ = rasterization(**data, width=5, height=4, backgrounds=backgrounds, render_mode="RGB+ED")
    assert not alphas.any()
    assert torch.equal(renders[..., :3], backgrounds[:, None, None].expand(2, 4, 5, 3))
    renders.sum().backward()
    assert not data["means"].grad.any()


def test_what_it_cannot_do_is_refused() -> None:
    data = {name: tensor.float() for name, tensor in cloud(4).items()}
    for options, named in (
        ({"packed": True}, "packed"),
        ({"with_ut": True}, "with_ut"),
        ({"covars": torch.zeros(4, 3, 3)}, "covars"),
        ({"camera_model": "ftheta"}, "camera_model"),
        ({"sh_degree": 4}, "sh_degree"),
    ):
        with pytest.raises(BadInput, match=named):
            rasterization(**data, width=8, height=8, **options)
    with pytest.raises(BadInput, match="scales"):
        rasterization(**{**data, "scales": data["scales"][:, :2]}, width=8, height=8)
