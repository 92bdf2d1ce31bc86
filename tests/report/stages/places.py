"""Places: scenes, photos with their views, and volumes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from multisynth.kinds import PHOTO, SCENE, VIEW, VOLUME
from multisynth.media import encode_rgb
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Map, Source
from tests.report.stages.frames import CAMERA, SIZE


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
    makes = SCENE
    count: int = Field(2, ge=0, description="How many.")
    words: str = Field("block", description="Name and category of the first body.")
    raw: str | None = Field(None, description="Instead of a scene.")

    def generate(self, ordinals: Sequence[int]) -> Iterable[Sample | Drop]:
        for n in ordinals:
            scene = place_json(self.words) if self.raw is None else self.raw
            pose = np.array([[2.0, -2.0, 0.0, 1.0, 0.0, 0.0, 0.0]], np.float32)
            yield Sample(SCENE, n, scene=scene, poses=pose, meta={"builder": self.words})


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
    """Drops photo 3; the others become views that see a point in their middle and one behind them."""

    takes = (PHOTO,)
    makes = VIEW
    words: str = Field("no place", description="Why.")

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        for sample in samples:
            if sample["name"].endswith("3"):
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
