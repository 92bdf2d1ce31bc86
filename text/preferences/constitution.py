"""Written principles by which answers are criticised, revised and compared (Bai et al. 2022, arXiv 2212.08073)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from multisynth.errors import BadInput

LARGEST = 1_000_000
"""Bytes of a file that is read."""


class Principle(BaseModel):
    """One principle.

    The texts are put to a model as they stand; each has to make sense for any question. Which there have to be follows
    from what is done with them: `text.revise` asks for revisions, and critiques before them, `text.prefer` for
    comparisons.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=60, pattern=r"^[a-z][a-z0-9-]*$", description="As `meta` has it.")
    critique: str = Field("", max_length=1000, description="Asks for what is wrong with an answer.")
    revision: str = Field("", max_length=1000, description="Asks for a better answer.")
    comparison: str = Field("", max_length=1000, description="Asks which of two answers is better.")


class Constitution(BaseModel):
    """Principles, each with a name of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    principles: tuple[Principle, ...] = Field(min_length=1, max_length=1000)

    @field_validator("principles")
    @classmethod
    def _named_once(cls, principles: tuple[Principle, ...]) -> tuple[Principle, ...]:
        names = [principle.name for principle in principles]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"two principles are called `{twice[0]}`")
        return principles


def read_constitution(path: Path, *texts: Literal["critique", "revision", "comparison"]) -> Constitution:
    """A constitution from a YAML file with a list `principles`.

    Args:
        path: The file.
        *texts: Those that each principle has to have.

    Raises:
        BadInput: The file is no constitution, or a principle lacks a text.
    """
    if path.stat().st_size > LARGEST:
        raise BadInput(f"{path} has {path.stat().st_size} bytes", f"a constitution has at most {LARGEST}")
    try:
        read = Constitution.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is no YAML: {error}", "write a list `principles`") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(
            f"{path}: `{where}`: {first['msg']}", "each principle has a name, and critique, revision or comparison"
        ) from None
    for number, principle in enumerate(read.principles):
        for text in texts:
            if not getattr(principle, text).strip():
                raise BadInput(
                    f"{path}: `principles.{number}.{text}`: `{principle.name}` has none", f"write its {text}"
                )
    return read
