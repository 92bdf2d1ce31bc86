"""Lance tables of samples: reading them, and keeping their kind with them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import lance
import pyarrow as pa
import pyarrow.compute as pc

from multisynth.errors import BadInput
from multisynth.kinds import COMMON, KINDS, Column, Kind
from multisynth.sample import Batch, Sample

_IDS_AT_ONCE = 5000
_ROWS_AT_ONCE = 256


class Table:
    """The samples of a stage, as committed at one version.

    Args:
        uri: The Lance data set.
        name: The stage's name.
        version: Which version; the latest by default.
    """

    def __init__(self, uri: str, name: str, version: int | None = None) -> None:
        self.uri, self.name = uri, name
        self.dataset = lance.dataset(uri, version=version)
        self.kind = kind_of(self.dataset.schema)

    def __len__(self) -> int:
        return int(self.dataset.count_rows())

    @property
    def version(self) -> int:
        """The Lance version that this is."""
        return int(self.dataset.version)

    def content(self) -> str:
        """A digest of its ids in their order; an id stands for all that its sample is."""
        return hashlib.blake2b("\n".join(self.column("id").to_pylist()).encode(), digest_size=16).hexdigest()

    def column(self, name: str) -> pa.Array:
        """A column that is not media, whole."""
        with reading(self.uri):
            chunks = self.dataset.to_table(columns=[name], scan_in_order=True).column(name)
        return chunks.combine_chunks() if chunks.num_chunks != 1 else chunks.chunk(0)

    def rows(self, start: int, stop: int, columns: Sequence[str] | None = None) -> Batch:
        """The rows [start, stop), media read when asked for.

        Args:
            start: The first row.
            stop: The row after the last.
            columns: Read only these, besides `id` and media; all by default.
        """

        def scan(names: list[str]) -> pa.Table:
            with reading(self.uri):
                return self.dataset.scanner(
                    columns=names, offset=start, limit=stop - start, blob_handling="all_binary", scan_in_order=True
                ).to_table()

        return Batch(
            self.kind, scan(self._plain(columns)), lambda column: scan([column]).column(column).combine_chunks()
        )

    def samples(self, columns: Sequence[str] | None = None, batch_size: int = 64) -> Iterator[Sample]:
        """All samples in the table's order, `batch_size` of them in memory; for `columns` see `rows`."""
        total = len(self)
        for start in range(0, total, batch_size):
            yield from self.rows(start, min(start + batch_size, total), columns)

    def find(self, ids: Sequence[str]) -> dict[str, Sample]:
        """The samples with these ids, by id; ids that are not here are left out."""
        found: dict[str, Sample] = {}
        for part in sql_lists(ids):
            where = f"id IN ({part})"
            with reading(self.uri):
                table = self.dataset.to_table(columns=self._plain(), filter=where, scan_in_order=True)

            def load(column: str, where: str = where) -> pa.Array:
                with reading(self.uri):
                    scanner = self.dataset.scanner(
                        columns=[column], filter=where, blob_handling="all_binary", scan_in_order=True
                    )
                    return scanner.to_table().column(column).combine_chunks()

            found |= {sample.id: sample for sample in Batch(self.kind, table, load)}
        return found

    def family(self) -> pa.Table:
        """Columns `id` and `parents` of all rows, one chunk each."""
        with reading(self.uri):
            return self.dataset.to_table(columns=["id", "parents"], scan_in_order=True).combine_chunks()

    def whole_rows(self, ranges: Sequence[tuple[int, int]]) -> Iterator[pa.RecordBatch]:
        """These ranges of rows, media and all, one after the other, ready to be written to a table of the kind."""
        for first, last in ranges:
            for start in range(first, last, _ROWS_AT_ONCE):
                stop = min(start + _ROWS_AT_ONCE, last)
                scanner = self.dataset.scanner(
                    offset=start, limit=stop - start, blob_handling="all_binary", scan_in_order=True
                )
                yield from scanner.to_table().cast(self.kind.schema).to_batches()

    def ranges_of(self, ids: pa.Array) -> list[tuple[int, int]]:
        """Where the rows with these ids stand, as ranges in the table's order."""
        return runs(pc.indices_nonzero(pc.is_in(self.column("id"), ids)).to_pylist())

    def _plain(self, columns: Sequence[str] | None = None) -> list[str]:
        names = [field.name for field in self.kind.schema if field.name not in self.kind.media]
        return names if columns is None else [name for name in names if name == "id" or name in columns]


def runs(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Row numbers, in the order given, as ranges of neighbours."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row:
            found[-1] = found[-1][0], row + 1
        else:
            found.append((row, row + 1))
    return found


def exists(uri: str) -> bool:
    """Whether a table was ever committed; a folder that a kill left without a version does not count."""
    if not Path(uri).exists():
        return False
    try:
        with reading(uri):
            lance.dataset(uri)
    except ValueError:
        return False
    return True


@contextmanager
def reading(uri: str) -> Iterator[None]:
    """Say of a table that cannot be read what it is and what helps.

    Raises:
        BadInput: Lance cannot read it.
    """
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, RuntimeError) as error:
        theirs = isinstance(error, pa.ArrowException) or "LanceError" in f"{type(error).__name__} {error}"
        if isinstance(error, MemoryError) or not theirs:
            raise
        said = str(error).splitlines()[0][:200]
        raise BadInput(f"is damaged: {said}", "delete this folder and run the recipe again", uri) from error


def replace(uri: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    """Make this the content of a table, in one commit; older versions stay readable."""
    reader = pa.RecordBatchReader.from_batches(schema, batches)
    lance.write_dataset(reader, uri, schema=schema, mode="overwrite" if exists(uri) else "create")


def append(uri: str, table: pa.Table) -> None:
    """Add rows to a table, in one commit; the table is made where there is none."""
    lance.write_dataset(table, uri, mode="append" if exists(uri) else "create")


def stored_schema(kind: Kind) -> pa.Schema:
    """The schema of a kind's table, with all that `kind_of` needs, since Lance keeps no notes on media columns."""
    note = {
        "name": kind.name,
        "text": kind.text,
        "image": kind.image,
        "media": list(kind.media),
        "optional": [name for name, column in kind.columns.items() if column.optional],
        "schema": base64.b64encode(kind.schema.serialize().to_pybytes()).decode(),
    }
    return kind.schema.with_metadata({"kind": json.dumps(note)})


def kind_of(schema: pa.Schema) -> Kind:
    """The kind of a table: the project's own, or read back from the schema where a stage brought its own."""
    note = json.loads(schema.metadata[b"kind"])
    written = pa.ipc.read_schema(pa.BufferReader(base64.b64decode(note["schema"])))
    own = KINDS.get(note["name"])
    if own is not None and own.schema.equals(written):
        return own
    columns = {
        field.name: Column(
            field.type,
            (field.metadata or {}).get(b"doc", b"").decode(),
            media=field.name in note["media"],
            optional=field.name in note["optional"],
        )
        for field in written
        if field.name not in COMMON
    }
    return Kind(note["name"], columns, note["text"], note["image"])


def quote(text: str) -> str:
    """A SQL string."""
    return "'" + text.replace("'", "''") + "'"


def sql_lists(values: Sequence[str]) -> Iterator[str]:
    """SQL lists of at most a few thousand values each."""
    for start in range(0, len(values), _IDS_AT_ONCE):
        yield ", ".join(quote(value) for value in values[start : start + _IDS_AT_ONCE])
