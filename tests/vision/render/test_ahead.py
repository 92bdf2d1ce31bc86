"""Work in threads, in its order, and how many threads there are."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from multisynth.vision.render.ahead import MOST, Ahead, threads_beside

FILMED = """
import sys
from multisynth.vision import shoot
from multisynth.vision.render.rays import RayRenderer
from tests.scenes.render.balls import BALL, ball_on_plane
from tests.vision.labels.seeing import viewpoint

scene = ball_on_plane(32, 24)
renderer = RayRenderer(scene)
assert next(renderer.render([viewpoint(scene.cameras[0])], BALL[None])).depth.any()
with shoot.Ahead(shoot.threads_beside(renderer)) as ahead:
    assert list(ahead.run([lambda: 1])) == [1]
print("torch" in sys.modules)
"""


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_work(threads: int) -> None:
    second = threading.Event()

    def piece(number: int) -> int:
        if threads > 1 and number == 0:
            assert second.wait(10), "the second waits for the first"
        if number == 1:
            second.set()
        return number

    with Ahead(threads) as ahead:
        assert list(ahead.run(lambda number=number: piece(number) for number in range(40))) == list(range(40))


def test_what_fails_in_a_thread_fails_here() -> None:
    with Ahead(2) as ahead, pytest.raises(ZeroDivisionError):
        list(ahead.run([lambda: 1 // 0]))


def test_threads_are_for_gpus() -> None:
    assert threads_beside(SimpleNamespace()) == 1
    assert threads_beside(SimpleNamespace(device=SimpleNamespace(type="cpu"))) == 1
    assert 1 <= threads_beside(SimpleNamespace(device=SimpleNamespace(type="cuda"))) <= MOST


def test_rays_take_no_torch() -> None:
    said = subprocess.run([sys.executable, "-c", FILMED], capture_output=True, text=True, check=False)
    assert said.stdout.split()[-1:] == ["False"], said.stderr
