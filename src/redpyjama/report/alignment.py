"""Which words two texts have in common, in order: the longest stretches that a bounded search finds.

Common ends are taken off; then runs of words that stand once in either text are the anchors (those in the same order,
as in patience diff), and what lies between two anchors is searched in the same way with shorter runs. A gap that is
small enough goes to difflib; one that is not and has no anchors counts as changed from end to end. So the time grows
with the length of the texts, whatever they hold.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

MAX_PAIRS: Final = 1000
"""Pairs of equal words in a gap that difflib may look at: its time grows with their square."""

_RUNS: Final = (6, 2, 1)  # words of an anchor; those that stand once in a text are rarer the shorter they are

Block = tuple[int, int, int]
"""(i, j, n): the words [i, i + n) of one are [j, j + n) of the other."""


def common_blocks(one: Sequence[str], other: Sequence[str]) -> list[Block]:
    """Return what both have, in order; blocks do not touch."""
    joined: list[Block] = []
    for i, j, n in _search(one, other, (0, len(one), 0, len(other)), 0):
        last_i, last_j, length = joined[-1] if joined else (0, 0, 0)
        if joined and (last_i + length, last_j + length) == (i, j):
            joined[-1] = (last_i, last_j, length + n)
        else:
            joined.append((i, j, n))
    return joined


def _search(one: Sequence[str], other: Sequence[str], window: tuple[int, int, int, int], level: int) -> Iterator[Block]:
    i, stop, j, other_stop = window
    head = 0
    while i + head < stop and j + head < other_stop and one[i + head] == other[j + head]:
        head += 1
    if head:
        yield i, j, head
    i, j, tail = i + head, j + head, 0
    while i < stop - tail and j < other_stop - tail and one[stop - tail - 1] == other[other_stop - tail - 1]:
        tail += 1
    yield from _inside(one, other, (i, stop - tail, j, other_stop - tail), level)
    if tail:
        yield stop - tail, other_stop - tail, tail


def _inside(one: Sequence[str], other: Sequence[str], window: tuple[int, int, int, int], level: int) -> Iterator[Block]:
    """Search a window whose first words differ, and whose last."""
    i, stop, j, other_stop = window
    counts = Counter(other[j:other_stop])
    if not (pairs := sum(counts[word] for word in one[i:stop])):
        return
    if pairs <= MAX_PAIRS:
        here = set(one[i:stop])
        places = [at for at in range(i, stop) if one[at] in counts]
        other_places = [at for at in range(j, other_stop) if other[at] in here]
        words, other_words = [one[at] for at in places], [other[at] for at in other_places]
        for a, b, n in SequenceMatcher(None, words, other_words, autojunk=False).get_matching_blocks():
            yield from ((places[a + k], other_places[b + k], 1) for k in range(n))
        return
    if level == len(_RUNS):
        return
    anchors = _anchors(one, other, window, _RUNS[level])
    for at, other_at in anchors:
        yield from _search(one, other, (i, at, j, other_at), level + 1)
        yield at, other_at, 1
        i, j = at + 1, other_at + 1
    yield from _search(one, other, (i, stop, j, other_stop), level + 1)


def _anchors(
    one: Sequence[str], other: Sequence[str], window: tuple[int, int, int, int], run: int
) -> list[tuple[int, int]]:
    """Return where runs of words begin that stand once in either window, in the same order in both."""
    start, stop, other_start, other_stop = window
    places = _once(one, start, stop, run)
    other_places = _once(other, other_start, other_stop, run)
    pairs = [(at, other_places[words]) for words, at in places.items() if words in other_places]
    ends: list[int] = []  # the least end of a rising run of each length
    which: list[int] = []
    before = [-1] * len(pairs)
    for number, (_, at) in enumerate(pairs):
        length = bisect_left(ends, at)
        before[number] = which[length - 1] if length else -1
        if length == len(ends):
            ends.append(at)
            which.append(number)
        else:
            ends[length], which[length] = at, number
    found: list[tuple[int, int]] = []
    number = which[-1] if which else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _once(words: Sequence[str], start: int, stop: int, run: int) -> dict[tuple[str, ...], int]:
    """Return the runs of words that stand once in [start, stop), in order, and where."""
    found: dict[tuple[str, ...], int] = {}
    for i in range(start, stop - run + 1):
        key = tuple(words[i : i + run])
        found[key] = -1 if key in found else i
    return {key: i for key, i in found.items() if i >= 0}
