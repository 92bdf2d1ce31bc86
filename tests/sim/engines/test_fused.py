import numpy as np
import pytest
from multisynth.scenes.assets import locate
from multisynth.scenes.poses import transform
from multisynth.sim.engines.fused import fused
from multisynth.sim.robots import a1, panda

pybullet = pytest.importorskip("pybullet", reason="PyBullet has no wheel for this Python")

CONTACT = """<robot name="boots">
  <link name="leg"><inertial><mass value="1"/>
    <inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
  <joint name="ankle" type="fixed"><parent link="leg"/><child link="boot"/></joint>
  <link name="boot"><contact><lateral_friction value="2"/></contact></link>
</robot>"""


@pytest.fixture(params=[panda.URDF, a1.URDF])
def both(request, tmp_path):
    """A client, the robot as its file has it and as it is fused, and what became of its links."""
    path = locate(request.param, (".urdf",))
    description = fused(path.read_text("utf-8").lstrip(), str(path.parent))
    (tmp_path / "fused.urdf").write_text(description.document, "utf-8")
    client = pybullet.connect(pybullet.DIRECT)
    flags = pybullet.URDF_USE_INERTIA_FROM_FILE
    yield (
        client,
        *(
            pybullet.loadURDF(str(file), useFixedBase=True, flags=flags, physicsClientId=client)
            for file in (path, tmp_path / "fused.urdf")
        ),
        description,
    )
    pybullet.disconnect(client)


def joints(client, robot):
    infos = [pybullet.getJointInfo(robot, n, client) for n in range(pybullet.getNumJoints(robot, client))]
    return {info[1]: info for info in infos}


def test_nothing_but_links_that_do_not_move_is_gone(both):
    client, whole, less, _ = both
    named, left = joints(client, whole), joints(client, less)
    assert len(left) < len(named)
    assert [name for name, info in named.items() if info[2] != pybullet.JOINT_FIXED] == list(left)


def test_it_weighs_and_turns_as_before(both):
    """Bullet's own mass matrices of both, in drawn postures."""
    client, whole, less, _ = both
    count = len(joints(client, less))
    for posture in np.random.default_rng(0).uniform(-1, 1, (5, count)).tolist():
        expected = np.array(pybullet.calculateMassMatrix(whole, posture, physicsClientId=client))
        found = np.array(pybullet.calculateMassMatrix(less, posture, physicsClientId=client))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_every_link_and_its_centre_of_mass_is_where_it_was(both):
    client, whole, less, description = both
    named, left = joints(client, whole), joints(client, less)
    rng = np.random.default_rng(1)
    for name, info in left.items():
        angle = rng.uniform(-1, 1)
        for robot, index in ((whole, named[name][0]), (less, info[0])):
            pybullet.resetJointState(robot, index, angle, physicsClientId=client)
    indices = {info[12].decode(): info[0] for info in left.values()}
    for info in named.values():
        link = info[12].decode()
        carrier, frame = description.carriers[link]
        if carrier not in indices:
            continue  # of the base, whose frame Bullet does not tell
        centre, _, _, _, position, turn, *_ = pybullet.getLinkState(whole, info[0], 0, 1, client)
        carried = pybullet.getLinkState(less, indices[carrier], 0, 1, client)
        place = transform(np.array(carried[4]), np.array((carried[5][3], *carried[5][:3])))
        expected = transform(np.array(position), np.array((turn[3], *turn[:3])))
        np.testing.assert_allclose(place @ frame, expected, atol=1e-6)
        np.testing.assert_allclose(carried[0] + place[:3, :3] @ description.levers[link], centre, atol=1e-6)


def test_a_link_with_contacts_of_its_own_stays():
    assert fused(CONTACT, "").carriers["boot"][0] == "boot"
