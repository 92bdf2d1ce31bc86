import numpy as np
import pybullet_data
import pytest
from multisynth.scenes.poses import quaternion
from multisynth.scenes.urdf import parse, read

from multisynth.errors import BadInput

pybullet = pytest.importorskip("pybullet", reason="PyBullet has no wheel for this Python")

PANDA = "pybullet_data:franka_panda/panda.urdf"


@pytest.fixture
def bullet():
    client = pybullet.connect(pybullet.DIRECT)
    yield client
    pybullet.disconnect(client)


@pytest.mark.parametrize("path", ["franka_panda/panda.urdf", "kuka_iiwa/model.urdf", "r2d2.urdf"])
def test_joints_and_visuals_equal_bullets(bullet, path):
    robot = read(f"pybullet_data:{path}")
    uid = pybullet.loadURDF(f"{pybullet_data.getDataPath()}/{path}", physicsClientId=bullet)
    theirs = {}
    for index in range(pybullet.getNumJoints(uid, bullet)):
        info = pybullet.getJointInfo(uid, index, bullet)
        theirs[info[1].decode()] = info
    assert len(theirs) == len(robot.joints)
    for joint in robot.joints:
        info = theirs[joint.name]
        assert info[12].decode() == joint.child
        fixed = info[2] == pybullet.JOINT_FIXED
        assert fixed == (joint.kind == "fixed")
        if not fixed:
            np.testing.assert_allclose(info[13], joint.axis, atol=1e-9)
            if joint.kind != "continuous":
                np.testing.assert_allclose(info[8:12], (joint.lower, joint.upper, joint.effort, joint.velocity))
    seen = {}
    for shape in pybullet.getVisualShapeData(uid, physicsClientId=bullet):
        link = robot.root if shape[1] == -1 else pybullet.getJointInfo(uid, shape[1], bullet)[12].decode()
        seen.setdefault(link, []).append(shape)
    assert {link: len(shapes) for link, shapes in robot.links.items() if shapes} == {k: len(v) for k, v in seen.items()}
    for link, shapes in seen.items():
        for theirs_shape, ours in zip(shapes, robot.links[link], strict=True):
            if ours.kind == "mesh":
                assert theirs_shape[4].decode().endswith(ours.mesh.partition(":")[2])
            elif ours.kind == "box":
                np.testing.assert_allclose(theirs_shape[3], ours.size)


@pytest.mark.parametrize("path", ["a1/a1.urdf", "franka_panda/panda.urdf", "quadruped/minitaur.urdf", "r2d2.urdf"])
def test_masses_collisions_and_losses_equal_bullets(bullet, path):
    robot = read(f"pybullet_data:{path}")
    folder = pybullet_data.getDataPath()
    as_stated = pybullet.URDF_USE_INERTIA_FROM_FILE | pybullet.URDF_USE_IMPLICIT_CYLINDER
    uid = pybullet.loadURDF(f"{folder}/{path}", flags=as_stated, physicsClientId=bullet)
    joints = {joint.child: joint for joint in robot.joints}
    kinds = {pybullet.GEOM_BOX: "box", pybullet.GEOM_SPHERE: "sphere", pybullet.GEOM_CYLINDER: "cylinder"}
    for index in range(-1, pybullet.getNumJoints(uid, bullet)):
        info = pybullet.getJointInfo(uid, index, bullet) if index >= 0 else None
        link = info[12].decode() if info else robot.root
        mass, _, moments, centre, turn, *_ = pybullet.getDynamicsInfo(uid, index, bullet)
        if link in robot.inertials:
            inertial = robot.inertials[link]
            assert mass == pytest.approx(inertial.mass)
            np.testing.assert_allclose(centre, inertial.origin[:3, 3], atol=1e-9)
            if mass:
                theirs = pybullet_inertia(moments, turn)
                ours = inertial.origin[:3, :3] @ inertial.inertia @ inertial.origin[:3, :3].T
                np.testing.assert_allclose(theirs, ours, atol=1e-6, rtol=1e-4)
        if info and info[2] != pybullet.JOINT_FIXED:
            assert (info[6], info[7]) == (joints[link].damping, joints[link].friction)
        felt = pybullet.getCollisionShapeData(uid, index, bullet)
        assert len(felt) == len(robot.collisions[link])
        for shape, ours in zip(felt, robot.collisions[link], strict=True):
            assert kinds.get(shape[2], "mesh") == ours.kind
            expected = {"box": shape[3], "sphere": shape[3][:1], "cylinder": (shape[3][1], shape[3][0])}
            np.testing.assert_allclose(ours.size, expected.get(ours.kind, ours.size), atol=1e-9)


