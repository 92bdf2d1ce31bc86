"""Step-by-step tutorials of a repository's modules, whose code blocks run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field, PrivateAttr

from multisynth.artifact import Artifact
from multisynth.kinds import DOCUMENT
from multisynth.sample import Drop, Sample
from multisynth.sandbox import Limits, Sandbox
from multisynth.serving.asking import Ask, Writing
from multisynth.stage import InputPath

from ..verifiers.programs.extract import compiles
from .facts import Facts, Part, facts_of, grounded, unknown_names
from .running import REPOSITORY, Ran, dependents, run_blocks

_SENTENCE = re.compile(r"[A-Z][^\n]*?[.!?](?=\s|$)")


@dataclass(frozen=True)
class Step:
    """A heading, its prose and its code; where the code came from."""

    part: Part
    prose: str
    code: str
    route: Literal["docstring", "model", "mended"]


class Tutorial(Writing):
    """Writes a tutorial for each module of a repository, from `text.modules`.

    What is true comes from the module: a step for each public function or class, its signature, its docstring's first
    paragraph, and its examples. A model adds a sentence to each step, which is left out if it writes as code a name
    that the module does not have, or strays from what the docstring speaks of, and an example where the docstring has
    none. All blocks run one after another in one sandboxed Python; what the text shows of them is what they printed
    there. A block that fails, or shows something else when it is run again (an address, the order of a set), is mended
    once by the model, who sees the error, or cut with every block that needs it.
    """

    version = 2
    takes = (DOCUMENT,)
    makes = DOCUMENT

    repository: InputPath = Field(description="The folder that the modules were read from, and are imported from.")
    blocks: int = Field(2, ge=1, le=1000, description="Blocks that have to run, besides the import.")
    steps: int = Field(12, ge=1, le=200, description="Functions and classes of a module that are told of, at most.")
    grounded: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of a sentence's words that its subject's docstring and code have to use too.",
    )
    sandbox: Literal["bubblewrap", "none"] = Field(
        "bubblewrap", description="Where blocks run; none only where the repository and the model are trusted."
    )
    seconds: float = Field(5, gt=0, le=600, description="Processor time of a tutorial's blocks, s.")
    max_tokens: int = Field(64, ge=1, le=32768, description="Tokens that an answer may have.")

    _sandbox: Sandbox | None = PrivateAttr(None)

    def artifacts(self) -> Sequence[Artifact]:
        """The model; and before anything runs, whether blocks can be run here."""
        self._made_sandbox()
        return super().artifacts()

    def open(self) -> None:
        """Find the model and the sandbox."""
        super().open()
        self._sandbox = self._made_sandbox()

    def _made_sandbox(self) -> Sandbox:
        limits = Limits(seconds=self.seconds, wall=3 * self.seconds)
        return Sandbox(limits, self.sandbox, {REPOSITORY: self.repository})

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """Write one tutorial."""
        try:
            facts = facts_of(sample["text"])
        except ValueError as error:
            return [Drop(sample, str(error))]
        module = _module(sample)
        parts = [part for part in facts.parts if part.summary][: self.steps]
        if not parts:
            return [Drop(sample, "nothing public with a docstring")]
        steps = await asyncio.gather(*(self._step(sample, ask, part, facts, module) for part in parts))
        kept = [step for step in steps if step is not None]
        first = f"from {module} import {', '.join(part.name for part in parts)}"
        kept, ran, cut = await self._running(sample, ask, first, kept)
        if len(kept) < self.blocks:
            return [Drop(sample, f"too few blocks run: {len(kept)} of {len(parts)}, {cut[:1]}")]
        text = _written(module, facts, first, kept, ran)
        routes = [step.route for step in kept]
        meta = {"blocks": len(kept), "routes": routes, "cut": len(cut), "told": sum(bool(s.prose) for s in kept)}
        return [sample.child(DOCUMENT, text=text, source=sample["source"], meta={**sample.meta, **meta})]

    async def _step(self, sample: Sample, ask: Ask, part: Part, facts: Facts, module: str) -> Step | None:
        prompt = (
            f"A tutorial for the Python module {module}.\n\nFunction: {part.signature}\nWhat it does: {part.summary}\n"
            "One sentence that tells a beginner when this is useful:"
        )
        answer = await ask(self.request(prompt, sample, f"prose {part.name}", stop=("\n",)))
        sentence = _SENTENCE.match(answer.text.strip())
        prose = sentence[0] if sentence else ""
        if unknown_names(prose, facts, module) or grounded(prose, part, facts) < self.grounded:
            prose = ""
        if part.examples:
            return Step(part, prose, "\n".join(example.rstrip() for example in part.examples), "docstring")
        code = await self._example(sample, ask, part, module, "")
        return None if code is None else Step(part, prose, code, "model")

    async def _example(self, sample: Sample, ask: Ask, part: Part, module: str, failed: str) -> str | None:
        head = f"# {part.summary}\n# {part.signature}\nfrom {module} import {part.name}\n{failed}# An example:\n"
        request = self.request(head, sample, f"example {part.name} {failed}", stop=("\n\n", "\n#", "\ndef", "\nclass"))
        code = (await ask(request)).text.strip()
        return code if code and part.name in code and compiles(code) else None

    async def _running(
        self, sample: Sample, ask: Ask, first: str, steps: list[Step]
    ) -> tuple[list[Step], list[Ran], list[str]]:
        """The steps that run, what they showed, and the errors of those that were cut."""
        assert self._sandbox is not None
        cut: list[str] = []
        while True:
            blocks = [first, *(step.code for step in steps)]
            ran = await asyncio.to_thread(run_blocks, self._sandbox, blocks)
            if not ran[-1].error:
                return steps, ran, cut
            k, error = len(ran) - 1, ran[-1].error
            if k == 0:
                return [], [], [error]
            step = steps[k - 1]
            mended = None
            if step.route != "mended":
                failed = "".join(f"# {line}\n" for line in (*step.code.splitlines(), error.splitlines()[-1]))
                mended = await self._example(sample, ask, step.part, _module(sample), failed)
            if mended is not None:
                steps = [*steps[: k - 1], replace(step, code=mended, route="mended"), *steps[k:]]
            else:
                cut.append(error.splitlines()[-1])
                gone = dependents(blocks, k)
                steps = [one for number, one in enumerate(steps, 1) if number not in gone]


def _module(sample: Sample) -> str:
    return str(sample["source"]).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _written(module: str, facts: Facts, first: str, steps: list[Step], ran: list[Ran]) -> str:
    """The tutorial as Markdown."""
    parts = [f"# {module}, step by step", *([facts.summary] if facts.summary else [])]
    parts += ["Everything below is typed into one Python session. It begins with the import:", _block(first, ran[0])]
    for number, (step, one) in enumerate(zip(steps, ran[1:], strict=True), 1):
        parts += [f"## {number}. {step.part.name}", f"`{step.part.signature}`", step.part.summary]
        parts += [step.prose] if step.prose else []
        parts += [_block(step.code, one)]
    return "\n\n".join(parts) + "\n"


def _block(code: str, ran: Ran) -> str:
    shown = f"\n\nIt prints:\n\n```text\n{ran.output.rstrip()}\n```" if ran.output.strip() else ""
    return f"```python\n{code}\n```{shown}"
