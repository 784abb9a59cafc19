"""The step "nfc" makes of every text what Unicode's normalisation form C makes of it."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redpyjama.steps.nfc import STEP
from tests.steps.batches import applied, measured
from tests.strategies import texts_of, unicode_texts

texts = unicode_texts | texts_of(
    "a", "e", "\u0301", "\u0327", "\u0345", "\u0344", "\u1100", "\u1161", "\u11a8", "\uac00", "\u0f73", "\u0f71", "\u0b47", "\u0b3e",
    "\u212b", "\u2126", "\uf900", "\U0001d15e", "\u0958", "\u00e9", "ö", "x", "\u05d0", "\u05bc",
)  # fmt: skip


@given(st.lists(texts, max_size=4))
@example(["", "abc", "e\u0301", "", "\u0301", "A\u030angstro\u0308m \u212b"])
@example(["\u1100\u1161\u11a8 \uac00\u11a8"])
def test_texts_become_composed(batch: list[str]) -> None:
    rows = measured(STEP, batch)

    assert [applied(t, row["spans"]) for t, row in zip(batch, rows, strict=True)] == [
        unicodedata.normalize("NFC", t) for t in batch
    ]
    assert [row["nfc_changes"] for row in rows] == [len(row["spans"]) for row in rows]


def test_every_character_and_its_decomposition() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    changing = [c for c in characters if unicodedata.normalize("NFD", c) != c]
    batch = [f"a{c}b{unicodedata.normalize('NFD', c)}" for c in changing]

    rows = measured(STEP, batch)

    assert [applied(t, row["spans"]) for t, row in zip(batch, rows, strict=True)] == [
        unicodedata.normalize("NFC", t) for t in batch
    ]


@pytest.mark.parametrize("text", ["plain", "café", "日本語", "한국어", "Ελληνικά"])
def test_what_is_composed_stays(text: str) -> None:
    (row,) = measured(STEP, [text])

    assert row == {"nfc_changes": 0, "spans": []}


def test_only_what_changes_is_replaced() -> None:
    (row,) = measured(STEP, ["The cafe\u0301 of A\u030astro\u0308m."])

    assert [(span["start"], span["end"], span["replacement"]) for span in row["spans"]] == [
        (7, 10, "é"), (14, 17, "Å"), (20, 23, "ö")
    ]  # fmt: skip
