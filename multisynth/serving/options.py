"""Options of a recipe that go on to vLLM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from multisynth.errors import BadInput, nearest, shown

PASSED_ON = frozenset(
    {
        "attention_backend", "block_size", "cpu_offload_gb", "cudagraph_capture_sizes",
        "disable_cascade_attn", "dtype", "enable_chunked_prefill", "enable_expert_parallel", "enable_prefix_caching",
        "enforce_eager", "gpu_memory_utilization", "kv_cache_dtype", "kv_cache_memory_bytes", "linear_backend",
        "max_cudagraph_capture_size", "max_model_len", "max_num_batched_tokens", "max_num_seqs", "moe_backend",
        "num_gpu_blocks_override", "optimization_level", "performance_mode", "pipeline_parallel_size", "quantization",
        "speculative_config", "tensor_parallel_size",
    }
)  # fmt: skip
"""Fields of vLLM's `EngineArgs` that say how a model runs. What says which model, what code is loaded, or what comes
out, is the project's own."""
REPLICAS = "replicas"
"""The project's own: processes that run the model side by side. The tokens are the same with any number."""
MOST_REPLICAS = 16
SPECULATION = frozenset(
    {
        "draft_tensor_parallel_size", "max_model_len", "method", "model", "num_speculative_tokens",
        "prompt_lookup_max", "prompt_lookup_min", "quantization",
    }
)  # fmt: skip


def check(options: Mapping[str, Any]) -> None:
    """Check options before work starts.

    Raises:
        BadInput: One is unknown, or not a recipe's to set.
    """
    for name in options:
        if name not in PASSED_ON | {REPLICAS}:
            known = [*PASSED_ON, REPLICAS]
            raise BadInput(f"`{name}` is no option that is passed on to vLLM", nearest(name, known))
    replicas = options.get(REPLICAS, 1)
    if type(replicas) is not int or not 1 <= replicas <= MOST_REPLICAS:
        raise BadInput(f"`replicas` is {shown(replicas)}", f"give a whole number from 1 to {MOST_REPLICAS}")
    speculation = options.get("speculative_config")
    if speculation is None:
        return
    if not isinstance(speculation, Mapping):
        raise BadInput("`speculative_config` holds no options", "such as `{method: ngram, num_speculative_tokens: 4}`")
    for name in speculation:
        if name not in SPECULATION:
            raise BadInput(f"`{name}` is no option of speculation that is passed on", nearest(name, list(SPECULATION)))
