"""Copyright and licence notices at the head of source files, as spans."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from redpyjama.kernels.text import OFFSETS, TEXT

_INT: Any = types.int64
_FLAG: Any = types.boolean
_SPANS: Any = types.int32[:, ::1]
_MASKS: Any = types.Array(types.int32, 1, "C", readonly=True)
_PAIR: Any = types.UniTuple(_INT, 2)

SLASHES, HASH, DASHES, SEMICOLON, PERCENT, BANG, QUOTE, REM = (1 << i for i in range(8))
C_BLOCK, XML, DOCSTRING, BRACE, ANGLE, BRACKETS = (1 << i for i in range(8, 14))
"""Kinds of comments that a file may have, as bits."""

MAX_COMMENTS = 4
"""Notices are looked for in so many comments, as long as nothing but comments has come before."""

MAX_HEAD_BYTES = 1 << 16
"""Notices are looked for in whole lines within so many bytes; the longest in use, the GPL's own text, has 35,000."""


def _table(*strings: bytes) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([0, *(len(s) for s in strings)], np.int32)
    return np.frombuffer(b"".join(strings), np.uint8), np.cumsum(lengths, dtype=np.int32)


_LINE_MARKS, _LINE_MARK_OFFSETS = _table(b"//", b"#", b"--", b";", b"%", b"!", b"'", b"rem ", b"::")
_LINE_BITS = np.array([SLASHES, HASH, DASHES, SEMICOLON, PERCENT, BANG, QUOTE, REM, REM], np.int32)
_OPEN, _OPEN_OFFSETS = _table(b"/*", b"<!--", b'"""', b"'''", b"{-", b"<#", b"--[[")
_CLOSE, _CLOSE_OFFSETS = _table(b"*/", b"-->", b'"""', b"'''", b"-}", b"#>", b"]]")
_BLOCK_BITS = np.array([C_BLOCK, XML, DOCSTRING, DOCSTRING, BRACE, ANGLE, BRACKETS], np.int32)

_PASSED, _PASSED_OFFSETS = _table(
    b"#!", b"<?", b"<!doctype", b"@echo", b'"use strict', b"'use strict"
)  # fmt: skip
"""Lines that stand before a notice and stay."""

_KEPT, _KEPT_OFFSETS = _table(
    b"coding:", b"coding=", b"vim:", b"-*-", b"syntax=", b"pyright:", b"mypy:", b"pylint:", b"flake8:", b"ruff:",
    b"noqa", b"type: ignore", b"fmt:", b"isort:", b"go:build", b"+build", b"go:generate", b"eslint", b"tslint:",
    b"jshint", b"@ts-", b"@flow", b"@jsx", b"shellcheck", b"frozen_string_literal", b"rubocop:", b"clang-format",
)  # fmt: skip
"""What makes a comment line one for tools: it stays."""

_BOM, _BOM_OFFSETS = _table(b"\xef\xbb\xbf")
_COPYRIGHT, _COPYRIGHT_OFFSETS = _table(b"copyright")

_STRONG, _STRONG_OFFSETS = _table(
    b"spdx-license", b"licensed under", b"licenced under", b"permission is hereby", b"redistribution and use",
    b"public license", b"public licence", b"all rights reserved", b"released under", b"public domain", b"see license",
    b"see the license", b"mit license", b"apache license", b"bsd license", b"bsd-style", b"distributed under",
    b"\xc2\xa9", b"(c) 19", b"(c) 20",
)  # fmt: skip
"""What makes a paragraph of a comment a notice; so does "copyright" at the beginning of a line or before a year."""

_WEAK, _WEAK_OFFSETS = _table(
    b"warrant", b"liab", b'"as is"', b"free software", b"redistribut", b"applicable law", b"license", b"licence",
    b"copyright", b"substantial portions", b"without limitation", b"contributors", b"endorse",
)  # fmt: skip
"""What makes a paragraph one more part of a notice that has begun."""


@njit(_INT(_INT), cache=True, nogil=True)
def _low(byte: int) -> int:
    return byte + 0x20 if 0x41 <= byte <= 0x5A else byte


