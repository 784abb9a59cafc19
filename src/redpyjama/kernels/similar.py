"""Joins members of the same bucket that are alike, in time linear in the bucket.

Members are numbered in keep order, so the root of a cluster (`redpyjama.kernels.union_find`) is the one that stays.
Records are (key, member), sorted by both: a bucket is a run of equal keys.
Sketches lie one after the other in *values*; those of a member are at [starts[member], starts[member] + sizes[member]).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.fasttext_tables import popcount
from redpyjama.kernels.union_find import find, unite

MAX_REPRESENTATIVES: Final = 64
"""Members of a bucket that each further one is compared to.

A bucket with one sketch more than that is still compared in full, and a bucket that has many more is a template's, of
which a few pages find all others, or unlike documents that share boilerplate, which no number of comparisons would
join. 64 comparisons of unlike documents cost about as much as hashing the shingles of one did.
"""

SAMPLES: Final = 8
"""Values of a sketch by which, in a greater bucket, a member finds the last one that had the same.

Of the eight smallest hashes of two sets together each is in both with probability J, their Jaccard index (Broder 1997):
two that are alike by 0.5 have none of them in common once in 256 times, by 0.8 once in 400,000 times.
"""

COMPARISONS, IDENTICAL, CROWDED, COUNTS = 0, 1, 2, 3
"""Places in the counts: pairs compared; members joined to one with the same sketch; buckets with too many sketches."""

_INT: Any = types.int64
_F64: Any = types.float64
_BOOL: Any = types.boolean
_ROWS: Any = types.uint64[:, ::1]
_INTS: Any = types.int64[::1]
_BYTES: Any = types.int8[::1]
_VALUES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_PLACES: Any = types.Array(types.int64, 1, "C", readonly=True)


@compiled(_F64(_VALUES, _PLACES, _PLACES, _INT, _INT, _F64))
def _jaccard(values: Any, starts: Any, sizes: Any, one: Int, other: Int, limit: Any) -> Any:
    """Return the similarity of two sets, or 0 as soon as it is known to be below the limit."""
    i, j = starts[one], starts[other]
    size_i, size_j = sizes[one], sizes[other]
    if size_i + size_j == 0:
        return 1.0
    # Source: Bayardo et al. 2007, Scaling up all pairs similarity search: the overlap that a similarity takes.
    least = np.int64(np.ceil(limit * (size_i + size_j) / (1 + limit) - 1e-6))
    slack_i, slack_j = size_i - least, size_j - least
    if slack_i < 0 or slack_j < 0:
        return 0.0
    first_i, first_j, stop_i, stop_j = i, j, i + size_i, j + size_j
    common = np.int64(0)
    while i < stop_i and j < stop_j:
        a, b = values[i], values[j]
        common += a == b
        i += a <= b
        j += b <= a
        if i - first_i - common > slack_i or j - first_j - common > slack_j:
            return 0.0
    return common / (size_i + size_j - common)


@compiled(_F64(_VALUES, _PLACES, _PLACES, _INT, _INT))
def _distance(values: Any, starts: Any, sizes: Any, one: Int, other: Int) -> Any:
    """Return how many bits differ; 65 where only one of both has a value."""
    if sizes[one] == 0 or sizes[other] == 0:
        return np.float64(0 if sizes[one] == sizes[other] else 65)
    return np.float64(popcount(values[starts[one]] ^ values[starts[other]]))


@compiled(_BOOL(_VALUES, _PLACES, _PLACES, _INT, _INT))
def _identical(values: Any, starts: Any, sizes: Any, one: Int, other: Int) -> Int:
    if sizes[one] != sizes[other]:
        return False
    first, second = starts[one], starts[other]
    for i in range(sizes[one]):
        if values[first + i] != values[second + i]:
            return False
    return True


@compiled(types.void(_VALUES, _PLACES, _PLACES, types.uint64[::1]))
def digest(values: Any, starts: Any, sizes: Any, digests: Any) -> None:
    """Hash each sketch, so that identical ones are found without looking at them. Source: SplitMix64's mixer."""
    for member in range(len(sizes)):
        state = np.uint64(sizes[member])
        for i in range(starts[member], starts[member] + sizes[member]):
            state = (state ^ values[i]) * np.uint64(0xBF58476D1CE4E5B9)
            state ^= state >> np.uint64(32)
        digests[member] = state


@compiled(types.void(_VALUES, _PLACES, _PLACES, _ROWS))
def fill_records(keys: Any, starts: Any, sizes: Any, rows: Any) -> None:
    """Write (key, member) for each key of each member, in the order of members."""
    at = np.int64(0)
    for member in range(len(sizes)):
        for i in range(starts[member], starts[member] + sizes[member]):
            rows[at, 0], rows[at, 1] = keys[i], np.uint64(member)
            at += 1


