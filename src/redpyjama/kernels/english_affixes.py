"""What spaCy's rules for English split off a word in front, behind and inside; see `word_split_english`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels import english
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.english import ALPHA, BEFORE_STOP, CAPITAL, CLOSES, ICON, OPENS, QUOTE, SMALL
from redpyjama.kernels.text import TEXT, before, decode

_INT: Any = types.int64
_FLAG: Any = types.boolean
_CODES: Any = types.Array(types.int64, 1, "C", readonly=True)

LETTER = np.zeros(256, np.uint8)
"""1 for the letters of ASCII."""
LETTER[0x41:0x5B] = 1
LETTER[0x61:0x7B] = 1

_HYPHENS = np.array([0x2D, 0x2013, 0x2014, 0x7E], np.int64)
_RELATIONS = np.array([0x3A, 0x3C, 0x3E, 0x3D, 0x2F], np.int64)  # : < > = /
_SIGNS = np.array([0x2B, 0x2D, 0x2A, 0x5E], np.int64)  # + - * ^
_DEGREES = np.array([ord(c) for c in "FfCcKk"], np.int64)
_CURRENCIES = np.array(sorted(ord(c) for c in english.CURRENCIES), np.int64)
_UNITS = np.frombuffer("\0".join(sorted(english.UNITS, key=lambda u: -len(u.encode()))).encode() + b"\0", np.uint8)


@compiled(_FLAG(_CODES, _INT))
def _in(codes: Any, code: Int) -> Int:
    for i in range(len(codes)):  # over the array itself, numba would count references
        if codes[i] == code:
            return True
    return False


@compiled(_FLAG(TEXT, _INT))
def is_digit(text: Any, position: Int) -> Int:
    """Say whether a digit 0-9 stands there."""
    return 0x30 <= text[position] <= 0x39


@compiled(_INT(TEXT, _INT, _INT, TEXT))
def _class_before(text: Any, position: Int, start: Int, classes: Any) -> Int:
    """Return the class of the character that ends at *position*, 0 at the start."""
    return classes[decode(text, before(text, position, start))[0]] if position > start else 0


@compiled(_INT(TEXT, _INT, _INT, TEXT))
def prefix(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    """Return the length of what is split off in front, or 0."""
    position = start
    while position < stop and text[position] == 0x2E:
        position += 1
    if position - start > 1:
        return position - start
    code, length = decode(text, start)
    if classes[code] & OPENS:
        plus_number = code == 0x2B and start + 1 < stop and is_digit(text, start + 1)
        return 0 if plus_number else length
    if stop - start > 1 and text[start + 1] == 0x24 and (text[start] == 0x41 or text[start] == 0x43):  # A$ C$
        return 2
    if stop - start > 2 and text[start] == 0x55 and text[start + 1] == 0x53 and text[start + 2] == 0x24:  # US$
        return 3
    return 0


@compiled(_INT(TEXT, _INT, _INT))
def _unit(text: Any, start: Int, stop: Int) -> Int:
    """Return the length of the longest unit of measurement after a digit at the end, or 0."""
    at = 0
    while at < len(_UNITS):
        end = at
        while _UNITS[end] != 0:
            end += 1
        length = end - at
        if stop - length > start and _UNITS[end - 1] == text[stop - 1] and is_digit(text, stop - length - 1):
            same = True
            for i in range(length):
                same = same and text[stop - length + i] == _UNITS[at + i]
            if same:
                return length
        at = end + 1
    return 0


@compiled(_INT(TEXT, _INT, _INT, TEXT))
def _final_stop(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    """Return how many full stops are split off from the end."""
    position = stop
    while position > start and text[position - 1] == 0x2E:
        position -= 1
    if stop - position > 1:
        return stop - position
    if position == start:
        return 0
    kind = _class_before(text, position, start, classes)
    if kind & BEFORE_STOP:
        return 1
    if kind & CAPITAL:
        return np.int64(_class_before(text, before(text, position, start), start, classes) & CAPITAL != 0)
    third = position - 3
    degree = (
        third >= start and text[third] == 0xC2 and text[third + 1] == 0xB0 and _in(_DEGREES, np.int64(text[third + 2]))
    )
    return np.int64(degree)


@compiled(_INT(TEXT, _INT, _INT))
def _letter_suffix(text: Any, start: Int, stop: Int) -> Int:
    """Return the length of 's, or of a unit, at the end of what ends in an ASCII letter, or 0."""
    if text[stop - 1] | 0x20 == 0x73 and stop - start > 1:
        if text[stop - 2] == 0x27:
            return 2
        if stop - start > 3 and text[stop - 2] == 0x99 and text[stop - 3] == 0x80 and text[stop - 4] == 0xE2:
            return 4
    for i in range(max(start, stop - 5), stop - 1):
        if is_digit(text, i):
            return _unit(text, start, stop)
    return 0


