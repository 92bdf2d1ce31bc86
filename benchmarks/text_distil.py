"""How much nearer a small student comes to its teacher, SmolLM2-135M-Instruct, by what both think of every token.

    python -m benchmarks.text_distil [--texts 160] [--epochs 8] [--width 128] [--layers 4]

The texts are arithmetic word problems with worked answers made by rule, a fifth of them held out; the student begins
with random weights. Seconds are of the clock. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from multisynth.text.problems.arithmetic import Arithmetic
from multisynth.text.train.distil import Distil

from benchmarks.machine import machine
from multisynth.kinds import REASONING
from multisynth.sample import Batch, Sample
from multisynth.testing import inputs_of, run_stage


def worked(count: int) -> Batch:
    """Word problems with the shortest right answer."""
    problems = run_stage(Arithmetic(problems=count), name="problems").samples
    return inputs_of(
        [
            Sample(
                REASONING, k, question=problem["question"], answer=problem["answer"], domain=problem["domain"],
                completion=f"The answer is {problem['answer']}.", attempt=0, model="rule", token_ids=[],
            )
            for k, problem in enumerate(problems)
        ]
    )  # fmt: skip


def main() -> None:
    """Distil and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=160)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4)
    given = parser.parse_args()
    stage = Distil(
        teacher="smollm2-135m", fresh={"layers": given.layers, "width": given.width, "heads": given.width // 32},
        epochs=given.epochs, batch_size=16, learning_rate=3e-3, held_out=0.2,
    )  # fmt: skip
    samples = worked(given.texts)
    start = time.perf_counter()
    ran = run_stage(stage, samples)
    seconds = time.perf_counter() - start
    if ran.failures:
        sys.exit(ran.failures[0][1])
    (made,) = ran.samples
    before, after = made.meta["held_out_before"], made["held_out"]
    print(
        json.dumps(
            {
                "command": " ".join(["python -m benchmarks.text_distil", *sys.argv[1:]]),
                "device": made.meta["device"],
                "steps": made["step"],
                "tokens": made["tokens"],
                "held_out_samples": made.meta["held_out_samples"],
                "held_out_nats_a_token": {"before": before, "after": after},
                "falls_to": after / before,
                "seconds": seconds,
                **machine("torch", "transformers"),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