@compiled(types.void(_INTS, _BYTES, _INT, _INT, types.int8))
def _join(parents: Any, joined: Any, one: Int, other: Int, method: Int) -> None:
    unite(parents, one, other)
    if joined[one] < 0:
        joined[one] = method
    if joined[other] < 0:
        joined[other] = method


@compiled(types.void(_ROWS, _INTS, _BYTES, types.int8))
def join_all(rows: Any, parents: Any, joined: Any, method: Int) -> None:
    """Join the members of each bucket; *joined* receives the method of those that were in no cluster yet."""
    for i in range(1, len(rows)):
        if rows[i, 0] == rows[i - 1, 0] and rows[i, 1] != rows[i - 1, 1]:
            _join(parents, joined, np.int64(rows[i - 1, 1]), np.int64(rows[i, 1]), method)


@compiled(_INT(_ROWS, _INT))
def _end_of_bucket(rows: Any, begin: Int) -> Int:
    end = begin + 1
    while end < len(rows) and rows[end, 0] == rows[begin, 0]:
        end += 1
    return end


@compiled(_INT(_VALUES, _PLACES, _PLACES, _VALUES, _INTS, _INT, _INT, _INT))
def _seen(
    values: Any, starts: Any, sizes: Any, digests: Any, slots: Any, mask: Int, lowest: Int, member: Int
) -> Int:  # fmt: skip
    """Return the member of this bucket that came first with the same sketch, or -1 and note this one.

    A slot holds a member + *lowest*; what other buckets have left there is smaller.
    """
    at = np.int64(digests[member] >> np.uint64(20)) & mask
    while slots[at] >= lowest:
        other = slots[at] - lowest
        if digests[other] == digests[member] and _identical(values, starts, sizes, other, member):
            return other
        at = (at + 1) & mask
    slots[at] = lowest + member
    return np.int64(-1)


@compiled(_BOOL(_INTS, _INT, _INT, _INT))
def _represent(representatives: Any, count: Int, member: Int, matched: Int) -> Int:
    """Let the list of representatives, those of use of late first, know of a member; say whether one had no room.

    Args:
        representatives: Of which the first *count* are there.
        count: How many.
        member: One whose sketch is new.
        matched: The place of the first representative that it is in a cluster with, or -1.
    """
    full = count == len(representatives)
    if matched >= 0:
        moved = representatives[matched]
        if not full:
            representatives[count] = member
    else:
        matched = count - 1 if full else count
        moved = member
    for i in range(matched, 0, -1):
        representatives[i] = representatives[i - 1]
    representatives[0] = moved
    return full


@compiled(_BOOL(_VALUES, _PLACES, _PLACES, _INT, _INT, _BOOL, _F64))
def _alike(values: Any, starts: Any, sizes: Any, one: Int, other: Int, hamming: Int, limit: Any) -> Int:
    if hamming:
        return _distance(values, starts, sizes, one, other) <= limit
    return _jaccard(values, starts, sizes, one, other, limit) >= limit


@compiled(_INT(_VALUES, _PLACES, _PLACES, _INT, _BOOL, _INT))
def _sample(values: Any, starts: Any, sizes: Any, member: Int, hamming: Int, which: Int) -> Int:
    """Return the hash of one of the smallest values of a set, or of 16 bits of a single value; -1 if there is none."""
    if hamming:
        if which >= 4 or sizes[member] == 0:
            return np.int64(-1)
        bits = values[starts[member]] >> np.uint64(16 * which) & np.uint64(0xFFFF)
        value = bits | np.uint64((which + 1) << 16)
    elif which >= sizes[member]:
        return np.int64(-1)
    else:
        value = values[starts[member] + which]
    return np.int64((value * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20))


@compiled(types.void(_VALUES, _PLACES, _PLACES, _INT, _BOOL, _F64, types.int8, _INTS, _BYTES, _INTS, _INTS, _INT, _INT))
def _join_sampled(
    values: Any, starts: Any, sizes: Any, member: Int, hamming: Int, limit: Any, method: Int, parents: Any,
    joined: Any, counts: Any, slots: Any, mask: Int, lowest: Int,
) -> None:  # fmt: skip
    """Join a member to those that were the last with a value of its own, and note it with its values."""
    for which in range(SAMPLES):
        at = _sample(values, starts, sizes, member, hamming, which)
        if at < 0:
            break
        other = slots[at & mask] - lowest  # by chance, one with another value
        slots[at & mask] = lowest + member
        if other >= 0 and find(parents, member) != find(parents, other):
            counts[COMPARISONS] += 1
            if _alike(values, starts, sizes, member, other, hamming, limit):
                _join(parents, joined, member, other, method)


@compiled(_INT(_INT))
def _mask(size: Int) -> Int:
    """Return the greatest index of a table with at least two slots for each of so many."""
    mask = np.int64(1)
    while mask + 1 < 2 * size:
        mask = 2 * mask + 1
    return mask


