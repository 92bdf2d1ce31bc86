"""Where a serial arm's hand is and how to get it somewhere, from its description alone, for every engine alike."""

from __future__ import annotations

import math

import numpy as np
from multisynth.scenes.poses import quaternion
from multisynth.scenes.urdf import MOVING, Robot

DAMPING, PULL = 0.02, 0.2
NEAR = 2e-4  # m and rad; the step that is still taken leaves a fraction of it
STRIDE = 0.3  # rad or m, a joint's longest step in one iteration


class Chain:
    """The joints from a robot's root to a tip link.

    What does not move is merged with what moves before it, and every axis is made the z of its frame, so that a joint
    only mixes two columns of a constant matrix.

    Args:
        robot: The robot, whose root stands at the world's origin.
        tip: Name of the link.
    """

    def __init__(self, robot: Robot, tip: str) -> None:
        path = robot.chain(tip)
        moving = [joint for joint in path if joint.kind in MOVING]
        frames, since = [], np.eye(4)  # since: from the last joint's frame to here, where nothing moves
        for joint in path:
            since = since @ joint.origin
            if joint.kind in MOVING:
                upright = np.eye(4)
                upright[:3, :3] = _with_z(joint.axis)
                frames.append(since @ upright)
                since = upright.T
        self._frames, self._end = np.array(frames).reshape(-1, 4, 4), since
        self._x, self._y, self._z = (self._frames[:, :, column] for column in range(3))
        slides = np.array([joint.kind == "prismatic" for joint in moving], bool)
        self._slides = slides if slides.any() else None
        self.lower = np.array([joint.lower for joint in moving])
        self.upper = np.array([joint.upper for joint in moving])
        self.velocity = np.array([joint.velocity for joint in moving])

    def forward(self, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The tip's pose and its Jacobian.

        Args:
            joints: Positions, rad or m. [N]

        Returns:
            The tip in the world [4, 4]; rows of linear then angular velocity a unit of each joint's [6, N].
        """
        first, *others = self._local(joints)
        frames = [first]
        for frame in others:
            frames.append(frames[-1].dot(frame))
        tip = frames[-1].dot(self._end)
        columns = np.array(frames).T  # [4, 4, N], columns first
        ax, ay, az, _ = columns[2]
        ox, oy, oz = tip[:3, 3:] - columns[3, :3]
        jacobian = np.array([ay * oz - az * oy, az * ox - ax * oz, ax * oy - ay * ox, ax, ay, az])
        if self._slides is not None:
            jacobian[:3, self._slides] = jacobian[3:, self._slides]
            jacobian[3:, self._slides] = 0
        return tip, jacobian

    def pose(self, joints: np.ndarray) -> np.ndarray:
        """The tip's x, y, z in m and w, x, y, z. [7]"""
        tip = np.eye(4)
        for frame in self._local(joints):
            tip = tip.dot(frame)
        tip = tip.dot(self._end)
        return np.array((*tip[:3, 3].tolist(), *quaternion(tip[:3, :3]).tolist()))

    def _local(self, joints: np.ndarray) -> np.ndarray:
        """Each joint's frame, moved, in that of the joint before. [N] → [N, 4, 4]"""
        slides = self._slides
        angles = joints if slides is None else np.where(slides, 0.0, joints)
        cosines, sines = np.cos(angles)[:, None], np.sin(angles)[:, None]
        frames = self._frames.copy()
        frames[:, :, 0] = self._x * cosines + self._y * sines
        frames[:, :, 1] = self._y * cosines - self._x * sines
        if slides is not None:
            frames[:, :, 3] += self._z * np.where(slides, joints, 0.0)[:, None]
        return frames

    def reach(
        self,
        start: np.ndarray,
        position: np.ndarray,
        rotation: np.ndarray,
        rest: np.ndarray,
        iterations: int = 30,
        damping: float = DAMPING,
        pull: float = PULL,
    ) -> np.ndarray:
        """Joint positions that bring the tip to a pose, or as near as they get.

        Damped least squares (Wampler 1986) from `start`, drawn to `rest` in the null space (Liégeois 1977).

        Args:
            start: Where to begin. [N]
            position: World, m. [3]
            rotation: World. [3, 3]
            rest: Where a joint should rather be when it makes no difference to the tip. [N]
            iterations: At most.
            damping: λ; the more, the calmer where a joint's turning hardly moves the tip, and the slower elsewhere.
            pull: Share of the way to `rest` that the first iteration goes, each further one half as much.
        """
        lower, upper = self.lower, self.upper
        joints = np.minimum(np.maximum(start, lower), upper)
        error, damped = np.empty(6), damping**2 * np.eye(6)
        for n in range(iterations):
            tip, jacobian = self.forward(joints)
            error[:3] = position - tip[:3, 3]
            error[3:] = rotation_vector(rotation.dot(tip[:3, :3].T))
            drawn = (pull * 0.5**n) * (rest - joints)
            # Jᵀ(JJᵀ + λ²)⁻¹ e + (1 - Jᵀ(JJᵀ + λ²)⁻¹ J) d, with one system of equations to solve
            push = np.linalg.solve(jacobian.dot(jacobian.T) + damped, error - jacobian.dot(drawn))
            change = jacobian.T.dot(push) + drawn
            joints = np.minimum(np.maximum(joints + np.minimum(np.maximum(change, -STRIDE), STRIDE), lower), upper)
            if max(map(abs, error.tolist())) < NEAR:
                break
        return joints


def _with_z(axis: np.ndarray) -> np.ndarray:
    """A rotation that turns z to an axis. [3] → [3, 3]"""
    if axis[2] > 1 - 1e-12:
        return np.eye(3)
    other = np.eye(3)[int(np.abs(axis).argmin())]
    x = np.cross(other, axis)
    x /= np.linalg.norm(x)
    return np.stack([x, np.cross(axis, x), axis], -1)


def rotation_vector(rotation: np.ndarray) -> list[float]:
    """A rotation matrix as its axis times its angle. [3, 3] → [3]"""
    w, x, y, z = quaternion(rotation).tolist()
    sine = math.sqrt(x * x + y * y + z * z)
    angle = 2 * math.atan2(sine, w) / sine if sine > 1e-9 else 2.0
    return [x * angle, y * angle, z * angle]
