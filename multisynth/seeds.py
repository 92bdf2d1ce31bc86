"""Where every random draw comes from.

A draw depends on the run's seed, the stage's name in the recipe, the sample it is made for and what it is for;
never on the batch, the worker or the order. There is no global generator anywhere in the project.
"""

from __future__ import annotations

import hashlib

import numpy as np


def seed(run_seed: int, stage: str, origin: str) -> int:
    """The 64-bit seed of what `stage` makes out of `origin` (a parent's id, or a source's ordinal in decimal)."""
    text = f"{run_seed}\x1f{stage}\x1f{origin}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, person=b"multisynth.seed").digest(), "little")


def rng(sample_seed: int, purpose: str) -> np.random.Generator:
    """The generator for one purpose of one sample: Philox 4×64, counter-based (Salmon et al., SC 2011).

    Args:
        sample_seed: A sample's `seed` column, so that any sample's draws can be made again from its row.
        purpose: What the draws are for; different purposes are independent streams.
    """
    key = hashlib.blake2b(purpose.encode(), digest_size=8, person=b"multisynth.rng").digest()
    return np.random.Generator(np.random.Philox(key=[sample_seed, int.from_bytes(key, "little")]))
