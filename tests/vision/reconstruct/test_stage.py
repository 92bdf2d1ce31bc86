"""Stage `vision.reconstruct` as a run would use it, and what it says of bad input."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from multisynth.vision.cameras.lenses import rays
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.reconstruct.nerfacto_field import Nerf
from multisynth.vision.reconstruct.options import Splats
from multisynth.vision.reconstruct.photographs import views_of
from multisynth.vision.reconstruct.stage import Reconstruct
from multisynth.vision.splats.ply import decode_ply
from PIL import Image
from pydantic import ValidationError

from multisynth.errors import BadInput
from multisynth.kinds import FRAME, VIEW
from multisynth.media import encode_depth, encode_instances, encode_rgb
from multisynth.sample import Sample
from multisynth.testing import run_stage
from tests.vision.reconstruct.capture import INTRINSICS, SIZE, views

QUICK = Splats(sh_degree=1, coarse=0, rate_colours=2e-2)


def photos(count: int = 9, **changes: Any) -> list[Sample]:
    """Views of the place as samples; ids of points are not their rows."""
    given = views(count)
    return [
        Sample(VIEW, row, **{
            "name": given.names[row], "width": SIZE[0], "height": SIZE[1], "intrinsics": INTRINSICS,
            "world_to_camera": given.world_to_camera[row], "metric": False, "image": encode_rgb(given.images[row]),
            "points": given.points[row::2], "point_ids": 10 * np.arange(len(given.points))[row::2],
            "point_colours": given.point_colours[row::2], **changes,
        })
        for row in range(count)
    ]  # fmt: skip


def test_one_volume_with_what_it_was_made_from() -> None:
    ran = run_stage(Reconstruct(steps=40, device="cpu", splats=QUICK), photos())
    assert not ran.failures, ran.failures
    (volume,) = ran.samples
    assert (volume["method"], volume["metric"], volume["steps"]) == ("splats", False, 40)
    assert volume["view_names"] == [f"photo {row}" for row in range(9)]
    assert volume["held_out"].tolist() == [True, *[False] * 7, True]
    assert volume["view_sizes"].tolist() == [list(SIZE)] * 9
    assert volume["up"][2] > 0.99
    assert np.all(volume["bounds"][0] < -0.9) and np.all(volume["bounds"][1] > [0.9, 0.9, 0.9])
    assert volume["instances"] is None
    gaussians = decode_ply(volume["data"])
    assert len(gaussians) == volume.meta["gaussians"] and gaussians.harmonics.shape[1:] == (4, 3)
    assert volume.meta["views"].keys() == {"photo 0", "photo 8"}
    assert volume["psnr"] == pytest.approx(np.mean([one["psnr"] for one in volume.meta["views"].values()]), abs=1e-3)
    assert volume["psnr"] > 17 and 0.3 < volume["ssim"] < 1
    assert [one["step"] for one in volume.meta["curve"]] == [8, 16, 24, 32, 40]


def framed(count: int = 9, **changes: Any) -> list[Sample]:
    given = views()
    boxes = [{"instance": one, "name": f"thing {one}", "category": "thing", "x": 0.0, "y": 0.0, "width": 1.0,
              "height": 1.0, "visible": 1.0, "full": [0.0, 0.0, 1.0, 1.0]} for one in (1, 2)]  # fmt: skip
    return [
        Sample(
            FRAME, row, width=SIZE[0], height=SIZE[1], intrinsics=INTRINSICS,
            world_to_camera=given.world_to_camera[row], time=0.0, split="test" if row == 4 else "train",
            rgb=encode_rgb(given.images[row]), depth=encode_depth(np.full(SIZE[::-1], 5, np.float32)),
            instances=encode_instances(given.instances[row]), **{"boxes": boxes, **changes},  # type: ignore[arg-type]
        )
        for row in range(count)
    ]  # fmt: skip


def test_frames_bring_their_split_ids_and_names() -> None:
    ran = run_stage(Reconstruct(steps=2, device="cpu", splats=QUICK), framed())
    assert not ran.failures, ran.failures
    (volume,) = ran.samples
    assert volume["held_out"].tolist() == [row == 4 for row in range(9)]
    assert volume["metric"] and volume["up"].tolist() == [0, 0, 1]
    assert set(np.unique(volume["instances"])) >= {1, 2}
    assert volume["names"] == ["thing 1", "thing 2"] and volume["categories"] == ["thing", "thing"]
    np.testing.assert_array_equal(decode_ply(volume["data"]).instances, volume["instances"])


def test_frames_say_whether_their_lengths_are_metres() -> None:
    assert views_of(framed(2)).metric
    assert not views_of([framed(2)[0], framed(2)[1].with_meta(metric=False)]).metric


def test_frames_of_several_places_are_refused() -> None:
    one, other = (frame.with_meta(place=name) for frame, name in zip(framed(2), "ab", strict=True))
    with pytest.raises(BadInput, match="frames are of 2 places"):
        views_of([one, other])
    assert len(views_of([one, other.with_meta(place="a")])) == 2


def test_points_are_gathered_by_their_ids() -> None:
    given = views_of(photos())
    assert len(given.points) == 600
    places = views().points
    np.testing.assert_array_equal(given.points[given.seen[3]], places[3::2])


def test_small_images_see_the_same() -> None:
    """The ray through the middle of the image stays."""
    small = views_of(photos(), factor=2)
    assert small.sizes.tolist() == [[32, 24]] * 9
    np.testing.assert_allclose(small.intrinsics[0], np.diag([0.5, 0.5, 1]) @ INTRINSICS)
    expected = cv2.resize(views().images[2], (32, 24), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(small.images[2], expected)


@pytest.mark.parametrize(("lens", "bent"), [("opencv", [-0.1, 0.02, 0.001, -0.002]), ("fisheye", [0.05, 0.01, 0, 0])])
def test_lenses_are_straightened(lens: str, bent: list[float]) -> None:
    """An image whose red and green tell which way each pixel looks tells the same as the pinhole camera's K."""
    camera = Viewpoint(*SIZE, INTRINSICS, np.eye(4), lens, tuple(bent))  # type: ignore[arg-type]
    ways = rays(camera)[..., :2]
    image = np.dstack([128 + 150 * ways, np.zeros(ways.shape[:2])]).round().clip(0, 255).astype(np.uint8)
    (sample,) = photos(1, lens=lens, distortion=np.array(bent), image=encode_rgb(image))
    found = views_of([sample])
    k = found.intrinsics[0]
    x, y = (np.arange(64) + 0.5 - k[0, 2]) / k[0, 0], (np.arange(48) + 0.5 - k[1, 2]) / k[1, 1]
    assert np.abs(found.images[0][..., 0] - (128 + 150 * x)).max() < 2
    assert np.abs(found.images[0][..., 1] - (128 + 150 * y[:, None])).max() < 2


