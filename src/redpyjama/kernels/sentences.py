"""How many sentences a line has, without a trained model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import compiled
from redpyjama.kernels.text import TEXT, decode, skip_space
from redpyjama.kernels.unicode import ALNUM, ALPHA, LOWER

ABBREVIATIONS = (
    "mr mrs ms dr st prof sr jr hon rev fr gen col lt maj sgt capt cmdr gov sen rep pres supt mt ft vs etc al cf viz "
    "no nos vol pp pg ed eds fig figs eq sec ch inc ltd co corp bros dept univ est approx jan feb mar apr jun jul aug "
    "sep sept oct nov dec a.m p.m e.g i.e u.s u.k u.n d.c ph.d m.d b.a m.a"
).split()
"""Words after which a full stop ends no sentence unless the line ends there too; at most eight bytes each."""


def _packed(word: str) -> int:
    return int.from_bytes(word.encode().rjust(8, b"\0"), "big")


_ABBREVIATIONS = np.array(sorted(_packed(word) for word in ABBREVIATIONS), np.int64)


_MARKS = np.zeros(256, np.bool_)
_MARKS[[0x2E, 0x21, 0x3F]] = True


@compiled(types.boolean(TEXT, types.int64, types.int64))
def _abbreviates(text: Any, start: int, dot: int) -> Any:
    """Say whether the word that ends before the full stop at *dot* is an abbreviation or an initial."""
    position = dot
    packed = np.int64(0)
    while position > start:
        byte = np.int64(text[position - 1])
        if 0x41 <= byte <= 0x5A:
            byte |= 0x20
        if byte != 0x2E and not 0x61 <= byte <= 0x7A:
            if byte >= 0x80 or 0x30 <= byte <= 0x39:  # part of a longer word
                return False
            break
        if dot - position == 8:
            return False
        packed |= byte << (8 * (dot - position))
        position -= 1
    if dot - position == 1:
        return packed != 0x69  # an initial, but "and I. Then" ends a sentence
    found = np.searchsorted(_ABBREVIATIONS, packed)
    return found < len(_ABBREVIATIONS) and _ABBREVIATIONS[found] == packed


@compiled(types.int64(TEXT, types.int64, types.int64))
def _skip_closers(text: Any, position: int, stop: int) -> int:
    """Skip end marks, quotation marks and brackets that belong to the sentence that just ended."""
    while position < stop:
        code, length = decode(text, position)
        mark = code == 0x2E or code == 0x21 or code == 0x3F or code == 0x2026
        quote = code == 0x22 or code == 0x27 or code == 0x2019 or code == 0x201D or code == 0xBB
        if not (mark or quote or code == 0x29 or code == 0x5D):
            break
        position += length
    return position


@compiled(types.boolean(TEXT, types.int64, types.int64, TEXT))
def _opens(text: Any, position: int, stop: int, classes: Any) -> bool:
    """Say whether what begins at *position* can begin a sentence: its first letter or digit is no small letter."""
    while position < stop:
        code, length = decode(text, position)
        if classes[code] & (ALNUM | ALPHA):
            return classes[code] & LOWER == 0
        position += length
    return False


@compiled(types.int64(TEXT, types.int64, types.int64, TEXT))
def count_sentences(text: Any, start: int, stop: int, classes: Any) -> int:
    """Count the sentences of the line [start, stop).

    A sentence ends at a full stop, question or exclamation mark (with the closing quotes and brackets after it) that is
    followed by white space and then by something whose first letter or digit is no small letter, unless the mark is one
    full stop after an abbreviation or an initial. A rest with a letter or digit counts as a sentence too.
    """
    count = 0
    pending = False
    position = start
    while position < stop:
        byte = text[position]
        if _MARKS[byte]:
            end = _skip_closers(text, position, stop)
            following = skip_space(text, end, stop, classes)
            if pending and end < following < stop and _opens(text, following, stop, classes):
                single = byte == 0x2E and (end == position + 1 or text[position + 1] not in (0x2E, 0x21, 0x3F))
                if not (single and _abbreviates(text, start, position)):
                    count += 1
                    pending = False
            position = end
        elif pending:  # nothing to learn before the next mark, which is a byte of its own in UTF-8
            position += 1
            while position < stop and not _MARKS[text[position]]:
                position += 1
        else:
            code, length = decode(text, position)
            pending = classes[code] & ALNUM != 0
            position += length
    return count + pending
