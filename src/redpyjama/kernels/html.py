"""HTML as a flat list of events: one pass over the UTF-8 bytes, no node objects.

A tag-soup reader for text extraction, not a browser: it knows void and skipped elements, implied end tags, unclosed
and misnested tags and a depth limit. It leaves out inline formatting (``<b>``, ``<em>``), which bounds no text, and
keeps of the attributes only what hints at an element's purpose. Links are no elements here but a property of text.
Why no DOM: walking one from Python costs more than the whole extraction does here.
"""

from __future__ import annotations

from typing import Any

import numba as nb

from redpyjama.kernels.html_tables import (
    BARRIER,
    BLOCK,
    CLOSES,
    FLAGS,
    FORMATTING,
    GROUP,
    HREF,
    IN_HEAD,
    SCOPE,
    SELF_CLOSED,
    SKIPPED,
    TABLE_PARTS,
    TAG,
    TAG_HASHES,
    TAG_IDS,
    TAG_MASK,
    VOID,
)
from redpyjama.kernels.html_tags import (
    after_tag,
    find_byte,
    hash_lower,
    is_letter,
    is_space,
    jit,
    look_up,
    read_attributes,
)

TEXT, OPEN, CLOSE = 0, 1, 2
"""Kinds of events. A void element is an OPEN without a CLOSE."""

KIND, NAME, PARENT, START, STOP, LENGTH, LINK, MARKS, HINTS = range(9)
"""Columns of an event: its kind; tag id; the event of the enclosing element (-1: none).

For text: byte range, length in bytes with white space squeezed, how much of it is link, number of punctuation marks.
For an OPEN: where its tag starts, the event that closes it (STOP), hints. For a CLOSE: the event it closes (START).
"""

NUM_COLUMNS = 9

# Cells of the reader's state.
_EVENTS, _DEPTH, _LINK_DEPTH, _OVERFLOW, TITLE_START, TITLE_STOP, _SEEN = range(7)
NUM_CELLS = 7

_A, _BODY, _HTML, _HEAD, _TITLE, _BR = (TAG[n] for n in ("a", "body", "html", "head", "title", "br"))


@jit
def _after_comment(data: Any, start: int) -> int:
    """Return the place after what starts with "<!" or "<?"; an unclosed comment ends at its first ">"."""
    n = len(data)
    if start + 4 <= n and data[start + 1] == 33 and data[start + 2] == 45 and data[start + 3] == 45:
        i = start + 4
        while i < n:
            i = find_byte(data, i, 62)
            if i < n and data[i - 1] == 45 and data[i - 2] == 45:
                return i + 1
            i += 1
    return min(find_byte(data, start, 62) + 1, n)


@jit
def _end_tag_of(data: Any, start: int, tag: int) -> int:
    """Return where the end tag of a skipped element starts, or -1."""
    n = len(data)
    i = start
    while i < n:
        i = find_byte(data, i, 60)
        if i + 1 < n and data[i + 1] == 47:
            stop = i + 2
            while stop < n and (is_letter(data[stop]) or 48 <= data[stop] <= 57):
                stop += 1
            if look_up(TAG_HASHES, TAG_IDS, TAG_MASK, hash_lower(data, i + 2, stop)) == tag:
                return i
        i += 1
    return -1


@jit
def _text_end(data: Any, start: int) -> int:
    """Return where the next tag starts: a "<" before anything but a letter, "/", "!" or "?" is text."""
    n = len(data)
    i = start
    while i < n:
        i = find_byte(data, i, 60)
        if i + 1 >= n:
            return n
        c = data[i + 1]
        if is_letter(c) or c == 47 or c == 33 or c == 63:
            return i
        i += 1
    return n


