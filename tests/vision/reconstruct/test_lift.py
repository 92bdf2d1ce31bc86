"""Ids lifted to Gaussians agree with masks that they have not seen."""

from __future__ import annotations

import numpy as np
import pytest
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Body, Part, Scene, Shape
from multisynth.vision.reconstruct.lift import lift, lift_from_scene

from multisynth.errors import BadInput
from tests.vision.reconstruct.capture import place, seen, views


def test_ids_agree_with_masks_held_out() -> None:
    gaussians, given = place(), views()
    ids = lift(gaussians, given)
    rendered = seen(gaussians, given.world_to_camera, np.eye(3, dtype=np.float32)[ids])[..., :3].argmax(-1)
    for row in np.flatnonzero(given.held_out):
        for instance in (1, 2):
            found, truth = rendered[row] == instance, given.instances[row] == instance
            assert (found & truth).sum() / (found | truth).sum() > 0.97
    lit = ids > 0  # the far side of the ball is never seen
    assert lit.mean() > 0.5
    assert (ids[lit] == gaussians.instances[lit]).mean() > 0.97  # type: ignore[index]


def test_the_id_is_that_of_most_light() -> None:
    """More ids than are rasterised at once, against the light of some Gaussians, each in a channel of its own."""
    gaussians, given = place(), views(count=1, every=0)
    row, column = np.mgrid[:48, :64] // 8
    blocks = (100 + 8 * row + column).astype(np.uint16)
    given.instances[0] = blocks
    ids = lift(gaussians, given)
    assert len(np.unique(ids)) > 32
    some = np.flatnonzero(ids)[::12]
    alone = np.zeros((len(gaussians), len(some)), np.float32)
    alone[some, np.arange(len(some))] = 1
    light = seen(gaussians, given.world_to_camera, alone)[0, ..., :-1]
    sums = np.stack([light[blocks == one].sum(axis=0) for one in range(100, 148)])
    np.testing.assert_array_equal(ids[some], 100 + sums.argmax(axis=0))


def test_masks_are_needed() -> None:
    given = views()
    given.instances[1:8] = [None] * 7
    with pytest.raises(BadInput, match="mask"):
        lift(place(), given)


def test_ids_of_the_nearest_surface() -> None:
    shapes = {
        "ball": (Shape(kind="sphere", size=(1.0,)), (0.0, 0.0, 0.0)),
        "wall": (Shape(kind="box", size=(9, 1, 7)), (0.0, 3.0, 0.0)),
    }
    scene = Scene(
        bodies=tuple(
            Body(name=name, category=name, instance=7 * number, parts=(
                Part(name=name, shapes=(shape,), moves=name == "ball", position=position),
            ))
            for number, (name, (shape, position)) in enumerate(shapes.items(), 1)
        )
    )  # fmt: skip
    gaussians = place()
    poses = np.array([[0, 0, 0, 1.0, 0, 0, 0]])
    ids = lift_from_scene(gaussians, World(scene), poses)
    np.testing.assert_array_equal(ids, 7 * gaussians.instances)  # type: ignore[operator]
    moved = lift_from_scene(gaussians, World(scene), poses + np.array([9.0, 0, 0, 0, 0, 0, 0]))
    assert set(np.unique(moved)) == {0, 14}
