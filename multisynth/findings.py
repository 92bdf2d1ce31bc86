"""What a reading of a file turns up: everything that is wrong with it, each with its line and a remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from multisynth.errors import BadInput, BadInputs, nearest, shown
from multisynth.options import members
from multisynth.secrecy import named
from multisynth.yaml_lines import Place

M = TypeVar("M", bound=BaseModel)
SECRET = "secret"
"""The type of a validation error (`pydantic_core.PydanticCustomError`) about a value that must not be shown."""


class Findings:
    """Collects what is wrong, so that all of it is said at once.

    Args:
        lines: The line of every place of the file, as `yaml_lines` finds them; none for plain data.
        where: The file's name.
        folder: Where its relative paths start.
    """

    def __init__(self, lines: Mapping[Place, int], where: str, folder: Path) -> None:
        self.lines, self.where, self.folder = lines, where, folder
        self.problems: list[BadInput] = []
        self._aliases: dict[Place, Place] = {}
        self._copies: dict[str, str] = {}

    def alias(self, place: Place, written: Place, name: str) -> None:
        """Say that what stands at a place was made from what is written at another.

        Args:
            place: Ends in the name of a copy.
            written: Where it is written.
            name: As it is written: what is wrong with several copies of it is noted once.
        """
        self._aliases[place] = written
        self._copies[str(place[-1])] = name

    def at(self, *place: str | int) -> str:
        """File and line of a place, or of the nearest around it that has one."""
        for end in range(len(place), 0, -1):
            if place[:end] in self._aliases:
                place = (*self._aliases[place[:end]], *place[end:])
                break
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.where}:{self.lines[place]}" if place in self.lines else self.where

    def wrong(self, problem: str, remedy: str, *place: str | int) -> None:
        """Note a problem, once for all copies of what has it."""
        new = BadInput(problem, remedy, self.at(*place))
        if all((self._plain(old.problem), old.where) != (self._plain(problem), new.where) for old in self.problems):
            self.problems.append(new)

    def _plain(self, text: str) -> str:
        """A message in which copies have the name of what they were made from."""
        return re.sub(r"`([^`]+)`", lambda match: f"`{self._copies.get(match[1], match[1])}`", text)

    def settle(self) -> None:
        """End the reading.

        Raises:
            BadInput: Anything is wrong.
        """
        if self.problems:
            raise BadInputs(self.problems) if len(self.problems) > 1 else self.problems[0]

    def mapping(self, value: Any, *place: str | int) -> dict[str, Any]:
        """A value that must be a mapping or nothing; empty where it is neither."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(f"`{place[-1]}` is {shown(value)}", "give it as a mapping", *place)
            return {}
        return dict(value)

    def build(
        self, cls: type[M], options: dict[str, Any], place: Place, what: str, also: Sequence[str] = ()
    ) -> M | None:
        """A model with these options; None where they do not fit it.

        Args:
            cls: The model.
            options: As written.
            place: Where.
            what: What a message calls the model.
            also: Keys beside the options that the block may hold.
        """
        try:
            return cls.model_validate(options, context={"folder": self.folder})
        except ValidationError as error:
            for one in error.errors():
                field = _written(one["loc"], options, one["type"] == "missing")
                label = ".".join(named(str(part)) for part in field)
                if one["type"] == "extra_forbidden":
                    known = _known(cls, field[:-1], also)
                    self.wrong(f"{what} has no option `{label}`", nearest(str(field[-1]), known), *place, *field)
                elif one["type"] == "missing":
                    self.wrong(f"{what} lacks `{label}`", _hint(cls, field), *place, *field)
                else:
                    message = one["msg"].removeprefix("Value error, ")
                    given = "" if one["type"] == SECRET else f" is {shown(one['input'])}:"
                    self.wrong(
                        f"`{label}`{given} {message[:1].lower() + message[1:]}" if label else message,
                        _hint(cls, field),
                        *place,
                        *field,
                    )
        except BadInput as error:
            self.wrong(error.problem, error.remedy, *place)
        except (OSError, RuntimeError) as error:  # a path too long to ask for, a home that nobody has
            said = getattr(error, "strerror", None) or error
            self.wrong(f"{what}: {said}", "mind the paths among its options", *place)
        return None


def _written(location: Sequence[str | int], options: Any, missing: bool) -> list[str | int]:
    """Where something stands in the options: a location of pydantic's without the tags of unions that it passes."""
    place: list[str | int] = []
    for part in location:
        try:
            options = options[part]
        except (KeyError, IndexError, TypeError):
            continue
        place.append(part)
    return [*place, location[-1]] if missing else place


def _known(cls: type[BaseModel], path: Sequence[str | int], also: Sequence[str]) -> list[str]:
    """The options known at a place in a model."""
    models: list[type[BaseModel]] = [cls]
    for part in path:
        fields = [model.model_fields[str(part)] for model in models if str(part) in model.model_fields]
        models = [member for field in fields for member in members(field.annotation)]
    return [*dict.fromkeys(name for model in models for name in model.model_fields), *(also if not path else ())]


def _hint(cls: type[BaseModel], field: Sequence[str | int]) -> str:
    """What the option at a place, or the one around it, is."""
    hint, models = "see `multisynth describe`", [cls]
    for number, part in enumerate(field, 1):
        found = [model.model_fields[str(part)] for model in models if str(part) in model.model_fields]
        if found and found[0].description:
            hint = f"{'.'.join(map(str, field[:number]))}: {found[0].description}"
        models = [member for one in found for member in members(one.annotation)]
    return hint
