"""Telephone numbers in text: international, North American, or called one by the word before them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.ascii import (
    DIGIT,
    FLAG,
    INT,
    LOWER,
    MATCH,
    UPPER,
    WORD,
    byte_set,
    is_a,
    run_end,
    stands_at,
    words_table,
)
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.personal_addresses import NONE
from redpyjama.kernels.text import TEXT

PHONE = 2

MAX_DIGITS = 15
"""Of a whole number with the code of its country. Source: ITU-T E.164, section 6."""

LEAST_LABELLED, LEAST_INTERNATIONAL, LEAST_UNPARTED = 7, 8, 10
"""Digits that a number needs: behind a label, behind a country's code, and behind one in one piece."""

_RANGES = (
    (1, 1), (7, 7), (20, 20), (27, 27), (30, 34), (36, 36), (39, 41), (43, 49), (51, 58), (60, 66), (81, 82), (84, 84),
    (86, 86), (90, 95), (98, 98), (211, 213), (216, 216), (218, 218), (220, 258), (260, 269), (290, 291), (297, 299),
    (350, 359), (370, 378), (380, 383), (385, 387), (389, 389), (420, 421), (423, 423), (500, 509), (590, 599),
    (670, 670), (672, 683), (685, 692), (800, 800), (808, 808), (850, 850), (852, 853), (855, 856), (870, 870),
    (878, 878), (880, 883), (886, 886), (888, 888), (960, 968), (970, 977), (979, 979), (992, 996), (998, 998),
)  # fmt: skip
COUNTRY_CODES = tuple(code for first, last in _RANGES for code in range(first, last + 1))
"""Those that are assigned; none begins with another. Source: ITU-T E.164, list of assigned country codes."""

LABELS = (
    "tel", "tel no", "telephone", "telefon", "telefono", "tel\u00e9fono", "telefone", "t\u00e9l", "t\u00e9l\u00e9phone",
    "teleph", "phone", "phone no", "phone number", "ph", "fax", "fax no", "fax number", "telefax", "mobile", "mobil",
    "mob", "m\u00f3vil", "celular", "cell", "cellphone", "handy", "whatsapp", "hotline", "call", "sms",
    "\u0442\u0435\u043b", "\u0422\u0435\u043b", "\u0442\u0435\u043b\u0435\u0444\u043e\u043d",
    "\u0422\u0435\u043b\u0435\u0444\u043e\u043d", "\u0444\u0430\u043a\u0441", "\u0424\u0430\u043a\u0441",
    "\u7535\u8bdd", "\u96fb\u8a71", "\u624b\u673a", "\u624b\u6a5f", "\u4f20\u771f", "\u50b3\u771f",
    "\uc804\ud654", "\u260e", "\u260e\ufe0f", "\u2706", "\U0001f4de", "\U0001f4f1",
)  # fmt: skip
"""What calls the number behind it a telephone's."""

_CODES = np.zeros((4, 1000), np.bool_)
for _code in COUNTRY_CODES:
    _CODES[len(str(_code)), _code] = True
_NOT_BEFORE = byte_set(b"#+-./=")
_LABELS, _LABEL_OFFSETS = words_table(LABELS)

_PAIR: Any = types.UniTuple(types.int64, 2)


@compiled(INT(TEXT, INT, INT))
def _separator(text: Any, position: Int, stop: Int) -> Int:
    """Return how many bytes part two groups of digits at *position*: a space, hyphen, dot or slash; 0 for none.

    Beyond ASCII: the space and hyphen that do not break, the hyphen, and the dash.
    """
    byte = text[position]
    if byte == 0x20 or 0x2D <= byte <= 0x2F:
        return 1
    if byte == 0xC2 and position + 1 < stop:
        return 2 if text[position + 1] == 0xA0 else 0
    if byte == 0xE2 and position + 2 < stop and text[position + 1] == 0x80:
        return 3 if text[position + 2] in (0x90, 0x91, 0x93) else 0
    return 0


@compiled(INT(TEXT, INT, INT))
def _parenthesis(text: Any, position: Int, stop: Int) -> Int:
    """Return where up to five digits end that stand behind "(" and before ")" from *position* on, or *position*."""
    end = run_end(text, position, min(stop, position + 6), DIGIT)
    return end if position < end <= position + 5 and end < stop and text[end] == 0x29 else position


