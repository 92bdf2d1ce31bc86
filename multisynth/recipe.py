"""A recipe: which stages, fed from which, exported how; checked in full before anything runs.

    name: quickstart
    seed: 7
    stages:
      rollouts: {use: sim.rollout, tasks: [push, topple], episodes: 24}
      clips:    {use: vision.film, from: rollouts, needs: {batch_size: 1}}
    exports:
      robots:   {to: lerobot, from: rollouts, video: clips}

A stage's block holds `use`, `from`, `needs` (see `stage.Needs`), `errors` (the share of inputs that may fail) and the
stage's own options. `multisynth.loops` says how a part of a recipe is repeated.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from multisynth import registry, yaml_lines
from multisynth.artifact import Artifact
from multisynth.errors import BadInput, nearest, shown
from multisynth.export.exporter import Exporter
from multisynth.findings import Findings
from multisynth.fingerprint import content
from multisynth.kinds import Kind
from multisynth.loops import Blocks, Unrolled
from multisynth.secrecy import named
from multisynth.settings import changed
from multisynth.stage import Needs, Source, Stage
from multisynth.withheld import withheld

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_TOP = ("name", "seed", "stages", "exports")
_STEP = ("use", "from", "needs", "errors")
_MOST_ORDINALS = 1 << 63  # they are signed 64-bit numbers
_MOST_OF_A_CIRCLE = 8


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

    def budget(self, total: int) -> int:
        """How many of so many inputs may fail; exact, where 0.29 · 100 as floats is less than 29."""
        return int(Fraction(str(self.errors)) * total)

    def fingerprint(self, run_seed: int, artifacts: Sequence[Artifact]) -> str:
        """Hash of all that decides what is made: name, options, files' contents, artifacts, version and seed.

        Raises:
            BadInput: A file that it reads is gone.
        """
        stage = self.stage
        try:
            options = content(stage, frozenset({stage.extent} if isinstance(stage, Source) and stage.extends else ()))
        except OSError as error:
            problem = f"stage `{self.name}`: {error.filename} cannot be read: {error.strerror}"
            raise BadInput(problem, "put it back, or change the recipe", self.where) from error
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
    def load(cls, path: str | Path, settings: Sequence[str] = ()) -> Recipe:
        """Read and check a recipe file.

        Args:
            path: The file.
            settings: Options to change, as `multisynth.settings` has them.

        Raises:
            BadInput: Anything about it is wrong; all that is wrong is said at once, each with its line.
        """
        data, lines = yaml_lines.load(Path(path))
        return _read(changed(data, settings), Findings(lines, str(path), Path(path).resolve().parent))

    @classmethod
    def of(cls, data: Mapping[str, Any], folder: Path | None = None) -> Recipe:
        """Check a recipe given as plain data; relative paths are taken from `folder`."""
        return _read(data, Findings({}, "recipe", folder or Path.cwd()))

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)


def _read(data: Any, findings: Findings) -> Recipe:
    """The recipe that plain data is.

    Raises:
        BadInput: Anything about it is wrong.
    """
    if not isinstance(data, Mapping):
        raise BadInput("is not a recipe", "a recipe is a mapping with `name`, `seed` and `stages`", findings.where)
    data = withheld(data, findings)
    for key in data:
        if key not in _TOP:
            findings.wrong(f"unknown key `{named(str(key))}`", nearest(str(key), list(_TOP)), str(key))
    name, seed = data.get("name"), data.get("seed", 0)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        findings.wrong(f"`name` is {shown(name)}", "give a name of small letters, digits, - and _", "name")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 1 << 63:
        findings.wrong(f"`seed` is {shown(seed)}", "give a whole number from 0 to 2⁶³ - 1", "seed")
    unrolled = Unrolled(_blocks(data.get("stages"), ("stages",), findings), _blocks, findings)
    exports = _blocks(data["exports"], ("exports",), findings) if data.get("exports") is not None else {}
    steps = _Steps(unrolled.blocks, findings).read()
    deliveries = [_delivery(name, block, unrolled, steps, findings) for name, block in exports.items()]
    findings.settle()
    return Recipe(str(name), int(seed), tuple(steps.values()), tuple(d for d in deliveries if d), data, findings.folder)


def _blocks(value: Any, place: tuple[str, ...], findings: Findings) -> Blocks:
    section = ".".join(place)
    if not isinstance(value, Mapping) or not value:
        written = f"is {shown(value)}" if value else "holds nothing"
        findings.wrong(f"`{section}` {written}", f"give at least one named block under `{section}`", *place)
        return {}
    found: Blocks = {}
    for name, block in value.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            findings.wrong(
                f"the name {shown(name)} cannot be used", "small letters, digits, - and _, a letter first",
                *place, str(name),
            )  # fmt: skip
        elif not isinstance(block, Mapping):
            findings.wrong(f"`{section}.{name}` is {shown(block)}", "give it as a mapping: {use: …}", *place, name)
            found[name] = None
        else:
            found[name] = dict(block)
    return found


class _Steps:
    """Reads the stages of a recipe in an order in which each comes after what feeds it."""

    def __init__(self, blocks: Blocks, findings: Findings) -> None:
        self.blocks, self.findings = blocks, findings
        self.steps: dict[str, Step] = {}

    def read(self) -> dict[str, Step]:
        feeds = {name: self.inputs(name, block.get("from")) for name, block in self.blocks.items() if block is not None}
        try:
            order = _order({name: (*names, *self.beside(name)) for name, names in feeds.items()})
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            if len(circle) > _MOST_OF_A_CIRCLE:
                circle = [*circle[: _MOST_OF_A_CIRCLE - 1], "…", circle[-1]]
            self.findings.wrong(
                f"the stages feed each other in a circle: {' → '.join(circle)}", "break it",
                "stages", error.args[1][0], "from",
            )  # fmt: skip
            return {}
        for name in order:
            block = self.blocks[name]
            step = self.step(name, block, feeds[name]) if block is not None else None
            if step is not None:
                self.steps[name] = step
        return self.steps

    def beside(self, name: str) -> list[str]:
        """The stages that a stage reads as a whole, as far as its block can be read already."""
        block = self.blocks[name] or {}
        try:
            options = registry.stage(str(block.get("use"))).reads
        except BadInput:
            return []
        named = [block.get(option) for option in options]
        return [name for name in named if isinstance(name, str) and name in self.blocks]

    def inputs(self, name: str, value: Any) -> tuple[str, ...]:
        place = ("stages", name, "from")
        names = [] if value is None else [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
            self.findings.wrong(f"`from` is {shown(value)}", "give a stage's name, or a list of names", *place)
            return ()
        for item in names:
            if item not in self.blocks:
                problem = f"`from` names `{item}`, which is no stage of this recipe"
                self.findings.wrong(problem, nearest(item, list(self.blocks)), *place)
        if len(set(names)) < len(names):
            self.findings.wrong(f"`from` names a stage twice: {shown(names)}", "name it once", *place)
        return tuple(item for item in names if item in self.blocks)

    def step(self, name: str, block: dict[str, Any], inputs: tuple[str, ...]) -> Step | None:
        findings, place, use = self.findings, ("stages", name), block.get("use")
        if not isinstance(use, str):
            problem = f"stage `{name}` does not say which stage it uses"
            findings.wrong(problem, "add `use:`; `multisynth stages` lists them", *place)
            return None
        try:
            cls = registry.stage(use)
        except BadInput as error:
            findings.wrong(error.problem, error.remedy, *place, "use")
            return None
        options = {key: value for key, value in block.items() if key not in _STEP}
        stage = findings.build(cls, options, place, f"stage `{use}`", _STEP)
        written = findings.mapping(block.get("needs"), *place, "needs")
        needs = findings.build(Needs, {**cls.needs.model_dump(), **written}, (*place, "needs"), "`needs`")
        errors = block.get("errors", 0.01)
        if isinstance(errors, bool) or not isinstance(errors, int | float) or not 0 <= errors <= 1:
            findings.wrong(
                f"`errors` is {shown(errors)}", "give the share of inputs that may fail, 0 to 1", *place, "errors"
            )
            return None
        if isinstance(stage, Source) and not 0 <= (count := stage.count_of()) < _MOST_ORDINALS:
            findings.wrong(f"`{stage.extent}` is {shown(count)}", "give less than 2⁶³", *place, stage.extent)
            return None
        fits, takes, makes = self.kinds(name, use, cls, block, inputs)
        if stage is None or needs is None or not self.reads(name, use, stage) or not fits or makes is None:
            return None
        return Step(name, use, stage, inputs, needs, float(errors), takes, makes, findings.at(*place))

    def reads(self, name: str, use: str, stage: Stage) -> bool:
        """Whether the stages that a stage reads are there and make what it can read."""
        fits = True
        for option, other in stage.beside().items():
            place = ("stages", name, option)
            if other not in self.blocks:
                problem = f"`{option}` names `{other}`, which is no stage of this recipe"
                self.findings.wrong(problem, nearest(other, list(self.blocks)), *place)
                fits = False
            elif other not in self.steps:
                fits = False  # what is wrong there has been said
            elif self.steps[other].makes.name not in {kind.name for kind in stage.reads[option]}:
                makes = self.steps[other].makes.name
                problem = f"`{option}` of `{use}` reads a {_or(stage.reads[option])}, and `{other}` makes {makes}"
                self.findings.wrong(problem, "name a stage that makes what it reads", *place)
                fits = False
        return fits

    def kinds(
        self, name: str, use: str, cls: type[Stage], block: dict[str, Any], inputs: tuple[str, ...]
    ) -> tuple[bool, Kind | None, Kind | None]:
        """Whether a stage fits what feeds it, and the kinds that it takes and makes."""
        place = ("stages", name, "from")
        if issubclass(cls, Source) and not cls.takes:
            if inputs:
                self.findings.wrong(f"`{use}` makes samples from nothing and takes no `from`", "leave it away", *place)
            return not inputs, None, cls.makes
        if not inputs:
            if block.get("from") in (None, []):
                self.findings.wrong(f"`{use}` needs samples to work on", "say where they come `from:`", "stages", name)
            return False, None, None
        if any(item not in self.steps for item in inputs):
            return False, None, None  # what is wrong upstream has been said
        coming = {self.steps[item].makes.name: item for item in reversed(inputs)}
        for kind, item in reversed(coming.items()):
            if not cls.accepts(self.steps[item].makes):
                self.findings.wrong(
                    f"`{use}` takes {_or(cls.takes)}, and `{item}` makes {kind}",
                    "feed it from a stage that makes what it takes", *place,
                )  # fmt: skip
                return False, None, None
        if len(coming) > 1:
            problem = f"`from` mixes {' and '.join(reversed(coming))}"
            self.findings.wrong(problem, "one stage works on one kind: use a stage for each", *place)
            return False, None, None
        takes = self.steps[inputs[0]].makes
        return True, takes, cls.makes or takes


def _order(feeds: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Names so that each comes after what feeds it: first by the longest way from a source, then as written.

    Raises:
        CycleError: There is a circle.
    """
    depths: dict[str, int] = {}
    for name in TopologicalSorter(feeds).static_order():
        depths[name] = 1 + max((depths[item] for item in feeds.get(name, ())), default=0)
    return sorted(feeds, key=lambda name: depths[name])  # stable, and mappings keep the order of writing


