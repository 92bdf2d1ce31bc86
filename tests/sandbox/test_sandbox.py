"""What a run says of a program, and that it is bounded."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from multisynth.errors import BadInput
from multisynth.sandbox import Isolation, Limits, Sandbox, bubble, filter, guard

BOTH = pytest.mark.parametrize("isolation", ["bubblewrap", "none"])


@BOTH
def test_a_program_gets_its_files_arguments_and_input(isolation: Isolation, tmp_path: Path) -> None:
    (tmp_path / "given").write_text("given")
    tmp_path.chmod(0o755)
    sandbox = Sandbox(isolation=isolation, readable={"/given": tmp_path})
    program = "\n".join(
        [
            "import os, sys",
            "print(open('a/b.txt').read(), sys.argv[1], sys.stdin.read())",
            "print(open(sys.argv[2]).read(), sorted(os.listdir()))",
            "print('é', file=sys.stderr)",
            "sys.exit(3)",
        ]
    )
    ran = sandbox.run_python(program, files={"a/b.txt": "laid"}, stdin="typed", arguments=["said", "/given/given"])
    assert (ran.status, ran.code, ran.stderr) == ("failed", 3, "é\n")
    assert ran.stdout == "laid said typed\ngiven ['a', 'main.py']\n"


@BOTH
def test_a_program_prints_the_same_each_time(isolation: Isolation) -> None:
    """Of sets too: what a program does must not depend on the seed that Python draws for its hashes."""
    program = "import sys; print(list(map(str, {f'{k} of them' for k in range(50)})), sys.path, sys.flags.safe_path)"
    printed = {Sandbox(isolation=isolation).run_python(program).stdout for _ in range(3)}
    if isolation == "bubblewrap":  # the folders of the interpreter are the same without it, the program's own is not
        assert len(printed) == 1
    assert len({text.partition("]")[0] for text in printed}) == 1
    assert all(text.endswith("True\n") and "site-packages" not in text for text in printed)


@BOTH
@pytest.mark.parametrize(
    ("program", "status", "code"),
    [
        ("pass", "ok", 0),
        ("1 / 0", "failed", 1),
        ("import os; os.abort()", "killed", -6),
        ("while True: pass", "time", None),
        ("import time; time.sleep(60)", "time", None),
        ("while True: print('x' * 99)", "output", None),
        ("x = bytearray(1 << 30)", "memory", 1),
        ("open('x', 'wb').write(b'x' * (2 << 20))", "disk", 1),
    ],
)
def test_statuses(isolation: Isolation, program: str, status: str, code: int | None) -> None:
    wall = 0.5 if "sleep" in program else 20
    ran = Sandbox(Limits(seconds=1, wall=wall, memory=256, disk=1), isolation).run_python(program)
    assert ran.status == status, ran
    assert code is None or ran.code == code
    assert len(ran.stdout) <= 1 << 16


@pytest.mark.parametrize("name", ["/x", "../x", "a/../../x", "", "a\0b", "x" * 300])
def test_no_file_leaves_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a file"):
        Sandbox().run_python("", files={name: ""})


def test_what_root_alone_can_read_is_refused(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root runs programs as somebody else")
    tmp_path.chmod(0o700)
    with pytest.raises(BadInput, match="cannot be read by the programs that root runs"):
        Sandbox(readable={"/given": tmp_path})


def test_files_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit into 1 MiB"):
        Sandbox(Limits(disk=1)).run_python("", files={"x": "x" * (2 << 20)})


@BOTH
def test_it_stops_when_it_is_no_longer_wanted(isolation: Isolation) -> None:
    read, write = os.pipe()
    threading.Timer(0.3, os.close, (write,)).start()
    ran = Sandbox(isolation=isolation).run_python("import time; time.sleep(900)", until=read)
    os.close(read)
    assert ran.status == "stopped"


def test_threads_and_coroutines_share_one() -> None:
    sandbox = Sandbox()
    with ThreadPoolExecutor(4) as pool:
        assert [r.stdout for r in pool.map(lambda k: sandbox.run_python(f"print({k})"), range(8))] == [
            f"{k}\n" for k in range(8)
        ]

    async def both() -> list[str]:
        ran = await asyncio.gather(*(sandbox.run_python_async(f"print({k})") for k in range(3)))
        return [r.stdout for r in ran]

    assert asyncio.run(both()) == ["0\n", "1\n", "2\n"]


def test_no_descriptor_is_left_open() -> None:
    sandbox = Sandbox(Limits(wall=0.5))
    sandbox.run_python("pass")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for program in ("pass", "import time; time.sleep(9)", "1/0"):
        sandbox.run_python(program, files={"a": "b"})
    assert len(list(Path("/proc/self/fd").iterdir())) == before


KILLS = """
import random, signal, sys, time
from multisynth.sandbox import Sandbox

