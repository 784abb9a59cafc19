"""Spans over Arrow buffers: cutting them out of texts, and translating them back to the text before earlier cuts.

A span is a byte range [start, end) of a text with the rule that cuts it and what takes its place; the spans of one text
are sorted and do not overlap (they may touch, and may be empty: an insertion).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit, types
from numpy.typing import NDArray

from redpyjama.errors import LimitExceeded
from redpyjama.kernels.arrow import buffers

_MAX_OFFSET = 2**31 - 1  # what Arrow's 32-bit string offsets can hold

# What comes out of Arrow is read-only; a read-only signature takes both kinds.
_I32: Any = types.Array(types.int32, 1, "C", readonly=True)
_I64: Any = types.Array(types.int64, 1, "C", readonly=True)
_U8: Any = types.Array(types.uint8, 1, "C", readonly=True)
_SPANS: Any = types.Tuple((_I64, _I64, _I32, _I32, _I32, _U8))

_Int = Any  # in a kernel, Python's and numpy's whole numbers are one thing

_Views = tuple[Any, Any, Any, Any, Any, Any]
"""Spans as arrays: first and last + 1 span of each text; starts, ends; replacement offsets and bytes."""


def apply_spans(texts: pa.StringArray, spans: pa.ListArray) -> pa.StringArray:
    """Replace each span of each text by its replacement.

    Args:
        texts: N texts without nulls.
        spans: N lists of `document.SPANS`; null means none.

    Returns:
        N texts; *texts* itself, not copied, if there is no span at all.

    Raises:
        ValueError: Spans out of order, overlapping, beyond the text, or through the middle of a character.
        LimitExceeded: More text than one batch can hold.
    """
    _check_rows(texts, spans)
    views = _views(spans)
    if not np.any(views[1] > views[0]):
        return texts
    offsets, data = buffers(texts)
    sizes = _cut_sizes(offsets, data, views)
    if sizes.size and sizes.min() < 0:
        row = int(np.argmin(sizes))
        raise ValueError(f"spans of row {row} are not sorted ranges of whole characters of its text: {spans[row]}")
    ends = np.cumsum(sizes)
    _check_total(int(ends[-1]))
    cut = np.zeros(len(texts) + 1, np.int32)
    cut[1:] = ends
    result = np.empty(int(ends[-1]), np.uint8)
    _cut(offsets, data, views, cut, result)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(cut), pa.py_buffer(result))


def to_original(inner: pa.ListArray, outer: pa.ListArray) -> pa.ListArray:
    """Merge spans found in a cut text with the spans that cut it: all in coordinates of the original text.

    ``apply_spans(original, to_original(inner, outer)) == apply_spans(apply_spans(original, outer), inner)``.
    A span that covers a place where something was cut covers what was cut there. A span that touches part of a
    replacement takes over the whole range that was replaced, and with it what remains of the replacement. Spans that
    merely touch stay apart, each with its own rule; where spans merge, the first inner one gives the rule.

    Args:
        inner: N lists of `document.SPANS` in coordinates of the cut text; null means none.
        outer: N lists of `document.SPANS` in coordinates of the original text; null means none.

    Returns:
        N lists, none of them null.

    Raises:
        LimitExceeded: More replacement text than one batch can hold.
    """
    _check_rows(inner, outer)
    inner_views, outer_views = _views(inner), _views(outer)
    if not np.any(inner_views[1] > inner_views[0]):
        return _without_nulls(outer)
    most = int((inner_views[1] - inner_views[0]).sum() + (outer_views[1] - outer_views[0]).sum())
    for which, views in (("inner", inner_views), ("outer", outer_views)):
        if (row := _disordered(views)) >= 0:
            raise ValueError(f"{which} spans of row {row} are not sorted, or overlap")
    most_bytes = inner_views[5].size + outer_views[5].size
    _check_total(most_bytes)
    lists = np.zeros(len(inner) + 1, np.int32)
    starts, ends, pieces = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int64)
    text_offsets, text = np.zeros(most + 1, np.int32), np.empty(most_bytes, np.uint8)
    count = _merge(inner_views, outer_views, lists, starts, ends, pieces, text_offsets, text)
    inner_rules, outer_rules = inner.values.field("rule"), outer.values.field("rule")
    rules = pa.concat_arrays([inner_rules, outer_rules]).take(pa.array(pieces[:count]))
    replacements = pa.StringArray.from_buffers(
        count, pa.py_buffer(text_offsets[: count + 1]), pa.py_buffer(text[: text_offsets[count]])
    )
    columns = [pa.array(starts[:count]), pa.array(ends[:count]), rules, replacements]
    values = pa.StructArray.from_arrays(columns, fields=list(outer.type.value_type))
    return pa.ListArray.from_arrays(pa.array(lists), values, type=outer.type)


def _check_rows(one: pa.Array, other: pa.Array) -> None:
    if len(one) != len(other):
        raise ValueError(f"{len(one)} rows and {len(other)} rows of spans")


def _check_total(num_bytes: int) -> None:
    if num_bytes > _MAX_OFFSET:
        raise LimitExceeded("bytes of one Arrow string array", _MAX_OFFSET, num_bytes)


def _views(spans: pa.ListArray) -> _Views:
    offsets = np.asarray(spans.offsets) if len(spans) else np.zeros(1, np.int32)
    first, last = offsets[:-1].astype(np.int64), offsets[1:].astype(np.int64)
    if spans.null_count:  # what lies under a null is no data
        last = np.where(np.asarray(spans.is_valid()), last, first)
    values = spans.values
    positions, data = buffers(values.field("replacement"))
    return first, last, np.asarray(values.field("start")), np.asarray(values.field("end")), positions, data


def _without_nulls(spans: pa.ListArray) -> pa.ListArray:
    if not spans.null_count:
        return spans
    first, last, *_ = _views(spans)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(last - first)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), spans.flatten(), type=spans.type)


@njit(types.int64[::1](_I32, _U8, _SPANS), cache=True, nogil=True)
def _cut_sizes(offsets: Any, data: Any, spans: Any) -> NDArray[np.int64]:
    """Return each text's size after the cuts; -1 where its spans are wrong."""
    first, last, starts, ends, positions, _ = spans
    sizes = np.empty(first.size, np.int64)
    for row in range(first.size):
        base, size = np.int64(offsets[row]), np.int64(offsets[row + 1]) - np.int64(offsets[row])
        left, at = size, np.int64(0)
        for i in range(first[row], last[row]):
            start, end = np.int64(starts[i]), np.int64(ends[i])
            if start < at or end < start or end > size:
                left = -1
                break
            # 10xxxxxx continues a character
            if (start < size and data[base + start] & 0xC0 == 0x80) or (end < size and data[base + end] & 0xC0 == 0x80):
                left = -1
                break
            left += np.int64(positions[i + 1]) - np.int64(positions[i]) - (end - start)
            at = end
        sizes[row] = left
    return sizes


