"""What goes with every exported episode, so that it can be told apart, judged and replayed outside its run."""

from __future__ import annotations

import json
from typing import Any

from multisynth.export.strict_json import dumps
from multisynth.sample import Sample


def facts(episode: Sample) -> dict[str, str | int | float | bool]:
    """What is short enough to stand in an index: which episode it is, and how it came out."""
    return {
        "sample_id": episode.id,
        "seed": _seed(episode),
        "task": episode["task"],
        "instruction": episode["instruction"],
        "success": bool(episode["success"]),
        "engine": episode["engine"],
        "robot": episode["robot"],
        "rate": float(episode["rate"]),
        "license": episode["license"],
    }


def _seed(episode: Sample) -> int:
    """Of the episode's draws: its parameters have it, since every stage that an episode goes through seeds its own."""
    try:
        return int(json.loads(episode["parameters"])["seed"], 16)
    except (ValueError, KeyError, TypeError):
        return int(episode["seed"])


def recipe(episode: Sample) -> dict[str, str]:
    """What a replay starts from, and what it must arrive at, each as JSON: drawn parameters, scene, and event log."""
    return {"parameters": episode["parameters"], "scene": episode["scene"], "events": dumps(episode["events"])}


def provenance(episode: Sample) -> dict[str, Any]:
    """All of it."""
    return {**facts(episode), **recipe(episode)}
