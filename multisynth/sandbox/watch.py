"""What the processes of a run use, read from /proc while it lasts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class Usage(NamedTuple):
    """Of all processes below one.

    Args:
        tasks: Processes and threads.
        memory: Bytes of memory that they hold, without the pages of files that the machine may drop.
        files: Files and folders in the program's folder.
    """

    tasks: int
    memory: int
    files: int


def usage(root: int, most: int, folder: str, size: int) -> Usage:
    """What everything below a process uses now.

    Args:
        root: The process; it does not count itself.
        most: Bytes above which memory is worth counting exactly.
        folder: The program's folder, as the process sees it.
        size: Of the folder, bytes; by it the folder is told from whatever lies there while the sandbox is being made.
    """
    below = descendants(root)
    tasks = sum(int(found[17]) for pid in below if (found := _stat(pid)))
    memory = sum(_resident(pid) for pid in below)
    if memory > most:  # it counts pages that several of them share as often, and those of files
        memory = sum(_proportional(pid) for pid in below)
    try:
        room = os.statvfs(f"/proc/{root}/root{folder}")
        files = room.f_files - room.f_ffree if room.f_blocks * room.f_frsize == size else 0
    except OSError:
        files = 0
    return Usage(tasks, memory, files)


def descendants(root: int) -> list[int]:
    """All processes below one."""
    found, front = [], [root]
    while front:
        try:
            tasks = list(Path(f"/proc/{front.pop()}/task").iterdir())
        except OSError:
            continue
        for task in tasks:
            children = [int(pid) for pid in _read(task / "children").split()]
            found += children
            front += children
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty where it is gone."""
    return _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()


def _resident(pid: int) -> int:
    pages = _read(Path(f"/proc/{pid}/statm")).split()
    return int(pages[1]) * _PAGE if pages else 0


def _proportional(pid: int) -> int:
    lines = (line.split() for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines())
    return sum(int(line[1]) << 10 for line in lines if line[0] in ("Pss_Anon:", "Pss_Shmem:"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
