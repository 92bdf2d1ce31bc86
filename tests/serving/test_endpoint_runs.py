"""Whole runs over an endpoint that fails, and over one whose run is killed: nothing lost, nothing paid for twice."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from multisynth import run
from multisynth.recipe import Recipe
from multisynth.serving.endpoint import engine
from multisynth.store import Store
from tests import comparing
from tests.serving.fake_server import FAULTS, FakeServer

PROBLEMS, ATTEMPTS = 60, 4
AT_ONCE = 8
KEEPING = 0.1
LOADED = ["multisynth.serving.asking", "multisynth.text.attempt", "multisynth.text.verify", "httpx", "pytest"]
"""What runs need, imported once by the process that all of them are forked from; not lance, which bears no fork."""


def recipe(url: str, **options: object) -> Recipe:
    model = {"url": url, "name": "fake", "at_once": AT_ONCE, "timeout": 30, **options}
    return Recipe.of({
        "name": "endpoint", "seed": 3,
        "stages": {
            "problems": {"use": "text.arithmetic", "problems": PROBLEMS},
            "attempts": {
                "use": "text.attempt", "from": "problems", "model": model, "attempts": ATTEMPTS, "errors": 1.0,
                "needs": {"batch_size": 16},
            },
            "verified": {"use": "text.verify", "from": "attempts"},
        },
    })  # fmt: skip


def run_to_the_end(out: Path, url: str, cache: Path) -> None:
    os.environ["XDG_CACHE_HOME"] = str(cache)
    sys.exit(0 if run(recipe(url), out).ok else 1)


def test_a_run_over_faults_puts_every_input_on_the_ledger_once(make, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "completions.sqlite")
    monkeypatch.setattr(engine, "FIRST_WAIT", 0.004)
    monkeypatch.setattr(engine, "LONGEST_WAIT", 0.03)
    quick = {fault: 0.04 for fault in FAULTS if fault not in ("silence", "stall")}
    with FakeServer(seed=5, faults=quick) as server:
        blocks = dict(recipe(server.url, attempts=5).data["stages"])
        store, result = make(blocks)
        assert result.ok, result.errors
        ledger = [row for row in store.ledger().to_pylist() if row["stage"] == "attempts"]
        kept = [row for row in ledger if row["status"] == "kept"]
        failed = [row for row in ledger if row["status"] == "failed"]
        assert Counter(row["input"] for row in ledger) == Counter(store.table("problems").column("id").to_pylist())
        assert len(kept) + len(failed) == PROBLEMS and len(failed) >= 3 and len(kept) >= 20
        assert all("gave none in 5 attempts; the last: " in row["reason"] for row in failed)
        assert len(store.table("attempts")) == ATTEMPTS * len(kept)
        assert set(server.delivered.values()) == {1}
        told = {row["input"]: row for row in kept}
        for sample in store.table("problems").samples():
            if sample.id in told:  # the server counts each word as a token, and the end as one
                assert told[sample.id]["tokens_written"] == 11 * ATTEMPTS
        # Another run tries what failed again, and nothing else.
        server.faults, paid = {}, len(server.deliveries)
        unanswered = ATTEMPTS * PROBLEMS - paid
        store, result = make(blocks)
        assert result.ok and len(store.table("attempts")) == ATTEMPTS * PROBLEMS
        assert len(server.deliveries) == paid + unanswered and set(server.delivered.values()) == {1}


def test_a_refused_key_stops_the_stage_with_one_message(make, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "completions.sqlite")
    monkeypatch.setenv("FAKE_KEY", "sk-very-secret")
    with FakeServer(always="401") as server:
        store, result = make(dict(recipe(server.url, key="FAKE_KEY").data["stages"]))
        assert result.states == {"problems": "done", "attempts": "failed", "verified": "blocked"}
        assert "it refuses the key in FAKE_KEY (HTTP 401)" in result.errors["attempts"]
        assert server.tries.total() <= 8 and "Traceback" not in result.errors["attempts"]
        for file in store.root.rglob("*"):
            assert not file.is_file() or b"very-secret" not in file.read_bytes()


def test_killed_at_ten_random_moments_no_answer_is_paid_for_again(tmp_path, record_property, monkeypatch) -> None:
    """A kill finds at most `AT_ONCE` requests on their way, and as many answers that are just being kept.

    An answer counts as on the wire if it was the last on its connection when the process ended, for the next request
    over a connection proves that the answer before it was read; and as being kept if it went out less than `KEEPING`
    seconds before. All others must never be asked for again.
    """
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(LOADED)

    def start(out: str, url: str, cache: str) -> ForkServerProcess:
        process = forked.Process(target=run_to_the_end, args=(tmp_path / out, url, tmp_path / cache))
        process.start()
        return process

    draws = random.Random(10)
    with FakeServer(pause=0.02) as server:
        killed, on_the_wire = 0, []
        while killed < 10:
            asked, connections = len(server.bodies), len(server.last)
            process = start("killed", server.url, "killed cache")
            until = time.monotonic() + 60
            wanted = asked + draws.randrange(1, 24)  # a moment while it asks, on however busy a machine
            while len(server.bodies) < wanted and process.is_alive() and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(draws.uniform(0, 0.05))
            assert process.is_alive(), "it ended before ten kills"
            end = time.monotonic()
            process.kill()
            killed += 1
            process.join()
            while server.at_once:
                time.sleep(0.002)
            wire = {key for number, key in server.last.items() if number >= connections}
            on_the_wire.append(wire | {one.request for one in server.deliveries if one.at > end - KEEPING})
        ended = start("killed", server.url, "killed cache")
        ended.join()
        assert ended.exitcode == 0
        twice = {key: count for key, count in server.delivered.items() if count > 1}
        paid = len(server.deliveries)
        assert len(server.delivered) == PROBLEMS * ATTEMPTS
        for key, count in twice.items():
            assert count - 1 <= sum(key in wire for wire in on_the_wire), (
                "an answer that had been kept was asked for again"
            )
        assert all(len(wire) <= 2 * AT_ONCE for wire in on_the_wire)
        record_property("paid twice", f"{paid - PROBLEMS * ATTEMPTS} of {paid} answers in {killed} kills")
        print(f"paid twice: {paid - PROBLEMS * ATTEMPTS} of {paid} answers in {killed} kills")
        server.pause = 0
        unbroken = start("unbroken", server.url, "another cache")
        unbroken.join()
        assert unbroken.exitcode == 0
    comparing.assert_same(Store.open(tmp_path / "killed"), Store.open(tmp_path / "unbroken"))
