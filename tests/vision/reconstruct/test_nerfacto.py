"""nerfacto learns a small place on a processor, and keeps through its file."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.reconstruct.nerfacto import into_field, train_nerfacto
from multisynth.vision.reconstruct.nerfacto_field import Architecture, Nerf, Proposal, similarity
from multisynth.vision.reconstruct.views import Views
from multisynth.vision.render.nerf import NerfRenderer

from multisynth.errors import BadInput

torch = pytest.importorskip("torch")
pytest.importorskip("nerfstudio")
pytest.importorskip("nerfacc")
pytest.importorskip("viser")

SMALL = Architecture(
    levels=8, max_resolution=128, log2_table=14, hidden=32, hidden_colour=32,
    proposals=(Proposal(max_resolution=64, log2_table=12, levels=4),), proposal_samples=(32,), samples=16,
    near=0.5, far=8.0,
)  # fmt: skip
K = np.array([[28.0, 0, 16], [0, 28.0, 12], [0, 0, 1]])
SIZE = 32, 24


def place(count: int = 9) -> tuple[Views, list[np.ndarray]]:
    """A striped floor with a ball on it inside a large striped ball, seen from an arc; and the true z-depths."""
    images, matrices, depths = [], [], []
    u, v = np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5)
    looks = np.stack([(u - K[0, 2]) / K[0, 0], (v - K[1, 2]) / K[1, 1], np.ones_like(u)], -1)
    for turn in np.linspace(-0.6, 0.6, count):
        centre = np.array([2 * np.sin(turn), -2 * np.cos(turn), 1.0])
        forward = np.array([0, 0, 0.3]) - centre
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        matrix = np.eye(4)
        matrix[:3, :3] = right, np.cross(forward, right), forward
        matrix[:3, 3] = -matrix[:3, :3] @ centre
        rays = looks @ matrix[:3, :3]
        ball = _sphere(centre, rays, np.array([0, 0, 0.4]), 0.4, far=False)
        floor = np.where(rays[..., 2] < 0, -centre[2] / np.minimum(rays[..., 2], -1e-9), np.inf)
        depth = np.minimum(np.minimum(ball, floor), _sphere(centre, rays, np.zeros(3), 3.0, far=True))
        points = centre + rays * depth[..., None]
        colour = 0.5 + 0.4 * np.sin(points * [5, 4, 6] + [0, 1, 2])
        colour[ball <= depth] *= [1, 0.4, 0.3]
        images.append((colour * 255).round().astype(np.uint8))
        matrices.append(matrix)
        depths.append(depth)
    none: list[None] = [None] * count
    points = np.random.default_rng(0).uniform([-1, -1, 0], [1, 1, 0.8], (100, 3)).astype(np.float32)
    return Views(
        names=[f"{row:02d}" for row in range(count)], images=images, intrinsics=np.repeat(K[None], count, 0),
        world_to_camera=np.stack(matrices), held_out=np.arange(count) == count // 2, points=points,
        point_colours=np.zeros((100, 3), np.uint8), seen=[np.arange(0)] * count, depths=none, normals=none,
        instances=none, metric=True,
    ), depths  # fmt: skip


def _sphere(centre: np.ndarray, rays: np.ndarray, middle: np.ndarray, radius: float, far: bool) -> np.ndarray:
    offset = centre - middle
    a, b = (rays**2).sum(-1), (rays * offset).sum(-1)
    root = b * b - a * (offset @ offset - radius**2)
    distance = (-b + np.sqrt(np.maximum(root, 0)) * (1 if far else -1)) / a
    return np.where((root > 0) & (distance > 0), distance, np.inf)


def viewpoint(views: Views, row: int) -> Viewpoint:
    """The camera of a view."""
    return Viewpoint(*SIZE, views.intrinsics[row], views.world_to_camera[row])


@pytest.mark.slow
def test_learns_what_it_has_not_seen() -> None:
    """An untrained field stays under 13 dB; the mean of the images learned from is 14.8 dB from the one held out."""
    views, depths = place()
    untrained = train_nerfacto(views, steps=1, rays=64, architecture=SMALL)
    trained = train_nerfacto(views, steps=500, rays=512, architecture=SMALL)
    assert untrained.psnr is not None and trained.psnr is not None and trained.ssim is not None
    assert untrained.psnr < 13
    assert trained.psnr > 18
    assert trained.ssim > 0.65
    assert trained.losses[-1] < trained.losses[0] / 5
    row = int(np.flatnonzero(views.held_out)[0])
    (seen,) = NerfRenderer(trained.nerf, "cpu").render([viewpoint(views, row)])
    near = depths[row] < 2.2  # the ball and the floor before it, which all cameras see
    assert seen.median_depth is not None
    assert np.median(np.abs(seen.median_depth - depths[row])[near] / depths[row][near]) < 0.15
    assert seen.volume


def test_file_keeps_what_is_seen() -> None:
    """Training is repeatable, and bytes written and read render alike to the last bit."""
    views, _ = place()
    first, second = (train_nerfacto(views, steps=3, rays=64, seed=4, architecture=SMALL).nerf for _ in range(2))
    assert hash(first.dumps()) == hash(second.dumps())
    kept = Nerf.loads(first.dumps())
    assert kept.architecture == SMALL
    np.testing.assert_array_equal(kept.world_to_field, into_field(views))
    (one,), (other,) = (list(NerfRenderer(each, "cpu").render([viewpoint(views, 2)])) for each in (first, kept))
    for name in ("radiance", "opacity", "depth", "median_depth", "normals"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    lengths = np.linalg.norm(one.normals, axis=-1)
    assert ((np.abs(lengths - 1) < 1e-5) | (lengths == 0)).all()


def test_global_draws_stay_untouched() -> None:
    """Who trains draws from nobody else's generator."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train_nerfacto(place(3)[0], steps=1, rays=16, architecture=SMALL)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("lens", ["pinhole", "fisheye"])
