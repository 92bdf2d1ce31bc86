"""STaR on n-digit addition: accuracy on held-out problems by round, with rationalisation and without.

    python -m benchmarks.text_star --out /dev/shm/star [--model FOLDER] [--rounds 16] [--minutes 9] [--attempts-only]
    python -m benchmarks.text_star --tiny --out /tmp/star-tiny

A pretrained model learns the form from ten worked scratchpads of each length, as many as STaR shows in its prompts
(Zelikman et al. 2022, arXiv 2203.14465, section 4.1); from then on from its own answers that verify, each round anew
from the base. `--tiny` does it with a model from scratch that adds one and two digits.

Prints a line a round and writes figures into OUT/star.json after each. Called again with the same `--out` and options
it goes on where it stopped, also with more rounds.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from benchmarks.machine import machine
from multisynth import Recipe, run
from multisynth.store import Store


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run of STaR is made of.

    Args:
        digits: Lengths of the numbers that it teaches itself to add.
        taught: Lengths of the sums that are worked out for it.
        worked: How many of those for each length.
        few: How many of each further length, without which a small model does not go on to longer numbers.
        first: Options of the model's first training.
        tune: Options of each round's training.
        problems: Problems a round.
        held_out: Problems that measure it.
        attempts: Answers to a problem until one is right.
        temperature: Of these answers.
        max_tokens: Of an answer.
        hints: Whether what is worked out has a hint half of the time, so that the model knows what hints mean.
        steps: Optimiser steps of the first round.
        growth: By how much their number grows from round to round, up to `most`.
        most: Steps of a round at most.
        sound: Whether every step of a rationale must be right, not only its answer as in the paper.
    """

    digits: tuple[int, ...]
    taught: tuple[int, ...]
    worked: int
    few: int
    first: dict[str, Any]
    tune: dict[str, Any]
    problems: int
    held_out: int
    attempts: int
    temperature: float
    max_tokens: int
    steps: int
    growth: float
    most: int
    hint_shots: bool
    sound: bool = True


def pretrained(model: str) -> Plan:
    """Of a pretrained model: STaR's ten worked examples a length, and its steps, which grow by a fifth a round."""
    shared = {"base": model, "batch_size": 64, "learning_rate": 3e-4, "warmup": 0.1}
    return Plan(
        digits=(1, 2, 3, 4, 5), taught=(1, 2, 3, 4, 5), worked=10, few=0,
        first={**shared, "batch_size": 10, "steps": 60},
        tune=shared, problems=1500, held_out=500, attempts=2, temperature=0.7, max_tokens=220, steps=60, growth=1.2,
        most=250, hint_shots=False,
    )  # fmt: skip


def tiny() -> Plan:
    """Of a model of under a million weights.

    It is taught until it begins to add two digits, at about 700 steps; the rounds go on from there.
    """
    fresh = {"layers": 3, "width": 128, "heads": 4, "context": 256}
    shared = {"batch_size": 16, "warmup": 0.05, "weight_decay": 0.1}
    return Plan(
        digits=(1, 2), taught=(1, 2), worked=600, few=0,
        first={**shared, "fresh": fresh, "steps": 800, "learning_rate": 1e-3},
        tune={**shared, "learning_rate": 5e-4, "start": "tuned-0"}, problems=600, held_out=200, attempts=2,
        temperature=0.7, max_tokens=90, steps=300, growth=1.0, most=300, hint_shots=False,
    )  # fmt: skip


def recipe(plan: Plan, rounds: int, *, rationalise: bool, engine: str, seed: int) -> dict[str, Any]:
    """The recipe of so many rounds; one with more begins with the same stages."""
    asking = {"engine": engine, "max_tokens": plan.max_tokens}
    worked = {"use": "text.addition", "problems": plan.worked * len(plan.taught), "digits": list(plan.taught)}
    problems = {"use": "text.addition", "digits": list(plan.digits)}
    stages: dict[str, Any] = {
        "worked": worked,
        "lessons": {"use": "text.demonstrate", "from": ["worked"], "hints": rationalise},
        "held_out": {**problems, "problems": plan.held_out, "part": "held_out"},
        "tuned-0": {"use": "text.tune", "from": "lessons", **plan.first},
    }
    if further := [length for length in plan.digits if length not in plan.taught]:
        stages["few"] = {"use": "text.addition", "problems": plan.few * len(further), "digits": further}
        stages["lessons"]["from"].append("few")
    star = {
        "use": "text.star", "rationalise": rationalise, "hint_shots": plan.hint_shots, "sound": plan.sound,
        "attempts": plan.attempts, "temperature": plan.temperature, **asking,
    }  # fmt: skip
    for number in range(rounds + 1):
        if number:
            steps = min(plan.most, round(plan.steps * plan.growth ** (number - 1)))
            before = f"tuned-{number - 1}"
            stages |= {
                f"problems-{number}": {**problems, "problems": plan.problems},
                f"rationales-{number}": {**star, "from": f"problems-{number}", "trained": before},
                f"tuned-{number}": {
                    "use": "text.tune", "from": ["lessons", f"rationales-{number}"], **plan.tune, "steps": steps,
                },
            }  # fmt: skip
        stages |= {
            f"answers-{number}": {
                "use": "text.attempt", "from": "held_out", "trained": f"tuned-{number}", "attempts": 1,
                "temperature": 0, **asking,
            },
            f"graded-{number}": {"use": "text.grade", "from": f"answers-{number}"},
        }  # fmt: skip
    return {"name": "star", "seed": seed, "stages": stages}


