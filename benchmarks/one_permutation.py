"""Would one-permutation hashing do in place of as many permutations, and would it be faster?

    python -m benchmarks.one_permutation [--quick]

The least hash in each of as many bins as there would be permutations; an empty bin takes the value of another.
Edited copies of real texts (as in `benchmarks.signatures`): nanoseconds a shingle, how far the estimates are from the
true similarity over what the binomial distribution says, how many pairs become candidates and how many the formula of
bands says, over several seeds. Then the time for long documents, made up.

Source: Shrivastava 2017, Optimal Densification for Fast and Accurate Minwise Hashing, arXiv 1703.04664.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.repetition import median_seconds
from benchmarks.signatures import with_copies
from benchmarks.steps import real_texts
from redpyjama.dedup import bands, minhash
from redpyjama.kernels import minhash as kernels
from redpyjama.kernels import sets
from redpyjama.kernels.word_hash import mixed

LENGTHS = (128, 256, 512)
LIMIT = 0.8
_STEP, _MASK = 0x9E3779B97F4A7C15, 2**64 - 1
Signer = Callable[[NDArray[np.int64], NDArray[np.uint64], int, int], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the texts, two seeds instead of eight")
    quick = parser.parse_args().quick
    documents, pairs = with_copies([text for text in real_texts() if text][:: 4 if quick else 1])
    offsets, values = minhash.sketches(pa.record_batch({"text": documents}), minhash.MinHash(ngram=5))
    ways: dict[str, Signer] = {"many": kernels.signatures, "one": one}
    one(offsets[:2], values, LENGTHS[0], 1)
    print(f"{len(documents)} documents, {np.diff(offsets).mean():.0f} shingles each, {len(pairs)} edited copies")
    print("length       ns  error/binomial     bias  candidates  formula")
    rows, others = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    true = sets.jaccards(offsets, values, rows, others)
    for length in LENGTHS:
        for name, sign in ways.items():
            seconds = median_seconds(lambda sign=sign, length=length: sign(offsets, values, length, 1))
            found = np.array(
                [_judge(sign(offsets, values, length, s), rows, others, true) for s in range(2 if quick else 8)]
            )
            error, bias, met, formula = found.mean(axis=0)
            speed = f"{length:<6}{name:<5}{seconds / len(values) * 1e9:>5.1f}"
            print(f"{speed}{error:>14.3f}{bias:>11.4f}{met:>10.4f}{formula:>10.4f}")
    print("\nns a shingle of documents of\nlength        100   1,000  10,000 shingles")
    hashes = np.random.default_rng(0).integers(0, 2**64, 1_000_000, dtype=np.uint64)
    for length in LENGTHS:
        for name, sign in ways.items():
            times = [
                median_seconds(lambda n=n, s=sign, k=length: s(np.arange(0, 1_000_001, n), hashes, k, 1)) * 1e3
                for n in (100, 1000, 10_000)
            ]
            print(f"{length:<6}{name:<5}" + "".join(f"{time:>8.1f}" for time in times))


def _judge(
    signed: Any, rows: NDArray[np.int64], others: NDArray[np.int64], true: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Return the error over the binomial's, the bias, the share of copies that become candidates and the formula's."""
    same = signed[rows] == signed[others]
    length = same.shape[1]
    off = same.mean(axis=1) - true
    expected = np.sqrt(np.mean(true * (1 - true) / length))
    number, size = bands.choose(LIMIT, length)
    met = same[:, : number * size].reshape(len(rows), number, size).all(axis=2).any(axis=1)
    copies = true >= LIMIT
    formula = 1 - (1 - true**size) ** number
    return (
        float(np.sqrt(np.mean(off**2)) / expected),
        float(off.mean()),
        float(met[copies].mean()),
        float(formula[copies].mean()),
    )


def one(doc_offsets: NDArray[np.int64], hashes: NDArray[np.uint64], length: int, seed: int) -> NDArray[np.uint32]:
    """Return one-permutation signatures; parameters as of `kernels.signatures`."""
    found = np.empty((len(doc_offsets) - 1, length), np.uint32)
    _sign(doc_offsets, hashes, length, np.uint64(seed * _STEP & _MASK), found)
    return found


@numba.njit(nogil=True)
def _sign(doc_offsets: Any, hashes: Any, length: Any, seed: Any, found: Any) -> None:
    empty = np.uint32(0xFFFFFFFF)
    filled = np.empty(length, np.bool_)
    for document in range(len(doc_offsets) - 1):
        row = found[document]
        row[:] = empty
        for i in range(doc_offsets[document], doc_offsets[document + 1]):
            value = mixed(hashes[i] ^ seed)
            place = np.int64((value >> np.uint64(32)) * np.uint64(length) >> np.uint64(32))
            row[place] = min(row[place], np.uint32(value))
        if doc_offsets[document] == doc_offsets[document + 1]:
            continue
        for j in range(length):
            filled[j] = row[j] != empty
        for j in range(length):
            if filled[j]:
                continue
            at, state = j, mixed(seed + np.uint64(j))
            while not filled[at]:
                state = mixed(state + np.uint64(_STEP))
                at = np.int64((state >> np.uint64(32)) * np.uint64(length) >> np.uint64(32))
            row[j] = row[at]


if __name__ == "__main__":
    main()
