"""`python -m multisynth.scenes.fetch`: the robots and meshes of `pybullet_data`, where PyBullet itself has no wheel.

They lie in PyBullet's wheels alone and are the same in each. Where Python is too new for all of these, one for another
Python is downloaded, and nothing but that folder is taken out of it.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from multisynth.scenes.assets import DATA

from multisynth.errors import BadInput

WHEEL = "pybullet==3.2.7"
MADE_FOR = ("--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux2014_x86_64")
MARK = "taken-from.txt"
"""File in the folder that says which wheel it was taken out of; the folder that PyBullet installs has none."""


def download(folder: Path) -> Path:
    """Have pip put the wheel into a folder, from whatever index it is configured to use.

    Raises:
        BadInput: pip could not.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    done = subprocess.run(
        [*command, "--only-binary=:all:", *MADE_FOR, "--dest", str(folder), WHEEL], capture_output=True, text=True
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise BadInput(f"pip cannot download {WHEEL}: {reason}", "see that pip and its index can be reached from here")
    (wheel,) = folder.glob("*.whl")
    return wheel


def fetch() -> Path:
    """Have the data folder in this Python's packages; at once where it is there already.

    Raises:
        BadInput: It cannot be downloaded.
    """
    spec = importlib.util.find_spec(DATA)
    if spec is not None and spec.origin is not None:
        there = Path(spec.origin).parent
        mark = there / MARK
        if not mark.exists() or mark.read_text(encoding="utf-8") == WHEEL:
            return there
    packages = Path(sysconfig.get_path("purelib"))
    target = packages / DATA
    # Beside its place, so that it appears there whole or not at all.
    with tempfile.TemporaryDirectory(prefix=f".{DATA}-", dir=packages) as temporary:
        folder = Path(temporary)
        with zipfile.ZipFile(download(folder)) as wheel:
            wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith(f"{DATA}/")])
        (folder / DATA / MARK).write_text(WHEEL, encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        (folder / DATA).rename(target)
    return target


def main() -> int:
    """Fetch it and say where it is; return the exit code."""
    try:
        print(f"{DATA}: {fetch()}")
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
