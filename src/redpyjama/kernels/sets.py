"""Sets of 64-bit hashes as sorted arrays, and how alike two of them are; how many bits two values differ in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.compiled import Int, compiled

_INT: Any = types.int64
_OFFSETS: Any = types.Array(types.int64, 1, "C", readonly=True)
_HASHES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_ROWS: Any = types.Array(types.int64, 1, "C", readonly=True)
_OUT: Any = types.uint64[::1]

_ONE = np.uint64(1)
_PAIRS, _FOURS, _EIGHTS, _BYTES = (
    np.uint64(v) for v in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F, 0x0101010101010101)
)


@compiled(types.void(_HASHES, _INT, _INT, types.int64[::1], _OUT))
def _sort(hashes: Any, first: Int, stop: Int, places: Any, result: Any) -> None:
    """Write the hashes [first, stop) in order: into as many buckets by their top bits, then by insertion.

    Hashes are spread evenly, so that a bucket holds one or two different values.
    """
    bits = 1
    while (1 << bits) < stop - first:
        bits += 1
    shift = np.uint64(64 - bits)
    places[: (1 << bits) + 1] = 0
    for i in range(first, stop):
        places[np.int64(hashes[i] >> shift) + 1] += 1
    for bucket in range(1 << bits):
        places[bucket + 1] += places[bucket]
    for i in range(first, stop):
        bucket = np.int64(hashes[i] >> shift)
        result[places[bucket]] = hashes[i]
        places[bucket] += 1
    for i in range(1, stop - first):
        value = result[i]
        j = i
        while j > 0 and result[j - 1] > value:
            result[j] = result[j - 1]
            j -= 1
        result[j] = value


@compiled(_INT(_OFFSETS, _HASHES, types.int64[::1], _OUT, types.int64[::1], _OUT))
def _to_sets(doc_offsets: Any, hashes: Any, places: Any, scratch: Any, found: Any, values: Any) -> Int:
    size = np.int64(0)
    for document in range(len(doc_offsets) - 1):
        found[document] = size
        first, stop = doc_offsets[document], doc_offsets[document + 1]
        _sort(hashes, first, stop, places, scratch)
        for i in range(stop - first):
            if i == 0 or scratch[i] != scratch[i - 1]:
                values[size] = scratch[i]
                size += 1
    found[len(doc_offsets) - 1] = size
    return size


def to_sets(doc_offsets: NDArray[np.int64], hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return each document's hashes sorted, each once: n + 1 offsets, and the values of all.

    Args:
        doc_offsets: n + 1: the hashes of document i are [doc_offsets[i], doc_offsets[i + 1]).
        hashes: Spread evenly over 64 bits; others take long to sort.
    """
    most = int(np.diff(doc_offsets).max(initial=0))
    places, scratch = np.empty((2 << max(most - 1, 1).bit_length()) + 1, np.int64), np.empty(most, np.uint64)
    found, values = np.empty(len(doc_offsets), np.int64), np.empty(len(hashes), np.uint64)
    size = _to_sets(doc_offsets, hashes, places, scratch, found, values)
    return found, values[:size]


@compiled(types.float64(_HASHES, _INT, _INT, _INT, _INT))
def jaccard(values: Any, first: Int, stop: Int, other: Int, other_stop: Int) -> Any:
    """Return the Jaccard similarity of the sorted sets [first, stop) and [other, other_stop); 0 if both are empty."""
    union = (stop - first) + (other_stop - other)
    common = np.int64(0)
    while first < stop and other < other_stop:
        one, two = values[first], values[other]
        common += one == two
        first += one <= two
        other += two <= one
    if union == 0:
        return 0.0
    return common / (union - common)


@compiled(types.void(_OFFSETS, _HASHES, _ROWS, _ROWS, types.float64[::1]))
def _jaccards(offsets: Any, values: Any, rows: Any, others: Any, found: Any) -> None:
    for i in range(len(rows)):
        row, other = rows[i], others[i]
        found[i] = jaccard(values, offsets[row], offsets[row + 1], offsets[other], offsets[other + 1])


def jaccards(
    offsets: NDArray[np.int64], values: NDArray[np.uint64], rows: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the Jaccard similarity of each pair (rows[i], others[i]) of the sets that `to_sets` returns."""
    found = np.empty(len(rows), np.float64)
    _jaccards(offsets, values, rows, others, found)
    return found


@compiled(_INT(types.uint64, types.uint64))
def hamming(one: Any, two: Any) -> Int:
    """Return in how many bits two values differ."""
    bits = one ^ two
    bits -= (bits >> _ONE) & _PAIRS
    bits = (bits & _FOURS) + ((bits >> np.uint64(2)) & _FOURS)
    bits = (bits + (bits >> np.uint64(4))) & _EIGHTS
    return np.int64((bits * _BYTES) >> np.uint64(56))


@compiled(types.void(_HASHES, _ROWS, _ROWS, types.int64[::1]))
def _hammings(values: Any, rows: Any, others: Any, found: Any) -> None:
    for i in range(len(rows)):
        found[i] = hamming(values[rows[i]], values[others[i]])


def hammings(values: NDArray[np.uint64], rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return in how many bits each pair (rows[i], others[i]) of values differs."""
    found = np.empty(len(rows), np.int64)
    _hammings(values, rows, others, found)
    return found