@njit(types.void(_I32, _U8, _SPANS, _I32, types.uint8[::1]), cache=True, nogil=True)
def _cut(offsets: Any, data: Any, spans: Any, cut: Any, result: Any) -> None:
    first, last, starts, ends, positions, replacements = spans
    for row in range(first.size):
        base, at, to = np.int64(offsets[row]), np.int64(offsets[row]), np.int64(cut[row])
        for i in range(first[row], last[row]):
            stop = base + np.int64(starts[i])
            result[to : to + stop - at] = data[at:stop]
            to += stop - at
            length = np.int64(positions[i + 1]) - np.int64(positions[i])
            result[to : to + length] = replacements[positions[i] : positions[i + 1]]
            to += length
            at = base + np.int64(ends[i])
        stop = np.int64(offsets[row + 1])
        result[to : to + stop - at] = data[at:stop]


@njit(types.int64(_SPANS), cache=True, nogil=True)
def _disordered(spans: Any) -> _Int:
    """Return the first row whose spans are not sorted or overlap, or -1."""
    for row in range(spans[0].size):
        at = np.int64(0)
        for i in range(spans[0][row], spans[1][row]):
            if spans[2][i] < at or spans[3][i] < spans[2][i]:
                return row
            at = np.int64(spans[3][i])
    return -1


_TEXT: Any = types.uint8[::1]
_OUT: Any = types.int32[::1]
_PLACES: Any = types.UniTuple(types.int64, 4)
_MELTED: Any = types.UniTuple(types.int64, 5)


