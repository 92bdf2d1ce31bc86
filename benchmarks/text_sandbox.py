"""What the sandbox adds to a run, and whether the code verifier tells right programs from wrong ones.

    python -m benchmarks.text_sandbox ../shared/data [--problems N] [--threads N]

Times `/bin/true` and an isolated Python that does nothing, bare and in the sandbox, by turns. Then judges the reference
solution of every HumanEval and MBPP problem, and a mutant of each: what it returns last is taken away, or a comparison
turned round. A mutant may do what the original does as far as the tests see; so each survivor runs again as one plain
script with its tests behind it, and must pass there too. Prints JSON; the exit code is 1 if a reference solution fails,
if a mutant passes that should not, or if the sandbox adds more than 15 ms.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from multisynth.text.verifiers import Verifiers
from multisynth.text.verifiers.code import Check

from benchmarks.machine import machine
from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.sandbox import Sandbox
from multisynth.sandbox.bubble import python

MOST = 15.0
"""Milliseconds that the sandbox may add."""


class Reference(NamedTuple):
    """A problem and its solution."""

    name: str
    check: Check
    completion: str
    program: str


def humaneval(folder: Path) -> Iterator[Reference]:
    """The 164 problems of HumanEval."""
    with gzip.open(folder / "humaneval" / "HumanEval.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            check = Check(tests=(row["test"],), prompt=row["prompt"], entry_point=row["entry_point"])
            yield Reference(row["task_id"], check, row["canonical_solution"], row["prompt"] + row["canonical_solution"])


def mbpp(folder: Path) -> Iterator[Reference]:
    """The 974 problems of MBPP."""
    with (folder / "mbpp" / "mbpp.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            check = Check(tests=(*row["test_list"], *row["challenge_test_list"]), setup=row["test_setup_code"])
            yield Reference(f"MBPP/{row['task_id']}", check, row["code"], row["code"])


class Mutation(ast.NodeTransformer):
    """Changes the k-th thing that can be changed: an operator, a comparison, a number, what is returned."""

    def __init__(self, k: int) -> None:
        self.left = k

    def _mine(self) -> bool:
        self.left -= 1
        return self.left == -1

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Plus for minus, and minus for anything else."""
        self.generic_visit(node)
        if self._mine():
            node.op = ast.Add() if isinstance(node.op, ast.Sub) else ast.Sub()
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """The opposite."""
        self.generic_visit(node)
        return ast.UnaryOp(ast.Not(), node) if self._mine() else node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        """Nothing."""
        self.generic_visit(node)
        return ast.Return(ast.Constant(None)) if self._mine() else node


def mutated(program: str) -> str | None:
    """The program with what it returns last taken away; None if it returns nothing."""
    tree = ast.parse(program)
    changes = sum(isinstance(node, ast.BinOp | ast.Compare | ast.Return) for node in ast.walk(tree))
    if not changes:
        return None
    return ast.unparse(ast.fix_missing_locations(Mutation(changes - 1).visit(tree)))


def overhead(runs: int = 60) -> dict[str, dict[str, float]]:
    """Medians, ms: bare, sandboxed, and what is added, each pair measured by turns."""
    sandbox, found = Sandbox(), {}
    for name, argv in (("true", ["/bin/true"]), ("python -I -S", [python(), "-I", "-S", "-c", "pass"])):
        bare, boxed = [], []
        for _ in range(runs):
            begun = time.perf_counter()
            subprocess.run(argv, check=True, capture_output=True, stdin=subprocess.DEVNULL)
            between = time.perf_counter()
            assert sandbox.run(argv).status == "ok"
            bare.append(between - begun)
            boxed.append(time.perf_counter() - between)
        figures = {"bare": statistics.median(bare) * 1e3, "sandboxed": statistics.median(boxed) * 1e3}
        found[name] = {**figures, "added": figures["sandboxed"] - figures["bare"]}
    return found


def plain(check: Check, program: str) -> bool:
    """Whether a script of the program and its tests ends well; what the verifier does, without its care."""
    last = [f"check({check.entry_point})"] if check.entry_point else []
    return Sandbox().run_python("\n".join([program, check.setup, *check.tests, *last])).status == "ok"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--problems", type=int, default=10_000, help="of each set at most")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    command = " ".join(["python -m benchmarks.text_sandbox", *sys.argv[1:]])
    report: dict[str, Any] = {
        "benchmark": "text_sandbox", "command": command, **machine(), "overhead_ms": overhead(),
    }  # fmt: skip
    print(json.dumps(report["overhead_ms"]), file=sys.stderr)
    verifiers = Verifiers()

    def judge(check: Check, completion: str) -> tuple[bool, str]:
        problem = Sample(
            PROBLEM, 0, question="", answer="", domain="code", verifier="code", check=check.model_dump_json()
        )
        verdict = verifiers.judge(problem, completion)
        return verdict.right, verdict.reason

    failed = False
    for name, rows in (("humaneval", humaneval), ("mbpp", mbpp)):
        references = [row for row, _ in zip(rows(arguments.data), range(arguments.problems), strict=False)]
        begun = time.perf_counter()
        with ThreadPoolExecutor(arguments.threads) as pool:
            verdicts = list(pool.map(lambda row: judge(row.check, row.completion), references))
            seconds = time.perf_counter() - begun
            mutants = [(row, program) for row in references if (program := mutated(row.program))]
            survivors = [
                (row, program)
                for (row, program), (right, _) in zip(
                    mutants, pool.map(lambda pair: judge(pair[0].check, pair[1]), mutants), strict=True
                )
                if right
            ]
        undeserved = [row.name for row, program in survivors if not plain(row.check, program)]
        wrong = {row.name: reason for row, (right, reason) in zip(references, verdicts, strict=True) if not right}
        report[name] = {
            "references": len(references), "passed": len(references) - len(wrong), "failed": wrong,
            "verdicts_per_second": len(references) / seconds,
            "mutants": len(mutants), "survived": len(survivors), "undeserved": undeserved,
        }  # fmt: skip
        failed = failed or bool(wrong or undeserved)
    verifiers.close()
    print(json.dumps(report, indent=2))
    sys.exit(failed or any(figures["added"] > MOST for figures in report["overhead_ms"].values()))


if __name__ == "__main__":
    main()
