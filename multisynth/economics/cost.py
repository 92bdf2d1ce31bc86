"""What a run cost: tokens, seconds, joules and dollars of each stage, and dollars for each sample that came out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from multisynth.economics.prices import Prices
from multisynth.executors import fitting
from multisynth.recipe import Recipe, Step
from multisynth.report.tables import Account, accounts, upstream
from multisynth.serving.asking import Asking
from multisynth.serving.endpoint import Endpoint
from multisynth.stage import Series, Stage
from multisynth.store import Store

SECONDS_AN_HOUR = 3600.0
JOULES_A_KWH = 3.6e6


@dataclass(frozen=True)
class Spent:
    """What one stage cost.

    Args:
        name: The stage.
        inputs: Inputs on its ledger.
        accepted: Samples in its table.
        passed: Share of the inputs of which something was made; None without inputs.
        read: Tokens of prompts.
        written: Tokens that models made.
        seconds: Of its workers, which may work at the same time.
        hours: For which it kept the machine.
        joules: Measured energy; None where it was not measured for all of it.
        tokens_a_joule: Tokens written for each joule; None where there are none, or a model elsewhere wrote them.
        dollars: Tokens, machine and energy; None where a price is missing.
    """

    name: str
    inputs: int
    accepted: int
    passed: float | None
    read: int
    written: int
    seconds: float
    hours: float | None
    joules: float | None
    tokens_a_joule: float | None
    dollars: float | None


@dataclass(frozen=True)
class Product:
    """What a final stage's samples cost, with all that stood before them.

    Args:
        name: The stage.
        kind: Of its samples.
        accepted: How many.
        stages: Those that it stands on, itself included.
        dollars: For each sample.
        label: What people take for one; None where no price is given.
        times: How many times that is what this cost.
        hours: Of the machine, for all of them.
        joules: For all of them.
    """

    name: str
    kind: str
    accepted: int
    stages: tuple[str, ...]
    dollars: float | None
    label: float | None
    times: float | None
    hours: float | None
    joules: float | None


@dataclass
class Bill:
    """A run's account in stages, in products, and what of it could not be told."""

    stages: list[Spent] = field(default_factory=list)
    total: Spent | None = None
    products: list[Product] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)


def bill(store: Store, prices: Prices) -> Bill:
    """Account for a run.

    The machine is paid for whole, its GPUs and as many cores as the run was given, for as long as each stage's workers
    took on it; starting up and committing are not counted, and answers that the request cache had took no time. Tokens
    are paid for where an endpoint elsewhere has them, as many as the samples needed, cached or not.

    Args:
        store: The run.
        prices: Those to reckon with.

    Raises:
        BadInput: The run's recipe is no more what this installation understands.
    """
    info, made = store.info, Bill()
    recipe = Recipe.of(info["recipe"], Path(info["folder"]))
    found = accounts(store)
    machine = _machine_hour(info, prices, made)
    for step in recipe.steps:
        if step.name in found:
            made.stages.append(_spent(store, found[step.name], step, info, prices, machine, made))
    if info.get("state") != "done":
        made.note("the run has not come to its end: these are the figures of what is there")
    if any(spent.joules is None for spent in made.stages if spent.inputs):
        made.note("energy is absent where no meter was readable (NVML for GPUs, RAPL for processors), and not guessed")
    made.total = _total(made.stages, found)
    by_name = {spent.name: spent for spent in made.stages}
    for account in found.values():
        if not any(account.name in (*other.feeds, *other.beside) for other in found.values()):
            before = [by_name[one.name] for one in upstream(found, account.name) if one.name in by_name]
            made.products.append(_product(account, before, prices))
    return made


def _spent(
    store: Store, account: Account, step: Step, info: dict[str, Any], prices: Prices, machine: float | None, made: Bill
) -> Spent:
    read, written, joules = _ledger(store, account)
    hours = None
    if info.get("cores"):
        workers = 1 if isinstance(step.stage, Series) else fitting(info["cores"], step.needs)
        hours = account.seconds / workers / SECONDS_AN_HOUR
    asked = _asked(step.stage)
    tokens = _tokens(step, asked, read, written, prices, made)
    power = 0.0
    if joules is not None and prices.kwh is not None:
        power = joules / JOULES_A_KWH * prices.kwh
    rent = None if hours is None or machine is None else hours * machine
    dollars = None if tokens is None or rent is None else tokens + rent + power
    here = not any(map(_elsewhere, asked))
    return Spent(
        account.name, account.inputs, account.outputs, account.kept / account.inputs if account.inputs else None,
        read, written, account.seconds, hours, joules,
        written / joules if written and joules and here else None, dollars,
    )  # fmt: skip


