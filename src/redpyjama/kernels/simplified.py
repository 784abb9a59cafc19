"""Texts simplified before they are compared, as the publications of corpora say: UTF-8 in, UTF-8 out.

All forms are one walk over the characters with another table: a character stays, goes, or becomes others; what is white
space in the end becomes one space between two words and nothing at either end.
"""

from __future__ import annotations

import functools
import string
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels import punctuation, unicode, word_hash
from redpyjama.kernels.arrow import Bytes, Offsets, buffers
from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import BYTES, OFFSETS, TEXT, decode


class Form(StrEnum):
    r"""What is made of a text.

    Attributes:
        PLAIN: Nothing.
        REDPAJAMA_V2: ASCII punctuation goes, small letters, white space collapses, NFD.
        SLIMPAJAMA: NFC, small letters, ASCII punctuation goes, white space collapses.
        DATATROVE: Small letters; a number, with or without a decimal mark, becomes 0; punctuation and control codes
            become spaces, white space collapses, NFD without the marks.
        REDPAJAMA_V1_BOOKS: Small letters; only what the expression ``\w`` takes stays: letters, digits and underscores.

    Departs: of all of them, a capital sigma becomes the inner small one wherever it stands, and so does the final one.
    Of DATATROVE, a mark that stands alone leaves one space, not two.
    """

    PLAIN = "plain"
    REDPAJAMA_V2 = "redpajama_v2"
    SLIMPAJAMA = "slimpajama"
    DATATROVE = "datatrove"
    REDPAJAMA_V1_BOOKS = "redpajama_v1_books"


_GOES, _NUMBER, _SPACE = -1, -2, 0x20  # what becomes of ASCII where it is not the value itself
_KEPT, _BLANK, _DIGIT, _FIRST = 0, 1, 2, 3  # what becomes of other characters: from _FIRST on the number of its bytes

_I16: Any = types.Array(types.int16, 1, "C", readonly=True)
_U16: Any = types.Array(types.uint16, 1, "C", readonly=True)
_I32: Any = types.Array(types.int32, 1, "C", readonly=True)
_STATE: Any = types.Tuple((types.int64, types.int64, types.boolean))
_TABLES: Any = types.Tuple((_I16, _U16, _I32, TEXT))

_HANGUL_TAILS = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """How a form is made.

    Attributes:
        normal: Unicode's normal form that a text with a character of *suspects* is brought into first.
        suspects: 1 for characters beside which a character by itself is not what it is in the text.
        tables: For ASCII what becomes of it; for every code point what becomes of it; where the bytes of each new value
            begin and, after the last, end; these bytes.
        growth: The most by which a character gets longer.
    """

    normal: str
    suspects: NDArray[np.uint8]
    tables: tuple[NDArray[np.int16], NDArray[np.uint16], NDArray[np.int32], NDArray[np.uint8]]
    growth: int


def simplify(data: Bytes, offsets: Offsets, form: Form) -> tuple[Bytes, Offsets]:
    """Return the documents between *offsets* in *data* in another form: their bytes, and where each begins."""
    if form == Form.PLAIN:
        return data, offsets
    table = _table(form)
    suspicious = np.zeros(len(offsets) - 1, np.bool_)
    _find_suspicious(data, offsets, table.suspects, suspicious)
    if suspicious.any():
        data, offsets = _normalised(data, offsets, suspicious, table.normal)
    num_bytes = int(offsets[-1]) - int(offsets[0])
    result, places = np.empty(table.growth * num_bytes, np.uint8), np.empty(len(offsets), np.int32)
    size = _simplify(data, offsets, unicode.classes(), table.tables, result, places)
    return result[:size], places


def _normalised(data: Bytes, offsets: Offsets, which: NDArray[np.bool_], normal: str) -> tuple[Bytes, Offsets]:
    base, end = int(offsets[0]), int(offsets[-1])
    texts = pa.StringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(np.ascontiguousarray(offsets - base)), pa.py_buffer(data[base:end])
    )
    mask = pa.array(which)
    positions, values = buffers(pc.replace_with_mask(texts, mask, pc.utf8_normalize(texts.filter(mask), normal)))
    return values, positions


