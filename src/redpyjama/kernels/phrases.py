"""Which phrases of a list stand in documents, by the hashes of their words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.compiled import compiled
from redpyjama.kernels.repetition import table_size

_INT: Any = types.int64
_HASHES: Any = types.Array(types.uint64, 1, "C", readonly=True)
_NUMBERS: Any = types.Array(types.int32, 1, "C", readonly=True)
_COUNTS: Any = types.int32[::1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Phrases of several lists, those that begin alike together.

    Attributes:
        offsets: int32 of n + 1: the words of phrase i are [offsets[i], offsets[i + 1]).
        hashes: uint64 of each word; that of a phrase's first word is changed by the key of its list.
        slots: int32, an open table: 1 + the number of the first phrase that begins with a hash, or 0.
    """

    offsets: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    slots: NDArray[np.int32]


def list_key(number: int) -> int:
    """Return what tells list *number* from others: never 0."""
    return (2 * number + 1) * 0x9E3779B97F4A7C15 & 0xFFFF_FFFF_FFFF_FFFF


def table(phrases: Iterable[tuple[int, tuple[int, ...]]]) -> Phrases:
    """Return the table of phrases, each the key of its list and the hashes of its words: at least one."""
    changed = sorted({(words[0] ^ key, *words[1:]) for key, words in phrases})
    slots = np.zeros(table_size(len(changed)), np.int32)
    for i, words in enumerate(changed):
        if i == 0 or changed[i - 1][0] != words[0]:
            slot = words[0] & (len(slots) - 1)
            while slots[slot]:
                slot = (slot + 1) & (len(slots) - 1)
            slots[slot] = i + 1
    return Phrases(
        offsets=np.cumsum([0, *map(len, changed)], dtype=np.int32),
        hashes=np.array([word for words in changed for word in words], np.uint64),
        slots=slots,
    )


def count(
    doc_offsets: NDArray[np.int64], hashes: NDArray[np.uint64], keys: NDArray[np.uint64], phrases: Phrases
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Look for phrases at each word of some documents.

    Args:
        doc_offsets: n + 1: the words of document i are [doc_offsets[i], doc_offsets[i + 1]).
        hashes: One for each word.
        keys: n keys of the list that is to be looked in; 0 for none.
        phrases: From `table`.

    Returns:
        For each document how many phrases stand there, those within others counted, and how many words are in any.
    """
    found, words = (np.zeros(len(doc_offsets) - 1, np.int32) for _ in range(2))
    _count(doc_offsets, hashes, keys, phrases.offsets, phrases.hashes, phrases.slots, found, words)
    return found, words


@compiled(types.UniTuple(_INT, 2)(_HASHES, _INT, _INT, types.uint64, _NUMBERS, _HASHES, _NUMBERS))
def _phrases_at(
    hashes: Any, position: int, end: int, first: Any, offsets: Any, phrase_hashes: Any, slots: Any
) -> tuple[int, int]:
    """Return how many phrases begin at *position*, and the words of the longest one."""
    mask = len(slots) - 1
    slot: Any = np.int64(first) & mask
    while slots[slot] != 0 and phrase_hashes[offsets[slots[slot] - 1]] != first:
        slot = (slot + 1) & mask
    found = longest = 0
    phrase = slots[slot] - 1
    while 0 <= phrase < len(offsets) - 1 and phrase_hashes[offsets[phrase]] == first:
        begin, words = offsets[phrase], offsets[phrase + 1] - offsets[phrase]
        same = position + words <= end
        i = 1
        while same and i < words:
            same = hashes[position + i] == phrase_hashes[begin + i]
            i += 1
        if same:
            found += 1
            longest = max(longest, words)
        phrase += 1
    return found, longest


@compiled(
    types.void(
        types.Array(types.int64, 1, "C", readonly=True), _HASHES, _HASHES, _NUMBERS, _HASHES, _NUMBERS, _COUNTS, _COUNTS
    )
)
def _count(
    doc_offsets: Any, hashes: Any, keys: Any, offsets: Any, phrase_hashes: Any, slots: Any, found: Any, words: Any
) -> None:
    mask = len(slots) - 1
    for document in range(len(doc_offsets) - 1):
        if keys[document] == 0:
            continue
        end = doc_offsets[document + 1]
        covered = doc_offsets[document]
        for i in range(doc_offsets[document], end):
            first = hashes[i] ^ keys[document]
            if slots[np.int64(first) & mask] == 0:  # most words
                continue
            number, longest = _phrases_at(hashes, i, end, first, offsets, phrase_hashes, slots)
            found[document] += number
            words[document] += max(i + longest - max(i, covered), 0)
            covered = max(covered, i + longest)
