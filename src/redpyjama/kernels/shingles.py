"""Shingles: the word or character n-grams of documents, each a 64-bit hash; no strings are made.

The hash of an n-gram is a polynomial over its units modulo 2^64, carried from one n-gram to the next, and mixed.
A document of fewer than n units has no shingle.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.simplified import Form, simplify
from redpyjama.kernels.text import OFFSETS, TEXT, decode
from redpyjama.kernels.word_hash import mixed
from redpyjama.kernels.words import Mode, split_words

Unit = Literal["words", "characters"]

_INT: Any = types.int64
_I64: Any = types.Array(types.int64, 1, "C", readonly=True)
_HASHES: Any = types.Array(types.uint64, 1, "C", readonly=True)

_BASE = np.uint64(0xD1342543DE82EF95)  # a multiplier of good spectral value (Steele and Vigna 2021)
_WORDS = {
    Form.PLAIN: (Form.PLAIN, Mode.WHITESPACE),
    Form.REDPAJAMA_V2: (Form.PLAIN, Mode.NORMALISED),  # which does to words what the form does to texts
    Form.SLIMPAJAMA: (Form.SLIMPAJAMA, Mode.WHITESPACE),
    Form.DATATROVE: (Form.DATATROVE, Mode.SPACY),
}


def has_words(form: Form) -> bool:
    """Say whether texts in this form still have words."""
    return form in _WORDS


def shingles(
    data: Bytes, offsets: Offsets, n: int, unit: Unit, form: Form
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the shingles of the documents that lie between *offsets* in *data*, in order and with repeats.

    Args:
        data: Valid UTF-8.
        offsets: Of m documents: m + 1 positions; a slice of a batch's offsets will do (`words.chunks`).
        n: Units of a shingle.
        unit: Words, or characters: Unicode's code points.
        form: What is made of a text before it is cut up.

    Returns:
        int64 of m + 1: the shingles of document i are [offsets[i], offsets[i + 1]); and the hashes of all.
    """
    found = np.empty(len(offsets), np.int64)
    if unit == "words":
        before, mode = _WORDS[form]
        words = split_words(*simplify(data, offsets, before), mode)
        counts = np.maximum(np.diff(words.doc_offsets) - n + 1, 0)
        found[0] = 0
        np.cumsum(counts, out=found[1:])
        hashes = np.empty(int(found[-1]), np.uint64)
        _of_words(words.doc_offsets, words.hash, n, hashes)
        return found, hashes
    data, offsets = simplify(data, offsets, form)
    hashes = np.empty(int(offsets[-1]) - int(offsets[0]), np.uint64)
    size = _of_characters(data, offsets, n, found, hashes)
    return found, hashes[:size]


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
