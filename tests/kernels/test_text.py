"""Kernels over UTF-8 agree with Python's own str methods."""

from __future__ import annotations

import itertools
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.kernels import arrow, text, unicode
from tests.strategies import characters, unicode_texts

CLASSES = unicode.classes()
BITS = [
    (unicode.ALPHA, str.isalpha),
    (unicode.ALNUM, str.isalnum),
    (unicode.SPACE, str.isspace),
    (unicode.DECIMAL, str.isdecimal),
    (unicode.UPPER, str.isupper),
    (unicode.LOWER, str.islower),
]


def encoded(string: str) -> np.ndarray:
    return np.frombuffer(string.encode(), np.uint8)


@pytest.mark.parametrize(("bit", "method"), BITS, ids=lambda v: getattr(v, "__name__", str(v)))
def test_the_table_says_what_str_methods_say(bit: int, method) -> None:
    if unicodedata.unidata_version != unicode.VERSION:
        pytest.skip(f"this Python knows Unicode {unicodedata.unidata_version}, the table is of {unicode.VERSION}")
    expected = np.fromiter((method(chr(c)) for c in range(0x110000)), np.bool_, 0x110000)

    assert np.array_equal(expected, (CLASSES & bit) != 0)


@given(st.lists(characters, min_size=1).map("".join))
def test_decode_reads_every_character(string: str) -> None:
    data = encoded(string)
    position, found = 0, []
    while position < len(data):
        code, length = text.decode(data, position)
        found.append(chr(code))
        position += length

    assert "".join(found) == string
    assert text.before(data, len(data), 0) == len(data) - len(string[-1].encode())
    assert text.count_chars(data, 0, len(data)) == len(string)


@given(unicode_texts)
def test_lines_are_those_of_splitlines(string: str) -> None:
    data = encoded(string)
    position, found = 0, []
    while position < len(data):
        end, following = text.line_end(data, position, len(data))
        found.append(bytes(data[position:end]).decode())
        position = following

    assert found == string.splitlines()


@given(unicode_texts)
def test_white_space_is_that_of_strip(string: str) -> None:
    data = encoded(string)
    start = text.skip_space(data, 0, len(data), CLASSES)
    stop = text.skip_space_back(data, len(data), start, CLASSES)

    assert bytes(data[start:stop]).decode() == string.strip()


@given(st.lists(unicode_texts), st.integers(0, 3))
def test_buffers_honour_slices(strings: list[str], skip: int) -> None:
    offsets, data = arrow.buffers(pa.array(strings, pa.string()).slice(skip))
    found = [bytes(data[a:b]).decode() for a, b in itertools.pairwise(offsets)]

    assert found == strings[skip:]


def test_an_empty_array_without_buffers_has_no_documents() -> None:
    offsets, _ = arrow.buffers(pa.array([], pa.string()))

    assert list(offsets) == [0]
