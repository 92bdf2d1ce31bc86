"""What is drawn for each world, and the numbers by which kernels call it."""

from __future__ import annotations

FIELDS: tuple[tuple[str, str], ...] = (
    ("friction", "friction"),
    ("table_friction", "table_friction"),
    ("restitution", "restitution"),
    ("table_restitution", "restitution"),
    ("mass", "mass"),
    ("inertia", "inertia"),
    ("gravity", "gravity"),
    ("bandwidth", "bandwidth"),
    ("damping", "damping"),
    ("latency", "latency"),
    ("action_noise", "action_noise"),
    ("sensor_noise", "sensor_noise"),
    ("encoder_noise", "encoder_noise"),
    ("dropout", "dropout"),
    ("width", "size"),
    ("depth", "size"),
    ("height", "size"),
    ("carry", "carry"),
    ("goal_height", "goal_height"),
    ("hand.x", "hand"),
    ("hand.y", "hand"),
    ("hand.z", "hand"),
)
"""Name of what is drawn, as the task on the processor calls it, and the field of `Randomisation` it is drawn from."""
FIXED = ("object_x", "object_y", "object_yaw", "random_urdfs")
"""Fields that it cannot draw from other terms than the default ones."""
NAMES = tuple(name for name, _ in FIELDS)

FRICTION, TABLE_FRICTION, RESTITUTION, TABLE_RESTITUTION, MASS, INERTIA, GRAVITY, BANDWIDTH, DAMPING = range(9)
LATENCY, ACTION_NOISE, SENSOR_NOISE, ENCODER_NOISE, DROPOUT, WIDTH, DEPTH, HEIGHT, CARRY, GOAL_HEIGHT = range(9, 19)
HAND_X, HAND_Y, HAND_Z = range(19, 22)
