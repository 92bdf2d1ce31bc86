"""Where a run lives: one Lance table and one ledger a stage, artifacts, tombstones, exports.

    <run>/run.json            name, seed, versions, recipe
    <run>/tables/STAGE.lance  samples, in the order in which their inputs stand
    <run>/ledger/STAGE.lance  what became of every input
    <run>/artifacts.lance     models, splats, indexes that samples were made with
    <run>/tombstones.lance    what was rolled back
    <run>/exports/NAME/       files for others to read

The invariant that makes a run safe to kill: a sample is part of the run if and only if its origin has a row in the
ledger. Samples are appended first, ledger rows second, each in one atomic commit; what a kill leaves between the two is
swept away when the stage is next opened (`Shelf.sweep`), and its inputs are processed again.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lance
import pyarrow as pa
import pyarrow.compute as pc

from multisynth.artifact import Artifact
from multisynth.errors import BadInput, nearest
from multisynth.kinds import KINDS, Column, Kind
from multisynth.process import LEDGER
from multisynth.sample import Batch, Sample

if TYPE_CHECKING:
    from lance.fragment import FragmentMetadata

ARTIFACTS = pa.schema([
    ("id", pa.string()), ("kind", pa.string()), ("name", pa.string()), ("license", pa.string()),
    ("parents", pa.list_(pa.string())), ("stage", pa.string()),
])  # fmt: skip
TOMBSTONES = pa.schema([
    ("rollback", pa.string()), ("stage", pa.string()), ("id", pa.string()), ("version", pa.uint64()),
    ("ancestor", pa.string()), ("reason", pa.string()), ("at", pa.timestamp("us", "UTC")),
])  # fmt: skip

_IDS_AT_ONCE = 5000


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
        self.kind = _kind(self.dataset.schema)

    def __len__(self) -> int:
        return int(self.dataset.count_rows())

    @property
    def version(self) -> int:
        """The Lance version that this is."""
        return int(self.dataset.version)

    def column(self, name: str) -> pa.Array:
        """A column that is not media, whole."""
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

    def _plain(self, columns: Sequence[str] | None = None) -> list[str]:
        names = [field.name for field in self.kind.schema if field.name not in self.kind.media]
        return names if columns is None else [name for name in names if name == "id" or name in columns]

    def find(self, ids: Sequence[str]) -> dict[str, Sample]:
        """The samples with these ids, by id; ids that are not here are left out."""
        found: dict[str, Sample] = {}
        for part in _parts(ids):
            where = f"id IN ({part})"
            table = self.dataset.to_table(columns=self._plain(), filter=where, scan_in_order=True)

            def load(column: str, where: str = where) -> pa.Array:
                scanner = self.dataset.scanner(
                    columns=[column], filter=where, blob_handling="all_binary", scan_in_order=True
                )
                return scanner.to_table().column(column).combine_chunks()

            found |= {sample.id: sample for sample in Batch(self.kind, table, load)}
        return found

    def select(self, ids: pa.Array) -> Iterator[pa.RecordBatch]:
        """The rows with these ids, media and all, in the table's order."""
        scanner = self.dataset.scanner(batch_size=256, blob_handling="all_binary", scan_in_order=True)
        for batch in scanner.to_batches():
            table = pa.table(batch).filter(pc.is_in(batch.column("id"), ids))
            yield from table.cast(self.kind.schema).to_batches()


