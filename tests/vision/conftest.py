import numpy as np
import pytest
from multisynth.scenes.schema import Scene

from multisynth.kinds import EPISODE
from multisynth.sample import Sample
from tests.scenes.render.balls import BALL, ball_on_plane


def episode(scene: Scene, poses: np.ndarray, rate: float = 10.0, ordinal: int = 0) -> Sample:
    steps = len(poses)
    column = np.zeros((steps, 1), np.float32)
    return Sample(
        EPISODE, ordinal, task="roll", instruction="Roll the ball.", success=True, scene=scene.model_dump_json(),
        times=np.arange(steps) / rate, poses=poses.astype(np.float32), engine="none", robot="none", rate=rate,
        events=[{"id": "e0", "time": 0.1, "kind": "contact", "bodies": ["ball", "slab"], "impulse": 1.0, "speed": 0.5,
                 "position": [0.0, 0.0, 0.0]}],
        parameters="{}", actions=column, action_names=["a"], states=column, state_names=["s"], rewards=column[:, 0],
        successes=column[:, 0] > 0,
    )  # fmt: skip


@pytest.fixture
def rolling() -> Sample:
    """Eight steps of a ball that rolls along y."""
    poses = np.tile(BALL, (8, 1))[:, None]
    poses[:, 0, 1] += np.linspace(0, 0.5, 8)
    return episode(ball_on_plane(), poses)
