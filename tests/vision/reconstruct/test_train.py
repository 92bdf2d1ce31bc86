"""The trainer on a place whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from multisynth.vision.reconstruct.options import Splats
from multisynth.vision.reconstruct.train import Trained, train
from multisynth.vision.reconstruct.views import Views

from multisynth.errors import BadInput
from tests.vision.reconstruct.capture import views

QUICK = {"sh_degree": 0, "coarse": 0.2, "refine_from": 20, "refine_every": 20, "rate_means": 1e-3, "rate_colours": 2e-2}


def learned(steps: int = 80, given: Views | None = None, **options: object) -> Trained:
    return train(given or views(), Splats(**{**QUICK, **options}), steps, seed=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", ["default", "mcmc"])
def test_views_held_out_come_out_right(strategy: str) -> None:
    before, after = learned(1, strategy=strategy), learned(80, strategy=strategy, max_gaussians=900)
    assert list(after.scores) == ["photo 0", "photo 8"]
    assert before.psnr is not None and after.psnr is not None and after.ssim is not None
    assert after.psnr > max(before.psnr + 4, 22)
    assert after.ssim > 0.7
    assert len(after.gaussians) > len(before.gaussians)
    assert [step for step, _, _ in after.curve] == [16, 32, 48, 64, 80]
    assert after.curve[-1][1] == pytest.approx(after.psnr, abs=1e-3)


@pytest.mark.parametrize("strategy", ["default", "mcmc"])
def test_there_are_never_more_gaussians_than_allowed(strategy: str) -> None:
    trained = learned(45, strategy=strategy, max_gaussians=610, grow_gradient=1e-6, refine_from=9, refine_every=10)
    assert len(trained.gaussians) == 610


def test_the_number_of_threads_changes_nothing() -> None:
    threads, made = torch.get_num_threads(), []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            made.append(learned(30).gaussians)
    finally:
        torch.set_num_threads(threads)
    for name in ("means", "quaternions", "log_scales", "logit_opacities", "harmonics"):
        np.testing.assert_array_equal(*(getattr(one, name) for one in made), err_msg=name)


def test_training_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    learned(5, random_background=True)
    assert torch.equal(torch.rand(3), expected)


def test_depth_teaches_where_things_are() -> None:
    """Colours alone leave Gaussians of one grey anywhere along the rays."""
    grey = [np.full_like(image, 128) for image in views().images]
    behind = [np.full(image.shape[:2], 4.0, np.float32) for image in grey]
    given = views(images=grey, depths=behind)
    flat = {"strategy": "default", "ssim": 0, "opacity": 0, "scale": 0, "coarse": 0, "refine_from": 1000}
    taught, untaught = (learned(50, given, **{**flat, "depth": weight, "rate_means": 1.5e-2}) for weight in (1.0, 0.0))
    errors = [_depth_error(given, one) for one in (taught, untaught)]
    assert errors[0] < 0.6 * errors[1]


def _depth_error(given: Views, trained: Trained) -> float:
    from tests.vision.reconstruct.capture import seen

    colours = np.zeros((len(trained.gaussians), 1), np.float32)
    found = seen(trained.gaussians, given.world_to_camera[given.training], colours)[..., -1]
    return float(np.median(np.abs(found[found > 0] / 4 - 1)))


def test_without_points_bounds_are_needed() -> None:
    blind = views(points=False)
    with pytest.raises(BadInput, match="none of the 9 views sees points"):
        learned(1, blind)
    trained = train(blind, Splats(**QUICK, random_points=500), 5, seed=1, bounds=np.array([[-4.0, -1, -3], [4, 3, 3]]))
    assert len(trained.gaussians) == 500
    assert np.abs(trained.gaussians.means).max() < 4.5


def test_all_views_held_out_is_an_error() -> None:
    with pytest.raises(BadInput, match="no view to learn from"):
        learned(1, views(held_out=np.ones(9, bool)))


def test_exposures_take_up_what_differs_between_photos() -> None:
    """Every other photo was taken twice as dark, but none of those held out."""
    dark = [image // 2 if row % 2 else image for row, image in enumerate(views().images)]
    plain, fair = (learned(60, views(images=dark), exposure=exposure) for exposure in (False, True))
    assert fair.psnr is not None and plain.psnr is not None
    assert fair.psnr > plain.psnr


def test_views_are_written_and_read(tmp_path: Path) -> None:
    depths = [None, np.ones((48, 64), np.float32), *[None] * 7]
    given = views(depths=depths)
    given.save(tmp_path / "views.npz")
    again = Views.load(tmp_path / "views.npz")
    assert again.names == given.names and again.metric and again.depths[0] is None
    np.testing.assert_array_equal(again.depths[1], depths[1])
    np.testing.assert_array_equal(again.images[3], given.images[3])
    np.testing.assert_array_equal(again.held_out, given.held_out)
    (tmp_path / "views.npz").write_bytes(b"no archive")
    with pytest.raises(BadInput, match=r"views\.npz"):
        Views.load(tmp_path / "views.npz")


@pytest.mark.gpu
def test_cuda_learns_the_same() -> None:
    options = Splats(**QUICK)  # type: ignore[arg-type]
    here, there = (train(views(), options, 120, seed=3, device=device) for device in ("cpu", "cuda"))
    assert here.psnr is not None and there.psnr == pytest.approx(here.psnr, abs=1.0)