def pybullet_inertia(moments, turn) -> np.ndarray:
    matrix = np.array(pybullet.getMatrixFromQuaternion(turn)).reshape(3, 3)
    return matrix @ np.diag(moments) @ matrix.T


def test_impossible_inertias_are_known_and_empty_shapes_are_left_out():
    assert all(inertial.possible for inertial in read("pybullet_data:a1/a1.urdf").inertials.values())
    assert not read("pybullet_data:random_urdfs/000/000.urdf").inertials["random_obj_000"].possible
    toes = read("pybullet_data:laikago/laikago_toes.urdf")
    assert toes.links["toeFL"] == ()
    assert [shape.size for shape in toes.collisions["toeFL"]] == [(0.03,)]
    assert read("pybullet_data:a1/a1.urdf").mass == pytest.approx(12.4580)


def test_a_floating_body_moves_its_root():
    body = read("pybullet_data:a1/a1.urdf").body("dog", 2, floating=True, category="quadruped")
    assert body.category == "quadruped"
    assert body.parts[0].name == "trunk" and all(part.moves for part in body.parts)


def test_body_has_a_part_for_every_link_that_is_seen_and_a_root_that_stands():
    body = read(PANDA).body("panda", 3, tint=(0.5, 0.5, 0.5), position=(0.1, 0, 0))
    assert [part.moves for part in body.parts] == [False] + [True] * 10
    assert body.parts[0].position == (0.1, 0, 0) and body.instance == 3
    assert body.parts[-1].shapes[0].colour == (0.5, 0.5, 0.5)
    turned = body.parts[-1].shapes[0].quaternion  # the right finger is drawn half a turn about z
    np.testing.assert_allclose(np.abs(turned), [0, 0, 0, 1], atol=1e-9)
    np.testing.assert_allclose(quaternion(np.diag([-1.0, -1, 1])), [0, 0, 0, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<sdf/>", "not <robot>"),
        ("<robot><link name='a'/><link name='b'/></robot>", "not a tree"),
        ("<robot><link name='a'><visual/></link></robot>", "no geometry"),
        (
            "<robot><link name='a'/><link name='b'/><joint name='j' type='fixed'><parent link='a'/><child link='c'/>"
            "</joint></robot>",
            "not there",
        ),
        (
            "<robot><link name='a'/><link name='b'/><link name='c'/>"
            "<joint name='j' type='fixed'><parent link='b'/><child link='c'/></joint>"
            "<joint name='k' type='fixed'><parent link='c'/><child link='b'/></joint></robot>",
            "ring",
        ),
        (
            "<robot><link name='a'><visual><geometry><box size='1 nan 1'/></geometry></visual></link></robot>",
            "finite",
        ),
    ],
)
def test_malformed_documents_are_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse(text, PANDA)


def test_files_that_are_refused(tmp_path, monkeypatch):
    package = tmp_path / "robots"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><robot name="&b;"><link name="a"/></robot>'
    for name, content in {"bomb": bomb.encode(), "wide": bomb.encode("utf-16"), "cut": b"<robot><link"}.items():
        (package / f"{name}.urdf").write_bytes(content)
        with pytest.raises(BadInput):
            read(f"robots:{name}.urdf")
    (package / "huge.urdf").write_bytes(b"<robot>" + b" " * (5 * 2**20) + b"</robot>")
    with pytest.raises(BadInput, match="more than"):
        read("robots:huge.urdf")
    with pytest.raises(BadInput, match="outside"):
        read("robots:../x.urdf")


def test_meshes_stay_in_the_robots_package():
    mesh = "<mesh filename='../../../etc/passwd.obj'/>"
    text = f"<robot><link name='a'><visual><geometry>{mesh}</geometry></visual></link></robot>"
    (shape,) = parse(text, "pybullet_data:x/y.urdf").links["a"]
    from multisynth.scenes.meshes import triangles

    with pytest.raises(BadInput):
        triangles(shape)
