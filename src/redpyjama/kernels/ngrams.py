"""N-grams as sorted records of three 64-bit words: two that hold the words of the n-gram, one that holds its value.

An n-gram's words are packed from its last to its first, the first packed in the highest bits: in numeric order, n-grams
stand in suffix order (those that end alike side by side), and the n-gram without its first word is the same record
without its last packed word. Sorting is external: `redpyjama.lm.sorted_runs`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled

UNKNOWN, BEGIN, END = 0, 1, 2
"""Numbers of the words that every model has: <unk>, <s>, </s>."""

FIRST_WORD: Final = 3
MAX_ORDER: Final = 6

RECORD_WORDS: Final = 3
RECORD_BYTES: Final = 24

_INT: Any = types.int64
_U64: Any = types.uint64
_ROWS: Any = types.uint64[:, ::1]
_PAIR: Any = types.UniTuple(types.uint64, 2)


def word_bits(num_words: int, order: int) -> int:
    """Return how many bits a word takes, or 0 if n-grams of this order would not fit in two 64-bit words."""
    bits = max((num_words - 1).bit_length(), 1)
    return bits if 2 * (64 // bits) >= order else 0


@compiled(_U64(_U64, _U64, _INT, _INT))
def field(high: Any, low: Any, place: Int, bits: Int) -> Any:
    """Return the packed word at *place*: 0 is the last word of the n-gram."""
    words = 64 // bits
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    if place < words:
        return (high >> np.uint64(bits * (words - 1 - place))) & mask
    return (low >> np.uint64(bits * (2 * words - 1 - place))) & mask


@compiled(_PAIR(_U64, _U64, _INT, _INT))
def kept(high: Any, low: Any, count: Int, bits: Int) -> tuple[Any, Any]:
    """Return the first *count* packed words: the n-gram without all but its last *count* words."""
    words = 64 // bits
    if count <= words:
        shift = np.uint64(bits * (words - count))
        return (high >> shift) << shift, np.uint64(0)
    shift = np.uint64(bits * (2 * words - count))
    return high, (low >> shift) << shift


@compiled(_PAIR(_U64, _U64, _U64, _INT, _INT))
def put(high: Any, low: Any, word: Any, place: Int, bits: Int) -> tuple[Any, Any]:
    """Return the record with *word* at a place that was empty."""
    words = 64 // bits
    if place < words:
        return high | (word << np.uint64(bits * (words - 1 - place))), low
    return high, low | (word << np.uint64(bits * (2 * words - 1 - place)))


@compiled(types.void(types.Array(types.int32, 1, "C", readonly=True), _INT, _INT, types.uint64[::1], _ROWS))
def emit(words: Any, order: Int, bits: Int, state: Any, rows: Any) -> None:
    """Write the n-gram that ends at each word of a stream; sentences end with `END` and begin as if after `BEGIN`.

    Args:
        words: Numbers of words.
        order: Of the n-grams.
        bits: From `word_bits`.
        state: The words before, packed, between calls; where both are 0 a stream begins.
        rows: Where the records go, each with the value 1.
    """
    per = 64 // bits
    top = np.uint64(bits * (per - 1))
    high, low = state[0], state[1]
    first_high, first_low = np.uint64(0), np.uint64(0)
    for place in range(order):
        first_high, first_low = put(first_high, first_low, np.uint64(BEGIN), place, bits)
    if high == 0 and low == 0:
        high, low = first_high, first_low
    for i in range(len(words)):
        carried = field(high, low, per - 1, bits) << top
        word = np.uint64(words[i])
        high = (high >> np.uint64(bits)) | (word << top)
        low = (low >> np.uint64(bits)) | carried
        high, low = kept(high, low, order, bits)
        rows[i, 0], rows[i, 1], rows[i, 2] = high, low, np.uint64(1)
        if word == END:
            high, low = first_high, first_low
    state[0], state[1] = high, low


@compiled(types.void(_ROWS, _INT, _INT))
def turn_to_contexts(rows: Any, order: Int, bits: Int) -> None:
    """Pack each n-gram's last word last: n-grams with the same words before it come to stand side by side."""
    for i in range(len(rows)):
        high, low = rows[i, 0], rows[i, 1]
        to_high, to_low = np.uint64(0), np.uint64(0)
        for place in range(order):
            to_high, to_low = put(to_high, to_low, field(high, low, (place + 1) % order, bits), place, bits)
        rows[i, 0], rows[i, 1] = to_high, to_low


@compiled(types.void(_ROWS, _ROWS, types.int64[::1], _INT))
def _scatter(source: Any, target: Any, places: Any, digit: Int) -> None:
    column, shift = 1 - digit // 8, np.uint64(8 * (digit % 8))
    for i in range(len(source)):
        value = (source[i, column] >> shift) & np.uint64(255)
        at = places[value]
        places[value] = at + 1
        target[at, 0], target[at, 1], target[at, 2] = source[i, 0], source[i, 1], source[i, 2]