def figures(store: Store, number: int) -> dict[str, Any]:
    """What a round came to: accuracy in all and by length, and how its rationales came about."""
    rows = store.table(f"graded-{number}").dataset.to_table(["domain", "meta"]).to_pylist()
    right: Counter[str] = Counter(row["domain"] for row in rows if json.loads(row["meta"])["right"])
    asked = Counter(row["domain"] for row in rows)
    found: dict[str, Any] = {
        "round": number,
        "accuracy": round(right.total() / asked.total(), 4),
        "by_digits": {domain: round(right[domain] / asked[domain], 3) for domain in sorted(asked)},
    }
    if number:
        kept = store.table(f"rationales-{number}").dataset.to_table(["meta"])["meta"].to_pylist()
        ledger = store.shelf(f"rationales-{number}").ledger()
        reasons = Counter(reason.partition(":")[0] for reason in ledger["reason"].to_pylist() if reason)
        found |= {
            "problems": ledger.num_rows,
            "routes": dict(Counter(json.loads(meta)["route"] for meta in kept)),
            "dropped": dict(reasons.most_common()),
            "tokens_written": pc.sum(ledger["tokens_written"]).as_py(),
        }
    return found


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--model", default="smollm2-135m", help="a name of the model list, or a folder")
    parser.add_argument("--tiny", action="store_true", help="a model from scratch, for two processor cores")
    parser.add_argument("--rounds", type=int, help="16, or 3 of a tiny model")
    parser.add_argument("--minutes", type=float, default=60, help="no round starts that may end after so many")
    parser.add_argument("--attempts-only", action="store_true", help="without rationalisation")
    parser.add_argument("--engine", default="transformers")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="a field of the plan")
    options = parser.parse_args()
    plan = tiny() if options.tiny else pretrained(options.model)
    changes = {name: json.loads(value) for name, _, value in (change.partition("=") for change in options.set)}
    changes = {name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()}
    plan = dataclasses.replace(plan, **changes)
    rounds = options.rounds if options.rounds is not None else 3 if options.tiny else 16
    began, longest, out = time.perf_counter(), 0.0, options.out
    out.mkdir(parents=True, exist_ok=True)
    if options.tiny or Path(options.model).is_dir():
        os.environ.setdefault("XDG_CACHE_HOME", str(out.resolve() / "cache"))  # checkpoints and answers go with the run
    facts: dict[str, Any] = {
        "benchmark": "text_star", "command": " ".join(["python -m benchmarks.text_star", *sys.argv[1:]]),
        **machine("torch", "transformers"), "rationalise": not options.attempts_only,
        "plan": dataclasses.asdict(plan), "rounds": [],
    }  # fmt: skip
    for number in range(rounds + 1):
        started = time.perf_counter()
        if (started - began + longest) > options.minutes * 60:
            print(f"stops before round {number}: the next may take {longest:.0f} s", flush=True)
            break
        data = recipe(plan, number, rationalise=not options.attempts_only, engine=options.engine, seed=options.seed)
        result = run(Recipe.of(data), out / "run")
        if not result.ok:
            print(json.dumps({"states": result.states, "errors": result.errors}, indent=2), file=sys.stderr)
            return 1
        seconds = time.perf_counter() - started
        longest = max(longest, seconds)
        found = {**figures(Store.open(out / "run"), number), "seconds": round(seconds, 1)}
        facts["rounds"].append(found)
        facts["best"] = max(one["accuracy"] for one in facts["rounds"])
        (out / "star.json").write_text(json.dumps(facts, indent=2) + "\n")
        print(json.dumps(found), flush=True)
    print(json.dumps(facts, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
