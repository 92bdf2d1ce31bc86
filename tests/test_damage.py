"""Files of a run that somebody or something spoilt: each is told with what helps, and the next run makes it good."""

import json
import shutil

import pytest

from multisynth import lineage, show
from multisynth.errors import BadInput
from multisynth.store import Store
from tests import comparing

BLOCKS = {"count": {"use": "test.draw", "count": 12}, "parts": {"use": "test.split", "from": "count"}}
EXPORT = {"rows": {"to": "jsonl", "from": "parts"}}


@pytest.mark.parametrize("part", ["tables", "ledger"])
@pytest.mark.parametrize("stage", ["count", "parts"])
@pytest.mark.parametrize("harm", ["cut", "gone", "garbage"])
def test_a_damaged_table_is_told_and_made_again(make, part, stage, harm) -> None:
    reference, _ = make(BLOCKS, out="reference")
    store, _ = make(BLOCKS)
    folder = store.root / part / f"{stage}.lance"
    for file in sorted((folder / ("_versions" if harm == "garbage" else "data")).iterdir()):
        if harm == "gone":
            file.unlink()
        else:
            file.write_bytes(b"x" * 40 if harm == "garbage" else file.read_bytes()[:30])
    said = []
    for ask in (lambda: show.stage(store, stage), lambda: show.run(store), lambda: make(BLOCKS)[1].errors[stage]):
        try:
            said.append(str(ask()))
        except BadInput as error:
            said.append(str(error))
    told = [text for text in said if f"{folder}: is damaged" in text and "delete this folder" in text]
    assert told
    shutil.rmtree(folder)
    mended, result = make(BLOCKS)
    assert result.ok
    comparing.assert_same(mended, reference)


@pytest.mark.parametrize("text", ["[]", "{", '{"stages": {"count": "test.draw"}, "recipe": {}, "folder": "/"}', "{}"])
def test_a_run_json_of_another_shape_is_told_and_written_anew(make, text) -> None:
    store, _ = make(BLOCKS)
    (store.root / "run.json").write_text(text)
    with pytest.raises(BadInput, match="run the recipe again with the same --out"):
        _ = Store.open(store.root).info
    mended, result = make(BLOCKS)
    assert result.ok and mended.info["name"] == "test"


@pytest.mark.parametrize("text", ["[]", "{", "{}", '{"tables": 3, "records": 1}'])
def test_what_an_export_says_of_itself_may_be_spoilt(make, text) -> None:
    store, _ = make(BLOCKS, exports=EXPORT)
    before = store.export("rows")
    (store.root / "exports/rows.json").write_text(text)
    assert store.export("rows") == {} and lineage._exports_of(store, {"parts"}) == []
    _, result = make(BLOCKS, exports=EXPORT)
    assert result.ok and store.export("rows") == before


def test_an_export_is_of_the_samples_that_there_are(make) -> None:
    """Versions of tables begin anew where somebody took the tables away; ids do not lie."""
    store, _ = make(BLOCKS, exports=EXPORT)
    for part in ("tables", "ledger"):
        shutil.rmtree(store.root / part)
    store, _ = make(BLOCKS, seed=8, exports=EXPORT)
    (file,) = (store.root / "exports/rows").glob("*.jsonl")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["id"] for row in rows] == store.table("parts").column("id").to_pylist()
    file.unlink()
    _, result = make(BLOCKS, seed=8, exports=EXPORT)
    assert result.exports == {"rows": len(rows)} and file.exists()
