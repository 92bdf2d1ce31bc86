"""Distillation against its formula, and how much nearer a student comes to its teacher."""

import numpy as np
import pytest
from multisynth.text.train.distil import Distil, divergence
from multisynth.text.train.network import from_bytes
from multisynth.text.train.tune import Tune

from multisynth.errors import BadInput
from multisynth.testing import inputs_of, run_stage
from tests.text.train.lessons import FRESH, sums


@pytest.fixture(scope="module")
def logits():
    return np.random.default_rng(0).normal(0, 2, (2, 5, 11))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_value_and_gradient_are_those_of_the_formula(logits, temperature, direction):
    import torch

    student, teacher = (torch.tensor(each, dtype=torch.float32) for each in logits)
    student.requires_grad_(True)
    measured = divergence(student, teacher, temperature, direction)
    (gradient,) = torch.autograd.grad(measured.sum(), student)

    q, p = (np.exp(each / temperature) for each in logits)
    q, p = (each / each.sum(1, keepdims=True) for each in (q, p))
    if direction == "forward":
        value, slope = (p * np.log(p / q)).sum(1), temperature * (q - p)
    else:
        value = (q * np.log(q / p)).sum(1)
        slope = temperature * q * (np.log(q / p) - value[:, None])
    np.testing.assert_allclose(measured.detach(), temperature**2 * value, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(gradient, slope, rtol=1e-3, atol=1e-5)

    written = torch.tensor(logits[0], requires_grad=True)
    log_q, log_p = (torch.log_softmax(each / temperature, -1) for each in (written, torch.tensor(logits[1])))
    a, b = (log_p, log_q) if direction == "forward" else (log_q, log_p)
    formula = temperature**2 * (a.exp() * (a - b)).sum()
    np.testing.assert_allclose(gradient, torch.autograd.grad(formula, written)[0], rtol=1e-3, atol=1e-5)
    apart = torch.nn.functional.kl_div(b, a, log_target=True, reduction="none").sum(1) * temperature**2
    np.testing.assert_allclose(measured.detach(), apart.detach(), rtol=1e-4, atol=1e-6)


@pytest.fixture(scope="module")
def teacher():
    """A model that has learned its sums."""
    options = {"batch_size": 16, "epochs": 40, "learning_rate": 5e-3, "device": "cpu"}
    ran = run_stage(Tune(fresh=FRESH, **options), inputs_of(sums(64)), name="tuned")
    assert not ran.failures
    return ran.samples


@pytest.mark.parametrize("options", [{"temperature": 2.0}, {"direction": "reverse"}])
def test_a_student_comes_nearer_to_its_teacher(teacher, options):
    stage = Distil(
        teacher_stage="tuned", fresh={**FRESH, "layers": 1}, batch_size=16, epochs=25, learning_rate=5e-3,
        held_out=0.3, device="cpu", **options,
    )  # fmt: skip
    ran = run_stage(stage, inputs_of(sums(64)), beside={"teacher_stage": teacher})
    assert not ran.failures, ran.failures[0][1]
    (made,) = ran.samples
    assert made.meta["held_out_samples"] >= 10
    assert made["held_out"] < 0.5 * made.meta["held_out_before"]
    assert teacher[0].id in made["parents"] and made["method"] == "distil"
    assert not any("layers.1." in name for name in from_bytes(made["weights"]))
    assert made["files"] != teacher[0]["files"]


def test_a_copy_of_the_teacher_has_nothing_to_learn(tiny):
    stage = Distil(base=str(tiny), teacher=str(tiny), batch_size=8, held_out=0.3, device="cpu")
    (made,) = run_stage(stage, inputs_of(sums(16))).samples
    assert made.meta["held_out_before"] == pytest.approx(0, abs=1e-6)
    assert made["losses"][0] == pytest.approx(0, abs=1e-6)
    assert len(stage.artifacts()) == 2


def test_a_teacher_of_other_tokens_is_refused(tiny, teacher):
    stage = Distil(base=str(tiny), teacher_stage="tuned", device="cpu")
    with pytest.raises(BadInput, match="has other tokens than its student"):
        run_stage(stage, inputs_of(sums(8)), beside={"teacher_stage": _with_another_token(teacher)})


def _with_another_token(teacher):
    (sample,) = teacher
    columns = {name: sample[name] for name in sample.kind.columns}
    columns["files"] = columns["files"].replace("Ā".encode(), "☃".encode())
    return [type(sample)(sample.kind, 0, **columns)]
