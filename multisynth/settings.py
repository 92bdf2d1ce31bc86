"""Options of a recipe's stages changed from outside it, as `multisynth run --set problems.count=4000` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from multisynth import yaml_lines
from multisynth.errors import BadInput, nearest
from multisynth.secrecy import named

FORM = "write STAGE.OPTION=VALUE, the value as in YAML, or seed=VALUE; A.B is the option B of an option A"


def changed(data: Any, settings: Sequence[str]) -> Any:
    """A recipe's data with some options changed.

    Args:
        data: The recipe as plain data; left alone.
        settings: `STAGE.OPTION=VALUE` each, or `seed=VALUE`; a stage of a loop is named without a round.

    Raises:
        BadInput: One of them has another form, or names no stage.
    """
    new = deepcopy(data)
    for text in settings:
        key, is_pair, value = text.partition("=")
        stage, *path = key.split(".")
        told = f"`--set {named(key)}`"  # and not its value, which may be a secret
        if key == "seed" and is_pair and isinstance(new, dict):
            new["seed"] = yaml_lines.loads(value, "--set seed")[0]
            continue
        if not is_pair or not path or not all(path):
            raise BadInput(f"{told} cannot be read", FORM)
        blocks = _blocks(new)
        if stage not in blocks:
            raise BadInput(f"{told}: no stage is called `{named(stage)}`", nearest(stage, list(blocks)))
        block = blocks[stage]
        for name in path[:-1]:
            if not isinstance(block.setdefault(name, {}), dict):
                raise BadInput(f"{told}: `{named(name)}` of `{stage}` holds no options", FORM)
            block = block[name]
        block[path[-1]] = yaml_lines.loads(value, f"--set {named(key)}")[0]
    return new


def _blocks(data: Any) -> dict[str, dict[str, Any]]:
    """The blocks of stages and loops by name, those within loops too."""
    stages = data.get("stages") if isinstance(data, Mapping) else None
    found: dict[str, dict[str, Any]] = {}
    for name, block in stages.items() if isinstance(stages, Mapping) else ():
        if isinstance(block, dict):
            found[str(name)] = block
            inner = block.get("stages") if "loop" in block else None
            found |= {str(k): v for k, v in inner.items() if isinstance(v, dict)} if isinstance(inner, Mapping) else {}
    return found
