"""Synthetic data in every modality that can say where each sample came from, how it was checked and what it cost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multisynth.execute import run
    from multisynth.kinds import Kind
    from multisynth.recipe import Recipe
    from multisynth.sample import Batch, Drop, Sample
    from multisynth.stage import Map, Reduce, Series, Source, Stage

# torch's threads wait by spinning, which takes the cores from whoever has work: compositor threads, other workers.
# Training splats on two busy cores took nine times as long. OpenMP reads this once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
__all__ = ["Batch", "Drop", "Kind", "Map", "Recipe", "Reduce", "Sample", "Series", "Source", "Stage", "run"]

_HOMES = {
    "Batch": "sample", "Drop": "sample", "Sample": "sample", "Kind": "kinds", "Map": "stage", "Reduce": "stage",
    "Series": "stage", "Source": "stage", "Stage": "stage", "Recipe": "recipe", "run": "execute",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line answers at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"multisynth.{_HOMES[name]}"), name)
