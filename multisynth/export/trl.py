"""Reasoning as JSON lines for supervised fine-tuning with TRL."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import dumps
from multisynth.kinds import REASONING, Kind


class Trl(Exporter):
    """Write questions and completions in TRL's conversational prompt-completion format.

    One line a sample in `train.jsonl`: `prompt` and `completion` as lists of messages
    (https://huggingface.co/docs/trl/dataset_formats), and the sample's `id` and `license`, which TRL leaves alone.
    """

    takes: ClassVar[tuple[Kind, ...]] = (REASONING,)

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the lines; returns how many there are."""
        count = 0
        with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
            for sample in samples.samples(["question", "completion", "license"], batch_size=1024):
                line = {
                    "prompt": [{"role": "user", "content": sample["question"]}],
                    "completion": [{"role": "assistant", "content": sample["completion"]}],
                    "id": sample.id,
                    "license": sample["license"],
                }
                file.write(dumps(line) + "\n")
                count += 1
        return count
