"""The ancestry of samples: who was made from whom, and how to take an ancestor back with all that came of it.

The graph is the `parents` column of all tables, withdrawn samples included, together with the artifacts, in the sense
of PROV-DM's `wasDerivedFrom` (W3C, 2013).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import MODEL
from multisynth.store import Store
from multisynth.tables import Table


@dataclass(frozen=True)
class Node:
    """A sample or an artifact in the lineage.

    Args:
        id: Of it.
        kind: Of the sample, or of the artifact.
        stage: That made it, or that works with it.
        parents: What it was made from.
        origin: The input, as the ledger names it, that a sample was made from.
    """

    id: str
    kind: str
    stage: str
    parents: tuple[str, ...]
    origin: str = ""


def trace(store: Store, sample_id: str) -> tuple[Node, list[Node], list[Node]]:
    """A node, its ancestors and its descendants, each list in the order of the stages.

    Raises:
        BadInput: The run knows no such id, or it was taken back.
    """
    artifacts = {
        row["id"]: Node(row["id"], row["kind"], row["stage"], tuple(row["parents"])) for row in store.artifacts()
    }
    found: dict[str, Node] = {}
    wanted = {sample_id}
    for stage in reversed(store.stages):
        for node in _named(stage, store.table(stage), wanted):
            found[node.id] = node
            wanted.update(node.parents)
    made_with = [artifacts[name] for name in artifacts if name in wanted]
    itself = found.pop(sample_id, artifacts.get(sample_id))
    if itself is None:
        raise unknown(store, sample_id)
    descendants = _closure(store, [sample_id])
    below = [n for s in store.stages for n in _named(s, store.table(s), descendants.get(s, set()) - {sample_id})]
    above = [node for node in made_with if node.id != sample_id] + list(found.values())[::-1]
    return itself, above, below


@dataclass(frozen=True)
class Tainted:
    """A model that learned from what was taken back.

    Args:
        id: Of the sample or the artifact.
        stage: Whose sample it is, or that works with the artifact.
        removed: Whether it was taken back as well, as samples are; copies that were exported are still where they are.
    """

    id: str
    stage: str
    removed: bool


@dataclass(frozen=True)
class Rollback:
    """What a rollback took away.

    Args:
        id: By which `restore` undoes it.
        ancestor: The sample or artifact that was taken back.
        reason: Why.
        removed: How many samples of each stage.
        models: What learned from any of them, and is tainted.
        exports: Exports that still hold some of them, until they are written again.
    """

    id: str
    ancestor: str
    reason: str
    removed: dict[str, int] = field(default_factory=dict)
    models: list[Tainted] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


def rollback(store: Store, ancestor: str, reason: str) -> Rollback:
    """Take a sample or an artifact back with everything made from it, in every table, those of former stages included.

    The rollback is put in force in one commit, and `settle` brings the tables into step with it; a kill between is
    made good by the next command. Ledger rows stay, so a later run does not make the samples again.

    Args:
        store: The run.
        ancestor: The id to take back.
        reason: Kept with the rollback.

    Raises:
        BadInput: The run knows no such id, or it was taken back before.
    """
    settle(store)
    artifacts = store.artifacts()
    if ancestor not in {row["id"] for row in artifacts} and not any(
        ancestor in s.table().find([ancestor]) for s in store.shelves()
    ):
        raise unknown(store, ancestor)
    before = _closure(store, [row["ancestor"] for row in store.rollbacks()])
    name = f"rb-{uuid.uuid4().hex[:8]}"
    store.add_rollback(name, ancestor, reason)
    removed = settle(store)
    after = _closure(store, [row["ancestor"] for row in store.rollbacks()])

    def new(stage: str) -> set[str]:
        return after.get(stage, set()) - before.get(stage, set()) - {ancestor}

    tainted = [
        Tainted(one, shelf.name, removed=True)
        for shelf in store.shelves()
        if shelf.table().kind.name == MODEL.name
        for one in sorted(new(shelf.name))
    ]
    tainted += [Tainted(row["id"], row["stage"], removed=False) for row in artifacts if row["id"] in new(_ARTIFACTS)]
    return Rollback(name, ancestor, reason, removed, tainted, _exports_of(store, set(removed)))


def restore(store: Store, name: str) -> dict[str, int]:
    """Undo a rollback: its samples stand in their places again, but for those that another rollback still holds.

    A `Reduce` that ran in between decides anew in the next run.

    Returns:
        How many samples came back, by stage.

    Raises:
        BadInput: No such rollback is in force.
    """
    known = [row["rollback"] for row in store.rollbacks()]
    if name not in known:
        raise BadInput(f"there is no rollback `{name}`", f"in force: {', '.join(known) or 'none'}")
    before = {shelf.name: len(shelf.table()) for shelf in store.shelves()}
    store.drop_rollback(name)
    settle(store)
    after = {shelf.name: len(shelf.table()) for shelf in store.shelves()}
    return {stage: after[stage] - count for stage, count in before.items() if after[stage] > count}


def settle(store: Store) -> dict[str, int]:
    """Bring the tables into step with the rollbacks in force; return how many samples each stage lost.

    What descends from a rolled-back ancestor is withdrawn; what is withdrawn and no longer does comes back, into its
    place. Called at the beginning of every command that writes, it also finishes what a kill interrupted.
    """
    roots = [row["ancestor"] for row in store.rollbacks()]
    lost: dict[str, int] = {}
    if not roots and not (store.root / "withdrawn").exists():
        return lost
    doomed, returned = _closure(store, roots), False
    for shelf in store.shelves():
        mine = pa.array(sorted(doomed.get(shelf.name, ())), pa.string())
        present = shelf.table().column("id")
        going = present.filter(pc.is_in(present, mine))
        if len(going):
            shelf.withdraw(going)
            lost[shelf.name] = len(going)
        away = shelf.withdrawn()
        if away is not None:
            ids = away.column("id")
            back = ids.filter(pc.invert(pc.is_in(ids, mine)))
            shelf.give_back(back)
            returned = returned or len(back) > 0
    if returned:
        for stage in store.stages:
            if all(store.shelf(feed).exists() for feed in store.info["stages"][stage]["from"]):
                store.shelf(stage).arrange(pa.concat_arrays(store.inputs(stage)))
    return lost


def held_back(store: Store, ancestor: str) -> int:
    """How many withdrawn samples descend from an ancestor, itself included."""
    doomed = _closure(store, [ancestor])
    ids = pa.array(
        [sample_id for stage, found in doomed.items() if stage != _ARTIFACTS for sample_id in found], pa.string()
    )
    return int(pc.sum(pc.is_in(store.withdrawn([shelf.name for shelf in store.shelves()]), ids)).as_py() or 0)


def refuse_withdrawn(store: Store, stage: str, artifacts: tuple[Artifact, ...]) -> None:
    """See to it that nothing is made with an artifact that was taken back.

    Raises:
        BadInput: One of them was, or was made from what was.
    """
    taken = _closure(store, [row["ancestor"] for row in store.rollbacks()])[_ARTIFACTS]
    for artifact in artifacts:
        if artifact.id in taken:
            raise BadInput(
                f"stage `{stage}` works with {artifact.name} ({artifact.id[:19]}…), which was taken back",
                "use another, or `multisynth restore` the rollback",
            )


_ARTIFACTS = "artifacts.lance"


def _closure(store: Store, roots: list[str]) -> dict[str, set[str]]:
    """The roots and all to which parents lead from them, by stage, withdrawn samples too; and the artifacts."""
    doomed, found = set(roots), dict[str, set[str]]({_ARTIFACTS: set()})
    if not roots:
        return found
    tables = {
        shelf.name: [t.family() for t in (shelf.table(), shelf.withdrawn()) if t is not None]
        for shelf in store.shelves()
    }
    artifacts = store.artifacts()
    grown = True
    while grown:  # one more time only where stages no longer stand in the order of their feeding
        size = len(doomed)
        found[_ARTIFACTS] |= {a["id"] for a in artifacts if a["id"] in doomed or doomed.intersection(a["parents"])}
        doomed |= found[_ARTIFACTS]
        for stage, families in tables.items():
            for family in families:
                ids = _hit(family, pa.array(sorted(doomed), pa.string()))
                found.setdefault(stage, set()).update(ids)
                doomed.update(ids)
        grown = len(doomed) > size
    return found


def _hit(family: pa.Table, doomed: pa.Array) -> list[str]:
    """Ids of rows that are doomed themselves or have a doomed parent."""
    if not family.num_rows:
        return []
    parents = family.column("parents").chunk(0)
    rows = pc.list_parent_indices(parents).filter(pc.is_in(pc.list_flatten(parents), doomed))
    numbers = pa.array(range(family.num_rows), pa.int64())
    mask = pc.or_(pc.is_in(numbers, pc.cast(rows, pa.int64())), pc.is_in(family["id"], doomed))
    return list(family.column("id").filter(mask).to_pylist())


def _named(stage: str, table: Table, ids: set[str]) -> Iterator[Node]:
    if ids:
        for sample in table.find(sorted(ids)).values():
            yield Node(sample.id, table.kind.name, stage, tuple(sample["parents"]), sample["origin"])


def _exports_of(store: Store, stages: set[str]) -> list[str]:
    """Exports on disk that were written from one of these stages."""
    names = sorted(sidecar.stem for sidecar in (store.root / "exports").glob("*.json"))
    return [name for name in names if stages & set(store.export(name).get("tables", ()))]


def unknown(store: Store, sample_id: str) -> BadInput:
    """What to say of an id that no table has: whether a rollback took it."""
    for row in store.rollbacks():
        if any(sample_id in ids for ids in _closure(store, [row["ancestor"]]).values()):
            what = f"{sample_id} was taken back by {row['rollback']}: {row['reason']}"
            return BadInput(what, f"`multisynth restore {store.root} {row['rollback']}` brings it back")
    return BadInput(f"the run knows no id {sample_id}", "`multisynth inspect RUN STAGE` lists ids")
