"""UTF-8 in kernels: decoding, white space, line ends, and what the step "length" counts.

All of them take valid UTF-8, as Arrow string arrays hold it, and agree with Python's `str` methods.
"""

from __future__ import annotations

import string
from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.unicode import SPACE

TEXT: Any = types.Array(types.uint8, 1, "C", readonly=True)
OFFSETS: Any = types.Array(types.int32, 1, "C", readonly=True)
BYTES: Any = types.uint8[::1]
COUNTS: Any = types.int32[::1]
_PAIR: Any = types.UniTuple(types.int64, 2)

_PUNCTUATION = np.zeros(0x80, np.bool_)
_PUNCTUATION[list(string.punctuation.encode())] = True
_LINE_END = np.zeros(256, np.uint8)  # bytes at which a line may end; 2: more bytes decide
_LINE_END[[0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E]] = 1
_LINE_END[[0xC2, 0xE2]] = 2


@compiled(_PAIR(TEXT, types.int64))
def decode(text: Any, position: Int) -> tuple[Int, Int]:
    """Return the code point that starts at *position*, and its length in bytes."""
    lead: Any = np.int64(text[position])
    if lead < 0x80:
        return lead, 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (text[position + 1] & 0x3F), 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | np.int64(text[position + 1] & 0x3F) << 6 | (text[position + 2] & 0x3F), 3
    high = (lead & 0x07) << 18 | np.int64(text[position + 1] & 0x3F) << 12
    return high | np.int64(text[position + 2] & 0x3F) << 6 | (text[position + 3] & 0x3F), 4


@compiled(types.int64(TEXT, types.int64, types.int64))
def count_chars(text: Any, start: Int, stop: Int) -> Int:
    """Return how many code points begin in [start, stop)."""
    count = 0
    for i in range(start, stop):
        count += text[i] & 0xC0 != 0x80
    return count


@compiled(types.int64(TEXT, types.int64, types.int64))
def before(text: Any, position: Int, start: Int) -> Int:
    """Return where the character before *position* starts; *start* at the earliest."""
    position -= 1
    while position > start and text[position] & 0xC0 == 0x80:
        position -= 1
    return position


@compiled(types.int64(TEXT, types.int64, types.int64, TEXT))
def skip_space(text: Any, position: Int, stop: Int, classes: Any) -> Int:
    """Return the first position from *position* on that is no white space, or *stop*."""
    while position < stop:
        code, length = decode(text, position)
        if not classes[code] & SPACE:
            return position
        position += length
    return stop


@compiled(types.int64(TEXT, types.int64, types.int64, TEXT))
def skip_space_back(text: Any, position: Int, start: Int, classes: Any) -> Int:
    """Return the end of the last character before *position* that is no white space, or *start*."""
    while position > start:
        previous = before(text, position, start)
        if not classes[decode(text, previous)[0]] & SPACE:
            return position
        position = previous
    return start


@compiled(types.void(TEXT, OFFSETS, TEXT, types.boolean[::1]))
def find_blank(text: Any, offsets: Any, classes: Any, blank: Any) -> None:
    """Set the flag of each document that is empty or all white space, and leave the others as they are."""
    for i in range(len(offsets) - 1):
        if skip_space(text, offsets[i], offsets[i + 1], classes) == offsets[i + 1]:
            blank[i] = True


@compiled(_PAIR(TEXT, types.int64, types.int64))
def line_end(text: Any, position: Int, stop: Int) -> tuple[Int, Int]:
    r"""Return where the line at *position* ends and where the next one begins, as `str.splitlines` sees it."""
    while position < stop:
        byte = text[position]
        kind = _LINE_END[byte]
        if kind == 1:
            if byte == 0x0D and position + 1 < stop and text[position + 1] == 0x0A:
                return position, position + 2
            return position, position + 1
        if kind == 2:
            if byte == 0xC2 and text[position + 1] == 0x85:
                return position, position + 2
            if byte == 0xE2 and text[position + 1] == 0x80 and (text[position + 2] & 0xFE) == 0xA8:
                return position, position + 3
        position += 1
    return stop, stop


@compiled(types.void(TEXT, OFFSETS, TEXT, COUNTS, COUNTS, COUNTS, COUNTS))
def count_lengths(
    text: Any, offsets: Any, classes: Any, num_chars: Any, num_words: Any, num_lines: Any, num_solid: Any
) -> None:
    """Count each document's code points, runs of characters that are no white space, and lines ended by newlines.

    And those code points that are neither white space nor ASCII punctuation.

    A last line without a newline counts, an empty text has no line.
    """
    for i in range(len(offsets) - 1):
        chars = words = lines = solid = 0
        in_word = False
        position, stop = offsets[i], offsets[i + 1]
        while position < stop:
            code, length = decode(text, position)
            position += length
            chars += 1
            lines += code == 0x0A
            space = classes[code] & SPACE != 0
            words += in_word and space
            in_word = not space
            solid += in_word and not (code < 0x7F and _PUNCTUATION[code])
        num_solid[i] = solid
        num_chars[i] = chars
        num_words[i] = words + in_word
        num_lines[i] = lines + (stop > offsets[i] and text[stop - 1] != 0x0A)
