"""What is ready to be filmed: what a scene and a volume say of themselves."""

from __future__ import annotations

import numpy as np
import pytest
from multisynth.vision.place import Place

from multisynth.errors import BadInput
from multisynth.kinds import SCENE
from multisynth.sample import Sample
from multisynth.testing import inputs_of
from tests.scenes.render.balls import ball_on_plane
from tests.vision.test_inside import EYE, wall
from tests.vision.test_shoot import BALL, CENTRE, RADIUS, ball_on_slab


def place_of(sample: Sample, method: str = "auto") -> Place:
    return Place.of(inputs_of([sample])[0], method)


def test_a_scene_is_metric_and_knows_its_surfaces() -> None:
    place = place_of(ball_on_slab())
    assert place.metric and place.poses is None and place.moments(3) is None
    np.testing.assert_allclose(place.subject.bounds[1, 2], 2 * RADIUS, atol=1e-6)
    assert place.subject.clearance is not None and not place.subject.captured
    apart = place.subject.clearance(CENTRE + np.array([[0, 0, 0], [0, 0, 3 * RADIUS]]))
    np.testing.assert_allclose(apart, [-RADIUS, 2 * RADIUS], atol=1e-3)
    (things,) = place.things
    assert {thing.instance for thing in things.table} == {3, BALL}


def test_moments_repeat_the_poses() -> None:
    pose = np.array([[*CENTRE, 1, 0, 0, 0]])
    place = place_of(Sample(SCENE, 0, scene=ball_on_plane().model_dump_json(), poses=pose.astype(np.float32)))
    moments = place.moments(4)
    assert moments is not None and moments.shape == (4, 1, 7)
    np.testing.assert_allclose(moments, np.broadcast_to(pose, (4, 1, 7)), atol=1e-6)


def test_a_volume_is_known_by_its_views() -> None:
    place = place_of(wall(2.0, metric=False))
    assert not place.metric and place.subject.captured and place.poses is None
    np.testing.assert_allclose(place.subject.views[0], EYE.world_to_camera)
    assert place.subject.fov == pytest.approx(EYE.fov)
    assert place_of(wall(2.0)).metric


@pytest.mark.parametrize(("sample", "method"), [("scene", "splats"), ("scene", "nerf"), ("volume", "rays")])
def test_each_is_rendered_as_what_it_is(sample: str, method: str) -> None:
    with pytest.raises(BadInput, match=f"a {sample}.* has no {method}"):
        place_of(ball_on_slab() if sample == "scene" else wall(2.0), method)
