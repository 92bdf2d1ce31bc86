"""What a person sees while a run goes on: a live table on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table


@dataclass
class _Row:
    total: int
    before: int
    kept: int = 0
    dropped: int = 0
    failed: int = 0
    outputs: int = 0
    began: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    ended: float | None = None
    state: str = "running"

    @property
    def done(self) -> int:
        """Inputs that are settled; what was rolled back is counted by nobody, so a stage that ends settles all."""
        counted = self.before + self.kept + self.dropped + self.failed
        return self.total if self.state == "done" else min(counted, self.total)

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.began

    @property
    def rate(self) -> float:
        """Inputs a second, of this run alone and up to the last that was heard: commits come seconds apart."""
        return (self.kept + self.dropped + self.failed) / max(self.heard - self.began, 1e-9)

    @property
    def left(self) -> float | None:
        """Seconds to go, by the rate so far."""
        if self.rate == 0 or self.state != "running":
            return None
        return max(0.0, (self.total - self.done) / self.rate - (time.monotonic() - self.heard))


class LiveProgress:
    """Shows stages, inputs a second, kept, dropped, failed and the time left; used as a context.

    Args:
        stages: The recipe's stages, in their order.
        console: Where to; by default standard error, so that standard output stays clean.
    """

    def __init__(self, stages: list[str], console: Console | None = None) -> None:
        self.stages, self.rows = stages, dict[str, _Row]()
        self.console = console or Console(stderr=True)
        self._live = Live(get_renderable=self._table, console=self.console, refresh_per_second=4)

    def __enter__(self) -> LiveProgress:
        """Begin to show."""
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state standing."""
        if self.console.is_terminal:
            self._live.stop()

    def anew(self, stage: str, samples: int) -> None:
        """See `execute.Progress`."""
        what = "options, models, seed, code, or for a training its samples"
        self.console.print(
            f"{stage}: made anew, since it is not what it was ({what}); {samples} samples are set aside",
            highlight=False,
            soft_wrap=True,
        )

    def begin(self, stage: str, total: int, done: int) -> None:
        """See `execute.Progress`."""
        self.rows[stage] = _Row(total, min(done, total))

    def advance(self, stage: str, kept: int, dropped: int, failed: int, outputs: int) -> None:
        """See `execute.Progress`."""
        row = self.rows[stage]
        row.kept, row.dropped, row.failed = row.kept + kept, row.dropped + dropped, row.failed + failed
        row.outputs, row.heard = row.outputs + outputs, time.monotonic()

    def end(self, stage: str, state: str) -> None:
        """See `execute.Progress`."""
        row = self.rows.setdefault(stage, _Row(0, 0))
        row.state, row.ended = state, time.monotonic()
        if not self.console.is_terminal:
            self.console.print(
                f"{stage}: {state}; {row.before} before, {row.kept} kept, {row.dropped} dropped, {row.failed} failed, "
                f"{row.outputs} samples made, {row.seconds:.1f} s",
                highlight=False,
                soft_wrap=True,
            )

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column("stage")
        table.add_column("", width=16)
        for name in ("inputs", "samples/s", "kept", "dropped", "failed", "made", "time", "left"):
            table.add_column(name, justify="right")
        for stage in self.stages:
            row = self.rows.get(stage)
            if row is None:
                table.add_row(stage, style="dim")
                continue
            style = {"failed": "red", "blocked": "dim"}.get(row.state, "")
            left = row.left
            table.add_row(
                stage,
                ProgressBar(total=max(row.total, 1), completed=row.done if row.total else 1, width=16),
                f"{row.done}/{row.total}",
                f"{row.rate:,.1f}" if row.rate else "",
                f"{row.kept:,}",
                f"{row.dropped:,}",
                f"{row.failed:,}",
                f"{row.outputs:,}",
                _clock(row.seconds),
                row.state if row.state != "running" else "" if left is None else _clock(left),
                style=style,
            )
        return table


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
