from __future__ import annotations

import numpy as np
import pytest
from multisynth.scenes.guests import extent, robot_of
from multisynth.scenes.joints import drawn, placed, standing
from multisynth.scenes.poses import quaternion
from multisynth.scenes.urdf import parse, read

from multisynth import seeds
from multisynth.errors import BadInput

KUKA = "pybullet_data:kuka_iiwa/model.urdf"


def test_links_are_where_pybullet_has_them():
    bullet = pytest.importorskip("pybullet")
    import pybullet_data

    robot = read(KUKA)
    values = drawn(robot, seeds.rng(1, "joints"))
    client = bullet.connect(bullet.DIRECT)
    try:
        body = bullet.loadURDF(f"{pybullet_data.getDataPath()}/kuka_iiwa/model.urdf", useFixedBase=True)
        base = bullet.getDynamicsInfo(body, -1)  # the base's frame is at its centre of mass
        inverse = bullet.invertTransform(base[3], base[4])
        where = bullet.multiplyTransforms(*bullet.getBasePositionAndOrientation(body), *inverse)
        places = placed(robot, values)
        for index in range(bullet.getNumJoints(body)):
            bullet.resetJointState(body, index, values.get(bullet.getJointInfo(body, index)[1].decode(), 0.0))
        for index in range(bullet.getNumJoints(body)):
            link = bullet.getJointInfo(body, index)[12].decode()
            position, (x, y, z, w) = bullet.getLinkState(body, index, computeForwardKinematics=True)[4:6]
            np.testing.assert_allclose(places[link][:3, 3] + where[0], position, atol=1e-5)
            own = quaternion(places[link][:3, :3])
            assert abs(own @ [w, x, y, z]) == pytest.approx(1, abs=1e-6)
    finally:
        bullet.disconnect(client)


def test_joints_are_drawn_within_their_limits_and_above_the_ground():
    robot = read(KUKA)
    for ordinal in range(10):
        values = drawn(robot, seeds.rng(ordinal, "joints"))
        assert set(values) == {joint.name for joint in robot.moving}
        assert all(joint.lower <= values[joint.name] <= joint.upper for joint in robot.moving)
        low, _ = extent([standing(robot, values, "arm", "robot")])
        assert abs(low[2]) < 1e-6


BOX = '<visual><geometry><box size="0.1 0.1 0.1"/></geometry></visual>'


def test_a_slide_without_limits_and_one_that_is_turned_round():
    robot = parse(
        f'<robot name="r"><link name="a">{BOX}</link><link name="b">{BOX}</link><joint name="j" type="prismatic">'
        '<parent link="a"/><child link="b"/><axis xyz="0 0 1"/><limit lower="0.3" upper="0.1"/></joint></robot>',
        "r",
    )
    assert 0.1 <= drawn(robot, seeds.rng(0, "j"))["j"] <= 0.3
    np.testing.assert_allclose(placed(robot, {"j": 0.2})["b"][:3, 3], [0, 0, 0.2])


def test_a_users_robot_finds_its_meshes_and_none_outside(tmp_path, monkeypatch):
    import trimesh

    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    package = tmp_path / "my_robot"
    (package / "urdf").mkdir(parents=True)
    (package / "meshes").mkdir()
    trimesh.creation.box((0.2, 0.2, 0.4)).export(package / "meshes" / "body.stl")
    text = '<robot name="r"><link name="a"><visual><geometry><mesh filename="{}"/></geometry></visual></link></robot>'
    path = package / "urdf" / "my.urdf"
    for name in ("package://my_robot/meshes/body.stl", "../meshes/body.stl"):
        path.write_text(text.format(name))
        (shape,) = robot_of(path).links["a"]
        assert shape.mesh.startswith("sha256:")
        np.testing.assert_allclose(extent([standing(robot_of(path), {}, "r", "robot")])[1], [0.1, 0.1, 0.4], atol=1e-6)
    for name, says in (
        ("../../outside.stl", "outside"),
        ("/etc/passwd", "outside"),
        ("package://my_robot/../outside.stl", "outside"),
        ("http://example.org/a.stl", "no file"),
        ("../meshes/gone.stl", "there is no file"),
    ):
        path.write_text(text.format(name))
        with pytest.raises(BadInput, match=says):
            robot_of(path)
