"""The rounds of a loop, put together: what each of its stages did in all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from multisynth.report.tables import Account, Failure, Reason

_WORST = ("failed", "blocked", "stopped", "running", "not begun", "unknown")


def rounds(info: Mapping[str, Any]) -> dict[str, list[str]]:
    """For each stage of a run's loops, by its name in the recipe, the stages that it became, in their order."""
    found: dict[str, list[str]] = {}
    blocks = info.get("recipe", {}).get("stages")
    for block in blocks.values() if isinstance(blocks, dict) else ():
        if not isinstance(block, dict) or not isinstance(block.get("loop"), int):
            continue
        for inner in block.get("stages") or {}:
            names = [f"{inner}-{number}" for number in range(1, block["loop"] + 1)]
            if made := [name for name in names if name in info["stages"]]:
                found[str(inner)] = made
    return found


def folded(accounts: Mapping[str, Account], loops: Mapping[str, Sequence[str]]) -> dict[str, Account]:
    """The accounts with one for all rounds of a loop's stage, where its first round stands."""
    home = _home(loops)
    found: dict[str, Account] = {}
    for name, account in accounts.items():
        inner = home.get(name)
        if inner is None:
            found[name] = replace(account, feeds=_named(account.feeds, home), beside=_named(account.beside, home))
        elif inner not in found:
            found[inner] = _sum(inner, [accounts[one] for one in loops[inner]], home)
    return found


def last_rounds(accounts: Sequence[Account], loops: Mapping[str, Sequence[str]]) -> list[Account]:
    """Of a loop's stage only the last of these accounts."""
    home = _home(loops)
    last = {home.get(account.name, account.name): account for account in accounts}
    return [account for account in accounts if last[home.get(account.name, account.name)] is account]


def home_of(
    exports: Mapping[str, Mapping[str, object]], loops: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, object]]:
    """The exports, each of which reads a loop's stage where it reads one of its rounds."""
    home = _home(loops)
    return {name: {**export, "from": home.get(str(export["from"]), export["from"])} for name, export in exports.items()}


def _home(loops: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: inner for inner, names in loops.items() for name in names}


def _named(names: Iterable[str], home: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(home.get(name, name) for name in names))


def _sum(name: str, parts: Sequence[Account], home: Mapping[str, str]) -> Account:
    joules = [part.joules for part in parts if part.joules is not None]
    states = {part.state for part in parts}
    return Account(
        name, parts[0].use, parts[0].kind, _named((feed for part in parts for feed in part.feeds), home),
        next((state for state in _WORST if state in states), parts[-1].state),
        _named((beside for part in parts for beside in part.beside), home),
        inputs=sum(part.inputs for part in parts), kept=sum(part.kept for part in parts),
        dropped=sum(part.dropped for part in parts), failed=sum(part.failed for part in parts),
        withdrawn=sum(part.withdrawn for part in parts), outputs=sum(part.outputs for part in parts),
        seconds=sum(part.seconds for part in parts), read=sum(part.read for part in parts),
        written=sum(part.written for part in parts),
        cached=sum(part.cached for part in parts), joules=sum(joules) if joules else None,
        reasons=_reasons(parts), failures=_failures(parts), rounds=[part.name for part in parts],
        fed=list(dict.fromkeys(feed for part in parts for feed in part.feeds)),
    )  # fmt: skip


def _reasons(parts: Sequence[Account]) -> list[Reason]:
    """The same reason counts together; it is shown by inputs of the last rounds, where what is left is hard."""
    found: dict[str, Reason] = {}
    for part in reversed(parts):
        for reason in part.reasons:
            one = found.setdefault(reason.text, Reason(reason.text, examples=reason.examples))
            one.dropped, one.partly = one.dropped + reason.dropped, one.partly + reason.partly
    return sorted(found.values(), key=lambda reason: (-reason.dropped - reason.partly, reason.text))


def _failures(parts: Sequence[Account]) -> list[Failure]:
    found: dict[str, Failure] = {}
    for part in parts:
        for failure in part.failures:
            before = found.get(failure.reason)
            found[failure.reason] = replace(before, count=before.count + failure.count) if before else failure
    return sorted(found.values(), key=lambda failure: -failure.count)
