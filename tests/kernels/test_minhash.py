"""Signatures and keys are those of plain Python, and signatures estimate what they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama.kernels import minhash
from redpyjama.kernels.word_hash import mixed
from tests.kernels.test_sets import documents, flat

MASK = 2**64 - 1


def twin(found: list[int], number: int, seed: int) -> list[int]:
    words = [int(mixed(int(mixed(seed)) + (i + 1) * 0x9E3779B97F4A7C15 & MASK)) for i in range(number)]
    pairs = [(word >> 32, word & 0xFFFFFFFF | 1) for word in words]
    return [min((((h & 0xFFFFFFFF) ^ s) * m & 0xFFFFFFFF for h in found), default=0xFFFFFFFF) for s, m in pairs]


@settings(deadline=None)
@given(documents, st.sampled_from([1, 7, 16, 33]), st.sampled_from([0, 1, 2**40]))
def test_signatures(batch: list[list[int]], number: int, seed: int) -> None:
    found = minhash.signatures(*flat(batch), number, seed)

    assert found.tolist() == [twin(d, number, seed) for d in batch]


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), min_size=7, max_size=7), max_size=3), st.integers(0, MASK))
def test_band_keys(signed: list[list[int]], salt: int) -> None:
    found = minhash.band_keys(np.array(signed, np.uint32).reshape(-1, 7), salt, 3, 2)

    expected = []
    for row in signed:
        for band in range(3):
            state = mixed(salt + band & MASK)
            for value in row[2 * band : 2 * band + 2]:
                state = mixed(state ^ value)
            expected.append(int(state))
    assert found.tolist() == expected


def test_permutations_differ_and_do_not_change() -> None:
    xors, multipliers = minhash.permutations(512, 1)

    assert len(set(zip(xors.tolist(), multipliers.tolist(), strict=True))) == 512
    assert (multipliers % 2 == 1).all()
    assert minhash.permutations(4, 1)[0].tolist() == xors[:4].tolist()
    assert minhash.signatures(np.array([0, 3]), np.array([1, 2, 3], np.uint64), 4, 1).tolist() == [
        [2330422249, 1037840330, 2742364046, 1000645893]
    ]


@pytest.mark.parametrize("number", [128, 512])
@pytest.mark.parametrize("size", [10, 100, 2000])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_agreement_estimates_jaccard_similarity_within_its_standard_error(number: int, size: int, share: float) -> None:
    """A binomial's mean and spread: min-wise permutations that depend on one another would widen it."""
    trials, random = 600, np.random.default_rng(20)
    common = round(share * size)
    batch = random.integers(0, 2**64, (trials, 2 * size - common), dtype=np.uint64)
    ones, others = batch[:, :size], batch[:, size - common :]
    offsets = np.arange(0, (trials + 1) * size, size)

    signed = [minhash.signatures(offsets, np.ascontiguousarray(d).reshape(-1), number, 1) for d in (ones, others)]

    agreement = (signed[0] == signed[1]).mean(axis=1)
    jaccard = common / (2 * size - common)
    error = np.sqrt(jaccard * (1 - jaccard) / number)
    assert abs(agreement.mean() - jaccard) < 4 * error / np.sqrt(trials)
    assert 0.85 < agreement.std() / error < 1.15  # five standard errors of a spread from 600 trials
