"""Which stretches of text are web or mail addresses, to spaCy; see `word_split_english`."""

from __future__ import annotations

from typing import Any

from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.english import SMALL
from redpyjama.kernels.english_affixes import is_digit
from redpyjama.kernels.text import TEXT, before, decode

_INT: Any = types.int64
_FLAG: Any = types.boolean


@compiled(_FLAG(_INT))
def _in_host(code: Int) -> Int:
    return 0x30 <= code <= 0x39 or 0x41 <= code <= 0x5A or 0x61 <= code <= 0x7A or 0xA1 <= code <= 0xFFFF


@compiled(_FLAG(TEXT, _INT, _INT, TEXT))
def _is_host(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    """Say whether [start, stop) is a host name with a port and a path, if any, behind."""
    position = label = start
    dots = 0
    small = True  # all of the label so far could be a top-level domain
    while position < stop:
        code, length = decode(text, position)
        if code == 0x2E:
            if position == label or not _in_host(decode(text, before(text, position, start))[0]):
                return False
            dots += 1
            label = position + 1
            small = True
        elif code == 0x3A or code == 0x2F or code == 0x3F or code == 0x23:
            break
        elif _in_host(code) or ((code == 0x5F or code == 0x2D) and position > label):
            small = small and classes[code] & SMALL != 0
        else:
            return False
        position += length
    if dots == 0 or position - label < 2 or not small:
        return False
    if position < stop and text[position] == 0x3A:
        port = position + 1
        position = port
        while position < stop and is_digit(text, position):
            position += 1
        if not 2 <= position - port <= 5:
            return False
    return position == stop or text[position] == 0x2F or text[position] == 0x3F or text[position] == 0x23


@compiled(_FLAG(TEXT, _INT, _INT, TEXT))
def is_address(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    """Say whether [start, stop) is a URL, with scheme or without, or an e-mail address."""
    dotted = False
    scheme = start
    for i in range(start, stop):
        dotted |= text[i] == 0x2E
        slashes = text[i] == 0x3A and i + 2 < stop and text[i + 1] == 0x2F and text[i + 2] == 0x2F
        if slashes and scheme == start and i - start > 1:
            scheme = i + 3
    if not dotted:
        return False
    if _is_host(text, scheme, stop, classes):
        return True
    for i in range(scheme + 1, stop):
        if text[i] == 0x40 and _is_host(text, i + 1, stop, classes):
            return True
    return False