@jit
def space_at(data: Any, i: int, stop: int) -> int:
    """Return how many bytes the white space at a place has (no-break spaces and their entity count), or 0."""
    c = data[i]
    if is_space(c):
        return 1
    if c == 0xC2 and i + 1 < stop and data[i + 1] == 0xA0:
        return 2
    if c == 38 and i + 5 < stop and data[i + 1] == 110 and data[i + 2] == 98 and data[i + 3] == 115:  # &nbsp;
        return 6 if data[i + 4] == 112 and data[i + 5] == 59 else 0
    return 0


@jit
def _measure(data: Any, start: int, stop: int) -> tuple[int, int]:
    """Return a text's length with white space squeezed, and its number of punctuation marks."""
    length = marks = 0
    gap = 2  # what the next visible byte adds: itself, and the space before it
    i = start
    while i < stop:
        c = data[i]
        if c <= 32 or c == 0xC2 or c == 38:
            space = space_at(data, i, stop)
            if space:
                i += space
                gap = 2
                continue
        length += gap
        gap = 1
        if c == 44 or c == 46 or c == 33 or c == 63 or (c == 0xE3 and i + 2 < stop and data[i + 1] == 0x80):
            marks += 1
        elif c == 0xEF and i + 2 < stop and data[i + 1] == 0xBC and data[i + 2] == 0x8C:
            marks += 1
        i += 1
    return length, marks


@jit
def _emit(events: Any, state: Any, kind: int, tag: int, parent: int, start: int) -> int:
    n = state[_EVENTS]
    state[_EVENTS] = n + 1
    events[n, :] = 0
    events[n, KIND] = kind
    events[n, NAME] = tag
    events[n, PARENT] = parent
    events[n, START] = start
    return n


@jit
def _parent(state: Any, stack: Any) -> int:
    return stack[state[_DEPTH] - 1, 1] if state[_DEPTH] else -1


@jit
def _pop_to(events: Any, state: Any, stack: Any, depth: int, position: int) -> None:
    """Close open elements until *depth* remain."""
    while state[_DEPTH] > depth:
        state[_DEPTH] -= 1
        top = state[_DEPTH]
        event = stack[top, 1]
        if event >= 0 and (top == 0 or stack[top - 1, 1] != event):
            closing = _emit(events, state, CLOSE, stack[top, 0], event, event)
            events[closing, STOP] = position
            events[event, STOP] = closing
    if state[_DEPTH] < state[_LINK_DEPTH]:
        state[_LINK_DEPTH] = -1


@jit
def _close_implied(events: Any, state: Any, stack: Any, tag: int, position: int) -> None:
    """End what a start tag ends without saying so."""
    depth = state[_DEPTH]
    if depth and stack[depth - 1, 0] == _HEAD and not FLAGS[tag] & IN_HEAD:
        depth -= 1
    needs = CLOSES[tag]
    if needs:
        for d in range(depth - 1, -1, -1):
            open_tag = stack[d, 0]
            needs &= ~BARRIER[open_tag]
            if GROUP[open_tag] & needs:
                depth = d
            if not needs:
                break
    _pop_to(events, state, stack, depth, position)


@jit
def _start_tag(data: Any, events: Any, state: Any, stack: Any, tag: int, position: int, after_name: int) -> int:
    """Read a start tag; return the place after it (after the whole element where that is skipped)."""
    flags = FLAGS[tag]
    if flags & FORMATTING and tag != _A:
        return after_tag(data, after_name)
    after, hints = read_attributes(data, after_name)
    if tag == _A:
        state[_LINK_DEPTH] = state[_DEPTH] if hints & HREF else -1
        return after
    if flags & SKIPPED:
        return _skip(data, state, tag, after, hints)
    if tag == _HTML or tag == _BODY:
        seen = 1 if tag == _HTML else 2
        if state[_SEEN] & seen:
            return after
        state[_SEEN] |= seen
    _close_implied(events, state, stack, tag, position)
    depth = state[_DEPTH]
    parent = _parent(state, stack)
    if flags & VOID:
        if flags & BLOCK:
            _emit(events, state, OPEN, tag, parent, position)
        return after
    if depth == len(stack):
        state[_OVERFLOW] += 1
        return after
    if hints & SELF_CLOSED and not tag:
        return after
    event = parent
    if flags & BLOCK or hints & ~(HREF | SELF_CLOSED):
        event = _emit(events, state, OPEN, tag, parent, position)
        events[event, HINTS] = hints
    stack[depth, 0] = tag
    stack[depth, 1] = event
    state[_DEPTH] = depth + 1
    return after


