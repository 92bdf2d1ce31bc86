"""How vLLM is started: its environment, its settings, and what stands in its way."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from multisynth.serving.options import REPLICAS

SETTINGS = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # a second process would start slower and read the watermark's key again
    "VLLM_CPU_KVCACHE_SPACE": "2",  # GiB
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # cores are shared with other workers
}
CONTEXT = 4096
"""Tokens of prompt and completion together at most, so that the cache of a long-context model fits."""
BATCH, BATCH_CUDA = 256, 1024
"""Requests that run together at most."""
UTILIZATION = 0.9
"""Of a GPU's memory, for all engines of a model together."""
FIXED = 3 << 30
"""Bytes beside weights, logits and the cache: CUDA's context, its graphs, activations."""


def settings(path: Path, cuda: bool, options: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of `EngineArgs` that make vLLM fast, or the same whatever shares the batch; `options` come first."""
    from vllm.config import StructuredOutputsConfig

    context = min(CONTEXT, _positions(path))
    most = int(options.get("max_num_seqs", BATCH_CUDA if cuda else BATCH))
    chosen: dict[str, Any] = {
        "max_model_len": context,
        "max_num_seqs": most,
        "enable_prefix_caching": True,
        # float32 on a CPU: in bfloat16 the same request samples other tokens beside other neighbours.
        "dtype": "auto" if cuda else "float32",
        "enforce_eager": not cuda,
        # A prompt read in pieces makes vLLM 0.32 wind back the request's generator, which a CPU's cannot do.
        "enable_chunked_prefill": cuda,
        "max_num_batched_tokens": max(context, 16384 if cuda else 8192),
        "disable_log_stats": True,
        # Without spaces, which small models write without end where they are free.
        "structured_outputs_config": StructuredOutputsConfig(backend="xgrammar", disable_any_whitespace=True),
    }
    if cuda and "max_cudagraph_capture_size" not in options and not options.get("enforce_eager"):
        chosen["cudagraph_capture_sizes"] = _graphs(most)
    passed = {name: value for name, value in options.items() if name != REPLICAS}
    if cuda and int(options.get(REPLICAS, 1)) > 1:
        passed |= _share(path, most, int(options[REPLICAS]), passed)
    return {**chosen, **passed}


def _share(path: Path, rows: int, replicas: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """What one of several engines may have of a GPU's memory.

    The size of its cache is said, where it can be, because vLLM would find it out by measuring the free memory, and
    fails where another engine takes or leaves some meanwhile.
    """
    share = float(options.get("gpu_memory_utilization", UTILIZATION)) / replicas
    if "kv_cache_memory_bytes" in options:
        return {
            "gpu_memory_utilization": share,
            "kv_cache_memory_bytes": int(options["kv_cache_memory_bytes"]) // replicas,
        }
    from vllm.platforms import current_platform

    whole = int(current_platform.get_device_total_memory() * share)
    taken = int(1.2 * weights(path)) + 6 * 4 * rows * _vocabulary(path) + FIXED
    if whole < 2 * taken:
        return {"gpu_memory_utilization": share}
    return {"gpu_memory_utilization": share, "kv_cache_memory_bytes": whole - taken}


def weights(path: Path) -> int:
    """Size of a model's weights, bytes."""
    return sum(file.stat().st_size for file in path.glob("*.safetensors"))


def _vocabulary(path: Path) -> int:
    from transformers import AutoConfig

    return int(AutoConfig.from_pretrained(str(path), trust_remote_code=False).get_text_config().vocab_size)


def _graphs(rows: int) -> list[int]:
    """Sizes of batches for which CUDA graphs are made.

    vLLM's own end at 512 tokens; a larger batch then costs a launch a kernel, which is what a small model's time goes
    to. Beyond the rows there is room for prompts that come in while others are written.
    """
    small = [1, 2, 4, *range(8, 64, 8), *range(64, rows, 64)]
    return sorted({size for size in small if size < rows} | {*range(rows, 2 * rows + 1, max(rows // 8, 1))})


def _positions(path: Any) -> int:
    from transformers import AutoConfig

    return int(AutoConfig.from_pretrained(str(path), trust_remote_code=False).max_position_embeddings)


@contextmanager
def prickly_modules_aside() -> Iterator[None]:
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
