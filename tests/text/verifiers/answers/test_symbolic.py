"""Final answers in many forms: what means the same, and what does not, beside what math-verify alone makes of them."""

import logging

import pytest

from .table import ROWS, TABLE


def bare(gold: str, answer: str) -> bool:
    """math-verify as it comes, the answer read as LaTeX, or as plain text where that is none."""
    from math_verify import parse, verify

    def read(text: str) -> list[object]:
        return next(
            (found for way in (f"${text.strip('$')}$", text)
             if (found := parse(way, parsing_timeout=None, raise_on_error=False))), []
        )  # fmt: skip

    return bool(verify(read(gold), read(answer), timeout_seconds=None))


@pytest.mark.parametrize("subject", TABLE)
def test_no_other_answer_is_taken_for_the_gold_one_whichever_is_gold(symbolic, subject) -> None:
    pairs = [(gold, answer) for gold, _, others in TABLE[subject] for answer in others]
    assert [pair for pair in pairs if symbolic.same(*pair)[0] or symbolic.same(*pair[::-1])[0]] == []


@pytest.mark.parametrize("subject", TABLE)
def test_what_means_the_same_is_the_same_whichever_is_gold(symbolic, subject) -> None:
    pairs = [(gold, answer) for gold, answers, _ in TABLE[subject] for answer in answers]
    assert [pair for pair in pairs if not (symbolic.same(*pair)[0] and symbolic.same(*pair[::-1])[0])] == []


def test_math_verify_alone_is_right_of_fewer(symbolic) -> None:
    """What protects from false accepts may not cost what math-verify knows."""
    logging.getLogger("math_verify").setLevel(logging.ERROR)
    said = [(same, bare(gold, answer), symbolic.same(gold, answer)[0]) for gold, answer, same in ROWS[::8]]
    assert sum(alone and not same for same, alone, _ in said) > 3
    assert sum(same and not alone for same, alone, _ in said) > 8
    assert not any(same and alone and not ours for same, alone, ours in said)
