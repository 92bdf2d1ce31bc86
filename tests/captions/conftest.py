"""A small world with closed-form motion: a tower of two blocks on a table, a ball, a robot's hand and a goal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from multisynth.scenes.schema import Body, Camera, Part, Scene, Shape

from multisynth.kinds import CLIP
from multisynth.sample import Sample

RATE = 10.0
Path = Callable[[float], tuple[float, float, float]]
MakeClip = Callable[..., Sample]


def _body(
    name: str, category: str, instance: int, shape: Shape, still: tuple[float, float, float] | None = None
) -> Body:
    part = Part(name=name, shapes=(shape,), moves=still is None, position=still or (0.0, 0.0, 0.0))
    return Body(name=name, category=category, instance=instance, parts=(part,))


def scene() -> Scene:
    block = Shape(kind="box", size=(0.1, 0.1, 0.1))
    hand = Part(name="panda_hand", shapes=(Shape(kind="mesh", size=(1, 1, 1), mesh="none:none.obj"),))
    base = Part(name="panda_link0", shapes=hand.shapes, moves=False)
    return Scene(
        bodies=(
            _body("table", "table", 1, Shape(kind="box", size=(2, 2, 0.1)), (0, 0, -0.05)),
            _body("goal", "goal", 2, Shape(kind="cylinder", size=(0.05, 0.002)), (0.5, 0, 0.001)),
            Body(name="panda", category="robot", instance=3, parts=(base, hand)),
            _body("red block", "block", 4, block),
            _body("orange block", "block", 5, block),
            _body("blue ball", "ball", 6, Shape(kind="sphere", size=(0.05,))),
        ),
        cameras=(Camera(name="front", width=320, height=240, position=(0, -3, 1), target=(0, 0, 0.1), fov=50),),
    )


def _stay(*place: float) -> Path:
    return lambda time: (place[0], place[1], place[2])


def slide(start: tuple[float, float, float], velocity: tuple[float, float, float], since: float = 0.0) -> Path:
    """At rest until a time, then at constant velocity."""
    return lambda time: tuple(s + v * max(time - since, 0) for s, v in zip(start, velocity, strict=True))  # type: ignore[return-value]


def event(time: float, kind: str, *bodies: str, speed: float = 0.0, impulse: float = 0.0) -> dict[str, Any]:
    return {
        "time": time,
        "kind": kind,
        "bodies": list(bodies),
        "speed": speed,
        "impulse": impulse,
        "position": [0, 0, 0],
    }


@pytest.fixture
def make_clip() -> MakeClip:
    def make(
        events: list[dict[str, Any]] | None = None, *, seconds: float = 2.0, origin: int = 0, **paths: Path
    ) -> Sample:
        """The red block stands on the table, the orange block on it, the ball beside them; `paths` moves them."""
        world = scene()
        camera = world.cameras[0]
        times = np.arange(int(seconds * RATE) + 1) / RATE
        default: dict[str, Path] = {
            "panda": _stay(-0.5, 0, 0.5),
            "red_block": _stay(0, 0, 0.05),
            "orange_block": _stay(0, 0, 0.15),
            "blue_ball": _stay(-0.4, 0, 0.05),
        }
        order = [body.name.replace(" ", "_") for body, _ in world.moving]
        poses = np.zeros((len(times), len(order), 7), np.float32)
        poses[..., 3] = 1
        for n, name in enumerate(order):
            poses[:, n, :3] = [(paths.get(name) or default[name])(float(time)) for time in times]
        log = sorted(events or [], key=lambda row: row["time"])
        return Sample(
            CLIP,
            0,
            width=camera.width,
            height=camera.height,
            intrinsics=camera.intrinsics,
            world_to_camera=camera.world_to_camera,
            task="topple",
            instruction="Topple the tower.",
            success=any(row["kind"] == "success" for row in log),
            scene=world.model_dump_json(),
            times=times,
            poses=poses,
            events=[{**row, "id": f"e{n}"} for n, row in enumerate(log)],
            fps=RATE,
            video=b"",
        )

    return make


@pytest.fixture
def struck(make_clip: MakeClip) -> Sample:
    """The hand strikes the ball, the ball the red block, whose load loses its support; both fall."""
    return make_clip(
        [
            event(0.21, "impact", "panda", "blue ball", speed=1.234, impulse=0.2),
            event(0.5125, "impact", "blue ball", "red block", speed=2.1349, impulse=0.31),
            event(0.69583, "fall", "red block", speed=0.8),
            event(0.9042, "fall", "orange block", speed=0.7),
            event(1.0417, "impact", "orange block", "table", speed=1.377, impulse=0.1),
            event(1.1, "success", "red block", "orange block"),
        ],
        blue_ball=lambda time: (-0.4 + min(max(time - 0.2, 0), 0.3), 0, 0.05),
        red_block=slide((0, 0, 0.05), (0.8, 0, 0), 0.5),
        orange_block=slide((0, 0, 0.15), (0, 0, -0.25), 0.65),
    )
