"""Documents into words by Unicode, by white space and as RedPajama V2 does; see `redpyjama.kernels.words`.

The kernels share a shape: each fills the words that there is room for, and returns how many there are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import compiled
from redpyjama.kernels.scripts import ALONE, MARK
from redpyjama.kernels.text import OFFSETS, TEXT, decode
from redpyjama.kernels.unicode import ALNUM, DECIMAL, SPACE
from redpyjama.kernels.word_hash import I32, feed, feed_folded, finished, hash_ordered, rank_after

OUT: Any = (
    types.int64[::1], types.int32[::1], types.int32[::1], types.uint64[::1], types.int32[::1], types.uint8[::1],
)  # fmt: skip
_FOLDS: Any = (I32, I32, TEXT, TEXT)
_INT: Any = types.int64
SEED = np.uint64(0x9E3779B97F4A7C15)
ZERO = np.uint64(0)

_PUNCTUATION = np.zeros(128, np.uint8)
_PUNCTUATION[[*range(0x21, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F)]] = 1
_NOTHING = np.zeros(128, np.uint8)

_SMALL = np.arange(128, dtype=np.int64)
_SMALL[0x41:0x5B] += 0x20

_APOSTROPHE, _RIGHT_QUOTE, _COMMA = 0x27, 0x2019, 0x2C
_JOINS = np.zeros(256, np.uint8)  # ASCII between two parts of a word, and what others may begin with
_JOINS[[_APOSTROPHE, 0x2E, 0x5F, _COMMA, 0xC2, 0xE2]] = 1


@compiled(types.UniTuple(_INT, 2)(TEXT, _INT, _INT, TEXT))
def _joint(text: Any, position: int, stop: int, classes: Any) -> tuple[int, int]:
    """Return the length of the character that joins the word before *position* to the one after it, and that character.

    Length 0: none does.
    """
    code, length = decode(text, position)
    joins = (
        code == _APOSTROPHE or code == 0x2E or code == 0x5F or code == _RIGHT_QUOTE or code == 0xB7 or code == 0x2027
    )
    if not (joins or code == _COMMA) or position + length >= stop:
        return 0, 0
    kind = classes[decode(text, position + length)[0]]
    if not kind & ALNUM or kind & ALONE:
        return 0, 0
    if code == _COMMA and not (kind & DECIMAL and 0x30 <= text[position - 1] <= 0x39):
        return 0, 0
    return length, code


@compiled(_INT(TEXT, OFFSETS, TEXT, *_FOLDS, *OUT))
def by_unicode(
    text: Any, offsets: Any, classes: Any, place: Any, bounds: Any, changed: Any, combining: Any,
    doc_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any,
) -> int:  # fmt: skip
    """Split as `words.Mode.UNICODE` says."""
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            code, length = decode(text, position)
            kind = classes[code]
            if not kind & ALNUM:
                position += length
                continue
            start = position
            state, pending, count = SEED, ZERO, np.int64(0)
            found, number, rank = np.uint8(0), np.int64(0), np.int64(0)
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
                byte = text[position]
                code, length = np.int64(byte), np.int64(1)
                if byte >= 0x80:
                    code, length = decode(text, position)
                kind = classes[code]
                if kind & MARK or (kind & ALNUM and not alone and not kind & ALONE):
                    continue
                if alone or not _JOINS[byte]:
                    break
                joint, code = _joint(text, position, end, classes)
                if joint == 0:
                    break
                rank = min(rank, 0)
                state, pending, count, _ = feed_folded(
                    state, pending, count, text, position, joint, code, place, bounds, changed
                )
                number += 1
                position += joint
                code, length = decode(text, position)
                kind = classes[code]
            if size < len(starts):
                starts[size], stops[size], chars[size], bits[size] = start, position, number, found
                hashes[size] = finished(state, pending, count)
                if rank < 0:
                    hashes[size] = hash_ordered(text, start, position, _NOTHING, place, bounds, changed, combining)
            size += 1
    doc_offsets[len(offsets) - 1] = size
    return size


@compiled(_INT(TEXT, OFFSETS, TEXT, *_FOLDS, *OUT))
def normalised(
    text: Any, offsets: Any, classes: Any, place: Any, bounds: Any, changed: Any, combining: Any,
    doc_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any,
) -> int:  # fmt: skip
    """Split as `words.Mode.NORMALISED` says."""
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            start = stop = position
            state, pending, count = SEED, ZERO, np.int64(0)
            found, number, rank = np.uint8(0), np.int64(0), np.int64(0)
            while position < end:
                byte = text[position]
                if byte < 0x80:
                    kind = classes[byte]
                    position += 1
                    if kind & SPACE:
                        break
                    if _PUNCTUATION[byte]:
                        continue
                    if number == 0:
                        start = position - 1
                    state, pending, count = feed(state, pending, count, _SMALL[byte])
                    rank = min(rank, 0)
                    number += 1
                else:
                    code, length = decode(text, position)
                    kind = classes[code]
                    position += length
                    if kind & SPACE:
                        break
                    if number == 0:
                        start = position - length
                    rank = rank_after(rank, code, np.int64(kind & MARK), place, combining)
                    state, pending, count, more = feed_folded(
                        state, pending, count, text, position - length, length, code, place, bounds, changed
                    )
                    number += more
                found |= kind
                stop = position
            if number == 0:
                continue
            if size < len(starts):
                starts[size], stops[size], chars[size], bits[size] = start, stop, number, found
                hashes[size] = finished(state, pending, count)
                if rank < 0:
                    hashes[size] = hash_ordered(text, start, stop, _PUNCTUATION, place, bounds, changed, combining)
            size += 1
    doc_offsets[len(offsets) - 1] = size
    return size


@compiled(_INT(TEXT, OFFSETS, TEXT, *OUT))
def at_white_space(
    text: Any, offsets: Any, classes: Any, doc_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any
) -> int:
    """Split as `words.Mode.WHITESPACE` says."""
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            start = position
            state, pending, count = SEED, ZERO, np.int64(0)
            found, number = np.uint8(0), np.int64(0)
            length = np.int64(1)
            while position < end:
                byte = text[position]
                code, length = np.int64(byte), np.int64(1)
                if byte >= 0x80:
                    code, length = decode(text, position)
                kind = classes[code]
                if kind & SPACE:
                    break
                for i in range(position, position + length):
                    state, pending, count = feed(state, pending, count, np.int64(text[i]))
                found |= kind
                number += 1
                position += length
            if number:
                if size < len(starts):
                    starts[size], stops[size], chars[size], bits[size] = start, position, number, found
                    hashes[size] = finished(state, pending, count)
                size += 1
            if position < end:
                position += length
    doc_offsets[len(offsets) - 1] = size
    return size


@compiled(_INT(TEXT, OFFSETS, TEXT, *OUT))
def by_word_punct(
    text: Any, offsets: Any, classes: Any, doc_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any
) -> int:
    r"""Split as `words.Mode.WORD_PUNCT` says: matches of ``\w+|[^\w\s]+``."""
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            start = position
            state, pending, count = SEED, ZERO, np.int64(0)
            found, number, length = np.uint8(0), np.int64(0), np.int64(1)
            word = False
            while position < end:
                byte = text[position]
                code, length = np.int64(byte), np.int64(1)
                if byte >= 0x80:
                    code, length = decode(text, position)
                kind = classes[code]
                wordy = kind & ALNUM != 0 or code == 0x5F
                if kind & SPACE or (number > 0 and wordy != word):
                    break
                word = wordy
                for i in range(position, position + length):
                    state, pending, count = feed(state, pending, count, np.int64(text[i]))
                found |= kind
                number += 1
                position += length
            if number:
                if size < len(starts):
                    starts[size], stops[size], chars[size], bits[size] = start, position, number, found
                    hashes[size] = finished(state, pending, count)
                size += 1
            else:
                position += length
    doc_offsets[len(offsets) - 1] = size
    return size
