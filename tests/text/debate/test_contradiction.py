"""Contradictions found among planted ones, and how often clean exchanges are called contradictory."""

import itertools
from pathlib import Path

import pytest
from multisynth.text.debate.contradiction import Turn, concedes, contradictions, normal
from multisynth.text.debate.contradiction.alignment import align
from multisynth.text.debate.contradiction.clauses import clauses
from multisynth.text.debate.contradiction.force import force
from multisynth.text.debate.contradiction.lexicon import content, stem
from multisynth.text.debate.contradiction.spoken import written
from multisynth.text.verifiers.answers.stated import stated
from multisynth.text.verifiers.reasoning.equations import equations

HERE = Path(__file__).parent


def turn(speaker: str, text: str) -> Turn:
    found = stated(text)
    return Turn(speaker, "opening", text, "" if found is None else found.answer)


def kinds(name: str) -> list[tuple[str, list[Turn]]]:
    """The exchanges of a file, each with what it is an example of."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    cut = [line.split(" | ") for line in lines if not line.startswith("#")]
    assert all(len(parts) == 4 for parts in cut)
    return [(kind, [turn("proponent", a), turn("opponent", b), turn("proponent", c)]) for kind, a, b, c in cut]


def exchanges(name: str) -> list[list[Turn]]:
    return [turns for _, turns in kinds(name)]


# Each file says how it was made and what a first look at it found. What is marked hard wants knowledge of the world,
# which a reader of words has not: it is counted with the rest, and lowers the bar of its set.
PLANTED = {
    "planted": (50, 0.9), "held": (25, 0.9), "fresh": (22, 0.9), "round1": (70, 0.9), "round2": (68, 0.8),
    "round3": (65, 0.9), "round4": (50, 0.85), "round5": (45, 0.95), "stranger": (40, 0.7),
}  # fmt: skip
CLEAN = {
    "clean": 50, "held": 25, "fresh": 22, "round1": 80, "round2": 73, "round3": 67,
    "round4": 51, "round5": 45, "round6": 48, "stranger": 40,
}  # fmt: skip


def file(name: str, kind: str) -> str:
    return f"{kind}.txt" if name == kind else f"{name}_{kind}.txt"


@pytest.mark.parametrize("name", PLANTED)
def test_planted_contradictions_are_caught_and_placed(name) -> None:
    count, least = PLANTED[name]
    found = [contradictions(turns) for turns in exchanges(file(name, "planted"))]
    assert len(found) == count
    assert sum(map(bool, found)) >= least * count
    assert all((one.place, one.earlier) == (2, 0) and one.reason for flags in found for one in flags)


def test_what_words_can_tell_is_caught_in_nine_of_ten() -> None:
    rows = [row for name in PLANTED for row in kinds(file(name, "planted")) if not row[0].endswith("hard")]
    assert len(rows) == 415
    assert sum(bool(contradictions(turns)) for _, turns in rows) >= 0.9 * len(rows)


@pytest.mark.parametrize("name", CLEAN)
def test_clean_exchanges_are_seldom_flagged(name) -> None:
    found = [contradictions(turns) for turns in exchanges(file(name, "clean"))]
    assert len(found) == CLEAN[name] and sum(map(bool, found)) <= 0.05 * len(found)


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


SQUARE = {
    "all": "all the doors are locked", "none": "no doors are locked", "some": "some of the doors are locked",
    "not all": "not all the doors are locked", "must": "you must lie", "may": "you may lie",
    "must not": "you must not lie", "need not": "you are not obliged to lie", "wrong": "it is wrong to lie",
    "not wrong": "it is not wrong to lie", "never may": "you may never lie",
}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "excluded"),
    [
        ("all", "none", True), ("all", "not all", True), ("none", "some", True), ("some", "not all", False),
        ("all", "some", False), ("must", "must not", True), ("must", "need not", True), ("may", "must not", True),
        ("may", "need not", False), ("must", "may", False), ("wrong", "not wrong", True), ("wrong", "may", True),
        ("wrong", "must not", False), ("never may", "may", True), ("never may", "wrong", False),
    ],
)  # fmt: skip
def test_the_square_of_opposition(one, other, excluded) -> None:
    left, right = (force(clauses(SQUARE[name])[0].tokens) for name in (one, other))
    assert left.excludes(right) == right.excludes(left) == excluded


@pytest.mark.parametrize("sign, said", [("+", "plus"), ("-", "minus"), ("*", "times"), ("*", "multiplied by")])
def test_arithmetic_in_words_is_that_of_digits(sign, said) -> None:
    names = {7: "seven", 24: "twenty-four", 131: "one hundred and thirty-one", 2300: "two thousand three hundred"}
    for (one, first), (other, second) in itertools.permutations(names.items(), 2):
        (found,) = equations(written(f"so {first} {said} {second} makes 5, then"))
        expected = {"+": one + other, "-": one - other, "*": one * other}[sign]
        assert found.terms == (one, other) and not found.holds
        if expected >= 0:
            assert equations(written(f"{first} {said} {second} is {expected}"))[0].holds


@pytest.mark.parametrize(
    "one, other, flips",
    [
        ("the dog chased the cat", "the cat the dog chased", 0), ("he is guilty", "innocent he is", 1),
        ("the law is fair", "an unfair law", 1), ("harmless lies", "harmful lies", 1), ("big dogs", "large dogs", 0),
    ],
)  # fmt: skip
def test_words_are_paired_with_the_same_and_the_opposite(one, other, flips) -> None:
    found = align(content(one.split()), content(other.split()))
    assert found.same() and found.flips == flips
    assert not align(content(["works", "for", "adults"]), content(["works", "for", "children"])).same()


@pytest.mark.parametrize(
    "first, second",
    [
        ("Rich countries must pay.", "Poor countries must pay."), ("It works for adults.", "It works for children."),
        ("Hot soup is good for you.", "Cold soup is good for you."), ("Boys may enter.", "Girls may not enter."),
    ],
)  # fmt: skip
def test_opposite_things_of_which_the_same_is_said_are_two_things(first, second) -> None:
    assert contradictions([turn("proponent", first), turn("opponent", "Why."), turn("proponent", second)]) == []


def test_hostile_text_is_read_in_linear_time() -> None:
    import time

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
    assert time.process_time() - began < 8
