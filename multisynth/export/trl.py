"""Reasoning and preferences as JSON lines for training with TRL."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from multisynth.errors import BadInput
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.export.strict_json import dumps
from multisynth.kinds import PREFERENCE, REASONING, Kind
from multisynth.sample import Sample


class Trl(Exporter):
    """Write reasoning and preferences in TRL's formats for supervised, preference and process-reward training.

    One line a sample (https://huggingface.co/docs/trl/dataset_formats), each with the sample's `id` and `license`,
    which TRL leaves alone: for `SFTTrainer` questions with completions as messages (`prompt`, `completion`), for
    `DPOTrainer` preferences (`prompt`, `chosen`, `rejected` as messages, and the `margin`), but none of single steps:
    TRL ends every answer, and has no option not to, so that a model would learn to stop after a step. With `stepwise`,
    reasoning whose steps have values for `PRMTrainer` (`prompt`, `completions`, `labels`): a step is right if its value
    is above `right_above`, by default if any of its rollouts was right (hard estimation of Math-Shepherd, Wang et al.
    2024, arXiv 2312.08935, section 3.3); `values` has the values themselves.
    """

    takes: ClassVar[tuple[Kind, ...]] = (REASONING, PREFERENCE)

    stepwise: bool = Field(False, description="Whether to write steps and their values instead of completions.")

    right_above: float = Field(
        0.0, ge=0, lt=1, description="With `stepwise`: a step whose value is above this is right; the others are wrong."
    )

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the lines; returns how many there are.

        Raises:
            BadInput: Steps are asked for and there are none, or they have no values; or what is there would teach what
                nobody wants: a wrong answer, or to stop after a step.
        """
        if self.stepwise and samples.kind.name != REASONING.name:
            raise BadInput(f"`{samples.name}` makes {samples.kind.name}s, which have no steps", "leave out `stepwise`")
        line = _pair if samples.kind.name == PREFERENCE.name else self._stepwise if self.stepwise else _reasoning
        count = 0
        with (folder / "train.jsonl").open("w", encoding="utf-8") as file:
            for sample in samples.samples([*samples.kind.columns, "license", "meta"], batch_size=1024):
                file.write(dumps({**line(sample), "id": sample.id, "license": sample["license"]}) + "\n")
                count += 1
        return count

    def _stepwise(self, sample: Sample) -> dict[str, Any]:
        if not sample["steps"] or sample["values"] is None:
            raise BadInput(
                f"sample {sample.id} has no steps with values", "take what `text.paths` makes of search trees"
            )
        values = [float(value) for value in sample["values"]]
        labels = [value > self.right_above for value in values]
        return {"prompt": sample["question"], "completions": sample["steps"], "labels": labels, "values": values}


def _reasoning(sample: Sample) -> dict[str, Any]:
    if sample.meta.get("right") is False:
        raise BadInput(
            f"sample {sample.id} was judged wrong, and would be imitated", "export what `text.verify` keeps of them"
        )
    return {
        "prompt": [{"role": "user", "content": sample["question"]}],
        "completion": [{"role": "assistant", "content": sample["completion"]}],
    }


def _pair(sample: Sample) -> dict[str, Any]:
    if not sample.meta.get("whole", True):
        raise BadInput(
            f"sample {sample.id} is a pair of single steps, and TRL would teach to stop after one",
            "train on them with `text.dpo`, or export pairs of whole answers (`whole: true` of `text.siblings`)",
        )
    turns, begun = sample["prompt"], ""
    if turns and turns[-1]["role"] == "assistant":  # which both answers go on from; TRL would see two answers
        turns, begun = turns[:-1], turns[-1]["content"]
    return {
        "prompt": [{"role": turn["role"], "content": turn["content"]} for turn in turns],
        "chosen": [{"role": "assistant", "content": begun + sample["chosen"]}],
        "rejected": [{"role": "assistant", "content": begun + sample["rejected"]}],
        "margin": sample["margin"],
    }
