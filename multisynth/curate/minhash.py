"""Near-duplicate texts, found by MinHash and locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman and Ullman,
*Mining of Massive Datasets*, chapter 3).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from multisynth.curate.duplicates import Deduplicate
from multisynth.curate.shingles import Unit, hashes, jaccard, shingles
from multisynth.curate.signatures import permutations, signatures
from multisynth.kinds import KINDS, Kind
from multisynth.sample import Batch
from multisynth.stage import Needs

RECALL = 0.99
"""The least share of the pairs exactly at the threshold that the index must propose."""


def bands(threshold: float, permutations: int) -> tuple[int, int]:
    """Number and length of the bands of an LSH index: the longest, and so fewest false candidates, with enough recall.

    Two signatures with Jaccard similarity s share one of b bands of r numbers with probability 1 - (1 - s^r)^b.

    Args:
        threshold: s, the similarity from which pairs matter.
        permutations: Numbers in a signature.
    """
    fits = [r for r in range(1, permutations // 2 + 1) if 1 - (1 - threshold**r) ** (permutations // r) >= RECALL]
    length = max(fits, default=1)
    return permutations // length, length


class MinHash(Deduplicate):
    """Drop texts that nearly repeat an earlier one.

    Candidates come from datasketch's LSH index over the signatures, which finds at least 99 in 100 of the pairs at the
    threshold and more above it; each candidate is then compared shingle by shingle, so that nothing is dropped on an
    estimate.
    """

    takes: ClassVar[tuple[Kind, ...]] = tuple(kind for kind in KINDS.values() if kind.text)
    needs: ClassVar[Needs] = Needs(batch_size=1024)

    threshold: float = Field(0.8, gt=0, le=1, description="Jaccard similarity of shingles from which a text goes.")
    permutations: int = Field(128, ge=16, le=1024, description="Numbers in a signature.")
    unit: Unit = Field("word", description="What shingles are made of.")
    shingle: int = Field(5, ge=1, le=64, description="Words or characters in a shingle.")

    @classmethod
    def accepts(cls, kind: Kind) -> bool:
        """Any kind that holds text, those of other packages too."""
        return kind.text is not None

    def sketch(self, samples: Batch) -> pa.Table:
        """Each text's signature, uint32 [K], and its shingles' hashes, uint32 sorted."""
        column = samples.kind.text
        assert column is not None
        sets = [shingles(text, self.unit, self.shingle) for text in samples[column]]
        values, starts = hashes(sets)
        rows = signatures(values, starts, self.permutations)
        return pa.table(
            {
                "signature": pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), self.permutations),
                "shingles": pa.LargeListArray.from_arrays(pa.array(starts, pa.int64()), pa.array(values)),
            }
        )

    def resolve(self, sketches: pa.Table) -> dict[str, str]:
        """Which texts go, each with the kept one that it is closest to, the earliest among equals."""
        from datasketch import MinHash as Signature
        from datasketch import MinHashLSH

        index = MinHashLSH(num_perm=self.permutations, params=bands(self.threshold, self.permutations))
        drawn = permutations(self.permutations, 1)
        ids = sketches["id"].to_pylist()
        rows = _flat(sketches["signature"]).reshape(-1, self.permutations)
        sets = sketches["shingles"].combine_chunks()
        starts, values = np.asarray(sets.offsets), np.asarray(sets.values)

        decision: dict[str, str] = {}
        for row, name in enumerate(ids):
            signature = Signature(hashvalues=rows[row], permutations=drawn, scheme="affine32")
            own = values[starts[row] : starts[row + 1]]
            closest = max(
                ((jaccard(own, values[starts[other] : starts[other + 1]]), -other) for other in index.query(signature)),
                default=(0.0, 0),
            )
            if closest[0] >= self.threshold:
                decision[name] = f"near-duplicate: of {ids[-closest[1]]}, jaccard {closest[0]:.2f}"
            else:
                index.insert(row, signature)
        return decision


def _flat(column: pa.ChunkedArray) -> np.ndarray:
    array = column.combine_chunks()
    return np.asarray((array.chunk(0) if isinstance(array, pa.ChunkedArray) else array).flatten())
