"""The numbers of the pieces that a text is made of, by a byte-pair model of characters.

The same cuts and merges as in `redpyjama.kernels.token_counts`, which only counts them; a table remembers the numbers
of short stretches of text. What the tokenizer reserves is no more than its letters here: "</s>" in a text is text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.bpe import I32, I64, KEY_BYTES, U8, U64, WORK, decode, key, merge, new_work
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.token_counts import BLANK, PREFIX_ALWAYS, PREFIX_UNLESS_SPACE, may_join
from redpyjama.kernels.word_hash import mixed

MOST = 6
"""Pieces that a remembered stretch has at most."""

_WAYS = 4
_INT: Any = types.int64
_IDS: Any = types.int32[::1]
_KEYS: Any = types.uint64[::1]

Memory = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int32]]
"""First 8 bytes of a stretch, its next 7 and the length, how many pieces it has, their numbers. Of one thread."""


def new_memory(bits: int = 17) -> Memory:
    """Make an empty table of 2**bits stretches (41 bytes each)."""
    size = 1 << bits
    none = np.zeros(size, np.uint64)
    return none, none.copy(), np.zeros(size, np.uint8), np.zeros(size * MOST, np.int32)


@compiled(_INT(U8, _INT, _INT, _INT, I32, I32, U64, I64, WORK, _IDS, _INT))
def _stretch(
    data: Any, start: Int, stop: Int, prefix: Int, symbol_of: Any, bytes_of: Any, keys: Any, values: Any, work: Any,
    out: Any, used: Int,
) -> Int:  # fmt: skip
    """Write the numbers of one stretch to *out*, from *used* on; return where they end."""
    symbols, after = work[0], work[2]
    count = np.int64(0)
    if prefix:
        symbols[0] = symbol_of[0x20]
        count = 1
    at = start
    while at < stop:
        character, at = decode(data, at)
        symbols[count] = symbol_of[character]
        count += 1
    merge(count, work, keys, values)
    at, place, i = start, prefix, np.int64(0)
    while i < count:
        if symbols[i] >= 0:
            out[used] = symbols[i]
            used += 1
        else:
            while place < i:
                at = decode(data, at)[1]
                place += 1
            following = decode(data, at)[1]
            for j in range(at, following):
                out[used] = bytes_of[data[j]]
                used += 1
        i = after[i]
    return used


@compiled(_INT(types.uint64, types.uint64, _KEYS, _KEYS, types.uint8[::1]))
def _find(low: Any, high: Any, lows: Any, highs: Any, counts: Any) -> Int:
    """Return the place of a stretch, or -1 minus the place to keep it at: a free one, else that of an older one."""
    mask = np.uint64(lows.size - 1)
    at = mixed(low ^ (high << np.uint64(1))) & mask
    for way in range(_WAYS):
        if counts[at] == 0 or (lows[at] == low and highs[at] == high) or way + 1 == _WAYS:
            break
        at = (at + np.uint64(1)) & mask
    same = counts[at] and lows[at] == low and highs[at] == high
    return np.int64(at) if same else -1 - np.int64(at)


@compiled(types.void(_INT, types.uint64, types.uint64, _IDS, _INT, _INT, _KEYS, _KEYS, types.uint8[::1], _IDS))
def _remember(
    place: Int, low: Any, high: Any, out: Any, begin: Int, end: Int, lows: Any, highs: Any, counts: Any, remembered: Any
) -> None:
    if end - begin <= MOST:
        lows[place], highs[place], counts[place] = low, high, end - begin
        for i in range(end - begin):
            remembered[place * MOST + i] = out[begin + i]


@compiled(
    _INT(I32, U8, _INT, I32, U8, U64, U64, I64, I32, WORK, _KEYS, _KEYS, types.uint8[::1], _IDS, _IDS, types.int64[::1])
)
def _encode(
    offsets: Any, data: Any, prefix: Int, symbol_of: Any, ascii_joins: Any, joins: Any, keys: Any, values: Any,
    bytes_of: Any, work: Any, lows: Any, highs: Any, counts: Any, remembered: Any, out: Any, bounds: Any,
) -> Int:  # fmt: skip
    """Fill *out* and *bounds*; return 0, or the symbols of a stretch that the work space has no room for."""
    mask = np.uint64(joins.size * 64 - 1)
    used = np.int64(0)
    for row in range(len(offsets) - 1):
        bounds[row] = used
        at, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        if at == end:
            continue
        character, following = decode(data, at)
        blank = character == 0x20 or character == BLANK
        ahead = np.int64(prefix == PREFIX_ALWAYS or (prefix == PREFIX_UNLESS_SPACE and not blank))
        start, previous = at, np.int64(0x20)
        while True:
            if at < end:
                character, following = decode(data, at)
            if at < end and ((at == start and not ahead) or may_join(previous, character, ascii_joins, joins, mask)):
                previous, at = character, following
                continue
            length = at - start + ahead
            if length > work[0].size:
                return length
            place = np.int64(-1)
            if length <= KEY_BYTES:
                low, high = key(data, start, at, ahead)
                place = _find(low, high, lows, highs, counts)
                if place < 0:
                    begin = used
                    used = _stretch(data, start, at, ahead, symbol_of, bytes_of, keys, values, work, out, used)
                    _remember(-1 - place, low, high, out, begin, used, lows, highs, counts, remembered)
                else:
                    for i in range(counts[place]):
                        out[used + i] = remembered[place * MOST + i]
                    used += counts[place]
            else:
                used = _stretch(data, start, at, ahead, symbol_of, bytes_of, keys, values, work, out, used)
            if at == end:
                break
            start, ahead = at, np.int64(0)
            previous, at = character, following
    bounds[len(offsets) - 1] = used
    return 0


def encode(
    offsets: NDArray[np.int32],
    data: NDArray[np.uint8],
    prefix: int,
    model: tuple[Any, ...],
    bytes_of: NDArray[np.int32],
    memory: Memory,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the numbers of the pieces of N texts, and N + 1 positions in them.

    Args:
        offsets: N + 1 positions in *data*.
        data: Valid UTF-8.
        prefix: This and *model* as in `redpyjama.kernels.token_counts.count_characters`.
        model: See above.
        bytes_of: The numbers of the 256 bytes, for characters without a symbol.
        memory: From `new_memory`, for this model alone.
    """
    out = np.empty(int(offsets[-1]) - int(offsets[0]) + len(offsets), np.int32)  # only what is written takes memory
    bounds = np.empty(len(offsets), np.int64)
    symbols, ascii_joins, joins, keys, values = model
    room = 1 << 12
    while room:
        work = new_work(room)
        room = _encode(
            offsets, data, prefix, symbols, ascii_joins, joins, keys, values, bytes_of, work, *memory, out, bounds
        )
    return out[: bounds[-1]], bounds
