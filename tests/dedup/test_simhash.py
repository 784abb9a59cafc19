from __future__ import annotations

import random
from math import comb

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.dedup import simhash
from redpyjama.dedup.simhash import SimHash
from redpyjama.errors import UsageError
from redpyjama.kernels import sets
from redpyjama.kernels import simhash as kernel


def texts_of(batch: list[str]) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array(batch, pa.string())})


@pytest.mark.parametrize(("distance", "blocks"), [(5, 0), (5, 6), (3, 0), (3, 8), (0, 1), (0, 0), (5, 9), (16, 17)])
def test_masks_are_all_choices_of_blocks(distance, blocks):
    masks = simhash.masks(SimHash(distance=distance, blocks=blocks))

    number = blocks or distance + 2
    assert len(masks) == comb(number, distance) == len(set(masks.tolist()))
    assert np.bitwise_or.reduce(masks) == 2**64 - 1
    least = (64 // number) * (number - distance)
    assert all(least <= int(m).bit_count() <= least + number - distance for m in masks)


@pytest.mark.parametrize("blocks", [0, 6, 8])
@given(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=5))
def test_values_within_the_distance_share_a_key(blocks, value, places):
    masks = simhash.masks(SimHash(blocks=blocks))
    other = value ^ sum(1 << p for p in places)

    one, two = kernel.masked_keys(np.array([value, other], np.uint64), masks, 1).reshape(2, -1)

    assert (one == two).any()


def test_few_values_far_apart_share_a_key():
    random = np.random.default_rng(3)
    values = random.integers(0, 2**64, 2000, dtype=np.uint64)

    keys = kernel.masked_keys(values, simhash.masks(SimHash()), 1)

    pairs = len(values) * (len(values) - 1) / 2
    counts = np.unique(keys, return_counts=True)[1]
    assert (counts * (counts - 1) / 2).sum() < 1.3 * 21 * pairs / 2**18


def test_editions_of_a_book_are_near_and_other_books_are_not():
    choose = random.Random(5)
    words = [f"w{int(choose.paretovariate(0.7)) % 3000}" for _ in range(40_000)]
    other = [f"v{int(choose.paretovariate(0.7)) % 3000}" for _ in range(40_000)]
    edition = [w.upper() if choose.random() < 0.1 else w for w in words if choose.random() > 0.002]
    batch = texts_of([" ".join(words), ",\n".join(edition), " ".join(other)])

    offsets, values = simhash.sketches(batch, SimHash())

    near, far = sets.hammings(values, np.array([0, 0]), np.array([1, 2]))
    assert offsets.tolist() == [0, 1, 2, 3]
    assert near <= 5 < far
    places, keys = simhash.keys(batch, SimHash())
    assert places.tolist() == [0, 21, 42, 63]
    assert set(keys[:21].tolist()) & set(keys[21:42].tolist())


def test_only_letters_digits_and_underscores_count():
    batch = texts_of(["Hello, World_1! Ärger", "he--llo wo\u00a0rld_1 äRger\u0301", "hello world_2 ärger"])

    _, values = simhash.sketches(batch, SimHash())

    assert values[0] == values[1] != values[2]


def test_short_documents_have_neither_keys_nor_a_sketch():
    batch = texts_of(["", "abcde", "a.b.c.d.e", "abcdef", "..."])

    assert np.diff(simhash.sketches(batch, SimHash())[0]).tolist() == [0, 0, 0, 1, 0]
    assert np.diff(simhash.keys(batch, SimHash())[0]).tolist() == [0, 0, 0, 21, 0]
    assert simhash.keys(texts_of([]), SimHash())[0].tolist() == [0]


@pytest.mark.parametrize(
    "wrong", [{"ngram": 0}, {"distance": -1}, {"distance": 17}, {"blocks": 5}, {"blocks": 65}, {"blocks": 20}, {"unit": "words"}]
)  # fmt: skip
def test_parameters_that_make_no_sense(wrong):
    with pytest.raises(UsageError):
        SimHash(**wrong)


def test_keys_stay_what_they_are():
    """Keys of earlier builds are compared with those of new ones."""
    assert simhash.sketches(texts_of(["A book of its own."]), SimHash())[1].tolist() == [16900470770306171154]
    assert simhash.keys(texts_of(["A book of its own."]), SimHash())[1][:2].tolist() == [
        14757993237079898844,
        14079255910625889239,
    ]
