"""What became of every input, stage by stage, summed from the ledgers in pieces that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import lance
import pyarrow as pa
import pyarrow.compute as pc

from multisynth.store import Store
from multisynth.tables import reading

_ROWS_AT_ONCE = 65536
_EXAMPLES = 2
_FAILURES = 12
_COLUMNS = [
    "input", "status", "reason", "outputs", "seconds", "tokens_read", "tokens_written", "tokens_cached", "joules",
]  # fmt: skip


@dataclass
class Reason:
    """Why inputs did not go on, or only in part.

    Args:
        text: The reason up to its first colon, without numbers; `…` stands for ids.
        dropped: Inputs dropped for it.
        partly: Inputs of which some samples were dropped for it while others were kept.
        examples: A few inputs with their full reason, the first ones of the ledger.
    """

    text: str
    dropped: int = 0
    partly: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Failure:
    """Inputs that raised the same error, numbers aside: how many, and the first of them with its traceback."""

    reason: str
    count: int
    input: str
    traceback: str


@dataclass
class Account:
    """What a stage did, or all rounds of one in a loop. `joules` is None where nothing was measured.

    Args:
        rounds: Where it stands for a loop's rounds: the names of their stages.
        fed: Where it does: the stages that feed any of them; else the same as `feeds`.
    """

    name: str
    use: str
    kind: str
    feeds: list[str]
    state: str
    beside: list[str] = field(default_factory=list)
    inputs: int = 0
    kept: int = 0
    dropped: int = 0
    failed: int = 0
    withdrawn: int = 0
    outputs: int = 0
    seconds: float = 0.0
    read: int = 0
    written: int = 0
    cached: int = 0
    joules: float | None = None
    reasons: list[Reason] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    rounds: list[str] = field(default_factory=list)
    fed: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Tokens that models read and wrote."""
        return self.read + self.written

    @property
    def source(self) -> bool:
        """Whether its inputs are ordinals."""
        return not self.feeds


def accounts(store: Store) -> dict[str, Account]:
    """The account of every stage of the recipe, in its order; a stage that has not begun has zeros."""
    return {name: account(store, name) for name in store.info["stages"]}


def account(store: Store, name: str) -> Account:
    """The account of one stage of the recipe."""
    info = store.info
    stage, begun = info["stages"][name], store.shelf(name).exists()
    state = info.get("states", {}).get(name) or (store.state if begun else "not begun")
    found = Account(name, stage["use"], stage["makes"], list(stage["from"]), state, list(stage["reads"].values()))
    found.fed = found.feeds
    if begun:
        _fill(found, store)
    return found


def _fill(account: Account, store: Store) -> None:
    account.outputs = len(store.table(account.name))
    away = store.shelf(account.name).withdrawn()
    account.withdrawn = 0 if away is None else len(away)
    reasons: dict[str, Reason] = {}
    for batch in _batches(store, account.name):
        for status, count in _counts(batch["status"]):
            if status in ("kept", "dropped", "failed"):
                setattr(account, status, getattr(account, status) + count)
        account.inputs += batch.num_rows
        account.seconds += pc.sum(batch["seconds"]).as_py() or 0.0
        account.read += pc.sum(batch["tokens_read"]).as_py() or 0
        account.written += pc.sum(batch["tokens_written"]).as_py() or 0
        account.cached += pc.sum(batch["tokens_cached"]).as_py() or 0
        joules = pc.sum(batch["joules"]).as_py()
        account.joules = account.joules if joules is None else (account.joules or 0.0) + joules
        _count_reasons(batch, reasons)
    account.reasons = sorted(reasons.values(), key=lambda reason: (-reason.dropped - reason.partly, reason.text))
    account.failures = list(_failures(store, account)) if account.failed else []


def _batches(store: Store, stage: str) -> Iterator[pa.Table]:
    uri = store.shelf(stage).ledger_uri
    with reading(uri):
        for batch in lance.dataset(uri).to_batches(columns=_COLUMNS, batch_size=_ROWS_AT_ONCE, scan_in_order=True):
            yield pa.Table.from_batches([batch])


def _counts(column: pa.ChunkedArray) -> list[tuple[str, int]]:
    return [(row["values"], row["counts"]) for row in pc.value_counts(column).to_pylist()]


