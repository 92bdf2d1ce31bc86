"""The table of units, against SciPy's constants."""

import pytest
from multisynth.text.verifiers.answers.phrases import units
from scipy import constants

GALLON = constants.gallon


def over(one: str, other: str) -> set[float]:
    """How many of the other one is, by each of the meanings that compare."""
    pairs = ((a, b) for a in units(one) for b in units(other) if a is not None and b is not None)
    return {float(ratio) for a, b in pairs if (ratio := a.over(b)) is not None}


@pytest.mark.parametrize(
    ("one", "other", "times"),
    [
        ("inches", "m", constants.inch), ("feet", "m", constants.foot), ("yards", "m", constants.yard),
        ("miles", "m", constants.mile), ("acres", "m^2", constants.acre), ("hectares", "square meters", 1e4),
        ("gallons", "m^3", GALLON), ("quarts", "m^3", GALLON / 4), ("pints", "m^3", GALLON / 8),
        ("cups", "m^3", GALLON / 16), ("tablespoons", "m^3", GALLON / 256), ("teaspoons", "m^3", GALLON / 768),
        ("ounces", "liters", constants.fluid_ounce / constants.liter), ("ounces", "kg", constants.oz),
        ("pounds", "kg", constants.lb), ("stone", "kg", constants.stone),
        ("tonnes", "kg", constants.metric_ton), ("cc", "ml", 1), ("minutes", "s", constants.minute),
        ("hours", "s", constants.hour), ("days", "s", constants.day), ("weeks", "s", constants.week),
        ("mph", "m/s", constants.mph), ("km/h", "m/s", constants.kmh), ("µm", "m", constants.micro),
        ("megawatts", "W", constants.mega), ("nanoseconds", "ms", constants.nano / constants.milli),
        ("cubic feet", "gallons", constants.foot**3 / GALLON), ("kWh", "Wh", constants.kilo), ("bytes", "bits", 8),
        ("cm^2", "mm^2", 100), ("decades", "years", 10), ("dollars", "cents", 100), ("pounds", "pence", 100),
    ],
)  # fmt: skip
def test_units_are_as_long_heavy_and_wide_as_they_are(one: str, other: str, times: float) -> None:
    (found,), (back,) = over(one, other), over(other, one)
    assert (found, back) == pytest.approx((times, 1 / times), rel=1e-12)


def test_a_ton_may_be_short_or_metric() -> None:
    assert sorted(over("tons", "kg")) == pytest.approx([constants.short_ton, constants.metric_ton])


@pytest.mark.parametrize(
    ("one", "other"),
    [("m", "s"), ("m", "m^2"), ("mW", "apples"), ("days", "months"), ("dollars", "euros"), ("°C", "°F"), ("m/s", "m"),
     ("pounds of gold", "feet"), ("red apples", "red pears")],
)  # fmt: skip
def test_what_never_compares(one: str, other: str) -> None:
    assert over(one, other) == set()


@pytest.mark.parametrize(("one", "other"), [("child", "children"), ("boxes", "box"), ("cherry", "cherries")])
def test_one_thing_and_several(one: str, other: str) -> None:
    assert over(one, other) == {1}