@njit(_FLAG(TEXT, _INT, _INT, TEXT, _INT, _INT), cache=True, nogil=True)
def _stands(text: Any, position: int, stop: int, phrases: Any, start: int, end: int) -> bool:
    """Say whether a lower-case phrase stands at *position*, whatever the case there."""
    if position + end - start > stop:
        return False
    for i in range(end - start):
        if _low(text[position + i]) != phrases[start + i]:
            return False
    return True


@njit(_INT(TEXT, _INT, _INT, TEXT, OFFSETS), cache=True, nogil=True)
def _which(text: Any, position: int, stop: int, phrases: Any, offsets: Any) -> int:
    """Return which of the phrases stands at *position*, or -1."""
    for i in range(len(offsets) - 1):
        if _stands(text, position, stop, phrases, offsets[i], offsets[i + 1]):
            return i
    return -1


@njit(_FLAG(TEXT, _INT, _INT, TEXT, OFFSETS), cache=True, nogil=True)
def _has_any(text: Any, start: int, stop: int, phrases: Any, offsets: Any) -> bool:
    """Say whether one of the phrases is somewhere in [start, stop)."""
    for position in range(start, stop):
        if _which(text, position, stop, phrases, offsets) >= 0:
            return True
    return False


@njit(_PAIR(TEXT, _INT, _INT), cache=True, nogil=True)
def _line(text: Any, position: int, stop: int) -> tuple[int, int]:
    """Return where the line at *position* ends, and where the next one begins."""
    while position < stop and text[position] != 0x0A:
        position += 1
    return position, min(position + 1, stop)


@njit(_INT(TEXT, _INT, _INT), cache=True, nogil=True)
def _skip_blanks(text: Any, position: int, stop: int) -> int:
    while position < stop and (text[position] == 0x20 or 0x09 <= text[position] <= 0x0D):
        position += 1
    return position


@njit(_INT(TEXT, _INT, _INT), cache=True, nogil=True)
def _skip_blank_lines(text: Any, position: int, stop: int) -> int:
    """Return where the next line with anything in it begins; *position* itself if its line goes on with something."""
    following = position
    while following < stop:
        end, after = _line(text, following, stop)
        if _skip_blanks(text, following, end) < end:
            break
        following = after
    return following


@njit(_INT(TEXT, _INT, _INT), cache=True, nogil=True)
def _first_word(text: Any, position: int, stop: int) -> int:
    """Return the first letter, digit or byte beyond ASCII in [position, stop), or *stop*."""
    while position < stop:
        byte = _low(text[position])
        if 0x61 <= byte <= 0x7A or 0x30 <= byte <= 0x39 or byte >= 0x80:
            break
        position += 1
    return position


@njit(_FLAG(TEXT, _INT, _INT), cache=True, nogil=True)
def _claims_copyright(text: Any, start: int, stop: int) -> bool:
    """Say whether the line [start, stop) begins with "copyright", or has it before a year."""
    first = _first_word(text, start, stop)
    for position in range(first, stop - 8):
        if _low(text[position]) == 0x63 and _stands(text, position, stop, _COPYRIGHT, 0, 9):
            if position == first:
                return True
            for i in range(position + 9, min(position + 24, stop)):
                if 0x30 <= text[i] <= 0x39:
                    return True
    return False


@njit(_FLAG(TEXT, _INT, _INT), cache=True, nogil=True)
def _is_notice(text: Any, start: int, stop: int) -> bool:
    """Say whether a paragraph is a notice by itself."""
    position = start
    while position < stop:
        end, following = _line(text, position, stop)
        if _claims_copyright(text, position, end):
            return True
        position = following
    return _has_any(text, start, stop, _STRONG, _STRONG_OFFSETS)


@njit(_INT(TEXT, _INT, _INT), cache=True, nogil=True)
def _paragraph_end(text: Any, start: int, stop: int) -> int:
    """Return where the paragraph that begins at *start* ends: before a line without a letter or digit."""
    position = start
    while position < stop:
        end, following = _line(text, position, stop)
        if _first_word(text, position, end) == end:
            break
        position = following
    return position


