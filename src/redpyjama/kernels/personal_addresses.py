"""E-mail and IP addresses in text: matched at the "@", or at the first digit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.ascii import (
    ALNUM,
    ALNUMS,
    DIGIT,
    FLAG,
    INT,
    MATCH,
    WORD,
    byte_set,
    ends_with_any,
    is_a,
    is_any,
    run_end,
    words_table,
)
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.reserved import is_reserved
from redpyjama.kernels.text import TEXT, before, decode

EMAIL, IP = 0, 1
NONE = (-1, 0, 0)

MAX_LOCAL, MAX_DOMAIN = 64, 255
"""Bytes of an e-mail address before and after its "@". Source: RFC 5321, section 4.5.3.1."""

MAX_IPV6 = 39
"""Characters of an address of version 6: eight groups of four digits."""

FILES = (
    "png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "ico", "css", "js", "mjs", "ts", "tsx", "jsx", "json", "html",
    "htm", "xml", "php", "asp", "aspx", "pdf", "gz", "tgz", "whl", "jar", "service", "timer", "socket",
)  # fmt: skip
"""What follows "@2x." or "lodash@" and is no domain: endings of files, and of systemd's units."""

NO_PEOPLE = ("git", "hg", "svn")
"""Who fetches code: "git@host:repository" is nobody's mailbox."""

VERSIONS = (
    "version", "versions", "ver", "release", "build", "firmware", "section", "sec", "chapter", "clause", "paragraph",
    "table", "figure", "fig", "rule", "article", "\u00a7", "\u00a7\u00a7",
)  # fmt: skip
"""What stands before four numbers that are no address."""

_FILES, _FILE_OFFSETS = words_table(FILES)
_NO_PEOPLE, _NO_PEOPLE_OFFSETS = words_table(NO_PEOPLE)
_VERSIONS, _VERSION_OFFSETS = words_table(VERSIONS)

_IN_LOCAL = byte_set(ALNUMS + b"._%+-'&~")
_HEX_DIGIT = np.full(256, -1, np.int64)
for _i, _digit in enumerate(b"0123456789abcdef"):
    _HEX_DIGIT[_digit] = _i
for _i, _digit in enumerate(b"ABCDEF"):
    _HEX_DIGIT[_digit] = 10 + _i


@compiled(FLAG(INT))
def _is_letter_beyond(code: Int) -> Int:
    """Say whether names may have this letter: of Latin, Greek or Cyrillic, beyond ASCII.

    Others do not part their words from an address: Chinese, Japanese and Korean text goes on right beside it.
    """
    return 0xC0 <= code <= 0x24F or 0x370 <= code <= 0x52F


# --- e-mail ----------------------------------------------------------------------------------------------------------


@compiled(INT(TEXT, INT, INT))
def _local_start(text: Any, at: Int, start: Int) -> Int:
    """Return where the part of an address before its "@" begins, or *at* where there is none.

    Departs from RFC 5322: of the signs that it allows, those that occur (". _ % + - ' & ~"), within or between letters
    and digits; nothing in quotes. Letters beyond ASCII as RFC 6531 allows them.
    """
    first = position = at
    while position > start:
        previous = before(text, position, start)
        byte = text[previous]
        if byte < 0x80:
            if not _IN_LOCAL[byte] or (byte == 0x2E and (position == at or text[position] == 0x2E)):
                break
            starts = is_a(text, previous, WORD)
        else:
            code, _ = decode(text, previous)
            if not _is_letter_beyond(code):
                break
            starts = True
        position = previous
        if starts:
            first = position
        if at - position > MAX_LOCAL:
            return at
    return first


@compiled(INT(TEXT, INT, INT))
def _label_end(text: Any, position: Int, stop: Int) -> Int:
    """Return where a run of letters, digits and hyphens ends."""
    while position < stop:
        byte = text[position]
        if byte < 0x80:
            if not is_a(text, position, ALNUM) and byte != 0x2D:
                break
            position += 1
        else:
            code, length = decode(text, position)
            if not _is_letter_beyond(code):
                break
            position += length
    return position


