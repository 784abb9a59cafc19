"""What takes the place of each character when lines are compared.

The tables are for the characters of one Unicode version (see `redpyjama.kernels.unicode`); later ones stay as they are,
or go with what is no letter.
"""

from __future__ import annotations

import functools
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from redpyjama.kernels import scripts, unicode, word_hash

Normalisation = Literal["ccnet", "folded"]
"""What makes two lines equal.

ccnet: As CCNet compares them: without white space at both ends, small, every decimal digit 0, without control
    characters and 34 marks of punctuation that are not ASCII. Accents, ASCII punctuation and inner spaces count.
    Source: facebookresearch/cc_net, text_normalizer.py, `normalize_for_dedup`.
    Departs: a final sigma is a sigma, as in `word_hash.folds`; this makes equal what `str.lower` makes equal, and the
    words that are spelt with the other sigma.
folded: Only letters, in small and decomposed (NFD), and digits, each decimal one 0; no white space, punctuation or
    symbols, no accents and no vowel points of Hebrew, Arabic and Syriac. Marks without which a word is another one
    stay: Indic and Thai vowels, the voicing of Kana.
    Departs from NFD: marks are not put in canonical order.
"""

Tables = tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]

_CCNET_PUNCTUATION: Final = "，。、„”“«»１」「《》´∶：？！（）；–—．～’…━〈〉【】％►"
"""Source: facebookresearch/cc_net, text_normalizer.py, `UNICODE_PUNCT`."""

_INVISIBLE: Final = ((0xAD, 0xAE), (0x34F, 0x350), (0x180B, 0x1810), (0x200B, 0x2010), (0xFE00, 0xFE10),
                     (0xE0100, 0xE01F0))  # fmt: skip
"""Marks and format characters that do not show: soft hyphen, joiners, variation selectors."""

_MAX_CODE: Final = 0x110000
_DROPPED: Final = -1


@functools.cache
def tables(normalisation: Normalisation, *, newline_is_space: bool) -> Tables:
    """Return what each character becomes.

    Returns:
        For each ASCII character the byte that it becomes, 0: none. For each code point 0 if it stays, -1 if nothing
        takes its place, else 1 + the number of what does. Where the bytes of each of these begin and, after the last,
        end. The bytes.
    """
    becomes = _ccnet() if normalisation == "ccnet" else _folded()
    if newline_is_space and normalisation == "ccnet":
        becomes["\n"] = " "
    small = np.arange(128, dtype=np.uint8)
    place = np.zeros(_MAX_CODE, np.int32)
    if normalisation == "folded":
        place[~_letters()] = _DROPPED
        small[place[:128] < 0] = 0
    lengths, data = [0], bytearray()
    numbers: dict[str, int] = {}
    for character, other in becomes.items():
        code = ord(character)
        if code < 128:
            small[code] = ord(other) if other else 0
        elif not other:
            place[code] = _DROPPED
        else:
            if other not in numbers:
                encoded = other.encode()
                numbers[other] = len(lengths)
                lengths.append(len(encoded))
                data += encoded
            place[code] = numbers[other]
    made = small, place, np.cumsum(lengths, dtype=np.int32), np.frombuffer(bytes(data), np.uint8)
    for table in made:
        table.flags.writeable = False
    return made


def _folds() -> dict[str, str]:
    """Return the characters that are not small and decomposed, and what they are when they are."""
    place, bounds, changed, _ = word_hash.folds()
    known = scripts.word_classes()
    data = changed.tobytes()
    return {
        chr(code): data[bounds[place[code] - 1] : bounds[place[code]]].decode()
        for code in np.flatnonzero(place).tolist()
        if known[code] and (code < 0xD800 or code > 0xDFFF)
    }


def _digits() -> list[str]:
    return [chr(code) for code in np.flatnonzero(unicode.classes() & unicode.DECIMAL).tolist()]


def _ccnet() -> dict[str, str]:
    becomes: dict[str, str] = {}
    for character in _folds():
        small = character.lower()
        if small != character:
            becomes[character] = small
    becomes |= {"\N{GREEK CAPITAL LETTER SIGMA}": "\N{GREEK SMALL LETTER SIGMA}",
                "\N{GREEK SMALL LETTER FINAL SIGMA}": "\N{GREEK SMALL LETTER SIGMA}"}  # fmt: skip
    becomes |= dict.fromkeys(map(chr, (*range(32), *range(127, 160))), "")
    becomes |= dict.fromkeys(_CCNET_PUNCTUATION, "")
    return becomes | dict.fromkeys(_digits(), "0")


def _letters() -> NDArray[np.bool_]:
    """Say which characters count: letters, digits, and the marks without which a word is another one."""
    classes = scripts.word_classes()
    ranks = np.zeros(_MAX_CODE, np.uint8)
    combining = word_hash.folds()[3]
    ranks[: len(combining)] = combining
    # Canonical combining classes: 1 is struck through, 10 to 36 are points of Hebrew, Arabic and Syriac, 200 and more
    # stand around a letter. 7 is the nukta, 8 the voicing of Kana, 9 the virama, 84 to 132 are vowels of their scripts.
    accents = (ranks == 1) | ((ranks >= 10) & (ranks <= 36)) | (ranks >= 200)
    letters = ((classes & unicode.ALNUM) > 0) | (((classes & scripts.MARK) > 0) & ~accents)
    for first, last in _INVISIBLE:
        letters[first:last] = False
    return letters


def _folded() -> dict[str, str]:
    letters = _letters()
    becomes = {
        character: "".join(other for other in folded if letters[ord(other)]) for character, folded in _folds().items()
    }
    return becomes | dict.fromkeys(_digits(), "0")
