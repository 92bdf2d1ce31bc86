"""Programs, judged by tests that they cannot reach."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from multisynth.cores import cores
from multisynth.sample import Sample
from multisynth.sandbox import Isolation, Limits, Result, Sandbox

from .programs.extract import fault, programs_in, stubbed
from .verdict import Verdict


class Check(BaseModel):
    """What a problem's column `check` says where its verifier is `code`, as JSON.

    MBPP (Austin et al. 2021, arXiv 2108.07732): `tests` is `test_list`, `setup` is `test_setup_code` or the lines of
    `test_imports`. HumanEval (Chen et al. 2021, arXiv 2107.03374): `tests` holds `test` alone, with `prompt` and
    `entry_point`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tests: tuple[str, ...] = Field(
        min_length=1, max_length=1000, description="Python that raises where the program is wrong; run in this order."
    )
    setup: str = Field("", max_length=100_000, description="Python that runs before the tests, beside them.")
    prompt: str = Field(
        "", max_length=100_000, description="How the program begins, where a completion may go on from there."
    )
    entry_point: str = Field(
        "",
        max_length=200,
        description="The function that the tests' `check(candidate)` is called with, if they have one.",
    )

    @model_validator(mode="after")
    def _compile(self) -> Check:
        named = [("setup", self.setup), *((f"test {k + 1}", test) for k, test in enumerate(self.tests))]
        for name, source in named:
            if (wrong := fault(source)) is not None:
                raise ValueError(f"{name} is no Python: {wrong.msg}, line {wrong.lineno or 1}: {source[:80]!r}")
        return self


class Code:
    """Runs the program in a completion against the tests of its problem, each in a sandbox of its own.

    The tests call the program's functions over a pipe and compare what comes back, plain data, where none of the
    program's code ever ran. So a program passes if and only if its functions gave answers that the tests accept,
    knowing nothing of the tests but the arguments. What it prints, how it exits, what it patches, and which files and
    processes it looks for make no difference. What the tests do not ask, they do not check.

    Args:
        isolation: `none` where every program may be trusted; then it may reach the tests too.
        limits: Of each of the two.
    """

    def __init__(self, isolation: Isolation = "bubblewrap", limits: Limits | None = None) -> None:
        self._sandbox = Sandbox(limits or Limits(), isolation)
        self._files = {f"trial/{name}.py": _source(name) for name in ("examined", "examiner", "remote", "wire")}

    def judge(self, problem: Sample, completion: str) -> Verdict:
        """As `Verifier.judge`; the verdict's `answer` is the program."""
        try:
            check = _check(problem["check"] or "")
        except ValidationError as error:
            raise ValueError(f"the check of a code problem: {error}") from None
        programs = itertools.islice(programs_in(completion, check.prompt, check.entry_point), _TRIES)
        verdicts = (Verdict(not (reason := self._examined(one, check)), reason, one, "code") for one in programs)
        first = next(verdicts, Verdict(False, "no program", "", "code"))
        loading = itertools.chain([first], verdicts)
        # A block that shows the use of another, with input or a wrong example, keeps them from loading together.
        return next((one for one in loading if not one.reason.startswith("does not load")), first)

    def close(self) -> None:
        """Nothing was started."""

    def _examined(self, program: str, check: Check) -> str:
        """What is wrong with a program; nothing if it passes."""
        whole = check.model_copy(update={"prompt": stubbed(check.prompt)})
        with _TURNS, contextlib.ExitStack() as stack:
            asks, asked = _pipe(stack)
            answers, answered = _pipe(stack)
            stop, stopping = os.pipe()
            stack.callback(os.close, stop)
            ended: list[Result | BaseException] = []

            def run_program() -> None:
                try:
                    ended.append(self._run("examined", {"program.py": program}, (asks[0], answers[1]), stop))
                except BaseException as error:
                    ended.append(error)
                finally:
                    asked()
                    answered()  # now the tests see that nobody answers any more

            thread = threading.Thread(target=run_program)
            thread.start()
            try:
                tests = self._run("examiner", {"check.json": whole.model_dump_json()}, (answers[0], asks[1]), None)
            finally:
                os.close(stopping)
                thread.join()
            result = ended[0]
            if isinstance(result, BaseException):
                raise result
        return _reason(tests, result)

    def _run(self, harness: str, files: dict[str, str], line: tuple[int, int], until: int | None) -> Result:
        return self._sandbox.run_python(
            _START.format(harness=harness),
            files={**self._files, **files},
            arguments=[str(descriptor) for descriptor in line],
            inherit=line,
            until=until,
        )


_START = """\
import sys
sys.path.append(sys.argv[0].rpartition("/")[0])
from trial.{harness} import main
main()
"""
_TRIES = 4
"""Programs of one completion that are run until one loads."""
_check = functools.lru_cache(maxsize=64)(Check.model_validate_json)
"""The attempts at one problem come one after another, and its tests are compiled once."""
_TURNS = threading.BoundedSemaphore(cores())
"""Examinations at once in this process; more would only wait for each other, while the clock of their limits runs."""


def _source(name: str) -> str:
    return (Path(__file__).parent / "programs" / f"{name}.py").read_text(encoding="utf-8")


def _pipe(stack: contextlib.ExitStack) -> tuple[tuple[int, int], Callable[[], None]]:
    """A pipe, and what closes it here before the end; then only those who inherited its ends have them."""
    ends = os.pipe()
    return ends, stack.enter_context(contextlib.closing(_Ends(*ends))).close


class _Ends:
    def __init__(self, *ends: int) -> None:
        self._ends = list(ends)

    def close(self) -> None:
        while self._ends:
            os.close(self._ends.pop())


def _reason(tests: Result, program: Result) -> str:
    if tests.status != "ok":
        return f"the tests do not end: {tests.status}" if program.status == "stopped" else f"limit: {program.status}"
    problem = str(json.loads(tests.stdout)["problem"])
    if not problem.startswith("broken"):
        return problem
    if program.status == "stopped":
        return "unreadable: what it answers"
    if program.status in ("ok", "failed", "killed"):
        return f"ends early: exit code {program.code}"
    return f"limit: {program.status}"
