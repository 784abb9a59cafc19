"""RedPajama V2's measures of natural language and of lines; `redpyjama.steps.natural_language` has the definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.gopher import HASH_VALUES, POSITIONS, WORD_OFFSETS
from redpyjama.kernels.text import OFFSETS, TEXT, before, decode, skip_space, skip_space_back
from redpyjama.kernels.unicode import ALNUM, ALPHA, LOWER, UPPER

RAW, CAPITALS, LETTERED, STOP_WORDS = range(4)
"""Columns of `count_raw`: raw words; those all in capitals; those with a letter a-z; stop words."""

WORDS, WORD_CHARS, UNIQUE, LOREM_IPSUM = range(4)
"""Columns of `count_normalised`: words; their characters; different ones; pairs of words "lorem ipsum"."""

CHARS, BRACKETS, SYMBOLS, SENTENCES, LINES, ELLIPSIS, TERMINAL, BULLETS, JAVASCRIPT = range(9)
"""Columns of `count_lines`: characters; curly brackets; number signs and ellipses; sentences; lines; those that end in
an ellipsis; in an end mark; that begin with a bullet; words "javascript"."""

CAPITAL_SHARE, NUMERIC_SHARE = range(2)
"""Columns of sums over lines: share of capital letters in its characters, of numerals in its normalised characters."""

_INT: Any = types.int64
_ROWS: Any = types.int64[:, ::1]
_SUMS: Any = types.float64[:, ::1]
_TABLE: Any = types.uint64[::1]
_COUNTS: Any = types.int32[::1]
_NONE = np.uint64(0)
_ONE = np.uint64(1)

_BULLETS = np.array([0x2022, 0x2023, 0x25B6, 0x25C0, 0x25E6, 0x25A0, 0x25A1, 0x25AA, 0x25AB, 0x2013], np.int64)
_PUNCTUATION = np.zeros(128, np.uint8)
_PUNCTUATION[[*range(0x21, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F)]] = 1
_LOREM, _IPSUM = np.frombuffer(b"lorem", np.uint8), np.frombuffer(b"ipsum", np.uint8)
_LOG_TABLE = np.zeros(256)
_LOG_TABLE[1:] = np.arange(1, 256) * np.log(np.arange(1, 256))


@compiled(types.boolean(_INT))
def _is_title(code: Int) -> Int:
    """Say whether a character is a digraph of which only the first letter is a capital."""
    if code < 0x1F88:
        return code == 0x1C5 or code == 0x1C8 or code == 0x1CB or code == 0x1F2
    if code <= 0x1FAF:
        return code & 8 != 0
    return code == 0x1FBC or code == 0x1FCC or code == 0x1FFC


@compiled(types.boolean(TEXT, _INT, _INT))
def _has_title(text: Any, start: Int, stop: Int) -> Int:
    position = start
    while position < stop:
        code, length = decode(text, position)
        if _is_title(code):
            return True
        position += length
    return False


@compiled(types.boolean(TEXT, _INT, _INT))
def _has_ascii_letter(text: Any, start: Int, stop: Int) -> Int:
    for i in range(start, stop):
        if 0x61 <= text[i] | 0x20 <= 0x7A:
            return True
    return False


@compiled(types.boolean(types.uint64, HASH_VALUES))
def _in_table(value: Any, table: Any) -> Int:
    mask = np.uint64(len(table) - 1)
    at = value & mask
    while table[at] != _NONE:
        if table[at] == value:
            return True
        at = (at + _ONE) & mask
    return False


@compiled(types.void(TEXT, HASH_VALUES, WORD_OFFSETS, POSITIONS, POSITIONS, HASH_VALUES, TEXT, _ROWS))
def count_raw(
    text: Any, stop_words: Any, word_offsets: Any, starts: Any, stops: Any, hashes: Any, bits: Any, rows: Any
) -> None:
    """Fill a row for each document; see `RAW`. *stop_words* is an open hash table, with 0 for free places."""
    for document in range(len(word_offsets) - 1):
        row = rows[document]
        row[:] = 0
        row[RAW] = word_offsets[document + 1] - word_offsets[document]
        for i in range(word_offsets[document], word_offsets[document + 1]):
            kind = bits[i]
            if not kind & ALPHA:
                if not kind & UPPER:  # a Roman numeral is no letter, but a capital
                    continue
            else:
                row[LETTERED] += _has_ascii_letter(text, starts[i], stops[i])
            if kind & UPPER and not kind & LOWER:
                row[CAPITALS] += not _has_title(text, starts[i], stops[i])
            row[STOP_WORDS] += _in_table(hashes[i], stop_words)


@compiled(types.boolean(TEXT, _INT, _INT, _INT, _INT))
def _is_lorem_ipsum(text: Any, start: Int, stop: Int, next_start: Int, next_stop: Int) -> Int:
    """Say whether a word ends in "lorem" and the next one begins with "ipsum", punctuation and case apart."""
    position, matched = stop - 1, 4
    while matched >= 0:
        if position < start or text[position] >= 0x80:
            return False
        if not _PUNCTUATION[text[position]]:
            if text[position] | 0x20 != _LOREM[matched]:
                return False
            matched -= 1
        position -= 1
    position, matched = next_start, 0
    while matched < 5:
        if position == next_stop or text[position] >= 0x80:
            return False
        if not _PUNCTUATION[text[position]]:
            if text[position] | 0x20 != _IPSUM[matched]:
                return False
            matched += 1
        position += 1
    return True


@compiled(
    types.void(TEXT, WORD_OFFSETS, POSITIONS, POSITIONS, HASH_VALUES, POSITIONS, _TABLE, _COUNTS, _ROWS,
               types.float64[::1])
)  # fmt: skip
def count_normalised(
    text: Any, word_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, table: Any, counts: Any, rows: Any,
    entropies: Any,
) -> None:  # fmt: skip
    """Fill a row and the entropy of the words, in nats, for each document; see `WORDS`.

    *table* and *counts* are scratch of a power of two, at least twice the most words of
    a document.
    """
    for document in range(len(word_offsets) - 1):
        row = rows[document]
        row[:] = 0
        first, last = word_offsets[document], word_offsets[document + 1]
        size = np.int64(2)
        while size < 2 * (last - first):
            size *= 2
        mask = np.uint64(size - 1)
        for i in range(size):
            table[i] = _NONE
        for i in range(first, last):
            row[WORD_CHARS] += chars[i]
            value = hashes[i] | _ONE  # 0 means a free place
            if text[stops[i] - 1] | 0x20 == 0x6D and i + 1 < last:
                row[LOREM_IPSUM] += _is_lorem_ipsum(text, starts[i], stops[i], starts[i + 1], stops[i + 1])
            at = (value >> np.uint64(20)) & mask
            while table[at] != _NONE and table[at] != value:
                at = (at + _ONE) & mask
            if table[at] == _NONE:
                table[at] = value
                counts[at] = 0
                row[UNIQUE] += 1
            counts[at] += 1
        row[WORDS] = last - first
        total = 0.0
        for i in range(size):
            if table[i] != _NONE:
                times = counts[i]
                total += _LOG_TABLE[times] if times < len(_LOG_TABLE) else times * np.log(times)
        entropies[document] = np.log(last - first) - total / (last - first) if last > first else 0.0


@compiled(_INT(TEXT, _INT, _INT, TEXT))
def _count_sentences(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    r"""Count the matches of ``\b[^.!?]+[.!?]*``: one from each boundary of a word up to the end marks behind it."""
    count = np.int64(0)
    position = start
    wordy = False  # whether the character before *position* is one of \w
    while position < stop:
        code, length = decode(text, position)
        now = classes[code] & ALNUM != 0 or code == 0x5F
        if now == wordy or code == 0x2E or code == 0x21 or code == 0x3F:
            wordy = now
            position += length
            continue
        count += 1
        while position < stop and not (text[position] == 0x2E or text[position] == 0x21 or text[position] == 0x3F):
            position += 1
        if position == stop:
            break
        while position < stop and (text[position] == 0x2E or text[position] == 0x21 or text[position] == 0x3F):
            position += 1
        wordy = False
    return count


@compiled(types.UniTuple(_INT, 3)(TEXT, _INT, _INT, TEXT, TEXT, types.int64[::1]))
def _count_chars(text: Any, start: Int, stop: Int, classes: Any, numeric: Any, row: Any) -> tuple[Int, Int, Int]:
    """Count what characters tell of [start, stop); return how many, capitals and numerals."""
    chars = capitals = numerals = np.int64(0)
    dots = 0
    position = start
    while position < stop:
        byte = text[position]
        chars += 1
        dots = dots + 1 if byte == 0x2E else 0
        if byte < 0x80:
            position += 1
            capitals += 0x41 <= byte <= 0x5A
            numerals += 0x30 <= byte <= 0x39
            row[BRACKETS] += byte == 0x7B or byte == 0x7D
            row[SYMBOLS] += byte == 0x23
            if dots == 3:
                row[SYMBOLS] += 1
                dots = 0
        else:
            code, length = decode(text, position)
            position += length
            capitals += classes[code] & UPPER != 0
            numerals += numeric[code]
            row[SYMBOLS] += code == 0x2026
    return chars, capitals, numerals


@compiled(types.void(TEXT, _INT, _INT, TEXT, types.int64[::1]))
def _judge_ends(text: Any, start: Int, stop: Int, classes: Any, row: Any) -> None:
    """Look at how the line [start, stop) begins and ends, white space apart."""
    first = skip_space(text, start, stop, classes)
    last = skip_space_back(text, stop, first, classes)
    if first == last:
        return
    code = decode(text, first)[0]
    for i in range(len(_BULLETS)):
        row[BULLETS] += _BULLETS[i] == code
    code = decode(text, before(text, last, first))[0]
    dots = code == 0x2E and last - first > 2 and text[last - 2] == 0x2E and text[last - 3] == 0x2E
    row[ELLIPSIS] += dots or code == 0x2026
    row[TERMINAL] += code == 0x2E or code == 0x21 or code == 0x3F or code == 0x201D


@compiled(
    types.void(TEXT, OFFSETS, TEXT, TEXT, types.uint64, WORD_OFFSETS, POSITIONS, HASH_VALUES, POSITIONS, _ROWS, _SUMS)
)
def count_lines(
    text: Any, offsets: Any, classes: Any, numeric: Any, javascript: Any, word_offsets: Any, starts: Any, hashes: Any,
    chars: Any, rows: Any, sums: Any,
) -> None:  # fmt: skip
    """Fill both rows of each document; see `CHARS` and `CAPITAL_SHARE`. The words are normalised ones."""
    for document in range(len(offsets) - 1):
        row = rows[document]
        row[:] = 0
        sums[document, :] = 0
        word, last_word = word_offsets[document], word_offsets[document + 1]
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        row[SENTENCES] = _count_sentences(text, position, end, classes)
        while position < end:
            stop = position
            while stop < end and text[stop] != 0x0A:
                stop += 1
            following = min(stop + 1, end)  # the newline counts among the characters of its line
            num_chars, capitals, numerals = _count_chars(text, position, following, classes, numeric, row)
            row[CHARS] += num_chars
            row[LINES] += 1
            _judge_ends(text, position, stop, classes, row)
            normalised_chars = np.int64(-1)  # a space between two words
            while word < last_word and starts[word] < following:
                normalised_chars += chars[word] + 1
                row[JAVASCRIPT] += hashes[word] == javascript
                word += 1
            sums[document, CAPITAL_SHARE] += capitals / num_chars
            if normalised_chars > 0:
                sums[document, NUMERIC_SHARE] += numerals / normalised_chars
            position = following
