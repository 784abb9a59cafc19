"""SimHash: 64 bits a document, of which near-duplicates differ in few; keys that documents share that do.

Source: Charikar 2002, Similarity estimation techniques from rounding algorithms; Manku et al. 2007, Detecting
near-duplicates for web crawling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.word_hash import mixed

_INT: Any = types.int64
_OFFSETS: Any = types.Array(types.int64, 1, "C", readonly=True)
_HASHES: Any = types.Array(types.uint64, 1, "C", readonly=True)

BITS = 64
_ONE = np.uint64(1)
_PLACES = np.arange(BITS, dtype=np.uint64)


@compiled(types.void(_HASHES, _INT, _HASHES, types.uint64[::1]))
def _count_four(hashes: Any, i: Int, places: Any, counts: Any) -> None:
    """Add the four hashes from *i* on to the counts of their bits."""
    a, b, c, d = hashes[i], hashes[i + 1], hashes[i + 2], hashes[i + 3]
    for j in range(BITS):
        place = places[j]
        counts[j] += (a >> place & _ONE) + (b >> place & _ONE) + (c >> place & _ONE) + (d >> place & _ONE)


@compiled(types.void(_OFFSETS, _HASHES, _HASHES, types.uint64[::1], types.uint64[::1]))
def _sum_up(doc_offsets: Any, hashes: Any, places: Any, counts: Any, found: Any) -> None:
    for document in range(len(doc_offsets) - 1):
        counts[:] = 0
        i, stop = doc_offsets[document], doc_offsets[document + 1]
        total = np.uint64(stop - i)
        while i + 4 <= stop:
            _count_four(hashes, i, places, counts)
            i += 4
        while i < stop:
            for j in range(BITS):
                counts[j] += hashes[i] >> places[j] & _ONE
            i += 1
        value = np.uint64(0)
        for j in range(BITS):
            value |= np.uint64(counts[j] + counts[j] > total) << places[j]
        found[document] = value


def fingerprints(doc_offsets: NDArray[np.int64], hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the SimHash of each document: a bit is set that more than half of its shingles have.

    Args:
        doc_offsets: n + 1: the shingles of document i are [doc_offsets[i], doc_offsets[i + 1]); repeats count.
        hashes: Of all shingles.
    """
    found = np.empty(len(doc_offsets) - 1, np.uint64)
    _sum_up(doc_offsets, hashes, _PLACES, np.empty(BITS, np.uint64), found)
    return found


@compiled(types.void(_HASHES, _HASHES, types.uint64, types.uint64[::1]))
def _key_masks(values: Any, masks: Any, salt: Any, keys: Any) -> None:
    for i in range(len(values)):
        for j in range(len(masks)):
            keys[i * len(masks) + j] = mixed(mixed(salt + np.uint64(j)) ^ (values[i] & masks[j]))


def masked_keys(values: NDArray[np.uint64], masks: NDArray[np.uint64], salt: int) -> NDArray[np.uint64]:
    """Return a 64-bit hash of (salt, number of the mask, the bits under the mask) for each value and mask."""
    keys = np.empty(len(values) * len(masks), np.uint64)
    _key_masks(values, masks, np.uint64(salt), keys)
    return keys
