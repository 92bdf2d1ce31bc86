"""What a run cost: tokens, seconds, joules and dollars of each stage, and dollars for each sample that came out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from multisynth.economics.figures import MOST_CACHED, Anew, Bill, Product, Spent
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


def bill(store: Store, prices: Prices) -> Bill:
    """Account for a run.

    The machine is paid for whole, its GPUs and as many cores as the run was given, for as long as each stage's workers
    took on it, all of them at once where there were batches enough; starting up and committing are not counted, and
    answers that the request cache had took no time. Tokens are paid for where an endpoint elsewhere has them, or one
    that the prices name (a tunnel and a proxy have an address of this machine), as many as the samples needed, cached
    or not.

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
    if not any(spent.read or spent.written for spent in made.stages):
        made.note("no language model was asked, so there are no tokens")
    _tell_energy(info, made)
    made.total = _total(made.stages, found)
    by_name = {spent.name: spent for spent in made.stages}
    for account in found.values():
        if not any(account.name in (*other.feeds, *other.beside) for other in found.values()):
            before = [by_name[one.name] for one in upstream(found, account.name) if one.name in by_name]
            made.products.append(_product(account, before, prices))
    return made


def _tell_energy(info: dict[str, Any], made: Bill) -> None:
    """Say whose energy it is, and whose it is not."""
    meters, boards = info.get("meters") or [], info.get("gpus") or []
    unmetered = [name for name in dict.fromkeys(boards) if name not in meters]
    if unmetered:
        made.note(
            f"the energy of {', '.join(unmetered)} was not measured, and is in no figure: NVML gives it for whole GPUs "
            "since Volta, not for parts of one (MIG)"
        )
    if any(spent.joules is None for spent in made.stages if spent.inputs):
        made.note("energy is absent where no meter was readable (NVML for GPUs, RAPL for processors), and not guessed")


def _spent(
    store: Store, account: Account, step: Step, info: dict[str, Any], prices: Prices, machine: float | None, made: Bill
) -> Spent:
    read, written, cached, joules = _ledger(store, account)
    hours = None
    if info.get("cores"):
        batches = max(1, math.ceil(account.inputs / step.needs.batch_size))
        workers = 1 if isinstance(step.stage, Series) else min(fitting(info["cores"], step.needs), batches)
        hours = account.seconds / workers / SECONDS_AN_HOUR
    asked = _asked(step.stage)
    tokens = _tokens(step, asked, read, written, prices, made)

    def dollars(hours: float | None, joules: float | None) -> float | None:
        power = 0.0 if joules is None or prices.kwh is None else joules / JOULES_A_KWH * prices.kwh
        return None if tokens is None or hours is None or machine is None else tokens + hours * machine + power

    share = cached / (read + written) if cached else 0.0
    if share:
        told = f"{share:.0%} of the tokens of {account.name} came from the request cache and took no time"
        few = ", so what a sample costs cannot be told: measure with another `seed`, whose requests are new"
        made.note(told + (few if share > MOST_CACHED else ""))
    more = None if share > MOST_CACHED else 1 / (1 - share)
    longer, further = (None if n is None or more is None else n * more for n in (hours, joules))
    here = not any(map(_elsewhere, asked))
    return Spent(
        account.name, account.inputs, account.outputs, account.kept / account.inputs if account.inputs else None,
        read, written, cached, account.seconds, hours, joules,
        written / further if written and further and here else None,
        dollars(hours, joules), Anew(longer, further, dollars(longer, further)),
    )  # fmt: skip


def _ledger(store: Store, account: Account) -> tuple[int, int, int, float | None]:
    """Tokens read, written and cached, and joules if every input that took time was measured."""
    if not account.inputs:
        return 0, 0, 0, None
    counted = ["tokens_read", "tokens_written", "tokens_cached"]
    rows = store.shelf(account.name).ledger([*counted, "joules", "seconds"])
    read, written, cached = (pc.sum(rows[name]).as_py() or 0 for name in counted)
    unmeasured = pc.and_(pc.is_null(rows["joules"]), pc.greater(rows["seconds"], 0))
    whole = not pc.any(unmeasured, min_count=0).as_py() and rows["joules"].null_count < rows.num_rows
    return read, written, cached, pc.sum(rows["joules"]).as_py() if whole else None


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
    if not read + written:
        return 0.0
    paid = [
        model for model in asked if isinstance(model, Endpoint) and (not model.local or model.name in prices.models)
    ]
    for model in asked:
        if isinstance(model, Endpoint) and model not in paid:
            made.note(f"{model.name} at {model.url} has no price under `models`, and counts as run by this machine")
    away = {model.name for model in paid}
    if not away:
        return 0.0
    missing = sorted(away - prices.models.keys())
    if missing:
        made.note(f"there is no price for {', '.join(missing)} under `models`, so {step.name} has none")
        return None
    rates = {(prices.models[name].read, prices.models[name].written) for name in away}
    if len(rates) > 1 or len(paid) < len(asked):
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
    telling = len(measured) == sum(bool(s.written) for s in worked)
    anew, written = _anew(worked), sum(spent.written for spent in stages)
    return Spent(
        "total", sum(spent.inputs for spent in sources), sum(spent.accepted for spent in final), None,
        sum(spent.read for spent in stages), written, sum(spent.cached for spent in stages),
        sum(spent.seconds for spent in stages),
        added([spent.hours for spent in worked]), added([spent.joules for spent in worked]),
        written / anew.joules if written and anew.joules and telling else None,
        added([spent.dollars for spent in worked]), anew,
    )  # fmt: skip


def _anew(worked: list[Spent]) -> Anew:
    every = [spent.anew for spent in worked]
    return Anew(
        added([one.hours for one in every]), added([one.joules for one in every]), added([one.dollars for one in every])
    )


def _product(account: Account, before: list[Spent], prices: Prices) -> Product:
    anew, label = _anew([spent for spent in before if spent.inputs]), prices.labels.get(account.kind)
    each = anew.dollars / account.outputs if anew.dollars is not None and account.outputs else None
    return Product(
        account.name, account.kind, account.outputs, tuple(spent.name for spent in before), each, label,
        label / each if label is not None and each else None, anew.hours, anew.joules,
    )  # fmt: skip
