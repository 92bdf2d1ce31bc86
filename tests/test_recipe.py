"""Bad recipes are refused before any work, with line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from multisynth import Recipe
from multisynth.errors import BadInput, BadInputs

GOOD = """\
name: good
seed: 3
stages:
  seeds: {use: test.draw, count: 5}
  parts:
    use: test.split
    from: seeds
    needs: {batch_size: 2}
"""


def complaint(tmp_path: Path, text: str) -> str:
    path = tmp_path / "recipe.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        Recipe.load(path)
    return str(caught.value).replace(str(tmp_path) + "/", "")


def test_a_good_recipe(tmp_path):
    (tmp_path / "r.yaml").write_text(GOOD)
    recipe = Recipe.load(tmp_path / "r.yaml")
    assert [step.name for step in recipe.steps] == ["seeds", "parts"]
    assert recipe.step("parts").needs.batch_size == 2 and recipe.step("parts").takes.name == "document"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("count: 5", "cuont: 5", ["recipe.yaml:4:", "no option `cuont`", "did you mean `count`?"]),
        ("count: 5", "count: five", ["recipe.yaml:4:", "`count` is 'five'", "How many."]),
        ("count: 5", "count: -5", ["recipe.yaml:4:", "`count` is -5", "greater than or equal to 0"]),
        ("test.draw", "test.drew", ["recipe.yaml:4:", "no stage is called `test.drew`"]),
        ("from: seeds", "from: seed", ["recipe.yaml:7:", "`seed`, which is no stage", "did you mean `seeds`?"]),
        ("from: seeds", "from: parts", ["recipe.yaml:7:", "circle", "parts → parts"]),
        ("from: seeds", "from: [seeds, seeds]", ["recipe.yaml:7:", "twice"]),
        ("    from: seeds\n", "", ["recipe.yaml:5:", "needs samples to work on"]),
        ("seed: 3", "sed: 3", ["recipe.yaml:2:", "unknown key `sed`", "did you mean `seed`?"]),
        ("seed: 3", "seed: -3", ["recipe.yaml:2:", "`seed` is -3"]),
        ("name: good", "name: ../evil", ["recipe.yaml:1:", "'../evil'"]),
        ("  parts:", "  ../parts:", ["recipe.yaml:5:", "'../parts' cannot be used"]),
        ("batch_size: 2", "batch_sise: 2", ["recipe.yaml:8:", "batch_sise", "did you mean `batch_size`?"]),
        ("batch_size: 2", "batch_size: 0", ["recipe.yaml:8:", "`batch_size` is 0"]),
        ("name: good", "name: !!python/object/apply:os.system [x]", ["recipe.yaml:1:", "no tags"]),
        ("name: good", "name: good\nname: again", ["recipe.yaml:2:", "`name` is given twice"]),
        ("name: good", "name: [good", ["is not YAML"]),
        ("count: 5", "count: 5, from: parts", ["recipe.yaml:4:", "circle"]),
    ],
)
def test_what_is_wrong_is_said_with_line_and_remedy(tmp_path, old, new, said):
    text = complaint(tmp_path, GOOD.replace(old, new))
    for part in said:
        assert part in text, text
    assert "→" in text


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(
        GOOD.replace("count: 5", "count: x").replace("seed: 3", "seed: x").replace("batch_size: 2", "cpus: x")
    )
    with pytest.raises(BadInputs) as caught:
        Recipe.load(path)
    assert len(caught.value.problems) == 3


def test_kinds_that_do_not_fit(tmp_path):
    text = complaint(tmp_path, GOOD + "exports:\n  pictures: {to: coco, from: parts}\n")
    assert "recipe.yaml:10:" in text and "takes frame" in text and "makes document" in text


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        Recipe.load(tmp_path / "none.yaml")


def test_aliases_that_explode_are_refused(tmp_path):
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
    )
    assert "too large" in complaint(tmp_path, bomb)
    assert "itself" in complaint(tmp_path, "a: &a [*a]\n")


def test_a_binary_file_is_refused(tmp_path):
    (tmp_path / "r.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="UTF-8"):
        Recipe.load(tmp_path / "r.yaml")
