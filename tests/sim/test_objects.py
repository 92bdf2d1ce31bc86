import numpy as np
import pytest
import trimesh
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import rotation
from multisynth.sim import engines
from multisynth.sim.objects import ENDS, LONGEST, MESHES, PALM, blob, block, cylinder
from multisynth.sim.tasks.tabletop import thing
from multisynth.sim.world import Physics

from .worlds import GROUND, world

RED = (0.6, 0.1, 0.1)
SAMPLE = MESHES[::83]


def hull(item):
    """Of its shape as it stands in its own frame, by another library."""
    mesh = triangles(item.shape)
    vertices = mesh.vertices @ rotation(np.array(item.shape.quaternion)).T + item.shape.position
    return trimesh.Trimesh(vertices, mesh.faces).convex_hull


@pytest.mark.parametrize("number", SAMPLE)
def test_a_mesh_stands_about_its_centre_of_mass(number):
    item = blob(number, 0.05, RED)
    solid = hull(item)
    np.testing.assert_allclose(solid.center_mass, 0, atol=1e-6)
    np.testing.assert_allclose(solid.bounds[:, 2], (-item.below, item.above), atol=1e-9)
    edges = np.roll(item.outline, -1, 0) - item.outline
    outward = np.stack([edges[:, 1], -edges[:, 0]], -1)
    beyond = solid.vertices[:, :2] @ outward.T - (item.outline * outward).sum(1)
    assert beyond.max(0) == pytest.approx(0, abs=1e-9), "every side of the outline touches the hull, and none cuts it"


@pytest.mark.parametrize("number", SAMPLE)
def test_a_mesh_is_scaled_to_the_gripper(number):
    item = blob(number, 0.05, RED)
    solid = hull(item)
    angles = np.linspace(0, np.pi, 721)
    widths = np.ptp(solid.vertices[:, :2] @ np.stack([np.cos(angles), np.sin(angles)]), axis=0)
    assert np.ptp(solid.vertices, axis=0).max() <= LONGEST + 1e-9
    assert widths.min() == pytest.approx(item.width(0.0), rel=2e-3), "narrowest along x"
    assert item.width(0.0) == pytest.approx(0.05) or np.ptp(solid.vertices, axis=0).max() == pytest.approx(LONGEST)


@pytest.mark.parametrize("number", SAMPLE[:8])
def test_a_mesh_lies_steady(number):
    """Put down on the side that it was given, it stays on it."""
    item = blob(number, 0.05, RED)
    body = thing("blob", "blob", item.shape, (0.6, 0.0, item.below))
    engine = engines.engine(engines.default())(world(GROUND, (body, Physics(0.1, 0.6))))
    engine.advance(240)
    pose = engine.pose("blob")
    engine.close()
    assert rotation(pose[3:])[2, 2] > np.cos(np.radians(3)) and abs(pose[2] - item.below) < 0.002


@pytest.mark.parametrize(
    "item", [block(0.04, 0.06, 0.05, RED), cylinder(0.05, 0.06, RED), *(blob(number, 0.05, RED) for number in SAMPLE)]
)
def test_grips_are_as_wide_as_the_object_between_the_fingers(item):
    assert item.grips
    for grip in item.grips:
        along = np.array([np.cos(grip.axis), np.sin(grip.axis)])
        reach = item.outline @ along
        assert grip.width == pytest.approx(np.ptp(reach)) == item.width(grip.axis)
        assert grip.middle[:2] @ along == pytest.approx((reach.max() + reach.min()) / 2)
        assert item.above - grip.middle[2] <= PALM + 1e-9 or grip.middle[2] > 0
        assert grip.middle[2] + item.below >= ENDS - 1e-9


def test_a_block_is_gripped_across_its_narrow_side_and_a_cylinder_from_anywhere():
    assert {round(np.degrees(grip.axis)) % 180 for grip in block(0.04, 0.06, 0.05, RED).grips} == {0}
    assert {round(np.degrees(grip.axis)) % 180 for grip in block(0.05, 0.05, 0.05, RED).grips} == {0, 90}
    round_about = cylinder(0.05, 0.06, RED)
    assert len(round_about.grips) == 24 and all(grip.width == pytest.approx(0.05) for grip in round_about.grips)
    assert round_about.radius == pytest.approx(0.025, rel=0.01)


def test_tall_objects_are_gripped_near_the_top():
    peg = block(0.03, 0.03, 0.1, RED)
    assert peg.grips[0].middle[2] == pytest.approx(0.05 - PALM)