@compiled(_INT(TEXT, _INT, _INT))
def _dollars(text: Any, start: Int, stop: Int) -> Int:
    """Return the length of A$, C$ or US$ behind a digit at the end, or 0."""
    if stop - start < 3:
        return 0
    letters = np.int64(text[stop - 2] == 0x41 or text[stop - 2] == 0x43)
    if text[stop - 2] == 0x53 and text[stop - 3] == 0x55:
        letters = 2
    if letters and stop - letters - 2 >= start and is_digit(text, stop - letters - 2):
        return 1 + letters
    return 0


@compiled(_INT(TEXT, _INT, _INT, TEXT))
def suffix(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    """Return the length of what is split off behind, or 0."""
    if LETTER[text[stop - 1]]:
        return _letter_suffix(text, start, stop)
    if is_digit(text, stop - 1):
        return 0
    position = before(text, stop, start)
    code = decode(text, position)[0]
    if code == 0x2E:
        return _final_stop(text, start, stop, classes)
    if code == 0x2026 and position - 3 >= start and decode(text, position - 3)[0] == 0x2026:
        return 6
    if classes[code] & CLOSES:
        return stop - position
    if position > start and is_digit(text, position - 1) and (code == 0x2B or _in(_CURRENCIES, code)):
        return stop - position
    if code == 0x24:
        return _dollars(text, start, stop)
    return _unit(text, start, stop)


@compiled(_INT(TEXT, _INT, _INT, _INT, _INT, TEXT))
def _hyphen(text: Any, position: Int, stop: Int, code: Int, length: Int, classes: Any) -> Int:
    """Return the length of the one to three hyphens, or two dashes, at *position* if a letter follows, or 0."""
    if not _in(_HYPHENS, code):
        return 0
    most = 3 if code == 0x2D else 2 if code == 0x2014 else 1
    end = position
    for _ in range(most):
        if end + length > stop or decode(text, end)[0] != code:
            return 0
        end += length
        if end < stop and classes[decode(text, end)[0]] & ALPHA:
            return end - position
    return 0


@compiled(_INT(TEXT, _INT, _INT, _INT, TEXT))
def infix(text: Any, position: Int, start: Int, stop: Int, classes: Any) -> Int:
    """Return the length of what splits [start, stop) at *position*, or 0."""
    code, length = decode(text, position)
    if code == 0x2E:
        end = position + 1
        while end < stop and text[end] == 0x2E:
            end += 1
        if end - position > 1:
            return end - position
    if code == 0x2026 or classes[code] & ICON:
        return length
    if position == start:
        return 0
    previous = _class_before(text, position, start, classes)
    following = classes[decode(text, position + length)[0]] if position + length < stop else 0
    digit = is_digit(text, position - 1)
    if (
        digit
        and position + 1 < stop
        and _in(_SIGNS, code)
        and (is_digit(text, position + 1) or text[position + 1] == 0x2D)
    ):
        return 1
    if code == 0x2E:
        return np.int64(previous & (SMALL | QUOTE) != 0 and following & (CAPITAL | QUOTE) != 0)
    if code == 0x2C:
        return np.int64(previous & following & ALPHA != 0)
    if not (previous & ALPHA or digit):
        return 0
    if _in(_RELATIONS, code):
        return np.int64(following & ALPHA != 0)
    return _hyphen(text, position, stop, code, length, classes)
