"""What an exporter is: options, the kinds it takes, and one method that writes a table as files others read.

Register it in the entry point group `multisynth.exports`. The core gives it an empty folder and moves that to its place
when `write` has returned, so a half-written export is never seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from multisynth.kinds import Kind
from multisynth.sample import Sample


class Table(Protocol):
    """A stage's table in a run."""

    @property
    def name(self) -> str:
        """Name of the stage."""

    @property
    def kind(self) -> Kind:
        """What its samples are."""

    def __len__(self) -> int: ...

    def rows(self, start: int, stop: int) -> Sequence[Sample]:
        """The rows [start, stop), media read when asked for."""

    def samples(self, columns: Sequence[str] | None = None, batch_size: int = 64) -> Iterator[Sample]:
        """Its samples in the order of the table, `batch_size` in memory at once; media are read when asked for."""

    def find(self, ids: Sequence[str]) -> dict[str, Sample]:
        """Those of the samples with these ids that it has."""


class Tables(Protocol):
    """The tables of a run."""

    @property
    def stages(self) -> Sequence[str]:
        """Names of the stages that have a table."""

    def table(self, stage: str) -> Table:
        """The table of a stage.

        Raises:
            BadInput: No stage is called that.
        """


class Exporter(BaseModel):
    """A format; its fields are its options. See the module's head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    takes: ClassVar[tuple[Kind, ...]] = ()
    """Kinds that it can write."""
    reads: ClassVar[tuple[str, ...]] = ()
    """Options that name further stages whose tables it reads."""
    resumes: ClassVar[bool] = False
    """Whether `write` goes on in a folder that it was stopped in, with the same tables and options."""

    @classmethod
    def accepts(cls, kind: Kind) -> bool:
        """Whether it can write a kind: one that it names in `takes`, unless a format judges by more than the name."""
        return kind.name in {taken.name for taken in cls.takes}

    def tables(self) -> dict[str, str]:
        """The further stages it reads, by the option that names them."""
        return {option: stage for option in self.reads if (stage := getattr(self, option))}

    def write(self, samples: Table, folder: Path, run: Tables) -> int:
        """Write all samples of a table.

        Args:
            samples: What to write.
            folder: A folder to write into: empty, or where the format `resumes` as it was left.
            run: The run's other tables.

        Returns:
            How many records were written.

        Raises:
            BadInput: The samples or the options do not fit the format.
        """
        raise NotImplementedError  # abstract