def _delivery(
    name: str, block: dict[str, Any] | None, unrolled: Unrolled, steps: Mapping[str, Step], findings: Findings
) -> Delivery | None:
    if block is None:
        return None
    place, stages = ("exports", name), unrolled.blocks
    to, source = block.get("to"), unrolled.last(block.get("from"))
    if not isinstance(to, str):
        known = ", ".join(registry.names("multisynth.exports"))
        findings.wrong(f"export `{name}` does not say what it writes", f"add `to:`; known: {known}", *place)
        return None
    try:
        cls = registry.exporter(to)
    except BadInput as error:
        findings.wrong(error.problem, error.remedy, *place, "to")
        return None
    options = {
        key: unrolled.last(value) if key in cls.reads else value
        for key, value in block.items()
        if key not in ("to", "from")
    }
    exporter = findings.build(cls, options, place, f"export `{to}`", ["to", "from"])
    named = {"from": source, **(exporter.tables() if exporter is not None else {})}
    for option, stage in named.items():
        if not isinstance(stage, str) or stage not in stages:
            written = f"is {shown(stage)}" if option == "from" else f"names `{stage}`"
            problem = f"`{option}` {written}, which is no stage of this recipe"
            findings.wrong(problem, nearest(str(stage), list(stages)), *place, option)
            return None
    if exporter is None or any(stage not in steps for stage in named.values()):
        return None  # what is wrong with them has been said
    made = steps[str(source)].makes
    if not cls.accepts(made):
        findings.wrong(
            f"`{to}` takes {_or(cls.takes)}, and `{source}` makes {made.name}",
            "export a stage that makes what it takes", *place, "from",
        )  # fmt: skip
        return None
    return Delivery(name, to, exporter, str(source))


def _or(kinds: Iterable[Kind]) -> str:
    return " or ".join(kind.name for kind in kinds)
