"""Supervised fine-tuning: a language model learns to write what samples hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from multisynth.kinds import DOCUMENT, PREFERENCE, REASONING, Kind
from multisynth.sample import Sample

from .descent import Objective
from .encoder import Encoder
from .lesson import Lesson
from .logits import said
from .measuring import mean_loss
from .network import Network
from .options import Fresh
from .training import Training

if TYPE_CHECKING:
    import torch


class Imitation:
    """Cross-entropy of the answers' tokens: their mean over a batch, each counting as often as its sample's weight."""

    drops_out = True

    def loss(self, model: Any, items: Sequence[Lesson]) -> torch.Tensor:
        """As `Objective.loss`."""
        import torch

        heard = said(model, items)
        each = torch.nn.functional.cross_entropy(heard.logits.float(), heard.tokens, reduction="none")
        weights = torch.tensor([item.weight for item in items], device=each.device)
        return (each * weights[heard.rows]).sum()


class Tune(Training[Lesson]):
    """Trains a model to give the answers of its samples (supervised fine-tuning).

    Of a completion or a preferred answer the loss is on the answer alone, of a document on all of it; a sample of
    weight 2 counts as two. `held_out` of the model is the mean loss on what was held out, nats a token, and
    `meta.held_out_before` that of its base.
    """

    takes: ClassVar[tuple[Kind, ...]] = (REASONING, DOCUMENT, PREFERENCE)
    method: ClassVar[str] = "sft"

    fresh: Fresh | None = Field(None, description="A model with random weights that reads bytes, instead of `base`.")

    @property
    def shape(self) -> Fresh | None:
        """As `Training.shape`."""
        return self.fresh

    def items(self, encoder: Encoder, samples: Sequence[Sample]) -> list[Lesson]:
        """As `Training.items`."""
        return [encoder.lesson(sample) for sample in samples]

    def objective(self, network: Network, items: Sequence[Lesson], device: str) -> Objective[Lesson]:
        """As `Training.objective`."""
        return Imitation()

    def measure(self, network: Network, objective: Objective[Lesson], items: Sequence[Lesson]) -> float:
        """Mean loss, nats a token."""
        return mean_loss(network.model, objective, items, self.at_once)