@compiled(_INT(_ROWS, _ROWS), allocates=True)
def radix_sort(rows: Any, spare: Any) -> Int:
    """Sort records by their first two words; return 0 if they are in *rows* then, 1 if in *spare*."""
    count = len(rows)
    counts = np.zeros((16, 256), np.int64)
    for i in range(count):
        for word in range(2):
            value = rows[i, 1 - word]
            for byte in range(8):
                counts[8 * word + byte, (value >> np.uint64(8 * byte)) & np.uint64(255)] += 1
    side = 0
    for digit in range(16):
        begin, alike = np.int64(0), False
        for value in range(256):
            size = counts[digit, value]
            alike = alike or size == count
            counts[digit, value] = begin
            begin += size
        if alike:
            continue
        _scatter(rows if side == 0 else spare, spare if side == 0 else rows, counts[digit], digit)
        side = 1 - side
    return side


@compiled(_INT(_ROWS))
def add_equal(rows: Any) -> Int:
    """Make one of sorted records that are equal, adding their values; return how many are left, at the beginning."""
    used = 0
    for i in range(len(rows)):
        if used and rows[used - 1, 0] == rows[i, 0] and rows[used - 1, 1] == rows[i, 1]:
            rows[used - 1, 2] += rows[i, 2]
        else:
            rows[used, 0], rows[used, 1], rows[used, 2] = rows[i, 0], rows[i, 1], rows[i, 2]
            used += 1
    return used


@compiled(types.boolean(types.uint64[:, :, ::1], types.int64[::1], _INT, _INT))
def _before(blocks: Any, at: Any, first: Int, second: Int) -> Int:
    a, b = blocks[first, at[first], 0], blocks[second, at[second], 0]
    if a != b:
        return a < b
    a, b = blocks[first, at[first], 1], blocks[second, at[second], 1]
    return a < b or (a == b and first < second)


@compiled(types.void(types.uint64[:, :, ::1], types.int64[::1], types.int64[::1], _INT, _INT))
def _sink(blocks: Any, at: Any, heap: Any, size: Int, place: Int) -> None:
    run = heap[place]
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and _before(blocks, at, heap[child + 1], heap[child]):
            child += 1
        if not _before(blocks, at, heap[child], run):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = run


@compiled(
    types.UniTuple(_INT, 2)(
        types.uint64[:, :, ::1], types.int64[::1], types.int64[::1], types.boolean, types.int64[::1], _ROWS, _INT
    )
)
def merge(blocks: Any, at: Any, ends: Any, add: Int, heap: Any, out: Any, used: Int) -> tuple[Int, Int]:
    """Merge the next records of sorted runs.

    Args:
        blocks: A block of records of each run.
        at: The next record of each block; this is moved on.
        ends: How many records each block has.
        add: Whether equal records become one, whose value is the sum.
        heap: Room for as many numbers as there are runs.
        out: Where the records go, from *used* on.
        used: See above.

    Returns:
        Where the records in *out* end now; the run whose block is used up, or -1 if *out* is full or all blocks are.
    """
    size = 0
    for run in range(len(ends)):
        if at[run] < ends[run]:
            heap[size] = run
            size += 1
    for place in range(size // 2 - 1, -1, -1):
        _sink(blocks, at, heap, size, place)
    while size:
        run = heap[0]
        high, low, value = blocks[run, at[run], 0], blocks[run, at[run], 1], blocks[run, at[run], 2]
        if add and used and out[used - 1, 0] == high and out[used - 1, 1] == low:
            out[used - 1, 2] += value
        elif used == len(out):
            return used, -1
        else:
            out[used, 0], out[used, 1], out[used, 2] = high, low, value
            used += 1
        at[run] += 1
        if at[run] == ends[run]:
            return used, run
        _sink(blocks, at, heap, size, 0)
    return used, -1


GAP = np.uint64(0x80000000_7FC00000)
"""Value of an n-gram that is only there because longer ones end with it: no number, and no weight."""


@compiled(types.UniTuple(_INT, 4)(_ROWS, _INT, _INT, _INT, _ROWS, _INT, types.boolean, types.uint64[::1], _ROWS))
def fill_gaps(
    longer: Any, i: Int, order: Int, bits: Int, lower: Any, at: Int, final: Int, last: Any, out: Any
) -> tuple[Int, Int, Int, Int]:
    """Copy the n-grams of an order up to those that longer ones end with, and add those that are missing.

    Args:
        longer: N-grams of the order above, in suffix order.
        i: The first of them to do.
        order: Of the lower n-grams.
        bits: Of a word.
        lower: The next n-grams of the order, in suffix order.
        at: The first of them that is not copied.
        final: Whether none come after these.
        last: The n-gram that was looked for last, and whether there was one; kept between calls.
        out: Where n-grams go: room for those of both.

    Returns:
        The longer n-gram before which it stopped, and the lower one; n-grams written; how many of them were missing.
    """
    used, missing = 0, 0
    while i < len(longer):
        high, low = kept(longer[i, 0], longer[i, 1], order, bits)
        if not (last[2] and last[0] == high and last[1] == low):
            while at < len(lower) and (lower[at, 0] < high or (lower[at, 0] == high and lower[at, 1] < low)):
                for k in range(3):
                    out[used, k] = lower[at, k]
                used += 1
                at += 1
            if at == len(lower) and not final:
                break
            if at == len(lower) or lower[at, 0] != high or lower[at, 1] != low:
                out[used, 0], out[used, 1], out[used, 2] = high, low, GAP
                used += 1
                missing += 1
            last[0], last[1], last[2] = high, low, np.uint64(1)
        i += 1
    return i, at, used, missing
