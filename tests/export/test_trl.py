import numpy as np
import pyarrow.json

from multisynth.export.trl import Trl
from multisynth.kinds import REASONING
from multisynth.sample import Sample


def reasoning(ordinal, completion):
    return Sample(
        REASONING, ordinal, question=f"What is {ordinal} + 2?", answer=str(ordinal + 2), domain="sums",
        completion=completion, attempt=0, model="m", token_ids=np.arange(3, dtype=np.int32),
    )  # fmt: skip


def test_lines_are_prompts_and_completions(run, folder):
    texts = ["It is 2.", "Zeile\nzwei “ü” \u2028 \x85", "", "a" * 5000]
    samples = run.add("verified", [reasoning(i, text) for i, text in enumerate(texts)])
    assert Trl().write(run.table("verified"), folder, run) == 4
    # the reader that `datasets.load_dataset("json")` stands on
    rows = pyarrow.json.read_json(folder / "train.jsonl").to_pylist()
    assert [row["id"] for row in rows] == [sample.id for sample in samples]
    for row, sample, text in zip(rows, samples, texts, strict=True):
        assert row["prompt"] == [{"role": "user", "content": sample["question"]}]
        assert row["completion"] == [{"role": "assistant", "content": text}]
        assert row["license"] == "CC0-1.0"
