"""ASCII in kernels: classes of bytes, runs of them, and words in any case.

A byte of another character is of no class: it ends every run.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import OFFSETS, TEXT

INT: Any = types.int64
FLAG: Any = types.boolean
BYTE_SET: Any = types.Array(types.boolean, 1, "C", readonly=True)
MATCH: Any = types.UniTuple(types.int64, 3)
"""Kind, start and end of what was found; kind -1 for none."""

UPPER, LOWER, DIGIT, DASH, UNDERSCORE, SLASH, HEX, PRINTED = (1 << i for i in range(8))
"""Bits of a byte: A-Z, a-z, 0-9, "-", "_", "+" or "/", 0-9 or a-f, and whatever a quoted secret may hold."""

ALNUM = UPPER | LOWER | DIGIT
WORD = ALNUM | UNDERSCORE
URL_SAFE = WORD | DASH

Words = tuple[NDArray[np.uint8], NDArray[np.int32]]

ALNUMS = (string.ascii_letters + string.digits).encode()


def words_table(words: tuple[str, ...]) -> Words:
    """Return lower-case words end to end, and where each begins; letters beyond ASCII have one case only."""
    encoded = [word.encode() for word in words]
    return np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)], dtype=np.int32)


def _classes() -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for first, last, bit in (("A", "Z", UPPER), ("a", "z", LOWER), ("0", "9", DIGIT | HEX), ("a", "f", HEX)):
        table[ord(first) : ord(last) + 1] |= bit
    for mark, bit in (("-", DASH), ("_", UNDERSCORE), ("+", SLASH), ("/", SLASH)):
        table[ord(mark)] |= bit
    table[0x21:0x7F] |= PRINTED
    for mark in "\"'`\\<>{}[],;|":
        table[ord(mark)] &= ~PRINTED & 0xFF
    return table


def byte_set(members: bytes) -> NDArray[np.bool_]:
    """Return for each byte whether it is one of the members."""
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    return table


_CLASSES = _classes()


@compiled(FLAG(TEXT, INT, INT))
def is_a(text: Any, position: Int, mask: Int) -> Int:
    """Say whether the byte at *position* is of a class in *mask*."""
    return _CLASSES[text[position]] & mask != 0


@compiled(INT(TEXT, INT, INT, INT))
def run_end(text: Any, position: Int, stop: Int, mask: Int) -> Int:
    """Return the first position from *position* on that is of no class in *mask*, or *stop*."""
    while position < stop and _CLASSES[text[position]] & mask:
        position += 1
    return position


@compiled(INT(TEXT, INT, INT, BYTE_SET))
def run_of(text: Any, position: Int, stop: Int, allowed: Any) -> Int:
    """Return the first position from *position* on whose byte is none of the allowed, or *stop*."""
    while position < stop and allowed[text[position]]:
        position += 1
    return position


@compiled(INT(TEXT, INT, INT, INT))
def run_start(text: Any, position: Int, start: Int, mask: Int) -> Int:
    """Return where the run that ends at *position* begins; *start* at the earliest."""
    while position > start and _CLASSES[text[position - 1]] & mask:
        position -= 1
    return position


@compiled(FLAG(TEXT, INT, INT, TEXT, INT, INT))
def stands_at(text: Any, position: Int, stop: Int, words: Any, first: Int, last: Int) -> Int:
    """Say whether the lower-case word [first, last) of *words* stands at *position*, in any case."""
    if position + last - first > stop:
        return False
    for i in range(last - first):
        byte = text[position + i]
        if byte != words[first + i] and not (0x41 <= byte <= 0x5A and byte + 0x20 == words[first + i]):
            return False
    return True


@compiled(FLAG(TEXT, INT, INT, TEXT, OFFSETS))
def holds_any(text: Any, start: Int, stop: Int, words: Any, offsets: Any) -> Int:
    """Say whether one of the words stands anywhere in [start, stop)."""
    for i in range(len(offsets) - 1):
        for position in range(start, stop - (offsets[i + 1] - offsets[i]) + 1):
            if stands_at(text, position, stop, words, offsets[i], offsets[i + 1]):
                return True
    return False


@compiled(FLAG(TEXT, INT, INT, TEXT, OFFSETS))
def ends_with_any(text: Any, start: Int, stop: Int, words: Any, offsets: Any) -> Int:
    """Say whether [start, stop) ends with one of the words."""
    for i in range(len(offsets) - 1):
        first = stop - (offsets[i + 1] - offsets[i])
        if first >= start and stands_at(text, first, stop, words, offsets[i], offsets[i + 1]):
            return True
    return False


@compiled(FLAG(TEXT, INT, INT, TEXT, OFFSETS))
def is_any(text: Any, start: Int, stop: Int, words: Any, offsets: Any) -> Int:
    """Say whether [start, stop) is one of the words."""
    for i in range(len(offsets) - 1):
        if stop - start == offsets[i + 1] - offsets[i]:
            if stands_at(text, start, stop, words, offsets[i], offsets[i + 1]):
                return True
    return False
