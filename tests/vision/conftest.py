import numpy as np
import pytest
from multisynth.scenes.schema import Body, Camera, Light, Part, Scene, Shape

from multisynth.kinds import EPISODE
from multisynth.sample import Sample

RADIUS = 0.25


def body(name: str, instance: int, shape: Shape, position=(0.0, 0.0, 0.0), moves=True) -> Body:
    part = Part(name=name, shapes=(shape,), position=position, moves=moves)
    return Body(name=name, category=name, instance=instance, parts=(part,))


def ball_on_plane(width: int = 160, height: int = 120) -> Scene:
    """A ball that touches the plane z = 0, which is the top of a wide slab that holds still."""
    return Scene(
        bodies=(
            body("slab", 3, Shape(kind="box", size=(40, 40, 1), colour=(0.5, 0.5, 0.5)), (0, 0, -0.5), moves=False),
            body("ball", 700, Shape(kind="sphere", size=(RADIUS,), colour=(0.6, 0.1, 0.1))),
        ),
        light=Light(direction=(0.4, 0.3, -1.0)),
        cameras=(
            Camera(name="front", width=width, height=height, position=(1.1, -1.4, 0.9), target=(0, 0, 0.2), fov=50),
            Camera(name="side", width=width, height=height, position=(-1.5, 0.2, 0.5), target=(0, 0, 0.2), fov=40),
        ),
    )


BALL = np.array([[0.05, -0.1, RADIUS, 1, 0, 0, 0]])


def episode(scene: Scene, poses: np.ndarray, rate: float = 10.0, ordinal: int = 0) -> Sample:
    steps = len(poses)
    column = np.zeros((steps, 1), np.float32)
    return Sample(
        EPISODE, ordinal, task="roll", instruction="Roll the ball.", success=True, scene=scene.model_dump_json(),
        times=np.arange(steps) / rate, poses=poses.astype(np.float32), engine="none", robot="none", rate=rate,
        events=[{"id": "e0", "time": 0.1, "kind": "contact", "bodies": ["ball", "slab"], "impulse": 1.0, "speed": 0.5,
                 "position": [0.0, 0.0, 0.0]}],
        parameters="{}", actions=column, action_names=["a"], states=column, state_names=["s"], rewards=column[:, 0],
    )  # fmt: skip


@pytest.fixture
def rolling() -> Sample:
    """Eight steps of a ball that rolls along y."""
    poses = np.tile(BALL, (8, 1))[:, None]
    poses[:, 0, 1] += np.linspace(0, 0.5, 8)
    return episode(ball_on_plane(), poses)
