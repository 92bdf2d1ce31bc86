"""The green-list watermark: its null distribution, its detection, its key."""

import json
import os
import stat

import numpy as np
import pytest
from scipy import stats

from multisynth.errors import BadInput
from multisynth.kinds import REASONING
from multisynth.mark.audit import Audit
from multisynth.mark.bias import GreenBias
from multisynth.mark.detect import Detection, audit, detect, ngrams
from multisynth.mark.greenlist import green_mask, green_tokens
from multisynth.mark.key import VARIABLE, key_file, key_id, load_key
from multisynth.sample import Sample
from multisynth.serving.protocol import Watermark
from multisynth.testing import run_stage

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
VOCABULARY = 2000


def written(seed: int, length: int, watermark: Watermark | None, key: bytes = KEY) -> list[int]:
    """A toy language model: fixed random unigram logits, sampled by Gumbel maximum, biased as an engine does."""
    torch = pytest.importorskip("torch")
    draws = np.random.default_rng(seed)
    base = torch.from_numpy(draws.normal(0, 2, VOCABULARY)).float()
    bias, ids = GreenBias(key), []
    for _ in range(length):
        logits = base.clone()
        if watermark is not None:
            bias.add(logits, ids, watermark)
        ids.append(int((logits + torch.from_numpy(draws.gumbel(size=VOCABULARY))).argmax()))
    return ids


@pytest.mark.parametrize("width", [1, 3])
def test_z_of_unmarked_text_is_standard_normal(width: int) -> None:
    draws = np.random.default_rng(0)
    watermark = Watermark(width=width)
    z = [detect(draws.integers(0, 50_000, 400), KEY, watermark).z for _ in range(600)]
    assert abs(np.mean(z)) < 3 / np.sqrt(600)
    assert abs(np.std(z) - 1) < 0.1
    # The count is discrete: spread each z over the width of its step before comparing with a continuous law.
    spread = np.asarray(z) + draws.uniform(-0.5, 0.5, 600) / np.sqrt(400 * 0.25 * 0.75)
    assert stats.kstest(spread, "norm").pvalue > 1e-3


def test_text_with_few_distinct_words_is_not_taken_for_marked() -> None:
    draws = np.random.default_rng(1)
    z = [detect(draws.integers(0, 4, 300) + 4 * k, KEY, Watermark()).z for k in range(300)]
    assert max(z) < 4.5 and abs(np.std(z) - 1) < 0.2


@pytest.mark.parametrize("watermark", [Watermark(), Watermark(delta=4.0, gamma=0.5, width=2)])
def test_marked_text_is_detected_with_the_right_key_alone(watermark: Watermark) -> None:
    ids = written(3, 200, watermark)
    assert detect(ids, KEY, watermark).z > 5
    assert detect(ids, KEY, watermark).p_value < 1e-6
    assert abs(detect(ids, OTHER, watermark).z) < 4
    assert abs(detect(written(3, 200, None), KEY, watermark).z) < 4


def test_a_corpus_shows_what_its_texts_do_not() -> None:
    weak = Watermark(delta=0.8)
    texts = [written(seed, 30, weak) for seed in range(60)]
    assert np.median([detect(ids, KEY, weak).z for ids in texts]) < 3
    assert audit(texts, KEY, weak).z > 6
    assert abs(audit(texts, OTHER, weak).z) < 4


def test_repeats_count_once() -> None:
    once = [5, 6, 7, 8]
    assert ngrams(once * 50, 1).tolist() == [[5, 6], [6, 7], [7, 8], [8, 5]]
    assert detect(once * 50, KEY, Watermark()).scored == 4
    assert audit([once, once], KEY, Watermark()) == detect(once, KEY, Watermark())
    assert detect([5], KEY, Watermark()) == Detection(0, 0, 0.25)
    assert detect([], KEY, Watermark()).z == 0.0 and detect([], KEY, Watermark()).p_value == 1.0


