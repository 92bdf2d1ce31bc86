from dataclasses import replace

import numpy as np
import pytest
import trimesh
from multisynth.scenes.cabinet import BAR, BOARD, CARCASS, DRAWER, GAP, Cabinet

CABINET = Cabinet(
    width=0.22, depth=0.24, height=0.16, front=0.08, travel=0.15, drop=0.02, reach=0.055, grip=0.1, mass=1.3,
    damping=8.0, friction=1.0, wood=(0.4, 0.3, 0.2), face=(0.6, 0.1, 0.1),
)  # fmt: skip


def boxes(link, opened=0.0):
    """Lower and upper corners of a link's boxes, cabinet's frame, m. [N, 3], [N, 3]"""
    origin = CABINET.handle + np.array([opened, 0, 0]) if link == DRAWER else np.zeros(3)
    middles = np.array([shape.position for shape in CABINET.robot.collisions[link]]) + origin
    sizes = np.array([shape.size for shape in CABINET.robot.collisions[link]])
    return middles - sizes / 2, middles + sizes / 2


@pytest.mark.parametrize("opened", [0.0, 0.07, CABINET.travel])
def test_the_drawer_slides_without_touching(opened):
    low, high = boxes(CARCASS)
    inner, outer = boxes(DRAWER, opened)
    apart = np.maximum(inner[:, None] - high, low - outer[:, None]).max(-1)  # along the axis where they are farthest
    assert -1e-9 <= apart.min() <= GAP


def test_measures_are_those_asked_for():
    low, high = boxes(CARCASS)
    np.testing.assert_allclose(np.ptp([low.min(0), high.max(0)], axis=0), (0.24, 0.22, 0.16))
    assert low[:, 2].min() == 0
    np.testing.assert_allclose(CABINET.handle, (0.12 + BOARD + 0.055, 0, 0.14))
    assert boxes(DRAWER)[1][:, 0].max() == pytest.approx(CABINET.handle[0] + BAR)


def test_what_is_seen_is_what_is_felt():
    for link, shapes in CABINET.robot.links.items():
        felt = CABINET.robot.collisions[link]
        assert [(s.kind, s.size, s.position) for s in shapes] == [(s.kind, s.size, s.position) for s in felt]


def test_a_finger_fits_between_bar_and_front():
    """Along the line through the bar's middle that the drawer slides on, there is nothing for `reach` but the bar."""
    inner, outer = boxes(DRAWER)
    met = ((inner[:, 1:] <= CABINET.handle[1:]) & (outer[:, 1:] >= CABINET.handle[1:])).all(1)
    *_, front, bar = sorted(zip(inner[met, 0], outer[met, 0], strict=True))
    assert bar[1] - bar[0] == pytest.approx(2 * BAR)
    assert bar[0] - front[1] == pytest.approx(CABINET.reach - BAR)


def test_the_slide_is_a_joint_with_limits_and_losses():
    (slide,) = CABINET.robot.moving
    assert (slide.kind, slide.lower, slide.upper) == ("prismatic", 0.0, 0.15)
    assert (slide.damping, slide.friction) == (8.0, 1.0)
    np.testing.assert_array_equal(slide.axis, (1, 0, 0))


def test_mass_and_inertia_are_those_of_the_boards():
    shapes = CABINET.robot.collisions[DRAWER]
    meshes = [trimesh.creation.box(s.size, trimesh.transformations.translation_matrix(s.position)) for s in shapes]
    whole = trimesh.util.concatenate(meshes)
    whole.density = 1.3 / whole.volume
    inertial = CABINET.robot.inertials[DRAWER]
    assert inertial.mass == 1.3 and inertial.possible
    np.testing.assert_allclose(inertial.origin[:3, 3], whole.center_mass, atol=1e-9)
    np.testing.assert_allclose(inertial.inertia, whole.moment_inertia, atol=1e-9)


def test_what_is_seen_stands_where_it_is_put():
    body = CABINET.body("cabinet", (0.5, 0.1, 0.0), (0.0, 0.0, 0.0, 1.0))
    fixed, moving = body.parts
    assert (fixed.name, moving.name, body.category) == (CARCASS, DRAWER, "cabinet")
    assert (fixed.moves, fixed.position, fixed.quaternion) == (False, (0.5, 0.1, 0.0), (0.0, 0.0, 0.0, 1.0))
    assert moving.moves and any(shape.colour == CABINET.face for shape in moving.shapes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"front": 0.155}, "does not fit"),
        ({"travel": 0.23}, "allows 0.216"),
        ({"travel": 0.0}, "travel 0"),
        ({"drop": 0.078}, "drop 0.078"),
        ({"grip": 0.3}, "handle"),
    ],
)
def test_what_cannot_be_built_is_refused(change, reason):
    with pytest.raises(ValueError, match=reason):
        replace(CABINET, **change)
