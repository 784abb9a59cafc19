"""How many lines and paragraphs of a document stand there before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import literal_unroll, types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.compiled import compiled
from redpyjama.kernels.repetition import MAX_NUMBER, mask_for, table_size
from redpyjama.kernels.text import OFFSETS, TEXT, count_chars, skip_space, skip_space_back
from redpyjama.kernels.word_hash import mixed

LINES, LINE_CHARS, DUP_LINES, DUP_LINE_CHARS = 0, 1, 2, 3
PARAGRAPHS, PARAGRAPH_CHARS, DUP_PARAGRAPHS, DUP_PARAGRAPH_CHARS = 4, 5, 6, 7
CHARS, NUM_COLUMNS = 8, 9
"""Columns of `repeated_lines`, and how many there are."""

_INT: Any = types.int64
_SLOTS: Any = types.int32[::1]
_HASHES: Any = types.uint64[::1]
_SIZES: Any = types.int32[::1]
_HALF = np.uint64(32)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

ONES = np.uint64(0x0101010101010101)  # eight bytes at a time: the lowest bit of each, and the highest
HIGHS = np.uint64(0x8080808080808080)
_NEWLINES = np.uint64(0x0A0A0A0A0A0A0A0A)


def repeated_lines(data: Bytes, offsets: Offsets, classes: NDArray[np.uint8], *, strip: bool) -> NDArray[np.int64]:
    r"""Measure the repeated lines and paragraphs of the documents that lie between *offsets* in *data*.

    Lines end at "\n"; empty ones are no lines, but end a paragraph. Of several equal lines all but the first are
    duplicates.

    Args:
        data: Valid UTF-8.
        offsets: n + 1 positions; a slice of a batch's offsets will do.
        classes: `redpyjama.kernels.unicode.classes()`.
        strip: Look at each line without white space around it; otherwise at the lines as they stand, and for paragraphs
            at the text without white space around it.

    Returns:
        n rows of 9 columns: lines and their characters, duplicates and theirs; the same of paragraphs, where the line
        ends within count; the characters of the text.
    """
    most = int(_most_lines(data, offsets))
    slots = np.zeros(table_size(most), np.int32)
    hashes, paragraph_hashes = (np.empty(most, np.uint64) for _ in range(2))
    chars, paragraph_chars = (np.empty(most, np.int32) for _ in range(2))
    found = np.empty((len(offsets) - 1, NUM_COLUMNS), np.int64)
    _measure_lines(data, offsets, classes, strip, slots, hashes, chars, paragraph_hashes, paragraph_chars, found)
    return found


@compiled(_INT(TEXT, OFFSETS))
def _most_lines(text: Any, offsets: Any) -> int:
    """Return the largest number of lines of a document, empty ones included."""
    most = 0
    for document in range(len(offsets) - 1):
        part = text[offsets[document] : offsets[document + 1]]
        lines = 1
        for i in range(len(part)):
            lines += part[i] == 0x0A
        most = max(most, lines)
    return most


@compiled(types.uint64(TEXT, types.uint64))
def eight(text: Any, at: Any) -> Any:
    """Return the eight bytes from *at* on, the first one lowest: one load, as *at* cannot be negative."""
    block = np.uint64(0)
    for i in literal_unroll((0, 1, 2, 3, 4, 5, 6, 7)):
        block |= np.uint64(text[at + np.uint64(i)]) << np.uint64(8 * i)
    return block


@compiled(_INT(TEXT, _INT, _INT))
def newline(text: Any, position: int, stop: int) -> int:
    """Return where the next newline is, or *stop*."""
    while position + 8 <= stop:
        block = eight(text, np.uint64(position)) ^ _NEWLINES
        if (block - ONES) & ~block & HIGHS:  # some byte of it is 0 now
            break
        position += 8
    while position < stop and text[position] != 0x0A:
        position += 1
    return position


@compiled(types.Tuple((types.uint64, types.int32))(TEXT, _INT, _INT))
def _hash_and_chars(text: Any, start: int, stop: int) -> tuple[Any, Any]:
    """Return a hash of the bytes [start, stop), and how many code points begin there."""
    state = np.uint64(stop - start) * _SPREAD
    position, inner = start, np.uint64(0)
    while position + 8 <= stop:
        block = eight(text, np.uint64(position))
        state = mixed(state ^ block)
        # Bytes 10xxxxxx go on with a character: their number is summed up in the top byte.
        inner += ((block & ~(block << np.uint64(1)) & HIGHS) >> np.uint64(7)) * ONES >> np.uint64(56)
        position += 8
    rest = np.uint64(0)
    while position < stop:
        rest = rest << np.uint64(8) | np.uint64(text[position])
        inner += np.uint64(text[position] & 0xC0 == 0x80)
        position += 1
    return mixed(state ^ rest), stop - start - np.int64(inner)


@compiled(types.UniTuple(_INT, 3)(_HASHES, _SIZES, _INT, _SLOTS, _INT))
def _count_duplicates(hashes: Any, chars: Any, count: int, slots: Any, base: int) -> tuple[int, int, int]:
    """Return the characters of all, how many are duplicates of earlier ones, and the characters of these."""
    mask = mask_for(count, len(slots))
    total = duplicates = duplicate_chars = 0
    for i in range(count):
        total += chars[i]
        slot: Any = np.int64(hashes[i] >> _HALF) & mask
        while True:
            place = slots[slot] - base - 1
            if place < 0:
                slots[slot] = base + i + 1
                break
            if hashes[place] == hashes[i]:
                duplicates += 1
                duplicate_chars += chars[i]
                break
            slot = (slot + 1) & mask
    return total, duplicates, duplicate_chars


@compiled(types.UniTuple(_INT, 2)(TEXT, _INT, _INT, TEXT, types.boolean, _HASHES, _SIZES, _HASHES, _SIZES))
def _hash_lines(
    text: Any, start: int, stop: int, classes: Any, strip: Any, hashes: Any, chars: Any, paragraph_hashes: Any,
    paragraph_chars: Any,
) -> tuple[int, int]:  # fmt: skip
    """Fill in hash and characters of each line and each paragraph; return how many there are."""
    # What of the text paragraphs are made of: without the white space at both ends.
    head = skip_space(text, start, stop, classes)
    tail = skip_space_back(text, stop, head, classes)
    lines, paragraphs = 0, -1
    within = False
    position = start
    while position < stop:
        end = newline(text, position, stop)
        begin, following = position, end + 1
        if strip:
            begin = skip_space(text, begin, end, classes)
            end = skip_space_back(text, end, begin, classes)
        position = following
        if begin == end:
            within = False
            continue
        line_hash, line_chars = _hash_and_chars(text, begin, end)
        hashes[lines], chars[lines] = line_hash, line_chars
        lines += 1
        if begin < head or end > tail:
            begin, end = max(begin, head), min(end, tail)
            if begin >= end:
                continue
            line_hash, line_chars = _hash_and_chars(text, begin, end)
        if within:
            paragraph_hashes[paragraphs] = mixed(paragraph_hashes[paragraphs] * _SPREAD + line_hash)
            paragraph_chars[paragraphs] += 1 + line_chars
        else:
            within = True
            paragraphs += 1
            paragraph_hashes[paragraphs] = line_hash
            paragraph_chars[paragraphs] = line_chars
    return lines, paragraphs + 1


@compiled(types.void(TEXT, OFFSETS, TEXT, types.boolean, _SLOTS, _HASHES, _SIZES, _HASHES, _SIZES, types.int64[:, ::1]))
def _measure_lines(
    text: Any, offsets: Any, classes: Any, strip: Any, slots: Any, hashes: Any, chars: Any, paragraph_hashes: Any,
    paragraph_chars: Any, found: Any,
) -> None:  # fmt: skip
    base = 0
    for document in range(len(offsets) - 1):
        start, stop = offsets[document], offsets[document + 1]
        if base + 2 * (stop - start) > MAX_NUMBER:
            slots[:] = 0
            base = 0
        lines, paragraphs = _hash_lines(
            text, start, stop, classes, strip, hashes, chars, paragraph_hashes, paragraph_chars
        )
        row = found[document]
        row[LINES], row[PARAGRAPHS] = lines, paragraphs
        row[LINE_CHARS], row[DUP_LINES], row[DUP_LINE_CHARS] = _count_duplicates(hashes, chars, lines, slots, base)
        base += lines
        row[PARAGRAPH_CHARS], row[DUP_PARAGRAPHS], row[DUP_PARAGRAPH_CHARS] = _count_duplicates(
            paragraph_hashes, paragraph_chars, paragraphs, slots, base
        )
        base += paragraphs
        row[CHARS] = count_chars(text, start, stop)
