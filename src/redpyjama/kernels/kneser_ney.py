"""Modified Kneser-Ney smoothing over streams of sorted n-grams: adjusted counts, weights of contexts, interpolation.

Source: Chen and Goodman 1998, "An Empirical Study of Smoothing Techniques for Language Modeling", section 3 and
equations 19 to 27; Heafield et al. 2013, "Scalable Modified Kneser-Ney Language Model Estimation", whose estimator
(kpu/kenlm, lm/builder) fixes what those leave open: sentences begin with <s>, <unk> gets its share of the uniform
distribution, cut-offs are by true counts, and what they remove goes to the lower order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.ngrams import BEGIN, field, kept, put

PRUNED = np.uint64(1 << 63)
"""Bit of a count: the n-gram is cut off."""

STATE = 2
"""Words of the state of `adjust` before the true counts of the orders and their adjusted ones."""

_INT: Any = types.int64
_ROWS: Any = types.uint64[:, ::1]
_FLOATS: Any = types.float32[:, ::1]
_BLOCKS: Any = types.uint64[:, :, ::1]
_STATISTICS: Any = types.int64[:, ::1]


@compiled(types.void(types.uint64, types.uint64, _INT, _INT, types.uint64[:, ::1], types.int64[::1], _BLOCKS,
                     types.int64[::1], _STATISTICS))  # fmt: skip
def _close(
    high: Any, low: Any, level: Int, bits: Int, counts: Any, cutoffs: Any, out: Any, used: Any, statistics: Any
) -> None:
    """Write the n-gram of level + 1 words that ends the one at hand."""
    to_high, to_low = kept(high, low, level + 1, bits)
    count = counts[level, 1]
    if count < 5:
        statistics[level, count] += 1
    if level and counts[level, 0] <= np.uint64(cutoffs[level]):
        count |= PRUNED
    at = used[level]
    out[level, at, 0], out[level, at, 1], out[level, at, 2] = to_high, to_low, count
    used[level] = at + 1


@compiled(_INT(_ROWS, _INT, _INT, _INT, types.uint64[::1], types.uint64[:, ::1], types.int64[::1], _BLOCKS,
               types.int64[::1], _STATISTICS))  # fmt: skip
def adjust(
    rows: Any, order: Int, bits: Int, active: Int, last: Any, counts: Any, cutoffs: Any, out: Any, used: Any,
    statistics: Any,
) -> Int:  # fmt: skip
    """Turn counts of the highest order into the adjusted counts of all orders, for records in suffix order.

    The adjusted count of an n-gram below the highest order is in how many different words' company it stands, to the
    left; of one that begins with <s>, which has no such company, its count. Records with <s> in front of <s> only say
    how often sentences begin so.

    Args:
        rows: The next records.
        order: The highest order.
        bits: Of a word.
        active: How many lower orders are open, as the last call returned it; 0 at the beginning.
        last: The record before, kept between calls.
        counts: True and adjusted count of the open n-gram of each order, kept between calls.
        cutoffs: For each order, up to which true count its n-grams are cut off.
        out: For each order where its records go: room for two more than there are rows.
        used: How many records of each order there are: to be set to 0 by the caller.
        statistics: For each order how many n-grams have the adjusted counts 1 to 4.
    """
    for i in range(len(rows)):
        high, low, count = rows[i, 0], rows[i, 1], rows[i, 2]
        same = 0
        while same < active and field(high, low, same, bits) == field(last[0], last[1], same, bits):
            same += 1
        for level in range(active - 1, same - 1, -1):
            _close(last[0], last[1], level, bits, counts, cutoffs, out, used, statistics)
        for level in range(same):
            counts[level, 0] += count
        if same:
            counts[same - 1, 1] += np.uint64(1)
        level = same
        while level < order - 1 and field(high, low, level, bits) != BEGIN:
            counts[level, 0], counts[level, 1] = count, np.uint64(1)
            level += 1
        active = level
        if level < order - 1:
            counts[level, 0], counts[level, 1] = count, count
            active = level + 1
        else:
            counts[level, 0], counts[level, 1] = count, count
            _close(high, low, level, bits, counts, cutoffs, out, used, statistics)
        last[0], last[1] = high, low
    return active


@compiled(types.void(_INT, _INT, types.uint64[::1], types.uint64[:, ::1], types.int64[::1], _BLOCKS,
                     types.int64[::1], _STATISTICS))  # fmt: skip
def adjust_end(
    bits: Int, active: Int, last: Any, counts: Any, cutoffs: Any, out: Any, used: Any, statistics: Any
) -> None:
    """Write the n-grams that are still open after the last record; arguments as those of `adjust`."""
    for level in range(active - 1, -1, -1):
        _close(last[0], last[1], level, bits, counts, cutoffs, out, used, statistics)


@compiled(types.UniTuple(_INT, 3)(_ROWS, types.boolean, _INT, _INT, types.float64[::1], _ROWS, _FLOATS, _ROWS, _FLOATS))
def weigh(
    rows: Any, final: Int, order: Int, bits: Int, discounts: Any, out: Any, out_floats: Any, contexts: Any,
    context_floats: Any,
) -> tuple[Int, Int, Int]:  # fmt: skip
    """Discount the counts of n-grams that stand side by side by their contexts.

    Args:
        rows: Records as `turn_to_contexts` makes them, with adjusted counts.
        final: Whether the last context of *rows* is complete.
        order: Of the n-grams.
        bits: Of a word.
        discounts: What is taken off the counts 0, 1, 2 and more.
        out: Where n-grams go, packed in suffix order again; the value is two floats: the discounted count's share of
            the context, and the weight that the lower order has in this context.
        out_floats: The same memory as floats.
        contexts: Where contexts go, in suffix order; the value's first float is that weight.
        context_floats: The same memory as floats.

    Returns:
        Rows used, n-grams written, contexts written.
    """
    begin, written, found = 0, 0, 0
    while begin < len(rows):
        high, low = kept(rows[begin, 0], rows[begin, 1], order - 1, bits)
        total, lost = 0.0, 0.0
        end = begin
        while end < len(rows):
            other_high, other_low = kept(rows[end, 0], rows[end, 1], order - 1, bits)
            if other_high != high or other_low != low:
                break
            count = np.int64(rows[end, 2] & ~PRUNED)
            total += count
            lost += count if rows[end, 2] & PRUNED else discounts[min(count, 3)]
            end += 1
        if end == len(rows) and not final:
            break
        weight = lost / total
        for i in range(begin, end):
            if rows[i, 2] & PRUNED:
                continue
            count = np.int64(rows[i, 2])
            to_high, to_low = np.uint64(0), np.uint64(0)
            for place in range(order):
                word = field(rows[i, 0], rows[i, 1], (place + order - 1) % order, bits)
                to_high, to_low = put(to_high, to_low, word, place, bits)
            out[written, 0], out[written, 1] = to_high, to_low
            out_floats[written, 4] = (count - discounts[min(count, 3)]) / total
            out_floats[written, 5] = weight
            written += 1
        contexts[found, 0], contexts[found, 1], contexts[found, 2] = high, low, np.uint64(0)
        context_floats[found, 4] = weight
        found += 1
        begin = end
    return begin, written, found


@compiled(types.boolean(_ROWS, _INT, types.uint64, types.uint64))
def _less(rows: Any, i: Int, high: Any, low: Any) -> Int:
    return rows[i, 0] < high or (rows[i, 0] == high and rows[i, 1] < low)


@compiled(types.UniTuple(_INT, 2)(_ROWS, _FLOATS, _INT, _INT, _INT, _ROWS, _FLOATS, _INT))
def interpolate(
    rows: Any, floats: Any, i: Int, order: Int, bits: Int, lower: Any, lower_floats: Any, at: Int
) -> tuple[Int, Int]:
    """Add to each n-gram's share the lower order's probability by its weight; all in suffix order.

    Args:
        rows: The n-grams as `weigh` leaves them; the value becomes the probability.
        floats: The same memory as floats.
        i: The first n-gram to do.
        order: Of the n-grams.
        bits: Of a word.
        lower: The next n-grams of the order below, whose value's first float is their probability.
        lower_floats: The same memory as floats.
        at: The first of them that may match.

    Returns:
        The n-gram before which it stopped, and the lower one: beyond the end of *rows* or of *lower*.
    """
    while i < len(rows):
        high, low = kept(rows[i, 0], rows[i, 1], order - 1, bits)
        while at < len(lower) and _less(lower, at, high, low):
            at += 1
        if at == len(lower):
            break
        floats[i, 4] = np.float64(floats[i, 4]) + np.float64(floats[i, 5]) * np.float64(lower_floats[at, 4])
        floats[i, 5] = 0.0
        i += 1
    return i, at


@compiled(types.UniTuple(_INT, 2)(_ROWS, _FLOATS, _INT, _ROWS, _FLOATS, _INT, types.boolean))
def back_off(
    rows: Any, floats: Any, i: Int, contexts: Any, context_floats: Any, at: Int, final: Int
) -> tuple[Int, Int]:
    """Give n-grams that are contexts the weight of the lower order, and the others 0; all in suffix order.

    Args:
        rows: N-grams; the value's second float is set.
        floats: The same memory as floats.
        i: The first n-gram to do.
        contexts: The next contexts as `weigh` leaves them.
        context_floats: The same memory as floats.
        at: The first of them that may match.
        final: Whether no contexts come after these.

    Returns:
        The n-gram before which it stopped, and the context: beyond the end of *rows* or of *contexts*.
    """
    while i < len(rows):
        high, low = rows[i, 0], rows[i, 1]
        while at < len(contexts) and _less(contexts, at, high, low):
            at += 1
        if at == len(contexts) and not final:
            break
        found = at < len(contexts) and contexts[at, 0] == high and contexts[at, 1] == low
        floats[i, 5] = context_floats[at, 4] if found else 0.0
        i += 1
    return i, at
