"""Exports of a run: written beside, then moved into place whole, and written again only when their tables changed."""

from __future__ import annotations

import json
import shutil

from multisynth.errors import BadInput
from multisynth.recipe import Delivery
from multisynth.store import Store


def deliver(store: Store, delivery: Delivery) -> int:
    """Write an export into ``exports/NAME``; return the number of its records.

    ``exports/NAME.json`` says which samples of which tables it holds, by a digest of their ids, which is how `rollback`
    knows the exports that carry a sample on.

    Raises:
        BadInput: A stage that it needs is not done, or the exporter refuses.
    """
    exporter, stages = delivery.exporter, [delivery.source, *delivery.exporter.tables().values()]
    states = store.info.get("states", {})
    for stage in stages:
        if states.get(stage) != "done":
            what = f"export `{delivery.name}` needs stage `{stage}`, which is {states.get(stage, 'not done')}"
            raise BadInput(what, "run the recipe to its end first")
    manifest = {
        "to": delivery.to,
        "options": exporter.model_dump(mode="json"),
        "tables": {stage: store.table(stage).content() for stage in stages},
    }
    folder, sidecar = store.root / "exports" / delivery.name, store.root / "exports" / f"{delivery.name}.json"
    written = store.export(delivery.name)
    if folder.is_dir() and any(folder.iterdir()) and {key: written.get(key) for key in manifest} == manifest:
        return int(written["records"])
    fresh = store.root / "exports" / f".{delivery.name}"
    begun = fresh.with_name(f".{delivery.name}.begun")
    if not (exporter.resumes and fresh.is_dir() and begun.exists() and json.loads(begun.read_text()) == manifest):
        begun.unlink(missing_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        begun.with_suffix(".new").write_text(json.dumps(manifest))
        begun.with_suffix(".new").replace(begun)
    records = exporter.write(store.table(delivery.source), fresh, store)
    old, record = fresh.with_name(f".{delivery.name}.old"), fresh.with_name(f".{delivery.name}.record")
    record.write_text(json.dumps({**manifest, "records": records}, indent=2) + "\n")
    shutil.rmtree(old, ignore_errors=True)
    sidecar.unlink(missing_ok=True)
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        folder.replace(old)  # out of sight before it is taken apart
    fresh.replace(folder)
    record.replace(sidecar)
    begun.unlink()
    shutil.rmtree(old, ignore_errors=True)
    return records
