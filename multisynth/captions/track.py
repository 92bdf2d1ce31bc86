"""Where the bodies of a clip are at every frame, and how fast: what all captions are written from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from multisynth.sample import Sample

RESTING = 0.02
"""m/s; slower than this a body counts as at rest. A control step of 0.1 s shows 2 mm of it."""
STEADY = 0.3
"""rad/s; a body that turns slower counts as steady."""
_TOUCH = 0.012
"""m; how far apart the faces of a body and of what carries it may seem, given that boxes are approximated."""
_HANDS = ("hand", "gripper", "tool", "grasp", "flange")


@dataclass(frozen=True)
class Body:
    """A body as captions see it: one moving point with a size.

    Args:
        name: As in the scene and in events.
        category: Its class.
        column: Its part's place in `poses`; None for what stands still.
        centre: Of its shapes' bounding box, in the part's frame, m. [3]
        half: Half extents of that box, m. [3]
        round: Whether it is a ball.
        pose: Where the part is if it stands still: x, y, z, w, x, y, z. [7]
    """

    name: str
    category: str
    column: int | None
    centre: np.ndarray
    half: np.ndarray
    round: bool
    pose: np.ndarray

    @property
    def moves(self) -> bool:
        """Whether it can move at all."""
        return self.column is not None

    @property
    def is_robot(self) -> bool:
        """Whether it is the one who acts on purpose; its point is its hand."""
        return self.category == "robot"

    @property
    def is_surface(self) -> bool:
        """Whether it is a table or a floor: still, and wide enough that its centre says nothing."""
        return not self.moves and float(self.half[:2].max()) > 0.2

    @property
    def is_mark(self) -> bool:
        """Whether it is painted on rather than solid, such as a goal."""
        return not self.moves and float(self.half[2]) < 0.005 and not self.is_surface


class Track:
    """The bodies of one clip along its T frames.

    Args:
        clip: A sample with the columns `scene`, `times`, `poses` and a camera.
    """

    def __init__(self, clip: Sample) -> None:
        self.times = np.asarray(clip["times"], np.float64)  # [T]
        self.bodies = _bodies(json.loads(clip["scene"]))
        self.index = {body.name: n for n, body in enumerate(self.bodies)}
        poses = np.asarray(clip["poses"], np.float64).reshape(len(self.times), -1, 7)
        still = np.ones((len(poses), 1))
        columns = [still * body.pose if body.column is None else poses[:, body.column] for body in self.bodies]
        every = np.stack(columns, 1)  # [T, N, 7]
        self.rotations = _matrices(every[..., 3:])  # [T, N, 3, 3]
        centres = np.stack([body.centre for body in self.bodies])
        self.positions = every[..., :3] + np.einsum("tnij,nj->tni", self.rotations, centres)  # [T, N, 3], m
        halves = np.abs(self.rotations) @ np.stack([body.half for body in self.bodies])[:, :, None]
        rounds = np.array([body.round for body in self.bodies])
        self.halves = np.where(rounds[:, None], np.stack([body.half for body in self.bodies]), halves[..., 0])
        self._camera = np.asarray(clip["world_to_camera"], np.float64)
        self._intrinsics = np.asarray(clip["intrinsics"], np.float64)
        self._size = (clip["width"], clip["height"])

    @cached_property
    def velocities(self) -> np.ndarray:
        """Central differences of the positions, m/s. [T, N, 3]"""
        if len(self.times) < 2:
            return np.zeros_like(self.positions)
        return np.asarray(np.gradient(self.positions, self.times, axis=0))

    @cached_property
    def turning(self) -> np.ndarray:
        """How fast each body turns between a frame and the one before it, rad/s; 0 at the first. [T, N]"""
        out = np.zeros(self.positions.shape[:2])
        for frame in range(1, len(self.times)):
            angle = _angles(self.rotations[frame - 1], self.rotations[frame])
            out[frame] = angle / (self.times[frame] - self.times[frame - 1])
        return out

    def before(self, time: float) -> int:
        """The last frame not later than a time, or the first."""
        return max(int(np.searchsorted(self.times, time + 1e-9, side="right")) - 1, 0)

    def after(self, time: float) -> int:
        """The first frame not earlier than a time, or the last."""
        return min(int(np.searchsorted(self.times, time - 1e-9)), len(self.times) - 1)

    def rests(self, body: int, frame: int) -> bool:
        """Whether a body came to this frame at rest.

        Only what happened up to the frame counts, so that a blow just after it does not blur the answer. The first
        frame has no past: there a body rests if something carries it.
        """
        if frame == 0:
            return self.support(body, 0) is not None
        step = self.positions[frame, body] - self.positions[frame - 1, body]
        speed = float(np.linalg.norm(step)) / float(self.times[frame] - self.times[frame - 1])
        return speed < RESTING and float(self.turning[frame, body]) < STEADY

    def moved(self, body: int, first: int, last: int) -> tuple[float, float]:
        """How far a body's centre went between two frames, m, and how far it turned, rad."""
        distance = float(np.linalg.norm(self.positions[last, body] - self.positions[first, body]))
        return distance, float(_angles(self.rotations[first, body][None], self.rotations[last, body][None])[0])

    def support(self, body: int, frame: int) -> int | None:
        """The body that carries another, judged by their bounding boxes: the one whose top its bottom touches."""
        low = self.positions[frame, body, 2] - self.halves[frame, body, 2]
        best: tuple[float, int] | None = None
        for other, what in enumerate(self.bodies):
            if other == body or what.is_robot or what.is_mark:
                continue
            gap = abs(low - self.positions[frame, other, 2] - self.halves[frame, other, 2])
            reach = self.halves[frame, other, :2]
            if not what.is_surface:
                reach = reach + 0.5 * self.halves[frame, body, :2]
            aside = np.abs(self.positions[frame, body, :2] - self.positions[frame, other, :2])
            if gap < _TOUCH and bool((aside < reach).all()) and (best is None or gap < best[0]):
                best = (gap, other)
        return None if best is None else best[1]

    def seen(self, body: int, frame: int) -> bool:
        """Whether a body's centre lies in the picture."""
        point = self._camera[:3, :3] @ self.positions[frame, body] + self._camera[:3, 3]
        if point[2] <= 0:
            return False
        x, y = (self._intrinsics @ point)[:2] / point[2]
        return bool(0 <= x < self._size[0] and 0 <= y < self._size[1])

    @cached_property
    def right(self) -> np.ndarray:
        """The camera's right, level, unit length. [3]"""
        return _level(self._camera[0, :3])

    @cached_property
    def away(self) -> np.ndarray:
        """Level and away from the camera, unit length. [3]"""
        return np.cross(np.array([0.0, 0.0, 1.0]), self.right)


