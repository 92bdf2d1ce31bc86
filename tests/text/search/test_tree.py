"""The tree alone: PUCT's formula, its counts, and a synthetic model whose best answer is known by brute force."""

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multisynth.text.search.steps import Bud, Step
from multisynth.text.search.tree import Tree

LETTERS = "abc"
DEPTH = 4


def probability(prefix: str, letter: str) -> float:
    """A model of answers of `DEPTH` letters, each letter a step: its next letter after a prefix."""
    weights = {other: 1 + random.Random(prefix + other).random() * 4 for other in LETTERS}
    return weights[letter] / sum(weights.values())


def write(prefix: str, length: int) -> list[Step]:
    """The likeliest answer that begins so; one step a letter after the first `length - 1`, with all alternatives."""
    text, steps = prefix, []
    for place in range(length, DEPTH + 1):
        before = text[: place - 1]
        own = prefix[-1:] if place == length else ""
        letter = own or max(LETTERS, key=lambda x: probability(before, x))
        buds = () if own else tuple(
            Bud(other, math.log(probability(before, other)), place) for other in LETTERS if other != letter
        )  # fmt: skip
        steps.append(Step(letter, math.log(probability(before, letter)), buds))
        text = before + letter
    return steps


def rollout(tree: Tree, leaf) -> tuple[str, list[Step]]:
    prefix = tree.prefix(leaf)
    steps = write(prefix, max(1, len(prefix)))
    return (prefix[:-1] if prefix else "") + "".join(step.text for step in steps), steps


def grow(tree: Tree, reward, rollouts: int, wave: int = 1) -> list[tuple[str, bool]]:
    done: list[tuple[str, bool]] = []
    while len(done) < rollouts:
        leaves = [leaf for _ in range(wave if done else 1) if (leaf := tree.select()) is not None]
        if not leaves:
            break
        for leaf in leaves:
            text, steps = rollout(tree, leaf)
            last = tree.expand(leaf, steps)
            tree.backup(leaf, last, right=reward(text), ends=True)
            done.append((text, reward(text)))
    return done


def text_of(tree: Tree, at: int) -> str:
    return "".join(tree.nodes[place].text for place in tree.path(at))


@given(st.integers(1, 90), st.integers(1, 6), st.integers(0, 999), st.floats(0.1, 5))
@settings(max_examples=40, deadline=None)
def test_visits_sum_and_values_are_means_of_the_rollouts_through_a_step(rollouts, wave, seed, c) -> None:
    right = {answer for answer in map("".join, itertools.product(LETTERS, repeat=DEPTH))
             if random.Random(f"{seed}{answer}").random() < 0.2}  # fmt: skip
    tree = Tree(c_puct=c)
    done = grow(tree, right.__contains__, rollouts, wave)
    assert len({text for text, _ in done}) == len(done), "no answer is written twice"
    for at, node in enumerate(tree.nodes):
        through = [reward for text, reward in done if text.startswith(text_of(tree, at))]
        assert node.visits == len(through) and node.total == sum(through) and node.pending == 0
        assert node.value == pytest.approx(sum(through) / len(through))
        if node.children:
            assert node.visits == sum(tree.nodes[child].visits for child in node.children)
        below = [k for k in range(len(tree.nodes)) if k == at or at == 0 or at in tree.path(k)]
        assert node.free == sum(len(tree.nodes[k].buds) for k in below)
        if node.children or node.buds:
            assert sum(tree.priors(at)) == pytest.approx(1)


def test_every_answer_is_found_once_and_then_nothing_is_left() -> None:
    tree = Tree()
    done = grow(tree, lambda text: False, 1000)
    assert sorted(text for text, _ in done) == sorted(map("".join, itertools.product(LETTERS, repeat=DEPTH)))
    assert tree.select() is None and tree.nodes[0].free == 0


def test_rollouts_gather_where_the_answers_are_right() -> None:
    """With right answers below `ca` alone, all nine of them are among the first 40 of 81 rollouts."""
    tree = Tree(c_puct=0.5)
    done = grow(tree, lambda text: text.startswith("ca"), 40)
    assert sum(right for _, right in done) == len(LETTERS) ** (DEPTH - 2), "all nine are found"
    blind = Tree(c_puct=0.5)
    without = grow(blind, lambda text: False, 40)
    assert sum(text.startswith("ca") for text, _ in without) < 9
    assert tree.nodes[max(tree.nodes[0].children, key=lambda at: tree.nodes[at].value)].text == "c"


