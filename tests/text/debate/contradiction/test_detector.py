"""Contradictions found among planted ones, and how often clean exchanges are called contradictory."""

import time
from pathlib import Path

import pytest
from multisynth.text.debate.contradiction import Turn, concedes, contradictions
from multisynth.text.verifiers.answers.stated import stated

EXCHANGES = Path(__file__).parent / "exchanges"  # each file says how it was made and what a first look at it found


def turn(speaker: str, text: str) -> Turn:
    found = stated(text)
    return Turn(speaker, "opening", text, "" if found is None else found.answer)


def rows(name: str) -> list[list[str]]:
    lines = (EXCHANGES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.split(" | ") for line in lines if line and not line.startswith("#")]


def exchanges(name: str, *, hard: bool = True) -> list[list[Turn]]:
    """Three turns each; what is marked hard wants knowledge of the world."""
    return [
        [turn("proponent", first), turn("opponent", between), turn("proponent", second)]
        for kind, first, between, second in rows(name)
        if hard or not kind.endswith("hard")
    ]


@pytest.mark.parametrize(
    "name, count, plain",
    [("planted", 446, 438), ("strangers_planted", 120, 84), ("unseen_planted", 50, 40), ("fresh_planted", 233, 233)],
)
def test_planted_contradictions_are_caught_and_placed(name, count, plain) -> None:
    assert len(exchanges(name)) == count
    found = [contradictions(turns) for turns in exchanges(name, hard=False)]
    assert len(found) == plain
    assert sum(map(bool, found)) >= (0.94 if name == "fresh_planted" else 0.95) * plain
    assert all((one.place, one.earlier) == (2, 0) and one.reason for flags in found for one in flags)


@pytest.mark.parametrize(
    "name, count", [("clean", 497), ("strangers_clean", 120), ("unseen_clean", 50), ("fresh_clean", 212)]
)
def test_clean_exchanges_are_seldom_flagged(name, count) -> None:
    found = [contradictions(turns) for turns in exchanges(name)]
    assert len(found) == count and sum(map(bool, found)) <= 0.02 * count


def test_of_what_strangers_reword_it_catches_some_and_flags_little_else() -> None:
    """What it is worth on text that nobody looked at; a judge that reads (`suspicion`) is for the rest."""
    caught = [bool(contradictions(turns)) for turns in exchanges("reworded_planted", hard=False)]
    flagged = [bool(contradictions(turns)) for turns in exchanges("reworded_clean")]
    assert (len(caught), len(flagged)) == (50, 60)
    assert sum(caught) >= 0.4 * len(caught) and sum(flagged) <= 0.1 * len(flagged)


FRAMES = [
    ("{}", "{}"), ("I have looked into it. {}", "That changes nothing. {}"),
    ("{} That is my first point.", "You are mistaken about the details. Once more: {}"),
]  # fmt: skip


@pytest.mark.parametrize("first, second", FRAMES)
def test_one_word_changed_in_a_sentence_is_noticed_and_the_sentence_itself_is_not(first, second) -> None:
    missed = []
    for sentence, word, instead in rows("pairs"):
        assert word in sentence
        told, doubt = turn("proponent", first.format(sentence)), turn("opponent", "I doubt it.")
        other = turn("proponent", second.format(sentence.replace(word, instead, 1)))
        if not contradictions([told, doubt, other]):
            missed.append(sentence)
        assert not contradictions([told, doubt, turn("proponent", second.format(sentence))])
    assert len(missed) <= 0.03 * len(rows("pairs")), missed


def test_the_same_words_by_two_speakers_contradict_nobody() -> None:
    for first, _, second in exchanges("planted"):
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


@pytest.mark.parametrize(
    "first, second",
    [
        ("Rich countries must pay.", "Poor countries must pay."), ("It works for adults.", "It works for children."),
        ("Hot soup is good for you.", "Cold soup is good for you."), ("Boys may enter.", "Girls may not enter."),
    ],
)  # fmt: skip
def test_opposite_things_of_which_the_same_is_said_are_two_things(first, second) -> None:
    assert contradictions([turn("proponent", first), turn("opponent", "Why."), turn("proponent", second)]) == []


@pytest.mark.parametrize(
    ("first", "second", "flagged"),
    [
        ("You may break it if a life hangs on it.", "You may never break it.", True),
        ("You may break it if a life hangs on it.", "You must not break it for fun.", False),
        ("The bus is old, so it arrives at 8:15.", "The bus arrives at 8:05.", True),
        ("The bus is old, so it arrives at 8:15.", "The train arrives at 8:05.", False),
        ("6 rows of 8 chairs. So 48.", "So the total comes to 54.", True),
        ("6 rows of 8 chairs. So 48.", "A chair has 4 legs.", False),
        ("The witness saw a man near the gate.", "The witness saw a dog near the gate.", False),
        ("The claim that swans are white is false.", "The claim that swans are white is true.", True),
    ],
)
def test_conditions_pronouns_conclusions_and_what_may_both_be(first, second, flagged) -> None:
    found = contradictions([turn("proponent", first), turn("opponent", "I see."), turn("proponent", second)])
    assert bool(found) == flagged


def test_hostile_text_is_read_in_linear_time() -> None:
    began = time.process_time()
    for piece in (
        "not ",
        "a, ",
        "1 = ",
        "is no all ",
        "9" * 50 + " ",
        "((((",
        "yes? ",
        "than more than ",
        "1 + ",
        "it was a who b ",
        '"',
    ):
        turns = [turn("proponent", piece * (200_000 // len(piece))) for _ in range(2)]
        contradictions(turns)
    assert time.process_time() - began < 40  # quadratic time takes many minutes
