"""What a volume's `data` holds, in memory."""

from __future__ import annotations

from dataclasses import replace

from multisynth.sample import Sample

from .splats.gaussians import Gaussians
from .splats.ply import decode_ply


def gaussians_of(sample: Sample) -> Gaussians:
    """The Gaussians of a sample of kind `volume` whose method is splats, with their instances."""
    return replace(decode_ply(sample["data"]), instances=sample["instances"])
