"""One stage's place in a run: its samples, its ledger, and what was withdrawn from it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import lance
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multisynth import tables
from multisynth.kinds import Kind
from multisynth.process import LEDGER
from multisynth.tables import Table

if TYPE_CHECKING:
    from lance.fragment import FragmentMetadata


class Shelf:
    """A stage's tables.

    A sample belongs to the run if and only if its origin is on the ledger: samples are appended first and ledger rows
    second, and what a kill leaves between is swept away. Whatever takes inputs off does so in the other order.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.table_uri = str(root / "tables" / f"{name}.lance")
        self.ledger_uri = str(root / "ledger" / f"{name}.lance")
        self.withdrawn_uri = str(root / "withdrawn" / f"{name}.lance")

    def exists(self) -> bool:
        """Whether the stage ever began."""
        return tables.exists(self.ledger_uri) and tables.exists(self.table_uri)

    def table(self, version: int | None = None) -> Table:
        """The samples."""
        return Table(self.table_uri, self.name, version)

    def withdrawn(self) -> Table | None:
        """The samples that a rollback took away, if any."""
        return Table(self.withdrawn_uri, self.name) if tables.exists(self.withdrawn_uri) else None

    def ledger(self, columns: list[str] | None = None) -> pa.Table:
        """The ledger, in the order of the inputs."""
        with tables.reading(self.ledger_uri):
            return lance.dataset(self.ledger_uri).to_table(columns=columns, scan_in_order=True)

    def ledger_of(self, inputs: Sequence[str]) -> pa.Table:
        """The ledger's rows of these inputs."""
        with tables.reading(self.ledger_uri):
            ledger = lance.dataset(self.ledger_uri)
            parts = [ledger.to_table(filter=f"input IN ({part})") for part in tables.sql_lists(inputs)]
        return pa.concat_tables([ledger.schema.empty_table(), *parts])

    def marks(self) -> dict[str, str]:
        """What the stage was when its ledger was begun: see `execute`."""
        metadata = lance.dataset(self.ledger_uri).schema.metadata or {}
        return {key.decode(): value.decode() for key, value in metadata.items()}

    def columns(self) -> list[str]:
        """The ledger's columns, which another version may have had fewer of."""
        return list(lance.dataset(self.ledger_uri).schema.names)

    def holds(self, kind: Kind) -> bool:
        """Whether the table is one of this very kind, and the ledger has the columns that it has now."""
        same = self.table().dataset.schema.metadata == tables.stored_schema(kind).metadata
        return same and self.columns() == LEDGER.names

    def reset(self, kind: Kind, marks: dict[str, str], keep: pa.Array | None = None) -> None:
        """Begin anew. Older versions of the tables stay readable.

        Args:
            kind: What the stage makes.
            marks: What it is now.
            keep: Inputs that were withdrawn, whose ledger rows stay for the day that they come back. Without it what
                was withdrawn is gone as well.
        """
        schema, kept = LEDGER.with_metadata(marks), LEDGER.empty_table()
        if keep is None:
            shutil.rmtree(self.withdrawn_uri, ignore_errors=True)
        else:
            ledger = self.ledger()
            kept = ledger.filter(pc.is_in(ledger["input"], keep)).cast(LEDGER)
        tables.replace(self.ledger_uri, schema, iter(kept.cast(schema).to_batches()))
        tables.replace(self.table_uri, tables.stored_schema(kind), iter(()))

    def append(self, fragments: Sequence[FragmentMetadata], ledger: pa.Table) -> None:
        """Commit outputs, then the ledger rows that make them count."""
        if fragments:
            version = lance.dataset(self.table_uri).version
            lance.LanceDataset.commit(
                self.table_uri, lance.LanceOperation.Append(list(fragments)), read_version=version
            )
        if ledger.num_rows:
            lance.write_dataset(ledger, self.ledger_uri, mode="append")

    def sweep(self) -> None:
        """Delete samples whose origin is not on the ledger."""
        done = self.ledger(["input"]).column("input").combine_chunks()
        for table in filter(None, (self.table(), self.withdrawn())):
            origins = table.column("origin")
            stray = pc.unique(origins.filter(pc.invert(pc.is_in(origins, done))))
            _delete(table.uri, "origin", stray.to_pylist())

    def forget(self, inputs: Sequence[str]) -> None:
        """Take inputs off the ledger, then what was made of them."""
        _delete(self.ledger_uri, "input", inputs)
        _delete(self.table_uri, "origin", inputs)
        if self.withdrawn() is not None:
            _delete(self.withdrawn_uri, "origin", inputs)

    def withdraw(self, ids: pa.Array) -> None:
        """Move samples out of the table; their rows on the ledger stay, so that they are not made again."""
        table = self.table()
        already = self.withdrawn()
        new = ids if already is None else ids.filter(pc.invert(pc.is_in(ids, already.column("id"))))
        _move(table, new, self.withdrawn_uri)
        _delete(self.table_uri, "id", ids.to_pylist())

    def give_back(self, ids: pa.Array) -> None:
        """Move withdrawn samples back, behind the others; `arrange` puts them in their places."""
        withdrawn = self.withdrawn()
        assert withdrawn is not None
        _move(withdrawn, ids.filter(pc.invert(pc.is_in(ids, self.table().column("id")))), self.table_uri)
        _delete(self.withdrawn_uri, "id", ids.to_pylist())

    def arrange(self, inputs: pa.Array) -> None:
        """Put samples and ledger rows into the order of the inputs, which a run from nothing would have left.

        Extending, retrying and restoring append; this rewrites what then stands out of order, and only then.
        """
        table = self.table()
        order = _sorted_by(table.column("origin"), inputs, table.column("ordinal"))
        if order is not None:
            batches = table.whole_rows(tables.runs(order.tolist()))
            tables.replace(self.table_uri, tables.stored_schema(table.kind), batches)
        ledger = self.ledger()
        order = _sorted_by(ledger.column("input").combine_chunks(), inputs)
        if order is not None:
            schema = LEDGER.with_metadata(self.marks())
            tables.replace(self.ledger_uri, schema, iter(ledger.take(pa.array(order)).cast(schema).to_batches()))


def _sorted_by(names: pa.Array, inputs: pa.Array, ordinals: pa.Array | None = None) -> np.ndarray | None:
    """The rows in the order that `inputs` has, then by ordinal, unknown names last; None if they stand so."""
    places = pc.fill_null(pc.index_in(names, inputs), len(inputs)).to_numpy(zero_copy_only=False).astype(np.int64)
    if ordinals is not None:
        places = (places << 32) + ordinals.to_numpy(zero_copy_only=False)
    return None if bool((np.diff(places) >= 0).all()) else np.argsort(places, kind="stable")


def _move(table: Table, ids: pa.Array, to: str) -> None:
    """Append rows of one table to another."""
    if len(ids):
        schema = tables.stored_schema(table.kind)
        batches = pa.RecordBatchReader.from_batches(table.kind.schema, table.whole_rows(table.ranges_of(ids)))
        if not tables.exists(to):
            tables.replace(to, schema, iter(()))
        lance.write_dataset(batches, to, mode="append")


def _delete(uri: str, column: str, values: Sequence[str]) -> None:
    for part in tables.sql_lists(values):
        lance.dataset(uri).delete(f"{column} IN ({part})")
