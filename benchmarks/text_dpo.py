"""Direct preference optimisation: step 0, what is learned about pairs held out, and TRL's own trainer beside it.

    python -m benchmarks.text_dpo [--pairs 240]

A small model with random weights learns to prefer polite answers to rude ones; TRL's trainer takes the same pairs in
the same order. Seconds are of the processor, all threads together, without imports. Prints JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from multisynth.text.prompting import Prompting
from multisynth.text.train.dpo import Dpo
from multisynth.text.train.encoder import Encoder
from multisynth.text.train.network import fresh
from multisynth.text.train.options import Fresh
from multisynth.text.train.order import batches

from benchmarks.machine import machine
from multisynth.kinds import PREFERENCE
from multisynth.sample import Batch, Sample
from multisynth.testing import inputs_of, run_stage

BATCH, RATE, BETA = 8, 3e-4, 0.1
THINGS = ("tea", "a map", "salt", "the time", "a pen", "help", "bread", "a chair", "music", "shade")


def pairs(count: int) -> Batch:
    """Questions with a polite and a rude answer, each about another thing."""
    made = []
    for k in range(count):
        thing = f"{THINGS[k % len(THINGS)]} {k // len(THINGS)}"
        prompt = [{"role": "user", "content": f"May I have {thing}?"}]
        columns: dict[str, Any] = {
            "chosen": f"Please, here is {thing}.",
            "rejected": f"No, not {thing}.",
            "domain": "manners",
        }
        made.append(Sample(PREFERENCE, k, prompt=prompt, margin=1.0, judge="rule", model="rule", **columns))
    return inputs_of(made)


def theirs(folder: Path, samples: list[Sample], out: Path) -> tuple[list[float], float]:
    """Losses of TRL's trainer, and its seconds."""
    import trl
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    rows = [
        {
            "prompt": f"Question: {sample['prompt'][0]['content']}\nAnswer:",
            "chosen": " " + sample["chosen"],
            "rejected": " " + sample["rejected"],
        }
        for sample in samples
    ]
    config = trl.DPOConfig(
        output_dir=str(out), per_device_train_batch_size=BATCH, num_train_epochs=1, learning_rate=RATE, beta=BETA,
        use_cpu=True, bf16=False, lr_scheduler_type="linear", logging_steps=1, report_to=[], save_strategy="no",
        train_sampling_strategy="sequential", gradient_checkpointing=False, disable_tqdm=True,
        precompute_ref_log_probs=True,
    )  # fmt: skip
    with redirect_stdout(io.StringIO()):
        trainer = trl.DPOTrainer(
            model=AutoModelForCausalLM.from_pretrained(folder), args=config, train_dataset=Dataset.from_list(rows),
            processing_class=AutoTokenizer.from_pretrained(folder),
        )  # fmt: skip
        start = time.process_time()
        trainer.train()
    seconds = time.process_time() - start
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry], seconds


def main() -> None:
    """Train with both and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=240)
    samples = pairs(parser.parse_args().pairs)
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch) / "base"
        network = fresh(Fresh(layers=2, width=128, heads=4), seed=1)
        network.model.save_pretrained(base)
        network.tokenizer.save_pretrained(base)
        options = {"base": str(base), "batch_size": BATCH, "learning_rate": RATE, "warmup": 0.0, "beta": BETA}
        stage = Dpo(**options, device="cpu")
        start = time.process_time()
        made = run_stage(stage, samples).samples[0]
        seconds = time.process_time() - start
        held = run_stage(Dpo(**options, device="cpu", held_out=0.3), samples).samples[0]

        stage.bind("stage", 7)
        encoder = Encoder(network.tokenizer, Prompting(shots=False))
        lengths = [encoder.pair(sample).longest for sample in samples]
        order = [int(k) for batch in batches(lengths, BATCH, stage.rng(0, "order of epoch 0")) for k in batch]
        losses, trl_seconds = theirs(base, [samples[k] for k in order], Path(scratch) / "trl")
    print(
        json.dumps(
            {
                "command": " ".join(["python -m benchmarks.text_dpo", *sys.argv[1:]]),
                "pairs": len(samples),
                "steps": len(losses),
                "loss_at_step_0": float(made["losses"][0]),
                "ln_2": float(np.log(2)),
                "loss_at_last_step": float(made["losses"][-1]),
                "largest_difference_from_trl": float(np.abs(made["losses"] - np.array(losses)).max()),
                "held_out": {"pairs": held.meta["held_out_samples"], "accuracy": held["held_out"]},
                "core_seconds": {
                    "multisynth, reading and saving included": seconds,
                    "trl, training alone": trl_seconds,
                },
                **machine("torch", "transformers", "trl"),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
