"""Hashes of words: 64 bits over the UTF-8 of a word, as it stands or made small and decomposed (NFD).

A hash is fed byte by byte while the word is read, so that no byte is looked at twice; every eight bytes are mixed.
Words of up to eight bytes never collide with one another: mixing is a bijection.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import TEXT, decode

I32: Any = types.Array(types.int32, 1, "C", readonly=True)
HASH: Any = types.Tuple((types.uint64, types.uint64, types.int64))
FOLDS: Any = types.Tuple((I32, I32, TEXT, TEXT))
Folds = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8], NDArray[np.uint8]]

_SEED = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLY_2 = np.uint64(0x94D049BB133111EB)
_SPECIAL = {"\N{GREEK CAPITAL LETTER SIGMA}": "\N{GREEK SMALL LETTER SIGMA}",
            "\N{GREEK SMALL LETTER FINAL SIGMA}": "\N{GREEK SMALL LETTER SIGMA}",
            "\N{RIGHT SINGLE QUOTATION MARK}": "'"}  # fmt: skip
_HANGUL = (0xAC00, 0xD7A4)
_LIMIT = 0x2FA1E  # beyond it nothing decomposes, is a capital letter or has a combining class

_BLOCKS = (
    (0x80, 0x3100), (0xA640, 0xAC00), _HANGUL, (0xF900, 0x10000), (0x101FD, 0x11D98), (0x16AF0, 0x16FF2),
    (0x1BC9E, 0x1BC9F), (0x1D15E, 0x1D245), (0x1E000, 0x1E944), (0x1E944, 0x1E94B), (0x2F800, _LIMIT),
)  # fmt: skip
"""Where all characters lie that `folds` changes or that have a combining class (tested)."""


@compiled(types.uint64(types.uint64))
def mixed(value: Any) -> Any:
    """Mix 64 bits: the finaliser of splitmix64 (Steele et al. 2014), a bijection."""
    value = (value ^ (value >> np.uint64(30))) * _MULTIPLY_1
    value = (value ^ (value >> np.uint64(27))) * _MULTIPLY_2
    return value ^ (value >> np.uint64(31))


@compiled(HASH(types.uint64, types.uint64, types.int64, types.int64))
def feed(state: Any, pending: Any, count: Int, byte: Int) -> tuple[Any, Any, Int]:
    """Take in a byte; *pending* holds up to eight that are not mixed yet, *count* is how many came so far."""
    pending = (pending << np.uint64(8)) | np.uint64(byte)
    count += 1
    if count & 7 == 0:
        state = mixed(state ^ pending)
        pending = np.uint64(0)
    return state, pending, count


@compiled(types.uint64(types.uint64, types.uint64, types.int64))
def finished(state: Any, pending: Any, count: Int) -> Any:
    """Return the hash of the bytes fed."""
    return mixed((state ^ pending) + np.uint64(count) * _SEED)


@compiled(HASH(types.uint64, types.uint64, types.int64, TEXT, types.int64, types.int64))
def feed_all(state: Any, pending: Any, count: Int, text: Any, start: Int, stop: Int) -> tuple[Any, Any, Int]:
    """Take in the bytes [start, stop)."""
    for i in range(start, stop):
        state, pending, count = feed(state, pending, count, np.int64(text[i]))
    return state, pending, count


@compiled(types.uint64(TEXT, types.int64, types.int64))
def hash_bytes(text: Any, start: Int, stop: Int) -> Any:
    """Return the hash of the bytes [start, stop) as they stand."""
    state, pending, count = feed_all(_SEED, np.uint64(0), np.int64(0), text, start, stop)
    return finished(state, pending, count)


def blocks() -> tuple[tuple[int, int], ...]:
    """Return the ranges [first, last) where all characters beyond ASCII lie that change or have a combining class."""
    return _BLOCKS


@functools.cache
def folds() -> Folds:
    """Return what each character becomes: small, then NFD.

    Returns:
        For each code point below 0x2FA1E 1 + its number among those that change, or 0; where the bytes of each of these
        begin and, after the last, end; the bytes; for each code point the canonical combining class of the last one
        that it decomposes to.

    The right single quotation mark becomes an apostrophe: whoever writes "don't" with one means the same word.

    Departs: a capital sigma becomes the inner one wherever it stands, and so does the final one, which makes equal the
    words that `str.lower` makes equal by looking at what follows.
    """
    place, combining = np.zeros(_LIMIT, np.int32), np.zeros(_LIMIT, np.uint8)
    lengths, changed = [0], bytearray()
    for first, last in ((0x41, 0x5B), *_BLOCKS):
        for code in range(first, last):
            character = chr(code)
            small = _SPECIAL.get(character) or character.lower()
            folded = unicodedata.normalize("NFD", small)
            combining[code] = unicodedata.combining(folded[-1])
            if folded != character:
                data = folded.encode("utf-8", "surrogatepass")
                lengths.append(len(data))
                changed += data
                place[code] = len(lengths) - 1
    tables = place, np.cumsum(lengths, dtype=np.int32), np.frombuffer(bytes(changed), np.uint8), combining
    for table in tables:
        table.flags.writeable = False
    return tables


@compiled(
    types.Tuple((types.uint64, types.uint64, types.int64, types.int64))(
        types.uint64, types.uint64, types.int64, TEXT, types.int64, types.int64, types.int64, I32, I32, TEXT
    )
)
def feed_folded(
    state: Any, pending: Any, count: Int, text: Any, position: Int, length: Int, code: Int, place: Any, bounds: Any,
    changed: Any,
) -> tuple[Any, Any, Int, Int]:  # fmt: skip
    """Take in the character *code* that stands at *position*, folded; the last value is how many characters that is."""
    entry = place[code] if code < len(place) else 0
    if entry == 0:
        state, pending, count = feed_all(state, pending, count, text, position, position + length)
        return state, pending, count, 1
    chars = 0
    for i in range(bounds[entry - 1], bounds[entry]):
        chars += changed[i] & 0xC0 != 0x80
        state, pending, count = feed(state, pending, count, np.int64(changed[i]))
    return state, pending, count, chars


@compiled(types.int64(types.int64, types.int64, types.int64, I32, TEXT))
def rank_after(last: Int, code: Int, kind: Int, place: Any, combining: Any) -> Int:
    """Return the combining class of the character *code* after one of class *last*, or -1 from where order is lost on.

    *kind* is its `scripts.MARK` bit. A mark that decomposes is taken for disorder: there are a dozen.
    """
    if last < 0 or code >= len(place):
        return min(last, 0)
    rank = np.int64(combining[code])
    if kind and (0 < rank < last or place[code] > 0):
        return -1
    return rank


@compiled(types.int64(types.uint8[::1], types.int64, types.int64))
def _put(target: Any, size: Int, code: Int) -> Int:
    """Write a code point in UTF-8; return the new size."""
    if code < 0x80:
        target[size] = code
        return size + 1
    if code < 0x800:
        target[size] = 0xC0 | code >> 6
        target[size + 1] = 0x80 | code & 0x3F
        return size + 2
    if code < 0x10000:
        target[size] = 0xE0 | code >> 12
        target[size + 1] = 0x80 | code >> 6 & 0x3F
        target[size + 2] = 0x80 | code & 0x3F
        return size + 3
    target[size] = 0xF0 | code >> 18
    target[size + 1] = 0x80 | code >> 12 & 0x3F
    target[size + 2] = 0x80 | code >> 6 & 0x3F
    target[size + 3] = 0x80 | code & 0x3F
    return size + 4


@compiled(types.uint64(TEXT, types.int64, types.int64, TEXT, I32, I32, TEXT, TEXT), allocates=True)
def hash_ordered(
    text: Any, start: Int, stop: Int, left_out: Any, place: Any, bounds: Any, changed: Any, combining: Any
) -> Any:
    """Return the hash of [start, stop) folded, its marks in canonical order, without the ASCII in *left_out*.

    Slow, and only for words whose marks do not stand in that order by themselves.
    """
    codes = np.empty(4 * (stop - start), np.int32)  # no character decomposes to more than four
    size = 0
    position = start
    while position < stop:
        code, length = decode(text, position)
        position += length
        if code < 0x80 and left_out[code]:
            continue
        entry = place[code] if code < len(place) else 0
        if entry == 0:
            codes[size] = code
            size += 1
            continue
        at = np.int64(bounds[entry - 1])
        while at < bounds[entry]:
            code, length = decode(changed, at)
            at += length
            codes[size] = code
            size += 1
    for i in range(1, size):  # stable: an insertion sort within each run of marks
        code = codes[i]
        rank = combining[code] if code < len(combining) else 0
        if rank == 0:
            continue
        j = i
        while j > 0:
            other = codes[j - 1]
            if other >= len(combining) or combining[other] <= rank:
                break
            codes[j] = other
            j -= 1
        codes[j] = code
    data = np.empty(4 * size, np.uint8)
    length = 0
    for i in range(size):
        length = _put(data, length, codes[i])
    return hash_bytes(data, 0, length)
