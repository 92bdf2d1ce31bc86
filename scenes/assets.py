"""Files that scenes are made of, named `package:path/inside/it` so that a scene means the same on every machine."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from multisynth.errors import BadInput

DATA = "pybullet_data"
"""The package that robots and everyday objects lie in. PyBullet brings it; `fetch` does where PyBullet cannot be."""

LARGEST_FILE = 64 * 2**20  # bytes; a scene may come from anywhere


def locate(name: str, formats: tuple[str, ...]) -> Path:
    """The file that a `package:path/inside/it` name stands for.

    Args:
        name: An installed package and a path in its folder, such as `pybullet_data:plane.obj`.
        formats: The suffixes that will do, in lower case.

    Raises:
        BadInput: The package is not installed, the path leaves it, or the file is missing, of another format or huge.
    """
    package, _, inside = name.partition(":")
    spec = importlib.util.find_spec(package) if re.fullmatch(r"[A-Za-z_]\w*", package) else None
    if spec is None or not spec.submodule_search_locations or not inside:
        remedy = f"name it `package:path/inside/it{formats[0]}`"
        if package == DATA and spec is None:
            remedy = "run `python -m multisynth.scenes.fetch`, which downloads it (100 MB)"
        raise BadInput(f"`{name}` is in no installed package", remedy)
    root = Path(next(iter(spec.submodule_search_locations))).resolve()
    path = (root / inside).resolve()
    if not path.is_relative_to(root):
        raise BadInput(f"`{name}` lies outside its package", "name a file inside the package")
    if path.suffix.lower() not in formats or not path.is_file():
        raise BadInput(f"`{name}` is not a {', '.join(formats)} file of the package", "name a file that it has")
    if path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"`{name}` has {path.stat().st_size} bytes, more than {LARGEST_FILE}", "use a smaller file")
    return path
