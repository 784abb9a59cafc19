"""Blocks of text between a page's block boundaries: paragraphs, cells, items, headings; and which of them are prose."""

from __future__ import annotations

from typing import Any

import numpy as np

from redpyjama.kernels.html import CLOSE, KIND, LENGTH, LINK, MARKS, NAME, OPEN, PARENT, TEXT
from redpyjama.kernels.html_tables import BLOCK, FLAGS, TAG
from redpyjama.kernels.html_tags import jit

SCRAP, PROSE, LINKS = 0, 1, 2
"""Sorts of blocks: running text; mostly links; and everything else, such as headings, dates, table cells."""

FIRST, LAST, BYTES, LINKED, POINTS, ELEMENT, SORT = range(7)
"""Columns of a block: its first and last text event, length, how much is link, punctuation marks, element, sort."""

NUM_BLOCK_COLUMNS = 7

_BR, _P, _PRE, _BLOCKQUOTE = (TAG[n] for n in ("br", "p", "pre", "blockquote"))

MIN_PROSE_BYTES = 80
"""A block of at least this length, with punctuation and few links, is prose."""


@jit
def _boundary(events: Any, e: int) -> bool:
    tag = events[e, NAME]
    return events[e, KIND] != TEXT and (FLAGS[tag] & BLOCK) != 0 and tag != _BR


@jit
def find_blocks(events: Any, dropped: Any, blocks: Any) -> int:
    """Gather texts between block boundaries; return how many blocks there are."""
    count = 0
    fresh = True
    for e in range(len(events)):
        if events[e, KIND] != TEXT:
            if _boundary(events, e):
                fresh = True
            continue
        if dropped[e] or events[e, LENGTH] == 0:
            continue
        if fresh:
            blocks[count, :] = 0
            blocks[count, FIRST] = e
            parent = events[e, PARENT]
            while parent >= 0 and not FLAGS[events[parent, NAME]] & BLOCK:
                parent = events[parent, PARENT]
            blocks[count, ELEMENT] = parent
            count += 1
            fresh = False
        b = count - 1
        blocks[b, LAST] = e
        blocks[b, BYTES] += events[e, LENGTH]
        blocks[b, LINKED] += events[e, LINK]
        blocks[b, POINTS] += events[e, MARKS]
    for b in range(count):
        blocks[b, SORT] = _kind(events, blocks, b)
    return count


@jit
def _kind(events: Any, blocks: Any, b: int) -> int:
    size = blocks[b, BYTES]
    linked = blocks[b, LINKED]
    tag = events[blocks[b, ELEMENT], NAME] if blocks[b, ELEMENT] >= 0 else 0
    if tag == _PRE:
        return PROSE
    least = MIN_PROSE_BYTES // 2 if tag == _P or tag == _BLOCKQUOTE else MIN_PROSE_BYTES
    if size >= least and blocks[b, POINTS] and linked * 3 < size:
        return PROSE
    if linked * 2 > size and not (size >= MIN_PROSE_BYTES and blocks[b, POINTS] >= 2 and linked * 10 < size * 9):
        return LINKS
    return SCRAP


@jit
def sum_prose(events: Any, blocks: Any, count: int, lonely: int, prose: Any) -> None:
    """Sum the bytes of prose within each element, into *prose* by event.

    Short prose without prose beside it counts for one part in *lonely*: teasers have an element each, paragraphs share.
    """
    prose[:] = 0
    siblings = np.zeros(len(events), np.int32)
    for b in range(count):
        if blocks[b, SORT] == PROSE:
            siblings[max(events[blocks[b, ELEMENT], PARENT], 0)] += 1
    for b in range(count):
        if blocks[b, SORT] == PROSE:
            size = blocks[b, BYTES]
            if size < 400 and siblings[max(events[blocks[b, ELEMENT], PARENT], 0)] < 2:
                size //= lonely
            prose[blocks[b, ELEMENT]] += size
    for e in range(len(events) - 1, -1, -1):
        if events[e, KIND] == OPEN and events[e, PARENT] >= 0:
            prose[events[e, PARENT]] += prose[e]


@jit
def sum_texts(events: Any) -> None:
    """Sum length and links of the texts within each element, into its own LENGTH and LINK."""
    for e in range(len(events) - 1, -1, -1):
        parent = events[e, PARENT]
        if parent >= 0 and events[e, KIND] != CLOSE:
            events[parent, LENGTH] += events[e, LENGTH]
            events[parent, LINK] += events[e, LINK]
