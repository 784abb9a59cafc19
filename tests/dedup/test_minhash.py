from __future__ import annotations

import dataclasses
import itertools
import math
import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.dedup import bands, minhash
from redpyjama.dedup.minhash import PRESETS, MinHash
from redpyjama.errors import UsageError
from redpyjama.kernels import sets
from tests.strategies import unicode_texts


def texts_of(batch: list[str]) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array(batch, pa.string())})


def lists(values: tuple[np.ndarray, np.ndarray]) -> list[list[int]]:
    offsets, found = values
    assert offsets.dtype == np.int64
    assert found.dtype == np.uint64
    assert offsets[0] == 0
    assert offsets[-1] == len(found)
    return [found[a:b].tolist() for a, b in itertools.pairwise(offsets)]


@pytest.mark.parametrize(
    ("threshold", "permutations", "shape"),
    [(0.7, 128, (14, 9)), (0.8, 128, (9, 13)), (0.9, 128, (5, 25)), (1.0, 128, (1, 128)), (0.5, 128, (25, 5))],
)
def test_bands_are_those_that_datasketch_chooses(threshold, permutations, shape):
    assert bands.choose(threshold, permutations) == shape


@pytest.mark.parametrize("name", PRESETS)
def test_presets(name):
    params = MinHash(**PRESETS[name].params)

    assert minhash.shape(params) == (params.bands, params.rows)
    assert PRESETS[name].source
    if name != "fineweb":  # whose numbers were not chosen so
        assert minhash.shape(dataclasses.replace(params, bands=0, rows=0)) == (params.bands, params.rows)


def test_the_curve_rises_from_never_to_always():
    params = MinHash(bands=14, rows=8, threshold=0.72, permutations=112)

    likely = dict(zip(*minhash.curve(params).to_pydict().values(), strict=True))

    assert list(likely) == pytest.approx([i / 10 for i in range(11)])
    assert likely[0.8] == pytest.approx(0.924, abs=5e-4)  # datatrove's own figure
    assert (likely[0.0], likely[1.0]) == (0, 1)


def test_the_curve_for_people():
    text = minhash.curve_text(MinHash())

    assert text.splitlines()[0] == "9 bands of 13 rows, threshold 0.8"
    assert "    0.9   92.86%  #####################################" in text
    assert text.endswith("of pairs at the threshold 39.9% become candidates")


@pytest.mark.parametrize(
    "wrong",
    [
        {"ngram": 0}, {"ngram": 1001}, {"permutations": 0}, {"permutations": 4097}, {"threshold": 0.0}, {"threshold": 1.1},
        {"bands": 3}, {"rows": 3}, {"bands": 20, "rows": 7}, {"bands": -1, "rows": -1}, {"normalise": "redpajama_v1_books"},
    ],
)  # fmt: skip
def test_parameters_that_make_no_sense(wrong):
    with pytest.raises(UsageError):
        MinHash(**wrong)


def test_short_documents_have_neither_keys_nor_a_sketch():
    batch = texts_of(["", "one two", "one two three", "one two three four"])
    params = MinHash(ngram=3, bands=2, rows=2)

    assert [len(k) for k in lists(minhash.keys(batch, params))] == [0, 0, 2, 2]
    assert [len(s) for s in lists(minhash.sketches(batch, params))] == [0, 0, 1, 2]


def test_no_documents():
    assert lists(minhash.keys(texts_of([]), MinHash())) == []
    assert lists(minhash.sketches(texts_of([]), MinHash())) == []


def test_what_a_form_makes_equal_shares_all_keys_and_nothing_else_does():
    batch = texts_of(["The cat sat.", "the  CAT\nsat", "the cat ran", "Thé cat sat", "THE\u0301 cat sat"])

    keys = lists(minhash.keys(batch, MinHash(ngram=3)))

    assert keys[0] == keys[1]
    assert keys[3] == keys[4]
    assert not set(keys[0]) & set(keys[2])
    assert not set(keys[0]) & set(keys[3])


