"""Lines of well-known data sets, as problems."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from multisynth.errors import BadInput, nearest, shown

from ..verifiers import CHECKS, NAMES
from .lines import Line

Shape = Literal["gsm8k", "mbpp", "humaneval", "plain"]

Made = tuple[dict[str, Any], dict[str, Any]]
"""Columns of a problem, and its meta."""

_GOLD = re.compile(r"####[ \t]*(\S[^\n]*?)[ \t]*\Z")
_CALCULATED = re.compile(r"<<[^<>\n]*>>")
_PLAIN = ("question", "prompt", "answer", "domain", "verifier", "check")


def shape_of(line: Line) -> Shape:
    """The shape that the fields of a line tell.

    Raises:
        BadInput: They tell none.
    """
    has = line.fields.keys()
    if {"prompt", "entry_point", "test"} <= has:
        return "humaneval"
    if "test_list" in has:
        return "mbpp"
    if "question" in has and isinstance(answer := line.fields.get("answer"), str) and _GOLD.search(answer.rstrip()):
        return "gsm8k"
    if "question" in has or "prompt" in has:
        return "plain"
    close = [f"`{name}` for `{known}`" for name in has for known in ("question", "prompt") if name.lower() == known]
    named = ", ".join(f"`{shown(name)[1:-1]}`" for name in list(has)[:8])
    remedy = f"rename {close[0]}" if close else f"it has {named or 'nothing'}"
    raise BadInput("a problem without `question` or `prompt`", remedy, line.place)


def problem_of(line: Line, shape: Shape | None, verifier: str) -> Made:
    """The columns of a problem, and its meta.

    Args:
        line: From the file.
        shape: That it has; None to tell it by the fields.
        verifier: Where neither shape nor line says.

    Raises:
        BadInput: A field is missing, or is not what its shape has there.
    """
    return _SHAPES[shape or shape_of(line)](line, verifier)


def _gsm8k(line: Line, verifier: str) -> Made:
    solution = _text(line, "answer").rstrip()
    gold = _GOLD.search(solution)
    if gold is None:
        raise BadInput("field `answer` does not end in `#### …`", "say `shape: plain`", line.place)
    columns = {
        "question": _text(line, "question"), "answer": gold[1].replace(",", ""), "domain": "gsm8k",
        "verifier": verifier or "math",
    }  # fmt: skip
    return columns, {"solution": _CALCULATED.sub("", solution[: gold.start()]).strip()}


def _mbpp(line: Line, verifier: str) -> Made:
    tests = [*_texts(line, "test_list"), *_texts(line, "challenge_test_list", ())]
    setup = _text(line, "test_setup_code", "") or "\n".join(_texts(line, "test_imports", ()))
    check = _checked(line, "code", {"tests": tests, "setup": setup})
    task = _text(line, "text" if "text" in line.fields else "prompt")
    # One test tells the name and the arguments; who knows all that judge could pass with a table of them.
    question = f"{task.strip()} Your code should pass tests such as this one:\n{tests[0]}"
    columns = {
        "question": question, "answer": _text(line, "code", ""), "domain": "mbpp", "verifier": "code", "check": check
    }  # fmt: skip
    return columns, {"task_id": line.fields.get("task_id")}


def _humaneval(line: Line, verifier: str) -> Made:
    prompt = _text(line, "prompt")
    entry = {"tests": [_text(line, "test")], "prompt": prompt, "entry_point": _text(line, "entry_point")}
    columns = {
        "question": f"Complete this Python program:\n{prompt}",
        "answer": prompt + _text(line, "canonical_solution", ""),
        "domain": "humaneval", "verifier": "code", "check": _checked(line, "code", entry),
    }  # fmt: skip
    return columns, {"task_id": line.fields.get("task_id")}


def _plain(line: Line, verifier: str) -> Made:
    answer = line.fields.get("answer", "")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = str(answer)
    elif answer is None:
        answer = ""
    if not isinstance(answer, str):
        raise BadInput(f"field `answer` is {shown(answer)}", "a string or a number", line.place)
    named = _text(line, "verifier", "") or verifier or "math"
    if named not in NAMES:
        raise BadInput(f"no verifier is called `{named}`", nearest(named, list(NAMES)), line.place)
    check = line.fields.get("check")
    if named in CHECKS:
        check = _checked(line, named, check)
    columns = {
        "question": _text(line, "question" if "question" in line.fields else "prompt"), "answer": answer,
        "domain": _text(line, "domain", "") or "plain", "verifier": named,
        "check": check if check is None or isinstance(check, str) else json.dumps(check),
    }  # fmt: skip
    return columns, {name: value for name, value in line.fields.items() if name not in _PLAIN}


_SHAPES: Mapping[Shape, Callable[[Line, str], Made]] = {
    "gsm8k": _gsm8k, "mbpp": _mbpp, "humaneval": _humaneval, "plain": _plain,
}  # fmt: skip


def _text(line: Line, name: str, default: str | None = None) -> str:
    value = line.fields.get(name, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (default is None and not value.strip()):
        said = "missing" if name not in line.fields else shown(value)
        raise BadInput(f"field `{name}` is {said}", "a string", line.place)
    return value


def _texts(line: Line, name: str, default: tuple[str, ...] | None = None) -> list[str]:
    value = line.fields.get(name, default)
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise BadInput(f"field `{name}` is {shown(value)}", "a list of strings", line.place)
    return list(value)


def _checked(line: Line, verifier: str, check: object) -> str:
    """What a verifier needs beyond an answer, as JSON, seen by itself."""
    form = CHECKS[verifier]
    needs = "verifier `{}` takes {}".format(
        verifier, ", ".join(f"`{field.alias or name}`" for name, field in form.model_fields.items())
    )
    if check is None:
        raise BadInput("field `check` is missing", needs, line.place)
    try:
        made = form.model_validate_json(check) if isinstance(check, str) else form.model_validate(check)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(map(str, ("check", *first["loc"])))
        raise BadInput(f"`{at}` cannot be used: {first['msg']}", needs, line.place) from None
    return made.model_dump_json(by_alias=True)
