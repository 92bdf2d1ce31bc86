"""Samples and batches of them, as stages see them.

A sample that came out of a table is a view of one row: nothing is copied until a stage asks for a column, and what a
stage leaves alone is passed on as Arrow memory. A stage makes new samples with `Sample(KIND, ordinal, column=value)` in
a source, `sample.child(KIND, column=value)` in a map, or hands on the one it got, perhaps with `sample.with_meta(…)`.
The core then gives them id, seed, parents and content hash (`multisynth.rows`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from multisynth.errors import nearest
from multisynth.kinds import COMMON, Column, Kind, decode

_STATED = frozenset({"weight", "license", "parents"})


class Sample:
    """One unit of data.

    Args:
        kind: What it is.
        origin: What it was made from: the sample, or in a source the ordinal.
        parents: Ids of further samples or artifacts that it was made from, besides its origin.
        weight, license, meta: As in `kinds.COMMON`; by default the origin's, and `{}` for `meta`.
        **values: The kind's own columns.
    """

    __slots__ = ("_batch", "_meta", "_row", "kind", "license", "origin", "parents", "values", "weight")

    def __init__(
        self,
        kind: Kind,
        origin: Sample | int,
        *,
        parents: Sequence[str] = (),
        weight: float | None = None,
        license: str | None = None,
        meta: dict[str, Any] | None = None,
        **values: Any,
    ) -> None:
        if not values.keys() <= kind.columns.keys():
            unknown = next(name for name in values if name not in kind.columns)
            raise ValueError(f"a {kind.name} has no column `{unknown}`: {nearest(unknown, list(kind.columns))}")
        self.kind, self.origin, self.parents = kind, origin, tuple(parents)
        self.weight, self.license, self.values = weight, license, values
        self._batch: Batch | None = None
        self._row = -1
        self._meta: dict[str, Any] | None = {} if meta is None else meta

    @classmethod
    def view(cls, batch: Batch, row: int) -> Sample:
        """The sample in one row of a batch."""
        self = cls.__new__(cls)
        self.kind, self.origin, self.parents = batch.kind, self, ()
        self.weight = self.license = None
        self.values = {}
        self._batch, self._row, self._meta = batch, row, None
        return self

    def __getitem__(self, column: str) -> Any:
        """A column's value: plain Python, a numpy array for a tensor, bytes for media.

        `weight`, `license` and `parents` of a sample that a stage has made or changed are those that will be stored;
        artifacts join the parents, and a source's license the samples without one, when it is committed.
        """
        if column in self.values:
            return self.values[column]
        if column in _STATED and (stated := self._stated(column)) is not None:
            return stated
        if self._batch is not None:
            return self._batch.value(column, self._row)
        if column in self.kind.columns and self.kind.columns[column].optional:
            return None
        raise KeyError(f"this {self.kind.name} has no value for `{column}`")

    def _stated(self, column: str) -> Any:
        """What a stage made of `weight`, `license` or `parents`; None where the row, if any, still holds."""
        origin = self.origin
        if column == "parents":
            if origin is self:
                return None
            return [*(() if isinstance(origin, int) else (origin.id,)), *self.parents]
        own = getattr(self, column)
        if own is not None or origin is self:
            return own
        return (1.0 if column == "weight" else None) if isinstance(origin, int) else origin[column]

    @property
    def id(self) -> str:
        """Its id; a sample that a stage is just making has none yet."""
        if self._batch is None:
            raise ValueError("a sample gets its id when it is committed")
        return str(self._batch.value("id", self._row))

    @property
    def meta(self) -> dict[str, Any]:
        """What earlier stages measured."""
        if self._meta is None:
            assert self._batch is not None
            self._meta = json.loads(self._batch.value("meta", self._row))
        return self._meta

    def child(self, kind: Kind, **values: Any) -> Sample:
        """A new sample made from this one; takes what `Sample` takes."""
        return Sample(kind, self, **values)

    def replace(self, *, weight: float | None = None, license: str | None = None, **values: Any) -> Sample:
        """The sample with some of its columns changed; what is made from it inherits its weight and license."""
        new = Sample(
            self.kind,
            self.origin,
            parents=self.parents,
            weight=self.weight if weight is None else weight,
            license=self.license if license is None else license,
            **{**self.values, **values},
        )
        new._batch, new._row, new._meta = self._batch, self._row, self._meta
        return new

    def with_meta(self, **measured: Any) -> Sample:
        """The sample with more in its `meta`."""
        new = self.replace()
        new._meta = {**self.meta, **measured}
        return new

    @property
    def row(self) -> tuple[Batch | None, int]:
        """The batch and row that it is a view of, or `(None, -1)`."""
        return self._batch, self._row

    @property
    def meta_changed(self) -> bool:
        """Whether `meta` may differ from the row's."""
        return self._meta is not None

    def __repr__(self) -> str:
        return f"Sample({self.kind.name}, {self.id if self._batch else 'new'})"


