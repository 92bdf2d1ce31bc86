"""Bad recipes are refused before any work, with line and remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import BaseModel

from multisynth import Recipe, registry
from multisynth.errors import BadInput, BadInputs
from multisynth.kinds import DOCUMENT, Column, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import InputPath, Map, Source

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


PICTURE = Kind(
    "picture", {"pixels": Column(pa.large_binary(), "PNG", media=True), "alt": Column(pa.string(), "what it shows")},
    text="alt", image="pixels",
)  # fmt: skip


class Draw(Source):
    """Samples of a kind that another package brought."""

    makes = PICTURE
    count: int = 3


class Corner(BaseModel):
    """A part of a stage's options that names a file."""

    file: InputPath


@dataclass(frozen=True)
class Side:
    """The same as a dataclass."""

    file: InputPath


class Reads(Map):
    """Names files in every way that options can."""

    takes = (DOCUMENT,)
    one: InputPath
    many: list[InputPath] = []
    pair: tuple[int, InputPath] | None = None
    named: dict[str, InputPath] = {}
    corners: list[Corner] = []
    sides: tuple[Side, ...] = ()
    words: frozenset[str] = frozenset()

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        yield from samples


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._added, "test.pictures", Draw)
    monkeypatch.setitem(registry._added, "test.reads", Reads)


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
        ("count: 5", f"count: 1{'0' * 30}", ["recipe.yaml:4:", "`count` is 1000", "less than 2⁶³"]),
        ("count: 5", f"count: 0x{'f' * 5000}", ["recipe.yaml:4:", "a number of 5,002 characters"]),
        ("seed: 3", f"seed: 1{':59' * 100_000}", ["recipe.yaml:2:", "`seed` is '1:59:59"]),
        ("seed: 3", "seed: !!timestamp x", ["recipe.yaml:2:", "no tags"]),
        ("use: test.split", f"use: test.reads\n    one: {'x' * 5000}", ["recipe.yaml:5:", "too long"]),
        ("use: test.split", "use: test.reads\n    one: none.txt", ["recipe.yaml:7:", "does not exist"]),
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


@pytest.mark.parametrize("stages", ["", "stages: 5\n", "stages: [1]\n", "stages: {a: 5}\n", "stages: {}\n"])
def test_exports_without_stages(tmp_path, stages):
    text = complaint(tmp_path, f"name: x\n{stages}exports: {{a: {{to: jsonl, from: a}}}}\n")
    assert "recipe.yaml:" in text and "stages" in text


def test_a_block_that_cannot_be_read_is_complained_of_once(tmp_path):
    text = complaint(
        tmp_path, GOOD.replace("{use: test.draw, count: 5}", "5") + "exports: {a: {to: jsonl, from: seeds}}"
    )
    assert text.count("recipe.yaml") == 1 and "`stages.seeds` is 5" in text


def test_merge_keys_that_explode_are_refused(tmp_path):
    def bomb(level: str) -> str:
        return "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {level.replace('A', f'*a{i - 1}')}\n" for i in range(1, 9))

    assert "`<<` is given twice" in complaint(tmp_path, bomb("{" + "<<: A, " * 9 + "}"))
    assert "too large" in complaint(tmp_path, bomb("{<<: [" + "A, " * 9 + "]}"))


def test_a_merge_key_merges(tmp_path):
    (tmp_path / "r.yaml").write_text(GOOD.replace("use: test.split", "<<: {use: test.split, pause: 0.5}"))
    assert Recipe.load(tmp_path / "r.yaml").step("parts").stage.pause == 0.5


@pytest.mark.parametrize("feeds", [1, 2, 100])
def test_thousands_of_stages_are_checked(feeds):
    stages: dict[str, Any] = {"s0": {"use": "test.count"}}
    for i in range(1, 2000):
        stages[f"s{i}"] = {"use": "test.pass", "from": [f"s{j}" for j in range(max(0, i - feeds), i)]}
    recipe = Recipe.of({"name": "long", "stages": stages})
    assert [step.name for step in recipe.steps] == list(stages)


def test_a_long_circle_is_told_in_short():
    stages = {f"s{i}": {"use": "test.pass", "from": f"s{(i + 1) % 2000}"} for i in range(2000)}
    with pytest.raises(BadInput, match="circle") as caught:
        Recipe.of({"name": "round", "stages": stages})
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("errors", "total", "budget"),
    [(0.29, 100, 29), (0.57, 100, 57), (0.01, 99, 0), (1, 7, 7), (0, 7, 0), (1e-5, 10**5, 1)],
)
def test_the_budget_of_failures_is_exact(errors, total, budget):
    blocks = {"a": {"use": "test.count"}, "b": {"use": "test.pass", "from": "a", "errors": errors}}
    assert Recipe.of({"name": "x", "stages": blocks}).step("b").budget(total) == budget