@jit
def _skip(data: Any, state: Any, tag: int, after: int, hints: int) -> int:
    """Jump over an element whose content is no text; one that is never closed is only its tag."""
    if hints & SELF_CLOSED and tag != _TITLE:
        return after
    end = _end_tag_of(data, after, tag)
    if end < 0:
        return after
    if tag == _TITLE and state[TITLE_STOP] == 0:
        state[TITLE_START] = after
        state[TITLE_STOP] = end
    return after_tag(data, end)


@jit
def _end_tag(events: Any, state: Any, stack: Any, tag: int, position: int) -> None:
    flags = FLAGS[tag]
    if tag == _A:
        state[_LINK_DEPTH] = -1
    if flags & (FORMATTING | SKIPPED) or tag == _BODY or tag == _HTML:
        return
    if flags & VOID:
        if tag == _BR:
            _emit(events, state, OPEN, tag, _parent(state, stack), position)
        return
    if state[_OVERFLOW]:
        state[_OVERFLOW] -= 1
        return
    limit = 2 if TABLE_PARTS[tag] else 1
    for d in range(state[_DEPTH] - 1, -1, -1):
        open_tag = stack[d, 0]
        if open_tag == tag or GROUP[tag] & GROUP[open_tag] & 64:
            _pop_to(events, state, stack, d, position)
            return
        if SCOPE[open_tag] & limit or (not flags & BLOCK and FLAGS[open_tag] & BLOCK):
            return


BYTES = nb.types.Array(nb.uint8, 1, "C", readonly=True)
EVENT_TABLE = nb.int32[:, ::1]


@nb.njit(nb.int64(BYTES, EVENT_TABLE, nb.int64[::1], nb.int32[:, ::1]), cache=True, nogil=True)
def scan(data: Any, events: Any, state: Any, stack: Any) -> int:
    """Read a page into *events*; return how many there are.

    Args:
        data: UTF-8, or any bytes: only ASCII is looked at.
        events: Room for 3 events for each "<", and 3 more. The first is the whole page, as an element.
        state: `NUM_CELLS` cells; afterwards TITLE_START and TITLE_STOP hold the title's byte range.
        stack: (maximal depth, 2); what is nested deeper is read as if flat.
    """
    state[:] = 0
    state[_LINK_DEPTH] = -1
    state[_SEEN] = 1
    stack[0, 0] = _HTML
    stack[0, 1] = _emit(events, state, OPEN, _HTML, -1, 0)
    state[_DEPTH] = 1
    n = len(data)
    i = 0
    while i < n:
        stop = _text_end(data, i)
        if stop > i:
            event = _emit(events, state, TEXT, 0, _parent(state, stack), i)
            events[event, STOP] = stop
            length, marks = _measure(data, i, stop)
            events[event, LENGTH] = length
            events[event, LINK] = length if state[_LINK_DEPTH] >= 0 else 0
            events[event, MARKS] = marks
            i = stop
            continue
        is_end = data[i + 1] == 47
        name = i + 2 if is_end else i + 1
        if name >= n or not is_letter(data[name]):
            i = _after_comment(data, i)
            continue
        j = name
        while j < n and data[j] != 62 and data[j] != 47 and not is_space(data[j]):
            j += 1
        tag = look_up(TAG_HASHES, TAG_IDS, TAG_MASK, hash_lower(data, name, j))
        if is_end:
            _end_tag(events, state, stack, tag, i)
            i = after_tag(data, j)
        else:
            i = _start_tag(data, events, state, stack, tag, i, j)
    _pop_to(events, state, stack, 0, n)
    return state[_EVENTS]
