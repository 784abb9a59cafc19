"""MinHash: signatures of sets of 64-bit shingle hashes, and the keys of their bands.

Permutation i takes the low half x of a shingle's hash to (x xor s[i]) * m[i] mod 2^32, m[i] odd: a bijection, three
instructions, sixteen of them at a time. Shingles whose low halves agree are taken for one: of a document of a million
that is one in four thousand, far below what 512 permutations can tell apart.

Source: Broder 1997, On the resemblance and containment of documents.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.word_hash import mixed

_INT: Any = types.int64
_OFFSETS: Any = types.Array(types.int64, 1, "C", readonly=True)
_HASHES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_HALVES: Any = types.Array(types.uint32, 1, "C", readonly=True)

_LARGEST = np.uint32(0xFFFFFFFF)
LANES = 16  # 32-bit values that the widest registers hold: signatures of a multiple of these are the fastest
_STEP, _MASK = 0x9E3779B97F4A7C15, 2**64 - 1


@functools.cache
def permutations(number: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return s and m of that many permutations: splitmix64 from *seed* on, s from the top halves, m from the low."""
    start = int(mixed(seed & _MASK))
    words = np.array([mixed((start + (i + 1) * _STEP) & _MASK) for i in range(number)], np.uint64)
    xors, multipliers = (words >> np.uint64(32)).astype(np.uint32), words.astype(np.uint32) | np.uint32(1)
    xors.flags.writeable = multipliers.flags.writeable = False
    return xors, multipliers


def signatures(doc_offsets: NDArray[np.int64], hashes: NDArray[np.uint64], number: int, seed: int) -> Any:
    """Return the signatures of sets: uint32, a row a document, a column a permutation; all ones for an empty set.

    Args:
        doc_offsets: n + 1: the shingles of document i are [doc_offsets[i], doc_offsets[i + 1]); repeats do no harm.
        hashes: Of all shingles; well mixed in their low halves.
        number: How many permutations.
        seed: Of the permutations.
    """
    found = np.empty((len(doc_offsets) - 1, number), np.uint32)
    _sign(doc_offsets, hashes, *permutations(number, seed), found.reshape(-1))
    return found


@compiled(types.void(types.uint32, _HALVES, _HALVES, types.uint32[::1]))
def _lower_one(x: Any, xors: Any, multipliers: Any, row: Any) -> None:
    for j in range(len(row)):
        row[j] = min(row[j], np.uint32((x ^ xors[j]) * multipliers[j]))


@compiled(types.void(_HASHES, _INT, _HALVES, _HALVES, types.uint32[::1]))
def _lower(hashes: Any, i: Int, xors: Any, multipliers: Any, row: Any) -> None:
    """Lower the minima by the eight shingles from *i* on."""
    a, b, c, d = np.uint32(hashes[i]), np.uint32(hashes[i + 1]), np.uint32(hashes[i + 2]), np.uint32(hashes[i + 3])
    e, f, g, h = np.uint32(hashes[i + 4]), np.uint32(hashes[i + 5]), np.uint32(hashes[i + 6]), np.uint32(hashes[i + 7])
    for j in range(len(row)):
        s, m = xors[j], multipliers[j]
        low = min(np.uint32((a ^ s) * m), np.uint32((b ^ s) * m), np.uint32((c ^ s) * m), np.uint32((d ^ s) * m))
        high = min(np.uint32((e ^ s) * m), np.uint32((f ^ s) * m), np.uint32((g ^ s) * m), np.uint32((h ^ s) * m))
        row[j] = min(row[j], low, high)


@compiled(types.void(_OFFSETS, _HASHES, _HALVES, _HALVES, types.uint32[::1]))
def _sign(doc_offsets: Any, hashes: Any, xors: Any, multipliers: Any, found: Any) -> None:
    """Eight shingles a turn: what is read and written for a permutation is shared by them."""
    number = len(xors)
    for document in range(len(doc_offsets) - 1):
        row = found[document * number : (document + 1) * number]
        row[:] = _LARGEST
        i, stop = doc_offsets[document], doc_offsets[document + 1]
        while i + 8 <= stop:
            _lower(hashes, i, xors, multipliers, row)
            i += 8
        while i < stop:
            _lower_one(np.uint32(hashes[i]), xors, multipliers, row)
            i += 1


@compiled(types.void(_HALVES, _INT, types.uint64, _INT, _INT, types.uint64[::1]))
def _key_bands(signed: Any, number: Int, salt: Any, bands: Int, rows: Int, keys: Any) -> None:
    for document in range(len(signed) // number):
        for band in range(bands):
            at = document * number + band * rows
            state = mixed(salt + np.uint64(band))
            for i in range(at, at + rows):
                state = mixed(state ^ np.uint64(signed[i]))
            keys[document * bands + band] = state


def band_keys(signed: NDArray[np.uint32], salt: int, bands: int, rows: int) -> NDArray[np.uint64]:
    """Return a 64-bit hash of (salt, band, the rows of the band) for each document and band, document by document."""
    keys = np.empty(len(signed) * bands, np.uint64)
    _key_bands(np.ascontiguousarray(signed).reshape(-1), signed.shape[1], np.uint64(salt), bands, rows, keys)
    return keys
