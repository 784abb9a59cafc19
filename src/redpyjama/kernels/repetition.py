"""How much of a document says again what it said before, word by word.

An n-gram can only stand twice where both (n-1)-grams in it do. So all pairs of words are grouped, then the triples at
whose place two repeated pairs stand, and so on up to ten words; in prose each turn has a third of the one before.
Groups are numbered by the place of their first member, and an n-gram is looked up by the numbers of its two
(n-1)-grams: two n-grams are taken for the same only if all their words have equal hashes.

Hash tables are open and hold numbers that grow from turn to turn; what an earlier turn or document left behind is too
small to count, so that nothing is ever cleared.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.compiled import compiled

TOP: Final = (2, 3, 4)
"""The n of the n-grams of which the most frequent one is looked for."""

DUPLICATE: Final = (5, 6, 7, 8, 9, 10)
"""The n of the n-grams that may occur only once."""

TOP_COUNT, TOP_CHARS, COVERED_CHARS, SKIPPED_CHARS = 0, 3, 6, 12
"""Columns of `repeated_ngrams`, each the first of one for every n."""

NUM_COLUMNS: Final = 18

_INT: Any = types.int64
_POSITIONS: Any = types.int32[::1]
_WORD_OFFSETS: Any = types.Array(types.int64, 1, "C", readonly=True)
_HASHES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_NUMBERS: Any = types.Array(types.int32, 1, "C", readonly=True)
_TABLE: Any = types.int64[:, ::1]
_GROUPS: Any = types.int32[:, ::1]

_FIRST_TOP, _LAST_TOP, _LAST = TOP[0], TOP[-1], DUPLICATE[-1]
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SPREAD_2 = np.uint64(0xC2B2AE3D27D4EB4F)
_HALF = np.uint64(32)
MAX_NUMBER = 2**31 - 1


def repeated_ngrams(
    doc_offsets: NDArray[np.int64], hashes: NDArray[np.uint64], chars: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Measure the repeated word n-grams of some documents.

    Args:
        doc_offsets: n + 1: the words of document i are [doc_offsets[i], doc_offsets[i + 1]).
        hashes: One for each word; words with equal hashes are the same.
        chars: The length of each word.

    Returns:
        n rows of 18 columns. For 2, 3 and 4 words from `TOP_COUNT` on how often the most frequent n-gram stands there
        (the first of several; 0 where the document has not so many words), and from `TOP_CHARS` on how many characters
        its words have.
        For 5 to 10 words from `COVERED_CHARS` on the characters of all words that are in any n-gram that stands there
        twice; from `SKIPPED_CHARS` on those that a reader passes over who goes from word to word, notes the n-gram that
        begins there, and skips all n words of it if it is among the noted ones.
    """
    most = int(np.diff(doc_offsets).max(initial=0))
    slots = np.zeros(table_size(most), np.int32)
    groups = np.empty((2, most), np.int32)
    counts, places = np.empty(most, np.int32), np.empty(most, np.int32)
    found = np.empty((len(doc_offsets) - 1, NUM_COLUMNS), np.int64)
    _measure_ngrams(doc_offsets, hashes, chars, slots, groups, counts, places, found)
    return found


def table_size(most: int) -> int:
    """Return a power of two that is at least twice *most*."""
    return 2 << max(most - 1, 1).bit_length()


@compiled(_INT(_HASHES, _INT, _INT, _POSITIONS, _INT, _INT, _GROUPS, _POSITIONS, _POSITIONS))
def _group_pairs(
    hashes: Any, first: int, count: int, slots: Any, mask: int, base: int, groups: Any, counts: Any, places: Any
) -> int:
    """Group all pairs of the *count* words from *first* on; *places* becomes theirs; return how many there are."""
    for i in range(count - 1):
        places[i] = i
        one, two = hashes[first + i], hashes[first + i + 1]
        slot: Any = np.int64((one * _SPREAD ^ two) >> _HALF) & mask
        while True:
            place = slots[slot] - base - 1
            if place < 0:
                slots[slot] = base + i + 1
                groups[0, i] = i
                counts[i] = 1
                break
            if hashes[first + place] == one and hashes[first + place + 1] == two:
                groups[0, i] = place
                counts[place] += 1
                break
            slot = (slot + 1) & mask
    return max(count - 1, 0)


