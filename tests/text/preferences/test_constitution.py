"""Constitutions that people write."""

from pathlib import Path

import pytest
from multisynth.text.preferences.constitution import read_constitution

from multisynth.errors import BadInput

ONE = "principles:\n- name: kind\n  critique: What is unkind in it?\n  revision: Write it kindly.\n"


def test_a_principle_needs_what_is_done_with_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(ONE)
    (principle,) = read_constitution(path, "critique", "revision").principles
    assert (principle.name, principle.revision) == ("kind", "Write it kindly.")
    with pytest.raises(BadInput, match=r"mine\.yaml: `principles\.0\.comparison`: `kind` has none"):
        read_constitution(path, "comparison")


@pytest.mark.parametrize(
    "text, told",
    [
        (ONE + ONE.partition("\n")[2], "two principles are called `kind`"),
        (ONE.replace("revision", "revise"), r"`principles\.0\.revise`"),
        ("principles: []", "principles"),
        ("principles: [", "is no YAML"),
        ("!!python/object/apply:os.system [id]", "is no YAML"),
        ("kind", "valid"),
    ],
)
def test_what_is_no_constitution_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=told):
        read_constitution(path, "revision")