@compiled(types.UniTuple(types.int64, 4)(TEXT, INT, INT, types.boolean))
def _groups(text: Any, position: Int, stop: Int, opened: Int) -> tuple[Int, Int, Int, Int]:
    """Read groups of digits with separators between, or some of them in parentheses, as far as they go.

    Args:
        text: See `redpyjama.kernels.arrow`.
        position: Of the first digit.
        stop: Where the document ends.
        opened: Whether a parenthesis before the first group is to be closed behind it.

    Returns:
        Where the last group ends with which there are at most `MAX_DIGITS`, how many digits there are then, how many
        groups, and whether the parenthesis was closed among them.
    """
    end, digits, groups, closed, within = position, 0, 0, False, False
    while True:
        after = run_end(text, position, min(stop, position + MAX_DIGITS + 1), DIGIT)
        if after == position or digits + after - position > MAX_DIGITS:
            break
        digits += after - position
        groups += 1
        closed |= within
        end = position = after
        if opened and groups == 1 and position < stop and text[position] == 0x29:
            within = True
            position += 1
        if position >= stop:
            break
        position += _separator(text, position, stop)
        if position < stop and text[position] == 0x28:
            inner = _parenthesis(text, position + 1, stop)
            if inner == position + 1 or digits + inner - position - 1 > MAX_DIGITS:
                break
            digits += inner - position - 1
            groups += 1
            position = inner + 1
            if position >= stop:
                break
            position += _separator(text, position, stop)
        elif position == end:
            break
        if position >= stop:
            break
    return end, digits, groups, closed


@compiled(INT(TEXT, INT, INT))
def _country_code(text: Any, position: Int, stop: Int) -> Int:
    """Return how many digits the country's code at *position* has, 0 where none is assigned."""
    code = np.int64(0)
    for length in range(1, 4):
        if position + length > stop or not is_a(text, position + length - 1, DIGIT):
            return 0
        code = 10 * code + text[position + length - 1] - 0x30
        if _CODES[length, code]:
            return length
    return 0


@compiled(FLAG(TEXT, INT))
def _is_north_american(text: Any, position: Int) -> Int:
    """Say whether an area may have the three digits at *position*: 2 to 9, no 9 in the middle, none of 211, 311...

    Source: North American Numbering Plan Administration.
    """
    first, second, third = text[position], text[position + 1], text[position + 2]
    return first >= 0x32 and second != 0x39 and not (second == 0x31 and third == 0x31)


@compiled(FLAG(TEXT, INT, INT))
def _ends(text: Any, end: Int, stop: Int) -> Int:
    """Say whether a number may end here: no letter or digit goes on, but for an extension ("x12")."""
    if end >= stop or not is_a(text, end, WORD):
        return True
    return text[end] | 0x20 == 0x78 and end + 1 < stop and is_a(text, end + 1, DIGIT)


