"""Different ways to the same answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pydantic import Field

from multisynth.kinds import REASONING
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Reduce

from .posed import problem_of
from .verifiers.answers.stated import reasons, stated
from .verifiers.programs.extract import programs_in
from .verifiers.reasoning.equations import Unreadable, equations
from .verifiers.reasoning.plain import plain

_WORD = re.compile(r"[^\W_]+")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Distinct(Reduce):
    """Of the attempts at each problem, keeps the first few that reason differently.

    Two attempts reason alike if they compute the same equations in the same order, whatever words stand around them
    (as Yuan et al. 2023, arXiv 2308.01825, section 3.3, tell reasoning paths apart), or, where one has none that can be
    read, if their words are the same. What verifies comes in, so chain-of-thought verification is k attempts, then
    `text.verify`, then this. An answer without any reasoning goes.
    """

    version = 6
    takes = (REASONING,)

    most: int = Field(4, ge=1, le=1024, description="Attempts to keep of each problem.")

    def sketch(self, samples: Batch) -> pa.Table:
        """How each reasons, which problem is meant, and which attempt it is."""
        return pa.table(
            {
                "way": pa.array([way(sample["completion"], sample["verifier"]) for sample in samples], pa.string()),
                "problem": pa.array([problem_of(sample) for sample in samples], pa.string()),
                "attempt": pa.array([sample["attempt"] for sample in samples], pa.int32()),
            }
        )

    def resolve(self, sketches: pa.Table) -> dict[str, str]:
        """Why which samples go, by id."""
        rows = sketches.to_pylist()
        seen: dict[str, dict[str, int]] = {}
        gone: dict[str, str] = {}
        for row in sorted(rows, key=lambda row: (row["attempt"], row["id"])):
            ways = seen.setdefault(row["problem"], {})
            if not row["way"]:
                gone[row["id"]] = "no reasoning: it states an answer alone"
            elif row["way"] in ways:
                gone[row["id"]] = f"reasons as another attempt: {ways[row['way']]}"
            elif len(ways) >= self.most:
                gone[row["id"]] = f"enough attempts at its problem: {len(ways)}"
            else:
                ways[row["way"]] = row["attempt"]
        return gone

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        """As `Reduce.apply`."""
        for sample in samples:
            yield Drop(sample, decision[sample.id]) if sample.id in decision else sample


def way(completion: str, verifier: str | None = None) -> str:
    """How a text reasons: what it computes, in order, or its words where no equation of it can be read.

    A program (`verifier` is `code`) reasons by its syntax tree, without comments, docstrings and layout. Empty where an
    answer is stated and nothing said before it.
    """
    if verifier == "code" and (tree := _tree(completion)):
        return tree
    if not reasons(completion):
        return ""
    found = stated(completion)
    reasoning = plain(completion if found is None else completion[: found.start])
    if found is not None and reasoning.rstrip(" $").endswith("="):
        reasoning += found.answer
    try:
        computing = [equation for equation in equations(reasoning) if equation.computes]
    except Unreadable:
        computing = []
    if computing:
        return "; ".join(" ".join(equation.text.split()) for equation in computing)
    return " ".join(_WORD.findall(reasoning.casefold()))


def _tree(completion: str) -> str:
    """The syntax of the program in a text; empty where there is none."""
    for program in programs_in(completion):
        try:
            tree = ast.parse(program)
            for node in ast.walk(tree):
                if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                    del node.body[0]
            return ast.dump(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return ""
