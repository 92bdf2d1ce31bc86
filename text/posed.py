"""The problem that a sample was made from."""

from __future__ import annotations

from typing import Any

from multisynth.sample import Sample


def posed(sample: Sample) -> dict[str, Any]:
    """The columns of a problem, which all that is made from it has too."""
    return {name: sample[name] for name in ("question", "answer", "domain", "verifier", "check")}


def problem_of(sample: Sample) -> str:
    """The problem by its text: attempts at it may come from several stages and models."""
    return f"{sample['question']}\x1f{sample['answer']}"