@compiled(MATCH(TEXT, INT, INT, INT))
def _international(text: Any, digit: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match "+49 30 ..." or "0049 30 ..." at its first digit."""
    plus = digit > start and text[digit - 1] == 0x2B
    first = digit - 1 if plus else digit
    if first > start and (is_a(text, first - 1, WORD) or _NOT_BEFORE[text[first - 1]]):
        return NONE
    code_at = digit
    if not plus:
        if first > start + 1 and text[first - 1] == 0x20 and is_a(text, first - 2, DIGIT):  # a group of another number
            return NONE
        if digit + 2 >= stop or text[digit] != 0x30 or text[digit + 1] != 0x30:
            return NONE
        code_at += 2
    code = _country_code(text, code_at, stop)
    if code == 0:
        return NONE
    opened = first > start and text[first - 1] == 0x28
    end, digits, groups, closed = _groups(text, code_at, stop, opened)
    if not _ends(text, end, stop) or digits < LEAST_INTERNATIONAL or (groups == 1 and digits < LEAST_UNPARTED):
        return NONE
    if text[code_at] == 0x31 and digits != 11:
        return NONE
    if not plus and is_a(text, code_at + code, DIGIT):  # "00490 ..." is any number
        return NONE
    return PHONE, first - closed, end


@compiled(FLAG(TEXT, INT))
def _is_fictional(text: Any, exchange: Int) -> Int:
    """Say whether a number is of 555-0100 to 555-0199, which are for films."""
    fives = text[exchange] == 0x35 and text[exchange + 1] == 0x35 and text[exchange + 2] == 0x35
    return fives and text[exchange + 4] == 0x30 and text[exchange + 5] == 0x31


@compiled(INT(TEXT, INT, INT, INT))
def _subscriber_end(text: Any, exchange: Int, stop: Int, mark: Int) -> Int:
    """Return where "555-0123" ends, or -1; *mark* parts it, and a space too if *mark* is one."""
    end = exchange + 8
    if end > stop or run_end(text, exchange, end, DIGIT) != exchange + 3:
        return -1
    if text[exchange] < 0x32 or (text[exchange + 1] == 0x31 and text[exchange + 2] == 0x31):
        return -1
    part = text[exchange + 3]
    if part != mark and not (mark == 0x20 and (part == 0x2D or part == 0x2E)):
        return -1
    if run_end(text, exchange + 4, min(stop, end + 1), DIGIT) != end or not _ends(text, end, stop):
        return -1
    if end + 1 < stop and (text[end] == 0x2D or text[end] == 0x2E) and is_a(text, end + 1, DIGIT):
        return -1
    return -1 if _is_fictional(text, exchange) else end


@compiled(MATCH(TEXT, INT, INT, INT))
def _north_american(text: Any, digit: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match "212-555-7788", "(212) 555-7788", "1.212.555.7788" at its first digit.

    Departs: 555-0100 to 555-0199 are nobody's; with spaces alone between them any three numbers would be one.
    """
    first = area = digit
    if text[area] == 0x31 and area + 2 < stop and (text[area + 1] in (0x20, 0x2D, 0x2E)):
        area += 2
        area += text[area] == 0x28
    elif digit > start and text[digit - 1] == 0x28:
        first -= 1
    if first > start and (is_a(text, first - 1, WORD) or _NOT_BEFORE[text[first - 1]]):
        return NONE
    if area + 5 >= stop or run_end(text, area, area + 4, DIGIT) != area + 3 or not _is_north_american(text, area):
        return NONE
    mark = np.int64(text[area + 3])
    exchange = area + 4
    if area > start and text[area - 1] == 0x28:
        if mark != 0x29:
            return NONE
        mark = 0x20
        exchange += text[exchange] == 0x20 or text[exchange] == 0x2D
    elif mark != 0x2D and mark != 0x2E:
        return NONE
    end = _subscriber_end(text, exchange, stop, mark)
    return (PHONE, first, end) if end >= 0 else NONE


@compiled(_PAIR(TEXT, INT, INT))
def _label(text: Any, position: Int, start: Int) -> tuple[Int, Int]:
    """Say whether a label ends before *position*, and whether a colon, dot or equals sign stands between."""
    marks = 0
    for _ in range(4):
        if position <= start:
            break
        byte = text[position - 1]
        if byte in (0x2E, 0x3A, 0x3D):
            marks += 1
            position -= 1
        elif byte == 0x20 or byte == 0x09:
            position -= 1
        elif byte == 0xA0 and position - 2 >= start and text[position - 2] == 0xC2:
            position -= 2
        elif byte == 0x9A and position - 3 >= start and text[position - 2] == 0xBC and text[position - 3] == 0xEF:
            marks += 1  # the full-width colon
            position -= 3
        else:
            break
    for i in range(len(_LABEL_OFFSETS) - 1):
        size = _LABEL_OFFSETS[i + 1] - _LABEL_OFFSETS[i]
        first = position - size
        if first < start or (first > start and is_a(text, first - 1, UPPER | LOWER)):
            continue
        if stands_at(text, first, position, _LABELS, _LABEL_OFFSETS[i], _LABEL_OFFSETS[i + 1]):
            return 1, marks
    return 0, 0


@compiled(MATCH(TEXT, INT, INT, INT))
def _labelled(text: Any, digit: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match a number behind "Tel.", "Phone:", ... at its first digit.

    Without a mark after the label ("phone 12345678 times"), it begins with 0 or has a separator.
    """
    first = digit
    opened = digit > start and text[digit - 1] == 0x28
    if opened:
        if _parenthesis(text, digit, stop) == digit:
            return NONE
        first -= 1
    elif digit > start and text[digit - 1] == 0x2B:
        first -= 1
    found, marks = _label(text, first, start)
    if not found:
        return NONE
    end, digits, groups, _ = _groups(text, digit, stop, opened)
    if digits < LEAST_LABELLED or not _ends(text, end, stop):
        return NONE
    if end - 8 >= digit and not is_a(text, end - 5, DIGIT) and _is_fictional(text, end - 8):
        return NONE
    return (PHONE, first, end) if marks or groups > 1 or text[digit] == 0x30 else NONE


@compiled(MATCH(TEXT, INT, INT, INT))
def phone(text: Any, digit: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match a telephone number at its first digit; its "+" or "(" before that belongs to it."""
    found = _international(text, digit, start, stop)
    if found[0] < 0:
        found = _labelled(text, digit, start, stop)
    return found if found[0] >= 0 else _north_american(text, digit, start, stop)
