"""Which lists a host or one of its parent domains is on, by hashes of the names read from their ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.compiled import compiled
from redpyjama.kernels.text import OFFSETS, TEXT
from redpyjama.kernels.word_hash import mixed

MAX_LISTS: Final = 64
"""A bit for each."""

_INT: Any = types.int64
_PAIR: Any = types.UniTuple(_INT, 2)
_NAMES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_SEED = np.uint64(0xCBF29CE484222325)
_FACTOR = np.uint64(0x100000001B3)

_SMALL = np.arange(256, dtype=np.uint64)
_SMALL[0x41:0x5B] += 0x20

_BLANK = np.zeros(256, np.bool_)
_BLANK[[0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x20]] = True
_HOST_END = _BLANK.copy()
_HOST_END[[0x2F, 0x3F, 0x23, 0x5C]] = True  # / ? # \


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLists:
    """Domains of several lists.

    Attributes:
        names: uint64, sorted: the hash of each domain.
        lists: uint64: bit i says that it is on list i.
    """

    names: NDArray[np.uint64]
    lists: NDArray[np.uint64]


def table(files: Iterable[bytes]) -> DomainLists:
    """Return the table of lists, each a text of one domain a line; blank lines and those that begin with # are none."""
    names: list[NDArray[np.uint64]] = []
    lists: list[NDArray[np.uint64]] = []
    for number, content in enumerate(files):
        data = np.frombuffer(content, np.uint8)
        hashes = np.empty(content.count(b"\n") + 1, np.uint64)
        names.append(hashes[: _hash_lines(data, hashes)])
        lists.append(np.full(len(names[-1]), 1 << number, np.uint64))
    everything = np.concatenate([*names, np.zeros(0, np.uint64)])
    order = np.argsort(everything, kind="stable")
    bits = np.concatenate([*lists, np.zeros(0, np.uint64)])[order]
    distinct, first = np.unique(everything[order], return_index=True)
    merged = np.bitwise_or.reduceat(bits, first) if len(first) else bits
    return DomainLists(names=distinct, lists=merged)


def look_up(data: Bytes, offsets: Offsets, table: DomainLists, *, parents: bool) -> NDArray[np.uint64]:
    """Return for each URL or host between *offsets* the lists that it is on, as bits.

    Args:
        data: UTF-8; of names only A-Z are made small.
        offsets: n + 1 positions.
        table: From `table`.
        parents: Whether the domains above a host count too: "a.b.example.org" is on the list of "example.org".
    """
    found = np.empty(len(offsets) - 1, np.uint64)
    _look_up(data, offsets, table.names, table.lists, parents, found)
    return found


@compiled(_INT(TEXT, types.uint64[::1]))
def _hash_lines(text: Any, hashes: Any) -> int:
    """Hash the domain in each line; return how many there are."""
    size = 0
    position = 0
    while position < len(text):
        stop = position
        while stop < len(text) and text[stop] != 0x0A:
            stop += 1
        start, end = position, stop
        position = stop + 1
        while start < end and _BLANK[text[start]]:
            start += 1
        while end > start and (_BLANK[text[end - 1]] or text[end - 1] == 0x2E):
            end -= 1
        if start == end or text[start] == 0x23:
            continue
        while start < end and (text[start] == 0x2E or text[start] == 0x2A):  # ".example.org" and "*.example.org"
            start += 1
        state = _SEED
        for i in range(end - 1, start - 1, -1):
            state = (state ^ _SMALL[text[i]]) * _FACTOR
        hashes[size] = mixed(state)
        size += 1
    return size


@compiled(_PAIR(TEXT, _INT, _INT))
def _host(text: Any, start: int, stop: int) -> tuple[int, int]:
    """Return where the host of a URL lies; a text without "//" is one itself."""
    for i in range(start, stop - 1):
        if text[i] == 0x2F and text[i + 1] == 0x2F:
            start = i + 2
            break
        if _HOST_END[text[i]]:
            break
    end = start
    while end < stop and not _HOST_END[text[end]]:
        if text[end] == 0x40:  # what stands before @ is a user
            start = end + 1
        end += 1
    if start < end and text[start] == 0x5B:  # [IPv6]
        return start, end
    for i in range(start, end):
        if text[i] == 0x3A:
            end = i
            break
    while end > start and text[end - 1] == 0x2E:
        end -= 1
    return start, end


@compiled(types.uint64(_NAMES, _NAMES, types.uint64))
def _lists_of(names: Any, lists: Any, name: Any) -> Any:
    low, high = 0, len(names)
    while low < high:
        middle = (low + high) >> 1
        if names[middle] < name:
            low = middle + 1
        else:
            high = middle
    return lists[low] if low < len(names) and names[low] == name else np.uint64(0)


@compiled(types.void(TEXT, OFFSETS, _NAMES, _NAMES, types.boolean, types.uint64[::1]))
def _look_up(text: Any, offsets: Any, names: Any, lists: Any, parents: Any, found: Any) -> None:
    for document in range(len(offsets) - 1):
        start, end = _host(text, offsets[document], offsets[document + 1])
        found[document] = 0
        state = _SEED
        for i in range(end - 1, start - 1, -1):
            if text[i] == 0x2E and parents:
                found[document] |= _lists_of(names, lists, mixed(state))
            state = (state ^ _SMALL[text[i]]) * _FACTOR
        if start < end:
            found[document] |= _lists_of(names, lists, mixed(state))
