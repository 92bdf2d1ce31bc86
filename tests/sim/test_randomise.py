import json
from pathlib import Path

import numpy as np
import pytest
from multisynth.sim.randomise import Draw, Randomisation
from multisynth.sim.rollout import Rollout
from pydantic import ValidationError

from multisynth import seeds


def draw(seed=1, **ranges):
    return Draw(Randomisation(**ranges), lambda purpose: seeds.rng(seed, purpose))


def test_draws_do_not_depend_on_their_order():
    one, other = draw(), draw()
    a = [one("friction"), one("mass"), one.uniform("x", 0, 1)]
    b = [other.uniform("x", 0, 1), other("mass"), other("friction")]
    assert a == b[::-1]
    assert one.drawn == other.drawn == {"friction": a[0], "mass": a[1], "x": a[2]}


def test_draws_are_uniform_over_their_range():
    drawn = np.array([draw(seed, friction=(0.2, 0.6))("friction") for seed in range(2000)])
    assert drawn.min() >= 0.2 and drawn.max() <= 0.6
    counts, _ = np.histogram(drawn, 8, (0.2, 0.6))
    assert ((counts - 250) ** 2 / 250).sum() < 24.3  # chi-squared, 7 degrees of freedom, p = 0.001


def test_equal_ends_fix_a_parameter_and_names_are_drawn_once():
    d = draw(mass=(0.25, 0.25))
    assert d("mass") == 0.25
    with pytest.raises(ValueError, match="twice"):
        d("mass")


@pytest.mark.parametrize("field", sorted(Randomisation.model_fields))
def test_ranges_outside_physical_limits_are_refused_with_the_limit(field):
    low, high = Randomisation.model_fields[field].json_schema_extra["limits"]
    default = Randomisation.model_fields[field].default
    assert low <= default[0] <= default[1] <= high
    assert getattr(Randomisation(**{field: (low, high)}), field) == (low, high)
    for bad in ((low - 0.5, high), (low, high * 1.5 + 1)):
        with pytest.raises(ValidationError) as error:
            Randomisation(**{field: bad})
        assert field in str(error.value) and f"limits {low:g} … {high:g}" in str(error.value)
    with pytest.raises(ValidationError, match="smaller"):
        Randomisation(**{field: (high, low)})
    with pytest.raises(ValidationError):
        Randomisation(**{field: (low, float("nan"))})


def test_ranges_come_from_yaml_beside_the_recipe(tmp_path):
    (tmp_path / "dr.yaml").write_text("friction: [0.1, 0.2]\n")
    stage = Rollout.model_validate({"randomise": "dr.yaml"}, context={"folder": tmp_path})
    assert stage.randomise == Randomisation(friction=(0.1, 0.2))
    again = Rollout.model_validate(json.loads(stage.model_dump_json()))
    assert again == stage, "a stage is made again from its options alone"
    (tmp_path / "bad.yaml").write_text("!!python/object/apply:os.getcwd []\n")
    for name, problem in {"missing.yaml": "does not exist", "bad.yaml": "is not YAML"}.items():
        with pytest.raises(ValidationError, match=problem):
            Rollout.model_validate({"randomise": name}, context={"folder": tmp_path})
    (tmp_path / "typo.yaml").write_text("frictoin: [0.1, 0.2]\n")
    with pytest.raises(ValidationError, match="frictoin"):
        Rollout.model_validate({"randomise": "typo.yaml"}, context={"folder": tmp_path})


def test_the_ranges_that_come_with_the_project_are_good():
    folder = Path(__file__).parents[2] / "configs"
    for path in sorted((folder / "dr").glob("*.yaml")):
        Rollout.model_validate({"randomise": f"dr/{path.name}"}, context={"folder": folder})
    assert (folder / "dr" / "tabletop.yaml").exists()
