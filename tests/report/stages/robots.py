"""Robots: episodes, policies that practise, films of them and captions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from multisynth.kinds import CAPTION, CLIP, EPISODE, POLICY
from multisynth.media import encode_video
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Source
from multisynth.testing import run_stage
from tests.report.stages.frames import SIZE

FPS = 10.0
TIMES = 3.0 + np.arange(20) / FPS
"""s; a clip need not begin with its episode."""

SCENE = json.dumps({
    "bodies": [
        {"name": "arm", "parts": [{"name": "base", "shapes": []}, {"name": "hand", "shapes": []}]},
        {"name": "table", "parts": [{"name": "top", "moves": False, "shapes": []}]},
        {"name": "red ball", "parts": [{"name": "ball", "shapes": []}]},
    ]
})  # fmt: skip


def event(
    name: str, time: float, kind: str = "impact", bodies: Sequence[str] = ("arm", "red ball")
) -> dict[str, object]:
    return {
        "id": name, "time": time, "kind": kind, "bodies": list(bodies), "impulse": 0.2, "speed": 1.5,
        "position": [0.1, 0.2, 0.0],
    }  # fmt: skip


def poses() -> np.ndarray:
    """The base stands still, the hand goes 1 m along x, the ball 0.5 m along y. [20, 3, 7]"""
    made = np.zeros((20, 3, 7), np.float32)
    made[:, :, 3] = 1
    made[:, 1, 0] = np.linspace(0, 1, 20)
    made[:, 2, 1] = np.linspace(0, 0.5, 20)
    return made


class Episodes(Source):
    makes = EPISODE
    count: int = Field(4, ge=0, description="How many.")
    words: str = Field("push", description="Task and instruction.")
    tasks: tuple[str, ...] = Field((), description="Taken in turn instead.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            task = self.tasks[n % len(self.tasks)] if self.tasks else self.words
            drawn = {"friction": 0.1 * n, "surface": ["ice", "felt"][n % 2], "hand": {"speed": 1.0 + n}, self.words: n}
            yield Sample(
                EPISODE, n, task=task, instruction=self.words, success=n % 2 == 0, scene=SCENE, times=TIMES,
                poses=poses(),
                events=[event("e0", 3.5), event("e1", 4.5, "fall", [self.words])], engine="none", robot="arm", rate=FPS,
                parameters=json.dumps(drawn),
                actions=np.zeros((20, 1), np.float32), action_names=["x (m)"],
                states=np.stack([np.linspace(0, 1, 20), np.zeros(20)], 1).astype(np.float32),
                state_names=[f"hand.x ({self.words})", "hand.y (m)"], rewards=np.linspace(0, 1, 20, dtype=np.float32),
                successes=np.arange(20) >= (10 if n % 2 == 0 else 20),
            )  # fmt: skip


class Replay(Map):
    """Notes as replay validation leaves them: every third went to another engine."""

    takes = (EPISODE,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n = int(json.loads(sample["parameters"])["friction"] * 10 + 0.5)
            told: dict[str, Any] = (
                {"bitwise": True} if n % 3 else {"strayed": {"metres": 0.001 * n, "of": "ball", "step": 3}}
            )
            yield sample.with_meta(replay={"engine": "none", "steps": 20, **told})


class Grow(Map):
    """From the demonstration n, n + 1 episodes, each of which took n + 1 attempts."""

    takes = (EPISODE,)
    makes = EPISODE

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n = int(json.loads(sample["parameters"])["friction"] * 10 + 0.5)
            columns = {name: sample[name] for name in EPISODE.columns}
            for k in range(n + 1):
                meta = {"growth": {"attempt": (k + 1) * (n + 1) - 1, "pieces": [sample.id]}}
                yield sample.child(EPISODE, meta=meta, **columns)


class Practise(Source):
    """Policies whose numbers follow from the iteration n; parameter `a` opens from 1 on, `b` from 2 on."""

    makes = POLICY
    count: int = Field(5, ge=0, description="How many.")
    words: str = Field("push", description="Task, and what a loss is called.")
    curriculum: str | None = Field(None, description="Instead of one that opens.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            base = {"a": {"uniform": [0.6, 0.6]}, "b": {"uniform": [0.0, 0.0]}}
            state = {"dimensions": {name: dimension(name, n) for name in ("a", "b")}, "base": base}
            yield Sample(
                POLICY, n, task=self.words, robot="arm", learner="ppo", engine="none", control="joints", rate=FPS,
                history=3, iteration=n, episodes=100 * (n + 1), steps=2000 * (n + 1), success=0.2 * n, reward=0.1 * n,
                entropy=float(np.log(0.1 * n * (n - 1)) / 2) if n > 1 else -np.inf,
                curriculum=json.dumps(state) if self.curriculum is None else self.curriculum,
                weights=b"weights", experience=None, moments=b"moments", meta={self.words: 1 / (n + 1), "note": "none"},
            )  # fmt: skip


def dimension(name: str, n: int) -> dict[str, Any]:
    """A parameter of the curriculum after iteration n: `a` within 0.6 ± 0.05 n, `b` from 0 to n - 1."""
    low, high = (0.6 - 0.05 * n, 0.6 + 0.05 * n) if name == "a" else (0.0, max(n - 1.0, 0.0))
    return {"low": low, "high": high, "step": 1.0, "at_low": [1.0, 0.0, 0.5], "at_high": []}


class Act(Map):
    """Two episodes of each policy."""

    takes = (POLICY,)
    makes = EPISODE

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        [like] = run_stage(Episodes(count=1)).samples
        for sample in samples:
            for n in range(2):
                columns = {name: like[name] for name in EPISODE.columns}
                yield sample.child(EPISODE, **{**columns, "success": n < sample["iteration"]})


class Film(Map):
    """Two clips of each episode, 32×24, that grow brighter; the second shows the last frame brighter still."""

    takes = (EPISODE,)
    makes = CLIP

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            for camera in range(2):
                frames = (np.full((*SIZE, 3), 5 * k + 20 * camera, np.uint8) for k in range(20))
                columns = ("task", "instruction", "success", "scene", "times", "poses", "events")
                yield sample.child(
                    CLIP, width=32, height=24, intrinsics=np.eye(3), world_to_camera=np.eye(4), fps=FPS,
                    video=encode_video(frames, FPS), meta={"camera": camera},
                    **{name: sample[name] for name in columns},
                )  # fmt: skip


def sentences(words: str) -> list[dict[str, object]]:
    told = [
        ("frame", 3.0, 3.2, "the arm rests", []),
        ("summary", 3.0, 4.9, "the ball falls", ["e0", "e1"]),
        ("causal", 3.5, 4.5, "it fell because it was hit", ["e0", "e7"]),
    ]
    return [
        {"layer": layer, "start": start, "end": end, "text": f"{words}: {text}", "events": events}
        for layer, start, end, text, events in told
    ]


class Tell(Map):
    """A caption of each clip, or of each episode."""

    takes = (CLIP, EPISODE)
    makes = CAPTION
    words: str = Field("told", description="How every sentence begins.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            camera = sample.meta.get("camera", "any")
            told = sentences(f"{self.words} {camera}")
            text = " ".join(str(sentence["text"]) for sentence in told)
            yield sample.child(CAPTION, text=text, sentences=told, question="what?", events=sample["events"])


class Mark(Map):
    """Hands captions and clips on under new ids."""

    takes = (CAPTION, CLIP)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample.with_meta(marked=True)
