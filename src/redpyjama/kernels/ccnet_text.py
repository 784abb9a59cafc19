"""Text as CCNet hands it to its language models: small letters, no accents, no digits but 0, plain punctuation.

Source: facebookresearch/cc_net, text_normalizer.py, normalize: strip, lower, NFD without what is Mn, digits to 0, 33
characters of punctuation to ASCII, no control characters; in this order.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import Any, Final

import numpy as np
from numba import types
from numpy.typing import NDArray

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import OFFSETS, TEXT, decode, skip_space, skip_space_back

GROWTH: Final = 3
"""Bytes that come of one byte at most: a Hangul syllable of 3 becomes three letters of 3."""

_LIMIT = 0xE01F0  # beyond it nothing changes
_BLOCKS = ((0x00, 0x3400), (0xA000, 0x20000), (0x2F800, 0x2FA1E), (0xE0100, _LIMIT))
"""Where all characters lie that change (tested); between them are ideographs and what is not assigned."""

_PUNCTUATION: Final = {
    "，": ",", "。": ".", "、": ",", "„": '"', "”": '"', "“": '"', "«": '"', "»": '"', "」": '"', "「": '"', "《": '"',
    "》": '"', "´": "'", "∶": ":", "：": ":", "？": "?", "！": "!", "（": "(", "）": ")", "；": ";", "–": "-",
    "—": " - ", "．": ". ", "～": "~", "’": "'", "…": "...", "━": "-", "〈": "<", "〉": ">", "【": "[", "】": "]",
    "％": "%", "►": "-",
}  # fmt: skip
"""CCNet's table; its entry for the full-width digit one is out of reach, since digits are replaced before."""

_SIGMA = 0x3A3
_CASED, _IGNORED = 1, 2
_MID_LETTERS = ".:'·՟״‘’․‧︓﹒﹕＇．："  # Word_Break MidLetter, MidNumLet, Single_Quote; U+0387 is below
_ASCII = np.array(
    [0] * 32 + [0x30 if chr(c).isdigit() else ord(chr(c).lower()) for c in range(32, 127)] + [0], np.uint8
)
_INT: Any = types.int64
_PLACES: Any = types.Array(types.uint16, 1, "C", readonly=True)
_POSITIONS: Any = types.int32[::1]

Tables = tuple[NDArray[np.uint16], NDArray[np.int32], NDArray[np.uint8], NDArray[np.uint8]]


@functools.cache
def tables() -> Tables:
    """Return what each character becomes.

    Returns:
        For each code point below 0xE01F0 1 + its number among those that change, or 0; where the bytes of each of these
        begin and, after the last, end; the bytes; whether it has case, and whether it is looked through in finding out
        if a capital sigma ends a word (Unicode 3.13, Final_Sigma).
    """
    place, case = np.zeros(_LIMIT, np.uint16), np.zeros(_LIMIT, np.uint8)
    bounds, changed = [0], bytearray()
    for first, last in _BLOCKS:
        for code in range(first, last):
            character = chr(code)
            case[code] = _case(character)
            become = _normal(character)
            if become != character:
                changed += become.encode("utf-8", "surrogatepass")
                bounds.append(len(changed))
                place[code] = len(bounds) - 1
    found = place, np.array(bounds, np.int32), np.frombuffer(bytes(changed), np.uint8), case
    for table in found:
        table.flags.writeable = False
    return found


def _normal(character: str) -> str:
    if character < " " or "\x7f" <= character < "\xa0":
        return ""
    found: list[str] = []
    for part in unicodedata.normalize("NFD", character.lower()):
        kind = unicodedata.category(part)
        if kind != "Mn":
            found.append("0" if kind == "Nd" else _PUNCTUATION.get(part, part))
    return "".join(found)


