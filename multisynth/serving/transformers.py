"""Language models on PyTorch by transformers, on a CPU or a GPU, in batches."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from multisynth.mark.bias import GreenBias
from multisynth.mark.key import load_key
from multisynth.serving.grammar import Grammars
from multisynth.serving.inbox import Inbox, Meter, ModelThread, Outbox, Reply
from multisynth.serving.models import Model
from multisynth.serving.protocol import Completion, Request
from multisynth.serving.sampling import Sampler
from multisynth.serving.tokens import Codec, Written

if TYPE_CHECKING:
    import torch

BATCH, BATCH_CUDA = 64, 1024
"""Requests that run together at most: a CPU gains nothing by more, a GPU is idle with less."""
PASS = 1 << 17
"""Tokens that a GPU reads in one pass sooner than it is told of several; on a CPU every token counts."""


@dataclass
class _Row:
    """A completion that is being written."""

    request: Request
    prompt: tuple[int, ...]
    reply: Reply
    matcher: Any = None
    written: Written = field(default_factory=Written)
    done: bool = False


class TransformersEngine:
    """Runs a batch of requests together until each has ended.

    What prompts have in common at their beginning is read once. A request's draws are its own, so that its tokens do
    not depend on its neighbours, but for the last bits of the logits. A schema holds the decoding where xgrammar is
    installed; log-probabilities are then those among what the schema allows.

    Args:
        model: The model.
        batch: Requests that run together at most; by default 64, on CUDA 1024.
    """

    name = "transformers"

    def __init__(self, model: Model, batch: int | None = None) -> None:
        self._path, self._size = model.path, batch
        self._bias: GreenBias | None = None
        self._grammars: Grammars | None = None
        self.meter = Meter(batch or BATCH)
        self._thread: ModelThread[Written] = ModelThread(self._serve, "multisynth-transformers")

    async def complete(self, request: Request) -> Completion:
        """Answer one request, in a batch with whatever else is waiting."""
        prompt = self._codec.encode(request)
        written = await self._thread.ask(request, prompt)
        return self._codec.completion(request, len(prompt), written)

    def close(self) -> None:
        """Finish what was asked and let go of the model."""
        self._thread.close()

    def _serve(self, inbox: Inbox, ready: Callable[[], None]) -> None:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        assert self._path is not None  # an endpoint has an engine of its own
        cuda = torch.cuda.is_available()
        # float32 on a CPU: in bfloat16 the same request samples other tokens beside other neighbours.
        self._device, dtype = torch.device("cuda" if cuda else "cpu"), torch.bfloat16 if cuda else torch.float32
        self.meter.most = self._size or (BATCH_CUDA if cuda else BATCH)
        load: Any = AutoModelForCausalLM.from_pretrained
        self._model = load(str(self._path), dtype=dtype, use_safetensors=True, trust_remote_code=False)
        self._model.to(self._device).eval()
        config = self._model.config
        self._codec = Codec(self._path, int(config.max_position_embeddings))
        ends = self._model.generation_config.eos_token_id
        self._ends = {i for i in (*(ends if isinstance(ends, list) else [ends]), self._codec.end) if i is not None}
        ready()
        waiting: list[_Row] = []
        self._outbox = Outbox()
        while not inbox.closed or waiting:
            waiting += [_Row(*item) for item in inbox.take(wait=not waiting)]
            waiting.sort(key=lambda row: row.prompt)  # so that prompts that begin alike are read together
            batch, waiting = waiting[: self.meter.most], waiting[self.meter.most :]
            try:
                with torch.inference_mode():
                    self._run([row for row in batch if self._starts(row)])
            except Exception as error:
                for row in batch:
                    if not row.done:
                        self._outbox.put(row.reply, error)
            self._outbox.send()

    def _starts(self, row: _Row) -> bool:
        """Make ready the grammar of a row that has a schema; a schema that cannot be used fails that row alone."""
        if row.request.schema and (self._grammars is not None or importlib.util.find_spec("xgrammar") is not None):
            try:
                self._grammars = self._grammars or Grammars(self._codec.tokenizer, self._model.config.vocab_size)
                row.matcher = self._grammars.matcher(row.request)
            except Exception as error:
                row.done = True
                self._outbox.put(row.reply, error)
        return not row.done

    def _run(self, rows: list[_Row]) -> None:
        import torch

        if not rows:
            return
        began = time.perf_counter()
        logits, cache, mask = self._read(rows)
        sampler = Sampler.of([row.request for row in rows], self._device)
        while True:
            tokens = self._sample(logits, rows, sampler)
            for row, token in zip(rows, tokens.tolist(), strict=True):
                self._write(row, token)
            self._outbox.send()
            keep = [k for k, row in enumerate(rows) if not row.done]
            began, last = time.perf_counter(), began
            self.meter.ran(len(keep), began - last)
            if not keep:
                return
            # Copying the cache costs about as much as a step, so rows that are done stay until they are many.
            if len(keep) <= 0.75 * len(rows):
                index = torch.tensor(keep, device=self._device)
                cache.batch_select_indices(index)
                rows, tokens, mask = [rows[k] for k in keep], tokens[index], mask[index]
                sampler = Sampler.of([row.request for row in rows], self._device)
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
            positions = mask.sum(dim=1, keepdim=True) - 1
            logits = self._forward(tokens[:, None], mask, positions, cache)

    def _read(self, rows: list[_Row]) -> tuple[torch.Tensor, Any, torch.Tensor]:
        """Read the prompts: logits after each [B, V], the cache, the attention mask [B, T]."""
        import torch
        from transformers import DynamicCache

        prompts = sorted({row.prompt for row in rows})
        few = self._device.type == "cuda" and len(prompts) * max(map(len, prompts)) <= PASS
        parts = [self._read_family(family) for family in ([prompts] if few else _families(prompts))]
        logits, masks = torch.cat([part[0] for part in parts]), [part[2] for part in parts]
        longest = max(mask.shape[1] for mask in masks)
        mask = torch.cat([torch.nn.functional.pad(mask, (longest - mask.shape[1], 0)) for mask in masks])
        which = {prompt: k for k, prompt in enumerate(prompts)}
        index = torch.tensor([which[row.prompt] for row in rows], device=self._device)
        cache = DynamicCache(config=self._model.config)
        for layer in range(len(parts[0][1].layers)):
            read = [part[1].layers[layer] for part in parts]
            keys, values = (
                torch.cat([torch.nn.functional.pad(x, (0, 0, longest - x.shape[2], 0)) for x in column])[index]
                for column in ([one.keys for one in read], [one.values for one in read])
            )
            cache.update(keys, values, layer)
        return logits[index], cache, mask[index]

    def _read_family(self, prompts: list[tuple[int, ...]]) -> tuple[torch.Tensor, Any, torch.Tensor]:
        """Read prompts that begin alike, their beginning once: logits [P, V], the cache, the attention mask [P, T]."""
        import torch
        from transformers import DynamicCache

        shared = _shared(prompts)
        cache = DynamicCache(config=self._model.config)
        if shared:
            head = torch.tensor([prompts[0][:shared]], device=self._device)
            self._forward(head, torch.ones_like(head), torch.arange(shared, device=self._device)[None], cache)
            cache.batch_repeat_interleave(len(prompts))
        longest = max(map(len, prompts)) - shared
        tails = torch.zeros(len(prompts), longest, dtype=torch.long)
        mask = torch.ones(len(prompts), shared + longest, dtype=torch.long)
        for k, prompt in enumerate(prompts):
            tail = prompt[shared:]
            tails[k, longest - len(tail) :] = torch.tensor(tail)
            mask[k, shared : shared + longest - len(tail)] = 0
        tails, mask = tails.to(self._device), mask.to(self._device)
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, shared:]
        return self._forward(tails, mask, positions, cache), cache, mask

    def _forward(self, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any) -> torch.Tensor:
        """Logits after the last token of each row. [B, V] float32"""
        out = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = out.logits[:, -1].float()
        return logits

    def _sample(self, logits: torch.Tensor, rows: list[_Row], sampler: Sampler) -> torch.Tensor:
        import torch

        if any(row.matcher is not None for row in rows):
            assert self._grammars is not None
            self._grammars.forbid(logits, [None if row.done else row.matcher for row in rows])
        most = max((row.request.alternatives for row in rows), default=0)
        measured = any(row.request.logprobs for row in rows) or most
        plain = torch.log_softmax(logits, dim=-1) if measured else None
        for k, row in enumerate(rows):
            watermark = row.request.watermark
            if watermark is not None and not row.done:
                self._bias = self._bias or GreenBias(load_key())
                self._bias.add(logits[k], row.written.ids, watermark)
        tokens = logits.argmax(dim=-1)
        if sampler.draws:
            sampler.pick(logits, np.array([len(row.written.ids) for row in rows], np.uint64), tokens)
        if plain is not None:
            self._measure(plain, tokens, rows, most)
        return tokens

    def _measure(self, plain: torch.Tensor, tokens: torch.Tensor, rows: list[_Row], most: int) -> None:
        chosen = plain.gather(1, tokens[:, None])[:, 0].tolist()
        values, ids = (part.tolist() for part in plain.topk(most, dim=-1)) if most else ([], [])
        for k, row in enumerate(rows):
            if row.done:
                continue
            if row.request.logprobs:
                row.written.logprobs.append(chosen[k])
            if row.request.alternatives:
                places = list(zip(ids[k], values[k], strict=True))[: row.request.alternatives]
                row.written.alternatives.append(places)

    def _write(self, row: _Row, token: int) -> None:
        if row.done:
            return
        request, written = row.request, row.written
        if row.matcher is not None:
            row.matcher.accept_token(token)
        written.ended = token in self._ends
        if not written.ended:
            written.ids.append(token)
        row.done = (
            written.ended or len(written.ids) >= request.max_tokens or self._codec.stops(written.ids, request.stop)
        )
        if row.done:
            self._outbox.put(row.reply, written)


def _families(prompts: Sequence[tuple[int, ...]]) -> list[list[tuple[int, ...]]]:
    """Sorted prompts in runs that have at least half of each prompt in common."""
    families: list[list[tuple[int, ...]]] = []
    for prompt in prompts:
        if families and 2 * _shared([families[-1][0], prompt]) >= max(len(prompt), len(families[-1][0])):
            families[-1].append(prompt)
        else:
            families.append([prompt])
    return families


def _shared(prompts: Sequence[Sequence[int]]) -> int:
    """How many first tokens all prompts have in common, leaving each at least one of its own."""
    least = min(map(len, prompts)) - 1
    first = prompts[0]
    return next((k for k in range(least) if any(prompt[k] != first[k] for prompt in prompts)), least)
