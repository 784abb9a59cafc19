"""SimHash: documents whose 64 bits differ in few places; made for books, whose n-grams are too many to keep.

Keys: the 64 bits are cut into blocks. Two values that differ in at most *distance* bits agree in all but *distance* of
the blocks, so there is a key for every choice of that many blocks: every such pair shares one. One block more than
distance + 1 makes a key of two blocks: with the defaults 21 keys of 18 or 19 bits where 6 blocks would make 6 keys of
10 or 11, which any two of a thousand books share by chance.

A document without shingles has no key and no sketch: see `redpyjama.dedup.shingled`.

Source: RedPajama-Data (V1), data_prep/book; keys after Manku et al. 2007, Detecting near-duplicates for web crawling.
Departs: the bits are those of our own hashes, not of MD5.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.dedup.shingled import Normalise, Unit, Values, check, each_chunk
from redpyjama.errors import UsageError
from redpyjama.stage import Method
from redpyjama.store import hashes

VERSION = 1
"""Raised whenever the same texts and parameters give other keys or sketches."""

MAX_KEYS = 256
_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SimHash:
    """What documents are compared by; the defaults are RedPajama V1's for books.

    Attributes:
        ngram: Units of a shingle.
        unit: Characters or words.
        normalise: What is made of a text first: `redpyjama.kernels.simplified.Form`.
        distance: Bits in which copies may differ.
        blocks: Into how many blocks the bits are cut; 0: distance + 2.
    """

    ngram: int = 6
    unit: Unit = "characters"
    normalise: Normalise = "redpajama_v1_books"
    distance: int = 5
    blocks: int = 0

    def __post_init__(self) -> None:
        check("simhash", self.ngram, self.unit, self.normalise)
        if not 0 <= self.distance <= 16:
            raise UsageError("simhash: distance is 0 to 16", self.distance)
        if self.blocks and not self.distance < self.blocks <= _BITS:
            raise UsageError("simhash: blocks is above distance and at most 64, or 0", self.blocks)
        if self.blocks and comb(self.blocks, self.distance) > MAX_KEYS:
            raise UsageError(
                f"simhash: {self.blocks} blocks make {comb(self.blocks, self.distance)} keys a document",
                f"fewer blocks: at most {MAX_KEYS} keys",
            )


def masks(params: SimHash) -> NDArray[np.uint64]:
    """Return the bits that each key is made of."""
    number = params.blocks or params.distance + 2
    edges = [_BITS * i // number for i in range(number + 1)]
    blocks = [(1 << stop) - (1 << start) for start, stop in pairwise(edges)]
    return np.array([sum(chosen) for chosen in combinations(blocks, number - params.distance)], np.uint64)


def keys(batch: pa.RecordBatch, params: SimHash) -> Values:
    """Return the keys of each document: one for each mask, none for a text without shingles.

    Args:
        batch: Documents with the column "text".
        params: What they are compared by.

    Returns:
        n + 1 offsets and the keys: those of document i are keys[offsets[i] : offsets[i + 1]].
    """
    from redpyjama.kernels import simhash

    offsets, values = sketches(batch, params)
    chosen = masks(params)
    salt = int(hashes.key("simhash", VERSION, dataclasses.asdict(params)), 16)
    return offsets * len(chosen), simhash.masked_keys(values, chosen, salt)


def sketches(batch: pa.RecordBatch, params: SimHash) -> Values:
    """Return the SimHash of each document; none for a text without shingles."""
    from redpyjama.kernels import simhash

    def measure(offsets: NDArray[np.int64], values: NDArray[np.uint64]) -> Values:
        some = np.diff(offsets) > 0
        return some.astype(np.int64), simhash.fingerprints(offsets, values)[some]

    return each_chunk(batch["text"], params.ngram, params.unit, params.normalise, measure)


def limit(params: SimHash) -> float:
    """Return in how many bits copies may differ."""
    return params.distance


METHOD = Method(
    name="simhash",
    version=VERSION,
    params=SimHash,
    rule="near_duplicate_simhash",
    because="another document's n-grams make nearly the same fingerprint",
    keys=keys,
    sketches=sketches,
    compare="hamming",
    limit=limit,
    presets={
        "redpajama-v1-books": {"ngram": 6, "unit": "characters", "normalise": "redpajama_v1_books", "distance": 5}
    },
)
