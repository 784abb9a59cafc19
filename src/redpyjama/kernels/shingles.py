"""Shingles: the word or character n-grams of documents, each a 64-bit hash; no strings are made.

The hash of an n-gram is a polynomial over its units modulo 2^64, carried from one n-gram to the next, and mixed.
A document of fewer than n units has no shingle.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels import unicode
from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.simplified import Form, simplify
from redpyjama.kernels.text import OFFSETS, TEXT, decode
from redpyjama.kernels.word_hash import finished, mixed
from redpyjama.kernels.word_split import SEED, ZERO
from redpyjama.kernels.words import Mode, split_words

Unit = Literal["words", "characters"]

_INT: Any = types.int64
_I64: Any = types.Array(types.int64, 1, "C", readonly=True)
_HASHES: Any = types.Array(types.uint64, 1, "C", readonly=True)

_BASE = np.uint64(0xD1342543DE82EF95)  # a multiplier of good spectral value (Steele and Vigna 2021)
_MAYBE = 2  # lead bytes of the characters beyond ASCII that are white space
_SPACES = np.zeros(256, np.uint8)
_SPACES[[*range(0x09, 0x0E), *range(0x1C, 0x21)]] = 1
_SPACES[[0xC2, 0xE1, 0xE2, 0xE3]] = _MAYBE


def shingles(
    data: Bytes, offsets: Offsets, n: int, unit: Unit, form: Form
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the shingles of the documents that lie between *offsets* in *data*, in order and with repeats.

    Args:
        data: Valid UTF-8.
        offsets: Of m documents: m + 1 positions; a slice of a batch's offsets will do (`arrow.chunks`).
        n: Units of a shingle.
        unit: Words, or characters: Unicode's code points.
        form: What is made of a text before it is cut up.

    Returns:
        int64 of m + 1: the shingles of document i are [offsets[i], offsets[i + 1]); and the hashes of all.
    """
    data, offsets = simplify(data, offsets, form)
    found = np.empty(len(offsets), np.int64)
    if unit == "characters":
        hashes = np.empty(int(offsets[-1]) - int(offsets[0]), np.uint64)
        size = _of_characters(data, offsets, n, found, hashes)
        return found, hashes[:size]
    doc_offsets, words = _words(data, offsets, form)
    found[0] = 0
    np.cumsum(np.maximum(np.diff(doc_offsets) - n + 1, 0), out=found[1:])
    hashes = np.empty(int(found[-1]), np.uint64)
    _of_words(doc_offsets, words, n, hashes)
    return found, hashes


def _words(data: Bytes, offsets: Offsets, form: Form) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return where the words of each document begin and, after the last, end, and their hashes."""
    if form == Form.DATATROVE:
        found = split_words(data, offsets, Mode.SPACY)
        return found.doc_offsets, found.hash
    doc_offsets = np.empty(len(offsets), np.int64)
    hashes = np.empty((int(offsets[-1]) - int(offsets[0]) + len(offsets)) // 2, np.uint64)  # "a b c" has most
    size = _hash_words(data, offsets, unicode.classes(), doc_offsets, hashes)
    return doc_offsets, hashes[:size]


@compiled(_INT(TEXT, OFFSETS, TEXT, types.int64[::1], types.uint64[::1]))
def _hash_words(text: Any, offsets: Any, classes: Any, doc_offsets: Any, hashes: Any) -> Int:
    """Hash what white space parts; return the number of words.

    The hashes are those of `words.Mode.WHITESPACE`. Places, lengths and classes of the words, which that notes too, are
    most of its time. A byte that may begin white space beyond ASCII is decoded; all others are taken as they stand.
    """
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < stop:
            state, pending, count = SEED, ZERO, np.int64(0)
            length = 0
            while position < stop:
                byte = text[position]
                kind = _SPACES[byte]
                if kind:
                    length = 1
                    if kind == _MAYBE:
                        code, length = decode(text, position)
                        kind = classes[code] & unicode.SPACE
                    if kind:
                        break
                pending = pending << np.uint64(8) | np.uint64(byte)
                count += 1
                position += 1
                if count & 7 == 0:
                    state = mixed(state ^ pending)
                    pending = ZERO
            position += length
            if count:
                hashes[size] = finished(state, pending, count)
                size += 1
    doc_offsets[len(offsets) - 1] = size
    return size


@compiled(types.uint64(_INT))
def _power(n: Int) -> Any:
    power = np.uint64(1)
    for _ in range(n):
        power *= _BASE
    return power


@compiled(types.void(_I64, _HASHES, _INT, types.uint64[::1]))
def _of_words(doc_offsets: Any, words: Any, n: Int, hashes: Any) -> None:
    power = _power(n)
    size = 0
    for document in range(len(doc_offsets) - 1):
        first, stop = doc_offsets[document], doc_offsets[document + 1]
        if stop - first < n:
            continue
        rolling = np.uint64(0)
        for i in range(first, first + n):
            rolling = rolling * _BASE + words[i]
        hashes[size] = rolling
        size += 1
        for i in range(first + n, stop):
            rolling = rolling * _BASE + (words[i] - words[i - n] * power)
            hashes[size] = rolling
            size += 1
    for i in range(size):
        hashes[i] = mixed(hashes[i])


@compiled(_INT(TEXT, OFFSETS, _INT, types.int64[::1], types.uint64[::1]))
def _of_characters(text: Any, offsets: Any, n: Int, found: Any, hashes: Any) -> Int:
    power = _power(n)
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        found[document] = size
        position, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        tail = position
        rolling = np.uint64(0)
        count = 0
        while position < stop and count < n:
            code, length = decode(text, position)
            rolling = rolling * _BASE + np.uint64(code)
            position += length
            count += 1
        if count < n:
            continue
        hashes[size] = rolling
        size += 1
        while position < stop:
            code, length = decode(text, position)
            old, old_length = decode(text, tail)
            rolling = rolling * _BASE + (np.uint64(code) - np.uint64(old) * power)
            position += length
            tail += old_length
            hashes[size] = rolling
            size += 1
    found[len(offsets) - 1] = size
    for i in range(size):
        hashes[i] = mixed(hashes[i])
    return size
