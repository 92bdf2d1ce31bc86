import numpy as np
from multisynth.vision.capture.features import extractor, features
from multisynth.vision.capture.pairs import pairs

from tests.vision.capture.walls import path, photo


def test_few_photos_are_compared_in_all_pairs() -> None:
    assert pairs([np.zeros((0, 128), np.uint8)] * 4, 4) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_of_many_those_that_show_the_same_are_found_wherever_they_stand_in_the_order() -> None:
    """Photos of three places in turn, so that neighbours show other places."""
    extract = extractor(500, False)
    poses = path(5)
    places = [number % 3 for number in range(15)]
    found = [features(extract, photo(poses[number // 3], 10 + place), 1000) for number, place in enumerate(places)]
    chosen = pairs([each.descriptors for each in found], 14)
    assert chosen == sorted(set(chosen)) and len(chosen) < 105 and all(one < other for one, other in chosen)
    far = {(one, other) for one, other in chosen if other - one > 5}
    same = {(one, one + apart) for apart in (6, 9, 12) for one in range(15 - apart)}
    assert same <= far and len(far - same) <= 2  # by chance
    assert {(one, one + 1) for one in range(14)} <= set(chosen)


def test_features_are_in_pixels_of_the_photo_the_coarsest_first() -> None:
    extract, rgb = extractor(2000, False), photo(path(3)[1])
    whole, shrunk = (features(extract, rgb, largest) for largest in (1000, 180))
    assert (np.diff(whole.places[:, 2]) <= 0).all() and whole.descriptors.shape == (len(whole.places), 128)
    near = np.linalg.norm(whole.places[:, None, :2] - shrunk.places[None, :20, :2], axis=-1).min(axis=0)
    assert np.median(near) < 1.5  # found at half the size, at the same places
    rows, columns = whole.places[:, 1].astype(int), whole.places[:, 0].astype(int)
    np.testing.assert_array_equal(whole.colours, rgb[rows, columns])


def test_a_photo_of_nothing_has_none() -> None:
    found = features(extractor(100, False), np.full((40, 50, 3), 9, np.uint8), 1000)
    assert found.places.shape == (0, 4) and found.descriptors.shape == (0, 128) and found.colours.shape == (0, 3)
