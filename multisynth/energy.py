"""Joules, read from the meters that a machine has; where there are none, nothing is guessed.

GPUs: NVML's counter of a board's energy since its driver was loaded, for each GPU that this process may use. Processors
and their memory: the RAPL counters of Linux (Intel, and AMD since Zen), where they are readable; many systems let only
root read them. What a meter shows is all that its device used, idle power and other programs included.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

logger = logging.getLogger(__name__)

POWERCAP = Path("/sys/class/powercap")
POLL = 30.0
"""Seconds after which counters are read in any case, so that one that wraps does so at most once in between."""
_MOST_WATTS = 2000.0
"""What one zone of RAPL cannot use more of: a counter that could have wrapped twice by that tells nothing."""


class Counter(Protocol):
    """A counter of energy that only grows.

    `name` says of what.
    """

    name: str

    def used(self) -> float | None:
        """Joules since the last call; None where they cannot be told."""
        ...


class Zone:
    """A zone of RAPL, whose counter starts over at its range.

    Args:
        folder: Of the zone, below `/sys/class/powercap`.

    Raises:
        OSError: It cannot be read.
        ValueError: It holds no numbers.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "energy_uj"
        self._range = int((folder / "max_energy_range_uj").read_text())
        self.name = f"RAPL {(folder / 'name').read_text().strip()}"
        self._last, self._at = int(self._file.read_text()), time.monotonic()

    def used(self) -> float | None:
        """See `Counter`."""
        last, at, self._at = self._last, self._at, time.monotonic()
        try:
            self._last = int(self._file.read_text())
        except (OSError, ValueError):
            return None
        if (self._at - at) * _MOST_WATTS * 1e6 >= self._range:
            return None
        return (self._last - last + (self._range if self._last < last else 0)) / 1e6


class Board:
    """A GPU's board.

    Args:
        nvml: The module `pynvml`, initialised.
        handle: Of the device.

    Raises:
        pynvml.NVMLError: It has no such counter; before Volta there is none.
    """

    def __init__(self, nvml: Any, handle: Any) -> None:
        self._nvml, self._handle = nvml, handle
        self.name = _text(nvml.nvmlDeviceGetName(handle))
        self._last = self._read()

    def _read(self) -> int:
        return int(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle))

    def used(self) -> float | None:
        """See `Counter`."""
        last = self._last
        try:
            self._last = self._read()
        except self._nvml.NVMLError:
            return None
        return (self._last - last) / 1e3 if self._last >= last else None  # the driver was loaded anew


class Meter:
    """Adds up what counters show, from when it is made.

    Args:
        counters: Where from; without any, nothing is ever told.
        poll: Seconds between readings that nobody asks for.
    """

    def __init__(self, counters: Sequence[Counter], poll: float = POLL) -> None:
        self._counters, self._poll = tuple(counters), poll
        self._joules: float | None = 0.0 if self._counters else None
        self._lock, self._end = threading.Lock(), threading.Event()
        if self._counters:
            threading.Thread(target=self._keep_reading, name="multisynth-energy", daemon=True).start()

    @property
    def names(self) -> list[str]:
        """Of what the energy is told."""
        return [counter.name for counter in self._counters]

    def take(self) -> float | None:
        """Joules since the last call; None where any of the counters failed since, or there is none."""
        with self._lock:
            self._read()
            taken, self._joules = self._joules, 0.0 if self._counters else None
        return taken

    def close(self) -> None:
        """Read no more."""
        self._end.set()

    def _read(self) -> None:
        for counter in self._counters:
            used = counter.used()
            self._joules = None if used is None or self._joules is None else self._joules + used

    def _keep_reading(self) -> None:
        while not self._end.wait(self._poll):
            with self._lock:
                self._read()


def meter() -> Meter:
    """All meters of this machine that this process may read."""
    return Meter([*boards(), *zones()])


def zones(root: Path = POWERCAP) -> list[Counter]:
    """RAPL's zones, none of which is part of another: processor packages, and memory beside them."""
    found: list[Counter] = []
    for folder in sorted(root.glob("intel-rapl:*")):  # AMD's processors are listed by the same name
        try:
            name = (folder / "name").read_text().strip()
            if name.startswith("package") or name == "dram":
                found.append(Zone(folder))
        except (OSError, ValueError) as error:
            logger.info("the energy counter %s is not readable: %s", folder, error)
    return found


def boards() -> list[Counter]:
    """The GPUs that this process may use; none where the energy of any of them cannot be told from others'."""
    nvml = _nvml()
    if nvml is None:
        return []
    try:
        return [Board(nvml, handle) for handle in _whole(nvml, _visible(nvml))]
    except (nvml.NVMLError, ValueError) as error:
        logger.info("the energy of GPUs is not measured: %s", error)
        return []


def gpus() -> list[str] | None:
    """Names of the GPUs that this process may use; None where they cannot be told."""
    nvml = _nvml()
    if nvml is None:
        return []
    try:
        return [_text(nvml.nvmlDeviceGetName(handle)) for handle in _visible(nvml)]
    except (nvml.NVMLError, ValueError):
        return None


def _nvml() -> Any:
    """The module `pynvml`, initialised; None without a driver of NVIDIA's."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except ImportError:
        return None
    except pynvml.NVMLError:
        return None
    return pynvml


def _visible(nvml: Any) -> list[Any]:
    """The boards that `CUDA_VISIBLE_DEVICES` leaves, whether it names them by number or by UUID.

    Raises:
        pynvml.NVMLError: The driver does not tell.
        ValueError: It names part of one, or numbers of unlike boards, which CUDA and NVML order differently.
    """
    handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
    names = [_text(nvml.nvmlDeviceGetName(handle)) for handle in handles]
    uuids = [_text(nvml.nvmlDeviceGetUUID(handle)) for handle in handles]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    chosen = []
    for part in [str(i) for i in range(len(handles))] if visible is None else visible.split(","):
        part = part.strip()
        if part.lstrip("-").isdigit():
            number = int(part)
            if not 0 <= number < len(handles):
                break  # as CUDA has it: those after an invalid one are invisible
            if visible is not None and len(set(names)) > 1 and os.environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID":
                raise ValueError("set CUDA_DEVICE_ORDER=PCI_BUS_ID where GPUs differ")
            chosen.append(handles[number])
        elif part.startswith("GPU-"):
            chosen += [handle for handle, uuid in zip(handles, uuids, strict=True) if uuid.startswith(part)]
        elif part:
            raise ValueError(f"{part} is a part of a GPU, and meters are of whole ones")
    return chosen


def _whole(nvml: Any, handles: list[Any]) -> list[Any]:
    for handle in handles:
        try:
            divided = bool(nvml.nvmlDeviceGetMigMode(handle)[0])
        except nvml.NVMLError:
            divided = False  # not a board that can be
        if divided:
            raise ValueError("a GPU is divided (MIG), and meters are of whole ones")
    return handles


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
