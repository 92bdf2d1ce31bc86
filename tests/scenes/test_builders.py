from __future__ import annotations

from itertools import combinations

import numpy as np
import open3d
import pytest
from multisynth.scenes import Body, Scene, things
from multisynth.scenes.meshes import triangles
from multisynth.scenes.poses import transform
from multisynth.scenes.render.renderer import Renderer
from multisynth.scenes.render.world import World
from multisynth.scenes.room import room
from multisynth.scenes.tabletop import tabletop

from multisynth import seeds

BUILDERS = {"tabletop": tabletop, "room": room}
each = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
SHELL = ("floor", "wall")


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Balls of fewer triangles, whose corners still lie on them."""
    monkeypatch.setattr("multisynth.scenes.meshes.SEGMENTS", 24)


def made(build, ordinal: int) -> Scene:
    return build(seeds.rng(seeds.seed(7, "scenes", str(ordinal)), "scene"))


def surface(body: Body) -> tuple[np.ndarray, np.ndarray]:
    """All triangles of a body, world."""
    points, faces, count = [], [], 0
    for part in body.parts:
        base = transform(np.array(part.position), np.array(part.quaternion))
        for shape in part.shapes:
            place = base @ transform(np.array(shape.position), np.array(shape.quaternion))
            mesh = triangles(shape)
            points.append(mesh.vertices @ place[:3, :3].T + place[:3, 3])
            faces.append(mesh.faces + count)
            count += len(mesh.vertices)
    return np.concatenate(points), np.concatenate(faces)


def apart(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> float:
    """Least distance of some corners of one from the triangles of the other, m; a metre where their boxes are apart."""
    (points, _), (others, faces) = one, other
    low, high = others.min(0) - 0.01, others.max(0) + 0.01
    points = points[((points >= low) & (points <= high)).all(1)]
    if not len(points):
        return 1.0
    scene = open3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(open3d.core.Tensor(others.astype(np.float32)), open3d.core.Tensor(faces.astype(np.uint32)))
    query = open3d.core.Tensor(points[:: max(len(points) // 2000, 1)].astype(np.float32))
    return float(scene.compute_distance(query, nthreads=1).numpy().min())


@each
def test_a_scene_is_its_ordinals_alone(build):
    assert made(build, 10**6) == made(build, 10**6) != made(build, 10**6 + 1)


@each
def test_bodies_have_names_ids_and_categories_of_their_own(build):
    for ordinal in range(5):
        scene = made(build, ordinal)
        assert [body.instance for body in scene.bodies] == list(range(1, len(scene.bodies) + 1))
        assert len({body.name for body in scene.bodies}) == len(scene.bodies)
        assert not scene.moving and len(scene.cameras) == 3
        assert Scene.model_validate_json(scene.model_dump_json()) == scene


@each
def test_nothing_floats_and_nothing_touches_but_what_it_stands_on(build):
    for ordinal in range(2):
        scene = made(build, ordinal)
        surfaces = {body.name: surface(body) for body in scene.bodies if body.category not in SHELL}
        tops = [0.0, *(float(points[:, 2].max()) for points, _ in surfaces.values())]
        lowest = {name: float(points[:, 2].min()) for name, (points, _) in surfaces.items()}
        for name, low in lowest.items():
            assert min(abs(low - top) for top in tops) < 1e-4, f"{name} stands on nothing"
        for (a, one), (b, other) in combinations(surfaces.items(), 2):
            stands = abs(lowest[a] - other[0][:, 2].max()) < 1e-4 or abs(lowest[b] - one[0][:, 2].max()) < 1e-4
            if not stands:
                assert min(apart(one, other), apart(other, one)) > 0.004, f"{ordinal}: {a} and {b}"


def test_all_stays_between_the_walls():
    for ordinal in range(4):
        scene = made(room, ordinal)
        walls = np.concatenate([surface(body)[0] for body in scene.bodies if body.category == "wall"])
        inner = np.abs(walls[:, :2]).max(0) - 0.1
        for body in scene.bodies:
            if body.category not in SHELL:
                assert (np.abs(surface(body)[0][:, :2]).max(0) < inner).all(), body.name
        for camera in scene.cameras:
            assert (np.abs(camera.position[:2]) < inner).all()


@each
def test_cameras_see_things_of_many_colours(build):
    scene = made(build, 2)
    camera = scene.cameras[0].model_copy(update={"width": 160, "height": 120})
    view = Renderer(World(scene), camera).view(np.zeros((0, 7)))
    seen = World(scene).instances[view.hits.shape + 1]
    assert len(np.unique(seen)) > 5
    assert view.rgb.std() > 20 and 25 < view.rgb.mean() < 230


@pytest.mark.parametrize("name", sorted(things.SMALL))
def test_a_thing_is_as_large_as_it_says_and_stands_on_the_ground(name):
    for ordinal in range(4):
        thing = things.SMALL[name](seeds.rng(ordinal, name))
        points, _ = surface(thing.body(thing.kind, 1, (0, 0, 0)))
        assert abs(points[:, 2].min()) < 1e-6 and 0.01 < points[:, 2].max() < 0.45
        assert (np.abs(points[:, :2]).max(0) <= np.array(thing.half) + 1e-6).all()
        assert points[:, 2].max() <= thing.height + 0.01


def test_what_finds_no_place_is_left_out():
    rng = seeds.rng(1, "spread")
    crowd = [things.SMALL["plate"](rng) for _ in range(60)]
    placed = things.spread(crowd, (0.5, 0.4), rng)
    assert 4 < len(placed) < 30
    for (one, x, y, _), (other, u, v, _) in combinations(placed, 2):
        assert np.hypot(x - u, y - v) > one.radius + other.radius
