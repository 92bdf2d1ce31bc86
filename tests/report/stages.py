"""Small stages that make every kind that the report draws, from arithmetic alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from multisynth import kinds, registry
from multisynth.artifact import Artifact
from multisynth.kinds import (
    CAPTION,
    CLIP,
    DEBATE,
    DOCUMENT,
    EPISODE,
    FRAME,
    MODEL,
    PHOTO,
    POLICY,
    PREFERENCE,
    PROBLEM,
    REASONING,
    TREE,
    VIEW,
    VOLUME,
)
from multisynth.media import (
    encode_depth,
    encode_floats,
    encode_flow,
    encode_instances,
    encode_mask,
    encode_normals,
    encode_opacity,
    encode_radiance,
    encode_rgb,
    encode_video,
)
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Source, Stage
from multisynth.testing import run_stage

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)"> \'"&{{ 7*7 }}'
SIZE = (24, 32)
DEPTH = (0.5, 2.5)
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
        "id": name,
        "time": time,
        "kind": kind,
        "bodies": list(bodies),
        "impulse": 0.2,
        "speed": 1.5,
        "position": [0.1, 0.2, 0.0],
    }


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
    return [
        {"layer": "frame", "start": 3.0, "end": 3.2, "text": f"{words}: the arm rests", "events": []},
        {"layer": "summary", "start": 3.0, "end": 4.9, "text": f"{words}: the ball falls", "events": ["e0", "e1"]},
        {
            "layer": "causal",
            "start": 3.5,
            "end": 4.5,
            "text": f"{words}: it fell because it was hit",
            "events": ["e0", "e7"],
        },
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
            yield sample.child(
                CAPTION,
                text=" ".join(str(s["text"]) for s in told),
                sentences=told,
                question="what?",
                events=sample["events"],
            )


class Mark(Map):
    """Hands captions and clips on under new ids."""

    takes = (CAPTION, CLIP)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample.with_meta(marked=True)


class Shots(Source):
    makes = FRAME
    count: int = Field(12, ge=0, description="How many.")
    words: str = Field("ball", description="Name of what is seen.")
    broken: bool = Field(False, description="Media that are none.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        height, width = SIZE
        depth = np.zeros(SIZE, np.float32)
        depth[:, 4:] = np.linspace(*DEPTH, width - 4, dtype=np.float32)
        ids = np.zeros(SIZE, np.uint16)
        ids[4:12, 6:16], ids[14:20, 20:30] = 3, 900
        normals = np.zeros((*SIZE, 3), np.float32)
        normals[:, 4:, 2] = -1
        boxes = [
            {
                "instance": 3,
                "name": self.words,
                "category": "ball",
                "x": 6,
                "y": 4,
                "width": 10,
                "height": 8,
                "visible": 1.0,
            }
        ]
        for n in ordinals:
            media: dict[str, Any] = {
                "rgb": encode_rgb(np.full((*SIZE, 3), n, np.uint8)), "depth": encode_depth(depth),
                "normals": encode_normals(normals), "instances": encode_instances(ids),
            }  # fmt: skip
            if self.broken:
                media = dict.fromkeys(media, HOSTILE.encode())
            yield Sample(
                FRAME,
                n,
                width=width,
                height=height,
                intrinsics=np.eye(3),
                world_to_camera=np.eye(4),
                time=0.1 * n,
                boxes=boxes,
                **media,
            )


class Ask(Source):
    makes = PROBLEM
    count: int = Field(20, ge=0, description="How many.")
    words: str = Field("How many", description="Question.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            yield Sample(PROBLEM, n, question=f"{self.words} {n}?", answer=str(n), domain="counting")


class Solve(Map):
    """Three attempts at each problem, of which those at every third one are wrong in two ways."""

    takes = (PROBLEM,)
    makes = REASONING

    def artifacts(self) -> Sequence[Artifact]:
        return (Artifact("sha256:" + "ab" * 32, "model", HOSTILE, "Apache-2.0"),)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            self.spend(sample, read=60, written=40)
            wrong = int(sample["answer"]) % 3 == 0
            for attempt in range(3):
                if attempt and wrong:
                    yield Drop(sample, f"wrong: said {attempt}" if attempt == 1 else "empty")
                elif not (wrong and sample["answer"] == "0"):
                    yield sample.child(
                        REASONING, question=sample["question"], answer=sample["answer"], domain="counting",
                        attempt=attempt,
                        completion=f"{sample['question']} is {sample['answer']}", model="small", token_ids=[1, 2],
                        meta={"watermark_z": 6.0 if attempt else 1.0},
                    )  # fmt: skip


class Check(Map):
    """Drops late attempts and raises on two inputs."""

    takes = (REASONING,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            if sample["answer"] in ("4", "5"):
                raise ValueError(f"{HOSTILE} at {sample['answer']}")
            yield Drop(sample, f"{HOSTILE}: 2") if sample["attempt"] == 2 else sample


class Copies(Map):
    """Calls each document but the first of a batch a copy of the one before it."""

    takes = (DOCUMENT,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        before: Sample | None = None
        for sample in samples:
            yield sample if before is None else Drop(sample, f"copy of {before.id}: distance 0")
            before = sample


CAMERA: dict[str, Any] = {
    "width": 32, "height": 24, "intrinsics": np.array([[20.0, 0, 16], [0, 20, 12], [0, 0, 1]]),
    "world_to_camera": np.array([[1.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 3], [0, 0, 0, 1]]),
}  # fmt: skip
"""3 m above the origin, looking down, world y up in the image."""


def place_json(words: str) -> str:
    """A block that is turned, a ball, a can and a mesh on a floor 10 m wide; the block moves."""
    turned = [float(np.cos(np.pi / 8)), 0.0, 0.0, float(np.sin(np.pi / 8))]

    def body(name: str, kind: str, size: list[float], at: list[float], moves: bool = False) -> dict[str, Any]:
        shape = {"kind": kind, "size": size, "position": at, "colour": [1.0, 0.0, 0.0]}
        return {"name": name, "category": name, "parts": [{"name": "whole", "moves": moves, "shapes": [shape]}]}

    block = body(words, "box", [1.0, 1.0, 1.0], [0.0, 0.0, 0.0], moves=True)
    block["parts"][0]["shapes"][0]["quaternion"] = turned
    return json.dumps({"bodies": [
        body("floor", "box", [10.0, 10.0, 0.1], [0.0, 0.0, -1.0]), block,
        body("ball", "sphere", [0.5], [-2.0, 0.0, 0.0]),
        body("can", "cylinder", [0.25, 1.0], [0.0, -2.0, 0.0]), body("can", "mesh", [1.0, 1.0, 1.0], [2.0, 2.0, 0.0]),
    ]})  # fmt: skip


class Places(Source):
    makes = kinds.SCENE
    count: int = Field(2, ge=0, description="How many.")
    words: str = Field("block", description="Name and category of the first body.")
    raw: str | None = Field(None, description="Instead of a scene.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            scene = place_json(self.words) if self.raw is None else self.raw
            pose = np.array([[2.0, -2.0, 0.0, 1.0, 0.0, 0.0, 0.0]], np.float32)
            yield Sample(kinds.SCENE, n, scene=scene, poses=pose, meta={"builder": self.words})


class Photos(Source):
    """Photos as bright as their number, the second of them broken."""

    makes = PHOTO
    count: int = Field(4, ge=0, description="How many.")
    words: str = Field("photo", description="Name and camera.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            image = encode_rgb(np.full((*SIZE, 3), 10 * n, np.uint8)) if n != 1 else self.words.encode()
            name, focal = f"{self.words} {n}", 20.0 if n else None
            yield Sample(PHOTO, n, name=name, width=32, height=24, focal=focal, camera=self.words, image=image)


class Register(Map):
    """Drops the last photo; the others become views that see a point in their middle and one behind them."""

    takes = (PHOTO,)
    makes = VIEW
    words: str = Field("no place", description="Why.")
    last: int = Field(3, ge=0, description="Number of the last.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            if sample["name"].endswith(str(self.last)):
                yield Drop(sample, f"{self.words}: {sample['name']}")
                continue
            yield sample.child(
                VIEW, **CAMERA, name=sample["name"], metric=False, image=sample["image"], lens=None, distortion=None,
                points=np.array([[0, 0, 0], [0, 0, 9]], np.float32), point_ids=np.arange(2),
                point_colours=np.full((2, 3), 200, np.uint8), meta={"error_px": 0.5},
            )  # fmt: skip


class Volumes(Source):
    """Volumes of four views at the corners of a square 4 m wide, of which the last is held out."""

    makes = VOLUME
    count: int = Field(1, ge=0, description="How many.")
    words: str = Field("splats", description="Method and names of views.")
    bare: bool = Field(False, description="Without views and measurements.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        eyes = np.array([[2.0, 2, 1], [-2, 2, 1], [-2, -2, 1], [2, -2, 1]])[: 0 if self.bare else 4]
        poses = np.tile(np.eye(4), (len(eyes), 1, 1))
        poses[:, :3, 3] = -eyes
        noted = {
            "gaussians": 1234, "views": {self.words: {"psnr": 21.5, "ssim": 0.75}, "other": {"psnr": "high"}},
            "curve": [{"step": 100 * k, "psnr": 18.0 + k, "gaussians": 100 * k} for k in range(4)] + [self.words],
        }  # fmt: skip
        for n in ordinals:
            yield Sample(
                VOLUME, n, method=self.words, data=b"data", metric=not self.bare, up=np.array([0.0, 0, 1]),
                bounds=np.array([[-1.0, -1, 0], [1, 1, 1]]), view_names=[f"{self.words} {k}" for k in range(len(eyes))],
                view_intrinsics=np.tile(np.eye(3), (len(eyes), 1, 1)), view_sizes=np.full((len(eyes), 2), 32),
                view_poses=poses, held_out=np.arange(len(eyes)) == 3, psnr=None if self.bare else 21.5,
                ssim=None if self.bare else 0.75, steps=0 if self.bare else 300, meta={} if self.bare else noted,
            )  # fmt: skip


def every_label(words: str) -> dict[str, Any]:
    """Columns of a frame that has all labels there are, each of a form that tests know."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    ids = np.zeros(SIZE, np.uint16)
    ids[4:12, 6:16] = 2
    flow = np.stack([np.where(columns < 16, 4.0, 0.0), np.where(columns < 16, 0.0, 4.0)], -1).astype(np.float32)
    flow[:4] = 0
    depth = 1 + columns
    depth[0] = 0
    pairs = {"instance": 2, "name": words, "category": "ball"}
    return {
        "rgb": encode_rgb(np.full((*SIZE, 3), 90, np.uint8)), "right": encode_rgb(np.full((*SIZE, 3), 30, np.uint8)),
        "radiance": encode_radiance(np.full((*SIZE, 3), 3.0, np.float32)), "depth": encode_depth(depth),
        "median_depth": encode_depth(depth), "distance": encode_depth(2 * depth),
        "opacity": encode_opacity(columns / 31),
        "normals": encode_normals(np.dstack([0 * rows, 0 * rows, 0 * rows - 1])),
        "instances": encode_instances(ids), "semantics": encode_instances(ids), "categories": ["table", words],
        "flow_forward": encode_flow(flow), "hidden_forward": encode_mask(columns < 8),
        "flow_backward": encode_flow(0 * flow), "hidden_backward": encode_mask(columns < 0),
        "disparity": encode_floats(columns), "temperature": encode_floats(280 + rows), "baseline": 0.1,
        "boxes": [{**pairs, "x": 6, "y": 4, "width": 10, "height": 8, "visible": 0.5, "full": [2, 4, 14, 8]}],
        "boxes_3d": [{**pairs, "centre": [0, 0, 0], "quaternion": [1, 0, 0, 0], "size": [1, 1, 1]}],
        "tracks": [
            {"point": k, "x": 3.0 + k, "y": 5.0, "depth": 2.0, "visible": k < 2} for k in range(3)
        ],
    }  # fmt: skip


