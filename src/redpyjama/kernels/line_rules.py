"""RefinedWeb's corrections, line by line: which lines go, and what goes from short ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import OFFSETS, TEXT, decode, skip_space, skip_space_back
from redpyjama.kernels.unicode import ALNUM, ALPHA, DECIMAL, SPACE, UPPER

RULES = ("line_mainly_uppercase", "line_only_numbers", "line_counter", "line_one_word", "navigation_phrase")
"""What the numbers in the fourth column of the spans mean."""

_UPPERCASE, _NUMBERS, _COUNTER, _ONE_WORD, _PHRASE = range(5)
_KEEP = -1

AT_START, AT_END, ANYWHERE, COUNTED = range(4)
"""Kinds of phrases: what is cut at the beginning of a short line, at its end, anywhere in it, and what is counted."""

WORDS, FLAGGED_WORDS, FLAGGED_LINES = range(3)
"""Columns of `find_spans`: words, those in lines that go or lose something, and how many lines that are."""

_INT: Any = types.int64
_FLAG: Any = types.boolean
_SPANS: Any = types.int32[:, ::1]


@compiled(_FLAG(TEXT, _INT, _INT, TEXT, _INT, _INT))
def _same(text: Any, position: Int, stop: Int, phrases: Any, start: Int, end: Int) -> Int:
    """Say whether a lower-case phrase stands at *position*, whatever the case of A-Z there."""
    if position + end - start > stop:
        return False
    for i in range(end - start):
        byte = text[position + i]
        if byte != phrases[start + i] and not (0x41 <= byte <= 0x5A and byte + 0x20 == phrases[start + i]):
            return False
    return True


@compiled(_FLAG(TEXT, _INT, _INT, _INT))
def _is_edge(text: Any, position: Int, start: Int, stop: Int) -> Int:
    """Say whether no ASCII letter or digit, and no byte of another character, stands at *position* of the line."""
    if position < start or position >= stop:
        return True
    byte = text[position]
    return not (0x61 <= byte | 0x20 <= 0x7A or 0x30 <= byte <= 0x39 or byte >= 0x80)


@compiled(types.UniTuple(_INT, 2)(TEXT, _INT, _INT, TEXT, OFFSETS, TEXT))
def _find_phrase(text: Any, start: Int, stop: Int, phrases: Any, offsets: Any, kinds: Any) -> tuple[Int, Int]:
    """Return where the first phrase to be cut from the line begins and ends, or equal numbers."""
    for i in range(len(kinds)):
        length = np.int64(offsets[i + 1]) - np.int64(offsets[i])
        first, last = start, stop - length
        if kinds[i] == COUNTED:
            continue
        if kinds[i] == AT_START:
            last = min(start, last)
        elif kinds[i] == AT_END:
            first = max(last, start)
        for position in range(first, last + 1):
            if (
                _same(text, position, stop, phrases, offsets[i], offsets[i + 1])
                and _is_edge(text, position - 1, start, stop)
                and _is_edge(text, position + length, start, stop)
            ):
                return position, position + length
    return start, start


@compiled(_FLAG(TEXT, _INT, _INT, TEXT, TEXT, OFFSETS, TEXT))
def _is_counter(text: Any, start: Int, stop: Int, classes: Any, phrases: Any, offsets: Any, kinds: Any) -> Int:
    """Say whether a line is a number and what it counts: "3 likes", "1,024 Comments", "12k views"."""
    position = start
    while position < stop and (0x30 <= text[position] <= 0x39 or text[position] == 0x2C or text[position] == 0x2E):
        position += 1
    if position == start:
        return False
    if position < stop and (text[position] | 0x20 == 0x6B or text[position] | 0x20 == 0x6D):
        position += 1
    begin = skip_space(text, position, stop, classes)
    if begin == position:
        return False
    for i in range(len(kinds)):
        length = offsets[i + 1] - offsets[i]
        if (
            kinds[i] == COUNTED
            and begin + length == stop
            and _same(text, begin, stop, phrases, offsets[i], offsets[i + 1])
        ):
            return True
    return False


@compiled(types.UniTuple(_INT, 4)(TEXT, _INT, _INT, TEXT))
def _count(text: Any, start: Int, stop: Int, classes: Any) -> tuple[Int, Int, Int, Int]:
    """Return words between white space, letters, capitals, and digits, of which a line of numbers has more than none.

    Digits are -1 where something else than digits, white space and ASCII marks stands there too.
    """
    words = letters = capitals = digits = np.int64(0)
    inside = False
    position = start
    while position < stop:
        code, length = decode(text, position)
        kind = classes[code]
        space = kind & SPACE != 0
        words += inside and space
        inside = not space
        letters += kind & ALPHA != 0
        capitals += kind & UPPER != 0
        if kind & DECIMAL:
            digits += digits >= 0
        elif not space and (kind & ALPHA or code >= 0x80):
            digits = np.int64(-1)
        position += length
    return words + inside, letters, capitals, digits


@compiled(types.UniTuple(_INT, 2)(TEXT, _INT, _INT, TEXT, types.float64, TEXT, OFFSETS, TEXT))
def _judge(
    text: Any, start: Int, stop: Int, classes: Any, max_capitals: Any, phrases: Any, offsets: Any, kinds: Any
) -> tuple[Int, Int]:
    """Return the rule that cuts a stripped line, or `_KEEP`, and how many words it has."""
    words, letters, capitals, digits = _count(text, start, stop, classes)
    if digits > 0:
        return _NUMBERS, words
    if _is_counter(text, start, stop, classes, phrases, offsets, kinds):
        return _COUNTER, words
    if words == 1:
        return _ONE_WORD, words
    if capitals > max_capitals * letters:
        return _UPPERCASE, words
    return _KEEP, words


@compiled(_FLAG(TEXT, _INT, _INT, TEXT))
def _says_something(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    """Say whether [start, stop) has a letter or number."""
    position = start
    while position < stop:
        code, length = decode(text, position)
        if classes[code] & ALNUM:
            return True
        position += length
    return False


@compiled(types.UniTuple(_INT, 2)(TEXT, _INT, _INT, TEXT, TEXT, OFFSETS, TEXT))
def _cut_phrase(
    text: Any, start: Int, stop: Int, classes: Any, phrases: Any, offsets: Any, kinds: Any
) -> tuple[Int, Int]:
    """Return which part of a stripped line goes: none, a phrase with white space on one side, or all of it."""
    begin, behind = _find_phrase(text, start, stop, phrases, offsets, kinds)
    if begin == behind:
        return begin, behind
    if not _says_something(text, start, begin, classes) and not _says_something(text, behind, stop, classes):
        return start, stop
    if begin == start:
        return begin, skip_space(text, behind, stop, classes)
    return skip_space_back(text, begin, start, classes), behind


@compiled(_INT(_SPANS, _INT, _INT, _INT, _INT, _INT))
def _add(spans: Any, count: Int, document: Int, start: Int, end: Int, rule: Int) -> Int:
    """Note a span if there is room; return how many there would be."""
    if count < len(spans):
        spans[count, 0], spans[count, 1], spans[count, 2], spans[count, 3], spans[count, 4] = (
            document,
            start,
            end,
            rule,
            0,
        )
    return count + 1


@compiled(_INT(TEXT, OFFSETS, TEXT, types.float64, _INT, TEXT, OFFSETS, TEXT, types.int64[:, ::1], _SPANS))
def find_spans(
    text: Any, offsets: Any, classes: Any, max_capitals: Any, max_words: Int, phrases: Any, phrase_offsets: Any,
    kinds: Any, rows: Any, spans: Any,
) -> Int:  # fmt: skip
    """Judge every line of every document; see `RULES` and `WORDS`.

    *phrases* are lower-case, end to end, with offsets and *kinds*. *spans* receives (document, start, end, rule, 0) in
    order.

    Returns:
        How many spans there are; where that is more than *spans* has rows, call again with more.
    """
    count = np.int64(0)
    for document in range(len(offsets) - 1):
        base, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        row = rows[document]
        row[:] = 0
        position = base
        while position < end:
            stop = position
            while stop < end and text[stop] != 0x0A:
                stop += 1
            following = min(stop + 1, end)
            first = skip_space(text, position, stop, classes)
            last = skip_space_back(text, stop, first, classes)
            before = count
            words = np.int64(0)
            if first < last:
                rule, words = _judge(text, first, last, classes, max_capitals, phrases, phrase_offsets, kinds)
                if rule != _KEEP:
                    count = _add(spans, count, document, position - base, following - base, rule)
                elif words <= max_words:
                    begin, behind = _cut_phrase(text, first, last, classes, phrases, phrase_offsets, kinds)
                    if begin == first and behind == last:
                        begin, behind = position, following
                    if begin < behind:
                        count = _add(spans, count, document, begin - base, behind - base, _PHRASE)
            row[WORDS] += words
            if count > before:
                row[FLAGGED_WORDS] += words
                row[FLAGGED_LINES] += 1
            position = following
    return count
