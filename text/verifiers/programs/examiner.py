"""Runs the tests of a problem against a program that lives elsewhere; the sandbox of the tests.

Nothing of the program is executed here.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import json
import os
import sys
import traceback
from typing import Any

from .remote import Program, Unfit
from .wire import Broken, Line

_BUILT_IN = frozenset(dir(builtins))


def examine(program: Program, check: dict[str, Any]) -> str:
    """Run the tests; what is wrong, or nothing."""
    offered, modules = program.names()
    space: dict[str, Any] = {"__name__": "tests"}
    wanted = [name for test in (check["setup"], *check["tests"]) for name in called(test)]
    taken = [name for name in wanted if name in offered and name not in _BUILT_IN]
    # A program may be the test's `sum`, if that is what is tested; else no name of Python's own is left to it.
    space |= {name: offered[name] for name in (taken or [name for name in wanted if name in offered][:1])}
    space |= {name: importlib.import_module(name) for name in wanted if name in modules}
    entry = check["entry_point"]
    if entry and entry not in offered:
        return f"does not define: {entry}"
    exec(compile(check["prompt"], "prompt", "exec"), space)  # noqa: S102 — in its sandbox
    exec(compile(check["setup"], "setup", "exec"), space)  # noqa: S102
    if entry:
        space[entry] = offered[entry]
    tests = check["tests"]
    for k, test in enumerate(tests):
        try:
            exec(compile(test, f"test {k}", "exec"), space)  # noqa: S102
            if entry and k == len(tests) - 1 and "check" in space:
                space["check"](offered[entry])
        except Exception as error:
            return wrong(error, tests, k)
    return ""


def called(source: str) -> list[str]:
    """Names that a test reads, in its order."""
    nodes = sorted(
        (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)),
        key=lambda node: (node.lineno, node.col_offset),
    )
    return [node.id for node in nodes]


def wrong(error: Exception, tests: list[str], k: int) -> str:
    """What a test found."""
    if isinstance(error, Broken):
        raise error
    frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if f.filename == f"test {k}"), None)
    lines = tests[k].splitlines()
    text = lines[frame.lineno - 1].strip() if frame and frame.lineno and frame.lineno <= len(lines) else ""
    if isinstance(error, Unfit):
        return f"cannot be judged: {error} in test {k + 1} of {len(tests)}, {text[:200]}"
    notes = getattr(error, "__notes__", None)
    if isinstance(error, AssertionError) and not notes:
        return f"fails a test: {k + 1} of {len(tests)}, {text[:200]}"
    said = notes[0] if notes else f"{type(error).__name__}: {error}"
    return f"raises: {said[:200]} in test {k + 1} of {len(tests)}, {text[:200]}"


def main() -> None:
    """Read the check, run it, and print the verdict as the only thing that this process prints."""
    verdict = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with open("check.json", encoding="utf-8") as file:  # noqa: PTH123
        check = json.load(file)
    try:
        problem = examine(Program(Line(int(sys.argv[1]), int(sys.argv[2]))), check)
    except Broken as error:
        problem = f"broken: {error}"
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, MemoryError) as error:
        problem = (
            str(error) if str(error).startswith("does not load") else f"unreadable: {type(error).__name__}: {error}"
        )
    os.write(verdict, json.dumps({"problem": problem}).encode())
    os._exit(0)
