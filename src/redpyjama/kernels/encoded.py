"""Data written as text in source files: long runs of base 64, of hexadecimal pairs and of escaped characters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import OFFSETS, TEXT

ENCODED, LONGEST = range(2)
"""Columns of `measure`: characters in such runs, and those of the longest one."""

_MIN_BASE64 = 64  # characters in a row
_MIN_PAIRS = 8
_INT: Any = types.int64

_HEX = np.zeros(256, np.uint8)
_HEX[[*range(0x30, 0x3A), *range(0x41, 0x47), *range(0x61, 0x67)]] = 1
_BASE64 = np.zeros(256, np.uint8)
_BASE64[[*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B), 0x2B, 0x2F, 0x3D, 0x0A]] = 1
_WORD = np.zeros(256, np.uint8)
_WORD[[*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B), 0x5F, *range(0x80, 0x100)]] = 1
_SPACE = np.zeros(256, np.uint8)
_SPACE[[0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20]] = 1


@compiled(_INT(TEXT, _INT, _INT))
def _base64(text: Any, position: Int, stop: Int) -> Int:
    r"""Return where a match of ``[a-zA-Z0-9+/\n=]{64,}`` at *position* ends, or *position*."""
    end = position
    while end < stop and _BASE64[text[end]]:
        end += 1
    return end if end - position >= _MIN_BASE64 else position


@compiled(_INT(TEXT, _INT, _INT, _INT))
def _pair(text: Any, position: Int, start: Int, stop: Int) -> Int:
    r"""Return where a match of ``\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)`` at *position* ends, or *position*."""
    at = position
    if at + 1 < stop and text[at + 1] == 0x78 and (text[at] == 0x30 or text[at] == 0x5C):
        at += 2
    before = position > start and _WORD[text[position - 1]]
    if at + 2 > stop or not (_HEX[text[at]] and _HEX[text[at + 1]]) or before == _WORD[text[position]]:
        return position
    at += 2
    if at < stop and text[at] == 0x2C:
        return at + 1
    if at < stop and _WORD[text[at]]:
        return position
    while at < stop and _SPACE[text[at]]:
        at += 1
    return at


@compiled(_INT(TEXT, _INT, _INT, _INT))
def _pairs(text: Any, position: Int, start: Int, stop: Int) -> Int:
    """Return where eight pairs or more at *position* end, or *position*."""
    end, count = position, 0
    while end < stop:
        following = _pair(text, end, start, stop)
        if following == end:
            break
        end = following
        count += 1
    return end if count >= _MIN_PAIRS else position


@compiled(_INT(TEXT, _INT, _INT))
def _escapes(text: Any, position: Int, stop: Int) -> Int:
    r"""Return where a match of ``(?:\\u[0-9a-fA-F]{4}){8,}`` at *position* ends, or *position*."""
    end, count = position, 0
    while end + 6 <= stop and text[end] == 0x5C and text[end + 1] == 0x75:
        if not (_HEX[text[end + 2]] and _HEX[text[end + 3]] and _HEX[text[end + 4]] and _HEX[text[end + 5]]):
            break
        end += 6
        count += 1
    return end if count >= _MIN_PAIRS else position


@compiled(types.void(TEXT, OFFSETS, types.int32[:, ::1]))
def measure(text: Any, offsets: Any, rows: Any) -> None:
    """Fill a row for each document; see `ENCODED`. Runs are looked for from left to right and do not overlap."""
    for document in range(len(offsets) - 1):
        start, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        total = longest = np.int64(0)
        position = start
        tried = start  # no run of base 64 begins before it
        while position < stop:
            byte = text[position]
            end = position
            if byte == 0x5C:
                end = _escapes(text, position, stop)
            if end == position and (byte == 0x5C or _HEX[byte]):
                end = _pairs(text, position, start, stop)
            if end == position and position >= tried and _BASE64[byte]:
                end = _base64(text, position, stop)
                if end == position:
                    while tried < stop and (tried < position or _BASE64[text[tried]]):
                        tried += 1
            if end > position:
                total += end - position
                longest = max(longest, end - position)
                position = end
            else:
                position += 1
        rows[document, ENCODED], rows[document, LONGEST] = total, longest
