"""Options changed from the command line are the options that a changed file would have."""

from __future__ import annotations

import pytest

from multisynth.errors import BadInput
from multisynth.recipe import Recipe
from multisynth.settings import changed

TEXT = """\
name: r
stages:
  drawn: {use: test.draw, count: 4}
  rounds:
    loop: 2
    stages:
      halves: {use: test.split, from: drawn}
"""


def test_a_changed_option_is_as_if_written(tmp_path):
    file, other = tmp_path / "a.yaml", tmp_path / "b.yaml"
    file.write_text(TEXT)
    other.write_text(TEXT.replace("count: 4", "count: 9, needs: {batch_size: 3}").replace("loop: 2", "loop: 3"))
    one = Recipe.load(file, ["drawn.count=9", "rounds.loop=3", "drawn.needs.batch_size=3"])
    two = Recipe.load(other)
    assert one.data == two.data and one.steps[0].needs.batch_size == 3
    assert [step.name for step in one.steps] == ["drawn", "halves-1", "halves-2", "halves-3"]


def test_the_seed_is_set_like_an_option():
    assert changed({"name": "x", "seed": 1, "stages": {}}, ["seed=9"])["seed"] == 9
    assert changed({"name": "x", "stages": {}}, ["seed=9"])["seed"] == 9


def test_a_stage_of_a_loop_is_set_in_all_rounds():
    data = {"stages": {"rounds": {"loop": 2, "stages": {"halves": {"use": "test.split"}}}}}
    new = changed(data, ["halves.from=[a, b]"])
    assert new["stages"]["rounds"]["stages"]["halves"]["from"] == ["a", "b"]
    assert "from" not in data["stages"]["rounds"]["stages"]["halves"], "what was given is left alone"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("drawn=4", "cannot be read"),
        ("drawn.count", "cannot be read"),
        ("drawn..count=4", "cannot be read"),
        ("drown.count=4", "did you mean `drawn`"),
        ("drawn.count.more=4", "holds no options"),
        ("drawn.colour=red", "has no option `colour`"),
        ("drawn.count=many", "`count` is 'many'"),
        ("drawn.count=!!python/object:os.system x", "drawn.count"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(tmp_path, setting, said):
    file = tmp_path / "a.yaml"
    file.write_text(TEXT)
    with pytest.raises(BadInput) as caught:
        Recipe.load(file, [setting])
    assert said in str(caught.value)
