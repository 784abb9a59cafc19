"""Encoded data in source files is found as the published patterns find it."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import example, given

from redpyjama.kernels import encoded
from tests.kernels.test_text import encoded as buffer
from tests.strategies import texts_of

RUN = re.compile(
    r"(?:\\u[0-9a-fA-F]{4}){8,}|(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,}|[a-zA-Z0-9+/\n=]{64,}", re.ASCII
)

sources = texts_of(
    "0x1f,", "0x1F, ", "\\x00", "ff ", "a0,b1,", "\\u00e9" * 7, "\\u1234", "QUJD" * 15, "QUJD", "==\n", " ", "\n", "é", "_", "x",
    "0x", "\\", "AB CD EF 01 23 45 67 89 ", "00" * 4,
)  # fmt: skip


def measured(text: str) -> list[int]:
    rows = np.zeros((1, 2), np.int32)
    encoded.measure(buffer(text), np.array([0, len(text.encode())], np.int32), rows)
    return rows[0].tolist()


@given(sources)
@example("0x1f, " * 8)
@example("\\x00" * 8)
@example("é" + "ab " * 9)
@example("A" * 63)
@example("x" + "ff " * 8 + "A" * 80)
def test_runs_are_those_of_the_patterns(source: str) -> None:
    text = re.sub(r"[^\x00-\x7f]", "_", source)  # to the kernel all that is not ASCII is a letter, and ends a run
    lengths = [len(match[0]) for match in RUN.finditer(text)]

    assert measured(source) == [sum(lengths), max(lengths, default=0)]


def test_plain_code_has_none() -> None:
    assert measured("def add(a, b):\n    return a + b\n") == [0, 0]
    assert measured("") == [0, 0]
