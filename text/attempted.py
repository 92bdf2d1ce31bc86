"""Which problem was attempted."""

from __future__ import annotations

from multisynth.sample import Sample


def problem_of(sample: Sample) -> str:
    """The problem by its text: attempts at it may come from several stages and models."""
    return f"{sample['question']}\x1f{sample['answer']}"
