"""A kind of sample: its columns beside those that every sample has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from multisynth.kinds.column import BLOB, Column

COMMON: Mapping[str, Column] = {
    "id": Column(pa.string(), "hash of stage fingerprint, parents and ordinal; 32 hexadecimal digits"),
    "kind": Column(pa.string(), "name of the kind"),
    "parents": Column(
        pa.list_(pa.string()), "ids of the samples and artifacts it was made from; its origin comes first"
    ),
    "origin": Column(
        pa.string(), "the input it was made from, as the ledger names it: a parent's id, or a source's ordinal"
    ),
    "ordinal": Column(pa.int32(), "0, 1, … among the samples that the stage made from that origin"),
    "stage": Column(pa.string(), "name of the stage in the recipe"),
    "seed": Column(pa.uint64(), "seeds every draw that went into it"),
    "weight": Column(pa.float32(), "training weight, 1 unless a stage says otherwise"),
    "license": Column(pa.string(), "SPDX identifier"),
    "content_hash": Column(pa.string(), "BLAKE3, 128 bits, of its own columns; equal content, equal hash"),
    "meta": Column(pa.string(), "whatever stages measured, as a JSON object"),
}


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of sample.

    Args:
        name: As written in the `kind` column.
        columns: What it holds besides the columns that every sample has.
        text: The column that text stages read, if it has one.
        image: The column that image stages read, if it has one.

    Raises:
        ValueError: A column has the name of one that every sample has.
    """

    name: str
    columns: Mapping[str, Column]
    text: str | None = None
    image: str | None = None

    def __post_init__(self) -> None:
        if taken := COMMON.keys() & self.columns.keys():
            raise ValueError(f"kind `{self.name}`: every sample has a column `{min(taken)}` already")

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of its tables: those that every sample has, then its own."""
        return pa.schema(
            [
                pa.field(name, column.type, metadata={**(BLOB if column.media else {}), "doc": column.doc})
                for name, column in {**COMMON, **self.columns}.items()
            ]
        )

    @cached_property
    def media(self) -> tuple[str, ...]:
        """Names of the columns that are read only when asked for."""
        return tuple(name for name, column in self.columns.items() if column.media)

    def __reduce__(self) -> Any:
        from multisynth.kinds import KINDS, kind

        return (kind, (self.name,)) if self.name in KINDS else super().__reduce__()
