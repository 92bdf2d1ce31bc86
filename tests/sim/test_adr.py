import math

import numpy as np
import pytest
from multisynth.sim.adr import PROPERTIES, Curriculum, Pin, Rules, read
from multisynth.sim.randomise import Randomisation
from pydantic import ValidationError

from multisynth import seeds

FRICTION = {"nominal": 0.6, "limits": (0.02, 1.5), "low": 0.5, "high": 0.7, "step": 0.1}


def practised(curriculum, skill, episodes, start=0):
    """Plays episodes with a controller whose success is `skill(field, value)`."""
    for n in range(start, start + episodes):
        pin = curriculum.pin(seeds.rng(n, "pin"))
        value = None if pin is None else getattr(curriculum.dimensions[pin.field], pin.side)
        curriculum = curriculum.after(pin, 1.0 if pin is None else float(skill(pin.field, value)))
    return curriculum


def test_bounds_start_at_the_calibrated_value():
    start = Curriculum.start()
    assert set(start.dimensions) == set(PROPERTIES) >= {"friction", "mass", "latency", "sensor_noise", "gravity"}
    for name, dimension in start.dimensions.items():
        assert dimension.low == dimension.high == Randomisation.bounds(name).nominal
    assert start.entropy == -math.inf
    assert start.terms() == Randomisation.calibrated()


def test_a_buffer_moves_its_bound_when_it_is_full_and_is_cleared():
    curriculum = Curriculum.start(["friction"], Rules(buffer=4, widen=0.75, narrow=0.25))
    pin = Pin("friction", "high")
    for performance, high, left in [
        (1, 0.6, 1), (1, 0.6, 2), (0, 0.6, 3), (1, 0.66, 0),  # mean 0.75 is at t_H
        (1, 0.66, 1), (0, 0.66, 2), (0, 0.66, 3), (1, 0.66, 0),  # 0.5 is between
        (0, 0.66, 1), (0, 0.66, 2), (0, 0.66, 3), (1, 0.6, 0),  # 0.25 is at t_L
        (0, 0.6, 1), (0, 0.6, 2), (0, 0.6, 3), (0, 0.6, 0),  # never across the calibrated value
    ]:  # fmt: skip
        curriculum = curriculum.after(pin, performance)
        dimension = curriculum.dimensions["friction"]
        assert dimension.high == pytest.approx(high) and len(dimension.at_high) == left
        assert dimension.low == 0.6 and dimension.at_low == ()


def test_bounds_settle_where_the_controller_fails_and_stay_within_limits():
    def skill(field, value):
        return value < 0.13 if field == "latency" else True

    practised_far = practised(Curriculum.start(["latency", "friction"], Rules(buffer=3)), skill, 4000)
    latency, friction = practised_far.dimensions["latency"], practised_far.dimensions["friction"]
    assert abs(latency.high - 0.13) < latency.step and latency.low == 0
    assert (friction.low, friction.high) == (0.02, 1.5)
    assert practised_far.entropy == pytest.approx((math.log(latency.high) + math.log(1.48)) / 2)
    assert practised_far.episodes == 4000


def test_pins_come_as_often_as_the_rules_say_for_every_side_alike():
    curriculum = Curriculum.start(["friction", "mass", "latency"], Rules(boundary=0.4))  # latency has no room below 0
    pins = [curriculum.pin(seeds.rng(n, "pin")) for n in range(6000)]
    pinned = [pin for pin in pins if pin is not None]
    assert abs(len(pinned) / 6000 - 0.4) < 0.02
    counts = np.array([pinned.count(pin) for pin in sorted(set(pinned))])
    expected = len(pinned) / 5
    assert len(counts) == 5 and ((counts - expected) ** 2 / expected).sum() < 18.5  # chi-squared, 4 degrees, p = 0.001
    assert Pin("latency", "low") not in pins


def test_a_pinned_parameter_stands_at_its_bound_and_the_others_vary():
    curriculum = practised(Curriculum.start(["friction", "mass"], Rules(buffer=2)), lambda *_: True, 200)
    terms = curriculum.terms(Pin("mass", "high"))
    assert terms.mass.uniform == (curriculum.dimensions["mass"].high,) * 2
    friction = curriculum.dimensions["friction"]
    assert terms.friction.uniform == (friction.low, friction.high) and friction.low < 0.6 < friction.high
    assert terms.latency.uniform == (0, 0)


def test_what_the_base_draws_within_an_episode_goes_on_changing():
    base = Randomisation.calibrated(friction={"uniform": (0.5, 0.7), "when": (0.5, 1.0)})
    curriculum = practised(Curriculum.start(["friction", "mass"], Rules(buffer=2), base), lambda *_: True, 60)
    for pin in (None, Pin("friction", "low")):
        assert curriculum.terms(pin).friction.when == (0.5, 1.0)
        assert curriculum.terms(pin).mass.when == "episode"
    friction = curriculum.dimensions["friction"]
    assert curriculum.terms().friction.uniform == (friction.low, friction.high)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no state of ADR.*Invalid JSON"),
        ("dimensions: {}", "is no state of ADR.*Invalid JSON"),
        ('{"dimensions": {}}', "is no state of ADR.*dimensions: Dictionary should have at least 1 item"),
        ('{"dimensions": {"friction": {"nominal": 0.6}}}', r"is no state of ADR.*dimensions\.friction\.limits"),
    ],
)
def test_a_file_that_holds_no_state_is_refused_in_one_line(tmp_path, text, problem):
    file = tmp_path / "state.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=problem) as refused:
        read(file)
    assert "\n" not in str(refused.value) and str(file) in str(refused.value)


def test_exported_and_resumed_it_goes_on_bit_for_bit():
    def skill(field, value):
        return seeds.rng(int(value * 1e6), field).random() < 0.7

    start = Curriculum.start(rules=Rules(buffer=5, widen=0.7))
    unbroken = practised(start, skill, 1500)
    halfway = Curriculum.model_validate_json(practised(start, skill, 700).model_dump_json())
    resumed = practised(halfway, skill, 800, start=700)
    assert resumed == unbroken
    assert resumed.model_dump_json() == unbroken.model_dump_json()
    assert resumed != start


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Curriculum.start(["frictoin"]), "did you mean `friction`"),
        (lambda: Curriculum.start(["size"]), "has no calibrated value"),
        (lambda: Curriculum(dimensions={}), "at least 1 item"),
        (lambda: Rules(widen=0.4, narrow=0.5), "not below"),
        (
            lambda: Curriculum.model_validate(
                {"dimensions": {"friction": {**FRICTION, "low": 0.001}}}
            ),
            r"physical limits 0\.02 … 1\.5",
        ),
        (
            lambda: Curriculum.model_validate(
                {"dimensions": {"friction": {**FRICTION, "limits": (0, 9)}}}
            ),
            r"lies within 0\.02 … 1\.5",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(make, problem):
    with pytest.raises((ValueError, ValidationError), match=problem):
        make()