@compiled(INT(TEXT, INT, INT))
def _top_level_end(text: Any, position: Int, stop: Int) -> Int:
    """Return where the top-level domain that begins at *position* ends, *position* if none does.

    It is two letters or more, or "xn--" and more, and no letter or digit follows it.
    """
    if position + 4 < stop and text[position] | 0x20 == 0x78 and text[position + 1] | 0x20 == 0x6E:
        if text[position + 2] == 0x2D and text[position + 3] == 0x2D and is_a(text, position + 4, ALNUM):
            return run_end(text, position + 4, stop, ALNUM)
    end, letters = position, 0
    while end < stop:
        byte = text[end]
        if byte < 0x80:
            if is_a(text, end, DIGIT):
                return position
            if not is_a(text, end, ALNUM):
                break
            end += 1
        else:
            code, length = decode(text, end)
            if not _is_letter_beyond(code):
                break
            end += length
        letters += 1
    return end if letters >= 2 else position


@compiled(INT(TEXT, INT, INT))
def _domain_end(text: Any, first: Int, stop: Int) -> Int:
    """Return where the host name that begins at *first* ends, *first* if none does: labels with dots between."""
    end, position, labels = first, first, 0
    while True:
        if labels:
            top = _top_level_end(text, position, stop)
            if top > position:
                end = top
        after = _label_end(text, position, stop)
        if after == position or text[position] == 0x2D or text[after - 1] == 0x2D:
            break
        labels += 1
        if after + 1 >= stop or text[after] != 0x2E:
            break
        position = after + 1
    return end


