"""Near-duplicate images, found by their perceptual hashes (Zauner, "Implementation and benchmarking of perceptual image
hash functions", 2010) and an exact search within a Hamming distance.
"""

from __future__ import annotations

from typing import ClassVar, Self

import pyarrow as pa
from pydantic import Field, model_validator

from multisynth.curate.duplicates import Deduplicate
from multisynth.curate.hamming import HammingIndex
from multisynth.kinds import KINDS, Kind
from multisynth.media import decode_rgb
from multisynth.sample import Batch
from multisynth.stage import Needs


class PerceptualHash(Deduplicate):
    """Drop images that look like an earlier one."""

    takes: ClassVar[tuple[Kind, ...]] = tuple(kind for kind in KINDS.values() if kind.image)
    needs: ClassVar[Needs] = Needs(batch_size=64)

    threshold: int = Field(4, ge=0, description="Bits by which two hashes may differ and still be of the same image.")
    hash_size: int = Field(
        8, ge=4, le=32, description="Side of the square of DCT coefficients; a hash has its square in bits."
    )

    @model_validator(mode="after")
    def _fewer_than_all_bits(self) -> Self:
        if self.threshold >= self.hash_size**2:
            raise ValueError(f"threshold {self.threshold} must be below the hash's {self.hash_size**2} bits")
        return self

    @classmethod
    def accepts(cls, kind: Kind) -> bool:
        """Any kind that holds images, those of other packages too."""
        return kind.image is not None

    def sketch(self, samples: Batch) -> pa.Table:
        """Each image's hash, most significant bit first, in whole bytes."""
        column = samples.kind.image
        assert column is not None
        width = (self.hash_size**2 + 7) // 8
        return pa.table(
            {"hash": pa.array([self._hash(data).to_bytes(width) for data in samples[column]], pa.binary(width))}
        )

    def resolve(self, sketches: pa.Table) -> dict[str, str]:
        """Which images go, each with the kept one that it is closest to, the earliest among equals."""
        index = HammingIndex(self.hash_size**2, self.threshold)
        ids = sketches["id"].to_pylist()
        decision: dict[str, str] = {}
        kept: list[str] = []
        for name, code in zip(ids, sketches["hash"].to_pylist(), strict=True):
            number = int.from_bytes(code)
            found = index.nearest(number)
            if found is None:
                index.add(number)
                kept.append(name)
            else:
                place, distance = found
                decision[name] = f"near-duplicate: of {kept[place]}, hamming {distance} of {self.hash_size**2} bits"
        return decision

    def _hash(self, data: bytes) -> int:
        import imagehash
        from PIL import Image

        return int(str(imagehash.phash(Image.fromarray(decode_rgb(data)), self.hash_size)), 16)