def _count_reasons(batch: pa.Table, reasons: dict[str, Reason]) -> None:
    given = batch.filter(
        pc.and_(pc.is_valid(batch["reason"]), pc.is_in(batch["status"], pa.array(["kept", "dropped"])))
    )
    if not given.num_rows:
        return
    # a ledger row joins the reasons of one input with "; ", and each is counted once for it
    pieces = pc.split_pattern(given["reason"].combine_chunks(), "; ")
    texts = pc.replace_substring_regex(pc.list_flatten(pieces), r"(?s):.*", "")
    # a reason may name another sample, such as the one that this is a copy of
    texts = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"\b[0-9a-f]{32}\b", "…"))
    each = pa.table({"row": pc.list_parent_indices(pieces), "text": texts}).group_by(["row", "text"]).aggregate([])
    each = each.append_column("status", given["status"].take(each["row"]))
    for counted in each.group_by(["text", "status"]).aggregate([("row", "count"), ("row", "min")]).to_pylist():
        reason = reasons.setdefault(counted["text"], Reason(counted["text"]))
        if counted["status"] == "dropped":
            reason.dropped += counted["row_count"]
        else:
            reason.partly += counted["row_count"]
        if len(reason.examples) < _EXAMPLES:
            mine = each.filter(
                pc.and_(pc.equal(each["text"], counted["text"]), pc.equal(each["status"], counted["status"]))
            )
            rows = sorted(mine["row"].to_pylist())[: _EXAMPLES - len(reason.examples)]
            reason.examples += [(given["input"][row].as_py(), given["reason"][row].as_py()) for row in rows]


def _failures(store: Store, account: Account) -> Iterator[Failure]:
    """The most frequent errors first, few enough to read."""
    ledger = lance.dataset(store.shelf(account.name).ledger_uri)
    rows = ledger.to_table(columns=["input", "reason"], filter="status = 'failed'", scan_in_order=True)
    alike = pc.replace_substring_regex(rows["reason"].combine_chunks(), r"\d+(\.\d+)?", "#")
    rows = rows.append_column("alike", alike)
    grouped = rows.group_by("alike", use_threads=False).aggregate(
        [("input", "count"), ("input", "first"), ("reason", "first")]
    )
    for group in grouped.sort_by([("input_count", "descending")]).slice(0, _FAILURES).to_pylist():
        key = group["input_first"].replace("'", "''")
        row = ledger.to_table(columns=["traceback"], filter=f"status = 'failed' AND input = '{key}'").to_pylist()[0]
        yield Failure(group["reason_first"] or "", group["input_count"], group["input_first"], row["traceback"] or "")


def upstream(accounts: dict[str, Account], name: str) -> list[Account]:
    """A stage's account and those of all stages that it stands on."""
    seen: dict[str, Account] = {}
    todo = [name]
    while todo:
        stage = todo.pop()
        if stage in accounts and stage not in seen:
            seen[stage] = accounts[stage]
            todo += [*accounts[stage].feeds, *accounts[stage].beside]
    return list(seen.values())


def last_of_kind(accounts: dict[str, Account]) -> list[Account]:
    """The stages that hold a kind's final samples: none that makes the same kind is fed by them."""
    filtered = {
        feed
        for account in accounts.values()
        for feed in (*account.feeds, *account.beside)
        if feed in accounts and accounts[feed].kind == account.kind
    }
    return [account for account in accounts.values() if account.name not in filtered and account.outputs]


def licences(store: Store, stages: list[Account]) -> list[dict[str, Any]]:
    """Samples under each licence in these stages' tables, the most frequent first."""
    rows = []
    for account in stages:
        counts: dict[str, int] = {}
        for batch in store.table(account.name).dataset.to_batches(columns=["license"], batch_size=_ROWS_AT_ONCE):
            for license, count in _counts(batch["license"]):
                counts[license or ""] = counts.get(license or "", 0) + count
        rows += [
            {"stage": account.name, "kind": account.kind, "license": license, "count": n}
            for license, n in counts.items()
        ]
    return sorted(rows, key=lambda row: (row["stage"], -row["count"], row["license"]))
