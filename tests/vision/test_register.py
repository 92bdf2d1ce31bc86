"""Places of photos against the places that they were drawn from, and against COLMAP's own model of a real door."""

from pathlib import Path

import numpy as np
import pytest
from multisynth.vision.capture.upright import centres
from multisynth.vision.photos import Photos
from multisynth.vision.register import Distance, Register

from benchmarks.vision_register import differences
from multisynth.errors import BadInput
from multisynth.kinds import PHOTO
from multisynth.media import encode_rgb
from multisynth.sample import Sample
from multisynth.testing import Ran, run_stage
from tests.vision.capture.walls import FOCAL, HEIGHT, WIDTH, path, photo

LUND = Path(__file__).parents[3] / "shared/data/lund_door"


def sample(ordinal: int, image: np.ndarray, focal: float | None = 1.02 * FOCAL, name: str = "") -> Sample:
    return Sample(
        PHOTO, ordinal, name=name or f"{ordinal}.png", width=WIDTH, height=HEIGHT, focal=focal, camera="drawn",
        image=encode_rgb(image),
    )  # fmt: skip


POSES = path(5)


@pytest.fixture(scope="module")
def photos() -> list[Sample]:
    """Five photos of the walls, one of other walls, and one of nothing."""
    shown = [photo(pose) for pose in POSES]
    others = [photo(POSES[2], seed=9), np.full((HEIGHT, WIDTH, 3), 127, np.uint8)]
    return [sample(ordinal, image) for ordinal, image in enumerate([*shown, *others])]


@pytest.fixture(scope="module")
def placed(photos: list[Sample]) -> Ran:
    return run_stage(Register(lens="pinhole", distance=Distance(between=("0.png", "4.png"), metres=2.5)), photos)


def test_photos_are_placed_where_they_were_drawn_from(placed: Ran) -> None:
    views = placed.samples
    assert views["name"] == [f"{ordinal}.png" for ordinal in range(5)] and not placed.failures
    found = {view["name"]: view["world_to_camera"] for view in views}
    off = differences(found, {f"{ordinal}.png": pose for ordinal, pose in enumerate(POSES)})
    # the centres lie almost on a line, which leaves the turn about it loose
    assert off["position_percent_of_span_max"] < 0.2 and off["rotation_degrees_max"] < 0.5
    for view in views:
        assert view["intrinsics"][0, 0] == pytest.approx(FOCAL, rel=0.01) and view["lens"] == "pinhole"
        assert view.meta["error_px"] < 0.5 and view.meta["points"] == len(view["points"]) > 100


def test_the_world_stands_upright_around_the_cameras_in_metres(placed: Ran) -> None:
    poses = np.stack(placed.samples["world_to_camera"])
    places = centres(poses)
    np.testing.assert_allclose(places.mean(axis=0), 0, atol=1e-9)
    assert np.linalg.norm(places[0] - places[4]) == pytest.approx(2.5) and all(placed.samples["metric"])
    assert (poses[:, 1, 2] < -0.99).all()  # all were held level, and z is up


def test_points_lie_on_the_walls_and_are_seen_where_they_are(placed: Ran) -> None:
    for view in placed.samples:
        local = view["points"] @ view["world_to_camera"][:3, :3].T + view["world_to_camera"][:3, 3]
        places = local @ view["intrinsics"].T
        places = places[:, :2] / places[:, 2:]
        assert (local[:, 2] > 0).all() and (places > -4).all() and (places < [WIDTH + 4, HEIGHT + 4]).all()
        assert len(set(view["point_ids"].tolist())) == len(view["points"]) == len(view["point_colours"])


def test_photos_without_a_place_are_dropped_with_the_reason(placed: Ran) -> None:
    other, nothing = (reason for _, reason in placed.drops)
    assert other.startswith("too few matches: ") and other.endswith("(5.png)")
    assert nothing == "too few features: 0 (6.png)"


def test_the_same_photos_end_in_the_same_places_whatever_the_batch(placed: Ran, photos: list[Sample]) -> None:
    stage = Register(lens="pinhole", distance=Distance(between=("0.png", "4.png"), metres=2.5))
    again = run_stage(stage, photos, batch_size=3)
    assert again.samples["content_hash"] == placed.samples["content_hash"]


def test_the_smaller_of_two_groups_apart_is_dropped(photos: list[Sample]) -> None:
    """And without a distance the farthest camera stands one unit from the middle."""
    apart = [sample(ordinal, photo(pose, seed=5), name=f"other {ordinal}.png") for ordinal, pose in enumerate(path(3))]
    ran = run_stage(Register(lens="pinhole"), [one.replace() for one in (*photos[:2], *apart, *photos[2:5])])
    assert ran.samples["name"] == [f"{ordinal}.png" for ordinal in range(5)] and not any(ran.samples["metric"])
    places = centres(np.stack(ran.samples["world_to_camera"]))
    assert np.linalg.norm(places, axis=1).max() == pytest.approx(1)
    reasons = [reason for _, reason in ran.drops]
    assert len(reasons) == 3 and all(reason.startswith("in a group apart: 3 photos") for reason in reasons)


@pytest.mark.parametrize("count", [1, 3])
def test_no_overlap_at_all_is_one_message_for_each_on_the_ledger(count: int) -> None:
    ran = run_stage(Register(), [sample(seed, photo(POSES[2], seed)) for seed in range(count)])
    assert len(ran.samples) == 0 and len(ran.failures) == count
    for row in ran.ledger.to_pylist():
        assert row["reason"].startswith(f"BadInput: none of {count} photos shares enough with others: take them so")


@pytest.mark.parametrize("name", ["7.png", "6.png"])
def test_a_distance_between_photos_without_a_place(name: str, photos: list[Sample]) -> None:
    with pytest.raises(BadInput, match=f"`distance` names '{name}'"):
        run_stage(Register(quality="fast", distance=Distance(between=("0.png", name), metres=1)), photos)


@pytest.mark.slow
@pytest.mark.skipif(not LUND.is_dir(), reason="the photos of the Lund door are not here")
def test_lund_door_as_colmap_has_it() -> None:
    from multisynth.vision.posed import Posed

    photos = run_stage(Photos(folder=LUND / "images", count=6)).samples
    views = run_stage(Register(quality="fast"), photos).samples
    reference = run_stage(Posed(path=LUND)).samples
    found, wanted = ({view["name"]: view["world_to_camera"] for view in ran} for ran in (views, reference))
    assert len(found) == 6
    off = differences(found, {name: wanted[name] for name in found})
    # fewer and smaller photos than benchmarks/vision_register.py takes, which is closer
    assert off["position_percent_of_span_max"] < 0.15 and off["rotation_degrees_max"] < 0.4
