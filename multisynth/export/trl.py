"""Reasoning and preferences as JSON lines for training with TRL."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import dumps
from multisynth.kinds import PREFERENCE, REASONING, Kind
from multisynth.sample import Sample

_SCORED = 0.5


class Trl(Exporter):
    """Write reasoning and preferences in TRL's formats for supervised, preference and process-reward training.

    One line a sample (https://huggingface.co/docs/trl/dataset_formats), each with the sample's `id` and `license`,
    which TRL leaves alone:

    - `train.jsonl` has questions with completions as messages (`prompt`, `completion`) for `SFTTrainer`, or preferences
      (`prompt`, `chosen`, `rejected` as messages, and the `margin`) for `DPOTrainer`;
    - `steps.jsonl` has reasoning whose steps have values (`prompt`, `completions`, `labels`) for `PRMTrainer`, where a
      step is right if at least half of what follows from it is; `values` has the values themselves.
    """

    takes: ClassVar[tuple[Kind, ...]] = (REASONING, PREFERENCE)

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the lines; returns how many samples there are."""
        write = _reasoning if samples.kind.name == REASONING.name else _pair
        count = scored = 0
        lines, steps = folder / "train.jsonl", folder / "steps.jsonl"
        with lines.open("w", encoding="utf-8") as file, steps.open("w", encoding="utf-8") as second:
            for sample in samples.samples([*samples.kind.columns, "license"], batch_size=1024):
                whose = {"id": sample.id, "license": sample["license"]}
                file.write(dumps({**write(sample), **whose}) + "\n")
                count += 1
                if write is _reasoning and sample["steps"] and sample["values"] is not None:
                    second.write(dumps({**_stepwise(sample), **whose}) + "\n")
                    scored += 1
        if not scored:
            steps.unlink()
        return count


def _reasoning(sample: Sample) -> dict[str, Any]:
    return {
        "prompt": [{"role": "user", "content": sample["question"]}],
        "completion": [{"role": "assistant", "content": sample["completion"]}],
    }


def _pair(sample: Sample) -> dict[str, Any]:
    return {
        "prompt": [{"role": turn["role"], "content": turn["content"]} for turn in sample["prompt"]],
        "chosen": [{"role": "assistant", "content": sample["chosen"]}],
        "rejected": [{"role": "assistant", "content": sample["rejected"]}],
        "margin": sample["margin"],
    }


def _stepwise(sample: Sample) -> dict[str, Any]:
    values = [float(value) for value in sample["values"]]
    return {
        "prompt": sample["question"], "completions": sample["steps"], "labels": [value >= _SCORED for value in values],
        "values": values,
    }  # fmt: skip
