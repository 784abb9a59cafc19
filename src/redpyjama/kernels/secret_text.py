"""What tells a secret from other text: runs of a character class, entropy, sequences, words of placeholders.

All of it looks at ASCII bytes; a byte of another character ends every run.
"""

from __future__ import annotations

import math
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
COUNTS: Any = types.int64[::1]
MATCH: Any = types.UniTuple(types.int64, 3)
"""Kind, start and end of a secret; kind -1 for none."""

UPPER, LOWER, DIGIT, DASH, UNDERSCORE, SLASH, HEX, PRINTED = (1 << i for i in range(8))
"""Bits of a byte: A-Z, a-z, 0-9, "-", "_", "+" or "/", 0-9 or a-f, and whatever a quoted secret may hold."""

ALNUM = UPPER | LOWER | DIGIT
WORD = ALNUM | UNDERSCORE
URL_SAFE = WORD | DASH

MAX_LENGTH = 1024
"""The entropy of longer texts is taken over so many bytes."""

PLACEHOLDERS = (
    "example", "xxxx", "your", "change", "placeholder", "dummy", "sample", "insert", "replace", "redact", "fake",
    "mock", "foobar", "****", "....", "test", "demo", "lorem", "undefined", "getenv", "process.env", "qwerty", "passw",
    "secret", "token", "hidden", "todo", "hunter2", "letmein",
)  # fmt: skip
"""What stands in values that stand for a secret, in any case."""

_SEQUENCE = 6  # characters that go up by one, down by one, or stay the same

Words = tuple[NDArray[np.uint8], NDArray[np.int32]]


def words_table(words: tuple[str, ...]) -> Words:
    """Return lower-case words end to end, and where each begins."""
    offsets = np.cumsum([0, *(len(word) for word in words)], dtype=np.int32)
    return np.frombuffer("".join(words).encode("ascii"), np.uint8), offsets


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


ALNUMS = (string.ascii_letters + string.digits).encode()


def byte_set(members: bytes) -> NDArray[np.bool_]:
    """Return for each byte whether it is one of the members."""
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    return table


_CLASSES = _classes()
_PLACEHOLDERS, _PLACEHOLDER_OFFSETS = words_table(PLACEHOLDERS)
_N_LOG_N = np.array([0.0, *(n * math.log2(n) for n in range(1, MAX_LENGTH + 1))])


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


@compiled(FLAG(TEXT, INT, INT))
def is_free(text: Any, position: Int, start: Int) -> Int:
    r"""Say whether no ASCII letter or digit stands before *position*, but for that of an escape as "\n"."""
    if position == start or not _CLASSES[text[position - 1]] & ALNUM:
        return True
    escape = text[position - 1] == 0x6E or text[position - 1] == 0x72 or text[position - 1] == 0x74
    return escape and position - 2 >= start and text[position - 2] == 0x5C


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


@compiled(types.float64(TEXT, INT, INT, COUNTS))
def entropy(text: Any, start: Int, stop: Int, counts: Any) -> float:
    """Return Shannon's entropy of the bytes, in bits a byte; *counts* are 256 zeros, before and after."""
    stop = min(stop, start + MAX_LENGTH)
    for i in range(start, stop):
        counts[text[i]] += 1
    total = 0.0
    for byte in range(256):
        total += _N_LOG_N[counts[byte]]
        counts[byte] = 0
    length = stop - start
    return (_N_LOG_N[length] - total) / length if length else 0.0


@compiled(FLAG(TEXT, INT, INT))
def is_sequence(text: Any, start: Int, stop: Int) -> Int:
    """Say whether characters follow one another as in "abcdef", "654321", "aaaaaa" or "aabbccdd"."""
    same = rises = run = 0
    last_step = 2
    for i in range(start + 1, stop):
        step = np.int64(text[i]) - np.int64(text[i - 1])
        run = run + 1 if step == last_step and -1 <= step <= 1 else 1
        last_step = step
        if run >= _SEQUENCE - 1 and -1 <= step <= 1:
            return True
        same += step == 0
        rises += step == 1
    return 2 * (same + rises) >= stop - start


@compiled(FLAG(TEXT, INT, INT))
def is_placeholder(text: Any, start: Int, stop: Int) -> Int:
    """Say whether the text looks as if it stood for a secret."""
    return is_sequence(text, start, stop) or holds_any(text, start, stop, _PLACEHOLDERS, _PLACEHOLDER_OFFSETS)
