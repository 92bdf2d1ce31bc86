"""Accounts against a recount of the raw ledger, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from multisynth.report import tables
from multisynth.report.examples import dropped
from multisynth.report.tables import accounts, last_of_kind, licences, upstream
from tests.report import stages  # noqa: F401 — registers them
from tests.report.hostile import HOSTILE

BLOCKS: dict[str, dict[str, Any]] = {
    "problems": {"use": "report.ask"},
    "answers": {"use": "report.solve", "from": "problems"},
    "checked": {"use": "report.check", "from": "answers", "errors": 1.0},
    "texts": {"use": "test.count", "count": 500},
    "parts": {"use": "test.split", "from": "texts"},
    "unique": {"use": "test.first", "from": "parts", "buckets": 20},
}


@pytest.mark.parametrize("rows", [7, 65536])
def test_accounts_are_the_ledgers_sums(make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(tables, "_ROWS_AT_ONCE", rows)
    store, _ = make(BLOCKS)
    for name, account in accounts(store).items():
        ledger = store.shelf(name).ledger().to_pylist()
        statuses = Counter(row["status"] for row in ledger)
        assert account.inputs == len(ledger)
        assert (account.kept, account.dropped, account.failed) == (
            statuses["kept"],
            statuses["dropped"],
            statuses["failed"],
        )
        assert account.outputs == sum(row["outputs"] for row in ledger) == len(store.table(name))
        assert account.seconds == pytest.approx(sum(row["seconds"] for row in ledger))
        assert account.tokens == sum(row["tokens_read"] + row["tokens_written"] for row in ledger)
        whole, part = Counter[str](), Counter[str]()
        for row in ledger:
            if row["status"] in ("kept", "dropped") and row["reason"]:
                heads = {piece.split(":")[0] for piece in row["reason"].split("; ")}
                (whole if row["status"] == "dropped" else part).update(heads)
        assert {r.text: r.dropped for r in account.reasons if r.dropped} == whole
        assert {r.text: r.partly for r in account.reasons if r.partly} == part
        for reason in account.reasons:
            assert 1 <= len(reason.examples) <= 2
            assert all(reason.text in said for _, said in reason.examples)


def test_joined_reasons_are_counted_apart_and_tokens_are_summed(make: Callable[..., Any]) -> None:
    store, _ = make(BLOCKS)
    found = accounts(store)
    assert {r.text: (r.dropped, r.partly) for r in found["answers"].reasons} == {"wrong": (1, 6), "empty": (1, 6)}
    assert found["texts"].joules is None
    assert found["answers"].tokens == 2000


def test_reasons_that_name_another_sample_are_one_reason_and_it_is_shown(make: Callable[..., Any]) -> None:
    blocks = {"texts": {"use": "test.count", "count": 4}, "copies": {"use": "report.copies", "from": "texts"}}
    store, _ = make(blocks)
    account = accounts(store)["copies"]
    assert [(reason.text, reason.dropped) for reason in account.reasons] == [("copy of …", 3)]
    samples = list(store.table("texts").samples())
    [shown] = dropped(store, account, 5)
    for given, copy, original in zip(shown.given, samples[1:], samples, strict=False):
        assert given.said == f"copy of {original.id}: distance 0"
        assert given.example is not None and given.example.id == copy.id
        assert given.named is not None and given.named.id == original.id


def test_failures_that_differ_in_a_number_are_one(make: Callable[..., Any]) -> None:
    store, _ = make(BLOCKS)
    [failure] = accounts(store)["checked"].failures
    assert failure.count == 6
    assert failure.reason == f"ValueError: {HOSTILE} at 4"
    assert failure.traceback.rstrip().endswith("at 4")
    rows = {row["input"]: row for row in store.shelf("checked").ledger().to_pylist()}
    assert rows[failure.input]["traceback"] == failure.traceback


def test_final_tables_and_what_they_stand_on(make: Callable[..., Any]) -> None:
    store, _ = make(BLOCKS)
    found = accounts(store)
    assert [account.name for account in last_of_kind(found)] == ["problems", "checked", "unique"]
    assert {account.name for account in upstream(found, "unique")} == {"texts", "parts", "unique"}
    counted = {(row["stage"], row["license"]): row["count"] for row in licences(store, last_of_kind(found))}
    assert counted == {(name, "CC0-1.0"): len(store.table(name)) for name in ("problems", "checked", "unique")}
