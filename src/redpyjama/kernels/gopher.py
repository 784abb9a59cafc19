"""What Gopher's quality rules look at: words, symbols, and how lines begin and end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import OFFSETS, TEXT, before, decode, line_end, skip_space, skip_space_back
from redpyjama.kernels.unicode import ALNUM, ALPHA

TOKENS, WORDS, CHARS, ALPHA_WORDS, STOP_WORDS, MEDIAN_2, HASHES, ELLIPSES, LINES, BULLETS, ELLIPSIS_LINES = range(11)
"""Columns of `measure`: words of any kind; those that are no symbols, their characters; words with a letter; how many
different stop words occur; twice the median length; "#"; "..." and its one-character form; lines, those that begin
with a bullet, those that end in an ellipsis."""

NUM_COLUMNS = 11

WORD_OFFSETS: Any = types.Array(types.int64, 1, "C", readonly=True)
POSITIONS: Any = types.Array(types.int32, 1, "C", readonly=True)
HASH_VALUES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_ROWS: Any = types.int64[:, ::1]
_INT: Any = types.int64

LONGEST = 1024
"""Characters beyond which the median takes all words for equally long."""


@compiled(types.boolean(TEXT, _INT, _INT, TEXT))
def is_symbol(text: Any, start: Int, stop: Int, no_words: Any) -> Int:
    """Say whether all characters of [start, stop) are marked in *no_words*."""
    position = start
    while position < stop:
        code, length = decode(text, position)
        if not no_words[code]:
            return False
        position += length
    return True


@compiled(_INT(types.uint64, HASH_VALUES))
def place_of(value: Any, hashes: Any) -> Int:
    """Return where a hash stands among a few, or -1."""
    for i in range(len(hashes)):
        if hashes[i] == value:
            return i
    return -1


@compiled(_INT(types.int64[::1], _INT))
def _median_twice(lengths: Any, count: Int) -> Int:
    """Return twice the median from how often each length occurs, and forget that."""
    seen, median = np.int64(0), np.int64(0)
    for length in range(LONGEST + 1):
        if lengths[length]:
            for middle in ((count - 1) // 2, count // 2):
                if seen <= middle < seen + lengths[length]:
                    median += length
            seen += lengths[length]
            lengths[length] = 0
    return median


@compiled(types.void(TEXT, _INT, _INT, TEXT, TEXT, types.int64[::1]))
def _count_lines(text: Any, start: Int, stop: Int, classes: Any, bullets: Any, row: Any) -> None:
    position = start
    while position < stop:
        end, following = line_end(text, position, stop)
        row[LINES] += 1
        first = skip_space(text, position, end, classes)
        last = skip_space_back(text, end, first, classes)
        if first < last:
            row[BULLETS] += bullets[decode(text, first)[0]]
            if text[last - 1] == 0x2E:
                row[ELLIPSIS_LINES] += last - first > 2 and text[last - 2] == 0x2E and text[last - 3] == 0x2E
            else:
                row[ELLIPSIS_LINES] += decode(text, before(text, last, first))[0] == 0x2026
        position = following


@compiled(types.void(TEXT, _INT, _INT, types.int64[::1]))
def _count_symbols(text: Any, start: Int, stop: Int, row: Any) -> None:
    """Count "#" and ellipses; of four full stops three make one, of six two."""
    dots = 0
    for i in range(start, stop):
        byte = text[i]
        dots = dots + 1 if byte == 0x2E else 0
        if dots == 3:
            row[ELLIPSES] += 1
            dots = 0
        row[HASHES] += byte == 0x23
        if byte == 0xE2:
            row[ELLIPSES] += text[i + 1] == 0x80 and text[i + 2] == 0xA6


@compiled(
    types.void(TEXT, OFFSETS, TEXT, TEXT, TEXT, HASH_VALUES, WORD_OFFSETS, POSITIONS, POSITIONS, HASH_VALUES, POSITIONS,
               TEXT, types.int64[::1], _ROWS)
)  # fmt: skip
def measure(
    text: Any, offsets: Any, classes: Any, no_words: Any, bullets: Any, stop_words: Any,
    word_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any, lengths: Any, rows: Any,
) -> None:  # fmt: skip
    """Fill a row for each document; see `WORDS` and its neighbours.

    *no_words* and *bullets* are tables over code points, *stop_words* hashes of up to 63 words; the next six are
    `words.Words`; *lengths* is scratch of `LONGEST` + 1 zeros.
    """
    for document in range(len(offsets) - 1):
        row = rows[document]
        row[:] = 0
        found = np.int64(0)
        for i in range(word_offsets[document], word_offsets[document + 1]):
            row[TOKENS] += 1
            if not bits[i] & ALNUM and is_symbol(text, starts[i], stops[i], no_words):
                continue
            row[WORDS] += 1
            row[CHARS] += chars[i]
            row[ALPHA_WORDS] += bits[i] & ALPHA != 0
            lengths[min(chars[i], LONGEST)] += 1
            place = place_of(hashes[i], stop_words)
            if place >= 0:
                found |= np.int64(1) << place
        while found:
            row[STOP_WORDS] += 1
            found &= found - 1
        row[MEDIAN_2] = _median_twice(lengths, row[WORDS])
        start, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        _count_symbols(text, start, stop, row)
        _count_lines(text, start, stop, classes, bullets, row)