@compiled(types.void(TEXT, OFFSETS, TEXT, types.boolean[::1]))
def _find_suspicious(text: Any, offsets: Any, suspects: Any, found: Any) -> None:
    for document in range(len(offsets) - 1):
        position, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < stop:
            if text[position] < 0xCC:  # all below U+0300
                position += 1
                continue
            code, length = decode(text, position)
            if suspects[code]:
                found[document] = True
                break
            position += length


@compiled(types.int64(TEXT, types.int64, types.int64, TEXT))
def _digits_end(text: Any, position: Int, stop: Int, classes: Any) -> Int:
    """Return where the digits at *position* end."""
    while position < stop:
        code, length = decode(text, position)
        if not classes[code] & unicode.DECIMAL:
            break
        position += length
    return position


@compiled(types.int64(TEXT, types.int64, types.int64, TEXT))
def _decimal_end(text: Any, position: Int, stop: Int, classes: Any) -> Int:
    """Return where the number at *position* ends: digits, and perhaps a decimal mark with digits behind it."""
    position = _digits_end(text, position, stop, classes)
    if position < stop:
        code, length = decode(text, position)
        ascii_mark = code == 0x2E or code == 0x2C
        if ascii_mark or code == 0x60C or code == 0x66B or 0x2396 <= code <= 0x2398:
            end = _digits_end(text, position + length, stop, classes)
            if end > position + length:
                return end
    return position


@compiled(_STATE(TEXT, types.int64, types.int64, TEXT, _TABLES, BYTES, types.int64, types.boolean))
def _other(
    text: Any, position: Int, stop: Int, classes: Any, tables: Any, result: Any, size: Int, blank: Int
) -> tuple[Int, Int, Int]:
    """Write what becomes of the character beyond ASCII at *position*; return where to go on, the size, and blank."""
    code, length = decode(text, position)
    _, others, bounds, changed = tables
    kind = np.int64(others[code])
    if kind == _BLANK:
        result[size] = _SPACE
        return position + length, size + (not blank), True
    if kind == _DIGIT:
        result[size] = 0x30
        return _decimal_end(text, position, stop, classes), size + 1, False
    if kind == _KEPT:
        for i in range(position, position + length):
            result[size] = text[i]
            size += 1
        return position + length, size, False
    blank = blank and bounds[kind] == bounds[kind + 1]
    for i in range(bounds[kind], bounds[kind + 1]):
        result[size] = changed[i]
        size += 1
    return position + length, size, blank


@compiled(types.int64(TEXT, OFFSETS, TEXT, _TABLES, BYTES, types.int32[::1]))
def _simplify(text: Any, offsets: Any, classes: Any, tables: Any, result: Any, places: Any) -> Int:
    plain = tables[0]
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        places[document] = size
        blank = True  # whether a space would follow a space, or nothing
        position, stop = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < stop:
            byte = text[position]
            if byte >= 0x80:
                position, size, blank = _other(text, position, stop, classes, tables, result, size, blank)
                continue
            value = np.int64(plain[byte])
            if value == _NUMBER:
                position = _decimal_end(text, position, stop, classes)
                value = np.int64(0x30)
            else:
                position += 1
            result[size] = value
            space, kept = value == _SPACE, value >= 0
            size += kept and not (space and blank)
            blank = space or (blank and not kept)
        size -= blank and size > places[document]
    places[len(offsets) - 1] = size
    return size


@functools.cache
def _table(form: Form) -> _Table:
    """Work out the tables of a form; those of Unicode 14 for classes, of Python's version for letters and marks."""
    if form == Form.REDPAJAMA_V2:
        return _filled("NFD", _marks(), _ascii_punctuation(), lambda c: unicodedata.normalize("NFD", _small(c)))
    if form == Form.SLIMPAJAMA:
        return _filled("NFC", _marks() | _composed(), _ascii_punctuation(), _small)
    if form == Form.REDPAJAMA_V1_BOOKS:
        return _filled("NFC", np.zeros(0x110000, np.uint8), _no_word_characters(), _only_word_characters)
    breaks = dict.fromkeys(np.flatnonzero(punctuation.ccnet()).tolist(), " ")
    digits = dict.fromkeys(np.flatnonzero(unicode.classes() & unicode.DECIMAL).tolist(), "0")
    spacing = _marks() & _categories("Mc")
    return _filled("NFD", spacing, breaks | digits, _without_marks, numbers=True)


