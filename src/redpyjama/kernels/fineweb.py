"""What FineWeb's filters look at: how lines end, how long they are, and which stand there before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.gopher import HASH_VALUES, POSITIONS, WORD_OFFSETS
from redpyjama.kernels.text import OFFSETS, TEXT, before, decode, skip_space

LINES, ENDING, SHORT, REPEATED_CHARS, CHARS, NEWLINES = range(6)
"""Columns of `measure`: lines that are not blank; those that end in an end mark; those that are short; the characters
of lines that stand there before; all characters but newlines; newlines."""

NUM_COLUMNS = 6

_INT: Any = types.int64
_TABLE: Any = types.uint64[::1]


@compiled(types.boolean(types.uint64, _TABLE, types.uint64))
def _is_new(value: Any, table: Any, mask: Any) -> Int:
    """Put a hash in an open table of mask + 1 places; say whether it was not there."""
    if value == np.uint64(0):
        value = np.uint64(1)  # 0 means a free place
    at = value & mask
    while table[at] != np.uint64(0):
        if table[at] == value:
            return False
        at = (at + np.uint64(1)) & mask
    table[at] = value
    return True


@compiled(
    types.void(TEXT, OFFSETS, TEXT, TEXT, _INT, WORD_OFFSETS, POSITIONS, POSITIONS, HASH_VALUES, POSITIONS, _TABLE,
               types.int64[:, ::1])
)  # fmt: skip
def measure(
    text: Any, offsets: Any, classes: Any, end_marks: Any, short_chars: Int,
    line_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, table: Any, rows: Any,
) -> None:  # fmt: skip
    """Fill a row for each document; see `LINES` and its neighbours.

    *end_marks* is a table over code points; the next five are `words.Lines`, split at newlines; *table* is scratch
    of a power of two, at least twice the most lines of a document.
    """
    for document in range(len(offsets) - 1):
        row = rows[document]
        row[:] = 0
        first, last = line_offsets[document], line_offsets[document + 1]
        size = np.int64(2)
        while size < 2 * (last - first):
            size *= 2
        for i in range(size):
            table[i] = np.uint64(0)
        for i in range(first, last):
            row[CHARS] += chars[i]
            start, stop = np.int64(starts[i]), np.int64(stops[i])
            if skip_space(text, start, stop, classes) == stop:
                continue
            row[LINES] += 1
            row[ENDING] += end_marks[decode(text, before(text, stop, start))[0]]
            row[SHORT] += chars[i] <= short_chars
            if not _is_new(hashes[i], table, np.uint64(size - 1)):
                row[REPEATED_CHARS] += chars[i]
        end = np.int64(offsets[document + 1])
        if last > first:  # the last line has a newline behind it or not
            row[NEWLINES] = last - first - (stops[last - 1] == end)
