"""The command line that puts a program into bubblewrap.

The program sees /usr, the Python that runs multisynth, what it is given to read, a folder of its own in memory, and
nothing else: no home, no /etc, no /sys, no network, no other process. It has no rights and gets none.

Started by root, bubblewrap mounts as root and the program becomes a user that nobody is: a user namespace would leave
it root's own number outside, for which the kernel limits no processes and to which `/proc/sys` belongs. Started by
anybody else, it gets a user namespace of its own, in which their processes are counted anew (Linux 5.14), and which it
cannot leave for another one.
"""

from __future__ import annotations

import functools
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from multisynth.errors import BadInput
from multisynth.sandbox.limits import MIB, Limits

WORK = "/sandbox"
"""The program's own folder, where it starts."""
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": WORK, "TMPDIR": WORK, "PYTHONHASHSEED": "0"}
_REMEDY = (
    "apt-get install bubblewrap, and allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or a container "
    "with them); or say `sandbox: none` where every program may be trusted"
)


def python() -> str:
    """The interpreter that programs are run by: that of multisynth, without its environment."""
    return os.path.realpath(sys.executable)


def command(
    limits: Limits,
    argv: Sequence[str],
    readable: Mapping[str, Path],
    files: Sequence[tuple[str, int]],
    seccomp: int | None,
) -> list[str]:
    """What to start.

    Args:
        limits: What it may use.
        argv: The program and its arguments.
        readable: Files and folders of this machine that it may read, by the place where it finds them.
        files: Names in its folder, and descriptors that their contents are read from.
        seccomp: A descriptor that the filter is read from.
    """
    as_root = os.geteuid() == 0
    bwrap = [
        _tool("bwrap"), "--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
        "--hostname", "sandbox", "--die-with-parent", "--clearenv",
    ]  # fmt: skip
    if as_root:
        bwrap += ["--cap-drop", "ALL"]
        bwrap += [part for right in ("SETUID", "SETGID", "SETPCAP") for part in ("--cap-add", f"CAP_{right}")]
    else:
        bwrap += ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
    for name, value in _ENVIRONMENT.items():
        bwrap += ["--setenv", name, value]
    bwrap += _system()
    made: set[Path] = {Path("/"), Path("/usr")}
    for path in _interpreter():
        place = path.resolve()
        if not place.is_relative_to("/usr"):
            bwrap += [*_parents(place, made), "--ro-bind", str(place), str(place)]
    for name, path in readable.items():
        bwrap += [*_parents(Path(name), made), "--ro-bind", str(path.resolve()), name]
    for path in _packages():
        bwrap += ["--perms", "0555", "--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path)]
    bwrap += ["--proc", "/proc", "--dev", "/dev", "--symlink", WORK, "/tmp"]
    # It is read as zeros too, but cannot be mapped: a shared mapping of zeros is memory that nobody counts.
    bwrap += ["--dev-bind", "/dev/full", "/dev/zero"]
    bwrap += ["--perms", "0777", "--size", str(limits.disk * MIB), "--tmpfs", WORK]
    for name, descriptor in files:
        bwrap += ["--perms", "0666", "--file", str(descriptor), f"{WORK}/{name}"]
    bwrap += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK]
    if seccomp is not None:
        bwrap += ["--seccomp", str(seccomp)]
    inner = [_tool("prlimit"), *limits.rlimits(nested=True)]
    if as_root:
        # A number of its own for each run, so that the processes of one do not count against another: drawn, as the
        # workers of all runs on a machine know nothing of one another.
        number = str((1 << 31) + secrets.randbits(30))
        inner = [
            _tool("setpriv"), "--reuid", number, "--regid", number, "--clear-groups", "--bounding-set=-all",
            "--inh-caps=-all", *inner,
        ]  # fmt: skip
    # Of bubblewrap's own `--new-session` process 1 would be a part, and so leave the group of its `guard`.
    return [*bwrap, "--", _tool("setsid"), *inner, "--", *argv]


def bare(limits: Limits, argv: Sequence[str]) -> list[str]:
    """What to start where the recipe does without a sandbox: limits on each process, and nothing else."""
    return [_tool("prlimit"), *limits.rlimits(nested=False), "--", *argv]


def bare_environment(folder: str) -> dict[str, str]:
    """The variables that a program without a sandbox sees."""
    return {**_ENVIRONMENT, "HOME": folder, "TMPDIR": folder}


@functools.cache
def require() -> None:
    """See that programs can be run in bubblewrap here.

    Raises:
        BadInput: They cannot.
    """
    argv = command(Limits(), ["/usr/bin/env", "true"], {}, (), None)
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise BadInput(f"bubblewrap does not work here: {said[0]}", _REMEDY)


def require_readable(path: Path) -> None:
    """See that programs will be able to read a file or folder.

    Raises:
        BadInput: Only root can, and root's programs are not root.
    """
    wanted = 0o005 if path.is_dir() else 0o004
    if os.geteuid() == 0 and path.stat().st_mode & wanted != wanted:
        raise BadInput(f"{path} cannot be read by the programs that root runs", f"chmod -R o+rX {path}")


@functools.cache
def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        package = "bubblewrap" if name == "bwrap" else "util-linux"
        raise BadInput(
            f"programs cannot be run safely: no {name} on the path", _REMEDY.replace("bubblewrap", package, 1)
        )
    return path


def _system() -> list[str]:
    parts = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            parts += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            parts += ["--ro-bind", str(path), str(path)]
    for name in ("ld.so.cache", "alternatives"):
        parts += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return parts


def _interpreter() -> tuple[Path, ...]:
    """The running Python's own files, without the packages of its environment."""
    home = Path(sys.base_prefix)
    return tuple(path for path in (Path(python()).parent, home / "lib", home / "lib64") if path.is_dir())


def _packages() -> tuple[Path, ...]:
    """What is installed beside the standard library, which is kept from the program."""
    path = Path(sys.base_prefix, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
    return (path.resolve(),) if path.is_dir() else ()


def _parents(place: Path, made: set[Path]) -> list[str]:
    """Empty folders above a place, which bubblewrap would make unreadable where the real ones are."""
    missing = [parent for parent in reversed(place.parents) if parent not in made]
    made.update(missing)
    return [part for parent in missing for part in ("--perms", "0755", "--dir", str(parent))]
