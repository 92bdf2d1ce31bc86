"""Contradictions found among planted ones, and how often clean exchanges are called contradictory."""

from pathlib import Path

import pytest
from multisynth.text.debate.contradiction import Turn, concedes, contradictions, normal
from multisynth.text.debate.lexicon import stem
from multisynth.text.verifiers.stated import stated

HERE = Path(__file__).parent


def turn(speaker: str, text: str) -> Turn:
    found = stated(text)
    return Turn(speaker, "opening", text, "" if found is None else found.answer)


def exchanges(name: str) -> list[list[Turn]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    cut = [line.split(" | ") for line in lines if not line.startswith("#")]
    assert all(len(parts) == 4 for parts in cut)
    return [[turn("proponent", a), turn("opponent", b), turn("proponent", c)] for _, a, b, c in cut]


@pytest.mark.parametrize(
    ("name", "count", "least"),
    [("planted.txt", 50, 0.9), ("held_planted.txt", 25, 0.9), ("fresh_planted.txt", 22, 0.75)],
)
def test_planted_contradictions_are_caught_and_placed(name, count, least) -> None:
    found = [contradictions(turns) for turns in exchanges(name)]
    assert len(found) == count
    assert sum(map(bool, found)) >= least * count
    assert all((one.place, one.earlier) == (2, 0) and one.reason for flags in found for one in flags)


@pytest.mark.parametrize(("name", "count"), [("clean.txt", 50), ("held_clean.txt", 25), ("fresh_clean.txt", 22)])
def test_clean_exchanges_are_seldom_flagged(name, count) -> None:
    found = [contradictions(turns) for turns in exchanges(name)]
    assert len(found) == count and sum(map(bool, found)) <= 0.1 * count


def test_the_same_words_by_two_speakers_contradict_nobody() -> None:
    for first, _, second in exchanges("planted.txt"):
        assert contradictions([first, turn("opponent", second.text)]) == []


def test_a_change_of_mind_that_is_owned_to_is_none_and_holds_from_then_on() -> None:
    said = ["The answer is 12.", "I was wrong. The answer is 15.", "The answer is 15.", "The answer is 12."]
    found = contradictions([turn("proponent", text) for text in said])
    assert [(one.place, one.earlier) for one in found] == [(3, 1)]
    assert found[0].reason == "other answer: 15, then 12"


@pytest.mark.parametrize(
    ("text", "owned"),
    [
        ("You are right, I forgot it.", True), ("I made a mistake.", True), ("I take that back.", True),
        ("I concede nothing.", False), ("You are wrong.", False), ("I am right.", False),
    ],
)  # fmt: skip
def test_what_a_concession_is(text, owned) -> None:
    assert concedes(text) == owned


@pytest.mark.parametrize("one, other", [("1,200", "$1200"), ("0.5", "1/2"), ("The cat.", "cat"), ("20 dollars", "20")])
def test_answers_that_are_the_same(one, other) -> None:
    assert normal(one) == normal(other)
    assert normal("12") != normal("21") and normal("yes") != normal("no")


@pytest.mark.parametrize("forms", ["lie lies lied lying", "stop stops stopped stopping", "try tries tried"])
def test_forms_of_a_word_have_one_stem(forms) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


def test_hostile_text_is_read_in_linear_time() -> None:
    import time

    began = time.process_time()
    for piece in ("not ", "a, ", "1 = ", "is no all ", "9" * 50 + " ", "((((", "yes? ", "than more than "):
        turns = [turn("proponent", piece * (200_000 // len(piece))) for _ in range(2)]
        contradictions(turns)
    assert time.process_time() - began < 8
