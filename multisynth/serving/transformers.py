"""Language models on PyTorch by transformers, on a CPU or a GPU, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from multisynth import seeds
from multisynth.mark.bias import GreenBias
from multisynth.mark.key import load_key
from multisynth.serving.inbox import Inbox, ModelThread, Pending
from multisynth.serving.models import Model
from multisynth.serving.protocol import Completion, Request
from multisynth.serving.sampling import pick
from multisynth.serving.tokens import Codec

if TYPE_CHECKING:
    import numpy as np
    import torch


@dataclass
class _Row:
    """A completion that is being written."""

    pending: Pending
    prompt: tuple[int, ...]
    draws: np.ndarray  # [max_tokens] uniform in [0, 1)
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    ended: bool = False
    done: bool = False


class TransformersEngine:
    """Runs a batch of requests together until each has ended.

    What prompts have in common at their beginning is read once. A request draws from its own Philox stream, so that its
    tokens do not depend on its neighbours, but for the last bits of the logits.

    Args:
        model: The model.
        batch: Requests that run together at most.
    """

    name = "transformers"

    def __init__(self, model: Model, batch: int = 64) -> None:
        self._path, self._size = model.path, batch
        self._bias: GreenBias | None = None
        self._thread = ModelThread(self._serve, "multisynth-transformers")

    async def complete(self, request: Request) -> Completion:
        """Answer one request, in a batch with whatever else is waiting."""
        return await self._thread.complete(request)

    def close(self) -> None:
        """Finish what was asked and let go of the model."""
        self._thread.close()

    def _serve(self, inbox: Inbox, ready: Callable[[], None]) -> None:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()
        cuda = torch.cuda.is_available()
        # float32 on a CPU: in bfloat16 the same request samples other tokens beside other neighbours.
        self._device, dtype = torch.device("cuda" if cuda else "cpu"), torch.bfloat16 if cuda else torch.float32
        load: Any = AutoModelForCausalLM.from_pretrained
        self._model = load(str(self._path), dtype=dtype, use_safetensors=True, trust_remote_code=False)
        self._model.to(self._device).eval()
        config = self._model.config
        self._codec = Codec(self._path, int(config.max_position_embeddings))
        ends = self._model.generation_config.eos_token_id
        self._ends = {i for i in (*(ends if isinstance(ends, list) else [ends]), self._codec.end) if i is not None}
        ready()
        waiting: list[_Row] = []
        while not inbox.closed or waiting:
            waiting += self._encode(inbox.take(wait=not waiting))
            waiting.sort(key=lambda row: row.prompt)  # so that prompts that begin alike are read together
            batch, waiting = waiting[: self._size], waiting[self._size :]
            try:
                with torch.inference_mode():
                    self._run(batch)
            except Exception as error:
                for row in batch:
                    if not row.pending.answer.done():
                        row.pending.answer.set_exception(error)
        del self._model

    def _encode(self, taken: Sequence[Pending]) -> list[_Row]:
        rows = []
        for item in taken:
            try:
                prompt = tuple(self._codec.encode(item.request))
                draws = seeds.rng(item.request.seed, "serving.sampling").random(item.request.max_tokens)
                rows.append(_Row(item, prompt, draws))
            except Exception as error:
                item.answer.set_exception(error)
        return rows

    def _run(self, rows: list[_Row]) -> None:
        import torch

        if not rows:
            return
        logits, cache, mask = self._read(rows)
        while True:
            tokens = self._sample(logits, rows)
            for row, token in zip(rows, tokens.tolist(), strict=True):
                self._write(row, token)
            keep = [k for k, row in enumerate(rows) if not row.done]
            if not keep:
                return
            # Copying the cache costs about as much as a step, so rows that are done stay until they are many.
            if len(keep) <= 0.75 * len(rows):
                index = torch.tensor(keep, device=self._device)
                cache.batch_select_indices(index)
                rows, tokens, mask = [rows[k] for k in keep], tokens[index], mask[index]
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
            positions = mask.sum(dim=1, keepdim=True) - 1
            logits = self._forward(tokens[:, None], mask, positions, cache)

    def _read(self, rows: list[_Row]) -> tuple[torch.Tensor, Any, torch.Tensor]:
        """Read the prompts: logits after each [B, V], the cache, the attention mask [B, T]."""
        import torch
        from transformers import DynamicCache

        prompts = sorted({row.prompt for row in rows})
        parts = [self._read_family(family) for family in _families(prompts)]
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

    def _sample(self, logits: torch.Tensor, rows: list[_Row]) -> torch.Tensor:
        import torch

        asked = [row.pending.request for row in rows]
        plain = torch.log_softmax(logits, dim=-1) if any(request.logprobs for request in asked) else None
        for k, row in enumerate(rows):
            watermark = asked[k].watermark
            if watermark is not None and not row.done:
                self._bias = self._bias or GreenBias(load_key())
                self._bias.add(logits[k], row.ids, watermark)
        steps = [row.draws[min(len(row.ids), len(row.draws) - 1)] for row in rows]
        columns = [[r.temperature for r in asked], [r.top_p for r in asked], steps]
        kinds = [torch.float32, torch.float32, torch.float64]
        given = [torch.tensor(c, dtype=kind, device=self._device) for c, kind in zip(columns, kinds, strict=True)]
        tokens = pick(logits, *given)
        if plain is not None:
            chosen = plain.gather(1, tokens[:, None])[:, 0].tolist()
            for row, value in zip(rows, chosen, strict=True):
                if not row.done:
                    row.logprobs.append(value)
        return tokens

    def _write(self, row: _Row, token: int) -> None:
        if row.done:
            return
        request = row.pending.request
        row.ended = token in self._ends
        if not row.ended:
            row.ids.append(token)
        row.done = row.ended or len(row.ids) >= request.max_tokens or self._codec.stops(row.ids, request.stop)
        if row.done:
            logprobs = row.logprobs[: len(row.ids)]
            row.pending.answer.set_result(
                self._codec.completion(request, len(row.prompt), row.ids, logprobs, row.ended)
            )


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
