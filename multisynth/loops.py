"""Loops of a recipe, unrolled into plain stages before anything else reads them.

    rounds:
      loop: 3
      stages:
        answers: {use: text.star, from: problems, trained: tuned@previous}
        tuned:   {use: text.tune, from: answers}

makes the stages answers-1, tuned-1, answers-2, … of it, each with its own table, ledger and lineage, so that a loop is
stopped, resumed and rolled back as anything else is. Within a loop a name means the same round, and `name@previous` the
round before; in the first round that is nothing, and the option or the entry of `from` falls away. An option that
names one stage may list several, `start: [taught, tuned@previous]`, and means the last of them that there is. Outside
the loop, a name from it means all its rounds in the `from` of a stage, and the last one anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from multisynth import registry
from multisynth.errors import BadInput, nearest, shown
from multisynth.findings import Findings

Block = dict[str, Any] | None
Blocks = dict[str, Block]
Read = Callable[[Any, tuple[str, ...], Findings], Blocks]
PREVIOUS = "@previous"
_KEYS = ("loop", "stages")
_MOST = 1000


class Unrolled:
    """The stages of a recipe without loops.

    Args:
        blocks: As written; None for one that cannot be read.
        read: Reads the blocks of a section by its place.
        findings: Where it is noted what is wrong.
    """

    def __init__(self, blocks: Blocks, read: Read, findings: Findings) -> None:
        self.findings = findings
        self.rounds: dict[str, int] = {}
        """How many rounds a name from a loop has."""
        loops = {name: block for name, block in blocks.items() if block is not None and "loop" in block}
        bodies = {name: self._body(name, block, read) for name, block in loops.items()}
        self._refuse_clashes(blocks, bodies)
        self.blocks: Blocks = {}
        for name, block in blocks.items():
            if name not in bodies:
                self.blocks[name] = None if block is None else self._outside(block)
                continue
            count, body = bodies[name]
            for number in range(1, count + 1):
                for inner, written in body.items():
                    copy = f"{inner}-{number}"
                    self.blocks[copy] = None if written is None else self._inside(name, inner, written, body, number)
                    findings.alias(("stages", copy), ("stages", name, "stages", inner), inner)

    def last(self, name: Any) -> Any:
        """A stage's name where one stage is meant: of one from a loop, its last round's."""
        return f"{name}-{self.rounds[name]}" if isinstance(name, str) and name in self.rounds else name

    def _body(self, name: str, block: dict[str, Any], read: Read) -> tuple[int, Blocks]:
        place, count = ("stages", name), block["loop"]
        for key in block:
            if key not in _KEYS:
                self.findings.wrong(f"a loop has no `{key}`", nearest(str(key), list(_KEYS)), *place, str(key))
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= _MOST:
            self.findings.wrong(f"`loop` is {shown(count)}", f"say how many rounds, 1 to {_MOST}", *place, "loop")
            count = 1
        body = read(block.get("stages"), (*place, "stages"), self.findings)
        for inner, written in body.items():
            if written is not None and "loop" in written:
                self.findings.wrong(
                    f"the loop `{name}` holds another, `{inner}`", "loops do not nest: write one out", *place, inner
                )
                body[inner] = None
        return count, body

    def _refuse_clashes(self, blocks: Blocks, bodies: Mapping[str, tuple[int, Blocks]]) -> None:
        taken = set(blocks)
        for name, (count, body) in bodies.items():
            for inner in body:
                made = {inner, *(f"{inner}-{number}" for number in range(1, count + 1))}
                if clash := sorted(made & taken):
                    self.findings.wrong(
                        f"`{inner}` of the loop `{name}` and another stage would both be called `{clash[0]}`",
                        "give one of them another name", "stages", name, "stages", inner,
                    )  # fmt: skip
                taken |= made
                self.rounds[inner] = count

    def _outside(self, block: dict[str, Any]) -> dict[str, Any]:
        new = dict(block)
        if "from" in block:
            names = [block["from"]] if isinstance(block["from"], str) else block["from"]
            if isinstance(names, list) and any(name in self.rounds for name in names if isinstance(name, str)):
                new["from"] = [one for name in names for one in self._all(name)]
        for option in _reads(block):
            if option in block:
                new[option] = self.last(block[option])
        return new

    def _all(self, name: Any) -> list[Any]:
        if not isinstance(name, str) or name not in self.rounds:
            return [name]
        return [f"{name}-{number}" for number in range(1, self.rounds[name] + 1)]

    def _inside(self, loop: str, inner: str, written: dict[str, Any], body: Blocks, number: int) -> Block:
        def named(name: Any) -> list[Any]:
            """The stages that a name means in this round."""
            plain = name.removesuffix(PREVIOUS) if isinstance(name, str) else name
            if plain != name and plain not in body:
                self.findings.wrong(
                    f"`{name}` names no stage of the loop `{loop}`", nearest(plain, list(body)),
                    "stages", loop, "stages", inner,
                )  # fmt: skip
                return []
            if plain != name:
                return [f"{plain}-{number - 1}"] if number > 1 else []
            if isinstance(name, str) and name in body:
                return [f"{name}-{number}"]
            return self._all(name)

        new = dict(written)
        if "from" in written:
            names = [written["from"]] if isinstance(written["from"], str) else written["from"]
            new["from"] = [one for name in names for one in named(name)] if isinstance(names, list) else names
            if isinstance(names, list) and names and all(_of_the_round_before(name, body) for name in names):
                if number == 1:
                    self.findings.wrong(
                        f"`from` of `{inner}` names the round before alone, and the first round has none",
                        f"name a stage for it beside: [STAGE, {names[-1]}]", "stages", loop, "stages", inner,
                    )  # fmt: skip
                return None
        for option in _reads(written):
            if option in written:
                names = written[option] if isinstance(written[option], list) else [written[option]]
                meant = [one for name in names for one in named(name)]
                if meant:
                    new[option] = meant[-1]
                elif names:
                    del new[option]
        return new


def _of_the_round_before(name: Any, body: Blocks) -> bool:
    return isinstance(name, str) and name.endswith(PREVIOUS) and name.removesuffix(PREVIOUS) in body


def _reads(block: Mapping[str, Any]) -> tuple[str, ...]:
    """The options of a block that name other stages."""
    try:
        return tuple(registry.stage(str(block.get("use"))).reads)
    except BadInput:
        return ()  # what is wrong with `use` is said when the stage is read
