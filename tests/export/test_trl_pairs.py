"""What TRL's own trainer reads of exported pairs, token by token, beside what `text.dpo` reads of them."""

import io
from contextlib import redirect_stdout

import pytest
from multisynth.text.prompting import Prompting
from multisynth.text.search.siblings import Siblings
from multisynth.text.train.encoder import Encoder
from multisynth.text.train.network import tokenizer_of

from multisynth.errors import BadInput
from multisynth.export.strict_json import dumps
from multisynth.export.trl import Trl
from multisynth.kinds import TREE
from multisynth.sample import Sample
from multisynth.testing import run_stage
from tests.serving.tiny import tiny_model

trl, datasets = pytest.importorskip("trl"), pytest.importorskip("datasets")
pytestmark = pytest.mark.filterwarnings("ignore")

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if m.role == 'assistant' %}<end>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tiny_model(tmp_path_factory.mktemp("tiny")).path
    (path / "chat_template.jinja").write_text(TEMPLATE)
    return path


def node(parent, text, value, right=None):
    return {
        "parent": parent, "text": text, "prior": 0.5, "visits": 2, "value": value, "ends": right is not None,
        "right": right,
    }  # fmt: skip


@pytest.fixture
def tree():
    """A right and a wrong answer from the first step on, and a right and a wrong one after two steps."""
    nodes = [
        node(-1, "", 0.5),
        node(0, " I add “ü”.\n", 0.75), node(0, " I guess.\n", 0.0),
        node(1, "2 and 3 is 5.\n", 0.75), node(2, "It is 9.", 0.0, right=False),
        node(3, "It is 5.", 1.0, right=True), node(3, "It is 6.", 0.0, right=False),
    ]  # fmt: skip
    return Sample(
        TREE, 0, question="What is 2 + 3?", answer="5", domain="sums", nodes=nodes, rollouts=4, first_right=False,
        tokens=40, model="m",
    )  # fmt: skip


def read_by_trl(model, file, scratch):
    """Tokens of prompt, better and worse answer as `DPOTrainer` prepares them. [N]"""
    rows = datasets.load_dataset("json", data_files=str(file), split="train", cache_dir=str(scratch / "cache"))
    config = trl.DPOConfig(output_dir=str(scratch / "out"), report_to=[], use_cpu=True, bf16=False)
    with redirect_stdout(io.StringIO()):
        trainer = trl.DPOTrainer(model=str(model), args=config, train_dataset=rows)
    return [(row["prompt_ids"], row["chosen_ids"], row["rejected_ids"]) for row in trainer.train_dataset]


def test_whole_pairs_are_the_tokens_that_our_own_training_reads(run, folder, tmp_path, tiny, tree):
    made = run.add("pairs", list(run_stage(Siblings(), [tree]).samples))
    assert sorted(len(sample["prompt"]) for sample in made) == [1, 2]
    assert Trl().write(run.table("pairs"), folder, run) == 2
    tokenizer = tokenizer_of(tiny)
    encoder = Encoder(tokenizer, Prompting(shots=False, chat=True))
    theirs = read_by_trl(tiny, folder / "train.jsonl", tmp_path)
    for sample, (prompt, chosen, rejected) in zip(made, theirs, strict=True):
        pair = encoder.pair(sample)
        assert (*prompt, *chosen) == pair.chosen.ids and (*prompt, *rejected) == pair.rejected.ids
        assert chosen[-1] == rejected[-1] == tokenizer.eos_token_id
        begun = pair.chosen.start - len(prompt)  # TRL learns it in both answers, where it cancels
        assert chosen[:begun] == rejected[:begun]
        assert tokenizer.decode(chosen[:begun]) == "".join(turn["content"] for turn in sample["prompt"][1:])


def test_single_steps_are_refused_since_trl_would_end_them(run, folder, tmp_path, tiny, tree):
    made = run.add("pairs", list(run_stage(Siblings(whole=False, visits=1), [tree]).samples))
    with pytest.raises(BadInput, match=r"pair of single steps.*\n.*`text\.dpo`.*`whole: true`"):
        Trl().write(run.table("pairs"), folder, run)

    tokenizer = tokenizer_of(tiny)
    end, sample = tokenizer.eos_token_id, max(made, key=lambda pair: len(pair["prompt"]))
    question, begun = (turn["content"] for turn in sample["prompt"])
    answers = {name: sample[name] for name in ("chosen", "rejected")}
    plain = {"prompt": f"Question: {question}\nAnswer: {begun}", **answers}
    said = {name: [{"role": "assistant", "content": begun + text}] for name, text in answers.items()}
    chat = {"prompt": [{"role": "user", "content": question}], **said}
    for row, form in ((plain, Prompting(shots=False)), (chat, Prompting(shots=False, chat=True))):
        file = tmp_path / f"chat-{form.chat}.jsonl"
        file.write_text(dumps(row), encoding="utf-8")
        ((prompt, chosen, rejected),) = read_by_trl(tiny, file, tmp_path)
        pair = Encoder(tokenizer, form).pair(sample)
        assert end not in pair.chosen.ids[pair.chosen.start :] + pair.rejected.ids[pair.rejected.start :]
        assert (*prompt, *chosen) == (*pair.chosen.ids, end) and (*prompt, *rejected) == (*pair.rejected.ids, end)
