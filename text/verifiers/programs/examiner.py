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

from .remote import Program
from .wire import Broken, Line, Unfit

_BUILT_IN = frozenset(dir(builtins))
_LACKING = frozenset({"np", "numpy", "pandas", "pd", "plt", "pytest", "scipy", "sympy", "torch"})
"""As tests call libraries that are not in the sandbox, and no program may be called."""
_PRINTED = frozenset({"capsys", "redirect_stderr", "redirect_stdout", "stderr", "stdout"})


def examine(program: Program, check: dict[str, Any]) -> str:
    """Run the tests; what is wrong, or nothing."""
    offered, modules = program.names()
    space: dict[str, Any] = {"__name__": "tests"}
    sources = (check["setup"], *check["tests"])
    wanted = [name for source in sources for name in called(source)]
    # A module of Python's own is that, whatever the program calls so: it is read from, and not called.
    library = {name for source in sources for name in read_from(source)} & (sys.stdlib_module_names | _LACKING)
    own = [name for name in wanted if name in offered and name not in library]
    # A program may be the test's `sum`, if that is what is tested; else no name of Python's own is left to it.
    taken = [name for name in own if name not in _BUILT_IN] or own[:1]
    space |= {name: offered[name] for name in taken}
    imported = {*modules, *(library & offered.keys() - _LACKING)}
    space |= {name: importlib.import_module(name) for name in wanted if name in imported}
    entry = check["entry_point"]
    if entry and entry not in offered:
        return f"does not define: {entry}"
    try:
        exec(compile(check["prompt"], "prompt", "exec"), space)  # noqa: S102 — in its sandbox
        exec(compile(check["setup"], "setup", "exec"), space)  # noqa: S102
    except (Exception, Unfit) as error:
        return wrong(error, check["setup"], "setup", "the setup")
    if entry:
        space[entry] = offered[entry]
    tests = check["tests"]
    for k, test in enumerate(tests):
        try:
            exec(compile(test, f"test {k}", "exec"), space)  # noqa: S102
            if entry and k == len(tests) - 1 and "check" in space:
                space["check"](offered[entry])
        except (Exception, Unfit) as error:
            return wrong(error, test, f"test {k}", f"test {k + 1} of {len(tests)}")
    return ""


def called(source: str) -> list[str]:
    """Names that a test reads, in its order."""
    nodes = sorted(
        (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)),
        key=lambda node: (node.lineno, node.col_offset),
    )
    return [node.id for node in nodes]


def read_from(source: str) -> set[str]:
    """Names of which a test reads attributes."""
    nodes = ast.walk(ast.parse(source))
    return {node.value.id for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}


def wrong(error: BaseException, source: str, file: str, place: str) -> str:
    """What a test, or the setup, found."""
    if isinstance(error, Broken):
        raise error
    frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if f.filename == file), None)
    lines = source.splitlines()
    text = lines[frame.lineno - 1].strip() if frame and frame.lineno and frame.lineno <= len(lines) else ""
    if reason := unfit(error, source):
        return f"cannot be judged: {reason} in {place}, {text[:200]}"
    notes = getattr(error, "__notes__", None)
    if isinstance(error, AssertionError) and not notes:
        return f"fails a test: {place.removeprefix('test ')}, {text[:200]}"
    said = notes[0] if notes else f"{type(error).__name__}: {error}"
    return f"raises: {said[:200]} in {place}, {text[:200]}"


def unfit(error: BaseException, source: str) -> str:
    """Why a program cannot be blamed for what a test found; empty where it can."""
    if isinstance(error, Unfit):
        return str(error)
    if getattr(error, "__notes__", None):
        return ""
    if isinstance(error, ModuleNotFoundError) or (isinstance(error, NameError) and error.name in _LACKING):
        return f"a test needs {error.name}, and there is the standard library only"
    if isinstance(error, TypeError) and "catching classes that do not inherit" in str(error):
        return "a test catches an exception of the program's own"
    nodes = list(ast.walk(ast.parse(source)))
    if _PRINTED & {getattr(node, "id", "") or getattr(node, "attr", "") for node in nodes}:
        return "a test reads what a program prints"
    if any(
        isinstance(node, ast.Compare) and isinstance(how, ast.Is | ast.IsNot) and not isinstance(of, ast.Constant)
        for node in nodes
        for how, of in zip(getattr(node, "ops", ()), getattr(node, "comparators", ()), strict=False)
    ):
        return "a test asks whether two things are one"
    return ""


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
    except Unfit as error:
        problem = f"cannot be judged: {error}"
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, MemoryError) as error:
        problem = (
            str(error) if str(error).startswith("does not load") else f"unreadable: {type(error).__name__}: {error}"
        )
    os.write(verdict, json.dumps({"problem": problem}).encode())
    os._exit(0)