def test_depth_is_z_in_the_world(lens: str) -> None:
    """A slab that is dense from z' = 0 on in the field, half as large as the world, shifted and turned."""
    nerf = slab()
    matrix = np.eye(4)
    matrix[:3, 3] = [0.3, -0.2, 1.0]
    camera = Viewpoint(24, 16, np.array([[20.0, 0, 12], [0, 20.0, 8], [0, 0, 1]]), matrix, lens)  # type: ignore[arg-type]
    (seen,) = NerfRenderer(nerf, "cpu").render([camera])
    # the world's plane z = 2 is the field's z' = 0, and the camera stands at z = -1
    assert seen.opacity.min() > 0.99
    np.testing.assert_allclose(seen.depth, 3.0, rtol=0.03)
    np.testing.assert_allclose(seen.median_depth, 3.0, rtol=0.03)
    assert np.median(seen.normals[..., 2]) < -0.99


def slab() -> Nerf:
    """Hash tables whose one cell along each axis holds the height, and layers that turn it into density."""
    from multisynth.vision.reconstruct.nerfacto_model import Nerfacto

    one = Architecture(
        levels=1, base_resolution=8, max_resolution=8, log2_table=20, hidden=2, hidden_colour=2, contracted=False,
        box=4, proposals=(Proposal(levels=1, base_resolution=8, max_resolution=8, log2_table=20, hidden=2),),
        proposal_samples=(512,), samples=256, uniform=True, near=0.1, far=5.0, initial_density=1.0,
    )  # fmt: skip
    model = Nerfacto(one)
    corners = np.stack(np.meshgrid(*[np.arange(9)] * 3, indexing="ij"), -1).reshape(-1, 3).astype(np.int64)
    rows = (corners[:, 0] ^ (corners[:, 1] * 2654435761) ^ (corners[:, 2] * 805459861)) % (1 << 20)
    weights = {name: np.zeros_like(value) for name, value in model.weights().items()}
    heights = np.full(1 << 20, np.nan)
    heights[rows] = corners[:, 2] - 4.0  # cells: above 0 where the field's z' is
    np.testing.assert_array_equal(heights[rows], corners[:, 2] - 4.0)  # no two corners share a row
    for name in ("field.mlp_base.model.0.hash_table", "proposal_networks.0.encoding.hash_table"):
        weights[name][:, 0] = np.nan_to_num(heights)
    for prefix in ("field.mlp_base.model.1", "proposal_networks.0.mlp_base.1"):
        weights[f"{prefix}.layers.0.weight"][0, 0] = 1  # relu(height)
        weights[f"{prefix}.layers.1.weight"][0, 0] = 4000
        weights[f"{prefix}.layers.1.bias"][0] = -8
    matrix = np.diag([0.5, 0.5, 0.5, 1.0])
    matrix[2, 3] = -1.0
    return Nerf(one, weights, matrix)


def test_what_is_no_nerfacto_is_refused() -> None:
    """Other bytes, other tensors, other shapes, hostile metadata."""
    views, _ = place(3)
    nerf = train_nerfacto(views, steps=1, rays=16, architecture=SMALL).nerf
    data = nerf.dumps()
    with pytest.raises(BadInput, match="no safetensors"):
        Nerf.loads(b"ply\n")
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    del header["__metadata__"]["about"]
    text = json.dumps(header).encode()
    with pytest.raises(BadInput, match="hold no nerfacto"):
        Nerf.loads(struct.pack("<Q", len(text)) + text + data[8 + length :])
    huge = Nerf(
        nerf.architecture.model_copy(update={"log2_table": 24, "levels": 32}), nerf.weights, nerf.world_to_field
    )
    with pytest.raises(BadInput, match="fewer weights"):
        NerfRenderer(Nerf.loads(huge.dumps()), "cpu")
    with pytest.raises(BadInput, match="is missing"):
        fewer = {name: value for name, value in nerf.weights.items() if "mlp_head" not in name}
        NerfRenderer(Nerf(nerf.architecture, fewer, nerf.world_to_field), "cpu")
    with pytest.raises(ValueError, match="scales alike"):
        similarity(np.diag([1.0, 2.0, 1.0, 1.0]))


def test_nothing_to_learn_from_is_said() -> None:
    """All held out; all in one place; poses for what does not move."""
    views, _ = place(3)
    object.__setattr__(views, "points", np.zeros((0, 3), np.float32))
    object.__setattr__(views, "world_to_camera", np.repeat(views.world_to_camera[:1], 3, 0))
    with pytest.raises(BadInput, match="one place"):
        train_nerfacto(views, steps=1)
    object.__setattr__(views, "held_out", np.ones(3, bool))
    with pytest.raises(BadInput, match="held out"):
        train_nerfacto(views, steps=1)
    with pytest.raises(BadInput, match="no moving parts"):
        list(NerfRenderer(slab(), "cpu").render([], np.zeros((1, 1, 7))))


@pytest.mark.gpu
def test_cuda_learns_the_same_place() -> None:
    """The twin of `test_learns_what_it_has_not_seen`."""
    views, _ = place()
    trained = train_nerfacto(views, steps=500, rays=512, device="cuda", architecture=SMALL)
    assert trained.psnr is not None and trained.psnr > 18
    here, there = (next(NerfRenderer(trained.nerf, name).render([viewpoint(views, 4)])) for name in ("cpu", "cuda"))
    assert np.abs(here.radiance - there.radiance).max() < 5e-3
