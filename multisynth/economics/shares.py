"""What single samples cost, by the ledger's rows of the inputs that they were made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from multisynth.lineage import Node
from multisynth.store import Store


@dataclass(frozen=True)
class Share:
    """A sample's share of what its stage spent on the input that it was made from.

    Args:
        seconds: Worker time, s.
        tokens: Read and written.
        joules: Measured energy, J; None where no meter was readable.
    """

    seconds: float
    tokens: float
    joules: float | None


def shares(store: Store, nodes: Iterable[Node]) -> dict[str, Share]:
    """What was spent on each of these samples in its own stage, by its id; artifacts have no share.

    What an input cost is shared evenly among the samples that were made from it. That of a stage that decides on all
    inputs together, or trains on them, is its own input's, as everywhere.
    """
    by_stage: dict[str, list[Node]] = {}
    for node in nodes:
        if node.origin:
            by_stage.setdefault(node.stage, []).append(node)
    found: dict[str, Share] = {}
    for stage, members in by_stage.items():
        rows = store.shelf(stage).ledger_of(sorted({node.origin for node in members}))
        spent = {row["input"]: row for row in rows.to_pylist()}
        for node in members:
            row = spent.get(node.origin)
            if row is not None:
                part = 1 / max(1, row["outputs"])
                tokens = (row["tokens_read"] or 0) + (row["tokens_written"] or 0)
                joules = None if row["joules"] is None else row["joules"] * part
                found[node.id] = Share(row["seconds"] * part, tokens * part, joules)
    return found
