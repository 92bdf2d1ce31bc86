import json
from pathlib import Path

import numpy as np
import pytest
from multisynth.sim.randomise import Draw, FromCalibrated, Randomisation
from multisynth.sim.rollout import Rollout
from pydantic import TypeAdapter, ValidationError

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
    nominal, low, high = Randomisation.bounds(field)
    ends = Randomisation.model_fields[field].default.range(nominal or 0.0)
    assert low <= ends[0] <= ends[1] <= high
    assert nominal is None or low <= nominal <= high
    assert getattr(Randomisation(**{field: (low, high)}), field).ends == (low, high)
    for bad in ((low - 0.5, high), (low, high * 1.5 + 1)):
        with pytest.raises(ValidationError) as error:
            Randomisation(**{field: bad})
        assert field in str(error.value) and f"limits {low:g} … {high:g}" in str(error.value)
    with pytest.raises(ValidationError, match="smaller"):
        Randomisation(**{field: (high, low)})
    with pytest.raises(ValidationError):
        Randomisation(**{field: (low, float("nan"))})


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ({"frictoin": 0.5}, "no term is called `frictoin`: did you mean `friction`"),
        ([0.3, 0.9], "no mapping of terms"),
        ({"friction": {"normal": [5.0, 1.0]}}, "friction about 5 lies outside its physical limits 0.02 … 1.5"),
        ({"mass": {"normal": [-1.0, 0.1], "operation": "add"}}, "mass about -0.85 lies outside"),
        ({"latency": {"uniform": [0.5, 2.0], "operation": "scale"}}, "calibrated at 0.*add or set"),
        ({"mass": {"operation": "scale", "uniform": [0.5, 100.0]}}, "limits"),
        ({"size": {"operation": "add", "uniform": [0.0, 0.01]}}, "no calibrated value"),
        ({"mass": {"uniform": [0.1, 0.2], "when": [1, 2]}}, "cannot change within an episode"),
    ],
)
def test_terms_that_do_not_suit_their_field(terms, problem):
    with pytest.raises(ValidationError, match=problem):
        Randomisation.model_validate(terms)


def test_unknown_fields_name_the_nearest():
    with pytest.raises(ValueError, match="did you mean `friction`"):
        Randomisation.bounds("frictoin")


def test_calibrated_is_nominal_but_for_what_is_asked():
    terms = Randomisation.calibrated(mass=(0.1, 0.2))
    for field in Randomisation.model_fields:
        nominal = Randomisation.bounds(field).nominal
        if field == "mass":
            assert terms.mass.ends == (0.1, 0.2)
        elif nominal is not None:
            assert getattr(terms, field).ends == (nominal, nominal)
        else:
            assert getattr(terms, field) == getattr(Randomisation(), field)
    assert terms.replaced({"friction": 0.3}).friction.ends == (0.3, 0.3)
    assert terms.replaced({"friction": 0.3}).mass == terms.mass


def test_terms_left_out_stay_calibrated_where_that_is_the_default(tmp_path):
    (tmp_path / "dr.yaml").write_text("mass: [0.1, 0.2]\n")
    terms = TypeAdapter(FromCalibrated)
    for given in ({"mass": (0.1, 0.2)}, tmp_path / "dr.yaml"):
        assert terms.validate_python(given) == Randomisation.calibrated(mass=(0.1, 0.2))
    assert terms.validate_python(Randomisation(mass=0.2)) == Randomisation(mass=0.2), "terms are taken as they are"


def test_a_share_is_recorded_as_what_it_stands_for():
    first = draw(object_x=(0.25, 0.5))
    place = first.share("object_x", "object.x", 0.4, 0.8)
    assert 0.5 <= place <= 0.6 and first.drawn == {"object.x": place}
    again = Draw(Randomisation(), lambda purpose: pytest.fail("nothing is drawn"), first.drawn)
    assert again.share("object_x", "object.x", 0.4, 0.8) == place
    assert draw().share("object_x", "x", 0.4, 0.8) == draw().uniform("x", 0.4, 0.8), "the whole region by default"
    with pytest.raises(ValueError, match="cannot have been drawn"):
        Draw(Randomisation(), lambda purpose: pytest.fail(""), {"object.x": 0.9}).share("object_x", "object.x", 0, 0.8)


def test_what_was_recorded_is_given_again_and_nothing_else():
    first = draw(mass=(0.1, 0.4))
    values = first("mass"), first.uniform("x", 0, 1), first.choose("colour", ["red", "blue"])
    again = Draw(Randomisation(), lambda purpose: pytest.fail("nothing is drawn"), first.drawn)
    assert (again("mass"), again.uniform("x", 0, 1), again.choose("colour", ["red", "blue"])) == values
    with pytest.raises(ValueError, match="not among"):
        again("friction")
    for bad in ({"mass": 99.0}, {"mass": "heavy"}, {"mass": None}):
        with pytest.raises(ValueError, match="cannot have been drawn"):
            Draw(Randomisation(), lambda purpose: pytest.fail("nothing is drawn"), bad)("mass")


def test_schedules_are_recorded():
    first = draw(friction={"uniform": (0.3, 0.9), "when": (0.5, 1.0)})
    changes = first.schedule("friction", 10.0)
    assert 9 <= len(changes) <= 20 and all(0.3 <= value <= 0.9 for _, value in changes)
    assert np.diff([0.0, *(time for time, _ in changes)]).min() >= 0.5 and changes[-1][0] < 10.0
    again = Draw(Randomisation(), lambda purpose: pytest.fail("nothing is drawn"), json.loads(json.dumps(first.drawn)))
    assert again.schedule("friction", 10.0) == changes
    assert draw(friction=(0.3, 0.9)).schedule("friction", 10.0) == []


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
