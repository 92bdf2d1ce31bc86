"""How fast near-duplicate texts are found, against datasketch's own signatures on the same texts.

    python -m benchmarks.curate_minhash [--texts 20000]

A tenth of the texts are copies of another with two words changed. Seconds are of one core's time. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
import pyarrow as pa
from datasketch import MinHash as Signature

from benchmarks.machine import machine
from multisynth.curate.minhash import MinHash
from multisynth.curate.shingles import hashes, shingles
from multisynth.curate.signatures import signatures

BATCH = MinHash.needs.batch_size


def texts(count: int, words: int = 100, seed: int = 0) -> list[str]:
    """Random texts over 20,000 words; every tenth repeats the one before it with two words changed."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(20_000, size=(count, words))
    for row in range(10, count, 10):
        rows[row] = rows[row - 1]
        rows[row, rng.integers(words, size=2)] = rng.integers(20_000, size=2)
    return [" ".join(f"w{word}" for word in row) for row in rows]


def main() -> None:
    """Time each part and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    count = parser.parse_args().texts
    stage = MinHash()
    corpus = texts(count)

    start = time.process_time()
    sets = [shingles(text, stage.unit, stage.shingle) for text in corpus]
    cut = time.process_time() - start

    start = time.process_time()
    parts = [hashes(sets[first : first + BATCH]) for first in range(0, count, BATCH)]
    ours = np.concatenate([signatures(values, starts, stage.permutations) for values, starts in parts])
    signed = time.process_time() - start

    start = time.process_time()
    theirs = []
    for each in sets:
        one = Signature(stage.permutations)
        one.update_batch([shingle.encode() for shingle in each])
        theirs.append(one.hashvalues)
    per_object = time.process_time() - start

    start = time.process_time()
    encoded = ([shingle.encode() for shingle in each] for each in sets)
    bulk = np.stack([one.hashvalues for one in Signature.generator(encoded, num_perm=stage.permutations)])
    generator = time.process_time() - start

    table = pa.table(
        {
            "id": [str(n) for n in range(count)],
            "signature": pa.FixedSizeListArray.from_arrays(pa.array(ours.ravel()), stage.permutations),
            "shingles": pa.chunked_array(
                [
                    pa.LargeListArray.from_arrays(pa.array(starts, pa.int64()), pa.array(values))
                    for values, starts in parts
                ]
            ),
        }
    )
    start = time.process_time()
    decision = stage.resolve(table)
    resolved = time.process_time() - start

    print(
        json.dumps(
            {
                "command": " ".join(["python -m benchmarks.curate_minhash", *sys.argv[1:]]),
                "texts": count,
                "signatures_equal": bool(np.array_equal(ours, np.stack(theirs)) and np.array_equal(ours, bulk)),
                "planted": len(range(10, count, 10)),
                "dropped": len(decision),
                "core_seconds": {
                    "shingles": cut,
                    "signatures": signed,
                    "resolve": resolved,
                    "all": cut + signed + resolved,
                },
                "signatures_per_s": {
                    "multisynth": count / signed,
                    "datasketch, one object a text": count / per_object,
                    "datasketch, MinHash.generator": count / generator,
                },
                **machine("datasketch", "numpy"),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
