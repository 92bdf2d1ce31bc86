"""What `gym_process` runs apart: reasoning-gym, with its readers of answers made harmless."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..apart import serve
from .gym_process import BLOCK
from .gym_whole import whole

LISTS = ("algorithmic.string_insertion", "algorithmic.spiral_matrix", "algorithmic.binary_matrix", "games.n_queens")
"""Modules whose scorers call `eval` on an answer, to read a list."""
EXPRESSIONS = ("games.countdown", "games.puzzle24")
"""Modules that hand an answer to sympy's parser, which runs it, under a name of their own."""

GULLIBLE = ("game_of_life_halting",)
"""Sets whose scorers find any text right where the answer is no: their answers are compared with the gold answer."""

_TOKENS = re.compile(r"(?:\s|\d++(?:\.\d*+)?|\.\d++|[A-Za-z]++|[-+*/^(),])*+")
_WORDS = frozenset({
    "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log", "ln",
    "sqrt", "Abs", "pi", "Integral", "Rational",
})  # fmt: skip
_LONGEST = 1000


def plain(text: str) -> str:
    """An expression that names nothing but letters and functions, so that Python cannot be made to do anything else.

    Raises:
        ValueError: It is something else.
    """
    words = re.findall(r"[A-Za-z]+", text[:_LONGEST])
    if len(text) > _LONGEST or not _TOKENS.fullmatch(text) or not all(len(w) == 1 or w in _WORDS for w in words):
        raise ValueError("not a plain expression")
    return text


def digest(question: str) -> str:
    """By which a problem that is made again is known to be the same."""
    return hashlib.blake2b(question.encode(), digest_size=8).hexdigest()


def load() -> Callable[[dict[str, Any]], Any]:
    """The function that answers: `ask` is `sets`, `check`, `make` or `score`."""
    _disarm()
    answers: dict[str, Callable[..., Any]] = {"sets": _sets, "check": _check, "make": _make, "score": _score}
    return lambda question: answers[question.pop("ask")](**question)


def _disarm() -> None:
    import importlib

    import reasoning_gym  # noqa: F401
    import sympy

    parse = sympy.parse_expr

    def parse_plain(text: str, *rest: Any, **options: Any) -> Any:
        return parse(plain(text), *rest, **options)

    for name in LISTS:
        setattr(importlib.import_module(f"reasoning_gym.{name}"), "eval", ast.literal_eval)  # noqa: B010
    for name in EXPRESSIONS:
        setattr(importlib.import_module(f"reasoning_gym.{name}"), "parse_expr", parse_plain)  # noqa: B010
    sympy.parse_expr = parse_plain


def _sets() -> list[str]:
    from reasoning_gym.factory import DATASETS

    return sorted(DATASETS.keys() - {"composite"})


def _check(set: str, options: dict[str, Any]) -> str:
    """What is wrong with the options of a set; empty if nothing."""
    from reasoning_gym.factory import DATASETS

    known = {field.name for field in dataclasses.fields(DATASETS[set][1])} - {"seed", "size"}
    if unknown := options.keys() - known:
        return f"it has no option `{min(unknown)}`; it has {', '.join(sorted(known))}"
    try:
        _entry(set, json.dumps(options), 0, 0)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


@lru_cache(maxsize=16)
def _dataset(set: str, options: str, seed: int) -> Any:
    from reasoning_gym import create_dataset

    return create_dataset(set, **{**json.loads(options), "seed": seed, "size": BLOCK})


@lru_cache(maxsize=4096)
def _entry(set: str, options: str, seed: int, index: int) -> dict[str, Any]:
    return _dataset(set, options, seed)[index]


def _make(set: str, options: dict[str, Any], seed: int, index: int) -> dict[str, Any]:
    packed = json.dumps(options)
    entry = _entry(set, packed, seed, index)
    answer = entry["answer"]
    return {
        "question": entry["question"],
        "answer": answer if isinstance(answer, str) else "",
        "category": _dataset(set, packed, seed).category,
        "known": digest(entry["question"]),
    }


def _score(set: str, options: dict[str, Any], seed: int, index: int, known: str, answers: list[str]) -> Any:
    """The best score of several readings of an answer, 0 to 1; None where the problem cannot be made again."""
    packed = json.dumps(options)
    entry = _entry(set, packed, seed, index)
    if digest(entry["question"]) != known:
        return None
    return max(_scored(_dataset(set, packed, seed), answer, entry) for answer in answers)


def _scored(dataset: Any, answer: str, entry: dict[str, Any]) -> float:
    name, gold = entry["metadata"]["source_dataset"], entry["answer"]
    if name in GULLIBLE:
        return float(answer.strip().casefold() == str(gold).casefold())

    def score(said: str) -> float:
        try:
            return float(dataset.score_answer(said, entry))
        except Exception:  # scorers are written for answers in the form that they asked for
            return 0.0

    marks = score(answer)
    known = gold if isinstance(gold, str) else ""
    return marks if marks < 1 or whole(name, answer, known, lambda said: score(said) >= 1) else 0.0


if __name__ == "__main__":
    serve(load)
