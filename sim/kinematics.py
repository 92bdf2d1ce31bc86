"""Where a serial arm's hand is and how to get it somewhere, from its description alone, for every engine alike."""

from __future__ import annotations

import numpy as np
from multisynth.scenes.poses import quaternion
from multisynth.scenes.urdf import Robot

DAMPING = 0.02
NEAR = 1e-4  # m and rad


class Chain:
    """The joints from a robot's root to a tip link.

    Args:
        robot: The robot, whose root stands at the world's origin.
        tip: Name of the link.
    """

    def __init__(self, robot: Robot, tip: str) -> None:
        self._joints = robot.chain(tip)
        moving = [joint for joint in self._joints if joint.kind != "fixed"]
        self._crosses = [np.cross(joint.axis, -np.eye(3)) for joint in self._joints]
        self._slides = np.array([joint.kind == "prismatic" for joint in moving])
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
        rotation, position = np.eye(3), np.zeros(3)
        axes, origins, column = np.empty((len(joints), 3)), np.empty((len(joints), 3)), 0
        for joint, cross in zip(self._joints, self._crosses, strict=True):
            position = position + rotation @ joint.origin[:3, 3]
            rotation = rotation @ joint.origin[:3, :3]
            if joint.kind == "fixed":
                continue
            value = joints[column]
            axes[column] = rotation @ joint.axis
            if joint.kind == "prismatic":
                position = position + axes[column] * value
            else:  # Rodrigues' formula
                rotation = rotation @ (np.eye(3) + np.sin(value) * cross + (1 - np.cos(value)) * (cross @ cross))
            origins[column] = position
            column += 1
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = rotation, position
        slides = self._slides[:, None]
        linear = np.where(slides, axes, np.cross(axes, position - origins))
        return pose, np.concatenate([linear, np.where(slides, 0.0, axes)], 1).T

    def pose(self, joints: np.ndarray) -> np.ndarray:
        """The tip's x, y, z in m and w, x, y, z. [7]"""
        matrix, _ = self.forward(joints)
        return np.concatenate([matrix[:3, 3], quaternion(matrix[:3, :3])])

    def reach(
        self,
        start: np.ndarray,
        position: np.ndarray,
        rotation: np.ndarray,
        rest: np.ndarray,
        iterations: int = 30,
    ) -> np.ndarray:
        """Joint positions that bring the tip to a pose, or as near as they get.

        Damped least squares (Wampler 1986) from `start`, drawn to `rest` in the null space (Liégeois 1977).

        Args:
            start: Where to begin. [N]
            position: World, m. [3]
            rotation: World. [3, 3]
            rest: Where a joint should rather be when it makes no difference to the tip. [N]
            iterations: At most.
        """
        joints = np.clip(start, self.lower, self.upper)
        eye = np.eye(len(joints))
        for n in range(iterations):
            pose, jacobian = self.forward(joints)
            error = np.concatenate([position - pose[:3, 3], _turn(rotation @ pose[:3, :3].T)])
            inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + DAMPING**2 * np.eye(6))
            change = inverse @ error + 0.2 * 0.5**n * (eye - inverse @ jacobian) @ (rest - joints)
            joints = np.clip(joints + np.clip(change, -0.3, 0.3), self.lower, self.upper)
            if np.abs(error).max() < NEAR:
                break
        return joints


def _turn(rotation: np.ndarray) -> np.ndarray:
    """A rotation matrix as its axis times its angle. [3, 3] → [3]"""
    w, *axis = quaternion(rotation)
    sine = float(np.linalg.norm(axis))
    return np.array(axis) * (2 * np.arctan2(sine, w) / sine if sine > 1e-9 else 2.0)