def _case(character: str) -> int:
    kind = unicodedata.category(character)
    cased = kind == "Lt" or character.islower() or character.isupper()
    ignored = kind in ("Mn", "Me", "Cf", "Lm", "Sk") or character in _MID_LETTERS or character == "\u0387"
    return _CASED * cased | _IGNORED * ignored


@compiled(_INT(TEXT, _INT, _INT, _INT, TEXT))
def _is_final(text: Any, position: Int, start: Int, stop: Int, case: Any) -> Int:
    """Say whether the capital sigma at *position* ends a word: a cased letter before it, none after it."""
    before, found = position, 0
    while before > start and not found:
        before -= 1
        while before > start and text[before] & 0xC0 == 0x80:
            before -= 1
        code = decode(text, before)[0]
        kind = case[code] if code < len(case) else 0
        if kind & _IGNORED:
            continue
        if not kind & _CASED:
            return 0
        found = 1
    after = position + 2
    while found and after < stop:
        code, length = decode(text, after)
        kind = case[code] if code < len(case) else 0
        if not kind & _IGNORED:
            return not kind & _CASED
        after += length
    return found


@compiled(_INT(TEXT, _INT, _INT, _PLACES, OFFSETS, TEXT, TEXT, types.uint8[::1], _INT))
def _write(
    text: Any, start: Int, stop: Int, place: Any, bounds: Any, changed: Any, case: Any, out: Any, used: Int
) -> Int:
    """Write what the characters in [start, stop) become to *out*, from *used* on; return where it ends."""
    position = start
    while position < stop:
        byte = text[position]
        if byte < 0x80:
            small = _ASCII[byte]
            out[used] = small
            used += small != 0
            position += 1
            continue
        code, length = decode(text, position)
        entry = np.int64(place[code]) if code < len(place) else 0
        if code == _SIGMA:
            out[used] = 0xCF
            out[used + 1] = 0x82 if _is_final(text, position, start, stop, case) else 0x83
            used += 2
        elif entry:
            for i in range(bounds[entry - 1], bounds[entry]):
                out[used] = changed[i]
                used += 1
        else:
            for i in range(position, position + length):
                out[used] = text[i]
                used += 1
        position += length
    return used


@compiled(
    types.UniTuple(_INT, 2)(
        TEXT, OFFSETS, TEXT, types.boolean, _PLACES, OFFSETS, TEXT, TEXT, types.uint8[::1], _POSITIONS, _POSITIONS
    )
)
def normalize(
    text: Any, offsets: Any, classes: Any, whole: Int, place: Any, bounds: Any, changed: Any, case: Any,
    out: Any, lines: Any, documents: Any,
) -> tuple[Int, Int]:  # fmt: skip
    r"""Write the lines of N documents as CCNet's models read them; a line that nothing is left of is no line.

    Marks that stay (14 of them, in musical notation and old Korean) keep the order in which they are written.

    Args:
        text: Valid UTF-8.
        offsets: N + 1 positions in it.
        classes: From `redpyjama.kernels.unicode`.
        whole: Whether a document is one line, whose newlines vanish as other control characters do.
        place: This and the next three are `tables`.
        bounds: See above.
        changed: See above.
        case: See above.
        out: Where the lines go, end to end: room for `GROWTH` times the bytes, and one.
        lines: Where each line begins in *out* and, after the last one, ends: room for one more than there are lines.
        documents: The number of the first line of each document and, after the last one, of all: room for N + 1.

    Returns:
        Bytes written, lines written.
    """
    used, count = np.int64(0), np.int64(0)
    for document in range(len(offsets) - 1):
        documents[document] = count
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            stop = position
            while stop < end and (whole or text[stop] != 0x0A):
                stop += 1
            first = skip_space(text, position, stop, classes)
            last = skip_space_back(text, stop, first, classes)
            begin = used
            used = _write(text, first, last, place, bounds, changed, case, out, used)
            if used > begin:
                lines[count] = begin
                count += 1
            position = stop + 1
    documents[len(offsets) - 1] = count
    lines[count] = used
    return used, count
