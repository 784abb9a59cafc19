r"""Keys of lines and paragraphs by which equal ones meet across documents, and the spans that cut them.

A key is a hash over the bytes of the normalised line: each character is looked up in a table that says what takes its
place, and eight bytes of that are mixed at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numba import literal_unroll, types
from numpy.typing import NDArray

from redpyjama.kernels import unicode
from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.line_tables import Normalisation, tables
from redpyjama.kernels.repeated_lines import HIGHS, ONES, eight, newline
from redpyjama.kernels.repetition import MAX_NUMBER, mask_for, table_size
from redpyjama.kernels.text import OFFSETS, TEXT, count_chars, decode, skip_space, skip_space_back
from redpyjama.kernels.word_hash import I32, mixed

Unit = Literal["lines", "paragraphs"]

CUT_UNITS, CUT_CHARS, CHARS, UNITS_LEFT, NUM_COLUMNS = 0, 1, 2, 3, 4
"""Columns of what `cuts` says of each document, and how many there are."""

_INT: Any = types.int64
_PAIR: Any = types.UniTuple(_INT, 2)
_I64: Any = types.Array(types.int64, 1, "C", readonly=True)
_FLAGS: Any = types.Array(types.boolean, 1, "C", readonly=True)
_SLOTS: Any = types.int32[::1]
_BYTES: Any = types.uint8[::1]
_TABLES: Any = (TEXT, I32, I32, TEXT)
_OUT: Any = (
    types.int64[::1],
    types.int32[::1],
    types.int32[::1],
    types.uint64[::1],
    types.int32[::1],
    types.int32[::1],
)
_SEED = np.uint64(0x8EBC6AF09C88C6E3)
_ZERO = np.uint64(0)
_BYTE = np.uint64(0xFF)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_PIECE = 4096
_MARGIN = 64  # more bytes than take the place of any character
_HALF = np.uint64(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The lines or paragraphs of some documents.

    Attributes:
        doc_offsets: int64 of n + 1: the units of document i are [doc_offsets[i], doc_offsets[i + 1]).
        start: int32: where each begins in the data buffer.
        stop: int32: where it ends, without its line end.
        key: uint64 over its normalised text.
        chars: int32: code points of its normalised text.
        first: int32: the first unit of the same document that has this key.
    """

    doc_offsets: NDArray[np.int64]
    start: NDArray[np.int32]
    stop: NDArray[np.int32]
    key: NDArray[np.uint64]
    chars: NDArray[np.int32]
    first: NDArray[np.int32]


def find_units(data: Bytes, offsets: Offsets, unit: Unit, normalisation: Normalisation) -> Units:
    r"""Return the lines or paragraphs of the documents that lie between *offsets* in *data*.

    Args:
        data: Valid UTF-8.
        offsets: n + 1 positions.
        unit: "lines": as ``text.split("\n")`` has them, so that behind a last newline stands an empty one.
            "paragraphs": runs of lines that are not all white space; the lines within one are as if spaces joined them.
        normalisation: What makes two of them equal; see `redpyjama.kernels.line_tables`.
    """
    paragraphs = unit == "paragraphs"
    total, most = _count_lines(data, offsets)
    made = tables(normalisation, newline_is_space=paragraphs)
    doc_offsets = np.empty(len(offsets), np.int64)
    start, stop, chars, first = (np.empty(total, np.int32) for _ in range(4))
    key = np.empty(total, np.uint64)
    out = doc_offsets, start, stop, key, chars, first
    slots = np.zeros(table_size(most), np.int32)
    count = _find(data, offsets, paragraphs, unicode.classes(), *made, np.empty(_PIECE, np.uint8), slots, *out)
    return Units(
        doc_offsets=doc_offsets,
        start=start[:count],
        stop=stop[:count],
        key=key[:count],
        chars=chars[:count],
        first=first[:count],
    )