@compiled(MATCH(TEXT, INT, INT, INT))
def email(text: Any, at: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match the e-mail address around an "@"; nothing before *start* belongs to it."""
    first = _local_start(text, at, start)
    if first == at:
        return NONE
    end = _domain_end(text, at + 1, stop)
    if end == at + 1 or end - at > MAX_DOMAIN:
        return NONE
    dot = end - 1
    while text[dot] != 0x2E:
        dot -= 1
    if is_any(text, dot + 1, end, _FILES, _FILE_OFFSETS):
        return NONE
    if is_reserved(text, at + 1, end):
        return NONE
    if is_any(text, first, at, _NO_PEOPLE, _NO_PEOPLE_OFFSETS):
        return NONE
    return EMAIL, first, end


# --- IP --------------------------------------------------------------------------------------------------------------


@compiled(FLAG(INT, INT, INT, INT))
def _is_global(a: Int, b: Int, c: Int, d: Int) -> Int:
    """Say whether an address of version 4 is one that the whole internet can reach.

    Source: IANA IPv4 Special-Purpose Address Registry; RFC 5771 (multicast) and 1112 (240/4).
    """
    if a in (0, 10, 127) or a >= 224:
        return False
    if (a == 100 and 64 <= b < 128) or (a == 169 and b == 254) or (a == 172 and 16 <= b < 32):
        return False
    if a == 192:
        return not (b == 168 or (b == 0 and (c == 2 or (c == 0 and d != 9 and d != 10))) or (b == 88 and c == 99))
    if a == 198:
        return not (b == 18 or b == 19 or (b == 51 and c == 100))
    return not (a == 203 and b == 0 and c == 113)


@compiled(FLAG(TEXT, INT, INT))
def _is_numbered(text: Any, position: Int, start: Int) -> Int:
    """Say whether a word that numbers something ends right before *position*, with up to two signs between."""
    for _ in range(2):
        if position > start and (text[position - 1] in (0x20, 0x2E, 0x3A)):
            position -= 1
    return ends_with_any(text, start, position, _VERSIONS, _VERSION_OFFSETS)


@compiled(MATCH(TEXT, INT, INT, INT))
def ipv4(text: Any, first: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match an address of version 4 at its first digit: of the global ones, and no number of a version or section.

    Departs from datatrove's, which takes four numbers wherever they stand: where more numbers follow or a word says
    what they are, it is no address. Nor are four single digits: sections and versions, or resolvers that all know.
    """
    if first > start and (is_a(text, first - 1, WORD) or text[first - 1] == 0x2E):
        return NONE
    position, value, large = first, np.int64(0), False
    for i in range(4):
        end = run_end(text, position, min(stop, position + 4), DIGIT)
        if end == position or end - position > 3 or (end - position > 1 and text[position] == 0x30):
            return NONE
        octet = np.int64(0)
        for j in range(position, end):
            octet = 10 * octet + text[j] - 0x30
        if octet > 255:
            return NONE
        large |= octet > 9
        value = value << 8 | octet
        position = end
        if i < 3:
            if position >= stop or text[position] != 0x2E:
                return NONE
            position += 1
    if position < stop and is_a(text, position, WORD):
        return NONE
    if position + 1 < stop and text[position] == 0x2E and is_a(text, position + 1, DIGIT):
        return NONE
    if not large or not _is_global(value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255):
        return NONE
    return NONE if _is_numbered(text, first, start) else (IP, first, position)


@compiled(FLAG(INT, INT))
def _is_global_6(first: Int, second: Int) -> Int:
    """Say by its first two groups whether the whole internet can reach an address of version 6.

    Source: IANA IPv6 Special-Purpose Address Registry; RFC 4291, section 2.4: global addresses are in 2000::/3.
    """
    if not 0x2000 <= first < 0x4000 or first == 0x2002:
        return False
    if first == 0x2001:  # Teredo, benchmarks, ORCHID; documentation
        return second >= 0x200 and second != 0xDB8
    return not (first == 0x3FFF and second < 0x1000)


@compiled(types.UniTuple(types.int64, 2)(TEXT, INT, INT))
def _leading_groups(text: Any, position: Int, end: Int) -> tuple[Int, Int]:
    """Return the first two groups of an address of version 6, or (-1, -1) if [position, end) is none."""
    groups, digits, value, gap = 0, 0, np.int64(0), False
    first, second = np.int64(-1), np.int64(0)
    for i in range(position, end + 1):
        if i < end and text[i] != 0x3A:
            value = value << 4 | _HEX_DIGIT[text[i]]
            digits += 1
            continue
        if digits == 0:
            if gap or (i == end and text[end - 2] != 0x3A):
                return -1, -1
            gap = i < end or gap
            continue
        if digits > 4:
            return -1, -1
        groups += 1
        if groups == 1:
            first = value
        elif groups == 2 and not gap:
            second = value
        digits, value = 0, np.int64(0)
    return (first, second) if (groups == 8 and not gap) or (groups < 8 and gap) else (-1, -1)


@compiled(MATCH(TEXT, INT, INT, INT))
def ipv6(text: Any, first: Int, start: Int, stop: Int) -> tuple[Int, Int, Int]:
    """Match an address of version 6 at its first digit: of the global ones.

    Source: RFC 4291, section 2.2, without the form that ends in version 4; the first group has four digits.
    """
    if first > start and (is_a(text, first - 1, WORD) or text[first - 1] == 0x2E or text[first - 1] == 0x3A):
        return NONE
    end = first
    while end < min(stop, first + MAX_IPV6) and (_HEX_DIGIT[text[end]] >= 0 or text[end] == 0x3A):
        end += 1
    if end - first > 5 and text[end - 1] == 0x3A and text[end - 2] != 0x3A:
        end -= 1
    if end - first < 6 or text[first + 4] != 0x3A:
        return NONE
    if end < stop and is_a(text, end, WORD):
        return NONE
    if end + 1 < stop and (text[end] == 0x2E or text[end] == 0x3A) and is_a(text, end + 1, WORD):
        return NONE
    leading, second = _leading_groups(text, first, end)
    return (IP, first, end) if leading >= 0 and _is_global_6(leading, second) else NONE
