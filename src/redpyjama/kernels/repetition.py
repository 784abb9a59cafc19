"""How much of a document says again what it said before: word n-grams, lines, paragraphs.

An n-gram can only stand twice where both (n-1)-grams in it do. So all pairs of words are grouped, then the triples at
whose place two repeated pairs stand, and so on up to ten words; in prose each turn has a third of the one before.
Groups are numbered by the place of their first member, and an n-gram is looked up by the numbers of its two (n-1)-grams:
two n-grams are taken for the same only if all their words have equal hashes.

Hash tables are open and hold numbers that grow from turn to turn; what an earlier turn or document left behind is too
small to count, so that nothing is ever cleared.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from redpyjama.kernels.arrow import Bytes, Offsets
from redpyjama.kernels.text import OFFSETS, TEXT, count_chars, skip_space, skip_space_back
from redpyjama.kernels.word_hash import hash_bytes, mixed

TOP: Final = (2, 3, 4)
"""The n of the n-grams of which the most frequent one is looked for."""

DUPLICATE: Final = (5, 6, 7, 8, 9, 10)
"""The n of the n-grams that may occur only once."""

TOP_COUNT, TOP_CHARS, COVERED_CHARS, SKIPPED_CHARS = 0, 3, 6, 12
"""Columns of `repeated_ngrams`, each the first of one for every n."""

_NUM_COLUMNS: Final = 18

(
    LINES,
    DUP_LINES,
    LINE_CHARS,
    DUP_LINE_CHARS,
    PARAGRAPHS,
    DUP_PARAGRAPHS,
    PARAGRAPH_CHARS,
    DUP_PARAGRAPH_CHARS,
    CHARS,
) = range(9)
"""Columns of `repeated_lines`."""

_INT: Any = types.int64
_POSITIONS: Any = types.int32[::1]
_WORD_OFFSETS: Any = types.Array(types.int64, 1, "C", readonly=True)
_HASHES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_NUMBERS: Any = types.Array(types.int32, 1, "C", readonly=True)
_TABLE: Any = types.int64[:, ::1]
_GROUPS: Any = types.int32[:, ::1]
_LINE_HASHES: Any = types.uint64[::1]

_FIRST_TOP, _LAST_TOP, _LAST = TOP[0], TOP[-1], DUPLICATE[-1]
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SPREAD_2 = np.uint64(0xC2B2AE3D27D4EB4F)
_HALF = np.uint64(32)
_MAX_NUMBER = 2**31 - 1


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
    slots = np.zeros(_table_size(most), np.int32)
    groups = np.empty((2, most), np.int32)
    counts, places = np.empty(most, np.int32), np.empty(most, np.int32)
    found = np.empty((len(doc_offsets) - 1, _NUM_COLUMNS), np.int64)
    _measure_ngrams(doc_offsets, hashes, chars, slots, groups, counts, places, found)
    return found


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
        n rows: lines, how many of them are duplicates, characters of both; the same of paragraphs; characters in all.
        The line ends within a paragraph are of its characters.
    """
    most = int(_most_lines(data, offsets))
    slots = np.zeros(_table_size(most), np.int32)
    hashes, paragraph_hashes = (np.empty(most, np.uint64) for _ in range(2))
    chars, paragraph_chars = (np.empty(most, np.int32) for _ in range(2))
    found = np.empty((len(offsets) - 1, CHARS + 1), np.int64)
    _measure_lines(data, offsets, classes, strip, slots, hashes, chars, paragraph_hashes, paragraph_chars, found)
    return found


def _table_size(most: int) -> int:
    """Return a power of two that is at least twice *most*."""
    return 2 << max(most - 1, 1).bit_length()


@njit(_INT(_HASHES, _INT, _INT, _POSITIONS, _INT, _INT, _GROUPS, _POSITIONS, _POSITIONS), cache=True, nogil=True)
def _group_pairs(
    hashes: Any, first: int, count: int, slots: Any, mask: int, base: int, groups: Any, counts: Any, places: Any
) -> int:
    """Group all pairs of the *count* words from *first* on; *places* becomes theirs; return how many there are."""
    for i in range(count - 1):
        places[i] = i
        one, two = hashes[first + i], hashes[first + i + 1]
        slot = np.int64((one * _SPREAD ^ two) >> _HALF) & mask
        while True:
            place = np.int64(slots[slot]) - base - 1
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


