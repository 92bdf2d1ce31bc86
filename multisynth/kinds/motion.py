"""What robots do: episodes, and policies that learn from them."""

from __future__ import annotations

import pyarrow as pa

from multisynth.kinds.column import Column, tensor
from multisynth.kinds.kind import Kind

EVENT = pa.struct(
    [
        ("id", pa.string()),  # e0, e1, … in the order of time
        ("time", pa.float64()),  # s from the start of the episode
        ("kind", pa.string()),  # contact | impact | fall | success | …
        ("bodies", pa.list_(pa.string())),  # names; the one that acts comes first
        ("impulse", pa.float64()),  # N·s, of the contact's normal force
        ("speed", pa.float64()),  # m/s, relative along the normal just before contact; of the body itself for a fall
        ("position", pa.list_(pa.float64(), 3)),  # m, world
    ]
)

MOTION = {
    "task": Column(pa.string(), "name of the task"),
    "instruction": Column(pa.string(), "what the robot was told to do, in a sentence"),
    "success": Column(pa.bool_(), "whether the task was achieved"),
    "scene": Column(pa.string(), "multisynth.scenes.Scene as JSON: bodies, shapes, colours, lights"),
    "times": Column(tensor(pa.float64(), "T"), "s from the start, one a step"),
    "poses": Column(
        tensor(pa.float32(), "T", "B", 7), "x, y, z in m and w, x, y, z of the scene's B moving parts, in its order"
    ),
    "events": Column(pa.list_(EVENT), "what happened, in the order of time; null where nobody watched", optional=True),
}

EPISODE = Kind(
    "episode",
    {
        **MOTION,
        "engine": Column(pa.string(), "physics engine and its version"),
        "robot": Column(pa.string(), "name of the robot"),
        "rate": Column(pa.float64(), "control steps a second, Hz"),
        "parameters": Column(pa.string(), "what was drawn for this episode, SI, as a JSON object"),
        "actions": Column(tensor(pa.float32(), "T", "A"), "what was commanded at each step"),
        "action_names": Column(pa.list_(pa.string()), "A names with their units"),
        "states": Column(tensor(pa.float32(), "T", "S"), "what was observed at each step, before the action"),
        "state_names": Column(pa.list_(pa.string()), "S names with their units"),
        "rewards": Column(tensor(pa.float32(), "T"), "after each step"),
        "successes": Column(tensor(pa.bool_(), "T"), "whether the task stood achieved after each step"),
    },
)

POLICY = Kind(
    "policy",
    {
        "task": Column(pa.string(), "what it was trained on"),
        "robot": Column(pa.string(), "name of the robot"),
        "learner": Column(pa.string(), "expert | clone | ppo"),
        "engine": Column(pa.string(), "physics engine that it practised in"),
        "control": Column(pa.string(), "what its actions mean: name of the environment's control"),
        "rate": Column(pa.float64(), "control steps a second, Hz"),
        "history": Column(pa.int32(), "observations that it sees at once"),
        "iteration": Column(pa.int32(), "0, 1, … in its training"),
        "episodes": Column(pa.int64(), "practised so far"),
        "steps": Column(pa.int64(), "practised so far"),
        "success": Column(pa.float64(), "share of this iteration's episodes that succeeded"),
        "reward": Column(pa.float64(), "mean over this iteration's steps"),
        "entropy": Column(pa.float64(), "of the curriculum, nats a dimension", optional=True),
        "curriculum": Column(pa.string(), "bounds and buffers of its domain randomisation, JSON", optional=True),
        "weights": Column(pa.large_binary(), "safetensors; none for an expert", media=True, optional=True),
        "experience": Column(
            pa.large_binary(), "this iteration's observations and labels, safetensors", media=True, optional=True
        ),
        "moments": Column(pa.large_binary(), "of its optimiser, safetensors", media=True, optional=True),
    },
)