def cuts(
    data: Bytes, offsets: Offsets, units: Units, cut: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    r"""Turn the units to cut into spans.

    What is cut is cut with the line end behind it, and with the blank lines behind a paragraph; at the end of a text
    with those before it instead. So of lines remains what ``"\n".join`` makes of those that stay.

    Args:
        data: As for `find_units`.
        offsets: As for `find_units`.
        units: What it returned.
        cut: Whether to cut, for each unit.

    Returns:
        A row for each span: document, start and end in its text. A row for each document: units cut, characters cut,
        characters of the text, units left that are not blank.
    """
    spans = np.empty((int(np.count_nonzero(cut)), 3), np.int32)
    found = np.zeros((len(offsets) - 1, NUM_COLUMNS), np.int64)
    count = _cuts(data, offsets, unicode.classes(), units.doc_offsets, units.start, units.stop, cut, spans, found)
    return spans[:count], found


@compiled(_PAIR(TEXT, OFFSETS))
def _count_lines(text: Any, offsets: Any) -> tuple[int, int]:
    """Return the number of lines of all documents, and that of the one with most."""
    total = most = 0
    for document in range(len(offsets) - 1):
        position: Int = np.int64(offsets[document])
        stop: Int = np.int64(offsets[document + 1])
        lines = 1
        while True:
            position = newline(text, position, stop) + 1
            if position > stop:
                break
            lines += 1
        total += lines
        most = max(most, lines)
    return total, most


@compiled(types.Tuple((types.uint64, _INT, _INT))(types.uint64, _BYTES, _INT))
def _absorb(state: Any, piece: Any, size: Int) -> tuple[Any, Int, Int]:
    """Mix in all whole eights of *piece* and move the rest to its front; return how many code points, and the rest."""
    position, inner = 0, _ZERO
    while position + 8 <= size:
        block = eight(piece, np.uint64(position))
        state = mixed(state ^ block)
        # Bytes 10xxxxxx go on with a character: their number is summed up in the top byte.
        inner += ((block & ~(block << np.uint64(1)) & HIGHS) >> np.uint64(7)) * ONES >> np.uint64(56)
        position += 8
    rest = size - position
    for i in range(rest):
        piece[i] = piece[position + i]
    return state, position - np.int64(inner), rest


@compiled(_PAIR(TEXT, _INT, _INT, TEXT, _BYTES, _INT))
def _take_ascii(text: Any, position: Int, limit: Int, small: Any, piece: Any, size: Int) -> tuple[Int, Int]:
    """Add to *piece* what becomes of the text up to the first character that is not ASCII; return both new places."""
    while position + 8 <= limit:
        block = eight(text, np.uint64(position))
        if block & HIGHS:
            break
        for i in literal_unroll((0, 8, 16, 24, 32, 40, 48, 56)):
            byte = small[block >> np.uint64(i) & _BYTE]
            piece[np.uint64(size)] = byte
            size += byte != 0
        position += 8
    while position < limit and text[position] < 0x80:
        byte = small[text[position]]
        piece[size] = byte
        size += byte != 0
        position += 1
    return position, size


@compiled(types.Tuple((types.uint64, _INT))(TEXT, _INT, _INT, *_TABLES, _BYTES))
def _key(
    text: Any, position: Int, stop: Int, small: Any, place: Any, bounds: Any, changed: Any, piece: Any
) -> tuple[Any, Int]:
    """Return hash and code points of [position, stop), normalised; *piece* is room for some of it."""
    state, chars, size = _SEED, np.int64(0), np.int64(0)
    length = np.int64(0)  # of all that was absorbed
    while position < stop:
        if text[position] < 0x80:
            limit = min(stop, position + len(piece) - _MARGIN - size)
            position, size = _take_ascii(text, position, limit, small, piece, size)
        else:
            code, width = decode(text, position)
            entry = place[code]
            if entry == 0:
                for i in range(width):
                    piece[size + i] = text[position + i]
                size += width
            elif entry > 0:
                for i in range(bounds[entry - 1], bounds[entry]):
                    piece[size] = changed[i]
                    size += 1
            position += width
        if size >= len(piece) - 2 * _MARGIN:
            state, more, rest = _absorb(state, piece, size)
            chars += more
            length += size - rest
            size = rest
    state, more, rest = _absorb(state, piece, size)
    length += size
    last = _ZERO
    for i in range(rest):
        last = last << np.uint64(8) | np.uint64(piece[i])
        more += piece[i] & 0xC0 != 0x80
    return mixed((state ^ last) + np.uint64(length) * _SPREAD), chars + more


@compiled(_INT(types.uint64[::1], _INT, _INT, _SLOTS, _INT, _INT))
def _first_of(keys: Any, begin: int, unit: int, slots: Any, mask: int, base: int) -> int:
    """Return the first unit of the document, whose units begin at *begin*, with the key of *unit*."""
    slot: Any = np.int64(keys[unit] >> _HALF) & mask
    while True:
        number = slots[slot] - base - 1
        if number < 0:
            slots[slot] = base + unit - begin + 1
            return unit
        if keys[begin + number] == keys[unit]:
            return begin + number
        slot = (slot + 1) & mask


@compiled(_PAIR(TEXT, _INT, _INT, types.boolean, TEXT))
def _next_unit(text: Any, position: Int, stop: Int, paragraphs: Any, classes: Any) -> tuple[Int, Int]:
    """Return where the unit begins that begins at *position* or later, and where it ends; begin > *stop*: no more."""
    if not paragraphs:
        return position, (newline(text, position, stop) if position <= stop else position)
    begin = end = stop + 1
    while position < stop:
        line_end = newline(text, position, stop)
        if skip_space(text, position, line_end, classes) == line_end:
            if begin <= stop:
                break
        else:
            begin, end = min(begin, position), line_end
        position = line_end + 1
    return begin, end


@compiled(_INT(TEXT, OFFSETS, types.boolean, TEXT, *_TABLES, _BYTES, _SLOTS, *_OUT))
def _find(
    text: Any, offsets: Any, paragraphs: Any, classes: Any, small: Any, place: Any, bounds: Any, changed: Any,
    piece: Any, slots: Any, doc_offsets: Any, starts: Any, stops: Any, keys: Any, lengths: Any, firsts: Any,
) -> int:  # fmt: skip
    size = base = 0
    for document in range(len(offsets) - 1):
        doc_offsets[document] = begin = size
        position, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while True:
            start, end = _next_unit(text, position, stop, paragraphs, classes)
            if start > stop:
                break
            starts[size], stops[size] = start, end
            head = skip_space(text, start, end, classes)
            tail = skip_space_back(text, end, head, classes)
            keys[size], lengths[size] = _key(text, head, tail, small, place, bounds, changed, piece)
            size += 1
            position = end + 1
        if base + size - begin >= MAX_NUMBER:
            slots[:] = 0
            base = 0
        mask = mask_for(size - begin, len(slots))
        for unit in range(begin, size):
            firsts[unit] = _first_of(keys, begin, unit, slots, mask, base)
        base += size - begin
    doc_offsets[len(offsets) - 1] = size
    return size


@compiled(_INT(TEXT, OFFSETS, TEXT, _I64, I32, I32, _FLAGS, types.int32[:, ::1], types.int64[:, ::1]))
def _cuts(
    text: Any, offsets: Any, classes: Any, doc_offsets: Any, starts: Any, stops: Any, cut: Any, spans: Any, found: Any
) -> int:
    size = 0
    for document in range(len(offsets) - 1):
        origin, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        row = found[document]
        row[CHARS] = count_chars(text, origin, end)
        kept_end = origin  # where the last unit that stays ends
        unit, last = doc_offsets[document], doc_offsets[document + 1]
        while unit < last:
            if not cut[unit]:
                row[UNITS_LEFT] += skip_space(text, starts[unit], stops[unit], classes) < stops[unit]
                kept_end = np.int64(stops[unit])
                unit += 1
                continue
            begin = np.int64(starts[unit])
            while unit < last and cut[unit]:
                row[CUT_UNITS] += 1
                unit += 1
            stop = end if unit == last else np.int64(starts[unit])
            begin = kept_end if unit == last else begin
            if begin < stop:
                spans[size, 0], spans[size, 1], spans[size, 2] = document, begin - origin, stop - origin
                row[CUT_CHARS] += count_chars(text, begin, stop)
                size += 1
    return size