@njit(_FLAG(TEXT, _INT, _INT, _FLAG), cache=True, nogil=True)
def _belongs(text: Any, start: int, stop: int, begun: Any) -> bool:
    """Say whether a paragraph is a notice, or goes on with one that has *begun*."""
    return _is_notice(text, start, stop) or (begun and _has_any(text, start, stop, _WEAK, _WEAK_OFFSETS))


@njit(types.UniTuple(_INT, 4)(TEXT, _INT, _INT), cache=True, nogil=True)
def _notice_in(text: Any, start: int, stop: int) -> tuple[int, int, int, int]:
    """Look for a notice in the inside of a comment.

    Returns:
        Where its first paragraph begins (-1: there is none) and the line after its last one, and how many paragraphs
        come before and after it. Lines without a letter or digit part paragraphs.
    """
    first = last = -1
    before = after = 0
    position = start
    while position < stop:
        end, following = _line(text, position, stop)
        if _first_word(text, position, end) == end:
            position = following
            continue
        paragraph = position
        position = _paragraph_end(text, position, stop)
        if _belongs(text, paragraph, position, first >= 0):
            first = paragraph if first < 0 else first
            last = position
            after = 0
        elif first < 0:
            before += 1
        else:
            after += 1
    return first, last, before, after


@njit(_INT(TEXT, _INT, _INT), cache=True, nogil=True)
def _mark_of(text: Any, position: int, stop: int) -> int:
    """Return which of `_LINE_MARKS` the line at *position* begins with after its indentation, or -1."""
    end = _line(text, position, stop)[0]
    return _which(text, _skip_blanks(text, position, end), end, _LINE_MARKS, _LINE_MARK_OFFSETS)


@njit(_INT(TEXT, _INT, _INT, _INT), cache=True, nogil=True)
def _after_kept_lines(text: Any, position: int, stop: int, mark: int) -> int:
    """Skip the lines for tools that open a run of comment lines."""
    while position < stop and _mark_of(text, position, stop) == mark:
        end, following = _line(text, position, stop)
        if not _has_any(text, position, end, _KEPT, _KEPT_OFFSETS):
            break
        position = following
    return position


@njit(types.UniTuple(_INT, 3)(TEXT, _INT, _INT, _INT), cache=True, nogil=True)
def _comment_at(text: Any, position: int, stop: int, style: int) -> tuple[int, int, int]:
    """Return the inside of the comment at *position* and its end; three times -1 where there is none."""
    for k in range(len(_BLOCK_BITS)):
        inside = position + _OPEN_OFFSETS[k + 1] - _OPEN_OFFSETS[k]
        if not style & _BLOCK_BITS[k]:
            continue
        if not _stands(text, position, stop, _OPEN, _OPEN_OFFSETS[k], _OPEN_OFFSETS[k + 1]):
            continue
        for end in range(inside, stop):
            if _stands(text, end, stop, _CLOSE, _CLOSE_OFFSETS[k], _CLOSE_OFFSETS[k + 1]):
                return inside, end, end + _CLOSE_OFFSETS[k + 1] - _CLOSE_OFFSETS[k]
        return -1, -1, -1
    mark = _mark_of(text, position, stop)
    if mark < 0 or not style & _LINE_BITS[mark]:
        return -1, -1, -1
    inside = following = _after_kept_lines(text, position, stop, mark)
    while following < stop and _mark_of(text, following, stop) == mark:
        end, after = _line(text, following, stop)
        if _has_any(text, following, end, _KEPT, _KEPT_OFFSETS):  # opens a run of its own
            break
        following = after
    return inside, following, following