PLACES = {
    "one": lambda path: {"one": path},
    "many": lambda path: {"many": [path]},
    "pair": lambda path: {"pair": [1, path]},
    "named": lambda path: {"named": {"x": path}},
    "corners": lambda path: {"corners": [{"file": path}]},
    "sides": lambda path: {"sides": [{"file": path}]},
}


@pytest.mark.parametrize("place", PLACES)
def test_files_count_by_their_content_wherever_they_are_named(tmp_path, place):
    def fingerprint(path: str) -> str:
        block = {"use": "test.reads", "from": "a", "one": "fixed", **PLACES[place](path)}
        recipe = Recipe.of({"name": "x", "stages": {"a": {"use": "test.count"}, "b": block}}, tmp_path)
        return recipe.step("b").fingerprint(7, ())

    (tmp_path / "fixed").write_text("fixed")
    (tmp_path / "a").write_text("content")
    (tmp_path / "elsewhere").write_text("content")
    before = fingerprint("a")
    assert fingerprint("elsewhere") == before
    (tmp_path / "a").write_text("other content")
    assert fingerprint("a") != before


def test_a_changed_file_makes_the_stage_anew(tmp_path, make):
    from tests.comparing import tables

    (tmp_path / "a").write_text("one")
    blocks = {"a": {"use": "test.count"}, "b": {"use": "test.reads", "from": "a", "one": __file__}}
    blocks["b"]["many"] = [str(tmp_path / "a")]
    before = tables(make(blocks)[0])
    assert tables(make(blocks)[0])["b"].equals(before["b"])
    (tmp_path / "a").write_text("two")
    after = tables(make(blocks)[0])
    assert after["a"].equals(before["a"])
    assert not set(after["b"]["id"].to_pylist()) & set(before["b"]["id"].to_pylist())


def test_a_set_of_options_counts_whatever_its_order(tmp_path):
    def options(words: list[str]) -> Any:
        from multisynth.fingerprint import content

        return content(Reads(one=Path(__file__), words=frozenset(words)))["words"]

    assert options(["b", "c", "a"]) == ["a", "b", "c"]


def test_a_file_that_went_after_the_check_is_named(tmp_path):
    (tmp_path / "a").touch()
    blocks = {"a": {"use": "test.count"}, "b": {"use": "test.reads", "from": "a", "one": "a"}}
    recipe = Recipe.of({"name": "x", "stages": blocks}, tmp_path)
    (tmp_path / "a").unlink()
    with pytest.raises(BadInput, match=r"stage `b`.*cannot be read"):
        recipe.step("b").fingerprint(7, ())


def test_kinds_of_other_packages_pass_where_any_kind_does(tmp_path):
    blocks = {
        "pictures": {"use": "test.pictures"},
        "unlike": {"use": "curate.phash", "from": "pictures"},
        "told": {"use": "curate.minhash", "from": "unlike"},
    }
    exports = {"rows": {"to": "jsonl", "from": "told"}}
    recipe = Recipe.of({"name": "x", "stages": blocks, "exports": exports})
    assert [step.makes for step in recipe.steps] == [PICTURE] * 3
    with pytest.raises(BadInput, match="takes document, and `pictures` makes picture"):
        Recipe.of({"name": "x", "stages": {**blocks, "passed": {"use": "test.pass", "from": "pictures"}}})
    with pytest.raises(BadInput, match=r"`curate.phash` takes frame, and `texts` makes document"):
        texts = {"texts": {"use": "test.count"}, "unlike": {"use": "curate.phash", "from": "texts"}}
        Recipe.of({"name": "x", "stages": texts})


@pytest.mark.parametrize(
    ("value", "said"),
    [("broken:Stage", "no such driver"), ("json:dumps", "is no Stage"), ("json:Nothing", "cannot be loaded")],
)
def test_a_broken_stage_of_another_package_is_named(tmp_path, monkeypatch, value, said):
    from importlib.metadata import EntryPoint

    (tmp_path / "broken.py").write_text("raise RuntimeError('no such driver')")
    monkeypatch.syspath_prepend(tmp_path)
    points = {"other.stage": EntryPoint("other.stage", value, "multisynth.stages")}
    monkeypatch.setattr(registry, "_points", lambda group: points)
    with pytest.raises(BadInput, match=said):
        registry.stage("other.stage")
