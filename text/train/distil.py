"""Distillation: a student learns what a teacher thinks of every token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, PrivateAttr, model_validator

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import DOCUMENT, MODEL, REASONING, Kind
from multisynth.sample import Sample
from multisynth.serving.checkpoint import model_of
from multisynth.serving.models import Model, resolve

from .descent import Objective
from .encoder import Encoder
from .lesson import Lesson
from .logits import said
from .measuring import mean_loss
from .network import Network, load
from .options import Fresh
from .training import BASE, Training

if TYPE_CHECKING:
    import torch

Direction = Literal["forward", "reverse"]


def divergence(
    student: torch.Tensor, teacher: torch.Tensor, temperature: float, direction: Direction = "forward"
) -> torch.Tensor:
    """T² times the Kullback-Leibler divergence of softened distributions (Hinton et al. 2015, arXiv 1503.02531). [N]

    The factor keeps the gradient's size: forward it is T · (softmax(student / T) - softmax(teacher / T)).

    Args:
        student: Logits. [N, V]
        teacher: Logits. [N, V]
        temperature: T, which both are divided by.
        direction: `forward` is Σ p log(p / q) of the teacher's p and the student's q, so that the student covers all
            that the teacher may say; `reverse` is Σ q log(q / p) (Gu et al. 2024): it says what the teacher would.
    """
    import torch

    q, p = (torch.log_softmax(logits.float() / temperature, dim=-1) for logits in (student, teacher))
    if direction == "reverse":
        p, q = q, p
    return temperature**2 * (p.exp() * (p - q)).sum(dim=-1)


class Divergence:
    """Mean divergence of a student from its teacher over the tokens of the answers.

    Args:
        teacher: The teacher's model.
        temperature: Of both.
        direction: As `divergence` has it.
    """

    drops_out = True

    def __init__(self, teacher: Any, temperature: float, direction: Direction) -> None:
        self._teacher, self._temperature, self._direction = teacher, temperature, direction

    def loss(self, model: Any, items: Sequence[Lesson]) -> torch.Tensor:
        """As `Objective.loss`."""
        import torch

        with torch.no_grad():
            teacher = said(self._teacher, items).logits
        student = said(model, items)
        shared = min(student.logits.shape[-1], teacher.shape[-1])  # one may have tokens at the end that nobody uses
        each = divergence(student.logits[:, :shared], teacher[:, :shared], self._temperature, self._direction)
        weights = torch.tensor([item.weight for item in items], device=each.device)
        return (each * weights[student.rows]).sum()

    def plain(self) -> Divergence:
        """The forward divergence at temperature 1, by which students are compared."""
        return Divergence(self._teacher, 1.0, "forward")


class Distil(Training[Lesson]):
    """Trains a student to give every token of its samples' answers the probability that a teacher gives it.

    Student and teacher need the same tokenizer; a fresh student gets its teacher's. `held_out` of the model is the mean
    divergence of teacher from student at temperature 1 on what was held out, nats a token, and `meta.held_out_before`
    that of the untrained student. To learn a teacher's answers alone, train on them with `text.tune`.
    """

    takes: ClassVar[tuple[Kind, ...]] = (REASONING, DOCUMENT)
    reads: ClassVar[Mapping[str, tuple[Kind, ...]]] = {"start": (MODEL,), "teacher_stage": (MODEL,)}
    method: ClassVar[str] = "distil"

    base: str = Field("", description="The student: `hf:org/name`, a folder, a name of the list; empty: a fresh one.")
    fresh: Fresh | None = Field(None, description="Size of a student with random weights.")
    teacher: str = Field("", description=f"`hf:org/name`, a folder, a name of the model list; empty: {BASE}.")
    teacher_stage: str = Field("", description="A stage that trains: its last model teaches instead of `teacher`.")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="The largest.")
    temperature: float = Field(1.0, gt=0, le=100, description="Both distributions are softened by it.")
    direction: Direction = Field(
        "forward", description="Of the divergence: forward covers all that the teacher may say, reverse what it would."
    )

    @model_validator(mode="after")
    def _taught_by_one(self) -> Distil:
        if self.teacher and self.teacher_stage:
            raise ValueError("both teacher and teacher_stage name the teacher: leave out one")
        return self

    _teacher: Model | None = PrivateAttr(None)
    _teacher_sample: Sample | None = PrivateAttr(None)

    @property
    def shape(self) -> Fresh | None:
        """As `Training.shape`."""
        return None if self.base or self.start else self.fresh or Fresh()

    def artifacts(self) -> Sequence[Artifact]:
        """The base model and the teacher."""
        return (*super().artifacts(), *(() if self.teacher_stage else (resolve(self.teacher or BASE).artifact,)))

    def teachers(self) -> Sequence[str]:
        """As `Training.teachers`."""
        return () if self._teacher_sample is None else (self._teacher_sample.id,)

    def tokenizer_from(self) -> Path | None:
        """As `Training.tokenizer_from`."""
        return self._taught_by().path

    def _taught_by(self) -> Model:
        if self._teacher is None:
            if self.teacher_stage:
                self._teacher_sample = self.last_of("teacher_stage")
                self._teacher = model_of(self._teacher_sample)
            else:
                self._teacher = resolve(self.teacher or BASE)
        return self._teacher

    def items(self, encoder: Encoder, samples: Sequence[Sample]) -> list[Lesson]:
        """As `Training.items`."""
        return [encoder.lesson(sample) for sample in samples]

    def objective(self, network: Network, items: Sequence[Lesson], device: str) -> Objective[Lesson]:
        """As `Training.objective`."""
        model = self._taught_by()
        assert model.path is not None
        teacher = load(model.path)
        if teacher.tokenizer.get_vocab() != network.tokenizer.get_vocab():
            raise BadInput(
                f"the teacher {model.name} has other tokens than its student",
                "take a student with the teacher's tokenizer, or learn its answers alone with `text.tune`",
            )
        longest = max(item.longest for item in items)
        if longest > teacher.context:
            raise BadInput(
                f"samples of up to {longest} tokens do not fit the teacher's context of {teacher.context}",
                f"set `max_tokens` to {teacher.context}",
            )
        return Divergence(teacher.model.to(device).eval(), self.temperature, self.direction)

    def measure(self, network: Network, objective: Objective[Lesson], items: Sequence[Lesson]) -> float:
        """Mean divergence at temperature 1, nats a token."""
        assert isinstance(objective, Divergence)
        return mean_loss(network.model, objective.plain(), items, self.at_once)
