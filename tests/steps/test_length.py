"""The step "length" counts what Python counts."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from redpyjama.steps.length import STEP
from tests.steps.batches import measured
from tests.strategies import unicode_texts


@given(st.lists(unicode_texts))
def test_counts_are_those_of_str(texts: list[str]) -> None:
    expected = [
        {
            "num_chars": len(text),
            "num_bytes": len(text.encode()),
            "num_words": len(text.split()),
            "num_lines": text.count("\n") + (not text.endswith("\n") and text != ""),
            "num_solid_chars": sum(not c.isspace() and c not in string.punctuation for c in text),
        }
        for text in texts
    ]

    assert measured(STEP, texts) == expected


def test_a_line_of_a_megabyte_is_one_line() -> None:
    (row,) = measured(STEP, ["\U0001f600" * 262_144])

    assert row == {
        "num_chars": 262_144,
        "num_bytes": 1_048_576,
        "num_words": 1,
        "num_lines": 1,
        "num_solid_chars": 262_144,
    }
