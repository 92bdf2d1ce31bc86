import numpy as np
import pytest
from datasketch import MinHash as Reference
from pydantic import ValidationError

from multisynth.curate.minhash import RECALL, MinHash, bands
from multisynth.curate.shingles import hashes, jaccard, shingles
from multisynth.curate.signatures import signatures
from multisynth.kinds import DOCUMENT, KINDS, REASONING
from multisynth.sample import Sample
from multisynth.testing import Ran, inputs_of, run_stage

RNG = np.random.default_rng(3)
WORDS = [f"{a}{b}" for a in "bcdfghjklm" for b in ("a", "ern", "ilo", "ount", "ust")]


def random_text(length: int = 60) -> str:
    return " ".join(RNG.choice(WORDS, length))


def changed(text: str, words: int) -> str:
    parts = text.split()
    for place in RNG.choice(len(parts), words, replace=False):
        parts[place] = "changed" + str(RNG.integers(1000))
    return " ".join(parts)


def dedup(texts: list[str], batch_size: int | None = None, **options: object) -> Ran:
    samples = [Sample(DOCUMENT, n, text=text) for n, text in enumerate(texts)]
    return run_stage(MinHash(**options), samples, batch_size=batch_size)


def plain_jaccard(a: str, b: str, n: int = 5) -> float:
    one, two = ({tuple(w[i : i + n]) for i in range(len(w) - n + 1)} for w in (a.split(), b.split()))
    return len(one & two) / len(one | two)


@pytest.mark.parametrize("permutations", [16, 128, 200])
def test_signatures_are_those_of_datasketch(permutations: int) -> None:
    sets = [shingles(random_text(n), "word", 3) for n in (1, 2, 3, 10, 400)] + [{"", "ünïcode ∑", "x" * 200}]
    values, starts = hashes(sets)
    ours = signatures(values, starts, permutations)
    for row, each in zip(ours, sets, strict=True):
        reference = Reference(permutations)
        reference.update_batch([shingle.encode() for shingle in each])
        np.testing.assert_array_equal(row, reference.hashvalues)


def test_shingles_by_hand() -> None:
    assert shingles("The cat, the CAT sat!", "word", 2) == {"the cat", "cat the", "cat sat"}
    assert shingles("Ab  c", "character", 3) == {"ab ", "b c"}
    assert shingles("two words", "word", 5) == {"two words"}
    assert shingles("", "word", 5) == {""}
    assert shingles("ﬁne", "word", 1) == {"fine"}  # the ligature is one character of compatibility


def test_jaccard_of_hashes_is_that_of_the_sets() -> None:
    text = random_text(100)
    pairs = [(text, changed(text, n)) for n in (1, 3, 8)]
    for one, two in pairs:
        values, starts = hashes([shingles(one, "word", 5), shingles(two, "word", 5)])
        assert jaccard(values[: starts[1]], values[starts[1] :]) == pytest.approx(plain_jaccard(one, two))


def test_finds_what_comparing_every_pair_finds() -> None:
    texts = [random_text() for _ in range(40)]
    texts += [changed(text, n) for text in texts for n in (1, 2, 4)]
    texts = [texts[n] for n in RNG.permutation(len(texts))]
    kept: list[int] = []
    gone: dict[int, tuple[int, float]] = {}
    for n, text in enumerate(texts):
        closest = max(((plain_jaccard(text, texts[m]), -m) for m in kept), default=(0.0, 0))
        if closest[0] >= 0.7:
            gone[n] = (-closest[1], closest[0])
        else:
            kept.append(n)
    assert 30 <= len(gone) <= 130

    samples = inputs_of([Sample(DOCUMENT, n, text=text) for n, text in enumerate(texts)])
    ids = samples["id"]
    ran = run_stage(MinHash(threshold=0.7), samples)
    assert ran.samples["text"] == [texts[n] for n in kept]
    assert dict(ran.drops) == {
        ids[n]: f"near-duplicate: of {ids[m]}, jaccard {similarity:.2f}" for n, (m, similarity) in gone.items()
    }


def test_batches_do_not_matter() -> None:
    texts = [random_text() for _ in range(20)]
    texts += [changed(text, 1) for text in texts]
    whole = dedup(texts)
    assert len(whole.drops) == 20
    for size in (1, 7):
        parts = dedup(texts, batch_size=size)
        assert parts.samples.table.equals(whole.samples.table)
        assert parts.drops == whole.drops


def test_case_and_punctuation_hide_nothing() -> None:
    ran = dedup(["The red block fell, then the ball stopped.", "the RED block fell: then the ball stopped", "", ""])
    assert [reason.split(", ")[1] for _, reason in ran.drops] == ["jaccard 1.00", "jaccard 1.00"]


def test_a_chain_of_neighbours_keeps_both_ends() -> None:
    words = random_text(100).split()
    first = " ".join(words)
    words[10] = "tenth"
    middle = " ".join(words)
    words[50] = "fiftieth"
    last = " ".join(words)
    # A pair with one word changed shares 91 of 101 shingles; with two, 86 of 106.
    ran = dedup([first, middle, last], threshold=0.85)
    assert ran.samples["text"] == [first, last]


def test_reads_the_text_column_of_any_kind() -> None:
    assert set(MinHash.takes) == {kind for kind in KINDS.values() if kind.text}
    row = {
        "question": "q",
        "answer": "1",
        "domain": "d",
        "attempt": 0,
        "model": "m",
        "token_ids": np.zeros(0, np.int32),
    }
    samples = [Sample(REASONING, n, completion="so the answer must be one", **row) for n in range(2)]
    assert len(run_stage(MinHash(), samples).drops) == 1


@pytest.mark.parametrize(("threshold", "permutations"), [(0.5, 128), (0.8, 128), (0.9, 256), (1.0, 16), (0.05, 64)])
def test_bands_find_enough_and_no_longer_would(threshold: float, permutations: int) -> None:
    count, length = bands(threshold, permutations)
    assert count >= 2
    assert count * length <= permutations
    recall = 1 - (1 - threshold**length) ** count
    assert recall >= RECALL or length == 1
    longer = 1 - (1 - threshold ** (length + 1)) ** (permutations // (length + 1))
    assert longer < RECALL or length == permutations // 2


@pytest.mark.parametrize(
    "wrong", [{"threshold": 0}, {"threshold": 1.1}, {"shingle": 0}, {"unit": "line"}, {"permutations": 4}]
)
def test_wrong_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        MinHash(**wrong)
