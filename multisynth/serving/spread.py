"""How many processes run a model by vLLM."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from multisynth.serving.models import Model
from multisynth.serving.options import REPLICAS
from multisynth.serving.protocol import Engine
from multisynth.serving.replicas import Replicas
from multisynth.serving.vllm import VllmEngine
from multisynth.serving.vllm_settings import weights

SMALL = 2 << 30
"""Bytes of weights up to which the Python around a step takes longer than a GPU takes for it."""
MOST = 3
"""Replicas, where nothing is said."""
CORES = 4
"""For one replica: its engine's thread, its event loop, and what CUDA and tokenizers do beside."""


def vllm(model: Model, options: Mapping[str, Any]) -> Engine:
    """An engine in as many processes as `replicas` says, or as are worth it; without a GPU by default in this one."""
    import torch

    assert model.path is not None  # an endpoint has an engine of its own
    cuda = torch.cuda.is_available()
    if not cuda and REPLICAS not in options:
        return VllmEngine(model, options)
    count = int(options.get(REPLICAS, _worth(model.path, options)))
    threads = 1 if cuda else max(1, _cores() // count)
    environment = {} if "OMP_NUM_THREADS" in os.environ else {"OMP_NUM_THREADS": str(threads)}
    return Replicas(partial(VllmEngine, model, {**options, REPLICAS: count}), count, VllmEngine.name, environment)


def _worth(path: Path, options: Mapping[str, Any]) -> int:
    """Several for a small model on one GPU, where there are cores for them."""
    parallel = any(int(options.get(f"{name}_parallel_size", 1)) > 1 for name in ("tensor", "pipeline"))
    return 1 if parallel or weights(path) > SMALL else max(1, min(MOST, _cores() // CORES))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
