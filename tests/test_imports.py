"""Who may import whom, read from the sources; and what must not be loaded before it is used.

core ← scenes ← text, vision, sim: a family never imports another family.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FAMILIES = ("text", "vision", "sim")
OUTER = (*FAMILIES, "scenes")

# Each takes from 0.1 s to many seconds to import, or takes hold of a GPU, a port or a display.
HEAVY = (
    "torch", "transformers", "vllm", "ray", "sklearn", "scipy", "pandas", "sympy", "math_verify", "datasketch",
    "pybullet", "mujoco", "gymnasium", "open3d", "mitsuba", "gsplat", "trimesh", "cv2", "av", "imagehash", "matplotlib",
)  # fmt: skip


def layer_of(module: str) -> str:
    """The room that a module lies in: a family, `scenes`, `core`, or nothing for what is not ours."""
    first, *rest = module.split(".")
    if first in OUTER:
        return first
    return "" if first != "multisynth" else rest[0] if rest and rest[0] in OUTER else "core"


def imports(source: str, module: str, is_package: bool) -> Iterator[tuple[int, str, bool]]:
    """Line, absolute name and whether it was written relatively, of everything that a module imports."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source, module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, False
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}", node.level > 0


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """What a module imports that its layer may not, or not that way."""
    here = layer_of(module)
    found = []
    for line, name, relative in imports(source, module, is_package):
        there = layer_of(name)
        if name.split(".")[0] in OUTER:
            problem = f"{name} is imported as multisynth.{name}"
        elif here == "core" and there in OUTER:
            problem = f"the core imports {name}"
        elif here == "scenes" and there in FAMILIES:
            problem = f"scenes imports {name}"
        elif here in FAMILIES and there in FAMILIES and there != here:
            problem = f"{here} imports {name}"
        elif here in FAMILIES and there == here and not relative:
            problem = f"inside {here}, {name} is imported relatively"
        elif relative and here not in FAMILIES:
            problem = f"{name} is imported absolutely, as everywhere outside the families"
        elif relative and there != here:
            problem = f"{name} is outside {here}, so it is imported absolutely"
        else:
            continue
        found.append(f"{module}:{line}: {problem}")
    return found


def modules() -> Iterator[tuple[Path, str]]:
    """Every source file of the package with the name that it is imported by."""
    for folder in (ROOT / "multisynth", *(ROOT / name for name in OUTER)):
        prefix = [] if folder.name == "multisynth" else ["multisynth"]
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield path, ".".join([*prefix, *(part for part in parts if part != "__init__")])


def test_layers() -> None:
    files = list(modules())
    assert {layer_of(name) for _, name in files} == {"core", *OUTER}
    found = [
        line
        for path, name in files
        for line in violations(path.read_text(encoding="utf-8"), name, path.name == "__init__.py")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source", "allowed"),
    [
        ("multisynth.run", "from multisynth.store import Store", True),
        ("multisynth.run", "import multisynth.sim.engine", False),
        ("multisynth.run", "from multisynth import scenes", False),
        ("multisynth.run", "def f():\n    from multisynth.text.star.stage import Star", False),
        ("multisynth.curate.dedup", "from ..vision import film", False),
        ("multisynth.scenes.schema", "from multisynth.errors import BadInput", True),
        ("multisynth.scenes.schema", "from multisynth.sim import engine", False),
        ("multisynth.scenes.meshes", "from multisynth.scenes.schema import Scene", True),
        ("multisynth.scenes.meshes", "from .schema import Scene", False),
        ("multisynth.sim.rollout", "from multisynth.scenes.schema import Scene", True),
        ("multisynth.sim.rollout", "from .engine import Engine", True),
        ("multisynth.sim.rollout", "from multisynth.sim.engine import Engine", False),
        ("multisynth.sim.rollout", "from multisynth.vision.film import Film", False),
        ("multisynth.sim.rollout", "from ..vision.film import Film", False),
        ("multisynth.sim.rollout", "from ..errors import BadInput", False),
        ("multisynth.sim.rollout", "import vision.film", False),
        ("multisynth.sim.rollout", "import numpy as np", True),
    ],
)
def test_the_rule_itself(module: str, source: str, allowed: bool) -> None:
    assert (violations(source, module) == []) is allowed


def in_a_new_process(program: str) -> str:
    """The last line that a Python program prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "unloaded"),
    [(["--help"], (*HEAVY, "pyarrow", "lance", "numpy", "yaml")), (["stages"], (*HEAVY, "lance"))],
)
def test_the_command_line_answers_before_anything_heavy_loads(words: list[str], unloaded: tuple[str, ...]) -> None:
    loaded = in_a_new_process(f"""
import json, sys
sys.argv = ["multisynth", *{words!r}]
from multisynth.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print(json.dumps(sorted(set(sys.modules) & set({unloaded!r}))))
""")
    assert json.loads(loaded) == []


def test_no_stage_or_exporter_loads_anything_heavy_when_it_is_imported() -> None:
    culprits = in_a_new_process(f"""
import importlib, importlib.metadata, json, sys
heavy, culprits = set({HEAVY!r}), {{}}
for group in ("multisynth.stages", "multisynth.exports"):
    for entry in importlib.metadata.entry_points(group=group):
        if entry.dist.name == "multisynth":
            before = heavy & set(sys.modules)
            importlib.import_module(entry.module)
            if loaded := heavy & set(sys.modules) - before:
                culprits[entry.module] = sorted(loaded)
print(json.dumps(culprits))
""")
    assert json.loads(culprits) == {}
