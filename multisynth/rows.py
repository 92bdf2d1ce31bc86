"""From what a stage yields to rows of its table: id, parents, seed and content hash are given here and nowhere else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from multisynth import seeds
from multisynth.kinds import Column, Kind, decode, encode
from multisynth.sample import Batch, Sample


@dataclass(frozen=True)
class Birth:
    """What all samples of a stage have in common.

    Args:
        stage: The stage's name in the recipe.
        fingerprint: Hash of all that decides what the stage makes.
        run_seed: The run's seed.
        kind: What the stage makes.
        artifacts: Ids of the artifacts that everything is made with.
        license: For samples that have no parent to inherit it from.
        by_content: Whether ids also hash content, weight and meta. What a `Reduce` makes of one input depends on all
            of them, so origin and ordinal do not tell whether it is still the same, and what follows must notice.
    """

    stage: str
    fingerprint: str
    run_seed: int
    kind: Kind
    artifacts: tuple[str, ...] = ()
    license: str = ""
    by_content: bool = False


def origin_key(origin: Sample | int) -> str:
    """An input as ledger and `origin` column name it."""
    return str(origin) if isinstance(origin, int) else origin.id


def to_table(birth: Birth, samples: Sequence[Sample], ordinals: Sequence[int]) -> pa.Table:
    """The rows of these samples.

    Args:
        birth: What they have in common.
        samples: What the stage yielded.
        ordinals: For each, how many samples of the same origin the stage yielded before it.

    Raises:
        ValueError: A sample is of another kind, or lacks a column, or a value does not fit its column.
    """
    for sample in samples:
        if sample.kind is not birth.kind and sample.kind.name != birth.kind.name:
            raise ValueError(f"stage `{birth.stage}` makes {birth.kind.name}s and yielded a {sample.kind.name}")
    origins = [origin_key(sample.origin) for sample in samples]
    parents = [
        [*(() if isinstance(sample.origin, int) else (origin,)), *sample.parents, *birth.artifacts]
        for sample, origin in zip(samples, origins, strict=True)
    ]
    views = _Views.of(samples)
    ancestors = _Views.of([sample.origin for sample in samples if isinstance(sample.origin, Sample)])
    own = {name: _column(column, name, samples, views) for name, column in birth.kind.columns.items()}
    hashes = views.column("content_hash") if views and not views.changed else pa.array(_content_hashes(birth.kind, own))
    weights = _inherited(samples, ancestors, "weight", 1.0, pa.float32())
    metas = _metas(samples, views)
    ids = [
        _id(birth.fingerprint, names, origin, ordinal)
        for names, origin, ordinal in zip(parents, origins, ordinals, strict=True)
    ]
    if birth.by_content:
        ids = [
            _hash(f"{name}\x1f{content}\x1f{weight!r}\x1f{meta}")
            for name, content, weight, meta in zip(
                ids, hashes.to_pylist(), weights.to_pylist(), metas.to_pylist(), strict=True
            )
        ]
    columns = {
        "id": pa.array(ids),
        "kind": pa.array([birth.kind.name] * len(samples), pa.string()),
        "parents": pa.array(parents, pa.list_(pa.string())),
        "origin": pa.array(origins, pa.string()),
        "ordinal": pa.array(ordinals, pa.int32()),
        "stage": pa.array([birth.stage] * len(samples), pa.string()),
        "seed": pa.array([seeds.seed(birth.run_seed, birth.stage, origin) for origin in origins], pa.uint64()),
        "weight": weights,
        "license": _inherited(samples, ancestors, "license", birth.license, pa.string()),
        "content_hash": hashes,
        "meta": metas,
        **own,
    }
    return pa.Table.from_arrays([columns[field.name] for field in birth.kind.schema], schema=birth.kind.schema)


def _id(fingerprint: str, parents: Sequence[str], origin: str, ordinal: int) -> str:
    return _hash(f"{fingerprint}\x1f{origin}\x1f{ordinal}\x1f{' '.join(parents)}")


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16, person=b"multisynth.id").hexdigest()


@dataclass(frozen=True)
class _Views:
    """Samples that are all rows of one batch, so that columns nobody changed are handed on as Arrow memory."""

    batch: Batch
    rows: list[int]
    changed: frozenset[str]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> _Views | None:
        batch = samples[0].row[0] if samples else None
        if batch is None or any(sample.row[0] is not batch for sample in samples):
            return None
        changed = frozenset(name for sample in samples if sample.values for name in sample.values)
        return cls(batch, [sample.row[1] for sample in samples], changed)

    def column(self, name: str) -> pa.Array:
        array = self.batch.array(name)
        return array if self.rows == list(range(len(array))) else array.take(pa.array(self.rows))


def _column(column: Column, name: str, samples: Sequence[Sample], views: _Views | None) -> pa.Array:
    if views is not None and name not in views.changed:
        return views.column(name)
    try:
        values = [sample[name] for sample in samples]
    except KeyError as missing:
        raise ValueError(str(missing.args[0])) from None
    if not column.optional and any(value is None for value in values):
        raise ValueError(f"column `{name}` ({column.type}): None, and it is not optional")
    try:
        return encode(column, values)
    except ValueError as error:
        raise ValueError(f"column `{name}` ({column.type}): {error}") from None


def _inherited(
    samples: Sequence[Sample], ancestors: _Views | None, name: str, default: Any, dtype: pa.DataType
) -> pa.Array:
    own = [getattr(sample, name) for sample in samples]
    changed = any(value is not None for value in own) or any(getattr(s.origin, name, None) is not None for s in samples)
    if not changed and ancestors is not None and len(ancestors.rows) == len(samples):
        return ancestors.column(name)
    values = [
        value if value is not None else default if isinstance(sample.origin, int) else sample.origin[name]
        for value, sample in zip(own, samples, strict=True)
    ]
    return pa.array(values, dtype)


def _metas(samples: Sequence[Sample], views: _Views | None) -> pa.Array:
    if views is not None and not any(sample.meta_changed for sample in samples):
        return views.column("meta")
    return pa.array([_json(meta) if (meta := sample.meta) else "{}" for sample in samples], pa.string())


_META = json.JSONEncoder(sort_keys=True, allow_nan=False)  # JSON knows neither NaN nor infinity


def _json(meta: dict[str, Any]) -> str:
    try:
        return _META.encode(meta)
    except (TypeError, ValueError):
        for key, value in meta.items():
            try:
                _META.encode({key: value})
            except (TypeError, ValueError) as error:
                raise ValueError(f"meta `{key}`: {error}") from None
        raise


def _content_hashes(kind: Kind, arrays: dict[str, pa.Array]) -> list[str]:
    columns = [_cells(kind.columns[name], array) for name, array in arrays.items()]
    return [_content_hash(row) for row in zip(*columns, strict=True)]


def _content_hash(row: Sequence[bytes | pa.Buffer | None]) -> str:
    from blake3 import blake3  # seven times as fast as BLAKE2b, which media of megabytes notice

    media = [cell for cell in row if isinstance(cell, pa.Buffer)]
    whole = blake3(b"".join(map(_shown, row)))
    for cell in media:
        whole.update(cell)
    return str(whole.hexdigest(length=16))


def _shown(cell: bytes | pa.Buffer | None) -> bytes:
    """A cell after its length; of media the length alone, since they follow."""
    if cell is None:
        return b"-:"
    return b"%d:%b" % (len(cell), cell) if isinstance(cell, bytes) else b"%d:" % len(cell)


def _cells(column: Column, array: pa.Array) -> list[bytes | pa.Buffer | None]:
    """Each cell as bytes that differ where values differ; None for null."""
    dtype = array.type
    if pa.types.is_string(dtype):
        return [None if text is None else text.encode() for text in array.to_pylist()]
    if pa.types.is_large_binary(dtype):
        return [cell.as_buffer() for cell in array]  # media stay where they are
    if column.is_tensor:
        tensors = (decode(column, cell) for cell in array)
        return [None if tensor is None else repr(tensor.shape).encode() + tensor.tobytes() for tensor in tensors]
    if pa.types.is_nested(dtype):  # `str` of times, decimals and bytes is the same everywhere
        return [
            None if value is None else json.dumps(value, sort_keys=True, default=str).encode()
            for value in array.to_pylist()
        ]
    return [None if value is None else repr(value).encode() for value in array.to_pylist()]


def batch_of(birth: Birth, samples: Sequence[Sample]) -> Batch:
    """Fresh samples as a batch with ids, as the next stage would see them."""
    seen: dict[str, int] = {}
    ordinals = []
    for sample in samples:
        key = origin_key(sample.origin)
        ordinals.append(seen.get(key, 0))
        seen[key] = ordinals[-1] + 1
    return Batch(birth.kind, to_table(birth, samples, ordinals))