sandbox, draws, mark = Sandbox(), random.Random(4), sys.argv[1]
ran, told = os.pipe()
os.dup2(told, 9)  # a shell writes into no number of two figures
for k in range(40):
    child = os.fork()
    if not child:
        sandbox.run(["/bin/sh", "-c", f"echo '<{k}>' >&9; sleep 600; :", mark], inherit=[9])
    if k % 10 == 9:  # the others may be killed before they come to their program
        said = b""
        while f"<{k}>".encode() not in said:
            said += os.read(ran, 100)
        assert len(marked(mark)) >= 3  # this script, its child and a sandbox
    else:
        time.sleep(draws.uniform(0, 0.03))
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""


def marked(mark: str) -> list[int]:
    """The processes that have a mark among their arguments, bubblewrap's included."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def test_whoever_starts_it_may_be_killed_at_any_instant() -> None:
    """Where only bubblewrap asks to die with its parent, two in three of these leave something behind."""
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    script = "\n".join(["import os", "from pathlib import Path", inspect.getsource(marked), KILLS])
    returned = subprocess.run([sys.executable, "-c", script, mark], check=False).returncode
    last = time.monotonic() + 30
    while marked(mark) and time.monotonic() < last:
        time.sleep(0.05)
    assert (returned, marked(mark)) == (0, [])


def test_a_guard_that_somebody_killed_is_replaced() -> None:
    sandbox = Sandbox()
    assert sandbox.run(["/bin/true"]).status == "ok"
    first = guard.group()
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert sandbox.run(["/bin/true"]).status == "ok"
    assert guard.group() not in (first, os.getpgid(0))


def test_without_bubblewrap_nothing_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    bubble._tool.cache_clear()
    bubble.require.cache_clear()
    try:
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        with pytest.raises(BadInput, match="No permissions to create new namespace") as error:
            Sandbox()
        assert "sandbox: none" in error.value.remedy and "bubblewrap" in error.value.remedy
        bubble._tool.cache_clear()
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
        with pytest.raises(BadInput, match="no bwrap on the path"):
            Sandbox()
    finally:
        bubble._tool.cache_clear()
        bubble.require.cache_clear()


def test_the_filter_is_a_program_that_the_kernel_takes() -> None:
    whole = filter.program()
    if whole is None:
        pytest.skip("no filter for this processor")
    assert len(whole) % 8 == 0 and len(whole) // 8 < 4096
    seen = Sandbox().run_python("print(open('/proc/self/status').read())").stdout
    assert "Seccomp:\t2" in seen and "NoNewPrivs:\t1" in seen


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives numbers")
def test_workers_with_neighbouring_process_numbers_run_programs_as_different_users(monkeypatch) -> None:
    def users(process: int, runs: int) -> list[str]:
        monkeypatch.setattr(os, "getpid", lambda: process)
        monkeypatch.setattr(bubble, "_NOBODIES", itertools.count(), raising=False)
        commands = [bubble.command(Limits(), ["true"], {}, (), None) for _ in range(runs)]
        return [command[command.index("--reuid") + 1] for command in commands]

    first, second = users(4000, 1010), users(4001, 10)
    assert not set(first) & set(second) and len(set(first)) == 1010
    assert all(2_000_000_000 < int(number) < 2**32 - 2 for number in first)
