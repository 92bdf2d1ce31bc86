"""A recipe: which stages, fed from which, exported how; checked in full before anything runs.

    name: quickstart
    seed: 7
    stages:
      rollouts: {use: sim.rollout, tasks: [push, topple], episodes: 24}
      clips:    {use: vision.film, from: rollouts, needs: {batch_size: 1}}
    exports:
      robots:   {to: lerobot, from: rollouts, video: clips}

A stage's block holds `use`, `from`, `needs` (see `stage.Needs`), `errors` (the share of inputs that may fail) and the
stage's own options.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from multisynth import registry, yaml_lines
from multisynth.artifact import Artifact, digest
from multisynth.errors import BadInput, BadInputs, nearest
from multisynth.export.exporter import Exporter
from multisynth.kinds import Kind
from multisynth.stage import Needs, Source, Stage
from multisynth.yaml_lines import Place

M = TypeVar("M", bound=BaseModel)

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_TOP = ("name", "seed", "stages", "exports")
_STEP = ("use", "from", "needs", "errors")


@dataclass(frozen=True)
class Step:
    """One stage of a recipe.

    Args:
        name: Its name in the recipe.
        use: Its registered name.
        stage: The stage with its options.
        inputs: Names of the stages that feed it.
        needs: What its workers need.
        errors: The share of inputs that may fail before the stage counts as failed.
        takes: The kind that comes in; None for a source.
        makes: The kind that it makes.
        where: Where the recipe states it: ``recipe.yaml:7``.
    """

    name: str
    use: str
    stage: Stage
    inputs: tuple[str, ...]
    needs: Needs
    errors: float
    takes: Kind | None
    makes: Kind
    where: str

    def artifacts(self) -> tuple[Artifact, ...]:
        """What everything it makes is made with.

        Raises:
            BadInput: One of them cannot be had.
        """
        try:
            return tuple(self.stage.artifacts())
        except BadInput as error:
            raise BadInput(f"stage `{self.name}`: {error.problem}", error.remedy, self.where) from error

    def fingerprint(self, run_seed: int, artifacts: Sequence[Artifact]) -> str:
        """Hash of all that decides what is made: name, options, files' contents, artifacts, version and seed."""
        stage = self.stage
        options = stage.model_dump(mode="json", exclude={stage.extent} if isinstance(stage, Source) else None)
        for field in type(stage).model_fields:
            value = getattr(stage, field)
            if isinstance(value, Path):
                options[field] = digest(value)
        whole = [self.name, self.use, stage.version, options, run_seed, sorted(a.id for a in artifacts)]
        return hashlib.blake2b(json.dumps(whole, sort_keys=True).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Delivery:
    """One export of a recipe: files for others to read."""

    name: str
    to: str
    exporter: Exporter
    source: str


@dataclass(frozen=True)
class Recipe:
    """A checked recipe; its steps stand in an order in which each comes after what feeds it.

    `data` is the recipe as written; `folder` is where its relative paths start.
    """

    name: str
    seed: int
    steps: tuple[Step, ...]
    deliveries: tuple[Delivery, ...]
    data: Mapping[str, Any]
    folder: Path

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read and check a recipe file.

        Raises:
            BadInput: Anything about it is wrong; all that is wrong is said at once, each with its line.
        """
        data, lines = yaml_lines.load(Path(path))
        return _Reader(data, lines, str(path), Path(path).resolve().parent).recipe()

    @classmethod
    def of(cls, data: Mapping[str, Any], folder: Path | None = None) -> Recipe:
        """Check a recipe given as plain data; relative paths are taken from `folder`."""
        return _Reader(data, {}, "recipe", folder or Path.cwd()).recipe()

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)


class _Reader:
    """Reads a recipe and collects whatever is wrong with it."""

    def __init__(self, data: Any, lines: dict[Place, int], where: str, folder: Path) -> None:
        self.data, self.lines, self.where, self.folder = data, lines, where, folder
        self.problems: list[BadInput] = []

    def at(self, *place: str | int) -> str:
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.where}:{self.lines[place]}" if place in self.lines else self.where

    def wrong(self, problem: str, remedy: str, *place: str | int) -> None:
        self.problems.append(BadInput(problem, remedy, self.at(*place)))

    def recipe(self) -> Recipe:
        data = self.data
        if not isinstance(data, Mapping):
            raise BadInput("is not a recipe", "a recipe is a mapping with `name`, `seed` and `stages`", self.where)
        for key in data:
            if key not in _TOP:
                self.wrong(f"unknown key `{key}`", nearest(str(key), list(_TOP)), str(key))
        name, seed = data.get("name"), data.get("seed", 0)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.wrong(f"`name` is {name!r}", "give a name of small letters, digits, - and _", "name")
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 1 << 63:
            self.wrong(f"`seed` is {seed!r}", "give a whole number from 0 to 2⁶³ - 1", "seed")
        blocks = self.blocks("stages", required=True)
        steps = self.steps(blocks)
        deliveries = [d for n, b in self.blocks("exports").items() if (d := self.delivery(n, b, steps)) is not None]
        if self.problems:
            raise BadInputs(self.problems) if len(self.problems) > 1 else self.problems[0]
        return Recipe(str(name), int(seed), tuple(steps.values()), tuple(deliveries), data, self.folder)

    def blocks(self, section: str, required: bool = False) -> dict[str, dict[str, Any]]:
        value = self.data.get(section)
        if value is None and not required:
            return {}
        if not isinstance(value, Mapping) or not value:
            self.wrong(f"`{section}` holds nothing", f"give at least one named block under `{section}`", section)
            return {}
        found = {}
        for name, block in value.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                self.wrong(
                    f"the name {name!r} cannot be used",
                    "small letters, digits, - and _, a letter first",
                    section,
                    str(name),
                )
            elif not isinstance(block, Mapping):
                self.wrong(f"`{section}.{name}` is {block!r}", "give it as a mapping: {use: …}", section, name)
            else:
                found[name] = dict(block)
        return found

    def steps(self, blocks: dict[str, dict[str, Any]]) -> dict[str, Step]:
        feeds = {name: self.inputs(name, block.get("from"), list(blocks)) for name, block in blocks.items()}
        try:
            order = list(TopologicalSorter(feeds).static_order())
        except CycleError as error:
            circle = " → ".join(reversed(error.args[1]))
            self.wrong(
                f"the stages feed each other in a circle: {circle}", "break it", "stages", error.args[1][0], "from"
            )
            return {}
        written = list(blocks)
        order.sort(key=lambda name: (_depth(name, feeds), written.index(name)))
        steps: dict[str, Step] = {}
        for name in order:
            step = self.step(name, blocks[name], feeds[name], steps)
            if step is not None:
                steps[name] = step
        return steps

    def inputs(self, name: str, value: Any, known: list[str]) -> tuple[str, ...]:
        names = [] if value is None else [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
            self.wrong(f"`from` is {value!r}", "give a stage's name, or a list of names", "stages", name, "from")
            return ()
        for item in names:
            if item not in known:
                self.wrong(
                    f"`from` names `{item}`, which is no stage of this recipe",
                    nearest(item, known),
                    "stages",
                    name,
                    "from",
                )
        if len(set(names)) < len(names):
            self.wrong(f"`from` names a stage twice: {names}", "name it once", "stages", name, "from")
        return tuple(item for item in names if item in known)

    def step(self, name: str, block: dict[str, Any], inputs: tuple[str, ...], steps: dict[str, Step]) -> Step | None:
        place = ("stages", name)
        use = block.get("use")
        if not isinstance(use, str):
            self.wrong(
                f"stage `{name}` does not say which stage it uses", "add `use:`; `multisynth stages` lists them", *place
            )
            return None
        try:
            cls = registry.stage(use)
        except BadInput as error:
            self.wrong(error.problem, error.remedy, *place, "use")
            return None
        options = {key: value for key, value in block.items() if key not in _STEP}
        stage = self.build(cls, options, place, f"stage `{use}`", [*_STEP])
        needs = self.build(
            Needs,
            {**cls.needs.model_dump(), **self.mapping(block.get("needs"), *place, "needs")},
            (*place, "needs"),
            "`needs`",
        )
        errors = block.get("errors", 0.01)
        if isinstance(errors, bool) or not isinstance(errors, int | float) or not 0 <= errors <= 1:
            self.wrong(f"`errors` is {errors!r}", "give the share of inputs that may fail, 0 to 1", *place, "errors")
        fits, takes, makes = self.kinds(name, use, cls, inputs, steps)
        if stage is None or needs is None or not fits or makes is None:
            return None
        return Step(name, use, stage, inputs, needs, float(errors), takes, makes, self.at(*place))

    def kinds(
        self, name: str, use: str, cls: type[Stage], inputs: tuple[str, ...], steps: dict[str, Step]
    ) -> tuple[bool, Kind | None, Kind | None]:
        place = ("stages", name, "from")
        if issubclass(cls, Source):
            if inputs:
                self.wrong(f"`{use}` makes samples from nothing and takes no `from`", "leave `from` away", *place)
            return not inputs, None, cls.makes
        if not inputs:
            if self.data["stages"][name].get("from") is None:
                self.wrong(f"`{use}` needs samples to work on", "say where they come `from:`", "stages", name)
            return False, None, None
        if any(item not in steps for item in inputs):
            return False, None, None  # what is wrong upstream has been said
        coming = {steps[item].makes.name: steps[item].makes for item in inputs}
        accepted = [kind.name for kind in cls.takes]
        for item in inputs:
            if steps[item].makes.name not in accepted:
                self.wrong(
                    f"`{use}` takes {' or '.join(accepted)}, and `{item}` makes {steps[item].makes.name}",
                    "feed it from a stage that makes what it takes", *place,
                )  # fmt: skip
                return False, None, None
        if len(coming) > 1:
            self.wrong(
                f"`from` mixes {' and '.join(coming)}", "one stage works on one kind: use a stage for each", *place
            )
            return False, None, None
        takes = next(iter(coming.values()))
        return True, takes, cls.makes or takes

    def delivery(self, name: str, block: dict[str, Any], steps: dict[str, Step]) -> Delivery | None:
        place = ("exports", name)
        to, source = block.get("to"), block.get("from")
        if not isinstance(to, str):
            self.wrong(
                f"export `{name}` does not say what it writes",
                f"add `to:`; known: {', '.join(registry.names('multisynth.exports'))}",
                *place,
            )
            return None
        try:
            cls = registry.exporter(to)
        except BadInput as error:
            self.wrong(error.problem, error.remedy, *place, "to")
            return None
        options = {key: value for key, value in block.items() if key not in ("to", "from")}
        exporter = self.build(cls, options, place, f"export `{to}`", ["to", "from"])
        if not isinstance(source, str) or source not in self.data["stages"]:
            self.wrong(
                f"`from` is {source!r}, which is no stage of this recipe",
                nearest(str(source), list(self.data["stages"])),
                *place,
                "from",
            )
            return None
        if source not in steps or exporter is None:
            return None
        made = steps[source].makes
        if made.name not in [kind.name for kind in cls.takes]:
            accepted = " or ".join(kind.name for kind in cls.takes)
            self.wrong(
                f"`{to}` takes {accepted}, and `{source}` makes {made.name}",
                "export a stage that makes what it takes",
                *place,
                "from",
            )
            return None
        for option, other in exporter.tables().items():
            if other not in self.data["stages"]:
                self.wrong(
                    f"`{option}` names `{other}`, which is no stage of this recipe",
                    nearest(other, list(self.data["stages"])),
                    *place,
                    option,
                )
                return None
        return Delivery(name, to, exporter, source)

    def mapping(self, value: Any, *place: str | int) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(f"`{place[-1]}` is {value!r}", "give it as a mapping", *place)
            return {}
        return dict(value)

    def build(
        self, cls: type[M], options: dict[str, Any], place: Place, what: str, also: Sequence[str] = ()
    ) -> M | None:
        try:
            return cls.model_validate(options, context={"folder": self.folder})
        except ValidationError as error:
            for one in error.errors():
                field = [part for part in one["loc"] if isinstance(part, str | int)]
                label = ".".join(str(part) for part in field)
                if one["type"] == "extra_forbidden":
                    known = _known(cls, field[:-1], also)
                    self.wrong(f"{what} has no option `{label}`", nearest(str(field[-1]), known), *place, *field)
                elif one["type"] == "missing":
                    self.wrong(f"{what} lacks `{label}`", _hint(cls, field), *place, *field)
                else:
                    given = one["input"]
                    message = one["msg"].removeprefix("Value error, ")
                    self.wrong(
                        f"`{label}` is {given!r}: {message[0].lower() + message[1:]}" if label else message,
                        _hint(cls, field),
                        *place,
                        *field,
                    )
        except BadInput as error:
            self.wrong(error.problem, error.remedy, *place)
        return None


def _depth(name: str, feeds: Mapping[str, tuple[str, ...]]) -> int:
    return 1 + max((_depth(item, feeds) for item in feeds[name]), default=0)


def _known(cls: type[BaseModel], path: Sequence[str | int], also: Sequence[str]) -> list[str]:
    """The options known at a place in a model."""
    model: Any = cls
    for part in path:
        field = model.model_fields.get(str(part)) if isinstance(model, type) and issubclass(model, BaseModel) else None
        model = field.annotation if field is not None else None
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [*model.model_fields, *(also if not path else ())]
    return []


def _hint(cls: type[BaseModel], field: Sequence[str | int]) -> str:
    described = cls.model_fields.get(str(field[0])) if field else None
    return (
        f"{field[0]}: {described.description}"
        if described is not None and described.description
        else "see `multisynth describe`"
    )