@compiled(
    types.void(
        _ROWS, _INT, _INT, _VALUES, _PLACES, _PLACES, _VALUES, _BOOL, _F64, types.int8, _INTS, _BYTES, _INTS, _INTS,
        _INTS, _INT, _INTS,
    )
)  # fmt: skip
def _join_bucket(
    rows: Any, begin: Int, end: Int, values: Any, starts: Any, sizes: Any, digests: Any, hamming: Int, limit: Any,
    method: Int, parents: Any, joined: Any, counts: Any, slots: Any, sampled: Any, lowest: Int, representatives: Any,
) -> None:  # fmt: skip
    """Join the members of the bucket [begin, end)."""
    room = len(representatives)
    mask, sampled_mask = _mask(end - begin), _mask(SAMPLES * (end - begin))
    count, crowded = np.int64(0), False
    for i in range(begin, end):
        member = np.int64(rows[i, 1])
        if i > begin and rows[i - 1, 1] == rows[i, 1]:
            continue
        same = _seen(values, starts, sizes, digests, slots, mask, lowest, member)
        if same >= 0:
            _join(parents, joined, same, member, method)
            counts[IDENTICAL] += 1
            continue
        if end - begin > room + 1:
            _join_sampled(values, starts, sizes, member, hamming, limit, method, parents, joined, counts, sampled,
                          sampled_mask, lowest)  # fmt: skip
        matched = np.int64(-1)
        for r in range(count):
            other = representatives[r]
            if find(parents, member) != find(parents, other):
                counts[COMPARISONS] += 1
                if not _alike(values, starts, sizes, member, other, hamming, limit):
                    continue
                _join(parents, joined, member, other, method)
            if matched < 0:
                matched = r
        if _represent(representatives, count, member, matched):
            crowded = True
        else:
            count += 1
    counts[CROWDED] += crowded


@compiled(
    types.void(_ROWS, _VALUES, _PLACES, _PLACES, _VALUES, _BOOL, _F64, types.int8, _INTS, _BYTES, _INTS), allocates=True
)
def join_similar(
    rows: Any, values: Any, starts: Any, sizes: Any, digests: Any, hamming: Int, limit: Any, method: Int, parents: Any,
    joined: Any, counts: Any,
) -> None:  # fmt: skip
    """Join the members of each bucket that are alike.

    Each is compared to at most `MAX_REPRESENTATIVES` before it with other sketches, and not to those that it is in a
    cluster with already. The representatives are the first of the bucket; when there are more sketches, one that
    matches a representative is not kept, and one that matches none takes the place of the one that has matched none
    for longest. In a bucket of more than one more than that, it is also compared to the last members with one of its
    `SAMPLES`, before.

    Args:
        rows: Records (key, member), sorted by both.
        values: The sketches.
        starts: Where they are, by member.
        sizes: How long they are.
        digests: Their hashes.
        hamming: Whether they are compared by Hamming distance, not by the Jaccard index.
        limit: Largest distance, or least index.
        method: Number of the method.
        parents: Of the clusters.
        joined: Receives the method of those that were in no cluster yet.
        counts: `COUNTS` numbers, to which is added.
    """
    largest = begin = np.int64(0)
    while begin < len(rows):
        end = _end_of_bucket(rows, begin)
        largest = max(largest, end - begin)
        begin = end
    slots = np.full(_mask(largest) + 1, -1, np.int64)
    sampled = np.full(_mask(SAMPLES * largest) + 1 if largest > MAX_REPRESENTATIVES + 1 else 0, -1, np.int64)
    representatives = np.empty(MAX_REPRESENTATIVES, np.int64)
    begin = lowest = np.int64(0)
    while begin < len(rows):
        end = _end_of_bucket(rows, begin)
        if end - begin > 1:
            _join_bucket(
                rows, begin, end, values, starts, sizes, digests, hamming, limit, method, parents, joined, counts,
                slots, sampled, lowest, representatives,
            )  # fmt: skip
            lowest += len(parents)
        begin = end


@compiled(types.void(_VALUES, _PLACES, _PLACES, _BOOL, _PLACES, _PLACES, _F64[::1]))
def similarities(values: Any, starts: Any, sizes: Any, hamming: Int, ones: Any, others: Any, out: Any) -> None:
    """Measure pairs: the Jaccard index, or the share of equal bits; no number where one has no sketch."""
    for i in range(len(ones)):
        if sizes[ones[i]] == 0 or sizes[others[i]] == 0:
            out[i] = np.nan
        elif hamming:
            out[i] = 1 - _distance(values, starts, sizes, ones[i], others[i]) / 64
        else:
            out[i] = _jaccard(values, starts, sizes, ones[i], others[i], 0.0)
