"""Who a few samples come from and what was made of them, found by id: whole tables are never read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from multisynth.store import Store

_AT_ONCE = 500
_PARENTS = 6


@dataclass(frozen=True)
class Relative:
    """A sample's place in the lineage."""

    id: str
    kind: str
    stage: str
    origin: str
    parents: tuple[str, ...]


def ancestors(store: Store, ids: Iterable[str], origins_only: bool = False) -> dict[str, Relative]:
    """These samples and what they were made from, parents before children.

    Args:
        store: The run.
        ids: Samples of the run.
        origins_only: Follow only each sample's origin; otherwise also its other parents, the first few of each.
    """
    wanted, found = set(ids), dict[str, Relative]()
    for stage in reversed(store.stages):  # parents stand in earlier stages
        for relative in rows(store, stage, "id", wanted - found.keys()):
            found[relative.id] = relative
            wanted.update([relative.origin] if origins_only else relative.parents[:_PARENTS])
    return dict(reversed(found.items()))


def captions_of(store: Store, clips: Iterable[str]) -> dict[str, list[Relative]]:
    """The captions of each clip, wherever they were made: from the clip, or from the episode that it shows.

    A caption that a later stage handed on is given once, as its last version.
    """
    clips = list(clips)
    above = ancestors(store, clips, origins_only=True)
    owners: dict[str, set[str]] = {}
    for clip in clips:
        here: str | None = clip
        while here in above:
            owners.setdefault(here, set()).add(clip)
            here = above[here].origin
    superseded: set[str] = set()
    captions: dict[str, Relative] = {}
    for stage in store.stages:
        for relative in rows(store, stage, "origin", set(owners) | set(captions)):
            if relative.id in above:
                continue
            from_episode = relative.origin not in captions and above.get(relative.origin, relative).kind != "clip"
            if relative.kind == "clip" and from_episode:
                continue  # another clip of the same episode
            owners.setdefault(relative.id, set()).update(owners[relative.origin])
            if relative.kind == "caption":
                captions[relative.id] = relative
                superseded.add(relative.origin)
    found: dict[str, list[Relative]] = {clip: [] for clip in clips}
    for relative in captions.values():
        if relative.id not in superseded:
            for clip in owners[relative.id]:
                found[clip].append(relative)
    return found


def inputs_of(store: Store, feeds: Iterable[str], ids: Iterable[str]) -> Mapping[str, str]:
    """Which of the feeding stages holds each of these ids."""
    wanted = set(ids)
    return {relative.id: stage for stage in feeds for relative in rows(store, stage, "id", wanted)}


def rows(store: Store, stage: str, column: str, values: set[str]) -> list[Relative]:
    """A stage's samples that have one of these values in a column, such as `id` or `origin`, in the table's order."""
    if not values or not store.shelf(stage).exists():
        return []
    dataset, ordered, found = store.table(stage).dataset, sorted(values), []
    for start in range(0, len(ordered), _AT_ONCE):
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in ordered[start : start + _AT_ONCE])
        columns = ["id", "kind", "origin", "parents"]
        found += dataset.to_table(columns=columns, filter=f"{column} IN ({listed})", scan_in_order=True).to_pylist()
    return [Relative(row["id"], row["kind"], stage, row["origin"], tuple(row["parents"] or ())) for row in found]
