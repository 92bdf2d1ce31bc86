"""Steps and their alternatives: what the tokens of a small scripted model say, worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multisynth.text.search.steps import SEED, Bud, read, split

from multisynth.serving import Completion


def completion(*tokens: tuple[str, float, dict[str, float]], cut: str | None = None) -> Completion:
    """Of tokens with their probability and that of others at their place."""
    text = "".join(token for token, _, _ in tokens)
    return Completion(
        text=text if cut is None else cut,
        token_ids=tuple(range(len(tokens))),
        logprobs=tuple(math.log(p) for _, p, _ in tokens),
        finish="stop", prompt_tokens=1, generated=len(tokens),
        alternatives=tuple(
            tuple((t, math.log(q)) for t, q in sorted({token: p, **others}.items(), key=lambda pair: -pair[1]))
            for token, p, others in tokens
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", []),
        ("One. Two! Three", ["One.", " Two!", " Three"]),
        ("It costs 3.50 dollars.\nSo it is.", ["It costs 3.50 dollars.\n", "So it is."]),
        ("a\n\nb \n", ["a\n\n", "b \n"]),
        ("First.  \nSecond", ["First.  \n", "Second"]),
        ("1. Sam has 5. 2. He gets 3.", ["1. Sam has 5.", " 2. He gets 3."]),
        ("Step 1. We add.\n**b. Then** 5 + 3 = 8.", ["Step 1. We add.\n", "**b. Then** 5 + 3 = 8."]),
        ("It is 12. Then 12 - 4 = 8. So 8.", ["It is 12.", " Then 12 - 4 = 8.", " So 8."]),
        ("Dr. Who pays Mrs. Li, e.g. 5. She eats.", ["Dr. Who pays Mrs. Li, e.g. 5.", " She eats."]),
        ("At 5 p.m. she eats figs etc. at home.", ["At 5 p.m. she eats figs etc. at home."]),
        ("He left at 5 p.m. She ate figs etc. Then 8.", ["He left at 5 p.m.", " She ate figs etc.", " Then 8."]),
        ("So it is x. The answer is B. 1.\n", ["So it is x.", " The answer is B.", " 1.\n"]),
        ("1.\nSam has 5.", ["1.\n", "Sam has 5."]),
    ],
)
def test_a_step_is_a_line_or_a_sentence(text, steps) -> None:
    assert split(text) == steps


@given(st.text(alphabet="ab.!\n ?", max_size=40))
def test_steps_are_the_text(text) -> None:
    assert "".join(split(text)) == text
    assert not any(not step.strip() for step in split(text)[1:])


def test_buds_have_the_probability_of_what_they_begin_with() -> None:
    made = completion(
        (" I", 0.5, {" We": 0.25}), (" add", 0.8, {" take": 0.1}), (".", 1.0, {}),
        (" So", 0.6, {" Then": 0.3}), (" 5", 0.9, {" 6": 0.05, " \ufffd": 0.01, "": 0.01, "\n\n": 0.01, " 7\n": 0.01}),
    )  # fmt: skip
    first, second = read(SEED, made, stop=("\n\n",))
    assert (first.text, second.text) == (" I add.", " So 5")
    # Among the alternatives, which are all that is sampled from: 0.5 of 0.75, 0.8 of 0.9, and so on.
    assert math.exp(first.logprob) == pytest.approx(2 / 3 * 8 / 9)
    assert math.exp(second.logprob) == pytest.approx(2 / 3 * 90 / 99)
    assert {(bud.text, bud.length): round(math.exp(bud.logprob), 6) for bud in first.buds} == {
        (" We", 1): 0.333333, (" I take", 2): 0.074074,
    }  # fmt: skip
    assert {(bud.text, bud.length): round(math.exp(bud.logprob), 6) for bud in second.buds} == {
        (" Then", 4): 0.333333, (" So 6", 5): 0.03367,
    }  # fmt: skip


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_a_step_and_the_buds_that_leave_it_share_the_probability_of_what_they_grow_from(temperature) -> None:
    bud = Bud(" I", math.log(0.05), 1)
    made = completion(
        (" add", 0.5, {" take": 0.1, " see": 0.2}), (" two", 0.4, {" three": 0.3}), (".", 0.9, {"!": 0.05})
    )
    (step,) = read(bud, made, temperature=temperature)
    assert sum(math.exp(one.logprob) for one in (step, *step.buds)) == pytest.approx(0.05)
    take = next(one for one in step.buds if one.text == " I take")
    see = next(one for one in step.buds if one.text == " I see")
    assert see.logprob - take.logprob == pytest.approx(math.log(2) / temperature)


def test_what_goes_on_from_a_bud_begins_with_it() -> None:
    bud = Bud(" I take", math.log(0.05), 2)
    first, second = read(bud, completion((" one", 0.5, {" two": 0.4}), (".\n", 0.9, {}), ("End", 1.0, {})))
    assert first.text == " I take one.\n" and second.text == "End"
    assert math.exp(first.logprob) == pytest.approx(0.05 * 5 / 9)
    assert [(b.text, b.length, round(math.exp(b.logprob), 6)) for b in first.buds] == [(" I take two", 3, 0.022222)]


def test_a_bud_that_ends_its_step() -> None:
    whole = Bud(" Done.", math.log(0.2), 7)
    first, second = read(whole, completion((" Now", 0.5, {" But": 0.25})))
    assert first == type(first)(" Done.", math.log(0.2), ())
    assert second.text == " Now" and [(b.text, b.length) for b in second.buds] == [(" But", 8)]


def test_of_tokens_that_begin_alike_the_one_that_was_drawn_is_told_by_its_probability() -> None:
    """`1` and `12` both begin what was written; only the drawn one has the log-probability."""
    made = completion(("12", 0.3, {"1": 0.6}), (" apples", 1.0, {}))
    (step,) = read(SEED, made)
    assert step.text == "12 apples" and [bud.text for bud in step.buds] == ["1"]


def test_a_character_in_pieces_ends_the_alternatives_and_nothing_else() -> None:
    made = completion(
        ("a", 0.6, {"b": 0.4}),
        ("\ufffd", 0.6, {"c": 0.4}),
        ("\ufffd.", 0.6, {"f": 0.4}),
        (" d", 0.6, {"e": 0.4}),
        cut="aé. d",
    )
    first, second = read(SEED, made)
    assert (first.text, second.text) == ("aé.", " d")
    assert [bud.text for bud in first.buds] == ["b", "ac"] and not second.buds
    assert first.logprob + second.logprob == pytest.approx(4 * math.log(0.6))


def test_a_token_cut_at_the_stop() -> None:
    (step,) = read(SEED, completion(("So", 0.6, {"Then": 0.4}), (".\n\n", 0.6, {"!": 0.4}), cut="So."), stop=("\n\n",))
    assert step.text == "So." and [bud.text for bud in step.buds] == ["Then", "So!"]


@pytest.mark.parametrize(
    ("until", "buds"), [(None, ["b", "ac", "axd"]), (2, ["b", "ac", "axd"]), (1, ["b", "ac"]), (-1, [])]
)
def test_nothing_branches_after_a_place(until, buds) -> None:
    made = completion(("a", 0.6, {"b": 0.4}), ("x", 0.6, {"c": 0.4}), ("y", 0.6, {"d": 0.4}))
    (step,) = read(SEED, made, until=until)
    assert step.text == "axy" and [bud.text for bud in step.buds] == buds


def test_nothing_was_written() -> None:
    (step,) = read(SEED, completion())
    assert (step.text, step.logprob, step.buds) == ("", 0.0, ())
