"""Meters of energy: counters that wrap, fail or are not there, and what of it is on the ledger."""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace

import pytest

from multisynth import energy
from multisynth.execute import run
from multisynth.executors.local import LocalExecutor
from multisynth.recipe import Recipe
from multisynth.store import Store

RANGE = 262_143_328_850  # µJ, as an Intel server has it


class Ticking:
    """Uses so many joules at each reading; None for one that fails."""

    name = "ticking"

    def __init__(self, *steps: float | None) -> None:
        self.steps = list(steps)

    def used(self) -> float | None:
        return self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]


def zone(root, name: str, label: str, value: int) -> None:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "name").write_text(label + "\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
    (folder / "energy_uj").write_text(f"{value}\n")


def test_rapl_adds_packages_and_memory_and_nothing_twice(tmp_path) -> None:
    for name, label in (
        ("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "core"), ("intel-rapl:0:1", "dram"),
        ("intel-rapl:1", "package-1"), ("intel-rapl:2", "psys"), ("intel-rapl-mmio:0", "package-0"),
    ):  # fmt: skip
        zone(tmp_path, name, label, 1_000_000)
    meter = energy.Meter(energy.zones(tmp_path))
    assert meter.names == ["RAPL package-0", "RAPL dram", "RAPL package-1"]
    for name, more in (("intel-rapl:0", 3.5), ("intel-rapl:0:0", 100), ("intel-rapl:0:1", 0.25), ("intel-rapl:2", 900)):
        (tmp_path / name / "energy_uj").write_text(f"{1_000_000 + int(more * 1e6)}")
    assert meter.take() == pytest.approx(3.75)
    assert meter.take() == 0
    meter.close()


def test_a_counter_that_wraps_goes_on_and_one_that_may_have_wrapped_twice_tells_nothing(tmp_path, monkeypatch) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", RANGE - 2_000_000)
    (found,) = energy.zones(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("1000000")
    assert found.used() == pytest.approx(3.0)
    now = time.monotonic()
    monkeypatch.setattr(energy.time, "monotonic", lambda: now + 400)  # 262 kJ at 2 kW take 131 s
    assert found.used() is None
    (tmp_path / "intel-rapl:0" / "energy_uj").unlink()
    assert found.used() is None
    assert energy.zones(tmp_path) == [] and energy.zones(tmp_path / "absent") == []


class FakeNvml(SimpleNamespace):
    """NVML of some boards, each of which uses 1500 mJ between readings."""

    class NVMLError(Exception):
        """As pynvml's."""

    def __init__(self, names: list[str], mig: bool = False) -> None:
        super().__init__(names=names, mig=mig, read=[0] * len(names))

    def nvmlInit(self) -> None:
        pass

    def nvmlDeviceGetCount(self) -> int:
        return len(self.names)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetName(self, handle: int) -> str:
        return self.names[handle]

    def nvmlDeviceGetUUID(self, handle: int) -> str:
        return f"GPU-{handle}{handle}{handle}-abc"

    def nvmlDeviceGetMigMode(self, handle: int) -> list[int]:
        if self.names[handle] == "old":
            raise self.NVMLError("Not Supported")
        return [int(self.mig), int(self.mig)]

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:
        if self.names[handle] == "older":
            raise self.NVMLError("Not Supported")
        self.read[handle] += 1500 * (handle + 1)
        return self.read[handle]


@pytest.mark.parametrize(
    ("names", "visible", "joules"),
    [
        (["H100", "H100"], None, 4.5), (["H100", "H100"], "1", 3.0), (["H100", "H100"], "GPU-111", 3.0),
        (["H100", "H100"], "0,7,1", 1.5), (["H100"], "", None), (["H100"], "-1", None), (["H100", "A10"], None, 4.5),
        (["H100", "A10"], "1", None), (["H100"], "MIG-5", None), (["older"], None, None), (["old"], None, 1.5),
    ],
)  # fmt: skip
def test_boards_are_those_that_the_process_may_use(monkeypatch, names, visible, joules) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(names))
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    meter = energy.Meter(energy.boards())
    assert meter.take() == joules
    meter.close()


def test_a_divided_board_is_not_measured(monkeypatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(["H100"], mig=True))
    assert energy.boards() == []


def test_a_meter_with_a_counter_that_failed_tells_nothing_for_that_time_alone() -> None:
    meter = energy.Meter([Ticking(2.0), Ticking(1.0, None, 4.0)])
    assert [meter.take() for _ in range(3)] == [3.0, None, 6.0]
    meter.close()
    polled = energy.Meter([Ticking(1.0)], poll=0.01)
    time.sleep(0.2)
    taken = polled.take()
    assert taken is not None and taken >= 3
    polled.close()


RECIPE = {
    "name": "metered", "seed": 1,
    "stages": {
        "seeds": {"use": "test.draw", "count": 40},
        "parts": {"use": "test.split", "from": "seeds", "pause": 0.001, "needs": {"batch_size": 64}},
    },
}  # fmt: skip


def test_the_ledger_shares_joules_out_by_seconds(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.execute.meter", lambda: energy.Meter([Ticking(0.0, 30.0, 0.0, 12.0, 0.0)]))
    assert run(Recipe.of(RECIPE), tmp_path / "metered").ok
    store = Store.open(tmp_path / "metered")
    rows = store.ledger().to_pylist()
    assert store.info["meters"] == ["ticking"] and len(rows) == 80
    assert sum(row["joules"] for row in rows if row["stage"] == "seeds") == pytest.approx(30.0)
    assert sum(row["joules"] for row in rows if row["stage"] == "parts") == pytest.approx(12.0)
    total = sum(row["seconds"] for row in rows if row["stage"] == "parts")
    for row in rows:
        if row["stage"] == "parts":
            assert row["joules"] == pytest.approx(12.0 * row["seconds"] / total)


def test_without_a_meter_or_with_work_elsewhere_joules_are_absent(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("multisynth.execute.meter", lambda: energy.Meter([]))
    assert run(Recipe.of(RECIPE), tmp_path / "dark").ok
    assert Store.open(tmp_path / "dark").ledger().column("joules").null_count == 80
    monkeypatch.setattr("multisynth.execute.meter", lambda: energy.Meter([Ticking(5.0)]))
    elsewhere = LocalExecutor()
    monkeypatch.setattr(LocalExecutor, "spread", True)
    assert run(Recipe.of(RECIPE), tmp_path / "spread", elsewhere).ok
    store = Store.open(tmp_path / "spread")
    assert store.ledger().column("joules").null_count == 80 and store.info["meters"] == []