def test_puct_formula() -> None:
    """After three rollouts, the next choice is the greatest of Q + c P sqrt(N) / (1 + n), worked out by hand."""
    tree = Tree(c_puct=2.0)
    first = tree.select()
    assert first is not None and (first.node, first.bud.text) == (0, "")
    buds = (Bud("B", math.log(0.3), 1), Bud("C", math.log(0.1), 1))
    last = tree.expand(first, [Step("A", math.log(0.6), buds), Step("x", math.log(0.9), (Bud("y", math.log(0.1), 2),))])
    tree.backup(first, last, right=False, ends=True)
    assert tree.priors(0) == pytest.approx([0.6, 0.3, 0.1])
    # n = 1 for A: 0 + 2 * 0.6 * 1 / 2 = 0.6; B: 2 * 0.3 * 1 = 0.6; the first of equals. Then as if A had lost:
    second, third = tree.select(), tree.select()
    assert second is not None and (second.node, second.bud.text) == (1, "y")
    # N = 2, n = 2 for A: A's subtree has nothing free; B: 2 * 0.3 * sqrt 2 = 0.85.
    assert third is not None and (third.node, third.bud.text) == (0, "B")
    fourth, fifth = tree.select(), tree.select()
    assert fourth is not None and fourth.bud.text == "C" and fifth is None
    tree.backup(third, tree.expand(third, [Step("Bee", math.log(0.2), (Bud("Bo", math.log(0.05), 1),))]),
                right=True, ends=True)  # fmt: skip
    assert tree.nodes[0].pending == 2 and tree.nodes[0].visits == 2 and tree.nodes[0].value == 0.5
    after = tree.select()
    assert after is not None and after.bud.text == "Bo"


def test_a_loss_under_way_turns_the_next_rollout_elsewhere() -> None:
    """Within a wave equal buds of equal steps are taken in turn, not all from one step."""
    tree = Tree(c_puct=1.0)
    root = tree.select()
    assert root is not None
    buds = tuple(Bud(letter, math.log(0.25), 1) for letter in "bcd")
    tree.backup(root, tree.expand(root, [Step("a", math.log(0.25), buds)]), right=False, ends=True)
    for leaf in [tree.select() for _ in range(3)]:
        assert leaf is not None
        letter = leaf.bud.text
        more = tuple(Bud(f"{letter}{k}", math.log(0.2), 2) for k in range(3))
        tree.backup(
            leaf, tree.expand(leaf, [Step(letter, math.log(0.25)), Step("!", 0.0, more)]), right=True, ends=True
        )
    wave = [tree.select() for _ in range(3)]
    assert all(leaf is not None for leaf in wave) and len({leaf.node for leaf in wave if leaf}) == 3


def test_widening_sends_the_second_rollout_deep() -> None:
    """With 1, a step that was tried once is gone on from before another is tried beside it."""
    for widening, deep in ((1.0, True), (9.0, False)):
        tree = Tree(widening=widening)
        root = tree.select()
        assert root is not None
        steps = [Step("a", math.log(0.3), (Bud("b", math.log(0.7), 1),)), Step("c", 0.0, (Bud("d", math.log(0.1), 2),))]
        tree.backup(root, tree.expand(root, steps), right=False, ends=True)
        leaf = tree.select()
        assert leaf is not None and tree.prefix(leaf) == ("ad" if deep else "b")


def test_width_keeps_the_likeliest() -> None:
    tree = Tree(width=2)
    root = tree.select()
    assert root is not None
    buds = tuple(Bud(letter, math.log(p), 1) for letter, p in zip("bcde", (0.1, 0.2, 0.05, 0.3), strict=True))
    tree.expand(root, [Step("a", math.log(0.35), buds)])
    assert list(tree.nodes[0].buds) == ["e", "c"] and tree.nodes[0].free == 2
