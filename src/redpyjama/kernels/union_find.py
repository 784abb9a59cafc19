"""Components of a graph whose nodes are 64-bit numbers.

Nodes are compacted to their places among all nodes in order, so the smallest place of a component is that of its
smallest node. A union keeps the smaller root: then the root of a component is its smallest node, whatever the order
of the unions, and a parent is never greater than its child.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled

_INT: Any = types.int64
_ROWS: Any = types.uint64[:, ::1]
_PARENTS: Any = types.int64[::1]
_NODES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_PLACES: Any = types.Array(types.int64, 1, "C", readonly=True)


@compiled(types.void(_ROWS, _ROWS, types.int64[::1], types.uint64))
def _scatter(source: Any, target: Any, places: Any, shift: Any) -> None:
    for i in range(len(source)):
        digit = (source[i, 0] >> shift) & np.uint64(255)
        target[places[digit], 0], target[places[digit], 1] = source[i, 0], source[i, 1]
        places[digit] += 1


@compiled(_INT(_ROWS, _ROWS), allocates=True)
def sort_by_key(rows: Any, spare: Any) -> Int:
    """Sort records (key, node) by key; those of the same key keep their order.

    Returns:
        0 if they are in *rows* then, 1 if in *spare*, which has the same size.
    """
    counts = np.zeros((8, 256), np.int64)
    for i in range(len(rows)):
        for byte in range(8):
            counts[byte, (rows[i, 0] >> np.uint64(8 * byte)) & np.uint64(255)] += 1
    side = 0
    for byte in range(8):
        begin, alike = np.int64(0), False
        for value in range(256):
            size = counts[byte, value]
            alike = alike or size == len(rows)
            counts[byte, value] = begin
            begin += size
        if not alike:
            source, target = (rows, spare) if side == 0 else (spare, rows)
            _scatter(source, target, counts[byte], np.uint64(8 * byte))
            side = 1 - side
    return side


@compiled(_INT(_ROWS))
def star_edges(rows: Any) -> Int:
    """Turn records (key, node), sorted by key, into edges from the smallest node of each key to its other nodes.

    They take the place of the first records.

    Returns:
        How many edges there are.
    """
    count = begin = np.int64(0)
    while begin < len(rows):
        end, least = begin, rows[begin, 1]
        while end < len(rows) and rows[end, 0] == rows[begin, 0]:
            least = min(least, rows[end, 1])
            end += 1
        for i in range(begin, end):
            if rows[i, 1] != least:
                node = rows[i, 1]
                rows[count, 0], rows[count, 1] = least, node  # count <= i, and what stands there has been read
                count += 1
        begin = end
    return count


@compiled(types.void(_NODES, _NODES, _PARENTS))
def look_up(nodes: Any, values: Any, places: Any) -> None:
    """Find the place of the first node that is not smaller, for each of sorted values.

    Strides from one to the next grow twofold: numpy's `searchsorted` takes five times as long. Source: Bentley and Yao
    1976, An almost optimal algorithm for unbounded searching.
    """
    low = np.int64(0)
    for i in range(len(values)):
        value, stride = values[i], np.int64(1)
        high = low
        while high < len(nodes) and nodes[high] < value:
            low = high + 1
            high += stride
            stride *= 2
        high = min(high, len(nodes))
        while low < high:
            middle = (low + high) >> 1
            if nodes[middle] < value:
                low = middle + 1
            else:
                high = middle
        places[i] = low


@compiled(types.uint64[::1](_NODES, _NODES, _PLACES), allocates=True)
def inserted(nodes: Any, values: Any, places: Any) -> Any:
    """Return sorted nodes, and among them values, each before the node at its place."""
    found = np.empty(len(nodes) + len(values), np.uint64)
    begin = np.int64(0)
    for i in range(len(values)):
        for at in range(begin, places[i]):
            found[at + i] = nodes[at]
        begin = places[i]
        found[begin + i] = values[i]
    for at in range(begin, len(nodes)):
        found[at + len(values)] = nodes[at]
    return found


@compiled(_INT(_PARENTS, _INT))
def find(parents: Any, place: Int) -> Int:
    """Return the root of a place; halves the path to it. Source: Tarjan and van Leeuwen 1984, path halving."""
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


@compiled(types.void(_PARENTS, _INT, _INT))
def unite(parents: Any, one: Int, other: Int) -> None:
    """Make two components one."""
    one, other = find(parents, one), find(parents, other)
    if one < other:
        parents[other] = one
    else:
        parents[one] = other


@compiled(types.void(_PARENTS, _PLACES, _PLACES))
def unite_all(parents: Any, ones: Any, others: Any) -> None:
    """Unite the ends of each edge."""
    for i in range(len(ones)):
        unite(parents, ones[i], others[i])


@compiled(_INT(_PARENTS))
def settle(parents: Any) -> Int:
    """Make each place's parent its root; return how many places the largest component has."""
    for place in range(len(parents)):
        parents[place] = parents[parents[place]]  # the parent comes first: its own is its root by now
    largest = np.int64(0)
    for place in range(len(parents)):  # a root holds, below zero, how many it has; it comes before all of them
        root = parents[place]
        if root == place:
            parents[place] = -1
        else:
            parents[root] -= 1
    for place in range(len(parents)):
        if parents[place] < 0:
            largest = max(largest, -parents[place])
            parents[place] = place
    return largest
