"""Trained language models as folders that transformers, vLLM and a model hub read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Literal

import yaml
from pydantic import Field

from multisynth.errors import BadInput
from multisynth.export.exporter import Exporter, Table, Tables
from multisynth.kinds import MODEL, Kind
from multisynth.sample import Sample
from multisynth.serving.checkpoint import unpack

_METHODS = {
    "sft": "supervised fine-tuning",
    "dpo": "direct preference optimisation",
    "distil": "distillation",
}
_MEASURES = {
    "sft": "mean loss, nats a token",
    "dpo": "share of the pairs whose better answer has the higher implicit reward",
    "distil": "mean divergence of teacher from student, nats a token",
}
_LEFT_OUT = {"too_long": "too long", "without_weight": "no weight", "without_answer": "nothing to learn"}


class Checkpoint(Exporter):
    """Write trained language models as folders for `AutoModelForCausalLM.from_pretrained`, each with a model card.

    The last model of a stage goes into the folder itself; with `each`, every one into `checkpoint-STEP`.
    """

    takes: ClassVar[tuple[Kind, ...]] = (MODEL,)

    models: Literal["last", "each"] = Field("last", description="Which models of the stage are written.")

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write the folders; returns how many there are."""
        if not len(samples):
            raise BadInput(f"`{samples.name}` made no model", "see on its ledger what became of its training")
        first = 0 if self.models == "each" else len(samples) - 1
        for row in range(first, len(samples)):
            (sample,) = samples.rows(row, row + 1)
            place = folder / f"checkpoint-{sample['step']}" if self.models == "each" else folder
            unpack(sample, place)
            (place / "README.md").write_text(card(sample), encoding="utf-8")
        return len(samples) - first


def card(sample: Sample) -> str:
    """A model card as model hubs read it: facts for machines, then for people.

    Args:
        sample: The model.
    """
    licence, method, meta = sample["license"] or "", sample["method"], sample.meta
    losses, prompting = sample["losses"], json.loads(sample["prompting"] or "null")
    facts: dict[str, Any] = {"library_name": "transformers", "pipeline_tag": "text-generation"}
    facts["tags"] = ["multisynth", "synthetic", method]
    # Model hubs know licences by their SPDX identifiers in small letters, and any expression as `other`.
    simple = bool(licence) and not any(sign in licence for sign in " ()")
    facts |= {"license": licence.lower() if simple else "other"}
    facts |= {} if simple or not licence else {"license_name": licence}
    name = sample["base"].removeprefix("hf:").partition("@")[0]
    facts |= {"base_model": name} if sample["base"].startswith("hf:") else {}
    rows = {
        "licence": licence or "not known",
        "base": sample["base"],
        "method": _METHODS.get(method, method),
        "training samples": meta.get("samples", "not known"),
        **{f"samples left out: {reason}": meta[name] for name, reason in _LEFT_OUT.items() if meta.get(name)},
        "steps": sample["step"],
        "tokens": sample["tokens"],
        "loss at the first and the last step": f"{losses[0]:.4f}, {losses[-1]:.4f}" if len(losses) else "",
        "stage of the run": sample["stage"],
        "sample of the run": sample.id,
    }
    if sample["held_out"] is not None:
        rows[f"on {meta.get('held_out_samples', '?')} samples held out"] = (
            f"{sample['held_out']:.4f} ({_MEASURES.get(method, method)})"
        )
    lines = [f"| {label} | {_cell(value)} |" for label, value in rows.items()]
    form = json.dumps(prompting, indent=2, ensure_ascii=False)
    asked = "" if prompting is None else f"\nQuestions were put to it in this form:\n\n```json\n{form}\n```\n"
    front = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
    table = "\n".join(["| | |", "|---|---|", *lines])
    return f"""---
{front}---

# {_cell(sample["stage"])}

Trained by multisynth on synthetic data. `multisynth lineage RUN {sample.id}` names every sample that it learned from.

{table}
{asked}"""


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
