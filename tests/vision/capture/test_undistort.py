"""Straightened views against points projected by OpenCV's own lens models."""

import cv2
import numpy as np
import pytest
from multisynth.vision.cameras.viewpoint import Lens, Viewpoint
from multisynth.vision.capture.undistort import undistort

K = np.array([[300.0, 0, 163], [0, 310, 118], [0, 0, 1]])


def seen(viewpoint: Viewpoint, points: np.ndarray) -> np.ndarray:
    """Where points lie on the image, px from its corner. [N, 2]"""
    shape = np.ascontiguousarray(points[:, None])
    bent, zero = np.array(viewpoint.distortion), np.zeros(3)
    if viewpoint.lens == "fisheye":
        return cv2.fisheye.projectPoints(shape, zero, zero, viewpoint.intrinsics, bent)[0][:, 0]
    return cv2.projectPoints(shape, zero, zero, viewpoint.intrinsics, bent)[0][:, 0]


@pytest.mark.parametrize(
    ("lens", "distortion"),
    [("opencv", (-0.2, 0.05, 0.002, -0.001)), ("opencv", (-0.1, 0, 0, 0, 0.01)), ("fisheye", (0.02, -0.01, 0, 0))],
)
def test_a_point_of_light_moves_to_where_a_straight_lens_sees_it(lens: Lens, distortion: tuple[float, ...]) -> None:
    bent = Viewpoint(320, 240, K, np.eye(4), lens, distortion)
    for x, y in [(0.0, 0.0), (0.3, 0.2), (-0.35, 0.1), (0.1, -0.25)]:
        point = np.array([[x, y, 1.0]])
        rows, columns = np.mgrid[:240, :320] + 0.5
        away = (columns - seen(bent, point)[0, 0]) ** 2 + (rows - seen(bent, point)[0, 1]) ** 2
        straight, (image,), (nearest,) = undistort(bent, [np.exp(-away / 18)], [np.exp(-away / 18).astype(np.float32)])
        assert straight.lens == "pinhole" and straight.distortion == () and image.shape == (240, 320)
        place = np.array([(image * columns).sum(), (image * rows).sum()]) / image.sum()
        np.testing.assert_allclose(place, seen(straight, point)[0], atol=0.05)
        assert set(np.unique(nearest)) <= set(np.unique(np.exp(-away / 18).astype(np.float32)))


def test_the_straight_image_is_filled() -> None:
    bent = Viewpoint(320, 240, K, np.eye(4), "opencv", (-0.2, 0.05, 0.0, 0.0))
    rays = np.stack(np.meshgrid([0.5, 160, 319.5], [0.5, 120, 239.5]), axis=-1).reshape(-1, 2)
    straight, _, _ = undistort(bent)
    inverse = np.linalg.inv(straight.intrinsics)
    points = np.column_stack([rays, np.ones(len(rays))]) @ inverse.T
    places = seen(bent, points)
    assert (places > -0.5).all() and (places < [320.5, 240.5]).all()


def test_a_pinhole_is_handed_back() -> None:
    view, image = Viewpoint(4, 3, K, np.eye(4)), np.zeros((3, 4))
    found, (same,), _ = undistort(view, [image])
    assert found is view and same is image
