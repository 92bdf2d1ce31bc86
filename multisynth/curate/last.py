"""The last sample of each stage that feeds this one: the end of a training, say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from multisynth.kinds import KINDS, Kind
from multisynth.sample import Batch, Drop, Sample
from multisynth.stage import Reduce


class Last(Reduce):
    """Keep the last sample of each stage."""

    takes = tuple(KINDS.values())

    @classmethod
    def accepts(cls, kind: Kind) -> bool:
        """Any kind, those of other packages too."""
        return True

    def sketch(self, samples: Batch) -> pa.Table:
        """As `Reduce.sketch`."""
        return pa.table({"stage": samples.array("stage")})

    def resolve(self, sketches: pa.Table) -> Any:
        """As `Reduce.resolve`: the ids that stay."""
        return frozenset(dict(zip(sketches["stage"].to_pylist(), sketches["id"].to_pylist(), strict=True)).values())

    def apply(self, samples: Batch, decision: Any) -> Iterator[Sample | Drop]:
        """As `Reduce.apply`."""
        for sample in samples:
            yield sample if sample.id in decision else Drop(sample, "not the last of its stage")
