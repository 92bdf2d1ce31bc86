"""What commands print. Standard output holds facts and nothing else, whatever stages and their libraries print."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

_reserved: TextIO | None = None
_NEVER_FOLDED = 100_000  # columns
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and newline, and marks that turn the direction of text."""


def reserve() -> None:
    """Keep standard output for `say` and its kin until the process ends; all other output joins standard error.

    File descriptors are what is exchanged, because native code (physics engines, inference engines, their banners)
    writes to them past Python, and worker processes inherit them. They stay so: some speak up only at exit.
    """
    global _reserved
    if _reserved is None and sys.stdout is not None:
        sys.stdout.flush()
        _reserved = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors="backslashreplace")
        os.dup2(2, 1)


def hand_back() -> None:
    """Let Python print to standard output again, when the commands are through; native code still does not."""
    if _reserved is not None:
        sys.stdout = _reserved


def say(text: str) -> None:
    """Print to standard output; what would command a terminal, or hide, is shown as `�`: models write such things."""
    out = _reserved or sys.stdout
    if out is None:
        return
    try:
        print(_COMMANDS.sub("�", text), file=out, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())  # else the exit would try again
        raise


def say_json(facts: Any) -> None:
    """Print facts as JSON; numbers that JSON does not have become null."""
    from multisynth.export.strict_json import plain

    say(json.dumps(plain(facts), indent=2, default=str, allow_nan=False))


def say_table(facts: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Print a list of rows as a table, or a mapping as a list of fields; one line a row where nobody looks on."""
    from rich.console import Console
    from rich.table import Table

    rows = [{"field": key, "value": value} for key, value in facts.items()] if isinstance(facts, Mapping) else facts
    if not rows:
        say("nothing")
        return
    out = _reserved or sys.stdout
    terminal = out is not None and out.isatty()
    table = Table(box=None, pad_edge=False)
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        cells = [_cell(value) for value in row.values()]
        table.add_row(*(cells if terminal else [" ".join(cell.split()) for cell in cells]))
    if terminal:
        Console(file=out).print(table, highlight=False, markup=False)
        return
    page = io.StringIO()
    Console(file=page, width=_NEVER_FOLDED, color_system=None).print(table, highlight=False, markup=False)
    say("\n".join(line.rstrip() for line in page.getvalue().splitlines()))


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}"
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
    return _COMMANDS.sub("�", text)
