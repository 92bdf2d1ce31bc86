"""The ancestry of samples: who was made from whom, and how to take an ancestor back with all that came of it.

The graph is the `parents` column of all tables together with the artifacts, in the sense of PROV-DM's `wasDerivedFrom`
(W3C, 2013). Stages are visited in the recipe's order, in which parents come before children.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multisynth.errors import BadInput
from multisynth.store import Shelf, Store, Table


@dataclass(frozen=True)
class Node:
    """A sample or an artifact in the lineage."""

    id: str
    kind: str
    stage: str
    parents: tuple[str, ...]
    gone: bool = False


def trace(store: Store, sample_id: str) -> tuple[Node, list[Node], list[Node]]:
    """A node, its ancestors and its descendants, each list in the order of the stages.

    Raises:
        BadInput: The run knows no such id.
    """
    nodes: dict[str, Node] = {}
    wanted = {sample_id}
    for artifact in store.artifacts():
        if artifact["id"] == sample_id:
            nodes[sample_id] = Node(sample_id, artifact["kind"], artifact["stage"], tuple(artifact["parents"]))
    for stage in reversed(store.stages):
        for node in _named(stage, store.table(stage), wanted):
            nodes[node.id] = node
            wanted.update(node.parents)
    if sample_id not in nodes:
        raise BadInput(
            f"the run knows no id {sample_id}{_fate(store, sample_id)}", "`multisynth inspect RUN STAGE` lists ids"
        )
    known = {artifact["id"]: artifact for artifact in store.artifacts()}
    ancestors = [node for node in nodes.values() if node.id != sample_id]
    ancestors += [
        Node(i, known[i]["kind"], known[i]["stage"], tuple(known[i]["parents"]))
        for i in known
        if i in wanted and i not in nodes
    ]
    found = _descendants(store, sample_id)
    descendants = [
        node for stage, ids in found.items() for node in _named(stage, store.table(stage), set(ids) - {sample_id})
    ]
    return nodes[sample_id], ancestors[::-1], descendants


@dataclass(frozen=True)
class Rollback:
    """What a rollback took away.

    Args:
        id: By which `restore` undoes it.
        ancestor: The sample or artifact that was taken back.
        reason: Why.
        removed: How many samples of each stage.
        models: Artifacts that were made from any of them, and are tainted.
        exports: Exports that still hold some of them, until the next run writes them again.
    """

    id: str
    ancestor: str
    reason: str
    removed: dict[str, int] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


def rollback(store: Store, ancestor: str, reason: str) -> Rollback:
    """Take a sample or an artifact back with everything made from it, in every table.

    Tombstones are committed first, so a kill at any instant leaves a rollback that `settle` finishes. A later run does
    not make the samples again.

    Args:
        store: The run.
        ancestor: The id to take back.
        reason: Kept with the tombstones and on the ledger.

    Raises:
        BadInput: The run knows no such id.
    """
    settle(store)
    doomed = _descendants(store, ancestor)
    artifacts = store.artifacts()
    if not doomed and ancestor not in {artifact["id"] for artifact in artifacts}:
        raise BadInput(
            f"the run knows no id {ancestor}{_fate(store, ancestor)}", "`multisynth inspect RUN STAGE` lists ids"
        )
    count = len(set(store.tombstones().column("rollback").to_pylist()))
    name = "rb-" + hashlib.blake2b(f"{ancestor} {count}".encode(), digest_size=5).hexdigest()
    gone = {sample_id for ids in doomed.values() for sample_id in ids} | {ancestor}
    result = Rollback(
        name, ancestor, reason,
        {stage: len(ids) for stage, ids in doomed.items()},
        [artifact["id"] for artifact in artifacts if gone.intersection(artifact["parents"])],
        [export for export, block in store.info["exports"].items() if doomed.get(block["from"])],
    )  # fmt: skip
    rows = [
        {
            "rollback": name,
            "stage": stage,
            "id": i,
            "version": store.table(stage).version,
            "ancestor": ancestor,
            "reason": reason,
        }
        for stage, ids in doomed.items()
        for i in ids
    ]
    store.bury(rows)
    settle(store)
    return result


def settle(store: Store) -> None:
    """Make the tables agree with the tombstones: what is buried is not in them, and the ledger says so."""
    tombstones = store.tombstones()
    for stage in store.stages:
        buried = tombstones.filter(pc.equal(tombstones["stage"], stage))
        if not buried.num_rows:
            continue
        shelf = store.shelf(stage)
        table = shelf.table().dataset.to_table(columns=["id", "origin"])
        here = table.filter(pc.is_in(table["id"], buried.column("id").combine_chunks()))
        if not here.num_rows:
            continue
        shelf.delete(here.column("id").to_pylist())
        left = shelf.table().column("origin")
        emptied = pc.unique(here.column("origin").combine_chunks())
        emptied = emptied.filter(pc.invert(pc.is_in(emptied, left)))
        reason = buried.column("reason")[0].as_py()
        shelf.mark(emptied.to_pylist(), "rolled_back", f"rolled back: {reason}")


def restore(store: Store, name: str) -> dict[str, int]:
    """Undo a rollback: bring its samples back, in their places, from the versions before it.

    Returns:
        How many samples came back, by stage.

    Raises:
        BadInput: There is no such rollback, or older versions were cleaned away.
    """
    tombstones = store.tombstones()
    mine = tombstones.filter(pc.equal(tombstones["rollback"], name))
    if not mine.num_rows:
        known = sorted(set(tombstones.column("rollback").to_pylist()))
        raise BadInput(f"there is no rollback `{name}`", f"known: {', '.join(known) or 'none'}")
    others = tombstones.filter(pc.not_equal(tombstones["rollback"], name)).column("id").combine_chunks()
    counts = {}
    for stage in dict.fromkeys(mine.column("stage").to_pylist()):
        rows = mine.filter(pc.equal(mine["stage"], stage))
        ids = rows.column("id").combine_chunks()
        ids = ids.filter(pc.invert(pc.is_in(ids, others)))
        counts[stage] = _bring_back(store.shelf(stage), ids, rows.column("version")[0].as_py())
    store.exhume(name)
    return counts


def _bring_back(shelf: Shelf, ids: pa.Array, version: int) -> int:
    """Put rows back where they stood: in the order of the version before, with what came since behind them."""
    now = shelf.table()
    try:
        before = shelf.table(version)
    except ValueError as error:
        raise BadInput(
            f"version {version} of `{shelf.name}` is gone: {error}", "it was cleaned away; run the recipe anew"
        ) from None
    present, old = now.column("id"), before.column("id")
    wanted = old.filter(pc.or_(pc.is_in(old, ids), pc.is_in(old, present)))
    missing = wanted.filter(pc.invert(pc.is_in(wanted, present)))
    newer = present.filter(pc.invert(pc.is_in(present, old)))
    if len(missing):
        shelf.arrange([(before, wanted), (now, newer)])
    origins = before.dataset.to_table(columns=["id", "origin"])
    origins = origins.filter(pc.is_in(origins["id"], missing)).column("origin").combine_chunks()
    shelf.mark(pc.unique(origins).to_pylist(), "kept", "restored")
    return len(missing)


def _descendants(store: Store, ancestor: str) -> dict[str, list[str]]:
    """The ids to which a path of parents leads from `ancestor`, itself included where it is a sample, by stage."""
    doomed = pa.array([ancestor])
    found: dict[str, list[str]] = {}
    artifacts = store.artifacts()
    for stage in store.stages:
        tainted = [a["id"] for a in artifacts if set(a["parents"]) & set(doomed.to_pylist())]
        doomed = pa.concat_arrays([doomed, pa.array(tainted, pa.string())])
        table = store.table(stage).dataset.to_table(columns=["id", "parents"], scan_in_order=True).combine_chunks()
        if not table.num_rows:
            continue
        parents = table.column("parents").chunk(0)
        hits = pc.list_parent_indices(parents).filter(pc.is_in(pc.list_flatten(parents), doomed))
        mask = pc.or_(
            pc.is_in(pa.array(range(table.num_rows), pa.int64()), pc.cast(hits, pa.int64())),
            pc.is_in(table["id"], doomed),
        )
        ids = table.column("id").filter(mask).combine_chunks()
        if len(ids):
            found[stage] = ids.to_pylist()
            doomed = pa.concat_arrays([doomed, ids])
    return found


def _named(stage: str, table: Table, ids: set[str]) -> Iterator[Node]:
    if ids:
        for sample in table.find(sorted(ids)).values():
            yield Node(sample.id, table.kind.name, stage, tuple(sample["parents"]))


def _fate(store: Store, sample_id: str) -> str:
    rows: list[dict[str, Any]] = store.tombstones().filter(pc.field("id") == sample_id).to_pylist()
    return f"; {rows[0]['rollback']} took it back: {rows[0]['reason']}" if rows else ""
