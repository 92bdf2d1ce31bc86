"""YAML read as hostile text: plain data only, and every value knows its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from multisynth.errors import BadInput

_LARGEST = 1 << 20
_MOST_NODES = 100_000

Place = tuple[str | int, ...]


def load(path: Path) -> tuple[Any, dict[Place, int]]:
    """Read a YAML file.

    Returns:
        The data, and the line (from 1) of every value by its place: ``("stages", "frames", "labels", 0)``. A mapping's
        value is placed at its key's line.

    Raises:
        BadInput: Not readable, not YAML, too large, a tag that would construct an object, or a key given twice.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", "give the path of a recipe", str(path)) from None
    if len(raw) > _LARGEST:
        raise BadInput(f"is larger than {_LARGEST >> 20} MiB", "a recipe names data, it does not hold it", str(path))
    try:
        return loads(raw.decode(), str(path))
    except UnicodeDecodeError:
        raise BadInput("is not UTF-8 text", "save it as UTF-8", str(path)) from None


def loads(text: str, where: str) -> tuple[Any, dict[Place, int]]:
    """As `load`, from text."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        if node is not None:
            _walk(node, (), lines, where, [])
        return (None if node is None else loader.construct_document(node)), lines
    except yaml.constructor.ConstructorError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise BadInput(f"{error.problem}", "a recipe is plain data: no tags", where + line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise BadInput(f"is not YAML: {error.problem}", "mind indentation, colons and brackets", where + line) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput(f"is not YAML: {error}", "mind indentation, colons and brackets", where) from None
    finally:
        loader.dispose()


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int], where: str, above: list[yaml.Node]) -> None:
    lines.setdefault(place, node.start_mark.line + 1)
    if len(lines) > _MOST_NODES or node in above:
        raise BadInput("refers to itself, or is too large once its aliases are filled in", "write it out", where)
    above.append(node)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(getattr(key, "value", key))
            line = key.start_mark.line + 1
            if name in seen and name != "<<":
                raise BadInput(f"key `{name}` is given twice", "keep one", f"{where}:{line}")
            seen.add(name)
            lines[(*place, name)] = line
            _walk(value, (*place, name), lines, where, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*place, index), lines, where, above)
    above.pop()