@njit(_PAIR(TEXT, _INT, _INT, _INT, _INT, _INT), cache=True, nogil=True)
def _cut_of(text: Any, start: int, inside: int, inside_end: int, end: int, stop: int) -> tuple[int, int]:
    """Return the range to cut of the comment [start, end), empty where it has no notice.

    A comment that is nothing but a notice goes whole, with the blank lines after it; of another one only the
    paragraphs of the notice go.
    """
    first, last, before, after = _notice_in(text, inside, inside_end)
    if first < 0:
        return start, start
    if before + after == 0:
        whole = max(start, inside) if inside_end == end else start  # lines for tools stay
        line_stop, following = _line(text, end, stop)
        if inside_end == end or _skip_blanks(text, end, line_stop) == line_stop:
            end = _skip_blank_lines(text, end if inside_end == end else following, stop)
        return whole, end
    while (before == 0 or after > 0) and last < inside_end:
        line_stop, following = _line(text, last, inside_end)
        if _first_word(text, last, line_stop) < line_stop:
            break
        last = following
    return first, last


@njit(_INT(_SPANS, _INT, _INT, _INT, _INT), cache=True, nogil=True)
def _add(spans: Any, count: int, document: int, start: int, end: int) -> int:
    """Note a span if it is not empty; there is room for `MAX_COMMENTS` a document."""
    if end <= start:
        return count
    spans[count, 0] = document
    spans[count, 1] = start
    spans[count, 2] = end
    spans[count, 3] = spans[count, 4] = 0
    return count + 1


@njit(_INT(TEXT, OFFSETS, _MASKS, _SPANS), cache=True, nogil=True)
def find_notices(text: Any, offsets: Any, styles: Any, spans: Any) -> int:
    """Find the notices in the comments before the first line of code.

    *styles* has the kinds of comments of each document, *spans* room for `MAX_COMMENTS` rows a document of
    (document, start, end, 0, 0). Returns the number of spans.
    """
    count = 0
    for i in range(len(offsets) - 1):
        base, stop = types.int64(offsets[i]), types.int64(offsets[i + 1])
        if stop - base > MAX_HEAD_BYTES:
            stop = base + MAX_HEAD_BYTES
            while stop > base and text[stop - 1] != 0x0A:
                stop -= 1
        position = base
        comments = 0
        while comments < MAX_COMMENTS:
            position = _skip_blanks(text, position, stop)
            if _which(text, position, stop, _BOM, _BOM_OFFSETS) >= 0:
                position += 3
                continue
            if _which(text, position, stop, _PASSED, _PASSED_OFFSETS) >= 0:
                position = _line(text, position, stop)[1]
                continue
            inside, inside_end, end = _comment_at(text, position, stop, styles[i])
            if inside < 0:
                break
            first, last = _cut_of(text, position, inside, inside_end, end, stop)
            count = _add(spans, count, i, first - base, last - base)
            position = max(end, last)
            comments += 1
    return count


@njit(_INT(TEXT, _INT, _INT, _INT, _INT), cache=True, nogil=True)
def _find_pair(text: Any, position: int, stop: int, first: int, second: int) -> int:
    """Return where two bytes stand together, or -1."""
    for i in range(position, stop - 1):
        if text[i] == first and text[i + 1] == second:
            return i
    return -1


@njit(_INT(TEXT, OFFSETS, _SPANS), cache=True, nogil=True)
def find_headers_faithfully(text: Any, offsets: Any, spans: Any) -> int:
    """Find what RedPajama's published code removes; *spans* and the return value as for `find_notices`.

    That is the first block comment anywhere in the file, if it contains "copyright"; and where the file has no block
    comment at all, every line from its beginning on that starts with ``//``, ``#`` or ``--`` or is empty.
    """
    count = 0
    for i in range(len(offsets) - 1):
        base, stop = types.int64(offsets[i]), types.int64(offsets[i + 1])
        start = _find_pair(text, base, stop, 0x2F, 0x2A)
        close = _find_pair(text, start + 2, stop, 0x2A, 0x2F) if start >= 0 else -1
        if close >= 0:
            if _has_any(text, start, close, _COPYRIGHT, _COPYRIGHT_OFFSETS):
                count = _add(spans, count, i, start - base, close + 2 - base)
            continue
        position = base
        while position < stop:
            end, following = _line(text, position, stop)
            mark = _which(text, position, end, _LINE_MARKS, _LINE_MARK_OFFSETS)
            if position < end and not 0 <= mark <= 2:
                break
            position = following
        count = _add(spans, count, i, 0, position - base)
    return count
