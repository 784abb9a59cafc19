"""Byte-pair merging of one piece of text, and the table that remembers how many tokens short pieces have.

`redpyjama.kernels.token_counts` cuts texts into pieces.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

NO_PAIR = np.int64(2**63 - 1)
"""In the values of a table of merges: these two symbols do not merge."""

EMPTY = np.uint64(2**64 - 1)
"""In the keys of a table of merges: a free place."""

KEY_BYTES = 15  # bytes of a piece that fit in two 64-bit words beside its length
_WAYS = 4  # places of the table in which a piece may stand
USUAL = 4096  # symbols that a piece may have before it gets room of its own
_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX_2 = np.uint64(0xC2B2AE3D27D4EB4F)
Words = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int32]]
"""What short pieces count: first 8 bytes, the next 7 and the length, tokens. Belongs to one thread."""

U8: Any = types.Array(types.uint8, 1, "C", readonly=True)
I32: Any = types.Array(types.int32, 1, "C", readonly=True)
I64: Any = types.Array(types.int64, 1, "C", readonly=True)
U64: Any = types.Array(types.uint64, 1, "C", readonly=True)
WORDS: Any = types.Tuple((types.uint64[::1], types.uint64[::1], types.int32[::1]))
WORK: Any = types.Tuple((types.int32[::1], types.int32[::1], types.int32[::1], types.int64[::1], types.int64[::1]))
_Int = Any  # in a kernel, Python's and numpy's whole numbers are one thing


def new_words(bits: int = 17) -> Words:
    """Make an empty table of 2**bits pieces (20 bytes each)."""
    size = 1 << bits
    return np.zeros(size, np.uint64), np.zeros(size, np.uint64), np.zeros(size, np.int32)


@njit(types.uint64(types.uint64), cache=True, nogil=True, inline="always")
def _mixed(key: Any) -> Any:
    key = (key ^ (key >> np.uint64(29))) * _MIX
    return key ^ (key >> np.uint64(32))


@njit(types.int64(types.int64, types.int64, U64, I64), cache=True, nogil=True)
def _pair(left: _Int, right: _Int, keys: Any, values: Any) -> _Int:
    """Return rank << 32 | symbol of the merged pair, or `NO_PAIR`."""
    if left < 0 or right < 0:
        return NO_PAIR
    mask = np.uint64(keys.size - 1)
    key = (np.uint64(left) << np.uint64(32)) | np.uint64(right)
    at = _mixed(key) & mask
    while keys[at] != EMPTY:
        if keys[at] == key:
            return values[at]
        at = (at + np.uint64(1)) & mask
    return NO_PAIR


@njit(types.void(U64, I64, types.uint64[::1], types.int64[::1]), cache=True, nogil=True)
def fill_merges(pairs: Any, results: Any, keys: Any, values: Any) -> None:
    """Put pairs (left << 32 | right) and their results in the hash table *keys*, *values*; the last of equals stays."""
    mask = np.uint64(keys.size - 1)
    for i in range(pairs.size):
        at = _mixed(pairs[i]) & mask
        while keys[at] != EMPTY and keys[at] != pairs[i]:
            at = (at + np.uint64(1)) & mask
        keys[at] = pairs[i]
        values[at] = results[i]


@njit(types.int64(types.int64[::1], types.int64, types.int64), cache=True, nogil=True)
def _push(heap: Any, size: _Int, entry: _Int) -> _Int:
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent] <= entry:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = entry
    return size + 1


@njit(types.int64(types.int64[::1], types.int64), cache=True, nogil=True)
def _pop(heap: Any, size: _Int) -> _Int:
    """Take the first entry out, which the caller has read; return the new size."""
    size -= 1
    entry = heap[size]
    at, child = 0, 1
    while child < size:
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= entry:
            break
        heap[at] = heap[child]
        at, child = child, 2 * child + 1
    heap[at] = entry
    return size


@njit(types.int64(types.int64, WORK, U64, I64), cache=True, nogil=True)
def merge(count: _Int, work: Any, keys: Any, values: Any) -> _Int:
    """Merge the first *count* symbols of the work space until nothing merges; return how many are left."""
    symbols, before, after, pairs, heap = work
    low = np.int64(0xFFFFFFFF)
    size = np.int64(0)
    for i in range(count):
        before[i], after[i] = i - 1, i + 1
        pairs[i] = NO_PAIR if i + 1 == count else _pair(symbols[i], symbols[i + 1], keys, values)
        if pairs[i] != NO_PAIR:
            size = _push(heap, size, (pairs[i] & ~low) | i)
    left = count
    while size > 0:
        entry = heap[0]
        size = _pop(heap, size)
        at = entry & low
        if pairs[at] == NO_PAIR or (pairs[at] & ~low) != (entry & ~low):
            continue  # one of the two has merged with another since
        symbols[at] = pairs[at] & low
        gone = after[at]
        pairs[gone] = NO_PAIR
        after[at] = after[gone]
        left -= 1
        pairs[at] = NO_PAIR
        if after[at] < count:
            before[after[at]] = at
            pairs[at] = _pair(symbols[at], symbols[after[at]], keys, values)
            if pairs[at] != NO_PAIR:
                size = _push(heap, size, (pairs[at] & ~low) | at)
        if at > 0:
            previous = before[at]
            pairs[previous] = _pair(symbols[previous], symbols[at], keys, values)
            if pairs[previous] != NO_PAIR:
                size = _push(heap, size, (pairs[previous] & ~low) | previous)
    return left


@njit(WORK(types.int64), cache=True, nogil=True)
def new_work(size: _Int) -> Any:
    """Make room for a piece of *size* symbols: each merge takes one entry off the heap and puts at most two on it."""
    pairs, heap = np.empty(size, np.int64), np.empty(2 * size + 2, np.int64)
    return np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32), pairs, heap


@njit(types.int64(types.uint64, types.uint64, WORDS), cache=True, nogil=True)
def known(low: Any, high: Any, words: Any) -> _Int:
    """Return how many tokens the piece with this key has, or 0 if the table does not know it."""
    lows, highs, counts = words
    mask = np.uint64(lows.size - 1)
    at = _mixed(low ^ (high * _MIX_2)) & mask
    for _ in range(_WAYS):
        if lows[at] == low and highs[at] == high:
            return counts[at]
        at = (at + np.uint64(1)) & mask
    return 0


@njit(types.void(types.uint64, types.uint64, types.int64, WORDS), cache=True, nogil=True)
def keep(low: Any, high: Any, tokens: _Int, words: Any) -> None:
    """Put a piece in the table: in a free place if one is near, else over an older piece."""
    lows, highs, counts = words
    mask = np.uint64(lows.size - 1)
    at = _mixed(low ^ (high * _MIX_2)) & mask
    for way in range(_WAYS):
        if counts[at] == 0 or way + 1 == _WAYS:
            lows[at], highs[at], counts[at] = low, high, tokens
            return
        at = (at + np.uint64(1)) & mask


@njit(types.UniTuple(types.uint64, 2)(U8, types.int64, types.int64, types.int64), cache=True, nogil=True)
def key(data: Any, start: _Int, stop: _Int, prefix: _Int) -> tuple[Any, Any]:
    """Pack a piece of at most `KEY_BYTES` bytes, and its length, in two words: no two pieces share a key."""
    low, high = np.uint64(0), np.uint64(0)
    length = np.int64(0)
    if prefix:
        low, length = np.uint64(0x20), np.int64(1)
    for i in range(start, stop):
        byte = np.uint64(data[i])
        if length < 8:
            low |= byte << np.uint64(8 * length)
        else:
            high |= byte << np.uint64(8 * (length - 8))
        length += 1
    return low, high | (np.uint64(length) << np.uint64(56))


@njit(types.UniTuple(types.int64, 2)(U8, types.int64), cache=True, nogil=True, inline="always")
def decode(data: Any, at: _Int) -> tuple[_Int, _Int]:
    """Return the character at *at* of valid UTF-8, and where the next one begins."""
    first = np.int64(data[at])
    if first < 0x80:
        return first, at + 1
    if first < 0xE0:
        return ((first & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F), at + 2
    if first < 0xF0:
        return ((first & 0x0F) << 12) | ((np.int64(data[at + 1]) & 0x3F) << 6) | (np.int64(data[at + 2]) & 0x3F), at + 3
    high = ((first & 0x07) << 18) | ((np.int64(data[at + 1]) & 0x3F) << 12)
    return high | ((np.int64(data[at + 2]) & 0x3F) << 6) | (np.int64(data[at + 3]) & 0x3F), at + 4


@njit(types.uint64(types.int64, types.int64), cache=True, nogil=True)
def bigram_bit(left: _Int, right: _Int) -> Any:
    """Hash two characters to a bit number; the table's size takes the low bits."""
    return _mixed((np.uint64(left) << np.uint64(32)) | np.uint64(right))
