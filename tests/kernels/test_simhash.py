"""SimHash and its keys are those of plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.kernels import simhash
from redpyjama.kernels.word_hash import mixed
from tests.kernels.test_sets import documents, flat

MASK = 2**64 - 1


def twin(found: list[int]) -> int:
    value = 0
    for place in range(64):
        ones = sum(h >> place & 1 for h in found)
        value |= (2 * ones > len(found)) << place
    return value


@given(documents)
def test_a_bit_is_set_that_most_shingles_have(batch: list[list[int]]) -> None:
    assert simhash.fingerprints(*flat(batch)).tolist() == [twin(d) for d in batch]


@given(st.lists(st.integers(0, MASK), max_size=4), st.lists(st.integers(0, MASK), max_size=4), st.integers(0, MASK))
def test_keys(values: list[int], masks: list[int], salt: int) -> None:
    found = simhash.masked_keys(np.array(values, np.uint64), np.array(masks, np.uint64), salt)

    expected = [int(mixed(int(mixed(salt + j & MASK)) ^ v & m)) for v in values for j, m in enumerate(masks)]
    assert found.tolist() == expected
