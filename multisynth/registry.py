"""Stages and exporters by name, as entry points fill them: the project's own and anyone else's."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from multisynth.errors import BadInput, nearest, shown

if TYPE_CHECKING:
    from multisynth.export.exporter import Exporter
    from multisynth.stage import Stage

_added: dict[str, type[Stage]] = {}


@cache
def _points(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=group), key=lambda point: point.name)}


def names(group: str) -> list[str]:
    """All names in an entry point group, sorted; nothing is imported."""
    return list(_points(group))


def _load(group: str, what: str, name: str, base: type) -> Any:
    points = _points(group)
    if name not in points:
        raise BadInput(f"no {what} is called `{shown(name)[1:-1]}`", nearest(name, list(points)))
    try:
        found = points[name].load()
    except Exception as error:  # whatever the module of a stranger raises; it must not take down the others
        raise BadInput(
            f"{what} `{name}` cannot be loaded: {error or type(error).__name__}",
            "install what it needs; see `multisynth doctor`",
        ) from error
    if not (isinstance(found, type) and issubclass(found, base)):
        raise BadInput(f"{what} `{name}` is no {base.__name__}", f"tell whoever wrote {points[name].value}")
    return found


def add(name: str, cls: type[Stage]) -> None:
    """Register a stage for this process only, in a notebook or a test; a package uses an entry point."""
    _added[name] = cls


def stage(name: str) -> type[Stage]:
    """The stage class registered under a name, such as ``curate.minhash``.

    Raises:
        BadInput: There is none, it does not import, or it is no stage.
    """
    from multisynth.stage import Stage

    if name in _added:
        return _added[name]
    found: type[Stage] = _load("multisynth.stages", "stage", name, Stage)
    return found


def exporter(name: str) -> type[Exporter]:
    """The exporter class registered under a name, such as ``coco``.

    Raises:
        BadInput: There is none, it does not import, or it is no exporter.
    """
    from multisynth.export.exporter import Exporter

    found: type[Exporter] = _load("multisynth.exports", "export", name, Exporter)
    return found