class Drop:
    """A stage's word that an input goes no further.

    Args:
        origin: The sample, or a source's ordinal.
        reason: Why; numbers follow a colon (``redundant: cosine 0.97``), so that reasons can be counted without them.

    Raises:
        TypeError, ValueError: The reason is no string, or says nothing.
    """

    __slots__ = ("origin", "reason")

    def __init__(self, origin: Sample | int, reason: str) -> None:
        if not isinstance(reason, str):
            raise TypeError(f"the reason of a Drop is a sentence, not {reason!r}")
        if not reason.strip():
            raise ValueError("a Drop without a reason")
        self.origin, self.reason = origin, reason


class Batch(Sequence[Sample]):
    """Rows of one kind, in memory but for their media, which are read when first asked for.

    Args:
        kind: What the rows are.
        table: The columns that are not media, one chunk each. [N rows]
        load: Reads a media column of these rows.
    """

    def __init__(self, kind: Kind, table: pa.Table, load: Callable[[str], pa.Array] | None = None) -> None:
        self.kind, self.table, self._load = kind, table.combine_chunks(), load
        self._arrays: dict[str, pa.Array] = {}
        self._lists: dict[str, list[Any]] = {}

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Sample]:
        return (Sample.view(self, row) for row in range(len(self)))

    def __getitem__(self, item: Any) -> Any:
        """`batch[3]` is a sample, `batch[2:5]` a batch, `batch["text"]` a column as a list."""
        if isinstance(item, str):
            return [self.value(item, row) for row in range(len(self))]
        if isinstance(item, slice):
            start, stop, step = item.indices(len(self))
            assert step == 1, "a batch is cut in one piece"
            load = self._load
            return Batch(
                self.kind,
                self.table.slice(start, stop - start),
                None if load is None else lambda column: self.array(column).slice(start, stop - start),
            )
        return Sample.view(self, range(len(self))[item])

    def array(self, column: str) -> pa.Array:
        """A column as one Arrow array.

        Raises:
            KeyError: There is no such column.
            ValueError: It holds more than the 2 GiB that one array of strings or lists can point into.
        """
        if column not in self._arrays:
            if column in self.table.column_names:
                chunks = self.table.column(column)
                if chunks.num_chunks > 1:
                    raise ValueError(f"column `{column}` of {len(self)} samples passes 2 GiB: lower needs.batch_size")
                array = chunks.chunk(0) if chunks.num_chunks else pa.array([], chunks.type)
            elif self._load is not None and column in self.kind.media:
                array = self._load(column)
            else:
                raise KeyError(
                    f"a {self.kind.name} has no column `{column}`: {nearest(column, list(self.kind.schema.names))}"
                )
            self._arrays[column] = array
        return self._arrays[column]

    def value(self, column: str, row: int) -> Any:
        """One cell, decoded."""
        spec = self.column(column)
        if spec.is_tensor or spec.media:
            return decode(spec, self.array(column)[row])
        if column not in self._lists:
            self._lists[column] = self.array(column).to_pylist()
        return self._lists[column][row]

    def column(self, name: str) -> Column:
        """What a column is."""
        return COMMON[name] if name in COMMON else self.kind.columns[name]
