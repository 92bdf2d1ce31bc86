"""The program in what a model wrote."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings

_FENCED = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*(\w*)[^\n]*\n(.*?)(?:^[ \t]*(?:```|~~~)|\Z)", re.MULTILINE | re.DOTALL)
_PYTHON = ("", "python", "py", "python3")
LONGEST = 100_000
"""Characters of a completion that are looked at."""
_CUTS = 200
"""Lines that are cut off the end in search of a program."""


def program_in(completion: str, prompt: str = "", entry_point: str = "") -> str | None:
    """The Python that a completion holds: its fenced blocks, or as much of it from the start as compiles.

    Args:
        completion: What a model wrote.
        prompt: How the program begins, where the completion may be its continuation.
        entry_point: A function that it has to define.

    Returns:
        A program that compiles, or None.
    """
    completion = completion[:LONGEST].replace("\r\n", "\n").replace("\0", "")
    blocks = [textwrap.dedent(block) for name, block in _FENCED.findall(completion) if name.lower() in _PYTHON]
    # All together where they go on from one another, else the last that stands alone: the corrected one.
    candidates = ["\n\n".join(blocks), *reversed(blocks)] if blocks else []
    for candidate in (*candidates, completion) if not blocks else candidates:
        whole = _longest(candidate)
        if whole is not None and _defines(whole, entry_point):
            return f"{stubbed(prompt)}\n\n{whole}" if prompt else whole
    if prompt:
        for body in (*candidates, completion):
            continued = _continued(prompt, body, entry_point)
            if continued is not None:
                return continued
    return None


def stubbed(prompt: str) -> str:
    """The beginning of a program as a whole one: its last function, which has no body yet, gets one."""
    for whole in (prompt, f"{prompt.rstrip()}\n    pass\n"):
        if compiles(whole):
            return whole
    return ""


def compiles(source: str) -> bool:
    """Whether it is Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "program", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


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


def _longest(source: str) -> str | None:
    """The most lines from the start that compile; what a model writes after its program falls away."""
    lines = source.rstrip().splitlines()
    for cut in range(min(len(lines), _CUTS)):
        part = "\n".join(lines[: len(lines) - cut])
        if compiles(part):
            return part + "\n"
    return None


def _continued(prompt: str, body: str, entry_point: str) -> str | None:
    """The prompt with a body that may have lost the indentation of its first line, or of all."""
    body = body.strip("\n")
    variants = [text.splitlines() for text in (body, f"    {body.lstrip()}", textwrap.indent(body, "    "))]
    variants = [lines for lines in variants if lines and lines[0].startswith((" ", "\t"))]
    for cut in range(min(len(body.splitlines()), _CUTS)):
        for lines in variants:
            whole = "\n".join([prompt.rstrip(), *lines[: len(lines) - cut], ""])
            if compiles(whole) and _defines(whole, entry_point):
                return whole
    return None
