"""Shards as webdataset itself reads them, and an export that was stopped and goes on."""

from io import BytesIO

import numpy as np
import pytest
import webdataset
from PIL import Image

from multisynth.deliver import deliver
from multisynth.export.webdataset import WebDataset
from multisynth.kinds import FRAME
from multisynth.media import decode_depth, encode_depth, encode_rgb
from multisynth.recipe import Delivery
from multisynth.sample import Sample


def frame(ordinal: int) -> Sample:
    rng = np.random.default_rng(ordinal)
    return Sample(
        FRAME, ordinal, width=8, height=6, intrinsics=np.eye(3), world_to_camera=np.eye(4), time=ordinal / 4,
        rgb=encode_rgb(rng.integers(0, 256, (6, 8, 3), np.uint8)),
        depth=encode_depth(rng.random((6, 8), np.float32)) if ordinal % 2 else None, meta={"odd": ordinal % 2},
    )  # fmt: skip


@pytest.fixture
def frames(run):
    made = run.add("frames", [frame(n) for n in range(5)])
    run.write_info({**run.info, "states": {"frames": "done"}})
    return made


def test_webdataset_reads_what_the_table_has(run, folder, frames):
    assert WebDataset(samples_per_shard=2).write(run.table("frames"), folder, run) == 5
    assert sorted(path.name for path in folder.iterdir()) == [f"shard-{n:06d}.tar" for n in range(3)]
    shards = str(folder / "shard-{000000..000002}.tar")
    read = webdataset.WebDataset(shards, shardshuffle=False).decode(only=["json"])
    for n, (got, sample) in enumerate(zip(read, frames, strict=True)):
        assert got["__key__"] == sample.id == got["json"]["id"]
        assert got["json"]["meta"] == {"odd": n % 2} and got["json"]["time"] == n / 4
        assert np.array_equal(
            np.array(Image.open(BytesIO(got["rgb.png"]))),
            np.random.default_rng(n).integers(0, 256, (6, 8, 3), np.uint8),
        )
        assert ("depth.tiff" in got) == bool(n % 2)
        if n % 2:
            assert np.array_equal(decode_depth(got["depth.tiff"]), decode_depth(sample["depth"]))


def test_a_stopped_export_goes_on_after_the_last_whole_shard(run, frames, monkeypatch):
    delivery = Delivery("shards", "webdataset", WebDataset(samples_per_shard=2), "frames")
    deliver(run, delivery)
    exports = run.root / "exports"
    whole = {path.name: path.read_bytes() for path in (exports / "shards").iterdir()}

    delivery = Delivery("again", "webdataset", WebDataset(samples_per_shard=2), "frames")
    write, calls = webdataset.TarWriter.write, []

    def stumble(tar, files):
        calls.append(files["__key__"])
        if len(calls) == 4:
            raise KeyboardInterrupt
        return write(tar, files)

    monkeypatch.setattr(webdataset.TarWriter, "write", stumble)
    with pytest.raises(KeyboardInterrupt):
        deliver(run, delivery)
    assert not (exports / "again").exists()
    assert deliver(run, delivery) == 5
    assert calls[4:] == [sample.id for sample in frames][2:]  # the first shard is not written again
    assert {path.name: path.read_bytes() for path in (exports / "again").iterdir()} == whole


def test_other_options_start_over(run, frames, monkeypatch):
    exports = run.root / "exports"
    monkeypatch.setattr(webdataset.TarWriter, "write", lambda tar, files: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        deliver(run, Delivery("shards", "webdataset", WebDataset(samples_per_shard=1), "frames"))
    monkeypatch.undo()
    assert deliver(run, Delivery("shards", "webdataset", WebDataset(samples_per_shard=5), "frames")) == 5
    assert [path.name for path in (exports / "shards").iterdir()] == ["shard-000000.tar"]
