"""Events of a page -> readable plain text: white space as a browser shows it, blocks apart, lists, tables, code."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from redpyjama.kernels.html import BYTES, EVENT_TABLE, KIND, NAME, OPEN, START, STOP, TEXT, space_at
from redpyjama.kernels.html_tables import BLOCK, CELL, FLAGS, PARAGRAPH_GAP, TAG
from redpyjama.kernels.html_tags import jit

_LI, _TR, _BR, _PRE, _LISTING, _UL, _OL = (TAG[n] for n in ("li", "tr", "br", "pre", "listing", "ul", "ol"))

# Cells of the writer's state.
_OUT, _BREAK, _SPACE, _PRE_DEPTH, _BULLET, _CELL_START, _FIRST_CELL, _ITEM_END, _NEWLINES, _LISTS = range(10)

MAX_CELL_LENGTH = 200
"""Cells up to this many bytes stand side by side, as in a table of data; longer ones make a line each (layout)."""


@jit
def _put(out: Any, state: Any, byte: int) -> None:
    out[state[_OUT]] = byte
    state[_OUT] += 1


@jit
def _begin_text(out: Any, state: Any) -> None:
    """Write what is due before visible text: line breaks, a cell's bar, a bullet, a space."""
    if state[_OUT] == 0:
        state[_BREAK] = state[_SPACE] = 0
    if state[_BREAK]:
        for _ in range(min(state[_BREAK], 2)):
            _put(out, state, 10)
    elif state[_SPACE] == 2:
        _put(out, state, 32)
        _put(out, state, 124)
        _put(out, state, 32)
    elif state[_SPACE]:
        _put(out, state, 32)
    state[_BREAK] = state[_SPACE] = 0
    if state[_BULLET]:
        state[_BULLET] = 0
        _put(out, state, 42)
        _put(out, state, 32)


@jit
def _write(data: Any, out: Any, state: Any, start: int, stop: int) -> None:
    """Write text with runs of white space as one space."""
    i = start
    while i < stop:
        c = data[i]
        if c <= 32 or c == 0xC2 or c == 38:
            space = space_at(data, i, stop)
            if space or c == 0:
                state[_SPACE] = max(state[_SPACE], min(space, 1))
                i += max(space, 1)
                continue
        if state[_BREAK] or state[_SPACE] or state[_BULLET]:
            _begin_text(out, state)
        out[state[_OUT]] = c
        state[_OUT] += 1
        i += 1


@jit
def _write_verbatim(data: Any, out: Any, state: Any, start: int, stop: int) -> None:
    """Write preformatted text; line breaks at its ends are lost in those that are due there anyway."""
    for i in range(start, stop):
        c = data[i]
        if c == 10:
            state[_NEWLINES] += 1
        elif c != 13 and c != 0:
            if state[_BREAK] or state[_SPACE] or state[_BULLET]:
                _begin_text(out, state)
                state[_NEWLINES] = 0
            while state[_NEWLINES]:
                _put(out, state, 10)
                state[_NEWLINES] -= 1
            _put(out, state, c)


@jit
def _gap(state: Any, tag: int) -> int:
    """Return how many line breaks set a block apart; a list within a list needs one."""
    if state[_LISTS] and (tag == _UL or tag == _OL):
        return 1
    return 2 if FLAGS[tag] & PARAGRAPH_GAP else 1


@jit
def _open(out: Any, state: Any, tag: int) -> None:
    flags = FLAGS[tag]
    if tag == _BR:
        state[_BREAK] += 1
    elif flags & CELL:
        if state[_FIRST_CELL]:
            state[_BREAK] = max(state[_BREAK], 1)
        elif _is_short_cell(out, state):
            state[_BREAK] = 0
            state[_SPACE] = 2
        else:
            state[_BREAK] = max(state[_BREAK], 1)
        state[_FIRST_CELL] = 0
        state[_CELL_START] = state[_OUT]
    elif tag == _LI:
        state[_BREAK] = 1 if state[_ITEM_END] == state[_OUT] else max(state[_BREAK], 1)
        state[_BULLET] = 1
    else:
        if not state[_BULLET]:  # the first block of an item begins beside the bullet
            state[_BREAK] = max(state[_BREAK], _gap(state, tag))
        if tag == _UL or tag == _OL:
            state[_LISTS] += 1
        elif tag == _TR:
            state[_FIRST_CELL] = 1
        elif tag == _PRE or tag == _LISTING:
            state[_PRE_DEPTH] += 1


@jit
def _is_short_cell(out: Any, state: Any) -> bool:
    """Say whether the cell just written is one short line."""
    if state[_OUT] - state[_CELL_START] > MAX_CELL_LENGTH:
        return False
    start = state[_CELL_START]
    while start < state[_OUT] and out[start] == 10:
        start += 1
    for i in range(start, state[_OUT]):
        if out[i] == 10:
            return False
    return True


@jit
def _close(state: Any, tag: int) -> None:
    flags = FLAGS[tag]
    if flags & CELL:
        state[_BREAK] = max(state[_BREAK], 1)
        return
    if tag == _LI:
        state[_ITEM_END] = state[_OUT]
        state[_BULLET] = 0
    elif tag == _PRE or tag == _LISTING:
        state[_PRE_DEPTH] -= 1
        state[_NEWLINES] = 0
    elif tag == _UL or tag == _OL:
        state[_LISTS] -= 1
    state[_BREAK] = max(state[_BREAK], _gap(state, tag))


@nb.njit(nb.int64(BYTES, EVENT_TABLE, nb.boolean[::1], nb.uint8[::1]), cache=True, nogil=True)
def write_text(data: Any, events: Any, keep: Any, out: Any) -> int:
    """Write the kept texts of a page; return how many bytes.

    Args:
        data: The page.
        events: Its events, as `scan` made them.
        keep: Whether an event is wanted; only asked of texts.
        out: Room for the page's bytes and 4 for each event.
    """
    state = np.zeros(10, np.int64)
    state[_ITEM_END] = -1
    for e in range(len(events)):
        kind = events[e, KIND]
        tag = events[e, NAME]
        if kind == TEXT:
            if keep[e]:
                if state[_PRE_DEPTH]:
                    _write_verbatim(data, out, state, events[e, START], events[e, STOP])
                else:
                    _write(data, out, state, events[e, START], events[e, STOP])
        elif FLAGS[tag] & BLOCK:
            if kind == OPEN:
                _open(out, state, tag)
            else:
                _close(state, tag)
    return state[_OUT]
