"""Tutorials tell what is true of their modules, and their blocks run."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from multisynth.text.tutorial.facts import facts_of, grounded, unknown_names
from multisynth.text.tutorial.modules import Modules
from multisynth.text.tutorial.running import REPOSITORY, VARIES, dependents, run_blocks
from multisynth.text.tutorial.stage import Tutorial

from multisynth import Sample
from multisynth.kinds import DOCUMENT
from multisynth.sandbox import Sandbox
from multisynth.serving import Request
from multisynth.testing import Ran, run_stage

MODULE = '''\
"""Boxes and what is in them."""


def pack(things: list, size: int = 2) -> list:
    """Put things into boxes.

    >>> boxes = pack([1, 2, 3])
    >>> boxes
    'this is not what it prints'
    """
    return [things[k : k + size] for k in range(0, len(things), size)]


def count(boxes):
    """Count what is in boxes.

    >>> count(boxes)
    3
    """
    return sum(map(len, boxes))


def broken(boxes):
    """Fail.

    >>> left = broken(boxes)
    """
    raise RuntimeError("it fails")


def after(left):
    """Show what is left.

    >>> after(left)
    """
    return left


def bare(x):
    """Add one, without an example."""
    return x + 1


def _private():
    """Not told of."""
'''
BLOCK = re.compile(r"```python\n(.*?)\n```(?:\n\nIt prints:\n\n```text\n(.*?)\n```)?", re.DOTALL)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "boxes.py").write_text(MODULE)
    (tmp_path / "pack" / "tests").mkdir(parents=True)
    (tmp_path / "pack" / "__init__.py").write_text('"""Nothing."""\n')
    (tmp_path / "pack" / "tests" / "test_it.py").write_text("")
    (tmp_path / "pack" / "latin.py").write_bytes(b"# \xe9\n")
    (tmp_path / "pack" / "big.py").write_text("#" * 2000)
    (tmp_path / "pack" / "link.py").symlink_to("/etc/passwd")
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.fixture
def tutorial(tiny: str, scripted: Callable[..., list[Request]], repository: Path) -> Callable[..., Ran]:
    """Runs the stage on a module, with a model that answers each prompt by a function."""

    def ran(told: Callable[[str], str], source: str = MODULE) -> Ran:
        scripted(lambda prompt, request: told(prompt))
        (repository / "boxes.py").write_text(source)
        stage = Tutorial(model=tiny, repository=repository, blocks=2)
        return run_stage(stage, [Sample(DOCUMENT, 0, text=source, source="boxes.py")])

    return ran


PROSE = {"count": "It counts boxes. And more"}


def writer(prompt: str) -> str:
    if "One sentence" in prompt:
        return (
            "Boxes of `imaginary_tool`." if "pack(" in prompt else PROSE.get(prompt.split("(")[0][-5:], "Clouds drift.")
        )
    if "bare" in prompt:
        return "bare(41)"
    return "broken(boxes) if False else 7" if "RuntimeError" in prompt else "no code at all ("


def test_modules_of_a_repository(repository: Path) -> None:
    ran = run_stage(Modules(repository=repository, largest=1500))
    assert ran.samples["source"] == ["boxes.py", "pack/__init__.py"]
    assert ran.samples["text"][0] == MODULE
    assert sorted(reason for _, reason in ran.drops) == ["no text: byte 2", "too big: over 1500 bytes"]


def test_a_tutorial_shows_what_its_blocks_print(tutorial: Callable[..., Ran]) -> None:
    ran = tutorial(writer)
    (sample,) = ran.samples
    assert not ran.failures
    blocks = BLOCK.findall(sample["text"])
    assert [code for code, _ in blocks][:3] == [
        "from boxes import pack, count, broken, after, bare",
        "boxes = pack([1, 2, 3])\nboxes",
        "count(boxes)",
    ]
    assert [shown for _, shown in blocks][1:3] == ["[[1, 2], [3]]", "3"]
    # The block that fails was mended by the model, what it no longer gives was cut, the missing example was written.
    assert [code for code, _ in blocks][3:] == ["broken(boxes) if False else 7", "bare(41)"]
    assert [shown for _, shown in blocks][3:] == ["7", "42"]
    assert "after(left)" not in sample["text"] and "_private" not in sample["text"]
    assert sample.meta["routes"] == ["docstring", "docstring", "mended", "model"]


def test_shown_outputs_are_those_of_a_plain_python(
    tutorial: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, repository: Path
) -> None:
    import contextlib
    import io

    (sample,) = tutorial(writer).samples
    monkeypatch.syspath_prepend(str(repository))
    space: dict[str, object] = {}
    for code, shown in BLOCK.findall(sample["text"]):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            for line in code.splitlines():
                exec(compile(line, "line", "single"), space)  # noqa: S102
        assert out.getvalue().strip() == shown.strip()


def test_prose_that_names_what_is_not_there_is_left_out(tutorial: Callable[..., Ran]) -> None:
    (sample,) = tutorial(writer).samples
    assert "imaginary_tool" not in sample["text"]
    assert "It counts boxes." in sample["text"] and "And more" not in sample["text"]
    assert "Clouds" not in sample["text"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def f(:", "no Python"),
        ("x = 1", "nothing public with a docstring"),
        ('def f():\n    """Do.\n\n    >>> f()\n    """\n    return 1\n', "too few blocks run"),
        ('import nothing_there\ndef f():\n    """Do."""\n', "too few blocks run"),
        ('import os\nos._exit(0)\ndef f():\n    """Do."""\n', "too few blocks run"),
    ],
)
def test_what_gives_no_tutorial_is_dropped(tutorial: Callable[..., Ran], source: str, reason: str) -> None:
    ran = tutorial(lambda _: "nothing (", source)
    assert not len(ran.samples) and not ran.failures
    assert ran.drops[0][1].startswith(reason)


def test_a_repository_cannot_be_written_to(repository: Path) -> None:
    sandbox = Sandbox(readable={REPOSITORY: repository})
    ran = run_blocks(sandbox, ["import boxes", "open(boxes.__file__, 'w')", "1"])
    assert [bool(one.error) for one in ran] == [False, True]
    assert (repository / "boxes.py").read_text() == MODULE


@pytest.mark.parametrize(
    "varies",
    [
        "object()",
        "print(list({'apple', 'pear', 'fig', 'plum', 'kiwi', 'lime'}))",
        "import time\ntime.time_ns()",
        "import random\nrandom.random()",
        "import os\nos.urandom(4)",
    ],
)
def test_a_block_that_shows_something_else_each_time_has_failed(repository: Path, varies: str) -> None:
    sandbox = Sandbox(readable={REPOSITORY: repository})
    blocks = ["sorted({'pear', 'fig'})", "hidden = object()", varies, "1"]
    assert run_blocks(sandbox, blocks) == [("['fig', 'pear']\n", ""), ("", ""), ("", VARIES)]
    same = [blocks[0], blocks[1], "1"]
    assert [one.output for one in run_blocks(sandbox, same)] == ["['fig', 'pear']\n", "", "1\n"]


def test_what_depends_on_a_block_is_cut_with_it() -> None:
    blocks = ["a = 1", "b = a", "c = 2", "def f(): return b", "print(c)", "f()", "import math", "math.pi"]
    assert dependents(blocks, 0) == {0, 1, 3, 5}
    assert dependents(blocks, 6) == {6, 7}


@pytest.mark.parametrize(
    ("prose", "unknown"),
    [
        ("Use `pack` with `things`, or pack(things, size).", []),
        ("The boxes module has `boxes.pack`.", []),
        ('`pack(["a", "b"])` works.', []),
        ("Call unpack(things).", ["unpack"]),
        ("See boxes.unpack for that.", ["unpack"]),
        ("It uses box_size and maxSize.", ["box_size", "maxSize"]),
        ("Plain words, and nothing else.", []),
    ],
)
def test_names_that_are_not_there(prose: str, unknown: list[str]) -> None:
    assert unknown_names(prose, facts_of(textwrap.dedent(MODULE)), "boxes") == unknown


def test_a_sentence_that_shares_one_word_by_chance_is_not_grounded() -> None:
    facts = facts_of('"""Intervals."""\ndef merge(part):\n    """Join intervals that meet."""\n')
    assert grounded("This function is only needed for the first part.", facts.parts[0], facts) == 0
    assert grounded("It joins intervals which meet in a calendar.", facts.parts[0], facts) == 2 / 4
