"""Documents into words as spaCy's rules for English split them; see `redpyjama.kernels.words`.

Departs: spaCy looks for its exceptions once more across the words that it found ("Mr.Smith" keeps "Mr."); addresses by
number and a few emoticons beyond ASCII are not known as such.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels import english
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.english_addresses import is_address
from redpyjama.kernels.english_affixes import LETTER, infix, prefix, suffix
from redpyjama.kernels.text import OFFSETS, TEXT, decode
from redpyjama.kernels.unicode import SPACE
from redpyjama.kernels.word_hash import feed, finished, hash_bytes
from redpyjama.kernels.word_split import OUT, SEED, ZERO

_INT: Any = types.int64
_FLAG: Any = types.boolean
_KEYS: Any = types.Array(types.uint64, 1, "C", readonly=True)
_CUTS: Any = types.int32[::1]

_ASCII_MARK = np.zeros(256, np.uint8)  # split off behind a word without a look at the word
_ASCII_MARK[[ord(mark) for mark in ",;:!?)]}\"'"]] = 1


def tables() -> tuple[Any, ...]:
    """Return what `split` wants to know of English."""
    return (english.classes(), *english.exception_table())


@compiled(_INT(TEXT, _INT, _INT, _KEYS, TEXT))
def _exception(text: Any, start: Int, stop: Int, keys: Any, ends: Any) -> Int:
    """Return the place of [start, stop) among the exceptions, or -1."""
    if stop - start > 15 or stop <= start or not ends[(stop - start) << 8 | np.int64(text[stop - 1])]:
        return -1
    key = hash_bytes(text, start, stop)
    mask = np.uint64(len(keys) - 1)
    at = key & mask
    while keys[at] != ZERO:
        if keys[at] == key:
            return np.int64(at)
        at = (at + np.uint64(1)) & mask
    return -1


@compiled(types.UniTuple(_INT, 5)(TEXT, _INT, _INT, TEXT, _KEYS, TEXT, _CUTS, _CUTS))  # fmt: skip
def _strip(
    text: Any, start: Int, stop: Int, classes: Any, keys: Any, ends: Any, heads: Any, tails: Any
) -> tuple[Int, Int, Int, Int, Int]:
    """Split affixes off a stretch without white space: note where each ends, or begins, in *heads* and *tails*.

    Returns:
        What is left as [start, stop), how many heads and tails, and its place among the exceptions or -1.
    """
    num_heads = num_tails = 0
    place = np.int64(-1)
    while start < stop:
        place = _exception(text, start, stop, keys, ends)
        if place >= 0:
            break
        head = prefix(text, start, stop, classes)
        if head and head < stop - start:
            place = _exception(text, start + head, stop, keys, ends)
            if place >= 0:
                start += head
                heads[num_heads] = start
                num_heads += 1
                break
        tail = suffix(text, start + head, stop, classes) if head < stop - start else 0
        if tail:
            place = _exception(text, start, stop - tail, keys, ends)
            if place >= 0:
                stop -= tail
                tails[num_tails] = stop
                num_tails += 1
                break
        if head == 0 and tail == 0:
            break
        if head:
            start += head
            heads[num_heads] = start
            num_heads += 1
        if tail:
            stop -= tail
            tails[num_tails] = stop
            num_tails += 1
    return start, stop, num_heads, num_tails, place


@compiled(_INT(_CUTS, _INT, _INT, _INT))
def _cut(cuts: Any, size: Int, start: Int, stop: Int) -> Int:
    cuts[size] = start
    cuts[size + 1] = stop
    return size + 2


@compiled(_INT(TEXT, _INT, _INT, TEXT, _CUTS, _INT))
def _middle(text: Any, start: Int, stop: Int, classes: Any, cuts: Any, size: Int) -> Int:
    """Note what is left between the affixes, split by infixes unless it is an address; return the new size."""
    if is_address(text, start, stop, classes):
        return _cut(cuts, size, start, stop)
    piece = position = np.int64(start)
    while position < stop:
        if LETTER[text[position]]:
            position += 1
            continue
        length = infix(text, position, start, stop, classes)
        if length == 0:
            position += decode(text, position)[1]
            continue
        if position > start:  # in front it is no word of its own
            if piece < position:
                size = _cut(cuts, size, piece, position)
            size = _cut(cuts, size, position, position + length)
            piece = position + length
        position += length
    if piece < stop:
        size = _cut(cuts, size, piece, stop)
    return size


@compiled(_INT(TEXT, _INT, _INT, TEXT, _KEYS, TEXT, TEXT, _CUTS, _CUTS, _CUTS))
def _stretch(
    text: Any, start: Int, stop: Int, classes: Any, keys: Any, pieces: Any, ends: Any, heads: Any, tails: Any, cuts: Any
) -> Int:
    """Split a stretch without white space: write where each word begins and ends; return how many numbers that are."""
    first, last, num_heads, num_tails, place = _strip(text, start, stop, classes, keys, ends, heads, tails)
    size = np.int64(0)
    position = np.int64(start)
    for i in range(num_heads):
        size = _cut(cuts, size, position, np.int64(heads[i]))
        position = np.int64(heads[i])
    if place >= 0:
        for i in range(english.MOST_PIECES * place, english.MOST_PIECES * place + english.MOST_PIECES):
            if pieces[i]:
                size = _cut(cuts, size, first, first + np.int64(pieces[i]))
                first += np.int64(pieces[i])
    elif first < last:
        size = _middle(text, first, last, classes, cuts, size)
    for i in range(num_tails):
        following = np.int64(tails[num_tails - 2 - i]) if i + 1 < num_tails else np.int64(stop)
        size = _cut(cuts, size, np.int64(tails[num_tails - 1 - i]), following)
    return size


@compiled(_FLAG(TEXT, _INT, _INT, _KEYS, TEXT))
def _is_word_and_mark(text: Any, start: Int, stop: Int, keys: Any, ends: Any) -> Int:
    """Say whether [start, stop), letters and one other byte, is a word and a mark behind it, by far the usual case."""
    mark = text[stop - 1]
    if not (_ASCII_MARK[mark] or (mark == 0x2E and text[stop - 2] >= 0x61)):
        return False
    return _exception(text, start, stop, keys, ends) < 0 and _exception(text, start, stop - 1, keys, ends) < 0


@compiled(types.UniTuple(_INT, 3)(TEXT, _INT, _INT, TEXT))
def _next_stretch(text: Any, position: Int, end: Int, kinds: Any) -> tuple[Int, Int, Int]:
    """Return where the ASCII letters at *position* end, where white space begins, and what comes behind that."""
    while position < end and LETTER[text[position]]:
        position += 1
    letters = position
    while position < end:
        code, length = decode(text, position)
        if kinds[code] & SPACE:
            return letters, position, position + length
        position += length
    return letters, end, end


@compiled(types.Tuple((types.uint64, _INT, types.uint8))(TEXT, _INT, _INT, TEXT))
def _measured(text: Any, start: Int, stop: Int, kinds: Any) -> tuple[Int, Int, Int]:
    """Return hash, characters and bits of a word."""
    found, number = np.uint8(0), np.int64(0)
    state, pending, count = SEED, ZERO, np.int64(0)
    for at in range(start, stop):
        byte = text[at]
        if byte & 0xC0 != 0x80:
            found |= kinds[decode(text, at)[0]]
            number += 1
        state, pending, count = feed(state, pending, count, np.int64(byte))
    return finished(state, pending, count), number, found


@compiled(_INT(TEXT, OFFSETS, TEXT, TEXT, _KEYS, TEXT, TEXT, _CUTS, _CUTS, _CUTS, *OUT))
def split(
    text: Any, offsets: Any, kinds: Any, classes: Any, keys: Any, pieces: Any, ends: Any, heads: Any, tails: Any,
    cuts: Any, doc_offsets: Any, starts: Any, stops: Any, hashes: Any, chars: Any, bits: Any,
) -> Int:  # fmt: skip
    """Split as `words.Mode.SPACY` says; *kinds* are `scripts.word_classes`, the next four `tables`.

    *heads* and *tails* are scratch as long as the longest document, *cuts* twice as long.
    """
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            start = position
            letters, stop, position = _next_stretch(text, position, end, kinds)
            if start == stop:
                continue
            if letters == stop and _exception(text, start, stop, keys, ends) < 0:
                num_cuts = _cut(cuts, np.int64(0), start, stop)
            elif letters == stop - 1 and letters > start and _is_word_and_mark(text, start, stop, keys, ends):
                num_cuts = _cut(cuts, _cut(cuts, np.int64(0), start, letters), letters, stop)
            else:
                num_cuts = _stretch(text, start, stop, classes, keys, pieces, ends, heads, tails, cuts)
            for i in range(0, num_cuts, 2):
                if size < len(starts):
                    starts[size], stops[size] = cuts[i], cuts[i + 1]
                    hashes[size], chars[size], bits[size] = _measured(text, cuts[i], cuts[i + 1], kinds)
                size += 1
    doc_offsets[len(offsets) - 1] = size
    return size
