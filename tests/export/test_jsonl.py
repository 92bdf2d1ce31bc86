import json

import numpy as np
import pytest

from multisynth.export.jsonl import JsonLines
from multisynth.kinds import DOCUMENT
from multisynth.sample import Sample


def read(folder):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in (folder / "samples.jsonl").read_text().split("\n")[:-1]]


def test_documents_come_back(run, folder):
    texts = ["plain", "two\nlines", '\u2028 \x1f "quoted" \\']
    made = [Sample(DOCUMENT, i, text=text, meta={"score": i / 2}) for i, text in enumerate(texts)]
    samples = run.add("documents", made)
    assert JsonLines().write(run.table("documents"), folder, run) == 3
    for row, sample in zip(read(folder), samples, strict=True):
        assert row.keys() == set(DOCUMENT.schema.names)
        assert (row["id"], row["text"], row["source"], row["seed"]) == (sample.id, sample["text"], None, sample["seed"])
        assert row["meta"] == sample.meta


def test_tensors_are_lists_media_stay_out_and_nan_is_null(run, folder, make_episode, make_clip):
    (episode,) = run.add("rollouts", [make_episode(0, rewards=np.array([np.nan, np.inf, *[1] * 18], np.float32))])
    run.add("clips", [make_clip(episode)])
    JsonLines().write(run.table("rollouts"), folder, run)
    (row,) = read(folder)
    assert np.array_equal(np.float32(row["actions"]), episode["actions"])
    assert row["rewards"] == [None, None, *[1.0] * 18]
    JsonLines().write(run.table("clips"), folder, run)
    (row,) = read(folder)
    assert "video" not in row
    assert row["fps"] == pytest.approx(20)