@pytest.mark.parametrize(
    "other",
    [{"seed": 2}, {"ngram": 4}, {"bands": 8, "rows": 13}, {"unit": "characters"}, {"permutations": 120}],
)  # fmt: skip
def test_other_parameters_never_share_a_key(other):
    batch = texts_of(["one and two and three and four and five"])
    params = MinHash(ngram=5, bands=9, rows=13)

    one, two = minhash.keys(batch, params)[1], minhash.keys(batch, dataclasses.replace(params, **other))[1]

    assert not set(one.tolist()) & set(two.tolist())


@settings(deadline=None, max_examples=30)
@given(st.lists(unicode_texts, max_size=6), st.sampled_from(["words", "characters"]), st.integers(0, 6))
def test_a_document_is_what_it_is_in_any_batch(batch, unit, first):
    params = MinHash(ngram=2, unit=unit, normalise="slimpajama")

    for measure in (minhash.keys, minhash.sketches):
        whole = lists(measure(texts_of(batch), params))
        assert lists(measure(texts_of(batch).slice(first), params)) == whole[first:]


def test_batches_larger_than_a_chunk():
    batch = [f"document {i} " + "word " * 30_000 + f"end {i}" for i in range(5)] + ["", "short one here"]
    params = MinHash(ngram=3)

    together = lists(minhash.sketches(texts_of(batch), params))

    assert together == [lists(minhash.sketches(texts_of([text]), params))[0] for text in batch]
    assert [len(s) for s in together] == [5, 5, 5, 5, 5, 0, 1]


def edited(words: list[str], rate: float, choose: random.Random) -> list[str]:
    """Replace, drop or double some of the words."""
    found: list[str] = []
    for word in words:
        if choose.random() >= rate:
            found.append(word)
        else:
            found += choose.choice([[f"new{choose.randrange(9999)}"], [], [word, word]])
    return found


@pytest.mark.parametrize("unit", ["words", "characters"])
@pytest.mark.parametrize("rate", [0.0, 0.005, 0.01, 0.02, 0.05])
def test_planted_copies_are_found_as_often_as_the_curve_says(unit, rate):
    choose = random.Random(7)
    originals = [[f"w{int(choose.paretovariate(0.5)) % 5000}" for _ in range(200)] for _ in range(400)]
    copies = [edited(words, rate, choose) for words in originals]
    batch = texts_of([" ".join(words) for words in originals + copies])
    params = MinHash(ngram=5 if unit == "words" else 13, unit=unit, threshold=0.8)

    keys = lists(minhash.keys(batch, params))

    found = [bool(set(a) & set(b)) for a, b in zip(keys[:400], keys[400:], strict=True)]
    rows = np.arange(400)
    alike = sets.jaccards(*minhash.sketches(batch, params), rows, rows + 400)
    likely = [bands.probability(s, *minhash.shape(params)) for s in alike]
    spread = math.sqrt(sum(p * (1 - p) for p in likely))
    assert abs(sum(found) - sum(likely)) <= 4 * spread + 1e-9
    strangers = [bool(set(a) & set(b)) for a, b in itertools.pairwise(keys[:400])]
    assert sum(strangers) == 0


def test_the_similarity_of_sketches_is_that_of_the_ngrams():
    one, two = "a b c d e f g h".split(), "a b c d x f g h".split()
    batch = texts_of([" ".join(one), " ".join(two)])

    found = sets.jaccards(*minhash.sketches(batch, MinHash(ngram=2)), np.array([0]), np.array([1]))

    assert found.tolist() == [5 / 9]


def test_keys_stay_what_they_are():
    """Keys of earlier builds are compared with those of new ones."""
    found = lists(minhash.keys(texts_of(["one two three four"]), MinHash(ngram=3, bands=2, rows=2)))

    assert found == [[17433841215106544480, 7098164625742291195]]
