"""The CPU compositor and gsplat on a GPU see the same; on a CPU, and gsplat's torch projection in float32 do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import Tensor  # noqa: E402

from benchmarks.splat_parity import parity  # noqa: E402
from benchmarks.splat_room import room  # noqa: E402


def failures(report: dict[str, Any]) -> list[str]:
    return [
        f"{case} {name}: {check}"
        for case, checks in report.items()
        if case != "passed"
        for name, check in checks.items()
        if not check["passed"]
    ]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Torch's threads wait for each other longer than such small tensors take."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.gpu
def test_cpu_and_cuda_agree() -> None:
    assert not failures(parity(room(30_000), 320, 240))


def test_cpu_and_a_projection_in_float32_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    from gsplat.cuda._torch_impl import _fully_fused_projection, _quat_scale_to_covar_preci
    from multisynth.vision.splats import differentiable

    ours, calls = differentiable.project, []

    def project(
        means: Tensor, quats: Tensor, scales: Tensor, opacities: Tensor, viewmats: Tensor, Ks: Tensor, width: int,
        height: int, eps2d: float, near: float, far: float, radius_clip: float, camera_model: str, antialiased: bool,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """Ours for the two images of each case's first side, gsplat's for those of its second."""
        found = ours(
            means, quats, scales, opacities, viewmats, Ks, width, height, eps2d, near, far, radius_clip, camera_model,
            antialiased,
        )  # fmt: skip
        calls.append(camera_model)
        if len(calls) % 4 in (1, 2):
            return found
        covariances, _ = _quat_scale_to_covar_preci(quats, scales, compute_preci=False)
        _, *theirs = _fully_fused_projection(
            means, covariances, viewmats, Ks, width, height, calc_compensations=True, camera_model=camera_model
        )
        seen = (found[0] > 0).all(-1)
        means2d, depths, conics, compensations = (
            torch.where(seen.reshape(*seen.shape, *[1] * (tensor.dim() - 2)), tensor, 0.0) for tensor in theirs
        )
        # The order of two at the same depth is not what is compared.
        return found[0], means2d, found[2].detach() + depths - depths.detach(), conics, compensations

    monkeypatch.setattr(differentiable, "project", project)
    assert not failures(parity(room(4_000), 96, 72, device="cpu"))
    assert len(calls) == 16