class Shoot(Source):
    """Frames with all labels, each of the next place."""

    makes = FRAME
    reads = {"of": (kinds.SCENE, VOLUME)}
    of: str = Field(description="The stage whose scenes or volumes are filmed.")
    count: int = Field(4, ge=0, description="How many.")
    words: str = Field("ball", description="Name of what is seen.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        places = list(self.read("of"))
        for n in ordinals:
            columns = {**CAMERA, **every_label(self.words)}
            if n % 2:
                columns["flow_forward"] = columns["hidden_forward"] = None
            meta = {"path": "orbit", "refused": ["too far: 3 m"] if n == 1 else []}
            yield Sample(
                FRAME, n, parents=[places[n % len(places)].id], time=0.1 * n, split="train", meta=meta, **columns
            )


class Weather(Map):
    """Frames grow brighter by some; by nothing, they stay as they are."""

    takes = (FRAME,)
    makes = FRAME
    by: int = Field(0, ge=0, le=100, description="Of 255.")
    kelvin: float = Field(0.0, description="Warmer by so much.")
    words: str = Field("fog", description="What was drawn.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            changed: dict[str, Any] = {}
            if self.by:
                changed["rgb"] = encode_rgb(np.full((*SIZE, 3), 90 + self.by, np.uint8))
            if self.kelvin:
                changed["temperature"] = encode_floats(np.full(SIZE, 280 + self.kelvin, np.float32))
            yield sample.replace(**changed).with_meta(weather={self.words: {"visibility": 20.0}}, transmittance=0.25)


class Grade(Map):
    """Says which attempts are right: those at even answers, and of the others the first ones."""

    takes = (REASONING,)
    words: str = Field("", description="Of a domain, before the number.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n = int(sample["answer"])
            right = n % 2 == 0 or sample["attempt"] == 0
            yield sample.replace(domain=f"{self.words}{n % 2}").with_meta(right=right, reason=self.words)


class Even(Map):
    """Keeps what is right at even answers."""

    takes = (REASONING,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            yield sample if int(sample["answer"]) % 2 == 0 else Drop(sample, f"odd: {sample['answer']}")


class Route(Map):
    """A rationale of each problem but every fifth, by one of two routes."""

    takes = (PROBLEM,)
    makes = REASONING
    words: str = Field("", description="Of a route, before its name.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n = int(sample["answer"])
            if n % 5 == 4:
                yield Drop(sample, f"wrong answer: {n}")
                continue
            route = f"{self.words}{'attempt' if n % 5 < 3 else 'rationalised'}"
            yield sample.child(
                REASONING, question=sample["question"], answer=sample["answer"], domain="counting", attempt=0,
                completion=f"{self.words} first\n```python\nprint({n})\n```\n{self.words} last", model="small",
                token_ids=[], steps=[f"{self.words} first\n", "last"] if n % 2 else None,
                values=[0.25, 1.0] if n % 2 else None, meta={"route": route},
            )  # fmt: skip


class Debate(Map):
    """Verdicts are right at every third problem, votes at every other one, and every fourth debate is flagged."""

    takes = (PROBLEM,)
    makes = DEBATE
    words: str = Field("so", description="What is said.")
    verified: bool = Field(True, description="Whether there is anything to verify by.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n, flagged = int(sample["answer"]), int(sample["answer"]) % 4 == 0
            turns = [
                {
                    "speaker": ["proponent", "opponent", self.words][k % 3], "act": "opening",
                    "text": f"{self.words} {k}", "claim": str(k), "contradicts": 0 if flagged and k == 3 else -1,
                    "reason": self.words if flagged and k == 3 else "",
                }
                for k in range(5)
            ]  # fmt: skip
            yield sample.child(
                DEBATE, question=sample["question"], answer=sample["answer"], domain=self.words, turns=turns,
                flagged=flagged, verdict=self.words, right=n % 3 == 0 if self.verified else None, tokens=100 + n,
                vote=self.words, vote_right=n % 2 == 0 if self.verified else None, votes=[self.words, "b", "b"],
                vote_tokens=200 + n, model=self.words, judge=self.words,
            )  # fmt: skip


class Search(Map):
    """A tree of each problem n: the root, and below it n steps in a row; the last is right where n is even."""

    takes = (PROBLEM,)
    makes = TREE
    words: str = Field("step", description="Of each step.")
    nodes: str | None = Field(None, description="Instead, JSON.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            n = int(sample["answer"])
            nodes = [
                {
                    "parent": k - 1, "text": f"{self.words} {k}" if k else "", "prior": 0.5, "visits": 10 - k % 10,
                    "value": k / max(n, 1), "ends": k == n, "right": n % 2 == 0 if k == n and n else None,
                }
                for k in range(n + 1)
            ]  # fmt: skip
            yield sample.child(
                TREE, question=sample["question"], answer=sample["answer"], domain="counting",
                nodes=nodes if self.nodes is None else json.loads(self.nodes), rollouts=n,
                first_right=n % 4 == 0 and n > 0, tokens=10 * n, model=self.words,
            )  # fmt: skip


class Prefer(Map):
    """A pair of each problem n, with the margin n / 10."""

    takes = (PROBLEM,)
    makes = PREFERENCE
    words: str = Field("good", description="Of both.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            prompt = [{"role": "user", "content": sample["question"]}, {"role": self.words, "content": self.words}]
            yield sample.child(
                PREFERENCE, prompt=prompt, chosen=f"```\n{self.words}\n```", rejected=f"not {self.words}",
                domain=self.words, margin=int(sample["answer"]) / 10, judge=self.words, model=self.words,
            )  # fmt: skip


class Train(Source):
    """Models of 50 steps each further; their losses are 1 / step."""

    makes = MODEL
    count: int = Field(1, ge=1, description="How many.")
    words: str = Field("sft", description="Method and base.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            steps = 50 * (n + 1)
            yield Sample(
                MODEL, n, parents=[f"{k:032x}" for k in range(7)], base=self.words, method=self.words, step=steps,
                tokens=1000 * steps, losses=(1 / np.arange(1, steps + 1)).astype(np.float32), held_out=0.5 + 0.1 * n,
                files=b"{}", weights=b"weights", moments=b"moments", meta={"held_out_before": 0.25},
            )  # fmt: skip


STAGES: dict[str, type[Stage]] = {
    "report.grade": Grade, "report.even": Even, "report.route": Route, "report.debate": Debate, "report.search": Search,
    "report.prefer": Prefer, "report.train": Train,
    "report.replay": Replay, "report.grow": Grow, "report.practise": Practise, "report.act": Act,
    "report.episodes": Episodes, "report.film": Film, "report.tell": Tell, "report.mark": Mark, "report.shots": Shots,
    "report.places": Places, "report.photos": Photos, "report.register": Register, "report.volumes": Volumes,
    "report.shoot": Shoot, "report.weather": Weather,
    "report.ask": Ask, "report.solve": Solve, "report.check": Check, "report.copies": Copies,
}  # fmt: skip
for _name, _stage in STAGES.items():
    registry.add(_name, _stage)
