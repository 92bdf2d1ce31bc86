"""How many processes run a model by vLLM."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import Any

from multisynth.cores import cores
from multisynth.serving.models import Model
from multisynth.serving.options import REPLICAS
from multisynth.serving.protocol import Engine
from multisynth.serving.replicas import Replicas
from multisynth.serving.vllm import VllmEngine


def vllm(model: Model, options: Mapping[str, Any]) -> Engine:
    """An engine in this process, or in as many of its own as `replicas` says.

    What bounds a small model on a fast GPU is the Python around each step, of which every replica has its own.
    """
    import torch

    assert model.path is not None  # an endpoint has an engine of its own
    if REPLICAS not in options:
        return VllmEngine(model, options)
    count = int(options[REPLICAS])
    threads = 1 if torch.cuda.is_available() else max(1, cores() // count)
    environment = {} if "OMP_NUM_THREADS" in os.environ else {"OMP_NUM_THREADS": str(threads)}
    return Replicas(partial(VllmEngine, model, {**options, REPLICAS: count}), count, VllmEngine.name, environment)
