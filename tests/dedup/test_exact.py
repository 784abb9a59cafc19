from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.dedup import exact
from redpyjama.document import content_hash


def batch(texts):
    return pa.record_batch({"final_hash": pa.array([content_hash(t.encode()) for t in texts], pa.string())})


@given(st.lists(st.sampled_from("abcdefg"), max_size=8))
def test_documents_have_one_key_and_equal_texts_the_same(texts):
    offsets, keys = exact.keys(batch(texts), exact.Exact())

    assert offsets.tolist() == list(range(len(texts) + 1))
    assert [keys[i] == keys[j] for i in range(len(texts)) for j in range(len(texts))] == [
        a == b for a in texts for b in texts
    ]


def test_keys_are_the_beginning_of_the_hash_as_a_number():
    hashes = ["0123456789abcdef" + "0" * 16, "f" * 32, "0" * 32]
    _, keys = exact.keys(pa.record_batch({"final_hash": hashes}).slice(0), exact.Exact())

    assert keys.tolist() == [0x0123456789ABCDEF, 2**64 - 1, 0]


def test_a_slice_of_a_batch_is_a_batch():
    texts = batch("abcdef")
    _, whole = exact.keys(texts, exact.Exact())
    _, part = exact.keys(texts.slice(2, 3), exact.Exact())

    assert np.array_equal(part, whole[2:5])
