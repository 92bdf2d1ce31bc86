"""STaR on n-digit addition: accuracy on held-out problems by round, with rationalisation, without, and of neither.

    python -m benchmarks.text_star --out /dev/shm/star [--model FOLDER] [--rounds 16] [--minutes 9] [--arms …]
    python -m benchmarks.text_star --tiny --out /tmp/star-tiny

A model learns the form, and what hints mean, from a few worked scratchpads of each length, as STaR shows ten in its
prompts (Zelikman et al. 2022, arXiv 2203.14465, section 4.1). From there each arm goes its own way:

- `rationalised` learns from its answers that verify, and where it fails from those that it finds with a hint;
- `attempts` from those that it finds without;
- `lessons` from the worked scratchpads alone, for as many steps: what the others are more, they taught themselves.

`--tiny` runs all three with a model from scratch that adds two digits. Prints a line for each arm and round and writes
figures into OUT/star.json after each. Called again with the same `--out` and options it goes on where it stopped, also
with more rounds.
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

ARMS = ("rationalised", "attempts", "lessons")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run of STaR is made of.

    Args:
        digits: Lengths of the numbers that are added.
        worked: Sums of each length that are worked out for the model.
        hints: Share of these that come once more with a hint, so that the model knows what hints mean.
        first: Options of the model's first training.
        tune: Options of each round's training.
        anew: Whether each round begins with the base, as in the paper, or goes on from the round before.
        problems: Problems a round.
        held_out: Problems that measure it.
        attempts: Answers to a problem until one is right.
        temperature: Of these answers.
        max_tokens: Of an answer.
        steps: Optimiser steps of the first round.
        growth: By how much their number grows from round to round, up to `most`.
        most: Steps of a round at most.
        sound: Whether every step of a rationale must be right, not only its answer as in the paper.
    """

    digits: tuple[int, ...]
    worked: int
    hints: float
    first: dict[str, Any]
    tune: dict[str, Any]
    anew: bool
    problems: int
    held_out: int
    attempts: int
    temperature: float
    max_tokens: int
    steps: int
    growth: float
    most: int
    sound: bool = True

    def steps_of(self, number: int) -> int:
        """Optimiser steps of a round, from 1."""
        return min(self.most, round(self.steps * self.growth ** (number - 1)))


def pretrained(model: str) -> Plan:
    """Of a pretrained model: STaR's ten worked examples a length, and its steps, which grow by a fifth a round."""
    shared = {"base": model, "batch_size": 64, "learning_rate": 3e-4, "warmup": 0.1}
    return Plan(
        digits=(1, 2, 3, 4, 5), worked=10, hints=1, first={**shared, "batch_size": 10, "steps": 60}, tune=shared,
        anew=True, problems=1500, held_out=500, attempts=2, temperature=0.7, max_tokens=220, steps=60, growth=1.2,
        most=250,
    )  # fmt: skip


def tiny() -> Plan:
    """Of a model of 170,000 weights, which learns 200 sums by heart, and with them the form and what hints mean.

    Chosen by sums of the part for training, with another seed; what is held out only measures.
    """
    fresh = {"layers": 3, "width": 64, "heads": 2, "context": 256}
    shared = {"batch_size": 16, "warmup": 0.05, "weight_decay": 0.1}
    return Plan(
        digits=(2,), worked=200, hints=1, first={**shared, "fresh": fresh, "steps": 700, "learning_rate": 2e-3},
        tune={**shared, "learning_rate": 1e-3}, anew=False, problems=600, held_out=400, attempts=2, temperature=0.7,
        max_tokens=90, steps=300, growth=1.0, most=300,
    )  # fmt: skip


class Stages:
    """The stages of a recipe, which grows round by round.

    Args:
        plan: What they do.
        engine: What runs the models.
    """

    def __init__(self, plan: Plan, engine: str) -> None:
        self._plan = plan
        self._asking = {"engine": engine, "max_tokens": plan.max_tokens}
        problems = {"use": "text.addition", "digits": list(plan.digits)}
        self._problems = {**problems, "problems": plan.problems}
        self.made: dict[str, Any] = {
            "worked": {**problems, "problems": plan.worked * len(plan.digits)},
            "lessons": {"use": "text.demonstrate", "from": "worked", "hints": plan.hints},
            "held_out": {**problems, "problems": plan.held_out, "part": "held_out"},
            "tuned": {"use": "text.tune", "from": "lessons", **plan.first},
            **self._measured("tuned", ""),
        }

    def add(self, arm: str, number: int) -> None:
        """One round of an arm, from 1."""
        plan, this, lessons = self._plan, f"-{arm}-{number}", ["lessons"]
        before = f"tuned-{arm}-{number - 1}" if number > 1 else "tuned"
        if arm != "lessons":
            self.made[f"problems-{number}"] = self._problems
            self.made[f"rationales{this}"] = {
                "use": "text.star", "from": f"problems-{number}", "hint_shots": False, "sound": plan.sound,
                "trained": before, "attempts": plan.attempts, "temperature": plan.temperature,
                "rationalise": arm == "rationalised", **self._asking,
            }  # fmt: skip
            lessons.append(f"rationales{this}")
        tuned = {"use": "text.tune", "from": lessons, **plan.tune, "steps": plan.steps_of(number)}
        if not plan.anew:
            tuned["start"] = before
        self.made |= {f"tuned{this}": tuned, **self._measured(f"tuned{this}", this)}

    def _measured(self, model: str, this: str) -> dict[str, Any]:
        asked = {"use": "text.attempt", "from": "held_out", "trained": model, "attempts": 1, "temperature": 0}
        graded = {"use": "text.grade", "from": f"answers{this}"}
        return {f"answers{this}": {**asked, **self._asking}, f"graded{this}": graded}


