"""Rewards: expected ratings by hand, and classifiers by transformers' own call."""

from math import log

import pytest
from multisynth.text.reward.classifier import Classifier
from multisynth.text.reward.stage import Reward, expectation

from multisynth.errors import BadInput
from multisynth.kinds import REASONING
from multisynth.sample import Sample
from multisynth.serving import Completion, Request
from multisynth.testing import run_stage
from tests.serving.tiny import tiny_model


def attempts(texts):
    return [
        Sample(
            REASONING, k, question=f"What is {k} + 2?", answer=str(k + 2), domain="d", completion=text, attempt=k,
            model="m", token_ids=[],
        )
        for k, text in enumerate(texts)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"8": 1.0}, {}, (8, 1)),
        ({"1": 0.5, "9": 0.5}, {"0": 1.0}, ((10 + 9) / 2, 1)),
        ({"1": 0.4, "4": 0.4}, {"0": 0.25, ".": 0.75}, ((0.1 * 10 + 0.3 * 1 + 0.4 * 4) / 0.8, 0.8)),
        ({"10": 0.2, "1": 0.2, "the": 0.6}, {"": 1.0}, ((2 + 0.2) / 0.4, 0.4)),
        ({"0": 0.5, "eleven": 0.5}, {"0": 1.0}, (0, 0)),
        ({}, {}, (0, 0)),
    ],
)
def test_the_expected_rating(first, second, expected) -> None:
    assert expectation(first, second) == pytest.approx(expected)


def test_a_judge_is_asked_for_each_attempt_and_its_probabilities_count(tiny, scripted) -> None:
    def answer(prompt: str, request: Request) -> Completion:
        if "GOOD" in prompt:
            likely = ((" 9", log(0.75)), ("9", log(0.05)), ("1", log(0.2)))
        else:
            likely = (("3", log(0.5)), ("x", log(0.5))) if "BAD" in prompt else (("x", 0.0),)
        likely = (("0", 0.0),) if request.prefix == "1" else likely
        return Completion("9", (1,), None, "length", 10, 1, (likely,))

    asked = scripted(answer)
    ran = run_stage(Reward(model=tiny, criteria="tact"), attempts(["GOOD", "BAD", "none"]))
    assert [s.meta["reward"] for s in ran.samples] == pytest.approx([0.8 * 9 + 0.2 * 10, 3])
    assert [s.meta["rated"] for s in ran.samples] == pytest.approx([1, 0.5])
    assert [reason for _, reason in ran.drops] == ["no rating among the likeliest tokens"]
    assert len(asked) == 6 and all("tact" in r.prompt[0].content and r.alternatives == 20 for r in asked)


@pytest.mark.parametrize("chat", [True, False])
def test_a_language_model_rates_the_same_in_any_batch(tiny, monkeypatch, tmp_path, chat) -> None:
    stage = Reward(model=tiny, engine="transformers", chat=chat, criteria="x")
    whole = run_stage(stage, attempts(["a", "bb", "ccc"]))
    monkeypatch.setattr("multisynth.serving.choice.cache_file", lambda: tmp_path / "another.sqlite")
    parts = run_stage(stage, attempts(["a", "bb", "ccc"]), batch_size=1)
    assert not whole.failures, whole.failures
    assert len(whole.samples) + len(whole.drops) == 3 and whole.drops == parts.drops
    for one, other in zip(whole.samples, parts.samples, strict=True):
        assert one.meta["reward"] == pytest.approx(other.meta["reward"], abs=1e-3) and 1 <= one.meta["reward"] <= 10


@pytest.fixture(scope="module", params=[1, 3])
def classifier(request, tmp_path_factory):
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForSequenceClassification

    folder = tmp_path_factory.mktemp("classifier")
    tiny_model(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = None
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(1)
    config = LlamaConfig.from_pretrained(folder)
    config.num_labels = request.param
    LlamaForSequenceClassification(config).save_pretrained(folder)
    return folder, request.param


def test_a_classifier_s_scores_are_those_of_transformers_one_by_one(classifier) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder, labels = classifier
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    texts = ["It is 2.", "No idea at all, sorry.", "3", "x" * 40]
    ran = run_stage(Reward(model=str(folder), batch=3), attempts(texts))
    assert not ran.failures, ran.failures
    for sample, text in zip(ran.samples, texts, strict=True):
        with torch.inference_mode():
            logits = model(**tokenizer(sample["question"], text, return_tensors="pt")).logits[0]
        expected = logits[0] if labels == 1 else logits.softmax(0)[-1]
        assert sample.meta["reward"] == pytest.approx(expected.item(), abs=1e-4)
    assert len({round(sample.meta["reward"], 5) for sample in ran.samples}) == 4


def test_what_is_too_long_for_a_classifier_is_cut(classifier) -> None:
    (score,) = Classifier(classifier[0], 2).scores([("q", "x" * 5000)])
    assert score == score


@pytest.mark.parametrize(("longest", "kept"), [(12, "cccccccccccc"), (30, "aaaaaaaaaabbbbcccccccccccccccc")])
def test_a_chat_that_is_too_long_loses_its_start(classifier, longest, kept) -> None:
    """Whereas of a pair without a template the longer one loses its end."""
    scorer = Classifier(classifier[0], 2)
    scorer._longest = longest
    question, answer = "a" * 10 + "b" * 4, "c" * 16
    plain = scorer._tokenizer.decode(scorer._ids("ab", "cdefghijklmnopqrs")["input_ids"])
    assert plain.startswith("ab") and len(plain) == min(longest, 19)
    scorer._tokenizer.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    assert scorer._tokenizer.decode(scorer._ids(question, answer)["input_ids"]) == kept


@pytest.mark.parametrize("config", [None, "{", "[]"])
def test_a_reward_model_without_a_readable_config_is_named(config, tmp_path) -> None:
    folder = tiny_model(tmp_path / "tiny").path
    assert folder is not None
    (folder / "config.json").unlink()
    if config is not None:
        (folder / "config.json").write_text(config)
    with pytest.raises(BadInput, match=r"config\.json"):
        Reward(model=str(folder)).open()


def test_no_code_of_a_checkpoint_is_run(classifier, monkeypatch) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    for one in (AutoModelForSequenceClassification, AutoTokenizer):
        read = one.from_pretrained

        def checked(*given, read=read, **options):
            assert options["trust_remote_code"] is False
            return read(*given, **options)

        monkeypatch.setattr(one, "from_pretrained", checked)
    Classifier(classifier[0], 2)
