"""What processes use, told from outside."""

from __future__ import annotations

import subprocess
import sys

import pytest

from multisynth.sandbox.watch import usage

MIB = 1 << 20
HOARD = """
import ctypes, mmap, os, signal, sys

size, kind = int(sys.argv[1]), sys.argv[2]
go, told = os.pipe()
if os.fork() == 0:
    if kind == "file":
        file = open(sys.argv[3], "w+b")
        file.truncate(size)
        hoard = mmap.mmap(file.fileno(), size)
    else:
        hoard = mmap.mmap(-1, size, mmap.MAP_ANONYMOUS | (mmap.MAP_SHARED if kind == "shared" else mmap.MAP_PRIVATE))
    ctypes.memset(ctypes.addressof(ctypes.c_char.from_buffer(hoard)), 1, size)
    for _ in range(2):
        if os.fork() == 0:
            break
    touched = sum(hoard[::4096])
    os.write(told, b"x")
    signal.pause()
for _ in range(3):
    os.read(go, 1)
print("touched", flush=True)
sys.stdin.read()
os.killpg(0, signal.SIGKILL)
"""


@pytest.mark.parametrize(("kind", "counted"), [("private", 64), ("shared", 64), ("file", 0)])
def test_memory_that_three_share_counts_once_and_what_belongs_to_a_file_does_not(kind, counted, tmp_path) -> None:
    argv = [sys.executable, "-I", "-S", "-c", HOARD, str(64 * MIB), kind, str(tmp_path / "file")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"touched\n"
        used = usage(process.pid, 0, "/nowhere", 0)
        quick = usage(process.pid, 1 << 40, "/nowhere", 0)
    assert used.tasks == 3
    assert counted <= used.memory / MIB < counted + 40  # of the three interpreters
    assert quick.memory >= 3 * 64 * MIB  # never less than the exact figure, which is then asked for
