"""What this machine can do for multisynth, and what to do about the rest."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from multisynth.errors import BadInput

SYSTEM_LIBRARIES = {"libusb-1.0.so.0": "libusb-1.0-0", "libGL.so.1": "libgl1", "libgomp.so.1": "libgomp1"}
"""Shared libraries that wheels expect, and Debian's packages of them."""

ROOM = 5 * 10**9
"""Bytes of disk space below which runs are likely to fail."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What.
        ok: Whether all of it works here. What is merely absent and needed by nothing that runs by default is ok too.
        detail: What was found.
        remedy: What to do to have it, or to have it faster; empty where there is nothing to do.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def report() -> list[Check]:
    """Look at everything; takes some seconds, because libraries are really loaded, each in a process of its own."""
    parts: list[Callable[[], list[Check]]] = [
        _python, _torch, _engines, _system_libraries, _physics, _robots, _open3d, _encoder, _ray, _sandbox, _disk,
        _models, _watermark_key,
    ]  # fmt: skip
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return [check for checks in pool.map(lambda part: part(), parts) for check in checks]


def probe(program: str, seconds: float = 120) -> tuple[bool, str]:
    """Run a Python program in its own process, since a broken native library may crash or print.

    Returns:
        Whether it ended well, and the last line that it printed, or the last line of its error.
    """
    try:
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return False, f"no answer in {seconds:g} s"
    if done.returncode < 0:
        return False, f"killed by signal {-done.returncode}"
    lines = (done.stderr if done.returncode else done.stdout).strip().splitlines()
    return done.returncode == 0, lines[-1].strip() if lines else "no message"


def _python() -> list[Check]:
    ok = sys.version_info[:2] in ((3, 11), (3, 12))
    return [Check("python", ok, platform.python_version(), "" if ok else "use Python 3.11 or 3.12")]


def _torch() -> list[Check]:
    ok, found = probe(
        "import torch; cuda = torch.cuda.is_available();"
        "print(torch.__version__, torch.cuda.get_device_name(0) if cuda else '', sep='|')"
    )
    if not ok:
        return [Check("torch", False, found, "pip install torch==2.13.0")]
    version, _, device = found.partition("|")
    checks = [Check("torch", True, version)]
    if device:
        checks.append(Check("gpu", True, device))
    elif shutil.which("nvidia-smi") and subprocess.run(["nvidia-smi", "-L"], capture_output=True).returncode == 0:
        remedy = "install torch's CUDA build, from the index that pytorch.org names for this driver"
        checks.append(Check("gpu", False, f"there is one, but torch {version} cannot use it", remedy))
    else:
        checks.append(Check("gpu", True, "none: everything runs on the CPU"))
    if not device:
        checks.append(_torch_companions())
    return checks


def _torch_companions() -> Check:
    """Their registry builds want CUDA, and transformers fails on importing them without it."""
    found = [name for name in ("torchvision", "torchaudio", "torchcodec") if find_spec(name)]
    broken = [name for name in found if not probe(f"import {name}")[0]]
    remedy = f"pip uninstall {' '.join(broken)}" if broken else ""
    detail = f"{', '.join(broken)} cannot be loaded and breaks transformers" if broken else ", ".join(found) or "none"
    return Check("torch companions", not broken, detail, remedy)


def _engines() -> list[Check]:
    from multisynth.serving import engines

    found = engines()
    usable = [f"{name} ({what})" for name, works, what in found if works]
    detail = "; ".join(f"{engine} {'works too' if place else 'is in use'}" for place, engine in enumerate(usable))
    others = "; ".join(f"{name}: {how}" for name, works, how in found if not works)
    return [Check("language models", bool(usable), detail or "no engine works", others)]


def _system_libraries() -> list[Check]:
    missing = []
    for library, package in SYSTEM_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append((library, package))
    if not missing:
        return [Check("system libraries", True, ", ".join(SYSTEM_LIBRARIES))]
    packages = " ".join(package for _, package in missing)
    detail = f"missing: {', '.join(library for library, _ in missing)}"
    return [Check("system libraries", False, detail, f"apt-get install {packages}")]


def _physics() -> list[Check]:
    """The engines of simulations. Either will do: the first that is there runs by default."""
    remedies = {
        "pybullet": "pip install pybullet" if sys.version_info < (3, 12) else "it has wheels for Python 3.11",
        "mujoco": "pip install 'multisynth[sim]'",
    }
    there = [name for name in remedies if find_spec(name)]
    checks = []
    for name, remedy in remedies.items():
        if there and name not in there:
            checks.append(Check(name, True, f"not installed: simulations run on {there[0]}", remedy))
        else:
            ok, found = probe(f"import {name}; from importlib.metadata import version; print(version('{name}'))")
            checks.append(Check(name, ok, found, "" if ok else remedy))
    return checks


def _robots() -> list[Check]:
    spec = find_spec("pybullet_data")
    folder = Path(spec.origin).parent if spec is not None and spec.origin is not None else None
    if folder is None or not (folder / "franka_panda" / "panda.urdf").is_file():
        remedy = "python -m multisynth.scenes.fetch"
        return [Check("robots", False, "no pybullet_data, which holds their URDFs and meshes", remedy)]
    return [Check("robots", True, str(folder))]


def _open3d() -> list[Check]:
    ok, found = probe("import open3d; open3d.t.geometry.RaycastingScene(); print(open3d.__version__)")
    remedy = "pip install open3d; it needs the system libraries above"
    return [Check("open3d", ok, found, "" if ok else remedy)]


def _encoder() -> list[Check]:
    ok, found = probe("import av; av.codec.Codec('libx264', 'w'); print('PyAV', av.__version__, 'with libx264')")
    return [Check("H.264 encoder", ok, found, "" if ok else "pip install --only-binary=av av: its wheels hold FFmpeg")]


def _ray() -> list[Check]:
    ok, found = probe("import ray.data; print(ray.__version__)")
    return [
        Check(
            "ray",
            ok,
            found,
            "" if ok else "pip install 'multisynth[ray]', for runs on a cluster; nothing else needs it",
        )
    ]


def _sandbox() -> list[Check]:
    path = shutil.which("bwrap")
    if path is None:
        return [Check("bubblewrap", False, "no bwrap on the path", "apt-get install bubblewrap")]
    # As untrusted code is run: a bwrap that is there may still lack the right to make namespaces.
    done = subprocess.run(
        [path, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "true"], capture_output=True, text=True
    )
    if done.returncode:
        remedy = "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, or a container with them"
        return [Check("bubblewrap", False, done.stderr.strip().splitlines()[-1] if done.stderr else "it fails", remedy)]
    version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip()
    return [Check("bubblewrap", True, version)]


def _disk() -> list[Check]:
    import platformdirs

    checks = []
    for name, folder in (("disk space here", Path.cwd()), ("cache", platformdirs.user_cache_path("multisynth"))):
        there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
        free = shutil.disk_usage(there).free
        writable = os.access(there, os.W_OK | os.X_OK)
        remedy = "" if writable else f"make {there} writable"
        if writable and free < ROOM:
            remedy = f"free some space: a run with video wants {ROOM / 1e9:.0f} GB"
        detail = f"{folder}: {free / 1e9:.1f} GB free" + ("" if writable else ", not writable")
        checks.append(Check(name, not remedy, detail, remedy))
    return checks


def _models() -> list[Check]:
    from multisynth.serving.models import PINNED, models_folder

    here = sorted(path.parent.name for path in models_folder().glob("*/config.json"))
    missing = [name for name in PINNED if not any(folder.startswith(name) for folder in here)]
    remedy = f"fetched on first use, or now: python -m multisynth.serving fetch {' '.join(missing)}" if missing else ""
    return [Check("models", True, ", ".join(here) or "none cached yet", remedy)]


def _watermark_key() -> list[Check]:
    from multisynth.mark.key import VARIABLE, key_file, load_key

    place = f"from {VARIABLE}" if VARIABLE in os.environ else str(key_file())
    if VARIABLE not in os.environ and not key_file().exists():
        return [Check("watermark key", True, f"none yet: made on first use, in {place}")]
    try:
        load_key()
    except (BadInput, OSError) as error:
        problem, remedy = (error.problem, error.remedy) if isinstance(error, BadInput) else (str(error), f"see {place}")
        return [Check("watermark key", False, problem, remedy)]
    return [Check("watermark key", True, place)]
