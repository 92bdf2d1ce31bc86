"""Programs, judged by tests that they cannot reach."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


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
        "", max_length=200, description="The function that the tests' `check(candidate)` is called with, if they have one."
    )