def test_z_and_p_equal_the_references() -> None:
    transformers = pytest.importorskip("transformers")
    found = detect(written(4, 120, Watermark()), KEY, Watermark())
    reference = transformers.WatermarkDetector(
        transformers.LlamaConfig(vocab_size=VOCABULARY), "cpu", transformers.WatermarkingConfig(greenlist_ratio=0.25)
    )
    assert found.z == pytest.approx(reference._compute_z_score(np.array([found.green]), np.array([found.scored]))[0])
    assert found.p_value == pytest.approx(
        stats.binomtest(found.green, found.scored, 0.25, alternative="greater").pvalue
    )


def test_green_lists_have_their_share_and_do_not_depend_on_the_vocabulary() -> None:
    masks = [green_mask(KEY, (context,), 0.25, 40_000) for context in range(20)]
    for mask in masks:
        assert abs(mask.mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 40_000)
    assert (green_mask(KEY, (3,), 0.25, 1000) == masks[3][:1000]).all()
    agreement = np.mean([(masks[a] == masks[a + 1]).mean() for a in range(19)])
    assert abs(agreement - (0.25**2 + 0.75**2)) < 0.005
    grams = np.array([[3, 7], [4, 7], [3, 999]])
    assert green_tokens(KEY, grams, 0.25).tolist() == [masks[3][7], masks[4][7], masks[3][999]]


def test_the_bias_is_delta_on_green_tokens_only() -> None:
    torch = pytest.importorskip("torch")
    logits = torch.zeros(500)
    GreenBias(KEY).add(logits, [9, 4], Watermark(delta=1.5, width=2))
    assert (logits.numpy() == np.where(green_mask(KEY, (9, 4), 0.25, 500), np.float32(1.5), 0)).all()
    assert (GreenBias(KEY).add(torch.zeros(500), [9], Watermark(width=2)) == 0).all()


def test_the_key_is_made_once_and_only_the_user_can_read_it(tmp_path, monkeypatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("platformdirs.user_config_path", lambda name: tmp_path / name)
    key = load_key()
    assert len(key) == 32 and load_key() == key
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert [path.name for path in key_file().parent.iterdir()] == ["watermark.key"]
    if os.name == "posix":
        key_file().chmod(0o644)
        with pytest.raises(BadInput, match="others can read"):
            load_key()


def test_a_short_key_is_refused_and_not_shown(monkeypatch) -> None:
    monkeypatch.setenv(VARIABLE, "hunter2")
    with pytest.raises(BadInput) as refusal:
        load_key()
    assert "hunter2" not in str(refusal.value)


def test_audit_annotates_every_sample_and_shows_no_key(monkeypatch) -> None:
    secret = "a secret that is long enough"
    monkeypatch.setenv(VARIABLE, secret)
    key = load_key()
    texts = [written(seed, 60, Watermark() if seed % 2 else None, key) for seed in range(6)]
    samples = [
        Sample(
            REASONING, k, question="q", answer="1", domain="d", completion="c", attempt=0, model="toy", token_ids=ids,
            meta={"kept": k},
        )
        for k, ids in enumerate(texts)
    ]  # fmt: skip
    ran = run_stage(Audit(), samples)
    assert len(ran.samples) == 6 and not ran.drops and not ran.failures
    for k, (sample, ids) in enumerate(zip(ran.samples, texts, strict=True)):
        found = detect(ids, key, Watermark())
        assert sample.meta["watermark_z"] == pytest.approx(found.z, abs=1e-4)
        assert sample.meta["watermark_scored"] == found.scored and sample.meta["kept"] == k
        assert sample.meta["watermark_key"] == key_id(key)
    shown = json.dumps(ran.samples.table.to_pylist(), default=str) + Audit().model_dump_json()
    assert secret not in shown and key.hex() not in shown
    marked, plain = ([s.meta["watermark_z"] for s in ran.samples][start::2] for start in (1, 0))
    assert min(marked) > max(plain)
