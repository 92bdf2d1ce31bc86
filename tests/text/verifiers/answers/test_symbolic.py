"""Final answers in many forms: what means the same, and what does not."""

import pytest

RIGHT = [
    ("3/4", r"\frac{3}{4}"), ("3/4", "0.75"), (r"\frac{1}{2}", "0.5"), ("50%", r"50\%"), ("50", r"50\%"),
    ("12.5%", "12.5"),
    ("1,200", "1200"), ("1200", "$1,200"), ("12", "12 apples"), ("12", r"12\text{ cm}"), ("12", r"12\,\mathrm{m}"),
    ("12 dollars", "12"), ("£12", "12"), ("18 square meters", "18"), ("x^2+2x+1", "(x+1)^2"),
    (r"\sqrt{8}", r"2\sqrt{2}"), (r"\pi/2", r"\frac{\pi}{2}"), ("[0,1)", "[0, 1)"), (r"(-\infty, 3]", r"(-\infty,3]"),
    (r"\{1,2\}", r"\{2,1\}"), ("(1,2)", "(1, 2)"), ("x=3", "3"), ("-5", "−5"), ("10^3", "1000"), (r"90^\circ", "90"),
    ("2.50", "2.5"), (r"1\frac{1}{2}", r"\frac{3}{2}"), (r"\frac12", "1/2"), (r"\dfrac{7}{3}", r"\frac{7}{3}"),
    (r"x\in[1,2]", "[1,2]"), (r"\text{A}", "A"), (r"2^{10}", "1024"), ("a+b", "b+a"), ("18", "$18.00"),
    ("(2x+1)(x-3)", "2x^2-5x-3"), ("3>x", "x<3"), ("Monday", "Monday"),
    (r"\text{Paris}", "paris"), ("Paris", r"\textbf{Paris}."), ("the Nile", "Nile"), ("ab+c", "c+ba"),
    (r"\{1,2\}", "1, 2"), (r"12\text{ apples}", "12"), ("x=3", r"x = 3"), (r"\frac{\sqrt{3}}{2}", r"\sqrt{3}/2"),
    ("x^{2^{3}}", "x^8"), ("2^{2024}", "4^{1012}"), (r"\infty", r"\infty"), ("2xy", "2yx"),
    ("9^{9^{9^9}}", "9^{9^{9^9}}"),
]  # fmt: skip
WRONG = [
    ("3/4", "0.76"), ("32", "33"), ("[0,1]", "(0,1)"), ("(1,2)", "(2,1)"), (r"\{1,2\}", r"\{1,3\}"), ("x<3", "x>3"),
    ("1/3", "0.3"), ("yes", "no"), ("A", "B"), ("x+1", "x-1"), (r"\sqrt{2}", "1.4"), ("5", "-5"), ("12", "12^2"),
    ("1000", "100"), ("2 1/2", "2.2"), ("1,200", "1.2"), ("[1,2]", "[1,3]"), ("Monday", "Tuesday"),
    ("12", "12 or 13"), ("12", "1 2"), ("7", "7, 8"), ("12", "13 apples"), ("-12", "£12"), ("12", "12 + 1"),
    ("3", "x=4"), ("1/2", "12"), ("10", "10^2"), ("100", "1e1"), (r"\frac{1}{2}", r"\frac{2}{1}"), ("2x", "x^2"),
    ("left", "felt"), ("listen", "silent"), ("no", "on"), ("Paris", "rapis"), ("Paris", r"\text{rapis}"),
    (r"\text{no}", "on"), ("Paris, France", "rapis, France"), ("2x left", "2x felt"), ("five", "5"), ("élan", "naél"),
    ("5", "5,5"), ("5", "5 and 5"), ("12", "12, 12"), ("5", "5;5"), ("x=3", "3,3"), ("5", r"5\text{ or }5"),
    ("0.05", "5%"), ("0.5", r"50\%"), ("50%", "0.5"), ("10", "5 5"), ("5", r"x=5,5"),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "got"), RIGHT)
def test_what_means_the_same_is_the_same_whichever_is_gold(symbolic, gold, got) -> None:
    assert symbolic.same(gold, got)[0] and symbolic.same(got, gold)[0]


@pytest.mark.parametrize(("gold", "got"), WRONG)
def test_what_means_another_thing_is_not(symbolic, gold, got) -> None:
    assert not symbolic.same(gold, got)[0]
