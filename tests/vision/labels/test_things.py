"""Semantic ids, and boxes of a volume's instances."""

import numpy as np
from multisynth.vision.cameras.viewpoint import Viewpoint
from multisynth.vision.labels.boxes_2d import boxes_2d
from multisynth.vision.labels.clusters import Clusters
from multisynth.vision.labels.things import categories, semantics
from multisynth.vision.render.buffers import Buffers

from tests.vision.labels.test_boxes_3d import cloud, gaussians


def volume() -> Clusters:
    made = gaussians(
        cloud(np.full(3, 0.4), np.array([0, 0, 2.0]), 0, 1), cloud(np.full(3, 0.2), np.array([0.5, 0, 2.0]), 0, 3)
    )
    return Clusters(made, ["crate", "unused", "cup"], ["box", "cup", "cup"])


def test_semantic_ids_count_the_categories_by_name():
    things = [volume()]
    assert categories(things) == ["box", "cup"]
    ids = np.array([[0, 1], [3, 7]], np.uint16)
    found = semantics(ids, things, categories(things))
    assert found.dtype == np.uint16
    assert found.tolist() == [[0, 1], [2, 0]]
    assert semantics(ids, things, ["cup"]).tolist() == [[0, 0], [1, 0]]


def test_instances_of_a_volume_have_full_boxes_and_an_estimate_of_what_is_hidden():
    k = np.array([[200.0, 0, 100], [0, 200, 100], [0, 0, 1]])
    view = Viewpoint(200, 200, k, np.eye(4))
    instances = np.zeros((200, 200), np.uint16)
    instances[100:120, 80:120] = 1  # the lower half of the crate, whose front is 1.8 m away
    empty = np.zeros((200, 200, 3), np.float32)
    seen = Buffers(empty, empty[..., 0], empty[..., 0], empty, instances)
    (box,) = boxes_2d(view, seen, [volume()])
    assert (box["name"], box["category"]) == ("crate", "box")
    side = 0.4 / 1.8 * 200
    assert np.allclose(box["full"], [100 - side / 2, 100 - side / 2, side, side], atol=0.03 * side)  # without strays
    assert abs(box["visible"] - 20 * 40 / side**2) < 0.03
