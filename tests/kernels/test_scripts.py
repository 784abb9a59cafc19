"""The tables of marks, numbers, symbols and scripts without spaces are those of Unicode."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from redpyjama.kernels import punctuation, scripts, unicode

WITHOUT_SPACES = (
    "CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA LETTER", "IDEOGRAPHIC NUMBER ZERO", "THAI ", "LAO ",
    "MYANMAR ", "KHMER ", "TAI LE ", "NEW TAI LUE ", "TAI THAM ", "TAI VIET ", "AHOM ",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _same_unicode() -> None:
    if unicodedata.unidata_version != unicode.VERSION:
        pytest.skip(f"this Python knows Unicode {unicodedata.unidata_version}, the table is of {unicode.VERSION}")


def where(says) -> np.ndarray:
    return np.fromiter((bool(says(chr(c))) for c in range(0x110000)), np.bool_, 0x110000)


def test_word_classes() -> None:
    classes = scripts.word_classes()
    marks = where(lambda c: unicodedata.category(c)[0] == "M" or c in "\xad\u200c\u200d")
    alone = where(
        lambda c: (
            (c.isalpha() or unicodedata.category(c) == "Nl") and unicodedata.name(c, "").startswith(WITHOUT_SPACES)
        )
    )

    assert np.array_equal(classes & scripts.MARK != 0, marks)
    assert np.array_equal(classes & scripts.ALONE != 0, alone)
    assert np.array_equal(classes & 63, unicode.classes() & 63)


def test_numbers_and_symbols() -> None:
    assert np.array_equal(scripts.numeric() == 1, where(str.isnumeric))
    assert np.array_equal(scripts.symbols() == 1, where(lambda c: unicodedata.category(c) == "So"))


def test_what_is_no_word_has_no_letters_but_the_fullwidth_one() -> None:
    marked = "".join(map(chr, np.flatnonzero(punctuation.no_words())))

    assert [c for c in marked if c.isalnum()] == ["１"]
    assert set(punctuation.SENTENCE_ENDS) < set(marked)
