"""Whole runs over an endpoint that fails, and over one whose run is killed: nothing lost, nothing paid for twice."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import random
import sqlite3
import sys
import time
import zlib
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


def requests_kept(file: Path) -> set[str]:
    """Digests of the requests whose answers are in a cache."""
    database = sqlite3.connect(file)
    try:
        rows = database.execute("SELECT value FROM completion1").fetchall()
    except sqlite3.OperationalError:  # it has not come to its table
        rows = []
    database.close()
    return {json.loads(zlib.decompress(value))["text"].split()[0] for (value,) in rows}


def test_killed_at_ten_random_moments_no_answer_is_paid_for_again(tmp_path, record_property, monkeypatch) -> None:
    """Each answer names its request, so that the cache tells after each kill what was kept.

    What was not is what a kill loses: answers on the wire, or on their way into the cache.
    """
    file = tmp_path / "killed cache" / "multisynth" / "completions.sqlite"
    forked = multiprocessing.get_context("forkserver")
    forked.set_forkserver_preload(LOADED)

    def start(out: str, url: str, cache: str) -> ForkServerProcess:
        process = forked.Process(target=run_to_the_end, args=(tmp_path / out, url, tmp_path / cache))
        process.start()
        return process

    draws = random.Random(10)
    with FakeServer(pause=0.02, reply=lambda key: f" {key} it is. The answer is 5.") as server:
        kept, known = [], 0
        while len(kept) < 10:
            asked = len(server.bodies)
            process = start("killed", server.url, "killed cache")
            until = time.monotonic() + 60
            wanted = asked + draws.randrange(1, 24)  # a moment while it asks, on however busy a machine
            while len(server.bodies) < wanted and process.is_alive() and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(draws.uniform(0, 0.05))
            assert process.is_alive(), "it ended before ten kills"
            process.kill()
            process.join()
            while server.at_once:
                time.sleep(0.002)
            again = set(server.deliveries[known:]) & (kept[-1] if kept else set())
            assert not again, "an answer that had been kept was asked for again"
            kept.append(requests_kept(file))
            known = len(server.deliveries)
        assert len(kept[-1]) >= 10 and all(one <= later for one, later in itertools.pairwise(kept))
        ended = start("killed", server.url, "killed cache")
        ended.join()
        assert ended.exitcode == 0
        last = Counter(server.deliveries[known:])
        assert set(last) == set(server.delivered) - kept[-1] and set(last.values()) == {1}
        paid = len(server.deliveries)
        assert len(server.delivered) == PROBLEMS * ATTEMPTS
        record_property("paid twice", f"{paid - PROBLEMS * ATTEMPTS} of {paid} answers in {len(kept)} kills")
        print(f"paid twice: {paid - PROBLEMS * ATTEMPTS} of {paid} answers in {len(kept)} kills")
        server.pause = 0
        unbroken = start("unbroken", server.url, "another cache")
        unbroken.join()
        assert unbroken.exitcode == 0
    comparing.assert_same(Store.open(tmp_path / "killed"), Store.open(tmp_path / "unbroken"))
