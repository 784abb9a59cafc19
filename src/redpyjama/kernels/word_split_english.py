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
from redpyjama.kernels.english import ALPHA, BEFORE_STOP, CAPITAL, CLOSES, ICON, OPENS, QUOTE, SMALL
from redpyjama.kernels.text import OFFSETS, TEXT, before, decode
from redpyjama.kernels.unicode import SPACE
from redpyjama.kernels.word_hash import feed, finished, hash_bytes
from redpyjama.kernels.word_split import OUT, SEED, ZERO

_INT: Any = types.int64
_FLAG: Any = types.boolean
_KEYS: Any = types.Array(types.uint64, 1, "C", readonly=True)

_CUTS: Any = types.int32[::1]

_ASCII_MARK = np.zeros(256, np.uint8)  # split off behind a word without a look at the word
_ASCII_MARK[[ord(mark) for mark in ",;:!?)]}\"'"]] = 1
_LETTER = np.zeros(256, np.uint8)
_LETTER[0x41:0x5B] = 1
_LETTER[0x61:0x7B] = 1
_HYPHENS = np.array([0x2D, 0x2013, 0x2014, 0x7E], np.int64)
_RELATIONS = np.array([0x3A, 0x3C, 0x3E, 0x3D, 0x2F], np.int64)  # : < > = /
_SIGNS = np.array([0x2B, 0x2D, 0x2A, 0x5E], np.int64)  # + - * ^
_DEGREES = np.array([ord(c) for c in "FfCcKk"], np.int64)
_CURRENCIES = np.array(sorted(ord(c) for c in english.CURRENCIES), np.int64)
_UNITS = np.frombuffer("\0".join(sorted(english.UNITS, key=lambda u: -len(u.encode()))).encode() + b"\0", np.uint8)


def tables() -> tuple[Any, ...]:
    """Return what `split` wants to know of English."""
    return (english.classes(), *english.exception_table())


@compiled(_FLAG(types.Array(types.int64, 1, "C", readonly=True), _INT))
def _in(codes: Any, code: Int) -> Int:
    for i in range(len(codes)):  # over the array itself, numba would count references
        if codes[i] == code:
            return True
    return False


@compiled(_FLAG(TEXT, _INT))
def _digit(text: Any, position: Int) -> Int:
    return 0x30 <= text[position] <= 0x39


@compiled(_INT(TEXT, _INT, _INT, TEXT))
def _class_before(text: Any, position: Int, start: Int, classes: Any) -> Int:
    """Return the class of the character that ends at *position*, 0 at the start."""
    return classes[decode(text, before(text, position, start))[0]] if position > start else 0


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


@compiled(_INT(TEXT, _INT, _INT, TEXT))
def _prefix(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    """Return the length of what is split off in front, or 0."""
    position = start
    while position < stop and text[position] == 0x2E:
        position += 1
    if position - start > 1:
        return position - start
    code, length = decode(text, start)
    if classes[code] & OPENS:
        plus_number = code == 0x2B and start + 1 < stop and _digit(text, start + 1)
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
        if stop - length > start and _UNITS[end - 1] == text[stop - 1] and _digit(text, stop - length - 1):
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
        if _digit(text, i):
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
    if letters and stop - letters - 2 >= start and _digit(text, stop - letters - 2):
        return 1 + letters
    return 0


@compiled(_INT(TEXT, _INT, _INT, TEXT))
def _suffix(text: Any, start: Int, stop: Int, classes: Any) -> Int:
    """Return the length of what is split off behind, or 0."""
    if _LETTER[text[stop - 1]]:
        return _letter_suffix(text, start, stop)
    if _digit(text, stop - 1):
        return 0
    position = before(text, stop, start)
    code = decode(text, position)[0]
    if code == 0x2E:
        return _final_stop(text, start, stop, classes)
    if code == 0x2026 and position - 3 >= start and decode(text, position - 3)[0] == 0x2026:
        return 6
    if classes[code] & CLOSES:
        return stop - position
    if position > start and _digit(text, position - 1) and (code == 0x2B or _in(_CURRENCIES, code)):
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
def _infix(text: Any, position: Int, start: Int, stop: Int, classes: Any) -> Int:
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
    digit = _digit(text, position - 1)
    if (
        digit
        and position + 1 < stop
        and _in(_SIGNS, code)
        and (_digit(text, position + 1) or text[position + 1] == 0x2D)
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
        while position < stop and _digit(text, position):
            position += 1
        if not 2 <= position - port <= 5:
            return False
    return position == stop or text[position] == 0x2F or text[position] == 0x3F or text[position] == 0x23


@compiled(_FLAG(TEXT, _INT, _INT, TEXT))
def _is_address(text: Any, start: Int, stop: Int, classes: Any) -> Int:
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
        head = _prefix(text, start, stop, classes)
        if head and head < stop - start:
            place = _exception(text, start + head, stop, keys, ends)
            if place >= 0:
                start += head
                heads[num_heads] = start
                num_heads += 1
                break
        tail = _suffix(text, start + head, stop, classes) if head < stop - start else 0
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


@compiled(_INT(_CUTS, _INT, _INT, _INT), inline="always")
def _cut(cuts: Any, size: Int, start: Int, stop: Int) -> Int:
    cuts[size] = start
    cuts[size + 1] = stop
    return size + 2


@compiled(_INT(TEXT, _INT, _INT, TEXT, _CUTS, _INT))
def _middle(text: Any, start: Int, stop: Int, classes: Any, cuts: Any, size: Int) -> Int:
    """Note what is left between the affixes, split by infixes unless it is an address; return the new size."""
    if _is_address(text, start, stop, classes):
        return _cut(cuts, size, start, stop)
    piece = position = np.int64(start)
    while position < stop:
        if _LETTER[text[position]]:
            position += 1
            continue
        length = _infix(text, position, start, stop, classes)
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
    while position < end and _LETTER[text[position]]:
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
