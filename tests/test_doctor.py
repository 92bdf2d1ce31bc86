"""`doctor` finds what is here, says what is missing, and tells no secret."""

from __future__ import annotations

import ctypes
import json
import platform
import re
import shutil
import stat
import sys
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from multisynth.scenes.assets import locate
from multisynth.sim.robots import panda

from multisynth import doctor
from multisynth.errors import BadInput
from multisynth.mark.key import VARIABLE, key_file


def only(checks: list[doctor.Check]) -> doctor.Check:
    (check,) = checks
    return check


def test_the_whole_report(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "a key that no report may show"
    monkeypatch.setenv(VARIABLE, secret)
    report = doctor.report()
    found = {check.name: check for check in report}
    assert len(found) == len(report)
    assert found["python"].detail == platform.python_version()
    # Of the build, +cu130 for one, a wheel's metadata may say nothing.
    assert found["torch"].detail.partition("+")[0] == version("torch").partition("+")[0]
    assert found["mujoco"].detail == version("mujoco")
    assert (Path(found["robots"].detail) / "a1" / "a1.urdf").is_file()
    assert found["open3d"].detail == version("open3d")
    assert version("av") in found["H.264 encoder"].detail
    assert found["watermark key"].ok
    assert all(check.remedy for check in report if not check.ok)
    text = json.dumps([asdict(check) for check in report])
    assert secret not in text
    assert all(engine in text for engine in ("vllm", "transformers"))


def test_a_probe_tells_success_error_crash_and_silence() -> None:
    assert doctor.probe("print('noise'); print('answer')") == (True, "answer")
    ok, error = doctor.probe("import no_such_library")
    assert not ok and error == "ModuleNotFoundError: No module named 'no_such_library'"
    assert doctor.probe("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)") == (False, "killed by signal 11")
    assert doctor.probe("import time; time.sleep(60)", seconds=0.5) == (False, "no answer in 0.5 s")


def test_missing_system_libraries_are_named_with_their_package(monkeypatch: pytest.MonkeyPatch) -> None:
    load = ctypes.CDLL

    def without_usb(name: str) -> ctypes.CDLL:
        return load("libno-such.so.0" if "usb" in name else name)

    monkeypatch.setattr(ctypes, "CDLL", without_usb)
    check = only(doctor._system_libraries())
    assert not check.ok
    assert check.detail == "missing: libusb-1.0.so.0"
    assert check.remedy == "apt-get install libusb-1.0-0"


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """As if these packages were not installed."""
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name in names else find_spec(name))


def test_one_engine_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "pybullet")
    pybullet, mujoco = doctor._physics()
    assert pybullet.ok and pybullet.detail == "not installed: simulations run on mujoco" and pybullet.remedy
    assert mujoco == doctor.Check("mujoco", True, version("mujoco"))


def test_no_engine_is_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "pybullet", "mujoco")
    monkeypatch.setattr(doctor, "probe", lambda program: (False, "ModuleNotFoundError"))
    assert [(check.ok, bool(check.remedy)) for check in doctor._physics()] == [(False, True)] * 2


def test_a_machine_without_the_robots_is_told_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "pybullet_data")
    check = only(doctor._robots())
    assert not check.ok and "pybullet_data" in check.detail
    program = check.remedy.removeprefix("python -m ")
    assert find_spec(program) is not None
    monkeypatch.setattr("importlib.util.find_spec", doctor.find_spec)
    with pytest.raises(BadInput, match=re.escape(check.remedy)):
        locate(panda.URDF, (".urdf",))


def test_no_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check = only(doctor._sandbox())
    assert not check.ok and check.remedy == "apt-get install bubblewrap"


def test_bubblewrap_that_may_not_make_namespaces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    check = only(doctor._sandbox())
    assert not check.ok and "No permissions" in check.detail and "namespaces" in check.remedy


def test_a_gpu_that_torch_cannot_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(doctor, "probe", lambda program: (True, "2.13.0+cpu|"))
    check = next(check for check in doctor._torch() if check.name == "gpu")
    assert not check.ok and "2.13.0+cpu cannot use it" in check.detail and "CUDA" in check.remedy


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    here, cache = doctor._disk()
    assert not here.ok and "1.0 GB free" in here.detail and "5 GB" in here.remedy
    assert not cache.ok


@pytest.mark.skipif(sys.platform != "linux", reason="XDG folders")
def test_looking_for_the_key_makes_none_and_sees_that_others_can_read_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    check = only(doctor._watermark_key())
    assert check.ok and "made on first use" in check.detail
    assert not key_file().exists()
    key_file().parent.mkdir(parents=True)
    key_file().write_text("f" * 64)
    key_file().chmod(0o644)
    check = only(doctor._watermark_key())
    assert not check.ok and check.remedy == f"run `chmod 600 {key_file()}`"
    key_file().chmod(0o600)
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    check = only(doctor._watermark_key())
    assert check.ok and "f" * 64 not in check.detail
