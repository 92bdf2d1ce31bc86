"""The CPU compositor beside gsplat on CUDA: the same splats, cameras and loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.splat_edges import edges
from benchmarks.splat_room import views

RTOL, ATOL = 1e-4, 5e-5
DEPTH, GRADIENT = 1e-4, 1e-3  # relative
FLIPPED = 0.01  # of the pixels on edges may differ by more
_GRADIENTS = ("means", "quats", "scales", "opacities", "colors", "viewmats", "backgrounds", "means2d", "absgrad")


def parity(scene: dict[str, Any], width: int, height: int, cameras: int = 3, device: str = "cuda") -> dict[str, Any]:
    """Errors of images, depth, labels and gradients under each lens and mode, and whether all are within bounds."""
    cases: dict[str, dict[str, str]] = {
        "pinhole": {}, "antialiased": {"rasterize_mode": "antialiased"}, "fisheye": {"camera_model": "fisheye"},
        "ortho": {"camera_model": "ortho"},
    }  # fmt: skip
    report: dict[str, Any] = {name: _case(scene, width, height, cameras, device, case) for name, case in cases.items()}
    report["passed"] = all(check["passed"] for case in report.values() for check in case.values())
    return report


def _case(
    scene: dict[str, Any], width: int, height: int, cameras: int, device: str, case: dict[str, str]
) -> dict[str, Any]:
    viewmats, lenses = views(cameras, width, height)
    if case.get("camera_model") == "ortho":
        lenses[:, 0, 0] = lenses[:, 1, 1] = 0.2 * width  # px a metre
    ours = _run(scene, viewmats, lenses, width, height, "cpu", case)
    edge = ours["edges"]
    theirs = _run(scene, viewmats, lenses, width, height, device, case, edge)
    faint = ours["alphas"][..., 0] < 0.05  # of next to nothing there is no expected depth
    checks = {
        "rgb": _images(ours["renders"][..., :3], theirs["renders"][..., :3], edge, RTOL, ATOL),
        "alpha": _images(ours["alphas"], theirs["alphas"], edge, RTOL, ATOL),
        "expected_depth": _images(ours["renders"][..., 3:], theirs["renders"][..., 3:], edge, DEPTH, 0.0, faint),
        "accumulated_depth": _images(ours["accumulated"], theirs["accumulated"], edge, DEPTH, ATOL),
        "median_depth": _same(ours["median"], theirs["median"]),
        "instance_ids": _same(ours["ids"], theirs["ids"]),
        "depths": _bits(ours, theirs),
    }
    checks.update({f"gradient_{name}": _vectors(ours[name], theirs[name]) for name in _GRADIENTS})
    return checks


def _run(
    scene: dict[str, Any], viewmats: np.ndarray, lenses: np.ndarray, width: int, height: int, device: str,
    case: dict[str, str], edge: np.ndarray | None = None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """One side, as arrays. The loss leaves the pixels on edges out: their jumps are no error of a gradient."""
    import torch
    from multisynth.vision.splats.labels import instance_ids, median_depth
    from multisynth.vision.splats.rasterize import rasterization

    generator = torch.Generator().manual_seed(0)
    given = {name: torch.from_numpy(scene[name]) for name in scene if name != "labels"}
    given["viewmats"] = torch.from_numpy(viewmats)
    given["backgrounds"] = torch.rand(len(viewmats), 3, generator=generator)
    wanted = torch.randn(len(viewmats), height, width, 5, generator=generator).to(device)
    leaves = {name: tensor.to(device, copy=True).requires_grad_() for name, tensor in given.items()}
    options: dict[str, Any] = dict(
        Ks=torch.from_numpy(lenses).to(device), width=width, height=height, sh_degree=3, packed=False, **case
    )
    renders, alphas, meta = rasterization(**leaves, **options, render_mode="RGB+ED", absgrad=True)
    meta["means2d"].retain_grad()
    edge = edges(meta) if edge is None else edge
    inside = torch.from_numpy(~edge).to(device)
    (torch.cat((renders, alphas), -1) * wanted)[inside].sum().backward()
    with torch.no_grad():
        accumulated, _, _ = rasterization(**leaves, **options, render_mode="D")
    found = {
        "renders": renders, "alphas": alphas, "accumulated": accumulated, "median": median_depth(meta),
        "ids": instance_ids(meta, torch.from_numpy(scene["labels"]).to(device)), "depths": meta["depths"],
        "radii": meta["radii"], "means2d": meta["means2d"].grad, "absgrad": meta["means2d"].absgrad,
        **{name: leaf.grad for name, leaf in leaves.items()},
    }  # fmt: skip
    return {**{name: tensor.detach().cpu().numpy() for name, tensor in found.items()}, "edges": edge}


def _images(
    ours: np.ndarray, theirs: np.ndarray, edge: np.ndarray, rtol: float, atol: float, ignored: np.ndarray | None = None
) -> dict[str, Any]:
    """Errors of images [C, H, W, X] within and on the edges [C, H, W]."""
    error = np.abs(ours - theirs)
    wrong = (error > atol + rtol * np.abs(theirs)).any(-1)
    inside, outside = ~edge, edge
    if ignored is not None:
        inside, outside = inside & ~ignored, outside & ~ignored
    flipped = float(wrong[outside].mean()) if outside.any() else 0.0
    return {
        "edges": _short(edge.mean()), "max_inside": _short(error[inside].max()),
        "p99.9_inside": _short(np.quantile(error[inside], 0.999)), "wrong_inside": int(wrong[inside].sum()),
        "max_on_edges": _short(error[outside].max(initial=0.0)), "wrong_on_edges": _short(flipped),
        "passed": bool(not wrong[inside].any() and flipped <= FLIPPED),
    }  # fmt: skip


def _same(ours: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """How many pixels of labels differ; each is a choice between two that are as good to float32's precision."""
    differ = np.abs(ours.astype(float) - theirs) > DEPTH * np.abs(theirs)
    return {"differ": _short(differ.mean()), "passed": bool(differ.mean() <= 1e-3)}


def _bits(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> dict[str, Any]:
    """Whether what both see lies at the same depth to the last bit, which gives it the same order."""
    seen = [(side["radii"] > 0).all(-1) for side in (ours, theirs)]
    both = seen[0] & seen[1]
    equal = (ours["depths"] == theirs["depths"])[both].mean()
    apart = np.abs(ours["depths"] - theirs["depths"])[both].max()
    differ = (seen[0] != seen[1]).sum()
    return {
        "equal": _short(equal), "max": _short(apart), "seen": int(both.sum()), "seen_by_one": int(differ),
        "passed": bool(differ <= 1e-3 * both.sum() and apart < 1e-4),
    }  # fmt: skip


def _vectors(ours: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """The relative error of a whole gradient, and of single rows of more than the median length."""
    difference = np.linalg.norm((ours - theirs).ravel()) / np.linalg.norm(theirs.ravel())
    rows, expected = (ours - theirs).reshape(-1, ours.shape[-1]), theirs.reshape(-1, theirs.shape[-1])
    if ours.ndim == 1:
        rows, expected = rows.reshape(-1, 1), expected.reshape(-1, 1)
    length = np.linalg.norm(expected, axis=-1)
    large = length > np.median(length[length > 0])
    each = np.linalg.norm(rows, axis=-1)[large] / length[large]
    return {
        "relative": _short(difference), "p99_of_rows": _short(np.quantile(each, 0.99)),
        "passed": bool(difference <= GRADIENT),
    }  # fmt: skip


def _short(value: Any) -> float:
    return float(f"{float(value):.3g}")