def _ledger(store: Store, account: Account) -> tuple[int, int, float | None]:
    """Tokens read and written, and joules if every input that took time was measured."""
    if not account.inputs:
        return 0, 0, None
    rows = store.shelf(account.name).ledger(["tokens_read", "tokens_written", "joules", "seconds"])
    read, written = (pc.sum(rows[name]).as_py() or 0 for name in ("tokens_read", "tokens_written"))
    unmeasured = pc.and_(pc.is_null(rows["joules"]), pc.greater(rows["seconds"], 0))
    whole = not pc.any(unmeasured, min_count=0).as_py() and rows["joules"].null_count < rows.num_rows
    return read, written, pc.sum(rows["joules"]).as_py() if whole else None


def _machine_hour(info: dict[str, Any], prices: Prices, made: Bill) -> float | None:
    """Dollars for an hour of the run's machine; None where a price or the machine is not known."""
    cores, boards = info.get("cores"), info.get("gpus")
    if cores is None or boards is None:
        made.note("which cores and GPUs the run had is not known, so its machine has no price")
        return None
    if prices.core_hour is None:
        made.note("there is no price for `core_hour`, so the machine has none")
        return None
    whole = float(cores * prices.core_hour)
    for name in boards:
        price = prices.gpu(name)
        if price is None:
            made.note(f"there is no price for {name} under `gpu_hour`, so the machine has none")
            return None
        whole += price
    return whole


def _tokens(
    step: Step, asked: list[str | Endpoint], read: int, written: int, prices: Prices, made: Bill
) -> float | None:
    """Dollars for a stage's tokens; 0 where models run here, None where that cannot be told."""
    away = {model.name for model in asked if isinstance(model, Endpoint) and _elsewhere(model)}
    if not away or not read + written:
        return 0.0
    missing = sorted(away - prices.models.keys())
    if missing:
        made.note(f"there is no price for {', '.join(missing)} under `models`, so {step.name} has none")
        return None
    rates = {(prices.models[name].read, prices.models[name].written) for name in away}
    if len(rates) > 1 or not all(map(_elsewhere, asked)):
        made.note(f"{step.name} asks models of different prices, and its tokens are counted together")
        return None
    ((a_read, a_written),) = rates
    return (read * a_read + written * a_written) / 1e6


def _elsewhere(model: str | Endpoint) -> bool:
    return isinstance(model, Endpoint) and not model.local


def _asked(stage: Stage) -> list[str | Endpoint]:
    """The models that a stage asks."""
    if isinstance(stage, Asking):
        return [stage.trained or stage.model, *stage.others()]
    return list(_endpoints(stage.model_dump()))


def _endpoints(options: Any) -> Iterator[Endpoint]:
    if isinstance(options, dict):
        if {"url", "name", "key"} <= options.keys():
            yield Endpoint.model_validate(options)
        for value in options.values():
            yield from _endpoints(value)
    elif isinstance(options, list | tuple):
        for value in options:
            yield from _endpoints(value)


def added(values: list[float | None]) -> float | None:
    """The sum; None where one is missing."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _total(stages: list[Spent], found: dict[str, Account]) -> Spent:
    sources = [spent for spent in stages if found[spent.name].source]
    final = [s for s in stages if not any(s.name in (*a.feeds, *a.beside) for a in found.values())]
    worked = [spent for spent in stages if spent.inputs]
    measured = [spent for spent in worked if spent.tokens_a_joule is not None]
    joules, telling = added([spent.joules for spent in worked]), len(measured) == sum(bool(s.written) for s in worked)
    written = sum(spent.written for spent in stages)
    return Spent(
        "total", sum(spent.inputs for spent in sources), sum(spent.accepted for spent in final), None,
        sum(spent.read for spent in stages), written, sum(spent.seconds for spent in stages),
        added([spent.hours for spent in worked]), joules,
        written / joules if written and joules and telling else None, added([spent.dollars for spent in worked]),
    )  # fmt: skip


def _product(account: Account, before: list[Spent], prices: Prices) -> Product:
    worked = [spent for spent in before if spent.inputs]
    dollars, label = added([spent.dollars for spent in worked]), prices.labels.get(account.kind)
    each = dollars / account.outputs if dollars is not None and account.outputs else None
    return Product(
        account.name, account.kind, account.outputs, tuple(spent.name for spent in before), each, label,
        label / each if label is not None and each else None,
        added([spent.hours for spent in worked]), added([spent.joules for spent in worked]),
    )  # fmt: skip
