import pytest
from multisynth.sim.engines import ENGINES, engine
from multisynth.sim.engines.checks import CHECKS


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_an_engine_does_what_mechanics_says(check, name):
    assert check.measure(engine(name)) == pytest.approx(check.expected, rel=0, abs=check.tolerance)
