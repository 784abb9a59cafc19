"""Tags of HTML on the level of bytes: names by hash, attributes by what they say about an element's purpose."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from redpyjama.kernels.html_tables import (
    ATTR_ARIA_HIDDEN,
    ATTR_CLASS,
    ATTR_HASHES,
    ATTR_HIDDEN,
    ATTR_HREF,
    ATTR_IDS,
    ATTR_MASK,
    ATTR_STYLE,
    HIDDEN,
    HREF,
    NEGATED,
    SELF_CLOSED,
    WORD_FLAGS,
    WORD_HASHES,
    WORD_MASK,
)

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)

jit: Any = nb.njit(cache=True, nogil=True)


@jit
def hash_lower(data: Any, start: int, stop: int) -> Any:
    """FNV-1a of bytes with ASCII capitals made small."""
    h = _FNV_OFFSET
    for i in range(start, stop):
        c = data[i]
        if 65 <= c <= 90:
            c |= 32
        h = (h ^ np.uint64(c)) * _FNV_PRIME
    return h


@jit
def look_up(hashes: Any, values: Any, mask: int, h: Any) -> int:
    """Return the value of a hash in an open-addressed table, 0 where it has none."""
    place = np.int64(h & np.uint64(mask))
    while hashes[place]:
        if hashes[place] == h:
            return values[place]
        place = (place + 1) & mask
    return 0


@jit
def is_letter(c: int) -> bool:
    """Say whether a byte is an ASCII letter."""
    return 97 <= (c | 32) <= 122


@jit
def is_space(c: int) -> bool:
    """Say whether a byte is ASCII white space."""
    return c == 32 or 9 <= c <= 13


@jit
def find_byte(data: Any, start: int, byte: int) -> int:
    """Return where *byte* next is, or the end."""
    i = start
    n = len(data)
    while i < n and data[i] != byte:
        i += 1
    return i


@jit
def _word(data: Any, start: int, stop: int, before: int) -> int:
    """Return the flags of one word, given those of the word before it in the same name."""
    if stop == start:
        return before
    flags = look_up(WORD_HASHES, WORD_FLAGS, WORD_MASK, hash_lower(data, start, stop))
    return 0 if before & NEGATED else flags


@jit
def _words(data: Any, start: int, stop: int) -> int:
    """Return the flags of the words of a class, id or role: letters, cut at capitals; and of whole hyphenated names."""
    flags = last = 0
    word = name = start
    for i in range(start, stop + 1):
        c = data[i] if i < stop else 32
        if is_letter(c):
            if 65 <= c <= 90 and i > word and data[i - 1] >= 97:
                last = _word(data, word, i, last)
                flags |= last
                word = i
            continue
        last = _word(data, word, i, last)
        flags |= last
        word = i + 1
        if is_space(c):
            last = 0
            if i > name and i - name < 24:
                flags |= look_up(WORD_HASHES, WORD_FLAGS, WORD_MASK, hash_lower(data, name, i))
            name = i + 1
    return flags & ~NEGATED


@jit
def _hides(data: Any, start: int, stop: int) -> int:
    """Return HIDDEN for a style that says display:none or visibility:hidden."""
    i = start
    while i < stop:
        colon = i
        while colon < stop and data[colon] != 58:
            colon += 1
        value = colon + 1
        while value < stop and is_space(data[value]):
            value += 1
        end = value
        while end < stop and data[end] != 59:
            end += 1
        while i < colon and is_space(data[i]):
            i += 1
        if end > value and (
            (colon - i == 7 and data[i] | 32 == 100 and data[i + 1] | 32 == 105 and data[value] | 32 == 110)
            or (colon - i == 10 and data[i] | 32 == 118 and data[value] | 32 == 104)
        ):  # d-i-splay: n-one, v-isibility: h-idden: no other property of these lengths and letters is in use
            return HIDDEN
        i = end + 1
    return 0


@jit
def _attribute(data: Any, name: int, name_stop: int, value: int, value_stop: int) -> int:
    """Return the hints of one attribute."""
    which = look_up(ATTR_HASHES, ATTR_IDS, ATTR_MASK, hash_lower(data, name, name_stop))
    if which == ATTR_CLASS:
        return _words(data, value, value_stop)
    if which == ATTR_STYLE:
        return _hides(data, value, value_stop)
    if which == ATTR_HREF:
        return HREF
    if which == ATTR_HIDDEN or (which == ATTR_ARIA_HIDDEN and value_stop > value and data[value] | 32 == 116):
        return HIDDEN
    return 0


@jit
def read_attributes(data: Any, start: int) -> tuple[int, int]:
    """Read a start tag's attributes; return the place after its ">" and its hints."""
    n = len(data)
    i = start
    hints = 0
    while i < n:
        c = data[i]
        if c == 62:
            return i + 1, hints | (SELF_CLOSED if data[i - 1] == 47 else 0)
        if is_space(c) or c == 47:
            i += 1
            continue
        name = i
        i += 1  # a stray "=" or quote is a name of its own
        while i < n and data[i] != 61 and data[i] != 62 and data[i] != 47 and not is_space(data[i]):
            i += 1
        name_stop = i
        while i < n and is_space(data[i]):
            i += 1
        value = value_stop = i
        if i < n and data[i] == 61:
            value, value_stop, i = _value(data, i + 1)
        hints |= _attribute(data, name, name_stop, value, value_stop)
    return n, hints


@jit
def _value(data: Any, start: int) -> tuple[int, int, int]:
    """Return start, stop and the place after an attribute's value."""
    n = len(data)
    i = start
    while i < n and is_space(data[i]):
        i += 1
    if i < n and (data[i] == 34 or data[i] == 39):
        stop = find_byte(data, i + 1, data[i])
        return i + 1, stop, min(stop + 1, n)
    value = i
    while i < n and data[i] != 62 and not is_space(data[i]):
        i += 1
    return value, i, i


@jit
def after_tag(data: Any, start: int) -> int:
    """Return the place after a tag's ">", minding quotes."""
    n = len(data)
    i = start
    while i < n and data[i] != 62:
        if data[i] == 61:  # quotes count only after "=": an apostrophe elsewhere is a typing error
            _, _, i = _value(data, i + 1)
        else:
            i += 1
    return min(i + 1, n)