def figures(store: Store, this: str) -> dict[str, Any]:
    """What a round came to: accuracy in all and by length, and how its rationales came about."""
    rows = store.table(f"graded{this}").dataset.to_table(["domain", "meta"]).to_pylist()
    right: Counter[str] = Counter(row["domain"] for row in rows if json.loads(row["meta"])["right"])
    asked = Counter(row["domain"] for row in rows)
    found: dict[str, Any] = {
        "accuracy": round(right.total() / asked.total(), 4),
        "by_digits": {domain: round(right[domain] / asked[domain], 3) for domain in sorted(asked)},
    }
    if f"rationales{this}" in store.stages:
        kept = store.table(f"rationales{this}").dataset.to_table(["meta"])["meta"].to_pylist()
        ledger = store.shelf(f"rationales{this}").ledger()
        reasons = Counter(reason.partition(":")[0] for reason in ledger["reason"].to_pylist() if reason)
        found |= {
            "problems": ledger.num_rows,
            "routes": dict(Counter(json.loads(meta)["route"] for meta in kept)),
            "dropped": dict(reasons.most_common()),
            "tokens_written": pc.sum(ledger["tokens_written"]).as_py(),
        }
    return found


def curves(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Of each arm: accuracy by round, from what was taught on, and the seconds that it takes alone."""
    taught, later = rounds[0], rounds[1:]
    of = {arm: [taught, *(one for one in later if one["arm"] == arm)] for arm in dict.fromkeys(o["arm"] for o in later)}
    return {
        "accuracy": {arm: [one["accuracy"] for one in ones] for arm, ones in of.items()},
        "seconds": {arm: round(sum(one["seconds"] for one in ones), 1) for arm, ones in of.items()},
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--model", default="smollm2-135m", help="a name of the model list, or a folder")
    parser.add_argument("--tiny", action="store_true", help="a model from scratch, for two processor cores")
    parser.add_argument("--rounds", type=int, help="16, or 3 of a tiny model")
    parser.add_argument("--arms", nargs="+", choices=ARMS, help="rationalised alone, or all of a tiny model")
    parser.add_argument("--minutes", type=float, default=60, help="no round starts that may end after so many")
    parser.add_argument("--engine", default="transformers")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="a field of the plan")
    options = parser.parse_args()
    plan = tiny() if options.tiny else pretrained(options.model)
    changes = {name: json.loads(value) for name, _, value in (change.partition("=") for change in options.set)}
    changes = {name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()}
    plan = dataclasses.replace(plan, **changes)
    rounds = options.rounds if options.rounds is not None else 3 if options.tiny else 16
    arms = options.arms or (ARMS if options.tiny else ARMS[:1])
    began, longest, out = time.perf_counter(), 0.0, options.out
    out.mkdir(parents=True, exist_ok=True)
    if options.tiny or Path(options.model).is_dir():
        os.environ.setdefault("XDG_CACHE_HOME", str(out.resolve() / "cache"))  # checkpoints and answers go with the run
    facts: dict[str, Any] = {
        "benchmark": "text_star", "command": " ".join(["python -m benchmarks.text_star", *sys.argv[1:]]),
        **machine("torch", "transformers"), "plan": dataclasses.asdict(plan), "rounds": [],
    }  # fmt: skip
    stages = Stages(plan, options.engine)
    for number, arm in [(0, ""), *((number, arm) for number in range(1, rounds + 1) for arm in arms)]:
        started = time.perf_counter()
        if (started - began + longest) > options.minutes * 60:
            print(f"stops before round {number}: the next may take {longest:.0f} s", flush=True)
            break
        if number:
            stages.add(arm, number)
        result = run(Recipe.of({"name": "star", "seed": options.seed, "stages": stages.made}), out / "run")
        if not result.ok:
            print(json.dumps({"states": result.states, "errors": result.errors}, indent=2), file=sys.stderr)
            return 1
        seconds = time.perf_counter() - started
        longest = max(longest, seconds)
        found = figures(Store.open(out / "run"), f"-{arm}-{number}" if number else "")
        facts["rounds"].append({"round": number, "arm": arm or "taught", **found, "seconds": round(seconds, 1)})
        (out / "star.json").write_text(json.dumps({**facts, **curves(facts["rounds"])}, indent=2) + "\n")
        print(json.dumps(facts["rounds"][-1]), flush=True)
    print(json.dumps({**facts, **curves(facts["rounds"])}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
