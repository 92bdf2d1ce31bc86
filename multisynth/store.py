"""Where a run lives.

<run>/run.json               name, seed, versions, recipe, how it ended
<run>/tables/STAGE.lance     samples, in the order of the stage's inputs
<run>/ledger/STAGE.lance     what became of every input
<run>/withdrawn/STAGE.lance  samples that a rollback took away
<run>/artifacts.lance        models, splats, indexes that samples were made with
<run>/rollbacks.lance        what was taken back, and why
<run>/exports/NAME/          files for others to read
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import lance
import pyarrow as pa
import pyarrow.compute as pc

from multisynth import tables
from multisynth.artifact import Artifact
from multisynth.errors import BadInput, nearest
from multisynth.process import LEDGER
from multisynth.shelf import Shelf
from multisynth.tables import Table

ARTIFACTS = pa.schema([
    ("id", pa.string()), ("kind", pa.string()), ("name", pa.string()), ("license", pa.string()),
    ("parents", pa.list_(pa.string())), ("stage", pa.string()),
])  # fmt: skip
ROLLBACKS = pa.schema([
    ("rollback", pa.string()), ("ancestor", pa.string()), ("reason", pa.string()), ("at", pa.timestamp("us", "UTC")),
])  # fmt: skip


class Store:
    """A run's folder.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, root: Path) -> Store:
        """The store of a run that exists.

        Raises:
            BadInput: There is none.
        """
        if not (root / "run.json").is_file():
            raise BadInput(f"{root} holds no run", "give the folder that `multisynth run … --out` wrote")
        return cls(root)

    def check_version(self) -> None:
        """See to it that the stages' files are such as this version writes.

        Raises:
            BadInput: Another wrote them.
        """
        told = all({"use", "makes", "from", "reads"} <= stage.keys() for stage in self.info["stages"].values())
        if not told or any(self.shelf(stage).columns() != LEDGER.names for stage in self.stages):
            raise BadInput(
                "was made by another version of multisynth, whose ledger has other columns",
                "run the recipe again with the same --out, or use the version that made it", str(self.root),
            )  # fmt: skip

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run: two writers at once are refused. The lock dies with the process."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            file = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise BadInput(f"{self.root} cannot be a run's folder: {error.strerror}", "choose another --out") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise BadInput(
                f"{self.root} is being written by another process", "wait for it, or choose another --out"
            ) from None
        finally:
            os.close(file)

    @property
    def idle(self) -> bool:
        """Whether no process holds the run. Nothing is written, so that it can be asked of a folder of others."""
        try:
            file = os.open(self.root / ".lock", os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(file)
        return True

    @property
    def state(self) -> str:
        """How the run stands: `running`, `done`, `failed` or `stopped`, as also one that was killed is."""
        told = str(self.info.get("state", "unknown"))
        return "stopped" if told == "running" and self.idle else told

    def export(self, name: str) -> dict[str, Any]:
        """What `exports/NAME.json` says of an export; nothing where it was not written whole."""
        sidecar = self.root / "exports" / f"{name}.json"
        try:
            told = json.loads(sidecar.read_text())
        except (OSError, ValueError):
            return {}
        whole = isinstance(told, dict) and isinstance(told.get("tables"), dict) and isinstance(told.get("records"), int)
        return dict(told) if whole else {}

    @property
    def info(self) -> dict[str, Any]:
        """What `run.json` says.

        Raises:
            BadInput: It cannot be read.
        """
        remedy, where = "run the recipe again with the same --out", str(self.root / "run.json")
        try:
            info: Any = json.loads((self.root / "run.json").read_text())
        except ValueError as error:
            raise BadInput(f"is not JSON: {error}", remedy, where) from None
        stages = info.get("stages") if isinstance(info, dict) else None
        told = isinstance(stages, dict) and all(isinstance(stage, dict) for stage in stages.values())
        if not told or not isinstance(info.get("recipe"), dict) or not isinstance(info.get("folder"), str):
            raise BadInput("is not what a run wrote", remedy, where)
        return dict(info)

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
        """A stage's place."""
        return Shelf(self.root, stage)

    def shelves(self) -> list[Shelf]:
        """Every stage that has tables here: those of the recipe in its order, then those that it no longer has."""
        here = sorted(path.stem for path in (self.root / "ledger").glob("*.lance"))
        known = list(self.info["stages"])
        ordered = sorted(here, key=lambda name: known.index(name) if name in known else len(known))
        return [shelf for name in ordered if (shelf := self.shelf(name)).exists()]

    def table(self, stage: str) -> Table:
        """A stage's samples.

        Raises:
            BadInput: The run has no such stage, or it has not begun.
        """
        known = list(self.info["stages"])
        if stage not in known:
            raise BadInput(f"the run has no stage `{stage}`", nearest(stage, known))
        if not self.shelf(stage).exists():
            raise BadInput(f"stage `{stage}` has not run yet", "run the recipe first")
        return self.shelf(stage).table()

    def ledger(self) -> pa.Table:
        """The whole ledger."""
        return pa.concat_tables([LEDGER.empty_table(), *(self.shelf(s).ledger().cast(LEDGER) for s in self.stages)])

    def inputs(self, stage: str) -> list[pa.Array]:
        """A stage's inputs in their order: ids of each table that feeds it, or a source's ordinals so far."""
        feeds = self.info["stages"][stage]["from"]
        if feeds:
            return [self.shelf(feed).table().column("id") for feed in feeds]
        done = self.shelf(stage).ledger(["input"]).column("input")
        return [pc.cast(pc.cast(done, pa.int64()).combine_chunks().sort(), pa.string())]

    def withdrawn(self, stages: Sequence[str]) -> pa.Array:
        """Ids that rollbacks took out of these stages' tables."""
        found = [table.column("id") for stage in stages if (table := self.shelf(stage).withdrawn()) is not None]
        return pa.concat_arrays(found) if found else pa.array([], pa.string())

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
            tables.append(str(self.root / "artifacts.lance"), pa.Table.from_pylist(rows, ARTIFACTS))

    def artifacts(self) -> list[dict[str, Any]]:
        """All artifacts, with the stage that uses them."""
        return self._rows("artifacts")

    def rollbacks(self) -> list[dict[str, Any]]:
        """The rollbacks in force: id, ancestor, reason and time of each."""
        return self._rows("rollbacks")

    def add_rollback(self, name: str, ancestor: str, reason: str) -> None:
        """Put a rollback in force."""
        row = {"rollback": name, "ancestor": ancestor, "reason": reason, "at": datetime.now(UTC)}
        tables.append(str(self.root / "rollbacks.lance"), pa.Table.from_pylist([row], ROLLBACKS))

    def drop_rollback(self, name: str) -> None:
        """Take a rollback out of force."""
        lance.dataset(str(self.root / "rollbacks.lance")).delete(f"rollback = {tables.quote(name)}")

    def _rows(self, name: str) -> list[dict[str, Any]]:
        uri = str(self.root / f"{name}.lance")
        return list(lance.dataset(uri).to_table(scan_in_order=True).to_pylist()) if tables.exists(uri) else []
