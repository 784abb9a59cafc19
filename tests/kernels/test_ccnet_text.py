"""Text is normalised as CCNet's published code does it, character by character and line by line."""

from __future__ import annotations

import itertools
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given

from redpyjama.kernels import ccnet_text, unicode
from tests.kernels.ccnet_twin import twin
from tests.kernels.test_text import encoded
from tests.strategies import texts_of

texts = texts_of(
    " ", "\n", "\n\n", "Σ", "ΣΑΣ", "ΟΔΟΣ.", "α'Σ ", "Σ\u0301", "É", "e\u0301", "\u212b", "한국어", "İ", "ẞ", "ǅ", "\u0345",
    "٣", "１", "𝟘", "“a”", "—", "…", "．", "\x1f", "\x85", "\u2028", "\u3000", "\u200b", "\ufe0f", "\U000e0100", "\U0001d15e", "क़", "ﬁ",
)  # fmt: skip


def normalized(documents: list[str], whole: bool = False) -> list[list[str]]:
    data = "".join(documents).encode()
    offsets = np.cumsum([0, *(len(d.encode()) for d in documents)], dtype=np.int32)
    out = np.empty(ccnet_text.GROWTH * len(data) + 1, np.uint8)
    lines, starts = np.empty(len(data) + 2, np.int32), np.empty(len(offsets), np.int32)
    used, count = ccnet_text.normalize(
        encoded("".join(documents)), offsets, unicode.classes(), whole, *ccnet_text.tables(), out, lines, starts
    )
    assert (lines[count], starts[-1]) == (used, count)
    found = [out[a:b].tobytes().decode() for a, b in itertools.pairwise(lines[: count + 1])]
    return [found[a:b] for a, b in itertools.pairwise(starts)]


def has_marks_that_stay(text: str) -> bool:
    return any(unicodedata.combining(c) and unicodedata.category(c) != "Mn" for c in unicodedata.normalize("NFD", text))


@given(texts)
@example("ΑΣ: Σ ΑΣ'Β ΑΣ\u0301 1Σ aΣ\u00ad")
def test_a_document_is_what_the_published_code_makes_of_its_lines(text: str) -> None:
    if has_marks_that_stay(text.replace("\U0001d15e", "")):
        return
    expected = [line for line in map(twin, text.split("\n")) if line]

    assert normalized([text]) == [expected]
    assert normalized([text], whole=True) == [[twin(text)] if twin(text) else []]


@given(texts, texts)
def test_documents_do_not_touch(first: str, second: str) -> None:
    assert normalized([first, "", second]) == [*normalized([first]), [], *normalized([second])]


def test_every_character_becomes_what_the_published_code_makes_of_it() -> None:
    everything = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) not in ("Cn", "Co", "Cs")]
    for start in range(0, len(everything), 100_000):
        some = everything[start : start + 100_000]
        found = normalized([f"a{c}a" for c in some if c != "\n"])

        assert found == [[twin(f"a{c}a")] for c in some if c != "\n"]


@pytest.mark.slow
def test_whether_a_sigma_ends_a_word_is_decided_as_python_does() -> None:
    around = [chr(c) for c in range(0x30000) if not 0xD800 <= c < 0xE000 and c != 0x0A]
    texts = [text for c in around for text in (f"x{c}Σ", f"xΣ{c}", f"xΣ{c}x", f"{c}Σ")]
    for start in range(0, len(texts), 100_000):
        some = texts[start : start + 100_000]

        assert normalized(some) == [[twin(t)] for t in some]


@pytest.mark.parametrize("text", ["", " ", "\n", "\n \n", "\x00\x01", "\u0301"])
def test_nothing_is_left_of_blank_lines(text: str) -> None:
    assert normalized([text]) == [[]]
