"""Options that more than one stage has, checked alike: engines, tasks, rates; and what they make samples with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from multisynth.scenes.assets import locate
from pydantic import AfterValidator, Field

from multisynth.artifact import Artifact
from multisynth.errors import nearest

from . import engines, objects
from .randomise import Randomisation
from .robots import ROBOTS
from .simulation import divides
from .tasks import TASKS


def _engine(name: str) -> str:
    if name not in engines.ENGINES:
        raise ValueError(f"no engine is called `{name}`: {nearest(name, list(engines.ENGINES))}")
    return name


def _task(name: str) -> str:
    if name not in TASKS:
        raise ValueError(f"no task is called `{name}`: {nearest(name, list(TASKS))}")
    return name


EngineName = Annotated[str, AfterValidator(_engine)]
TaskName = Annotated[str, AfterValidator(_task)]
Rate = Annotated[float, Field(gt=0, le=80), AfterValidator(divides)]


def artifacts(engine: str, tasks: Iterable[str], terms: Randomisation) -> list[Artifact]:
    """The descriptions and meshes of the robots that do the tasks, and of the objects that terms draw.

    Raises:
        BadInput: The engine is not installed.
    """
    engines.engine(engine)
    robots = [ROBOTS[name] for name in sorted({TASKS[task].robot for task in tasks})]
    folders = [(locate(robot.urdf, (".urdf",)).parent, robot.license) for robot in robots]
    return [*(Artifact.of(f, "asset", f.name, license) for f, license in folders), *objects.artifacts(terms)]
