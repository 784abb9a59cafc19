"""Kernels for repetition agree with the definitions, written out in plain Python."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redpyjama.kernels import repeated_lines, repetition, unicode
from redpyjama.kernels.repetition import COVERED_CHARS, DUPLICATE, SKIPPED_CHARS, TOP, TOP_CHARS, TOP_COUNT
from tests.strategies import texts_of

# Few words, and pieces that come again: n-grams of every length repeat, overlap and touch.
words = st.sampled_from(["a", "bb", "ccc", "dddd"])
piece = st.lists(words, min_size=1, max_size=12)
documents = st.lists(piece, max_size=3).flatmap(
    lambda pieces: st.lists(st.sampled_from(pieces) if pieces else piece, max_size=6).map(
        lambda chosen: list(itertools.chain(*chosen))
    )
)

lines = texts_of("\n", "\n\n", "\n \n", "same line", "same line\n", " same line ", "a\n\nb\n\n", "\u3000", "\r\n", "é")


def grams(document: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(document[i : i + n]) for i in range(len(document) - n + 1)]


def most_frequent(document: list[str], n: int) -> tuple[int, int]:
    counted = Counter(grams(document, n)).most_common(1)
    return (counted[0][1], len("".join(counted[0][0]))) if counted else (0, 0)


def covered_chars(document: list[str], n: int) -> int:
    often = {gram for gram, count in Counter(grams(document, n)).items() if count > 1}
    covered = {i + k for i, gram in enumerate(grams(document, n)) if gram in often for k in range(n)}
    return sum(len(document[i]) for i in covered)


def skipped_chars(document: list[str], n: int) -> int:
    noted, chars, i = set(), 0, 0
    found = grams(document, n)
    while i < len(found):
        if found[i] in noted:
            chars += len("".join(found[i]))
            i += n
        else:
            noted.add(found[i])
            i += 1
    return chars


def twin(document: list[str]) -> list[int]:
    tops = [most_frequent(document, n) for n in TOP]
    duplicates = [(covered_chars(document, n), skipped_chars(document, n)) for n in DUPLICATE]
    return [
        *(count for count, _ in tops),
        *(chars for _, chars in tops),
        *(covered for covered, _ in duplicates),
        *(skipped for _, skipped in duplicates),
    ]


def measured(texts: list[list[str]], hash_of=hash) -> list[list[int]]:
    everything = list(itertools.chain(*texts))
    return repetition.repeated_ngrams(
        np.cumsum([0, *map(len, texts)], dtype=np.int64),
        np.array([hash_of(word) & 0xFFFF_FFFF_FFFF_FFFF for word in everything], np.uint64),
        np.array([len(word) for word in everything], np.int32),
    ).tolist()


@given(st.lists(documents, max_size=4))
@example([["a"] * 200])
@example([["a"], [], ["a", "a"], ["a", "bb", "a", "bb", "a"]])
def test_ngrams_are_measured_as_defined(texts: list[list[str]]) -> None:
    assert measured(texts) == [twin(text) for text in texts]


@given(st.lists(documents, min_size=1, max_size=3))
def test_words_whose_hashes_are_alike_in_most_bits_stay_apart(texts: list[list[str]]) -> None:
    hashes = {"a": 0, "bb": 1 << 63, "ccc": 1, "dddd": 1 << 32}

    assert measured(texts, hashes.__getitem__) == [twin(text) for text in texts]


def test_the_columns_are_those_named() -> None:
    (row,) = measured([["one", "two", "three", "four", "five"] * 2])

    assert row[TOP_COUNT : TOP_COUNT + 3] == [2, 2, 2]
    assert row[TOP_CHARS : TOP_CHARS + 3] == [6, 11, 15]
    assert row[COVERED_CHARS : COVERED_CHARS + 6] == [38, 0, 0, 0, 0, 0]
    assert row[SKIPPED_CHARS : SKIPPED_CHARS + 6] == [19, 0, 0, 0, 0, 0]


def test_long_documents_between_short_ones_are_measured_alike() -> None:
    rng = np.random.default_rng(0)
    long = [f"w{i}" for i in rng.zipf(1.2, 30_000) % 5000]
    short = ["a", "b"] * 7

    assert measured([short, long, short, long[:3]]) == [twin(short), twin(long), twin(short), twin(long[:3])]


def test_tables_are_cleared_before_their_numbers_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repetition, "MAX_NUMBER", 100)  # the plain Python of the kernel sees it
    texts = [["a", "bb"] * 4, ["ccc", "bb", "a"] * 3, ["a", "bb"] * 4]
    doc_offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    flat = list(itertools.chain(*texts))
    hashes = np.array([hash(word) & 0xFFFF_FFFF_FFFF_FFFF for word in flat], np.uint64)
    chars = np.array([len(word) for word in flat], np.int32)
    found = np.empty((3, 18), np.int64)
    slots, groups = np.zeros(64, np.int32), np.empty((2, 9), np.int32)
    repetition._measure_ngrams.py_func(
        doc_offsets, hashes, chars, slots, groups, np.empty(9, np.int32), np.empty(9, np.int32), found
    )

    assert found.tolist() == [twin(text) for text in texts]


def duplicates(units: list[str]) -> list[int]:
    later = [unit for i, unit in enumerate(units) if unit in units[:i]]
    return [len(units), len(later), len("".join(units)), len("".join(later))]


def lines_twin(text: str, *, strip: bool) -> list[int]:
    if strip:
        clean = "\n".join(line.strip() for line in text.split("\n")).strip()
        paragraphs = re.split(r"\n{2,}", clean)
        units = clean.split("\n")
    else:
        paragraphs = re.split(r"\n{2,}", text.strip())
        units = text.split("\n")
    units, paragraphs = [u for u in units if u], [p for p in paragraphs if p]
    return [*duplicates(units), *duplicates(paragraphs), len(text)]


def measured_lines(texts: list[str], *, strip: bool) -> list[list[int]]:
    data = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, data)], dtype=np.int32)
    flat = np.frombuffer(b"".join(data), np.uint8)
    found = repeated_lines.repeated_lines(flat, offsets, unicode.classes(), strip=strip).tolist()
    order = [
        repeated_lines.LINES, repeated_lines.DUP_LINES, repeated_lines.LINE_CHARS, repeated_lines.DUP_LINE_CHARS,
        repeated_lines.PARAGRAPHS, repeated_lines.DUP_PARAGRAPHS, repeated_lines.PARAGRAPH_CHARS, repeated_lines.DUP_PARAGRAPH_CHARS,
        repeated_lines.CHARS,
    ]  # fmt: skip
    return [[row[i] for i in order] for row in found]


@pytest.mark.parametrize("strip", [False, True])
@given(st.lists(lines, max_size=3))
@example([" \n\n a\n\na\n\n b\nc\n \n\nb\nc\n\n "])
def test_lines_and_paragraphs_are_measured_as_defined(strip: bool, texts: list[str]) -> None:
    assert measured_lines(texts, strip=strip) == [lines_twin(text, strip=strip) for text in texts]


def test_paragraphs_of_the_same_lines_in_another_order_differ() -> None:
    text = "one\ntwo\n\ntwo\none\n\none two\n\nsmall\nlines\nof\nsome\n\nsmall\nlines\nsome\nof"

    for strip in (False, True):
        (row,) = measured_lines([text], strip=strip)

        assert row == lines_twin(text, strip=strip)
        assert row[5] == 0


@given(st.lists(st.sampled_from(["a", "é", "\u3000x", "\U0001f600", "\n", "12345678", "1234567"]), max_size=60))
def test_lines_of_any_length_are_told_apart(pieces: list[str]) -> None:
    text = "".join(pieces)

    assert measured_lines([text], strip=False) == [lines_twin(text, strip=False)]


def test_ten_megabytes_in_one_line_take_linear_time() -> None:
    one, ten = ["ab"] * 300_000, ["ab"] * 3_000_000
    times = []
    for document in (one, one, ten):
        start = time.process_time()
        (row,) = measured([document], {"ab": 7}.__getitem__)
        times.append(time.process_time() - start)

    assert row[TOP_COUNT] == 2_999_999
    assert row[COVERED_CHARS + 5] == 6_000_000
    assert times[2] < 40 * times[1]