def _level(axis: np.ndarray) -> np.ndarray:
    flat = np.array([axis[0], axis[1], 0.0])
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-6 else np.array([1.0, 0.0, 0.0])


def _matrices(quaternions: np.ndarray) -> np.ndarray:
    """Rotations of unit quaternions w, x, y, z. [..., 4] to [..., 3, 3]"""
    w, x, y, z = np.moveaxis(quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def _angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Angles between rotations, rad. [N, 3, 3], [N, 3, 3] to [N]"""
    # The chord is accurate for small angles, where the arc cosine of the trace is not.
    chord = np.linalg.norm(first - second, axis=(1, 2)) / (2 * np.sqrt(2))
    return np.asarray(2 * np.arcsin(np.clip(chord, 0, 1)))


def _bodies(scene: dict[str, Any]) -> list[Body]:
    bodies, column = [], 0
    for body in scene["bodies"]:
        columns: list[int | None] = []
        for part in body["parts"]:
            columns.append(column if part["moves"] else None)
            column += bool(part["moves"])
        chosen = _point_of(body)
        part = body["parts"][chosen]
        centre, half = _box(part["shapes"])
        bodies.append(
            Body(
                name=body["name"],
                category=body["category"],
                column=columns[chosen],
                centre=centre,
                half=half,
                round=[shape["kind"] for shape in part["shapes"]] == ["sphere"],
                pose=np.array([*part["position"], *part["quaternion"]], np.float64),
            )
        )
    return bodies


def _point_of(body: dict[str, Any]) -> int:
    moving = [n for n, part in enumerate(body["parts"]) if part["moves"]] or [0]
    hands = [n for n in moving if any(word in body["parts"][n]["name"] for word in _HANDS)]
    return (hands or moving)[0] if body["category"] != "robot" or hands else moving[-1]


def _box(shapes: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    lows, highs = [], []
    for shape in shapes:
        size = np.asarray(shape["size"], np.float64)
        if shape["kind"] == "box":
            half = size / 2
        elif shape["kind"] == "sphere":
            half = np.repeat(size[0], 3)
        elif shape["kind"] == "cylinder":
            half = np.array([size[0], size[0], size[1] / 2])
        else:
            continue  # a mesh's extent is in its file; its part's origin stands for it
        if shape["kind"] != "sphere":
            half = np.abs(_matrices(np.asarray(shape["quaternion"], np.float64))) @ half
        lows.append(np.asarray(shape["position"]) - half)
        highs.append(np.asarray(shape["position"]) + half)
    if not lows:
        return np.zeros(3), np.zeros(3)
    low, high = np.min(lows, 0), np.max(highs, 0)
    return (low + high) / 2, (high - low) / 2