@njit(_INT(_INT, _POSITIONS, _INT, _POSITIONS, _INT, _INT, _GROUPS, _POSITIONS), cache=True, nogil=True)
def _group_longer(
    n: int, places: Any, num_places: int, slots: Any, mask: int, base: int, groups: Any, counts: Any
) -> int:
    """Group the n-grams at whose place two repeated (n-1)-grams stand; *places* becomes theirs; return how many."""
    old, new = (n - 1) & 1, n & 1
    size = 0
    for k in range(num_places - 1):
        i = np.int64(places[k])
        if places[k + 1] != i + 1:
            continue
        places[size] = i
        size += 1
        one, two = groups[old, i], groups[old, i + 1]
        slot = np.int64((np.uint64(one) * _SPREAD + np.uint64(two) * _SPREAD_2) >> _HALF) & mask
        while True:
            place = np.int64(slots[slot]) - base - 1
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


@njit(_INT(_INT, _POSITIONS, _INT, _GROUPS, _POSITIONS), cache=True, nogil=True)
def _keep_repeated(n: int, places: Any, num_places: int, groups: Any, counts: Any) -> int:
    """Take out the places of n-grams that stand there once; return how many are left."""
    size = 0
    for k in range(num_places):
        i = places[k]
        places[size] = i
        size += counts[groups[n & 1, i]] > 1
    return size


@njit(types.UniTuple(_INT, 2)(_INT, _POSITIONS, _INT, _GROUPS, _POSITIONS), cache=True, nogil=True)
def _most_frequent(n: int, places: Any, num_places: int, groups: Any, counts: Any) -> tuple[int, int]:
    """Return how often the most frequent n-gram stands there, and where first; (1, 0) if none does twice."""
    best, where = np.int64(1), np.int64(0)
    for k in range(num_places):
        i = np.int64(places[k])
        if groups[n & 1, i] == i and counts[i] > best:
            best, where = np.int64(counts[i]), i
    return best, where


@njit(_INT(_NUMBERS, _INT, _INT), cache=True, nogil=True)
def _sum(chars: Any, start: int, stop: int) -> int:
    total = np.int64(0)
    for i in range(start, stop):
        total += chars[i]
    return total


@njit(types.UniTuple(_INT, 2)(_INT, _NUMBERS, _INT, _POSITIONS, _INT, _GROUPS, _POSITIONS), cache=True, nogil=True)
def _duplicate_chars(
    n: int, chars: Any, first: int, places: Any, num_places: int, groups: Any, counts: Any
) -> tuple[int, int]:
    """Return the characters covered by repeated n-grams, and those that a skipping reader passes over.

    Spends *counts*: the size of a group becomes 0 when its n-gram is noted.
    """
    covered = skipped = np.int64(0)
    end = resume = np.int64(0)
    for k in range(num_places):
        i = np.int64(places[k])
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


@njit(_INT(_INT, _INT), cache=True, nogil=True)
def _mask(count: int, size: int) -> int:
    """Return what cuts a number to the part of a table of *size* that *count* entries need: small ones stay in cache."""
    used = np.int64(64)
    while used < 2 * count:
        used *= 2
    return min(used, size) - 1


@njit(
    types.void(_WORD_OFFSETS, _HASHES, _NUMBERS, _POSITIONS, _GROUPS, _POSITIONS, _POSITIONS, _TABLE),
    cache=True,
    nogil=True,
)
def _measure_ngrams(
    doc_offsets: Any, hashes: Any, chars: Any, slots: Any, groups: Any, counts: Any, places: Any, found: Any
) -> None:
    base = np.int64(0)
    for document in range(len(doc_offsets) - 1):
        first = doc_offsets[document]
        count = doc_offsets[document + 1] - first
        found[document, :] = 0
        mask = _mask(count, len(slots))
        if base + _LAST * count > _MAX_NUMBER:
            slots[:] = 0
            base = np.int64(0)
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


