"""What every stage that asks a language model has in common.

One coroutine a sample, all of a batch at once: while one waits for its next step, the engine works on the others'.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, ClassVar, NamedTuple

from pydantic import ConfigDict, Discriminator, Field, JsonValue, PrivateAttr, Tag, model_validator

from multisynth.artifact import Artifact
from multisynth.errors import BadInput, Hopeless
from multisynth.kinds import MODEL, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.serving.choice import EngineName, LanguageModel, choose
from multisynth.serving.endpoint import Endpoint
from multisynth.serving.models import resolve
from multisynth.serving.options import check
from multisynth.serving.protocol import Completion, Request, Unfit
from multisynth.stage import Map, Needs, Spent

Ask = Callable[[Request], Awaitable[Completion]]
"""Answers a request and puts its tokens on the ledger's row of the sample that it is asked for."""


def _form(value: object) -> str:
    return "name" if isinstance(value, str) else "endpoint"


Asked = Annotated[Annotated[str, Tag("name")] | Annotated[Endpoint, Tag("endpoint")], Discriminator(_form)]
"""A model that an option names: `hf:org/name`, a folder, a name of the project's list, or an endpoint."""


class _End(NamedTuple):
    """What became of a sample that was worked on, and what was spent on it."""

    made: list[Sample | Drop] | Exception
    spent: Spent