@njit(types.int64(_TEXT, types.int64, _SPANS, types.int64, types.int64, types.int64), cache=True, nogil=True)
def _append(text: Any, to: _Int, spans: Any, i: _Int, start: _Int, stop: _Int) -> _Int:
    """Append bytes [start, stop) of replacement *i*; return where the next one goes."""
    base = np.int64(spans[4][i])
    text[to : to + stop - start] = spans[5][base + start : base + stop]
    return to + stop - start


@njit(_MELTED(_SPANS, _SPANS, _PLACES, types.int64, types.int64, _TEXT), cache=True, nogil=True)
def _melt(inner: Any, outer: Any, at: Any, shift: _Int, to: _Int, text: Any) -> tuple[_Int, _Int, _Int, _Int, _Int]:
    """Make one span of inner span j, outer span k that it touches, and all that these touch in turn.

    *at* is j and the row's last + 1, k and the row's last + 1. Writes the replacement. Returns the next j, k and shift,
    the place of the next replacement, and the end of the span.
    """
    j, last_j, k, last_k = at
    begin = np.int64(outer[2][k]) + shift
    if inner[2][j] > begin:
        to = _append(text, to, outer, k, 0, inner[2][j] - begin)
    while True:
        to = _append(text, to, inner, j, 0, np.int64(inner[4][j + 1]) - np.int64(inner[4][j]))
        place = np.int64(inner[3][j])
        j += 1
        begin = stop = place
        while k < last_k:
            begin = np.int64(outer[2][k]) + shift
            stop = begin + np.int64(outer[4][k + 1]) - np.int64(outer[4][k])
            if begin >= place or stop > place:
                break
            shift = stop - np.int64(outer[3][k])  # swallowed whole
            k += 1
        if k == last_k or begin >= place:
            return j, k, shift, to, place - shift
        # It ended within replacement k: what is left of that is part of this span, up to the next inner one.
        if j < last_j and inner[2][j] < stop:
            to = _append(text, to, outer, k, place - begin, inner[2][j] - begin)
        else:
            to = _append(text, to, outer, k, place - begin, stop - begin)
            end = np.int64(outer[3][k])
            return j, k + 1, stop - end, to, end


@njit(types.int64(_SPANS, _SPANS, _OUT, _OUT, _OUT, types.int64[::1], _OUT, _TEXT), cache=True, nogil=True)
def _merge(inner: Any, outer: Any, lists: Any, starts: Any, ends: Any, pieces: Any, offsets: Any, text: Any) -> _Int:
    """Merge row by row; *pieces* says whose rule a span has: an inner one's index, or an outer one's past all inner."""
    num_inner = inner[2].size
    count, to = np.int64(0), np.int64(0)
    for row in range(lists.size - 1):
        k, j = outer[0][row], inner[0][row]
        shift = np.int64(0)  # place in the cut text minus place in the original, behind all outer spans before k
        while k < outer[1][row] or j < inner[1][row]:
            has_outer, has_inner = k < outer[1][row], j < inner[1][row]
            outer_start = outer_stop = start = stop = np.int64(0)  # places in the cut text
            if has_outer:
                outer_start = outer[2][k] + shift
                outer_stop = outer_start + outer[4][k + 1] - outer[4][k]
            if has_inner:
                start, stop = np.int64(inner[2][j]), np.int64(inner[3][j])
            if has_outer and (not has_inner or outer_stop <= start):
                starts[count], ends[count], pieces[count] = outer[2][k], outer[3][k], num_inner + k
                to = _append(text, to, outer, k, 0, outer_stop - outer_start)
                shift = outer_stop - outer[3][k]
                k += 1
            elif not has_outer or stop <= outer_start:
                starts[count], ends[count], pieces[count] = start - shift, stop - shift, j
                to = _append(text, to, inner, j, 0, np.int64(inner[4][j + 1]) - np.int64(inner[4][j]))
                j += 1
            else:
                starts[count] = outer[2][k] if start > outer_start else start - shift
                pieces[count] = j
                at = (np.int64(j), inner[1][row], np.int64(k), outer[1][row])
                j, k, shift, to, ends[count] = _melt(inner, outer, at, shift, to, text)
            count += 1
            offsets[count] = to
        lists[row + 1] = count
    return count
