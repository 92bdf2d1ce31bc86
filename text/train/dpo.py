"""Direct preference optimisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, PrivateAttr, model_validator

from multisynth.kinds import PREFERENCE, Kind
from multisynth.sample import Sample

from .descent import Objective
from .encoder import Encoder
from .lesson import Pair
from .logits import log_probabilities
from .measuring import each_of
from .network import Network
from .training import Training

if TYPE_CHECKING:
    import torch


class Preference:
    """The loss of Rafailov et al. 2023, equation 7, with label smoothing as in Mitchell 2023 (conservative DPO).

    Args:
        beta: How dear it is to leave the reference.
        smoothing: Share of the pairs that are thought to be the wrong way round.
        reference: By how much the reference finds `chosen` likelier than `rejected`, nats.
    """

    drops_out = False

    def __init__(self, beta: float, smoothing: float, reference: Mapping[Pair, float]) -> None:
        self._beta, self._smoothing, self._reference = beta, smoothing, reference

    def margins(self, model: Any, items: Sequence[Pair]) -> torch.Tensor:
        """Implicit rewards of `chosen` less those of `rejected`, over beta; nats. [B]"""
        import torch

        likelier = preferred(model, items)
        return likelier - torch.tensor([self._reference[item] for item in items], device=likelier.device)

    def loss(self, model: Any, items: Sequence[Pair]) -> torch.Tensor:
        """As `Objective.loss`."""
        import torch

        margins = self._beta * self.margins(model, items)
        right, wrong = (-torch.nn.functional.logsigmoid(sign * margins) for sign in (1, -1))
        shares = torch.tensor([item.share for item in items], device=margins.device)
        return (shares * ((1 - self._smoothing) * right + self._smoothing * wrong)).sum()


def preferred(model: Any, items: Sequence[Pair]) -> torch.Tensor:
    """By how much a model finds `chosen` likelier than `rejected`, nats. [B]"""
    answers = [item.chosen for item in items] + [item.rejected for item in items]
    chosen, rejected = log_probabilities(model, answers).chunk(2)
    return chosen - rejected


class Dpo(Training[Pair]):
    """Trains a model to find the better of two answers likelier (Rafailov et al. 2023, arXiv 2305.18290).

    The reference is the model that training starts from. A pair of weight 2 counts as two. `held_out` of the model is
    the share of the pairs held out whose implicit reward of `chosen` is above that of `rejected`.
    """

    takes: ClassVar[tuple[Kind, ...]] = (PREFERENCE,)
    method: ClassVar[str] = "dpo"
    measures_before: ClassVar[bool] = False

    learning_rate: float = Field(1e-6, gt=0, le=1, description="The largest.")
    beta: float = Field(0.1, gt=0, le=100, description="How dear it is to leave the reference.")
    label_smoothing: float = Field(
        0.0, ge=0, lt=0.5, description="Share of the pairs that are thought to be the wrong way round."
    )

    _reference: dict[Pair, float] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _nothing_is_left_out(self) -> Dpo:
        if self.lora is not None and self.lora.dropout:
            raise ValueError("rewards are differences to a reference without dropout: leave `lora.dropout` at 0")
        return self

    def items(self, encoder: Encoder, samples: Sequence[Sample]) -> list[Pair]:
        """As `Training.items`."""
        return [encoder.pair(sample) for sample in samples]

    def objective(self, network: Network, items: Sequence[Pair], device: str) -> Objective[Pair]:
        """As `Training.objective`."""
        if self._reference.keys() != set(items):  # the next checkpoint need not ask again
            likelier = each_of(network.model, items, self.at_once, preferred)
            self._reference = dict(zip(items, likelier, strict=True))
        return Preference(self.beta, self.label_smoothing, self._reference)

    def measure(self, network: Network, objective: Objective[Pair], items: Sequence[Pair]) -> float:
        """Share of the pairs with a positive margin."""
        assert isinstance(objective, Preference)
        margins = each_of(network.model, items, self.at_once, objective.margins)
        return sum(margin > 0 for margin in margins) / len(margins)
