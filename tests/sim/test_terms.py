import math

import numpy as np
import pytest
from multisynth.sim.terms import Term
from pydantic import ValidationError
from scipy import stats

LIMITS = (0.0, 100.0)


def sample(term, nominal=0.0, limits=LIMITS, count=3000):
    rng = np.random.default_rng(3)
    return np.array([term.draw(rng, nominal, limits) for _ in range(count)])


def test_short_forms():
    assert Term.model_validate(0.5).ends == (0.5, 0.5)
    assert Term.model_validate([0.1, 0.2]).ends == (0.1, 0.2)
    term = Term.model_validate({"log_uniform": [0.5, 2], "operation": "scale", "when": [1.0, 2.0]})
    assert term.range(3.0) == (1.5, 6.0) and term.when == (1.0, 2.0)


@pytest.mark.parametrize(
    ("term", "nominal", "law"),
    [
        ({"uniform": (2, 6)}, 9.0, stats.uniform(2, 4)),
        ({"uniform": (-1, 1), "operation": "add"}, 9.0, stats.uniform(8, 2)),
        ({"log_uniform": (0.5, 2)}, 9.0, stats.loguniform(0.5, 2)),
        ({"log_uniform": (0.5, 2), "operation": "scale"}, 10.0, stats.loguniform(5, 20)),
        ({"normal": (50, 5)}, 9.0, stats.norm(50, 5)),
        ({"normal": (0, 2), "operation": "add"}, 50.0, stats.norm(50, 2)),
        ({"normal": (1, 0.1), "operation": "scale"}, 50.0, stats.norm(50, 5)),
        ({"normal": (0, 1)}, 0.0, stats.truncnorm(0, np.inf)),
    ],
)
def test_draws_follow_their_law(term, nominal, law):
    assert stats.kstest(sample(Term.model_validate(term), nominal), law.cdf).pvalue > 0.001


def test_draws_never_leave_their_ends():
    term = Term(log_uniform=(0.1, 0.3))
    drawn = sample(term)
    assert drawn.min() >= 0.1 and drawn.max() <= 0.3 and (sample(Term(uniform=(0.1, 0.1))) == 0.1).all()


@pytest.mark.parametrize(
    ("term", "problem"),
    [
        ({}, "give one of"),
        ({"uniform": (0, 1), "normal": (0, 1)}, "give one of"),
        ({"uniform": (1, 0)}, "smaller number first"),
        ({"log_uniform": (0, 1)}, "above 0"),
        ({"normal": (0, -1)}, "below 0"),
        ({"uniform": (0, math.inf)}, "finite"),
        ({"uniform": (0, 1), "when": (0.0, 1.0)}, "0.05 at least"),
        ({"uniform": (0, 1), "when": (2.0, 1.0)}, "shorter first"),
        ({"uniform": (0, 1), "operation": "multiply"}, "'set', 'add' or 'scale'"),
        ({"gaussian": (0, 1)}, "gaussian"),
        (True, "True is no term: give a number, a pair, or a mapping"),
        (None, "None is no term"),
        ("0.5", "'0.5' is no term"),
    ],
)
def test_terms_that_are_refused(term, problem):
    with pytest.raises(ValidationError, match=problem):
        Term.model_validate(term)


def test_a_normal_that_hardly_ever_fits_says_so():
    with pytest.raises(ValueError, match="hardly ever"):
        Term(normal=(-100, 1)).draw(np.random.default_rng(0), 0.0, LIMITS)
