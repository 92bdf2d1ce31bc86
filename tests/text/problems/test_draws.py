"""Draws: the different questions of a part in order, against a plain reading of the definition."""

import random

import pytest
from multisynth.text.problems import draws
from multisynth.text.problems.draws import Asked, Draws, NoMore
from multisynth.text.problems.parts import HELD_OUT, part_of, unordered
from multisynth.text.problems.turns import turn_at


def asked(words: str) -> Asked:
    return Asked(words, words)


def plainly(questions: list[str], part: str) -> list[int]:
    return [k for k, q in enumerate(questions) if part_of(q) == part and q not in questions[:k]]


@pytest.mark.parametrize("part", ["train", "held_out"])
def test_ordinals_get_the_different_questions_of_their_part_in_whatever_order_they_are_asked_for(part, monkeypatch):
    monkeypatch.setattr(draws, "PATIENCE", 100)
    rng = random.Random(1)
    questions = [f"{rng.randrange(300)} + 1?" for _ in range(600)]
    expected = plainly(questions, part)[:20]
    for order in (range(20), reversed(range(20)), rng.sample(range(20), 20)):
        found = Draws(lambda draw: asked(questions[draw]), part)
        assert {k: found[k] for k in order} == dict(enumerate(expected))


def test_every_draw_is_looked_at_once() -> None:
    looked: list[int] = []
    found = Draws(lambda draw: looked.append(draw) or asked(str(draw)), "train")
    assert [found[k] for k in (*range(500), *range(500))]
    assert looked == list(range(len(looked))) and 500 < len(looked) < 620


def test_where_there_are_no_more_it_says_so_again_and_again(monkeypatch) -> None:
    monkeypatch.setattr(draws, "PATIENCE", 50)
    found = Draws(lambda draw: asked(str(draw % 7)), "train")
    size = sum(part_of(str(k)) == "train" for k in range(7))
    for _ in range(2):
        with pytest.raises(NoMore, match=f"^{size} different ones of this part in 5[0-9] draws$"):
            found[7]
    assert found[0] == 0 or part_of("0") == "held_out"


def test_a_draw_that_cannot_be_made_keeps_its_place() -> None:
    found = Draws(lambda draw: None if draw == 3 else asked("same"), part_of("same"))
    assert [found[0], found[1]] == [0, 3]


def test_questions_of_one_key_are_in_one_part_and_come_once_each() -> None:
    key = next(key for key in "abcdefghij" * 9 if part_of(key) == "train")
    other = next(f"o{k}" for k in range(1000) if part_of(f"o{k}") == "held_out")
    drawn = [Asked("one", key), Asked("its mirror", key), Asked("one", key), Asked("another", other)]
    found = Draws([*drawn, *drawn, Asked("last", key)].__getitem__, "train")
    assert [found[k] for k in range(3)] == [0, 1, 8]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 + 5 =", "5 + 3 ="),
        ("6 2 4 + 2 5 9", "2 5 9 + 6 2 4"),
        ("What is 12 + 3 - 4?", "What is 12 - 4 + 3?"),
        ("Multiply 4 * 30 now.", "Multiply  30 * 4\nnow."),
        ("Sort: pear, fig, plum", "Sort: plum, pear, fig"),
        ("Of 3, 6 and 9.5", "Of 9.5, 3 and 6"),
    ],
)
def test_mirrors_have_one_key(one, other) -> None:
    assert unordered(one) == unordered(other)


def test_other_questions_have_other_keys() -> None:
    questions = ["3 + 5", "35", "3 + 6", "3 * 5", "3 - 5", "5 - 3", "3, 5", "6 2 4 + 2 5 9", "6 2 5 + 2 4 9", "8 / 2",
                 "2 / 8", "Why?", "why?", "Sort: fig, plum", "Sort: figs, plum"]  # fmt: skip
    assert len(set(map(unordered, questions))) == len(questions)
    assert len(unordered("1 + " * 100_000 + "x")) > 100_000, "a long one takes no time"


def test_one_in_ten_questions_is_held_out() -> None:
    """Within 4 standard errors of a binomial."""
    held_out = sum(part_of(f"What is {k} + {k}?") == "held_out" for k in range(10_000))
    assert abs(held_out - 10_000 / HELD_OUT) < 4 * (10_000 * 0.1 * 0.9) ** 0.5


def test_turns_are_those_of_a_round_robin() -> None:
    sizes = [3, 0, 1, 5]
    expected = [which for turn in range(5) for which, size in enumerate(sizes) if size > turn]
    assert [(at := turn_at(k, sizes)).left[at.place] for k in range(9)] == expected
    assert [turn_at(k, sizes).turn for k in range(9)] == [0, 0, 0, 1, 1, 2, 2, 3, 4]
    with pytest.raises(IndexError):
        turn_at(9, sizes)
