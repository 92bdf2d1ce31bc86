"""What trainings of language models have in common: from samples to a `model` sample, whatever is learned."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field, model_validator

from multisynth.artifact import Artifact
from multisynth.errors import BadInput
from multisynth.kinds import MODEL, Kind
from multisynth.sample import Sample
from multisynth.serving.checkpoint import model_of
from multisynth.serving.models import Model, resolve
from multisynth.stage import Scatter, Series

from ..prompting import Prompting
from .descent import Descent, Objective, Pace, Schedule
from .encoder import Encoder
from .held_out import parted
from .lesson import Item
from .licence import joint
from .network import Network, fresh, load
from .options import Fresh, Lora
from .order import epochs

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

T = TypeVar("T", bound=Item)
BASE = "smollm2-135m"


class Training(Series, Generic[T]):
    """Trains a language model on all samples that feed it.

    Weights are trained and saved in float32, whatever the base has: in 16 bits most of a small step would be rounded
    away. What is measured is what is saved, adapters merged, and in the numbers that engines serve it in: float32 on a
    CPU, bfloat16 on CUDA, in which it also learns there. A model that learned on a CPU keeps all of it on CUDA with
    vLLM's `engine_options: {dtype: float32}`.
    """

    makes: ClassVar[Kind] = MODEL
    extent: ClassVar[str] = "checkpoints"
    extends: ClassVar[bool] = False
    looks_back: ClassVar[int | None] = 1
    reads: ClassVar[Mapping[str, tuple[Kind, ...]]] = {"start": (MODEL,)}
    version: ClassVar[int] = 5
    method: ClassVar[str]
    measures_before: ClassVar[bool] = True
    """Whether what is measured on samples held out means anything before training."""

    license: str = Field("", description="SPDX identifier of the model; by default those of its base and its samples.")
    base: str = Field(
        "", description=f"What is trained: `hf:org/name`, a folder, a name of the model list; empty: {BASE}."
    )
    start: str = Field("", description="A stage that trains: its last model is trained further instead of `base`.")
    checkpoints: int = Field(
        1, ge=1, le=1000, description="Models, each after an equal share of the steps; what was stopped goes on there."
    )
    epochs: int = Field(1, ge=1, le=10_000, description="How often each sample is learned from, unless `steps` says.")
    steps: int | None = Field(None, ge=1, le=10_000_000, description="Steps of the optimiser, instead of `epochs`.")
    batch_size: int = Field(32, ge=1, le=65536, description="Samples that a step learns from.")
    learning_rate: float = Field(1e-4, gt=0, le=1, description="The largest.")
    schedule: Schedule = Field("linear", description="How the learning rate falls after the warm-up.")
    warmup: float = Field(0.03, ge=0, le=1, description="Share of the steps in which the learning rate rises from 0.")
    weight_decay: float = Field(0.0, ge=0, le=1, description="AdamW's, of matrices.")
    max_tokens: int = Field(
        1024, ge=2, le=131072, description="A sample with more is left out, and `meta` says how many were."
    )
    pass_tokens: int | None = Field(
        None, ge=16, le=10_000_000,
        description="That go through the model at once; more need memory, fewer need time. By default 16384 on CUDA "
        "and 2048 on a CPU, where fewer cost no time.",
    )  # fmt: skip
    lora: Lora | None = Field(None, description="Learn low-rank adapters instead of all weights.")
    prompting: Prompting | None = Field(
        None,
        description="How questions are put, in training and whenever the model is asked; by default as to the model "
        "of `start`, else without worked examples.",
    )
    held_out: float = Field(
        0.0, ge=0, lt=1, description="Share of the questions that are not learned from but measured on."
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to train; auto: on CUDA if it is there.")

    @model_validator(mode="after")
    def _begins_once(self) -> Self:
        begun = [name for name in ("base", "start", "fresh") if getattr(self, name, None)]
        if len(begun) > 1:
            raise ValueError(f"training begins at one model, and {' and '.join(begun)} name several: leave out one")
        return self

    @property
    def shape(self) -> Fresh | None:
        """Size of a model with random weights, if one is trained."""
        return None

    def artifacts(self) -> Sequence[Artifact]:
        """The base model.

        Raises:
            BadInput: It cannot be had, or adapters are asked for and their library is not here.
        """
        if self.lora is not None and find_spec("peft") is None:
            raise BadInput("`lora` needs peft, which is not installed", "pip install 'multisynth[text]'")
        return () if self.shape is not None or self.start else (resolve(self.base or BASE).artifact,)

    @abstractmethod
    def items(self, encoder: Encoder, samples: Sequence[Sample]) -> list[T]:
        """What each sample teaches."""

    @abstractmethod
    def objective(self, network: Network, items: Sequence[T], device: str) -> Objective[T]:
        """What is learned from all these items, those held out among them; the network is as training finds it."""

    @abstractmethod
    def measure(self, network: Network, objective: Objective[T], items: Sequence[T]) -> float:
        """How good the network is on what was held out."""

    def teachers(self) -> Sequence[str]:
        """Ids of further samples that it learned from."""
        return ()

    def follow(
        self, past: Sequence[Sample], ordinal: int, inputs: Callable[[], Iterator[Sample]], scatter: Scatter
    ) -> Sample:
        """As `Series.follow`."""
        import torch

        samples = list(inputs())
        started = self.last_of("start") if self.start else None
        base = model_of(started) if started is not None else None if self.shape else resolve(self.base or BASE)
        device = self._device()
        network = self._network(base)
        form = self._form(started)
        every = self.items(Encoder(network.tokenizer, form), samples)
        most = min(self.max_tokens, network.context)
        learned, measured, counts = parted(samples, every, most, self.held_out)
        if self.lora is not None:
            network.adapt(self.lora, int(self.rng(0, "adapters").integers(2**63)))
        network.model.to(device)
        objective = self.objective(network, [*learned, *measured], device)
        pace = self._pace(len(learned))
        first, last = (pace.steps * k // self.checkpoints for k in (ordinal, ordinal + 1))
        descent = Descent(network, objective, pace, int(self.rng(0, "dropout").integers(2**62)))
        meta: dict[str, Any] = {"device": device, **counts}
        if past:
            descent.go_on(past[-1]["moments"], first)
            meta |= {name: value for name, value in past[-1].meta.items() if name == "held_out_before"}
        elif measured and self.measures_before:
            meta["held_out_before"] = self.measure(network, objective, measured)
        places = epochs([item.longest for item in learned], self.batch_size, self._order)

        def batch(step: int) -> list[T]:
            return [learned[k] for k in places(step)]

        losses = descent.run(first, last, batch)
        seen = sum(item.tokens for step in range(first, last) for item in batch(step))
        moments = None if ordinal + 1 == self.checkpoints else descent.moments()
        columns = network.columns()
        held_out = self.measure(network, objective, measured) if measured else None
        del network, objective, descent
        if device == "cuda":
            torch.cuda.empty_cache()
        licences = [base.licence if base is not None else "", *(sample["license"] or "" for sample in samples)]
        return Sample(
            MODEL, ordinal, license=self.license or joint(licences),
            parents=[*(() if started is None else (started.id,)), *self.teachers()],
            base="fresh" if base is None else base.name, method=self.method, step=last,
            tokens=seen + (past[-1]["tokens"] if past else 0),
            losses=[*(past[-1]["losses"].tolist() if past else ()), *losses], held_out=held_out,
            prompting=form.model_dump_json(), moments=moments, meta=meta, **columns,
        )  # fmt: skip

    def _form(self, started: Sample | None) -> Prompting:
        if self.prompting is None and started is not None and started["prompting"]:
            return Prompting.model_validate_json(started["prompting"])
        return self.prompting or Prompting(shots=False)

    def _network(self, base: Model | None) -> Network:
        if base is None:
            assert self.shape is not None
            return fresh(self.shape, int(self.rng(0, "weights").integers(2**63)), self.tokenizer_from())
        assert base.path is not None
        return load(base.path)

    def tokenizer_from(self) -> Path | None:
        """The folder of a model whose tokenizer a fresh one reads with."""
        return None

    def _device(self) -> str:
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            raise BadInput("`device` is cuda and this machine has none", "take auto or cpu")
        return "cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu"

    @property
    def at_once(self) -> int:
        """Tokens that go through the model at once at most."""
        return self.pass_tokens or (16384 if self._device() == "cuda" else 2048)

    def _pace(self, count: int) -> Pace:
        steps = self.steps or self.epochs * -(-count // self.batch_size)
        if steps < self.checkpoints:
            raise BadInput(f"{steps} steps are too few for {self.checkpoints} checkpoints", "lower `checkpoints`")
        warmup = min(math.ceil(self.warmup * steps), steps - 1)  # a single step that rises from 0 would teach nothing
        return Pace(self.learning_rate, self.schedule, warmup, steps, self.weight_decay, self.at_once)

    def _order(self, epoch: int) -> np.random.Generator:
        return self.rng(0, f"order of epoch {epoch}")
