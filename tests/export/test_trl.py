import io
from contextlib import redirect_stdout

import numpy as np
import pyarrow.json
import pytest

from multisynth.errors import BadInput
from multisynth.export.trl import Trl
from multisynth.kinds import PREFERENCE, REASONING
from multisynth.sample import Sample
from tests.serving.tiny import tiny_model


def reasoning(ordinal, completion, **values):
    return Sample(
        REASONING, ordinal, question=f"What is {ordinal} + 2?", answer=str(ordinal + 2), domain="sums",
        completion=completion, attempt=0, model="m", token_ids=np.arange(3, dtype=np.int32), **values,
    )  # fmt: skip


def preference(ordinal, **values):
    columns = {"prompt": [{"role": "user", "content": f"Say {ordinal}."}], "chosen": f"{ordinal}.", "rejected": "No."}
    return Sample(
        PREFERENCE, ordinal, domain="d", margin=0.25 * ordinal, judge="verifier", model="m", **{**columns, **values}
    )


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


def test_what_was_judged_wrong_is_not_written_to_be_imitated(run, folder):
    run.add("graded", [reasoning(0, "It is 2.", meta={"right": True}), reasoning(1, "It is 9.", meta={"right": False})])
    with pytest.raises(BadInput, match="was judged wrong"):
        Trl().write(run.table("graded"), folder, run)


@pytest.mark.parametrize(
    ("options", "right"), [({}, [True, True, False]), ({"right_above": 0.25}, [True, False, False])]
)
def test_steps_are_right_if_any_or_enough_of_their_rollouts_are(options, right, run, folder):
    made = run.add("paths", [reasoning(0, "a\nb\nc", steps=["a\n", "b\n", "c"], values=np.array([0.5, 0.25, 0]))])
    assert Trl(stepwise=True, **options).write(run.table("paths"), folder, run) == 1
    (row,) = pyarrow.json.read_json(folder / "train.jsonl").to_pylist()
    assert (row["completions"], row["labels"]) == (["a\n", "b\n", "c"], right)
    assert row["values"] == [0.5, 0.25, 0]
    assert (row["prompt"], row["id"]) == (made[0]["question"], made[0].id)


def test_steps_that_are_not_there_are_missed(run, folder):
    run.add("plain", [reasoning(0, "c", steps=["c"])])
    with pytest.raises(BadInput, match="has no steps with values"):
        Trl(stepwise=True).write(run.table("plain"), folder, run)
    run.add("pairs", [preference(0)])
    with pytest.raises(BadInput, match="makes preferences, which have no steps"):
        Trl(stepwise=True).write(run.table("pairs"), folder, run)


def test_preferences_are_conversations(run, folder):
    begun = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "It is"}]
    samples = [preference(k) for k in range(3)] + [preference(3, prompt=begun, chosen=" 2.\u2028", rejected=" 3.")]
    made = run.add("pairs", samples)
    assert Trl().write(run.table("pairs"), folder, run) == 4
    rows = pyarrow.json.read_json(folder / "train.jsonl").to_pylist()
    for row, sample in zip(rows, made, strict=True):
        start = "It is" if sample["chosen"].startswith(" ") else ""
        assert row["prompt"] == sample["prompt"][:1], "one answer follows a prompt, the whole of it"
        assert row["chosen"] == [{"role": "assistant", "content": start + sample["chosen"]}]
        assert row["rejected"] == [{"role": "assistant", "content": start + sample["rejected"]}]
        assert (row["margin"], row["id"], row["license"]) == (sample["margin"], sample.id, "CC0-1.0")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("trainer", ["DPO", "SFT"])
def test_trl_trains_on_it(run, folder, tmp_path, trainer):
    trl, datasets = pytest.importorskip("trl"), pytest.importorskip("datasets")
    make = preference if trainer == "DPO" else lambda k: reasoning(k, f"It is {k + 2}.")
    run.add("made", [make(k) for k in range(4)])
    Trl().write(run.table("made"), folder, run)
    files = str(folder / "train.jsonl")
    rows = datasets.load_dataset("json", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    config = getattr(trl, f"{trainer}Config")(
        output_dir=str(tmp_path / "out"), per_device_train_batch_size=2, max_steps=2, report_to=[], use_cpu=True,
        bf16=False, gradient_checkpointing=False, save_strategy="no", logging_steps=1, disable_tqdm=True,
    )  # fmt: skip
    model = str(tiny_model(tmp_path / "tiny").path)
    with redirect_stdout(io.StringIO()):
        made = getattr(trl, f"{trainer}Trainer")(model=model, args=config, train_dataset=rows)
        made.train()
    losses = [entry["loss"] for entry in made.state.log_history if "loss" in entry]
    assert len(losses) == 2 and np.isfinite(losses).all()
    assert trainer != "DPO" or losses[0] == pytest.approx(np.log(2), abs=1e-4)