class Shelf:
    """One stage's place in a store: its table and its ledger."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.table_uri, self.ledger_uri = str(root / "tables" / f"{name}.lance"), str(root / "ledger" / f"{name}.lance")

    def exists(self) -> bool:
        """Whether the stage ever began."""
        return Path(self.ledger_uri).exists() and Path(self.table_uri).exists()

    def table(self, version: int | None = None) -> Table:
        """The samples."""
        return Table(self.table_uri, self.name, version)

    def ledger(self, columns: list[str] | None = None) -> pa.Table:
        """The ledger, in the order in which inputs were done."""
        return lance.dataset(self.ledger_uri).to_table(columns=columns, scan_in_order=True)

    def marks(self) -> dict[str, str]:
        """The stage's fingerprint when its ledger was begun, and for a `Reduce` the digest of its inputs."""
        metadata = lance.dataset(self.ledger_uri).schema.metadata or {}
        return {key.decode(): value.decode() for key, value in metadata.items()}

    def reset(self, kind: Kind, marks: dict[str, str]) -> None:
        """Empty the stage. Older versions stay readable."""
        for uri, schema in (
            (self.table_uri, kind.schema.with_metadata(_describe(kind))),
            (self.ledger_uri, LEDGER.with_metadata(marks)),
        ):
            lance.write_dataset(schema.empty_table(), uri, mode="overwrite" if Path(uri).exists() else "create")

    def append(self, fragments: Sequence[FragmentMetadata], ledger: pa.Table) -> None:
        """Commit outputs, then the ledger rows that make them count."""
        if fragments:
            version = lance.dataset(self.table_uri).version
            lance.LanceDataset.commit(
                self.table_uri, lance.LanceOperation.Append(list(fragments)), read_version=version
            )
        if ledger.num_rows:
            lance.write_dataset(ledger, self.ledger_uri, mode="append")

    def sweep(self) -> int:
        """Delete samples whose origin is not in the ledger; return how many there were."""
        origins = self.table().column("origin")
        done = self.ledger(["input"]).column("input").combine_chunks()
        stray = pc.unique(origins.filter(pc.invert(pc.is_in(origins, done))))
        self._delete("origin", stray.to_pylist())
        return len(stray)

    def forget(self, inputs: Sequence[str]) -> None:
        """Take inputs off the ledger, and what was made of them out of the table."""
        for part in _parts(inputs):
            lance.dataset(self.ledger_uri).delete(f"input IN ({part})")
        self._delete("origin", inputs)

    def arrange(self, parts: Sequence[tuple[Table, pa.Array]]) -> None:
        """Replace the table by these rows of these versions, in one commit."""
        schema = parts[0][0].dataset.schema
        batches = (
            pa.RecordBatch.from_arrays(batch.columns, schema=schema)
            for table, ids in parts
            for batch in table.select(ids)
        )
        lance.write_dataset(pa.RecordBatchReader.from_batches(schema, batches), self.table_uri, mode="overwrite")

    def delete(self, ids: Sequence[str]) -> None:
        """Delete samples by id, leaving the ledger alone."""
        self._delete("id", ids)

    def _delete(self, column: str, values: Sequence[str]) -> None:
        for part in _parts(values):
            lance.dataset(self.table_uri).delete(f"{column} IN ({part})")

    def mark(self, inputs: Sequence[str], status: str, reason: str) -> None:
        """Change the status of ledger rows."""
        for part in _parts(inputs):
            values = {"status": _quote(status), "reason": _quote(reason)}
            lance.dataset(self.ledger_uri).update(values, where=f"input IN ({part})")