def test_a_neural_field_by_the_same_stage() -> None:
    for library in ("nerfstudio", "nerfacc", "viser"):
        pytest.importorskip(library)
    ran = run_stage(Reconstruct(method="nerfacto", steps=1, rays=64, factor=2, device="cpu"), photos(3))
    assert not ran.failures, ran.failures
    (volume,) = ran.samples
    assert volume["method"] == "nerfacto" and len(Nerf.loads(volume["data"]).weights)
    assert 0 < volume["psnr"] < 40 and volume["instances"] is None


def jpeg(image: np.ndarray) -> bytes:
    data = BytesIO()
    Image.fromarray(image).save(data, "JPEG")
    return data.getvalue()


def stretched(share: float) -> np.ndarray:
    matrix = np.eye(4)
    matrix[0, 0] = share
    return matrix


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"intrinsics": np.diag([0.0, 56, 1])}, "view `photo 0`: focal length fx is 0 px"),
        ({"image": jpeg(views(1).images[0])[:400]}, "`photo 0` cannot be decoded"),
        ({"image": b"GIF89a"}, "`photo 0` cannot be decoded"),
        ({"width": 65}, "64×48 px, its camera 65×48"),
        ({"world_to_camera": stretched(2.0)}, "not rigid"),
        ({"world_to_camera": stretched(-1.0)}, "view `photo 0`: world_to_camera mirrors"),
        ({"world_to_camera": np.full((4, 4), np.nan)}, "4 × 4 finite numbers"),
        ({"depth": encode_depth(np.ones((8, 8), np.float32))}, "another size than its image"),
        ({"depth": b"no TIFF"}, "`depth` of view `photo 0`"),
    ],
)  # fmt: skip
def test_bad_views_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        views_of(photos(1, **changes))


def test_no_views_is_an_error() -> None:
    with pytest.raises(BadInput, match="no view to reconstruct from"):
        views_of([])


def test_views_without_points_need_bounds() -> None:
    nothing = {
        "points": np.zeros((0, 3), np.float32), "point_ids": np.zeros(0, int),
        "point_colours": np.zeros((0, 3), np.uint8),
    }  # fmt: skip
    blind = photos(3, **nothing)
    with pytest.raises(BadInput) as caught:
        run_stage(Reconstruct(steps=1, device="cpu"), blind)
    assert "give `bounds`" in caught.value.remedy
    bounds = ((-2, -2, -2), (2, 2, 2))
    ran = run_stage(Reconstruct(steps=1, device="cpu", bounds=bounds, splats=Splats(random_points=200)), blind)
    assert not ran.failures and ran.samples[0].meta["gaussians"] == 200
    assert ran.samples[0]["bounds"].tolist() == [list(corner) for corner in bounds]


def test_too_small_a_factor_and_empty_bounds_are_refused() -> None:
    with pytest.raises(BadInput, match="lower `factor`"):
        views_of(photos(1), factor=4)
    with pytest.raises(ValidationError, match="not above"):
        Reconstruct(bounds=((0, 0, 0), (1, 0, 1)))
