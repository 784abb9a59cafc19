"""A string out of JSON objects, over Arrow buffers: no JSON is parsed that nobody asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import OFFSETS, TEXT
from redpyjama.kernels.word_hash import feed, finished

_INT: Any = types.int64
_PAIR: Any = types.UniTuple(_INT, 2)
_SEED = np.uint64(0x9E3779B97F4A7C15)
_QUOTE, _BACKSLASH, _COLON = 0x22, 0x5C, 0x3A

_SMALL = np.arange(256, dtype=np.int64)
_SMALL[0x41:0x5B] += 0x20
_STEP = np.zeros(256, np.int64)  # how the nesting changes
_STEP[[0x7B, 0x5B]] = 1
_STEP[[0x7D, 0x5D]] = -1
_BLANK = np.zeros(256, np.bool_)
_BLANK[[0x09, 0x0A, 0x0D, 0x20]] = True


def hashes_of(data: Bytes, offsets: Offsets, name: bytes) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return hash and length in bytes of the string that is the value of *name* in each JSON object.

    The letters of ASCII count as small ones; escapes stay as they are. Where there is no such member, or its value is
    no string, the length is 0. Nested objects are passed over.

    Args:
        data: Valid JSON texts.
        offsets: n + 1 positions.
        name: Of the member, as it stands in the JSON between its quotation marks.
    """
    found, lengths = np.empty(len(offsets) - 1, np.uint64), np.empty(len(offsets) - 1, np.int32)
    _hash_all(data, offsets, np.frombuffer(name, np.uint8), found, lengths)
    return found, lengths


@compiled(_INT(TEXT, _INT, _INT))
def _string_end(text: Any, position: Int, stop: Int) -> Int:
    """Return where the quotation mark is that ends the string whose first byte is at *position*."""
    while position < stop and text[position] != _QUOTE:
        position += 2 if text[position] == _BACKSLASH else 1
    return min(position, stop)


@compiled(_INT(TEXT, _INT, _INT))
def _past_blanks(text: Any, position: Int, stop: Int) -> Int:
    while position < stop and _BLANK[text[position]]:
        position += 1
    return position


@compiled(_PAIR(TEXT, _INT, _INT, TEXT))
def _value(text: Any, position: Int, stop: Int, name: Any) -> tuple[Int, Int]:
    """Return where the string lies that is the value of *name* in the outermost object."""
    depth = np.int64(0)
    while position < stop:
        if text[position] != _QUOTE:
            depth += _STEP[text[position]]
            position += 1
            continue
        start = position + 1
        end = _string_end(text, start, stop)
        position = _past_blanks(text, end + 1, stop)
        if depth != 1 or end - start != len(name) or position >= stop or text[position] != _COLON:
            continue
        same = 0
        while same < len(name) and text[start + same] == name[same]:
            same += 1
        if same < len(name):
            continue
        position = _past_blanks(text, position + 1, stop)
        if position < stop and text[position] == _QUOTE:
            return position + 1, _string_end(text, position + 1, stop)
        return 0, 0
    return 0, 0


@compiled(types.void(TEXT, OFFSETS, TEXT, types.uint64[::1], types.int32[::1]))
def _hash_all(text: Any, offsets: Any, name: Any, found: Any, lengths: Any) -> None:
    for i in range(len(found)):
        start, stop = _value(text, offsets[i], offsets[i + 1], name)
        state, pending, count = _SEED, np.uint64(0), np.int64(0)
        for j in range(start, stop):
            state, pending, count = feed(state, pending, count, _SMALL[text[j]])
        found[i], lengths[i] = finished(state, pending, count), stop - start
