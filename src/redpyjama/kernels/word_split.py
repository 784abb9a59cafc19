"""Documents into words by Unicode, by white space and as RedPajama V2 does; see `redpyjama.kernels.words`.

The kernels share a shape: each fills the words that there is room for, and returns how many there are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.scripts import ALONE, MARK
from redpyjama.kernels.text import OFFSETS, TEXT, decode
from redpyjama.kernels.unicode import ALNUM, DECIMAL, SPACE
from redpyjama.kernels.word_hash import I32, feed, feed_folded, finished, hash_ordered, rank_after

OUT: Any = (
    types.int64[::1], types.int32[::1], types.int32[::1], types.uint64[::1], types.int32[::1], types.uint8[::1],
)  # fmt: skip
_FOLDS: Any = (I32, I32, TEXT, TEXT)
_INT: Any = types.int64
_WORD: Any = types.Tuple((types.int64, types.uint64, types.int64, types.uint8, types.int64))
SEED = np.uint64(0x9E3779B97F4A7C15)
ZERO = np.uint64(0)

_PUNCTUATION = np.zeros(128, np.uint8)
_PUNCTUATION[[*range(0x21, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F)]] = 1
_NOTHING = np.zeros(128, np.uint8)

_SMALL = np.arange(128, dtype=np.int64)
_SMALL[0x41:0x5B] += 0x20

_APOSTROPHE, _COMMA, _MIDDLE_DOT, _RIGHT_QUOTE, _HYPHENATION_POINT = 0x27, 0x2C, 0xB7, 0x2019, 0x2027
_JOINS = np.zeros(256, np.uint8)  # ASCII between two parts of a word, and what others may begin with
_JOINS[[_APOSTROPHE, 0x2E, 0x5F, _COMMA, 0xC2, 0xE2]] = 1


@compiled(types.boolean(TEXT, _INT, _INT, _INT, _INT, TEXT))
def _joins(text: Any, position: Int, code: Int, length: Int, end: Int, classes: Any) -> Int:
    """Say whether the character *code* at *position* joins the word before it to one behind it."""
    if position + length >= end:
        return False
    kind = classes[decode(text, position + length)[0]]
    if not kind & ALNUM or kind & ALONE:
        return False
    if code == _COMMA:
        return kind & DECIMAL != 0 and 0x30 <= text[position - 1] <= 0x39
    if code == _APOSTROPHE or code == 0x2E or code == 0x5F:
        return True
    return code == _RIGHT_QUOTE or code == _MIDDLE_DOT or code == _HYPHENATION_POINT


@compiled(_WORD(TEXT, _INT, _INT, TEXT, *_FOLDS))
def _unicode_word(
    text: Any, position: Int, end: Int, classes: Any, place: Any, bounds: Any, changed: Any, combining: Any
) -> tuple[Int, Int, Int, Int, Int]:
    """Read the word that begins at *position*, which is a letter or number.

    Returns:
        Where it ends, its hash, characters and bits, and where to go on.
    """
    start = position
    state, pending, count = SEED, ZERO, np.int64(0)
    found, number, rank = np.uint8(0), np.int64(0), np.int64(0)
    code, length = decode(text, position)
    kind = classes[code]
    alone = kind & ALONE != 0
    while True:  # code, length and kind are those of the character at *position*, which belongs to the word
        found |= kind
        number += 1
        if code < 0x80:
            state, pending, count = feed(state, pending, count, _SMALL[code])
            rank = min(rank, 0)
        else:
            rank = rank_after(rank, code, np.int64(kind & MARK), place, combining)
            state, pending, count, _ = feed_folded(
                state, pending, count, text, position, length, code, place, bounds, changed
            )
        position += length
        if position >= end:
            break
        code, length = decode(text, position)
        kind = classes[code]
        if kind & MARK or (kind & ALNUM and not alone and not kind & ALONE):
            continue
        if alone or not _JOINS[text[position]] or not _joins(text, position, code, length, end, classes):
            break
    hashed = finished(state, pending, count)
    if rank < 0:
        hashed = hash_ordered(text, start, position, _NOTHING, place, bounds, changed, combining)
    return position, hashed, number, found, position


@compiled(_INT(TEXT, OFFSETS, TEXT, *_FOLDS, *OUT))
def by_unicode(
    text: Any, offsets: Any, classes: Any, place: Any, bounds: Any, changed: Any, combining: Any,
    doc_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any,
) -> Int:  # fmt: skip
    """Split as `words.Mode.UNICODE` says."""
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            code, length = decode(text, position)
            if not classes[code] & ALNUM:
                position += length
                continue
            start = position
            stop, hashed, number, found, position = _unicode_word(
                text, position, end, classes, place, bounds, changed, combining
            )
            if size < len(starts):
                starts[size], stops[size], hashes[size], chars[size], bits[size] = start, stop, hashed, number, found
            size += 1
    doc_offsets[len(offsets) - 1] = size
    return size


@compiled(_WORD(TEXT, _INT, _INT, TEXT, *_FOLDS))
def _normalised_word(
    text: Any, position: Int, end: Int, classes: Any, place: Any, bounds: Any, changed: Any, combining: Any
) -> tuple[Int, Int, Int, Int, Int]:
    """Read what remains of the stretch at *position*: where that ends, hash, characters, bits, where to go on.

    Where nothing remains, it has no characters.
    """
    start = stop = position
    state, pending, count = SEED, ZERO, np.int64(0)
    found, number, rank = np.uint8(0), np.int64(0), np.int64(0)
    while position < end:
        code, length = decode(text, position)
        kind = classes[code]
        position += length
        if kind & SPACE:
            break
        if code < 0x80:
            if _PUNCTUATION[code]:
                continue
            state, pending, count = feed(state, pending, count, _SMALL[code])
            rank = min(rank, 0)
            number += 1
        else:
            rank = rank_after(rank, code, np.int64(kind & MARK), place, combining)
            state, pending, count, more = feed_folded(
                state, pending, count, text, position - length, length, code, place, bounds, changed
            )
            number += more
        found |= kind
        stop = position
    hashed = finished(state, pending, count)
    if rank < 0:
        hashed = hash_ordered(text, start, stop, _PUNCTUATION, place, bounds, changed, combining)
    return stop, hashed, number, found, position


@compiled(_INT(TEXT, OFFSETS, TEXT, *_FOLDS, *OUT))
def normalised(
    text: Any, offsets: Any, classes: Any, place: Any, bounds: Any, changed: Any, combining: Any,
    doc_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any,
) -> Int:  # fmt: skip
    """Split as `words.Mode.NORMALISED` says."""
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            byte = text[position]
            if byte < 0x80 and (_PUNCTUATION[byte] or classes[byte] & SPACE):
                position += 1
                continue
            start = position
            stop, hashed, number, found, position = _normalised_word(
                text, position, end, classes, place, bounds, changed, combining
            )
            if number == 0:
                continue
            if size < len(starts):
                starts[size], stops[size], hashes[size], chars[size], bits[size] = start, stop, hashed, number, found
            size += 1
    doc_offsets[len(offsets) - 1] = size
    return size


@compiled(_WORD(TEXT, _INT, _INT, TEXT, _INT))
def _run(text: Any, position: Int, end: Int, classes: Any, by_kind: Int) -> tuple[Int, Int, Int, Int, Int]:
    """Read what is no white space at *position*; *by_kind*: and that only as long as all of it is in words, or none.

    Returns:
        Where it ends, its hash, characters and bits, and where to go on.
    """
    state, pending, count = SEED, ZERO, np.int64(0)
    found, number, word = np.uint8(0), np.int64(0), False
    stop = position
    while position < end:
        code, length = decode(text, position)
        kind = classes[code]
        wordy = kind & ALNUM != 0 or code == 0x5F
        if kind & SPACE:
            position += length
            break
        if by_kind and number > 0 and wordy != word:
            break
        word = wordy
        for i in range(position, position + length):
            state, pending, count = feed(state, pending, count, np.int64(text[i]))
        found |= kind
        number += 1
        position += length
        stop = position
    return stop, finished(state, pending, count), number, found, position


@compiled(_INT(TEXT, OFFSETS, TEXT, _INT, *OUT))
def runs(
    text: Any, offsets: Any, classes: Any, by_kind: Int,
    doc_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any,
) -> Int:  # fmt: skip
    """Split as `words.Mode.WHITESPACE` says, or with *by_kind* as `words.Mode.WORD_PUNCT` says."""
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            start = position
            stop, hashed, number, found, position = _run(text, position, end, classes, by_kind)
            if number == 0:
                continue
            if size < len(starts):
                starts[size], stops[size], hashes[size], chars[size], bits[size] = start, stop, hashed, number, found
            size += 1
    doc_offsets[len(offsets) - 1] = size
    return size