class Asking(Map):
    """A stage that asks a language model about each sample by itself."""

    model_config = ConfigDict(hide_input_in_errors=True)

    needs: ClassVar[Needs] = Needs(batch_size=1024, concurrency=1)
    reads: ClassVar[Mapping[str, tuple[Kind, ...]]] = {"trained": (MODEL,)}

    model: Asked = Field("smollm2-135m", description="`hf:org/name`, a folder, a name of the model list, an endpoint.")
    trained: str = Field("", description="A stage that trains: its last model is asked instead of `model`.")
    engine: EngineName = Field(
        "auto", description="What runs the model: auto takes vllm where it works, else transformers."
    )
    engine_options: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Of vLLM, such as `quantization`, for the stage's own model; `replicas`: processes that run it.",
    )

    _asked: LanguageModel | None = PrivateAttr(None)
    _others: dict[Asked, LanguageModel] = PrivateAttr(default_factory=dict)
    _teacher: Sample | None = PrivateAttr(None)
    _runner: asyncio.Runner | None = PrivateAttr(None)
    _pending: set[asyncio.Future[Completion]] = PrivateAttr(default_factory=set)
    _ended: dict[str, _End] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _engine_takes_its_options(self) -> Asking:
        if isinstance(self.model, Endpoint) and not self.trained and self.engine != "auto":
            raise ValueError(f"`engine: {self.engine}` runs models here, and an endpoint runs this one: leave it away")
        if not self.engine_options:
            return self
        if isinstance(self.model, Endpoint) and not self.trained:
            raise ValueError(f"`engine_options` are vLLM's, and {self.model.url} runs the model: leave them away")
        if self.engine == "transformers":
            raise ValueError("the engine transformers takes no options: leave `engine_options` away")
        try:
            check(self.engine_options)
        except BadInput as error:
            raise ValueError(f"`engine_options`: {error.problem}; {error.remedy}") from None
        return self

    def others(self) -> Sequence[Asked]:
        """Further models that it asks, such as a judge."""
        return ()

    def artifacts(self) -> Sequence[Artifact]:
        """The models; that an engine for them is missing is told here too, before any stage has worked."""
        if isinstance(self.model, Endpoint):
            self.model.secret()  # also where it is not asked: it stands in the recipe, which is kept
        own = () if self.trained else (self.model,)
        if self.trained or not all(isinstance(model, Endpoint) for model in (*own, *self.others())):
            choose(self.engine)
        return tuple({model.artifact.id: model.artifact for model in map(resolve, (*own, *self.others()))}.values())

    def open(self) -> None:
        """Find the models; an engine starts with the first request that the cache cannot answer."""
        before = None
        if self.trained:
            from multisynth.serving.checkpoint import model_of

            self._teacher = self.last_of("trained")
            model = model_of(self._teacher)
            before = partial(model_of, self._teacher)  # others may have taken its room in the cache by then
        else:
            model = resolve(self.model)
        named = {name: resolve(name) for name in self.others()}
        others = {one.artifact.id: one for one in named.values() if one.artifact.id != model.artifact.id}
        share = 1 / max(1, sum(one.endpoint is None for one in (model, *others.values())))
        self._asked = LanguageModel(model, self.engine, options=self.engine_options, share=share, before=before)
        served = {digest: LanguageModel(one, self.engine, share=share) for digest, one in others.items()}
        self._others = {name: served[one.artifact.id] for name, one in named.items() if one.artifact.id in served}
        self._runner = asyncio.Runner()
        self._ended = {}

    def close(self) -> None:
        """Let go of the models."""
        for model in {self._asked, *self._others.values()}:
            if model is not None:
                model.close()
        if self._runner is not None:
            self._runner.close()
        self._asked, self._others, self._runner = None, {}, None

    @property
    def asked(self) -> str:
        """The name of the model, as samples have it."""
        if self._teacher is not None:
            return f"{self.trained}:{self._teacher.id}"
        return self.model if isinstance(self.model, str) else self.model.name

    @property
    def teachers(self) -> tuple[str, ...]:
        """Ids that everything made with a trained model has among its `parents`."""
        return () if self._teacher is None else (self._teacher.id,)

    def process(self, samples: Batch) -> Iterator[Sample | Drop]:
        """Work on all samples of the batch at once, and on none again in the halves of a batch of which one failed."""
        assert self._runner is not None
        todo = [sample for sample in samples if sample.id not in self._ended]
        if todo:
            self._runner.run(self._gather(todo))
        ended = {sample.id: self._ended[sample.id] for sample in samples}
        wrong = [end.made for end in ended.values() if isinstance(end.made, Exception)]
        if not wrong or len(samples) == 1:
            for name in ended:
                del self._ended[name]
        for name, end in ended.items():
            self._spent[name] = end.spent
        for error in sorted(wrong, key=lambda one: not isinstance(one, Hopeless)):
            raise error
        for end in ended.values():
            assert not isinstance(end.made, Exception)
            yield from end.made

    async def _gather(self, samples: Sequence[Sample]) -> None:
        made = await asyncio.gather(*map(self._one, samples))
        while self._pending:  # by samples that failed
            await asyncio.wait(self._pending)
        for sample, one in zip(samples, made, strict=True):
            self._ended[sample.id] = _End(one, self._spent.get(sample.id, Spent()))

    async def _one(self, sample: Sample) -> list[Sample | Drop] | Exception:
        try:
            made = list(await self.work(sample, self.asks(sample)))
        except Unfit as error:
            return [Drop(sample, f"does not fit the model: {error.problem}")]
        except Exception as error:
            return error
        if self._teacher is not None:
            for one in made:
                if isinstance(one, Sample):
                    one.parents = (*one.parents, *self.teachers)
        return made

    def asks(self, sample: Sample, other: Asked | None = None) -> Ask:
        """Asks for a sample: the stage's own model, or one of `others`."""
        model = self._asked if other is None else self._others.get(other, self._asked)
        assert model is not None

        async def ask(request: Request) -> Completion:
            pending = asyncio.ensure_future(model.complete(request))
            self._pending.add(pending)
            pending.add_done_callback(self._pending.discard)
            try:
                completion = await pending
            except Unfit as error:
                self._pay(sample, error.paid)
                raise
            self._pay(sample, completion)
            return completion

        return ask

    def _pay(self, sample: Sample, completion: Completion | None) -> None:
        if completion is not None:
            read, written = completion.prompt_tokens, completion.generated
            self.spend(sample, read=read, written=written, cached=read + written if completion.cached else 0)

    def request(self, prompt: str | tuple[object, ...], sample: Sample, purpose: str, **changes: object) -> Request:
        """A request, seeded by the sample and a purpose that no other request of it has.

        Args:
            prompt: As `Request` has it.
            sample: For which it is asked.
            purpose: Names the request among those of the sample.
            **changes: Fields of `Request` that differ.
        """
        return Request(prompt, **{"seed": int(self.rng(sample, purpose).integers(2**63)), **changes})  # type: ignore[arg-type]

    async def work(self, sample: Sample, ask: Ask) -> Iterable[Sample | Drop]:
        """What becomes of one sample.

        Args:
            sample: The sample.
            ask: Asks the stage's model.
        """
        raise NotImplementedError  # abstract


class Writing(Asking):
    """A stage for which a language model writes, with sampling as the recipe says."""

    temperature: float = Field(0.7, ge=0, le=5, description="Of the sampling; 0 takes the likeliest token each time.")
    top_p: float = Field(1.0, gt=0, le=1, description="Sample from the smallest set of tokens with this probability.")
    top_k: int = Field(0, ge=0, description="Sample from so many likeliest tokens; 0 for all.")
    max_tokens: int = Field(512, ge=1, le=32768, description="Tokens that an answer may have.")

    def request(self, prompt: str | tuple[object, ...], sample: Sample, purpose: str, **changes: object) -> Request:
        """A request with the stage's sampling; as `Asking.request`."""
        sampling = {
            "temperature": self.temperature, "top_p": self.top_p, "top_k": self.top_k, "max_tokens": self.max_tokens,
        }  # fmt: skip
        return super().request(prompt, sample, purpose, **{**sampling, **changes})
