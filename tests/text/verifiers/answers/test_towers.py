"""Powers that no algebra system ends with."""

import pytest
from multisynth.text.verifiers.answers.towers import hopeless


@pytest.mark.timeout(60)  # they are known in milliseconds, and never worked out
@pytest.mark.parametrize(
    "text",
    ["9^{9^{9^9}}", "9^9^9^9", "9^{9^9}", "2^{99999}", r"\sum_{n=1}^{99999999999} \frac{1}{n!}", "2^(9^9)", "9!!!",
     "99999999!", "3^{5^{7!}}", "2^{9!}", r"\binom{99999999}{4999999}", "9^{" * 500, "x^{100 \\cdot 101}"],
)  # fmt: skip
def test_powers_without_end_are_known_before_they_are_worked_out(text) -> None:
    assert hopeless(text)


@pytest.mark.parametrize(
    "text", ["x^{2^{3}}", "2^{2025}", "10^{100}", "5!", "2^{5!}", "x^n", "e^{-x^2}", "10^-3", "^", ""]
)
def test_powers_that_end_are_worked_out(text) -> None:
    assert not hopeless(text)
