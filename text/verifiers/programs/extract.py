"""The program in what a model wrote."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator

_FENCED = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*(\w*)[^\n]*\n(.*?)(?:^[ \t]*(?:```|~~~)|\Z)", re.MULTILINE | re.DOTALL)
_PYTHON = ("", "python", "py", "python3")
LONGEST = 100_000
"""Characters of a completion that are looked at."""
MOST = 4 * LONGEST
"""Characters that are compiled in search of a program: about a second's work."""


def programs_in(completion: str, prompt: str = "", entry_point: str = "") -> Iterator[str]:
    """The Python that a completion may mean: its fenced blocks, or as much of it from the start as compiles.

    Args:
        completion: What a model wrote.
        prompt: How the program begins, where the completion may be its continuation.
        entry_point: A function that it has to define.

    Yields:
        Different programs that compile, the likeliest first.
    """
    completion = completion[:LONGEST].replace("\r\n", "\n").replace("\0", "")
    blocks = [textwrap.dedent(block) for name, block in _FENCED.findall(completion) if name.lower() in _PYTHON]
    # All together where they go on from one another, else the last that stands alone: the corrected one.
    candidates = list(dict.fromkeys(["\n\n".join(blocks), *reversed(blocks)])) if blocks else []
    search = _Search()
    # A program before a closing fence that nothing opened stands before what looks like the first block.
    fence = _FENCED.search(completion) if blocks else None
    found = False
    for candidate in (*candidates, completion[: fence.start()] if fence else completion):
        lines = candidate.rstrip().splitlines()
        kept = search.longest([], lines)
        whole = "\n".join([*lines[:kept], ""])
        if kept and _defines(whole, entry_point):
            found = True
            yield f"{stubbed(prompt)}\n\n{whole}" if prompt else whole
    if prompt and not found:
        for body in (*candidates, completion):
            continued = _continued(search, prompt, body, entry_point)
            if continued is not None:
                yield continued


def stubbed(prompt: str) -> str:
    """The beginning of a program as a whole one: its last function, which has no body yet, gets one."""
    for whole in (prompt, f"{prompt.rstrip()}\n    pass\n"):
        if compiles(whole):
            return whole
    return ""


def compiles(source: str) -> bool:
    """Whether it is Python."""
    return fault(source) is None


def fault(source: str) -> SyntaxError | None:
    """What keeps a source from being Python, and where; None if nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "program", "exec")
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error) or type(error).__name__)
    return None


def _defines(source: str, name: str) -> bool:
    body = ast.parse(source).body
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    assigned = [
        target.id
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return name in (*functions, *assigned) if name else any(not isinstance(node, ast.Expr) for node in body)


class _Search:
    """Looks for the most lines that compile, with so much work and no more."""

    def __init__(self) -> None:
        self._left = MOST

    def longest(self, head: list[str], lines: list[str]) -> int:
        """How many lines may follow those of the head; what a model writes after its program falls away.

        No program goes beyond the line where the compiler finds the first fault, so the next try ends before it.
        """
        kept = len(lines)
        while kept:
            part = "\n".join([*head, *lines[:kept], ""])
            self._left -= len(part)
            if self._left < 0:
                return 0
            found = fault(part)
            if found is None:
                return kept
            if found.lineno is None:
                return 0
            kept = max(0, min(kept, found.lineno - len(head)) - 1)
        return 0


def _continued(search: _Search, prompt: str, body: str, entry_point: str) -> str | None:
    """The prompt with a body that may have lost the indentation of its first line, or of all."""
    body, head = body.strip("\n"), prompt.rstrip().splitlines()
    best, most = None, 0
    for text in (body, f"    {body.lstrip()}", textwrap.indent(body, "    ")):
        lines = text.splitlines()
        if not lines or not lines[0].startswith((" ", "\t")):
            continue
        kept = search.longest(head, lines)
        whole = "\n".join([*head, *lines[:kept], ""])
        if kept > most and _defines(whole, entry_point):
            best, most = whole, kept
    return best