@compiled(_INT(_INT, _POSITIONS, _INT, _POSITIONS, _INT, _INT, _GROUPS, _POSITIONS))
def _group_longer(
    n: int, places: Any, num_places: int, slots: Any, mask: int, base: int, groups: Any, counts: Any
) -> int:
    """Group the n-grams at whose place two repeated (n-1)-grams stand; *places* becomes theirs; return how many."""
    old, new = (n - 1) & 1, n & 1
    size = 0
    for k in range(num_places - 1):
        i = places[k]
        if places[k + 1] != i + 1:
            continue
        places[size] = i
        size += 1
        one, two = groups[old, i], groups[old, i + 1]
        slot: Any = np.int64((np.uint64(one) * _SPREAD + np.uint64(two) * _SPREAD_2) >> _HALF) & mask
        while True:
            place = slots[slot] - base - 1
            if place < 0:
                slots[slot] = base + i + 1
                groups[new, i] = i
                counts[i] = 1
                break
            if groups[old, place] == one and groups[old, place + 1] == two:
                groups[new, i] = place
                counts[place] += 1
                break
            slot = (slot + 1) & mask
    return size


@compiled(_INT(_INT, _POSITIONS, _INT, _GROUPS, _POSITIONS))
def _keep_repeated(n: int, places: Any, num_places: int, groups: Any, counts: Any) -> int:
    """Take out the places of n-grams that stand there once; return how many are left."""
    size = 0
    for k in range(num_places):
        i = places[k]
        places[size] = i
        size += counts[groups[n & 1, i]] > 1
    return size


@compiled(types.UniTuple(_INT, 2)(_INT, _POSITIONS, _INT, _GROUPS, _POSITIONS))
def _most_frequent(n: int, places: Any, num_places: int, groups: Any, counts: Any) -> tuple[int, int]:
    """Return how often the most frequent n-gram stands there, and where first; (1, 0) if none does twice."""
    best, where = 1, 0
    for k in range(num_places):
        i = places[k]
        if groups[n & 1, i] == i and counts[i] > best:
            best, where = counts[i], i
    return best, where


@compiled(_INT(_NUMBERS, _INT, _INT))
def _sum(chars: Any, start: int, stop: int) -> int:
    total = 0
    for i in range(start, stop):
        total += chars[i]
    return total


@compiled(types.UniTuple(_INT, 2)(_INT, _NUMBERS, _INT, _POSITIONS, _INT, _GROUPS, _POSITIONS))
def _duplicate_chars(
    n: int, chars: Any, first: int, places: Any, num_places: int, groups: Any, counts: Any
) -> tuple[int, int]:
    """Return the characters covered by repeated n-grams, and those that a skipping reader passes over.

    Spends *counts*: the size of a group becomes 0 when its n-gram is noted.
    """
    covered = skipped = 0
    end = resume = 0
    for k in range(num_places):
        i = places[k]
        covered += _sum(chars, first + max(i, end), first + i + n)
        end = i + n
        if i < resume:
            continue
        group = groups[n & 1, i]
        if counts[group] > 0:
            counts[group] = 0
        else:
            skipped += _sum(chars, first + i, first + i + n)
            resume = i + n
    return covered, skipped


@compiled(_INT(_INT, _INT))
def mask_for(count: int, size: int) -> int:
    """Return the mask for the part of a table of *size* that *count* entries need: small parts stay in the cache."""
    used = 64
    while used < 2 * count:
        used *= 2
    return min(used, size) - 1


@compiled(types.void(_WORD_OFFSETS, _HASHES, _NUMBERS, _POSITIONS, _GROUPS, _POSITIONS, _POSITIONS, _TABLE))
def _measure_ngrams(
    doc_offsets: Any, hashes: Any, chars: Any, slots: Any, groups: Any, counts: Any, places: Any, found: Any
) -> None:
    base = 0
    for document in range(len(doc_offsets) - 1):
        first = doc_offsets[document]
        count = doc_offsets[document + 1] - first
        found[document, :] = 0
        mask = mask_for(count, len(slots))
        if base + _LAST * count > MAX_NUMBER:
            slots[:] = 0
            base = 0
        size = _group_pairs(hashes, first, count, slots, mask, base, groups, counts, places)
        for n in range(_FIRST_TOP, _LAST + 1):
            if n > _FIRST_TOP:
                size = _group_longer(n, places, size, slots, mask, base, groups, counts)
            size = _keep_repeated(n, places, size, groups, counts)
            base += count
            if n <= _LAST_TOP:
                if n <= count:
                    times, where = _most_frequent(n, places, size, groups, counts)
                    found[document, TOP_COUNT + n - _FIRST_TOP] = times
                    found[document, TOP_CHARS + n - _FIRST_TOP] = _sum(chars, first + where, first + where + n)
            elif size > 0:
                covered, skipped = _duplicate_chars(n, chars, first, places, size, groups, counts)
                found[document, COVERED_CHARS + n - _LAST_TOP - 1] = covered
                found[document, SKIPPED_CHARS + n - _LAST_TOP - 1] = skipped
            else:
                break
