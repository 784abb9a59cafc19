"""Windows of N bytes that stand in several places, found though the texts lie apart.

The *anchor* of a window is the k-gram in it with the least hash (of equal ones the last): equal windows have equal
anchors at the same place in them, whatever stands around. Windows one after the other mostly share theirs: these are a
*stretch*, and a window can only stand again in a stretch whose anchor is equal.

Source: Schleimer et al. 2003, "Winnowing: local algorithms for document fingerprinting", section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.repeated_lines import eight
from redpyjama.kernels.repetition import mask_for, table_size
from redpyjama.kernels.text import OFFSETS, TEXT
from redpyjama.kernels.word_hash import mixed
from redpyjama.limits import MAX_SUBSTRING_WINDOW

MAX_WINDOWS = 1 << 20
"""Windows that are compared at once, if one stretch has not more; each takes 80 bytes."""

_INT: Any = types.int64
_U64: Any = types.uint64
_U64S: Any = types.uint64[::1]
_I64S: Any = types.int64[::1]
_I32S: Any = types.int32[::1]
_FOUND: Any = types.uint64[:, ::1]
_ENDS: Any = types.Array(types.int64, 1, "C", readonly=True)
_BASE = np.uint64(0x9E3779B97F4A7C15)
_SEED = np.uint64(0x8EBC6AF09C88C6E3)
_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)
_HALF = np.uint64(32)
_KEY, _HASH, _START, _BACK, _WINDOWS, _TIMES, _NUM_COLUMNS = 0, 1, 2, 3, 4, 5, 6
_LEAST_ROOM = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretches:
    """The stretches of some documents, in order.

    Attributes:
        doc_offsets: int64 of n + 1: the stretches of document i are [doc_offsets[i], doc_offsets[i + 1]).
        key: uint64: hash of the anchor.
        hash: uint64 of all that tells stretches apart: bytes, their number, the place of the anchor in them.
        start: int32: where the first window begins in the data buffer.
        back: uint16: how far behind that the anchor lies.
        windows: uint16: how many windows.
        times: int32: how often the stretch stands in a row, each time *windows* bytes later. Short periods, such as
            rows of dashes, would else be as many stretches as bytes.
    """

    doc_offsets: NDArray[np.int64]
    key: NDArray[np.uint64]
    hash: NDArray[np.uint64]
    start: NDArray[np.int32]
    back: NDArray[np.uint16]
    windows: NDArray[np.uint16]
    times: NDArray[np.int32]


def find_stretches(data: Bytes, offsets: Offsets, length: int, gram: int) -> Stretches:
    """Return the stretches of the documents that lie between *offsets* in *data*.

    Args:
        data: Bytes.
        offsets: n + 1 positions.
        length: Bytes of a window, at most `redpyjama.limits.MAX_SUBSTRING_WINDOW`.
        gram: Bytes of an anchor, at most *length*. Random text has a stretch for every (length - gram) / 2 bytes.
    """
    grams = length - gram + 1
    ring = np.empty(1 << grams.bit_length(), np.uint64)
    doc_offsets = np.empty(len(offsets), np.int64)
    room = 3 * (int(offsets[-1]) - int(offsets[0])) // grams + _LEAST_ROOM
    while True:
        out = np.empty((room, _NUM_COLUMNS), np.uint64)
        count = _find(data, offsets, length, gram, ring, doc_offsets, out)
        if count <= room:
            break
        room = count
    found = out[:count]
    return Stretches(
        doc_offsets=doc_offsets,
        key=np.ascontiguousarray(found[:, _KEY]),
        hash=np.ascontiguousarray(found[:, _HASH]),
        start=found[:, _START].astype(np.int32),
        back=found[:, _BACK].astype(np.uint16),
        windows=found[:, _WINDOWS].astype(np.uint16),
        times=found[:, _TIMES].astype(np.int32),
    )


@compiled(_U64(TEXT, _INT, _INT, _U64))
def _hash(data: Any, position: Int, stop: Int, state: Any) -> Any:
    """Mix the bytes of [position, stop) and their number into *state*."""
    state = state ^ (np.uint64(stop - position) << _HALF)
    while position + 8 <= stop:
        state = mixed(state ^ eight(data, np.uint64(position)))
        position += 8
    last = np.uint64(0)
    for i in range(position, stop):
        last = last << np.uint64(8) | np.uint64(data[i])
    return mixed(state ^ last)


@compiled(types.Tuple((_INT, _U64))(_U64S, _INT, _INT))
def _least(ring: Any, first: Int, last: Int) -> tuple[Int, Any]:
    """Return which of the k-grams from *first* to *last* has the least hash, the last of equal ones, and the hash."""
    mask = len(ring) - 1
    place, least = last, ring[last & mask]
    for i in range(last - 1, first - 1, -1):
        value = ring[i & mask]
        if value < least:
            place, least = i, value
    return place, least


@compiled(_INT(TEXT, _INT, _INT, _INT, _INT, _U64, _INT, _FOUND))
def _add(data: Any, start: Int, windows: Int, length: Int, anchor: Int, key: Any, count: Int, out: Any) -> int:
    """Write a stretch, if there is room; return how many there are with it."""
    back = np.uint64(anchor - start)
    found = _hash(data, start, start + windows - 1 + length, _SEED ^ back)
    if 0 < count <= len(out):
        before = out[count - 1]
        touches = before[_START] + before[_TIMES] * before[_WINDOWS] == np.uint64(start)
        if touches and before[_HASH] == found:
            before[_TIMES] += np.uint64(1)
            return count
    if count < len(out):
        row = out[count]
        row[_KEY] = key
        row[_HASH] = found
        row[_START] = np.uint64(start)
        row[_BACK] = back
        row[_WINDOWS] = np.uint64(windows)
        row[_TIMES] = np.uint64(1)
    return count + 1


@compiled(_INT(TEXT, OFFSETS, _INT, _INT, _U64S, _I64S, _FOUND))
def _find(data: Any, offsets: Any, length: Int, gram: Int, ring: Any, doc_offsets: Any, out: Any) -> int:
    """Write the stretches as far as there is room for them; return how many there are."""
    mask = len(ring) - 1
    grams = length - gram + 1
    power = np.uint64(1)  # what a byte has been multiplied by when it leaves the k-gram
    for _ in range(gram):
        power *= _BASE
    count: Int = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = count
        begin, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        if stop - begin < length:
            continue
        rolling, least, key = np.uint64(0), _NONE, _NONE
        for i in range(begin, begin + gram - 1):
            rolling = rolling * _BASE + np.uint64(data[i])
        anchor, place, first, leaves = np.int64(-1), np.int64(-1), begin, np.uint64(0)
        for at in range(begin, stop - gram + 1):
            rolling = rolling * _BASE + np.uint64(data[at + gram - 1]) - power * leaves
            leaves = np.uint64(data[at])
            value = mixed(rolling)
            ring[at & mask] = value
            if value <= least:
                place, least = at, value
            elif place <= at - grams:
                place, least = _least(ring, at - grams + 1, at)
            window = at - grams + 1
            if window >= begin and place != anchor:
                if anchor >= 0:
                    count = _add(data, first, window - first, length, anchor, key, count, out)
                anchor, key, first = place, least, window
        count = _add(data, first, stop - length + 1 - first, length, anchor, key, count, out)
    doc_offsets[len(offsets) - 1] = count
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """Distinct stretches, those with the same anchor together; of these the one that stands first comes first.

    Attributes:
        groups: int64 of g + 1: the stretches of anchor i are [groups[i], groups[i + 1]).
        begin: int64: where the text of each begins in a buffer.
        back: int64, as of `Stretches`.
        windows: int64, as of `Stretches`.
        count: int64: in how many places it stands.
    """

    groups: NDArray[np.int64]
    begin: NDArray[np.int64]
    back: NDArray[np.int64]
    windows: NDArray[np.int64]
    count: NDArray[np.int64]


Ranges = NDArray[np.int64]
"""A row for each range of windows: stretch, first window, last window + 1, the stretch in which they stand first."""


def repeated_windows(
    data: Bytes, found: Distinct, length: int, min_count: int, max_windows: int = MAX_WINDOWS
) -> Ranges:
    """Return the windows that stand in at least *min_count* places, by stretch and place.

    Windows are compared byte by byte.

    Args:
        data: The texts of the stretches: *windows* - 1 + *length* bytes each.
        found: Distinct stretches.
        length: Bytes of a window.
        min_count: At least 2.
        max_windows: How many are compared at once. What comes out does not depend on it.
    """
    ranges = [np.zeros((0, 4), np.int64)]
    ends = np.concatenate([[0], np.cumsum(found.windows)])[found.groups]
    group, num_groups = 0, len(found.groups) - 1
    while group < num_groups:
        last = int(np.searchsorted(ends, ends[group] + max_windows, side="right")) - 1
        last = max(last, group + 1)
        classes = slice(int(found.groups[group]), int(found.groups[last]))
        backs, windows = found.back[classes], found.windows[classes]
        # A window stands again only where the anchor is as far behind it: too many can be compared part by part.
        step = max(1, max_windows // len(backs)) if ends[last] - ends[group] > max_windows else MAX_SUBSTRING_WINDOW + 1
        for nearest in range(0, int(backs.max()) + 1, step):
            low = np.clip(backs - (nearest + step - 1), 0, windows)
            high = np.clip(backs - nearest + 1, 0, windows)
            groups = found.groups[group : last + 1] - classes.start
            part = _compare(
                data, groups, found.begin[classes], low, high, backs, found.count[classes], length, min_count
            )
            part[:, (0, 3)] += classes.start
            ranges.append(part)
        group = last
    return np.concatenate(ranges)


def _compare(
    data: Bytes, groups: NDArray[np.int64], begin: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64],
    backs: NDArray[np.int64], counts: NDArray[np.int64], length: int, min_count: int,
) -> Ranges:  # fmt: skip
    """Compare the windows [low, high) of some stretches."""
    sizes = high - low
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    total = int(bounds[-1])
    if not total:
        return np.zeros((0, 4), np.int64)
    owner = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    window = np.arange(total) - np.repeat(bounds[:-1] - low, sizes)
    slots = np.empty(table_size(int((bounds[groups[1:]] - bounds[groups[:-1]]).max())), np.int32)
    hashes, places = np.empty(total, np.uint64), np.zeros(total, np.int64)
    first = np.empty(total, np.int32)
    position = begin[owner] + window
    _meet(data, groups, bounds, position, backs[owner] - window, counts[owner], length, slots, hashes, places, first)
    stays = np.where(places[first] >= min_count, owner[first], -1)
    changes = np.flatnonzero((np.diff(stays, prepend=-1) != 0) | (np.diff(owner, prepend=-1) != 0))
    lasts = np.append(changes[1:], total) - 1
    found = np.column_stack([owner[changes], window[changes], window[lasts] + 1, stays[changes]]).astype(np.int64)
    return found[found[:, 3] >= 0]


@compiled(types.boolean(TEXT, _INT, _INT, _INT))
def _same(data: Any, one: Int, other: Int, length: Int) -> bool:
    """Say whether the bytes at two places are the same."""
    stop = one + length
    while one + 8 <= stop:
        if eight(data, np.uint64(one)) != eight(data, np.uint64(other)):
            return False
        one += 8
        other += 8
    while one < stop:
        if data[one] != data[other]:
            return False
        one += 1
        other += 1
    return True


@compiled(types.void(TEXT, _I64S, _I64S, _I64S, _I64S, _I64S, _INT, _I32S, _U64S, _I64S, _I32S))
def _meet(
    data: Any, groups: Any, bounds: Any, positions: Any, distances: Any, counts: Any, length: Int,
    slots: Any, hashes: Any, places: Any, firsts: Any,
) -> None:  # fmt: skip
    """Write to *firsts* the first of the windows of its group that each equals, and to *places* of that the count."""
    power = np.uint64(1)
    for _ in range(length):
        power *= _BASE
    for group in range(len(groups) - 1):
        begin, stop = bounds[groups[group]], bounds[groups[group + 1]]
        mask = mask_for(stop - begin, len(slots))
        for i in range(mask + 1):
            slots[i] = -1
        rolling, before = np.uint64(0), np.int64(-2)
        for window in range(begin, stop):
            position = positions[window]
            if position == before + 1:
                leaves = np.uint64(data[before])
                rolling = rolling * _BASE + np.uint64(data[position + length - 1]) - power * leaves
            else:
                rolling = np.uint64(0)
                for i in range(position, position + length):
                    rolling = rolling * _BASE + np.uint64(data[i])
            before = position
            value = mixed(rolling ^ (np.uint64(distances[window]) << _HALF))
            hashes[window] = value
            slot = np.int64(value & np.uint64(mask))
            while True:
                other = np.int64(slots[slot])
                if other < 0:
                    slots[slot] = window
                    other = window
                elif hashes[other] != value or distances[other] != distances[window]:
                    slot = (slot + 1) & mask
                    continue
                elif not _same(data, positions[other], position, length):
                    slot = (slot + 1) & mask
                    continue
                firsts[window] = other
                places[other] += counts[window]
                break


@compiled(types.void(TEXT, _I64S, _I64S, types.uint8[::1]))
def copy(data: Any, begins: Any, ends: Any, text: Any) -> None:
    """Copy ranges of bytes: number i, which begins at *begins*[i], to [ends[i], ends[i + 1]) of *text*."""
    for i in range(len(begins)):
        start = begins[i] - ends[i]
        for at in range(ends[i], ends[i + 1]):
            text[at] = data[start + at]