class Store:
    """A run's folder.

    Args:
        root: The folder.

    Raises:
        BadInput: There is no run, when one is expected.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, root: Path) -> Store:
        """The store of a run that exists."""
        if not (root / "run.json").is_file():
            raise BadInput(f"{root} holds no run", "give the folder that `multisynth run … --out` wrote")
        return cls(root)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run: two writers at once are refused. The lock dies with the process."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BadInput(
                    f"{self.root} is being written by another process", "wait for it, or choose another --out"
                ) from None
            yield

    @property
    def info(self) -> dict[str, Any]:
        """What `run.json` says."""
        info: dict[str, Any] = json.loads((self.root / "run.json").read_text())
        return info

    def write_info(self, info: dict[str, Any]) -> None:
        """Replace `run.json` at once."""
        replacement = self.root / ".run.json"
        replacement.write_text(json.dumps(info, indent=2) + "\n")
        replacement.replace(self.root / "run.json")

    @property
    def stages(self) -> list[str]:
        """The stages of the recipe that have begun, in its order."""
        return [name for name in self.info["stages"] if self.shelf(name).exists()]

    def shelf(self, stage: str) -> Shelf:
        """A stage's table and ledger."""
        return Shelf(self.root, stage)

    def table(self, stage: str) -> Table:
        """A stage's samples.

        Raises:
            BadInput: The run has no such stage, or it has not begun.
        """
        if stage not in self.info["stages"]:
            raise BadInput(f"the run has no stage `{stage}`", nearest(stage, list(self.info["stages"])))
        if not self.shelf(stage).exists():
            raise BadInput(f"stage `{stage}` has not run yet", "run the recipe first")
        return self.shelf(stage).table()

    def ledger(self) -> pa.Table:
        """The whole ledger."""
        return pa.concat_tables([LEDGER.empty_table(), *(self.shelf(s).ledger().cast(LEDGER) for s in self.stages)])

    def add_artifacts(self, artifacts: Sequence[Artifact], stage: str) -> None:
        """Enter artifacts into the lineage; those already there stay as they are."""
        known = {(row["id"], row["stage"]) for row in self.artifacts()}
        rows = [
            {
                "id": a.id,
                "kind": a.kind,
                "name": a.name,
                "license": a.license,
                "parents": list(a.parents),
                "stage": stage,
            }
            for a in artifacts
            if (a.id, stage) not in known
        ]
        if rows:
            _append(pa.Table.from_pylist(rows, ARTIFACTS), self.root / "artifacts.lance")

    def artifacts(self) -> list[dict[str, Any]]:
        """All artifacts, with the stage that uses them."""
        path = self.root / "artifacts.lance"
        return list(lance.dataset(str(path)).to_table().to_pylist()) if path.exists() else []

    def tombstones(self) -> pa.Table:
        """What was rolled back and not restored."""
        path = self.root / "tombstones.lance"
        return lance.dataset(str(path)).to_table() if path.exists() else TOMBSTONES.empty_table()

    def withheld(self, stage: str) -> frozenset[str]:
        """Ids that a stage must not make again."""
        table = self.tombstones()
        return frozenset(table.filter(pc.equal(table["stage"], stage)).column("id").to_pylist())

    def bury(self, rows: Sequence[dict[str, Any]]) -> None:
        """Add tombstones, all in one commit."""
        now = datetime.now(UTC)
        table = pa.Table.from_pylist([{**row, "at": now} for row in rows], TOMBSTONES)
        _append(table, self.root / "tombstones.lance")

    def exhume(self, rollback: str) -> None:
        """Take the tombstones of a rollback away."""
        lance.dataset(str(self.root / "tombstones.lance")).delete(f"rollback = {_quote(rollback)}")


def _append(table: pa.Table, path: Path) -> None:
    lance.write_dataset(table, str(path), mode="append" if path.exists() else "create")


def _describe(kind: Kind) -> dict[str, str]:
    return {"kind": kind.name, "text": kind.text or "", "image": kind.image or ""}


def _kind(schema: pa.Schema) -> Kind:
    """The kind of a table: the project's own, or read back from the schema where a stage brought its own kind."""
    metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    name = metadata["kind"]
    if name in KINDS:
        return KINDS[name]
    from multisynth.kinds import COMMON

    columns = {}
    for field in schema:
        notes = field.metadata or {}
        if field.name not in COMMON:
            columns[field.name] = Column(
                field.type, notes.get(b"doc", b"").decode(), media=b"lance-encoding:blob" in notes
            )
    return Kind(name, columns, metadata["text"] or None, metadata["image"] or None)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _parts(values: Sequence[str]) -> Iterator[str]:
    """SQL lists of at most a few thousand values each."""
    for start in range(0, len(values), _IDS_AT_ONCE):
        yield ", ".join(_quote(value) for value in values[start : start + _IDS_AT_ONCE])
