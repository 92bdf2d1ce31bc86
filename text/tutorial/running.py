"""Runs the code blocks of a tutorial one after another, as a reader would."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import NamedTuple

from multisynth.sandbox import Result, Sandbox

REPOSITORY = "/repository"
SEEDS = ("0", "1", "2")
"""Of Python's hashes, by which sets are ordered; addresses differ between runs by themselves, and are shifted too."""
_LONGEST = 2000
"""Characters of output that a tutorial shows of a block."""

DRIVER = """\
import ast, contextlib, io, json, os, sys, traceback
if os.environ["PYTHONHASHSEED"] != sys.argv[2]:
    os.environ["PYTHONHASHSEED"] = sys.argv[2]
    os.execv(sys.executable, [sys.executable, "-P", "-s", "-S", "-B", *sys.argv])
shifted = bytearray(1 + 4099 * int(sys.argv[2])), [object() for _ in range(97 * int(sys.argv[2]))]
report = os.dup(1)
os.dup2(2, 1)
folder = os.path.dirname(os.path.abspath(sys.argv[0]))
sys.path[:0] = [sys.argv[1]]
with open(os.path.join(folder, "blocks.json"), encoding="utf-8") as file:
    blocks = json.load(file)
space = {"__name__": "__tutorial__"}


def show(value):
    if value is not None:
        print(repr(value))


for block in blocks:
    out, error = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(out):
            for node in ast.parse(block).body:
                if isinstance(node, ast.Expr):
                    show(eval(compile(ast.Expression(node.value), "<block>", "eval"), space))
                else:
                    exec(compile(ast.Module([node], []), "<block>", "exec"), space)
    except BaseException as raised:
        error = "".join(traceback.format_exception_only(raised)).strip() or type(raised).__name__
    os.write(report, (json.dumps({"output": out.getvalue()[:2000], "error": error}) + "\\n").encode())
    if error:
        break
os._exit(0)
"""


VARIES = "shows something else each time"
"""The error of a block that does."""


class Ran(NamedTuple):
    """What became of a block: what it printed, and its error if it failed."""

    output: str
    error: str


def run_blocks(sandbox: Sandbox, blocks: Sequence[str]) -> list[Ran]:
    """Run blocks in one Python that can import the repository, up to the first that fails; what it showed of each.

    As at Python's prompt, the value of an expression is shown. A block that shows something else when all is run again
    (an address, the order of a set, the time, a draw) has failed as well: no reader would see what it showed. [≤ N]
    """
    ran = _run(sandbox, blocks, SEEDS[0])
    for seed in SEEDS[1:] if not ran[-1].error else ():
        again = _run(sandbox, blocks, seed)
        for k, (one, other) in enumerate(zip(ran, again, strict=False)):
            if one != other:
                ran = [*ran[:k], Ran("", VARIES)]
                break
    return ran


def _run(sandbox: Sandbox, blocks: Sequence[str], seed: str) -> list[Ran]:
    files = {"blocks.json": json.dumps(list(blocks))}
    result = sandbox.run_python(DRIVER, files=files, arguments=[REPOSITORY, seed])
    ran = [told for line in result.stdout.splitlines() if (told := _told(line)) is not None]
    if len(ran) < len(blocks) and not (ran and ran[-1].error):
        ran.append(Ran("", _ended(result)))
    return ran[: len(blocks)]


def dependents(blocks: Sequence[str], cut: int) -> set[int]:
    """The blocks that cannot stand without one: those that read a name which it, or one of them, gives."""
    given, gone = _names(blocks[cut], ast.Store), {cut}
    for k in range(cut + 1, len(blocks)):
        if _names(blocks[k], ast.Load) & given:
            gone.add(k)
            given |= _names(blocks[k], ast.Store)
    return gone


def _names(block: str, context: type[ast.expr_context]) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(block)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
    if context is ast.Store:
        names |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        names |= {
            (alias.asname or alias.name).split(".")[0]
            for node in nodes
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
    return names


def _told(line: str) -> Ran | None:
    try:
        said = json.loads(line)
        return Ran(str(said["output"])[:_LONGEST], str(said["error"])[:_LONGEST])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _ended(result: Result) -> str:
    return f"ends early: exit code {result.code}" if result.status in ("ok", "failed") else f"limit: {result.status}"
