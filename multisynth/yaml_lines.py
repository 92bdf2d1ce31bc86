"""YAML read as hostile text: plain data only, and every value knows its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from multisynth.errors import BadInput
from multisynth.secrecy import named

_LARGEST = 1 << 20
_MOST_NODES = 100_000
_LONGEST_NUMBER = 100  # characters; 2⁶⁴ in binary has 66
_CITED = re.compile(r"(?<=alias|nchor|andle) '.*'")
"""Names that PyYAML cites of the document: a secret may begin with * or & or hold a !."""

Place = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """Refuses what a recipe has no use for before it costs time: tags, endless documents, endless numbers."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """As YAML has it, but counted, and without tags: some of them raise whatever they like."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise yaml.constructor.ConstructorError(None, None, f"more than {_MOST_NODES:,} values", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.constructor.ConstructorError(None, None, "a tag", event.start_mark)
        return super().compose_node(parent, index)


def _number(convert: Callable[..., Any]) -> Callable[[_Loader, yaml.ScalarNode], Any]:
    def construct(loader: _Loader, node: yaml.ScalarNode) -> Any:
        if ":" in node.value:
            return node.value  # YAML 1.1 counts 1:59:59 in sixties; nobody else does
        if len(node.value) > _LONGEST_NUMBER:
            raise yaml.constructor.ConstructorError(
                None, None, f"a number of {len(node.value):,} characters", node.start_mark
            )
        return convert(loader, node)

    return construct


_Loader.add_constructor("tag:yaml.org,2002:int", _number(yaml.SafeLoader.construct_yaml_int))
_Loader.add_constructor("tag:yaml.org,2002:float", _number(yaml.SafeLoader.construct_yaml_float))


def load(path: Path) -> tuple[Any, dict[Place, int]]:
    """Read a YAML file.

    Returns:
        The data, and the line (from 1) of every value by its place: ``("stages", "frames", "labels", 0)``. A mapping's
        value is placed at its key's line.

    Raises:
        BadInput: Not readable, not YAML, too large, a number of absurd length, a tag, or a key given twice.
    """
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        problem = f"cannot be read: {getattr(error, 'strerror', error)}"
        raise BadInput(problem, "give the path of a YAML file", str(path)) from None
    if len(raw) > _LARGEST:
        raise BadInput(f"is larger than {_LARGEST >> 20} MiB", "a recipe names data, it does not hold it", str(path))
    try:
        return loads(raw.decode(), str(path))
    except UnicodeDecodeError:
        raise BadInput("is not UTF-8 text", "save it as UTF-8", str(path)) from None


def loads(text: str, where: str) -> tuple[Any, dict[Place, int]]:
    """As `load`, from text."""
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        if node is not None:
            _Walk(lines, where).visit(node, ())
        return (None if node is None else loader.construct_document(node)), lines
    except yaml.constructor.ConstructorError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise BadInput(f"{error.problem}", "a recipe is short plain data: no tags", where + line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        problem = _CITED.sub("", str(error.problem))
        raise BadInput(f"is not YAML: {problem}", "mind indentation, colons and brackets", where + line) from None
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        raise BadInput(f"is not YAML: {error}", "mind indentation, colons and brackets", where) from None
    finally:
        if loader is not None:
            loader.dispose()


class _Walk:
    """Goes through a document as it is once its aliases are filled in, and notes the line of every place.

    What is counted is visits, not places: a merge key puts many values in one place.
    """

    def __init__(self, lines: dict[Place, int], where: str) -> None:
        self._lines, self._where = lines, where
        self._visits, self._above = 0, set[int]()

    def visit(self, node: yaml.Node, place: Place) -> None:
        self._lines.setdefault(place, node.start_mark.line + 1)
        self._visits += 1
        if self._visits > _MOST_NODES or id(node) in self._above:
            problem = "refers to itself, or is too large once its aliases are filled in"
            raise BadInput(problem, "write it out", self._where)
        self._above.add(id(node))
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = str(getattr(key, "value", key))
                line = key.start_mark.line + 1
                if name in seen:
                    raise BadInput(f"key `{named(name)}` is given twice", "keep one", f"{self._where}:{line}")
                seen.add(name)
                self._lines[(*place, name)] = line
                self.visit(value, (*place, name))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.visit(item, (*place, index))
        self._above.discard(id(node))
