"""Hostile programs do no harm, and are reported as what they are.

Each says in its first lines how it has to end (`ends:`), or, where it attacks tests, what the verifier has to say
(`reason:`). It gets as arguments a word that marks its processes, the folder of a canary, a port that is listened to,
a home with secrets, and the number of this process; it prints HARM where it reached something that it must not.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from multisynth.text.verifiers.code import Code

from multisynth.kinds import PROBLEM
from multisynth.sample import Sample
from multisynth.sandbox import Limits, Result, Sandbox

PROGRAMS = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).with_name("hostile").glob("*.py")}
HEAD = re.compile(r"^# (ends|reason|wall): (.+)$", re.MULTILINE)
HEADS = {name: dict(HEAD.findall(text)) for name, text in PROGRAMS.items()}
SECRET = "canary-" + secrets.token_hex(16)
TRIPLE = {"tests": [f"assert triple({k}) == {3 * k}" for k in (7, 11, 130)]}


def limits(name: str) -> Limits:
    wall = float(HEADS[name].get("wall", 60))
    return Limits(seconds=1, wall=wall, memory=192, processes=12, output=100_000, disk=8, files=400)


class World:
    """What programs try to reach, and what is left of it."""

    def __init__(self, folder: Path) -> None:
        self.canary, self.home = folder / "canary", folder / "home"
        for place in (self.canary, self.home / ".ssh"):
            place.mkdir(parents=True)
            place.chmod(0o777)
        (self.canary / "secret").write_text(SECRET)
        (self.home / ".ssh" / "id_secret").write_text(SECRET)
        self.mark = "mark-" + secrets.token_hex(16)
        self.listening = [socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
        self.listening[0].bind(("127.0.0.1", 0))
        self.port = self.listening[0].getsockname()[1]
        self.listening[1].bind(("127.0.0.1", self.port))
        for name in (f"\0multisynth-{self.mark}", str(self.canary / "socket")):
            self.listening.append(socket.socket(socket.AF_UNIX))
            self.listening[-1].bind(name)
        for one in self.listening:
            if one.type == socket.SOCK_STREAM:
                one.listen()
            one.setblocking(False)

    def arguments(self) -> list[str]:
        return [self.mark, str(self.canary), str(self.port), str(self.home), str(os.getpid())]

    def heard(self) -> bool:
        for one in self.listening:
            try:
                if one.type == socket.SOCK_DGRAM:
                    one.recv(10)
                else:
                    one.accept()
            except BlockingIOError:
                continue
            return True
        return False

    def processes(self) -> list[int]:
        """Those that a program left: all that it forks carry its arguments."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (place / "cmdline").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("w"))
    yield made
    for one in made.listening:
        one.close()


@pytest.fixture(scope="module")
def results(world: World) -> dict[str, Result]:
    patch = pytest.MonkeyPatch()
    patch.setenv("MULTISYNTH_SECRET", SECRET)
    names = [name for name, head in HEADS.items() if "ends" in head]

    def run(name: str) -> Result:
        return Sandbox(limits(name)).run_python(PROGRAMS[name], arguments=world.arguments())

    with ThreadPoolExecutor(4) as pool:
        found = dict(zip(names, pool.map(run, names), strict=True))
    patch.undo()
    return found


def test_there_are_enough_programs_and_each_says_how_it_ends() -> None:
    assert len(PROGRAMS) >= 40
    assert all(("ends" in head) != ("reason" in head) for head in HEADS.values())


@pytest.mark.parametrize("name", sorted(name for name, head in HEADS.items() if "ends" in head))
def test_it_is_reported_and_reaches_nothing(name: str, results: dict[str, Result]) -> None:
    result = results[name]
    assert result.status in HEADS[name]["ends"].split(), result
    said = result.stdout + result.stderr
    assert not re.search(r"^HARM", said, re.MULTILINE), said[:2000]
    assert SECRET not in said
    assert "root:" not in said
    assert len(result.stdout) <= 100_000


def test_nothing_is_left_of_them_and_nothing_is_changed(world: World, results: dict[str, Result]) -> None:
    assert len(results) >= 40
    assert world.processes() == []
    assert not world.heard()
    assert sorted(path.name for path in world.canary.iterdir()) == ["secret", "socket"]
    assert (world.canary / "secret").read_text() == SECRET
    assert [path.name for path in world.home.rglob("*")] == [".ssh", "id_secret"]
    for folder in ("/", "/usr", "/dev", "/dev/shm", "/tmp", str(Path(os.__file__).parent)):
        assert not Path(folder, "planted").exists()


def test_what_is_left_would_be_seen(world: World) -> None:
    """The listener, the marks and the canary do notice a program that is not in a sandbox."""
    program = "\n".join(
        [
            "import socket, sys, time",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'hello', ('127.0.0.1', int(sys.argv[3])))",
            "print('HARM', open(sys.argv[2] + '/secret').read(), flush=True)",
            "time.sleep(60)",
        ]
    )
    import subprocess
    import sys

    with subprocess.Popen([sys.executable, "-c", program, *world.arguments()], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert SECRET.encode() in process.stdout.readline()
            assert world.processes() == [process.pid]
            assert world.heard()
        finally:
            process.kill()


@pytest.mark.parametrize("name", sorted(name for name, head in HEADS.items() if "reason" in head))
def test_no_verdict_is_forged(name: str) -> None:
    problem = Sample(PROBLEM, 0, question="", answer="", domain="code", verifier="code", check=json.dumps(TRIPLE))
    verdict = Code(limits=limits(name)).judge(problem, PROGRAMS[name])
    assert not verdict.right
    expected = HEADS[name]["reason"]
    assert verdict.reason.startswith(expected) or verdict.reason.split(":")[0].startswith(tuple(expected.split())), (
        verdict
    )
    assert verdict.answer


def test_an_honest_program_passes_where_those_do_not() -> None:
    problem = Sample(PROBLEM, 0, question="", answer="", domain="code", verifier="code", check=json.dumps(TRIPLE))
    assert Code().judge(problem, "def triple(x):\n    return x + x + x").right
