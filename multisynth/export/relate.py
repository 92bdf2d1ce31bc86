"""Which sample of one table belongs to which of another: the clip of an episode, the clip of a caption.

A filter hands samples on under new ids, so ids alone do not tell. Two samples belong together where both go back to the
same original: the first, in the chain of origins, of a run of samples with equal content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from multisynth.export.exporter import Table, Tables
from multisynth.kinds import Kind
from multisynth.sample import Sample

LINEAGE = ("id", "kind", "origin", "content_hash")
_AT_ONCE = 256


@dataclass(frozen=True)
class _Node:
    kind: str
    origin: str
    content: str


def originals(
    samples: Iterable[Sample], kinds: Sequence[Kind], run: Tables
) -> Iterator[tuple[Sample, tuple[str | None, ...]]]:
    """Each sample with the original, of each of some kinds, that it is or was made from.

    Args:
        samples: With the columns `LINEAGE`.
        kinds: What to look for among a sample and its origins; the nearest of a kind counts.
        run: Where the origins are.

    Yields:
        The sample, and for each kind the id of the original, or None where it has none.
    """
    stream = iter(samples)
    tables = [run.table(stage) for stage in run.stages]
    while part := list(islice(stream, _AT_ONCE)):
        nodes = {sample.id: _node(sample) for sample in part}
        wanted = {node.origin for node in nodes.values()}
        while missing := [origin for origin in sorted(wanted) if origin not in nodes and not _is_ordinal(origin)]:
            found = _find(missing, tables)
            nodes |= found
            wanted = {node.origin for node in found.values()}
        for sample in part:
            yield sample, tuple(_original(sample.id, kind, nodes) for kind in kinds)


def _original(sample_id: str, kind: Kind, nodes: dict[str, _Node]) -> str | None:
    here: str = sample_id
    while here in nodes and nodes[here].kind != kind.name:
        here = nodes[here].origin
    if here not in nodes:
        return None
    before = nodes.get(nodes[here].origin)
    while before is not None and (before.kind, before.content) == (kind.name, nodes[here].content):
        here = nodes[here].origin
        before = nodes.get(nodes[here].origin)
    return here


def _find(ids: list[str], tables: list[Table]) -> dict[str, _Node]:
    found: dict[str, _Node] = {}
    for table in tables:
        found |= {sample_id: _node(sample) for sample_id, sample in table.find(ids).items()}
    return found


def _node(sample: Sample) -> _Node:
    return _Node(sample["kind"], sample["origin"], sample["content_hash"])


def _is_ordinal(origin: str) -> bool:
    """A source's ordinal is in decimal; ids have 32 digits, which no ordinal reaches."""
    return origin.isdecimal() and len(origin) < 32
