"""Which shape surely does not shade which, against the corners of every bound."""

import numpy as np
from multisynth.scenes.render.world import World
from multisynth.scenes.schema import Light, Scene, Shape

from tests.scenes.render.balls import body

COUNT = 12


def crowd() -> tuple[World, np.ndarray]:
    rng = np.random.Generator(np.random.Philox(5))
    boxes = [Shape(kind="box", size=tuple(rng.uniform(0.1, 0.5, 3))) for _ in range(COUNT)]
    hand = Shape(kind="mesh", size=(1, 1, 1), mesh="pybullet_data:franka_panda/meshes/visual/hand.obj")
    bodies = tuple(body(f"b{i}", i + 1, shape) for i, shape in enumerate([*boxes, hand]))
    places = rng.uniform(-0.6, 0.6, (COUNT + 1, 3))
    poses = np.concatenate([places, rng.normal(size=(COUNT + 1, 4))], axis=1)
    poses[1, :3], poses[:2, 3:] = poses[0, :3] + [0, 0, 1], [1, 0, 0, 0]
    return World(Scene(bodies=bodies, light=Light(direction=(0.6, -0.5, -0.7)))), poses


def test_planes_along_its_faces_part_an_occluder_from_what_it_cannot_shade():
    world, poses = crowd()
    places, found = world.place(poses), world.apart(poses)
    to_light = np.array([-0.6, 0.5, 0.7])
    for occluder, place in enumerate(places):
        axes, low, high = place[:3, :3].T, *world.bounds[occluder][[0, -1]]
        for receiver, other in enumerate(places):
            corners = world.bounds[receiver] @ other[:3, :3].T + other[:3, 3]
            own = (corners - place[:3, 3]) @ axes.T  # in the occluder's frame
            up = axes @ to_light
            above, below = (up >= 0) & (own.min(0) >= high), (up <= 0) & (own.max(0) <= low)
            assert found[occluder, receiver] == (above | below).any(), (occluder, receiver)
    assert 0.1 < found.mean() < 0.9
    assert found[0, 1] and not found[1, 0], "what hangs above is not shaded from below"


def test_it_is_worked_out_once_for_all_cameras_and_anew_where_something_moved():
    world, poses = crowd()
    first = world.apart(poses)
    assert world.apart(poses.copy()) is first
    assert (world.apart(poses[::-1].copy()) != first).any()
    assert world.apart(poses) is first, "the last two are kept"
