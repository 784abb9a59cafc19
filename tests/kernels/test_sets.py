"""Sets, their similarity and differing bits are those of plain Python."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.kernels import sets
from redpyjama.kernels.word_hash import mixed

hashes = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2**63, 2**64 - 1]) | st.integers(0, 9).map(mixed).map(int)
documents = st.lists(st.lists(hashes, max_size=40), max_size=6)


def flat(batch: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.cumsum([0, *map(len, batch)]), np.array([h for found in batch for h in found], np.uint64)


@given(documents)
def test_each_hash_once_and_in_order(batch: list[list[int]]) -> None:
    offsets, values = sets.to_sets(*flat(batch))

    assert [values[a:b].tolist() for a, b in itertools.pairwise(offsets)] == [sorted({*d}) for d in batch]


def test_a_long_document_that_repeats_itself() -> None:
    some = np.array([mixed(i) for i in range(1000)], np.uint64)

    offsets, values = sets.to_sets(np.array([0, 300_000, 300_001]), np.append(np.tile(some, 300), some[:1]))

    assert offsets.tolist() == [0, 1000, 1001]
    assert np.array_equal(values[:1000], np.sort(some))


@given(documents.filter(len), st.data())
def test_jaccard_similarity(batch: list[list[int]], data: st.DataObject) -> None:
    row = st.integers(0, len(batch) - 1)
    pairs = data.draw(st.lists(st.tuples(row, row), min_size=1))
    rows, others = (np.array(column, np.int64) for column in zip(*pairs, strict=True))

    found = sets.jaccards(*sets.to_sets(*flat(batch)), rows, others)

    one = [set(d) for d in batch]
    expected = [len(one[a] & one[b]) / len(one[a] | one[b]) if one[a] | one[b] else 0.0 for a, b in pairs]
    assert found.tolist() == expected


@given(st.lists(hashes, min_size=1), st.data())
def test_differing_bits(values: list[int], data: st.DataObject) -> None:
    row = st.integers(0, len(values) - 1)
    pairs = data.draw(st.lists(st.tuples(row, row), min_size=1))
    rows, others = (np.array(column, np.int64) for column in zip(*pairs, strict=True))

    found = sets.hammings(np.array(values, np.uint64), rows, others)

    assert found.tolist() == [(values[a] ^ values[b]).bit_count() for a, b in pairs]