def _filled(
    normal: str,
    suspects: NDArray[np.uint8],
    fixed: dict[int, str],
    change: Callable[[str], str],
    *,
    numbers: bool = False,
) -> _Table:
    """Make the table of a form: white space is a space, *fixed* characters become what they say, others *change*."""
    classes = unicode.classes()
    spaces = dict.fromkeys(np.flatnonzero(classes & unicode.SPACE).tolist(), " ")
    new = {code: change(chr(code)) for code in _changeable() if not 0xD800 <= code < 0xE000}
    new = {code: value for code, value in new.items() if value != chr(code)} | spaces | fixed
    plain, others = np.arange(128, dtype=np.int16), np.zeros(0x110000, np.uint16)
    bounds, changed, growth = [0] * (_FIRST + 1), bytearray(), 1
    entries: dict[str, int] = {" ": _BLANK}
    for code, value in new.items():
        data = value.encode()
        growth = max(growth, -(-len(data) // len(chr(code).encode())))
        if numbers and classes[code] & unicode.DECIMAL:
            others[code] = _DIGIT
        else:
            if value not in entries:
                entries[value] = len(bounds) - 1
                changed += data
                bounds.append(len(changed))
            others[code] = entries[value]
        if code < 128:
            plain[code] = data[0] if data else _GOES
    if numbers:
        plain[0x30:0x3A] = _NUMBER
    tables = plain, others, np.array(bounds, np.int32), np.frombuffer(bytes(changed), np.uint8)
    return _Table(normal=normal, suspects=suspects, tables=tables, growth=growth)


def _changeable() -> Iterable[int]:
    """Return all code points whose letter or decomposition may be another, and all marks."""
    blocks = [range(first, last) for first, last in word_hash.blocks()]
    return chain(range(0x80), *blocks, np.flatnonzero(_categories("Mn")).tolist())


def _small(character: str) -> str:
    return "\u03c3" if character in "\u03a3\u03c2" else character.lower()


def _without_marks(character: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", _small(character)) if unicodedata.category(c) != "Mn")


def _only_word_characters(character: str) -> str:
    word = unicode.classes() & unicode.ALNUM
    return "".join(c for c in _small(character) if c == "_" or word[ord(c)])


def _ascii_punctuation() -> dict[int, str]:
    return dict.fromkeys(map(ord, string.punctuation), "")


def _no_word_characters() -> dict[int, str]:
    word = (unicode.classes() & unicode.ALNUM) != 0
    word[ord("_")] = True
    word[0xD800:0xE000] = True  # surrogates do not occur
    return dict.fromkeys(np.flatnonzero(~word).tolist(), "")


@functools.cache
def _categories(category: str) -> NDArray[np.uint8]:
    found = (unicodedata.category(chr(code)) == category for code in range(0x110000))
    return np.fromiter(found, np.uint8, 0x110000)


@functools.cache
def _marks() -> NDArray[np.uint8]:
    """Return 1 for characters that have a combining class: their order may not be the canonical one."""
    return np.fromiter((unicodedata.combining(chr(code)) > 0 for code in range(0x110000)), np.uint8, 0x110000)


@functools.cache
def _composed() -> NDArray[np.uint8]:
    """Return 1 for characters that NFC may change, or draw into the one before them."""
    found = np.zeros(0x110000, np.uint8)
    found[list(_HANGUL_TAILS)] = 1
    for first, last in word_hash.blocks():
        for code in range(first, last):
            parts = unicodedata.decomposition(chr(code)).split()
            if parts and not parts[0].startswith("<"):
                found[code] |= unicodedata.normalize("NFC", chr(code)) != chr(code)
                found[int(parts[-1], 16)] |= len(parts) == 2
    return found
