"""The account of a run: sums that can be done by hand, what is absent, and prices that cannot be read."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pytest

from multisynth import energy, lineage
from multisynth.economics import cost, rows
from multisynth.economics.prices import EXAMPLE, Prices, Tokens, load
from multisynth.economics.scale import scaled
from multisynth.economics.shares import shares
from multisynth.errors import BadInput
from multisynth.execute import run
from multisynth.executors.local import LocalExecutor
from multisynth.kinds import KINDS
from multisynth.recipe import Recipe
from multisynth.store import Store
from tests.serving.fake_server import FakeServer
from tests.test_energy import Ticking

PROBLEMS, ATTEMPTS = 6, 3
BOARD = "NVIDIA H100 80GB HBM3"
PRICES = Prices(
    models={"fake": Tokens(read=2.0, written=8.0)}, core_hour=0.36, gpu_hour={"H100": 3.6}, kwh=0.5,
    labels={"reasoning": 2.0},
)  # fmt: skip

HERE = PRICES.model_copy(update={"models": {}})


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[Path]:
    """A run over an endpoint, on a machine with a GPU and a meter, with 360 J in each commit."""
    folder = tmp_path_factory.mktemp("economics")
    with pytest.MonkeyPatch.context() as patch, FakeServer(reply=" So it is.\n\n") as server:
        patch.setattr("multisynth.serving.choice.cache_file", lambda: folder / "completions.sqlite")
        patch.setattr("multisynth.execute.meter", lambda: energy.Meter([board]))
        patch.setattr("multisynth.execute.gpus", lambda: [BOARD])
        board = Ticking(360.0)
        board.name = BOARD
        recipe = Recipe.of({
            "name": "cost", "seed": 1,
            "stages": {
                "problems": {"use": "text.arithmetic", "problems": PROBLEMS},
                "attempts": {
                    "use": "text.attempt", "from": "problems", "attempts": ATTEMPTS,
                    "model": {"url": server.url, "name": "fake"},
                },
                "verified": {"use": "text.verify", "from": "attempts"},
            },
        })  # fmt: skip
        assert run(recipe, folder / "run").ok
    yield folder / "run"


@pytest.fixture
def store(made, tmp_path) -> Store:
    """The run, to do with as one likes."""
    return Store.open(Path(shutil.copytree(made, tmp_path / "run")))


def away(store: Store) -> None:
    """Have the endpoint stand elsewhere, as far as the account can see."""
    info = store.info
    info["recipe"]["stages"]["attempts"]["model"]["url"] = "https://api.example.org/v1"
    store.write_info(info)


def test_the_bill_is_what_the_ledger_adds_up_to(store) -> None:
    away(store)
    bill = cost.bill(store, PRICES)
    problems, attempts, verified = bill.stages
    ledger = [row for row in store.ledger().to_pylist() if row["stage"] == "attempts"]
    read, written = (sum(row[name] for row in ledger) for name in ("tokens_read", "tokens_written"))
    assert written == PROBLEMS * ATTEMPTS * 4 and (attempts.read, attempts.written) == (read, written)
    assert (attempts.inputs, attempts.accepted, attempts.passed) == (PROBLEMS, PROBLEMS * ATTEMPTS, 1.0)
    assert (verified.inputs, verified.accepted, verified.passed) == (PROBLEMS * ATTEMPTS, 0, 0.0)
    seconds = sum(row["seconds"] for row in ledger)
    assert attempts.seconds == pytest.approx(seconds) and attempts.hours == pytest.approx(seconds / 3600)
    assert attempts.joules == pytest.approx(sum(row["joules"] for row in ledger)) and attempts.joules >= 360
    assert attempts.tokens_a_joule is None  # what wrote them is no meter of ours
    expected = read * 2e-6 + written * 8e-6 + attempts.hours * (3.6 + 0.36) + attempts.joules / 3.6e6 * 0.5
    assert attempts.dollars == pytest.approx(expected)
    assert bill.total is not None and bill.total.dollars == pytest.approx(
        sum(spent.dollars for spent in (problems, attempts, verified))
    )
    assert not bill.notes
    (product,) = bill.products
    assert (
        product.name == "verified"
        and product.dollars is None
        and product.stages == ("verified", "attempts", "problems")
    )
    assert scaled(product, 1000).dollars is None and scaled(product, 1000).labels == 2000


def test_a_model_behind_a_tunnel_is_paid_for_by_its_name(store) -> None:
    here = cost.bill(store, PRICES).stages[1]
    away(store)
    assert here.dollars == cost.bill(store, PRICES).stages[1].dollars


def test_a_run_that_does_nothing_leaves_its_account_as_it_is(made, tmp_path, monkeypatch) -> None:
    store = Store.open(Path(shutil.copytree(made, tmp_path / "again")))
    before = cost.bill(store, PRICES)
    recipe = Recipe.of(store.info["recipe"])
    assert run(recipe, store.root, LocalExecutor(2)).ok
    assert store.info["cores"] == 1 and store.info["gpus"] == [BOARD]
    assert cost.bill(store, PRICES).total == before.total


def test_what_a_sample_cost_is_its_share_of_what_its_inputs_did(store) -> None:
    first = store.table("attempts").column("id")[0].as_py()
    node, above, _ = lineage.trace(store, first)
    found = shares(store, [node, *above])
    (row,) = [one for one in store.ledger().to_pylist() if one["stage"] == "attempts" and one["input"] == node.origin]
    assert found[first].tokens == pytest.approx((row["tokens_read"] + row["tokens_written"]) / ATTEMPTS)
    assert found[first].seconds == pytest.approx(row["seconds"] / ATTEMPTS)
    assert found[first].joules == pytest.approx(row["joules"] / ATTEMPTS)
    assert set(found) == {first, node.parents[0]} and found[node.parents[0]].tokens == 0
    everything = [one for stage in store.stages for one in store.table(stage).column("id").to_pylist()]
    nodes = [lineage.trace(store, one)[0] for one in everything]
    made = store.ledger().filter(pc.greater(store.ledger()["outputs"], 0))
    assert sum(one.seconds for one in shares(store, nodes).values()) == pytest.approx(pc.sum(made["seconds"]).as_py())


def test_a_model_on_this_machine_costs_its_machine_alone(store) -> None:
    bill = cost.bill(store, HERE)
    assert any("counts as run by this machine" in note for note in bill.notes)
    attempts = bill.stages[1]
    assert attempts.hours is not None and attempts.joules is not None
    assert attempts.tokens_a_joule == pytest.approx(attempts.written / attempts.joules)
    assert attempts.dollars == pytest.approx(attempts.hours * (3.6 + 0.36) + attempts.joules / 3.6e6 * 0.5)


def test_a_stage_of_one_batch_holds_the_machine_for_all_of_its_seconds(store) -> None:
    info = store.info
    info["cores"] = 64
    store.write_info(info)
    verified = cost.bill(store, PRICES).stages[2]
    assert verified.inputs == PROBLEMS * ATTEMPTS and verified.seconds > 0
    assert verified.hours == pytest.approx(verified.seconds / 3600)


def test_each_sample_bears_all_that_stood_before_it_and_many_go_by_proportion(store) -> None:
    info = store.info
    del info["stages"]["verified"], info["recipe"]["stages"]["verified"]
    store.write_info(info)
    bill = cost.bill(store, PRICES)
    (product,) = bill.products
    whole = sum(spent.dollars for spent in bill.stages)
    assert product.accepted == PROBLEMS * ATTEMPTS and product.dollars == pytest.approx(whole / product.accepted)
    assert product.times == pytest.approx(2.0 / product.dollars)
    more = scaled(product, 100 * product.accepted)
    assert more.dollars == pytest.approx(100 * whole) and more.joules == pytest.approx(100 * product.joules)
    assert more.hours == pytest.approx(100 * product.hours) and more.machines == 1
    many = scaled(product, int(1e12))
    assert many.machines == pytest.approx(many.hours / 168, rel=0.01)
    json.dumps(rows.facts(bill, 100), allow_nan=False)


def test_what_has_no_price_has_no_cost(store) -> None:
    away(store)
    for prices, note in (
        (PRICES.model_copy(update={"models": {}}), "no price for fake under `models`"),
        (PRICES.model_copy(update={"gpu_hour": {}}), "no price for NVIDIA H100 80GB HBM3 under `gpu_hour`"),
        (PRICES.model_copy(update={"core_hour": None}), "no price for `core_hour`"),
    ):
        bill = cost.bill(store, prices)
        assert bill.stages[1].dollars is None and bill.total is not None and bill.total.dollars is None
        assert any(note in one for one in bill.notes)
    info = store.info
    model = info["recipe"]["stages"]["attempts"]["model"]
    info["recipe"]["stages"] = {
        "problems": info["recipe"]["stages"]["problems"],
        "attempts": {"use": "text.prefer", "from": "problems", "model": model, "judge": "smollm2-135m"},
    }
    del info["stages"]["verified"]
    store.write_info(info)
    bill = cost.bill(store, PRICES)
    assert bill.stages[1].dollars is None and "models of different prices" in bill.notes[0]


def test_energy_that_was_not_measured_for_all_is_absent(store) -> None:
    import lance

    dataset = lance.dataset(store.shelf("attempts").ledger_uri)
    first = dataset.to_table(columns=["input"])["input"][0].as_py()
    dataset.update({"joules": "NULL"}, where=f"input = '{first}'")
    bill = cost.bill(store, PRICES)
    assert bill.stages[1].joules is None and bill.total is not None and bill.total.joules is None
    assert any("not guessed" in note for note in bill.notes)


def test_a_gpu_without_a_meter_is_named(store) -> None:
    store.write_info({**store.info, "meters": ["RAPL package-0"]})
    (note,) = cost.bill(store, PRICES).notes
    assert note.startswith(f"the energy of {BOARD} was not measured")


def cached(store: Store, share: float) -> None:
    """Have so much of each answer come from the request cache, as far as the account can see."""
    import lance

    lance.dataset(store.shelf("attempts").ledger_uri).update(
        {"tokens_cached": f"CAST(round({share} * (tokens_read + tokens_written)) AS BIGINT)"}
    )


def test_what_a_sample_costs_does_not_depend_on_what_was_cached(store) -> None:
    info = store.info
    del info["stages"]["verified"], info["recipe"]["stages"]["verified"]
    store.write_info(info)
    cold = cost.bill(store, HERE)
    cached(store, 0.25)
    warm = cost.bill(store, HERE)
    attempts, share = warm.stages[1], warm.stages[1].cached / (warm.stages[1].read + warm.stages[1].written)
    assert share == pytest.approx(0.25, abs=0.01)
    assert (attempts.hours, attempts.dollars) == (cold.stages[1].hours, cold.stages[1].dollars)  # as it was measured
    assert attempts.anew.hours == pytest.approx(attempts.hours / (1 - share))
    assert attempts.anew.dollars == pytest.approx(attempts.dollars / (1 - share))
    assert attempts.tokens_a_joule == pytest.approx(cold.stages[1].tokens_a_joule * (1 - share))
    more = scaled(warm.products[0], 10 * PROBLEMS * ATTEMPTS)
    assert more.hours == pytest.approx(10 * (warm.stages[0].hours + attempts.anew.hours))
    assert more.dollars == pytest.approx(10 * (warm.stages[0].dollars + attempts.anew.dollars))
    assert "25% of the tokens of attempts came from the request cache and took no time" in warm.notes
    cached(store, 0.75)
    hot = cost.bill(store, HERE)
    assert hot.stages[1].dollars == cold.stages[1].dollars and hot.stages[1].tokens_a_joule is None
    nothing = scaled(hot.products[0], 1000)
    assert (hot.products[0].dollars, nothing.dollars, nothing.hours, nothing.machines) == (None, None, None, None)
    assert "measure with another `seed`" in " ".join(hot.notes)
    assert rows.tables(hot, 1000)["stages"][1]["cached"] in ("75.0%", "75.1%")


def test_a_run_anew_says_that_its_answers_were_cached(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "completions.sqlite")
    with FakeServer(reply=" 4.\n\n") as server:
        data = {
            "name": "twice", "seed": 1,
            "stages": {
                "problems": {"use": "text.arithmetic", "problems": 2},
                "attempts": {"use": "text.attempt", "from": "problems", "model": {"url": server.url, "name": "fake"}},
            },
        }  # fmt: skip
        for out, share in (("first", 0.0), ("again", 1.0)):
            assert run(Recipe.of(data), tmp_path / out).ok
            attempts = cost.bill(Store.open(tmp_path / out), PRICES).stages[1]
            assert attempts.cached == share * (attempts.read + attempts.written) and attempts.written


def test_a_run_without_models_or_of_another_version_is_told_plainly(tmp_path, make) -> None:
    import lance

    store, _ = make({"seeds": {"use": "test.draw", "count": 5}})
    bill = cost.bill(store, PRICES)
    assert bill.total.dollars is not None and "no language model was asked" in bill.notes[0]
    lance.dataset(store.shelf("seeds").ledger_uri).drop_columns(["tokens_cached"])
    program = [sys.executable, "-m", "multisynth.cli", "cost", str(store.root)]
    told = subprocess.run(program, capture_output=True, text=True, check=False, timeout=100)
    assert told.returncode == 2 and "made by another version" in told.stderr and "Traceback" not in told.stderr
    store, result = make({"seeds": {"use": "test.draw", "count": 5}})
    assert result.ok and store.ledger().num_rows == 5
    info = store.info
    del info["stages"]["seeds"]["reads"]
    store.write_info(info)
    with pytest.raises(BadInput, match="another version"):
        store.check_version()


def test_the_table_of_prices_is_read_with_care(tmp_path) -> None:
    prices = load(EXAMPLE)
    assert prices.gpu("NVIDIA H100 80GB HBM3") == prices.gpu_hour["H100"] and prices.gpu("TPU") is None
    assert set(prices.labels) <= set(KINDS)
    assert Prices(gpu_hour={"A10": 1.0, "A100": 2.0}).gpu("NVIDIA A100-SXM4") == 2.0
    for text, complaint in (
        ("kwh: 0.1\ncore_hours: 1\n", "prices.yaml:2: .*no option `core_hours`"),
        ("models:\n  m: {read: 1}\n", "prices.yaml:2: .*lacks `models.m.written`"),
        ("gpu_hour:\n  H100: -3\n", "prices.yaml:2: .*0 or more"),
        ("labels:\n  reasoning: .inf\n", "prices.yaml:2: "),
        ("kwh: cheap\n", "prices.yaml:1: "),
        ("- 1\n", "mapping"),
    ):
        path = tmp_path / "prices.yaml"
        path.write_text(text)
        with pytest.raises(BadInput, match=f"(?s){complaint}"):
            load(path)


def test_the_command_prints_all_of_it(store) -> None:
    tables = rows.tables(cost.bill(store, load()), 1000)
    assert list(tables) == ["stages", "samples", "1,000 of each"]
    assert tables["stages"][2]["pass rate"] == "0.0%" and tables["1,000 of each"][0]["by people"] == 1670
    program = [sys.executable, "-m", "multisynth.cli", "cost", str(store.root), "--json", "--prices", str(EXAMPLE)]
    told = json.loads(subprocess.run(program, capture_output=True, text=True, check=True, timeout=100).stdout)
    assert [stage["name"] for stage in told["stages"]] == ["problems", "attempts", "verified"]
    assert told["total"]["written"] == PROBLEMS * ATTEMPTS * 4
