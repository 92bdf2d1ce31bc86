"""Options as what they mean for what is made: a path counts by the content it leads to, wherever it stands."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from multisynth.artifact import digest


def content(options: BaseModel, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A model as JSON, each path in it, however deep, replaced by the hash of the file or folder.

    Args:
        options: The model.
        without: Fields of it that do not count.

    Raises:
        OSError: A path leads nowhere.
    """
    plain = options.model_dump(mode="json", exclude=set(without))
    return {name: _by_content(getattr(options, name), part) for name, part in plain.items()}


def _by_content(value: Any, plain: Any) -> Any:
    """`plain`, which is `value` as JSON, with hashes for paths."""
    if isinstance(value, Path):
        return digest(value)
    if isinstance(plain, dict) and isinstance(value, Mapping):
        pairs = zip(value.items(), plain.items(), strict=True)
        return {_by_content(key, name): _by_content(item, part) for (key, item), (name, part) in pairs}
    if isinstance(plain, dict) and (isinstance(value, BaseModel) or dataclasses.is_dataclass(value)):
        return {name: _by_content(getattr(value, name), part) for name, part in plain.items()}
    if isinstance(plain, list) and isinstance(value, list | tuple):
        return [_by_content(item, part) for item, part in zip(value, plain, strict=True)]
    if isinstance(plain, list) and isinstance(value, Set):  # its order differs from process to process
        parts = [_by_content(item, part) for item, part in zip(value, plain, strict=True)]
        return sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))
    return plain