@njit(_INT(TEXT, OFFSETS), cache=True, nogil=True)
def _most_lines(text: Any, offsets: Any) -> int:
    """Return the largest number of lines of a document, empty ones included."""
    most = np.int64(0)
    for document in range(len(offsets) - 1):
        part = text[offsets[document] : offsets[document + 1]]
        lines = np.int64(1)
        for i in range(len(part)):
            lines += part[i] == 0x0A
        most = max(most, lines)
    return most


@njit(types.UniTuple(_INT, 3)(_HASHES, _NUMBERS, _INT, _POSITIONS, _INT), cache=True, nogil=True)
def _count_duplicates(hashes: Any, chars: Any, count: int, slots: Any, base: int) -> tuple[int, int, int]:
    """Return the characters of all, how many are duplicates of earlier ones, and the characters of these."""
    mask = _mask(count, len(slots))
    total = duplicates = duplicate_chars = np.int64(0)
    for i in range(count):
        total += chars[i]
        slot = np.int64(hashes[i] >> _HALF) & mask
        while True:
            place = np.int64(slots[slot]) - base - 1
            if place < 0:
                slots[slot] = base + i + 1
                break
            if hashes[place] == hashes[i]:
                duplicates += 1
                duplicate_chars += chars[i]
                break
            slot = (slot + 1) & mask
    return total, duplicates, duplicate_chars


@njit(
    types.UniTuple(_INT, 2)(TEXT, _INT, _INT, TEXT, types.boolean, _LINE_HASHES, _POSITIONS, _LINE_HASHES, _POSITIONS),
    cache=True,
    nogil=True,
)
def _hash_lines(
    text: Any, start: int, stop: int, classes: Any, strip: Any, hashes: Any, chars: Any, paragraph_hashes: Any,
    paragraph_chars: Any,
) -> tuple[int, int]:  # fmt: skip
    """Fill in hash and characters of each line and each paragraph; return how many there are."""
    # What of the text paragraphs are made of: without the white space at both ends.
    head = skip_space(text, start, stop, classes)
    tail = skip_space_back(text, stop, head, classes)
    lines, paragraphs = np.int64(0), np.int64(-1)
    within = False
    position = start
    while position < stop:
        end = position
        while end < stop and text[end] != 0x0A:
            end += 1
        begin, following = position, end + 1
        if strip:
            begin = skip_space(text, begin, end, classes)
            end = skip_space_back(text, end, begin, classes)
        position = following
        if begin == end:
            within = False
            continue
        hashes[lines] = hash_bytes(text, begin, end)
        chars[lines] = count_chars(text, begin, end)
        line_hash, line_chars = hashes[lines], chars[lines]
        lines += 1
        if begin < head or end > tail:
            begin, end = max(begin, head), min(end, tail)
            if begin >= end:
                continue
            line_hash, line_chars = hash_bytes(text, begin, end), np.int32(count_chars(text, begin, end))
        if within:
            paragraph_hashes[paragraphs] = mixed(paragraph_hashes[paragraphs] + line_hash)
            paragraph_chars[paragraphs] += 1 + line_chars
        else:
            within = True
            paragraphs += 1
            paragraph_hashes[paragraphs] = line_hash
            paragraph_chars[paragraphs] = line_chars
    return lines, paragraphs + 1


@njit(
    types.void(
        TEXT, OFFSETS, TEXT, types.boolean, _POSITIONS, _LINE_HASHES, _POSITIONS, _LINE_HASHES, _POSITIONS, _TABLE
    ),
    cache=True,
    nogil=True,
)
def _measure_lines(
    text: Any, offsets: Any, classes: Any, strip: Any, slots: Any, hashes: Any, chars: Any, paragraph_hashes: Any,
    paragraph_chars: Any, found: Any,
) -> None:  # fmt: skip
    base = np.int64(0)
    for document in range(len(offsets) - 1):
        start, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        if base + 2 * (stop - start) > _MAX_NUMBER:
            slots[:] = 0
            base = np.int64(0)
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
