"""Ids, seeds, hashes and inheritance of what stages yield."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from multisynth.kinds import DOCUMENT, EPISODE, FRAME, REASONING, Column, Kind
from multisynth.rows import Birth, batch_of, to_table
from multisynth.sample import Batch, Sample

BIRTH = Birth("stage", "fingerprint", 7, DOCUMENT, license="MIT")


def documents(*texts: str) -> list[Sample]:
    return [Sample(DOCUMENT, n, text=text) for n, text in enumerate(texts)]


def test_ids_differ_by_fingerprint_origin_ordinal_and_parents():
    one = documents("a")[0]
    ids = {
        *to_table(BIRTH, [one], [0])["id"].to_pylist(),
        *to_table(BIRTH, [one], [1])["id"].to_pylist(),
        *to_table(Birth("stage", "another", 7, DOCUMENT), [one], [0])["id"].to_pylist(),
        *to_table(Birth("stage", "fingerprint", 7, DOCUMENT, ("sha256:0",)), [one], [0])["id"].to_pylist(),
        *to_table(BIRTH, [Sample(DOCUMENT, 1, text="a")], [0])["id"].to_pylist(),
        *to_table(BIRTH, [Sample(DOCUMENT, 0, text="a", parents=["x"])], [0])["id"].to_pylist(),
    }
    assert len(ids) == 6 and all(len(i) == 32 for i in ids)


def test_ids_do_not_depend_on_content_or_company():
    alone = to_table(BIRTH, documents("a", "b")[1:], [0])["id"].to_pylist()
    together = to_table(BIRTH, documents("x", "y"), [0, 0])["id"].to_pylist()
    assert together[1:] == alone


def test_equal_content_has_an_equal_hash_and_other_content_another():
    table = to_table(BIRTH, documents("a", "b", "a"), [0, 0, 0])
    first, second, third = table["content_hash"].to_pylist()
    assert first == third != second
    shifted = [Sample(DOCUMENT, 0, text="ab", source="c"), Sample(DOCUMENT, 1, text="a", source="bc")]
    assert len(set(to_table(BIRTH, shifted, [0, 0])["content_hash"].to_pylist())) == 2


def test_tensors_of_other_shape_hash_differently():
    birth = Birth("s", "f", 0, REASONING)
    base = {"question": "", "answer": "", "domain": "", "completion": "", "attempt": 0, "model": ""}
    samples = [
        Sample(REASONING, n, token_ids=np.array(ids, np.int32), **base)
        for n, ids in enumerate([[1, 2], [1, 2, 0], [1, 2]])
    ]
    first, second, third = to_table(birth, samples, [0, 0, 0])["content_hash"].to_pylist()
    assert first == third != second


def test_children_inherit_license_and_weight_and_name_their_parents():
    parents = batch_of(BIRTH, [Sample(DOCUMENT, 0, text="a", license="GPL-3.0-only", weight=2.5)])
    child = Birth("child", "f", 7, DOCUMENT, ("sha256:1",), "CC0-1.0")
    rows = to_table(
        child, [parents[0].child(DOCUMENT, text="b"), parents[0].with_meta(x=1), parents[0]], [0, 1, 2]
    ).to_pylist()
    assert [row["license"] for row in rows] == ["GPL-3.0-only"] * 3 and [row["weight"] for row in rows] == [2.5] * 3
    assert all(row["parents"] == [parents[0].id, "sha256:1"] and row["origin"] == parents[0].id for row in rows)
    assert [row["meta"] for row in rows] == ["{}", '{"x": 1}', "{}"] and len({row["id"] for row in rows}) == 3
    assert rows[1]["content_hash"] == rows[2]["content_hash"] == parents.array("content_hash")[0].as_py()


def test_what_is_handed_on_is_the_same_as_what_is_written_anew():
    parents = batch_of(BIRTH, documents("a", "b", "c"))
    child = Birth("child", "f", 7, DOCUMENT)
    handed = to_table(child, [parents[2], parents[0]], [0, 0])
    anew = to_table(child, [parents[2].replace(text="c"), parents[0].replace(text="a")], [0, 0])
    assert handed.equals(anew)


def test_media_are_read_once_and_only_when_needed():
    camera = {"width": 1, "height": 1, "intrinsics": np.eye(3), "world_to_camera": np.eye(4)}
    born = batch_of(Birth("s", "f", 0, FRAME), [Sample(FRAME, 0, time=0.0, rgb=b"png", **camera)])
    asked = []

    def load(column: str) -> pa.Array:
        asked.append(column)
        return born.array(column)

    lazy = Batch(FRAME, born.table.drop_columns(list(FRAME.media)), load)
    assert lazy[0]["time"] == 0.0 and asked == []
    assert lazy[0]["rgb"] == b"png" and lazy[0:1][0]["rgb"] == b"png" and asked == ["rgb"]


def test_what_is_made_of_a_changed_sample_inherits_the_change():
    parent = batch_of(BIRTH, documents("a"))[0]
    changed = parent.replace(weight=5.0, license="MPL-2.0")
    child, handed = changed.child(DOCUMENT, text="b"), changed.with_meta(x=1)
    assert (parent["weight"], parent["license"], parent["parents"]) == (1.0, "MIT", [])
    rows = to_table(Birth("next", "f", 7, DOCUMENT), [changed, child, handed, parent], [0, 1, 2, 3]).to_pylist()
    for sample, row in zip([changed, child, handed], rows, strict=False):
        assert sample["weight"] == row["weight"] == 5.0
        assert sample["license"] == row["license"] == "MPL-2.0"
        assert sample["parents"] == row["parents"] == [parent.id]
    assert rows[3]["weight"] == 1.0 and parent.child(DOCUMENT, text="b")["license"] == "MIT"


def test_ids_by_content_notice_content_weight_and_meta():
    parent = batch_of(BIRTH, documents("a"))[0]
    versions = [parent, parent.replace(text="b"), parent.replace(weight=2.0), parent.with_meta(x=1), parent]
    ids = [
        to_table(Birth("s", "f", 7, DOCUMENT, by_content=True), [version], [0])["id"][0].as_py() for version in versions
    ]
    assert len(set(ids)) == 4 and ids[0] == ids[4]


def test_a_null_is_no_text_and_times_are_hashed():
    samples = [Sample(DOCUMENT, 0, text="a", source=None), Sample(DOCUMENT, 1, text="a", source="\0")]
    assert len(set(to_table(BIRTH, samples, [0, 0])["content_hash"].to_pylist())) == 2
    logged = Kind("logged", {"entry": Column(pa.struct([("at", pa.timestamp("us"))]), "when")})
    days = [Sample(logged, n, entry={"at": datetime(2020, 1, day)}) for n, day in enumerate((1, 2, 1))]
    first, second, third = to_table(Birth("s", "f", 0, logged), days, [0, 0, 0])["content_hash"].to_pylist()
    assert first == third != second


def test_columns_past_what_one_array_holds_are_refused():
    batch = batch_of(BIRTH, documents("a", "b"))
    batch.table = pa.concat_tables([batch.table, batch.table])  # two chunks, as after 2 GiB of text
    with pytest.raises(ValueError, match="batch_size"):
        batch.array("text")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Sample(DOCUMENT, 0), "no value for `text`"),
        (lambda: Sample(DOCUMENT, 0, text=3), "column `text`"),
        (lambda: Sample(DOCUMENT, 0, text=None), "`text`.*not optional"),
        (lambda: Sample(DOCUMENT, 0, text="a", meta={"fine": 1, "loss": float("nan")}), "meta `loss`"),
        (lambda: Sample(DOCUMENT, 0, txt="a"), "did you mean `text`"),
        (lambda: Sample(FRAME, 0, time=0.0), "makes documents and yielded a frame"),
    ],
)
def test_what_does_not_fit_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        to_table(BIRTH, [make()], [0])


def test_a_batch_slices_and_lists():
    batch = batch_of(BIRTH, documents("a", "b", "c"))
    assert (
        batch[1:3]["text"] == ["b", "c"] and batch[-1]["text"] == "c" and [s["text"] for s in batch] == ["a", "b", "c"]
    )
    with pytest.raises(KeyError, match="no column `txt`"):
        batch.array("txt")
    assert EPISODE.name == "episode"
