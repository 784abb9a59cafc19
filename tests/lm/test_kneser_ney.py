"""The estimator gives the probabilities and weights of the definition, in any memory."""

from __future__ import annotations

import pathlib
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from redpyjama.kernels import ngrams
from redpyjama.lm import kneser_ney
from redpyjama.lm.sorted_runs import floats
from tests.lm import mkn

WORDS = ["<unk>", "<s>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]


def estimated(
    path: pathlib.Path, sentences: list[list[str]], order: int, cutoffs: list[int], limit: int = 1 << 20
) -> dict[mkn.Ngram, tuple[float, float]]:
    used = ["<unk>", "<s>", "</s>", *sorted({w for s in sentences for w in s})]
    number = {w: i for i, w in enumerate(used)}
    stream = [np.array([number[w] for w in [*s, "</s>"]], np.int32) for s in sentences]
    made = kneser_ney.estimate(stream, len(used), order, cutoffs=cutoffs, limit_bytes=limit, path=str(path / "model"))
    found: dict[mkn.Ngram, tuple[float, float]] = {}
    for n in range(1, order + 1):
        for block in made.logarithms(n):
            for row, values in zip(block.tolist(), floats(block).tolist(), strict=True):
                words = [ngrams.field(np.uint64(row[0]), np.uint64(row[1]), k, made.bits) for k in range(n)]
                found[tuple(used[w] for w in reversed(words))] = (-values[4], values[5])
        assert made.counts[n - 1] == sum(len(g) == n for g in found)
    return found


def check(found: dict[mkn.Ngram, tuple[float, float]], expected: dict[mkn.Ngram, tuple[float, float]]) -> None:
    assert sorted(found) == sorted(expected)
    for gram, (chance, weight) in expected.items():
        assert found[gram][0] == pytest.approx(chance, abs=2e-6), gram
        assert found[gram][1] == pytest.approx(weight, abs=2e-6), gram


def babble(count: int, seed: int) -> list[list[str]]:
    rng = random.Random(seed)
    letters = WORDS[3:]
    weights = [1 / (i + 1) for i in range(len(letters))]
    return [rng.choices(letters, weights, k=rng.randrange(1, 12)) for _ in range(count)]


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("cutoffs", [[], [0, 1], [0, 0, 1, 2]])
def test_a_model_is_that_of_the_definition(tmp_path: pathlib.Path, order: int, cutoffs: list[int]) -> None:
    sentences = babble(400, seed=order)
    full = [*cutoffs, *[cutoffs[-1] if cutoffs else 0] * order][:order]

    check(estimated(tmp_path, sentences, order, full), mkn.model(sentences, order, full))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), min_size=1, max_size=12), st.integers(2, 6))
@example([["a"]], 5)
@example([[], []], 3)
def test_any_corpus_gives_the_model_of_the_definition(
    tmp_path: pathlib.Path, sentences: list[list[str]], order: int
) -> None:
    check(estimated(tmp_path, sentences, order, [0] * order), mkn.model(sentences, order, [0] * order))


def test_probabilities_of_a_context_add_up_to_one(tmp_path: pathlib.Path) -> None:
    found = estimated(tmp_path, babble(500, seed=1), 3, [0, 0, 1])
    words = [g[0] for g in found if len(g) == 1 and g != ("<s>",)]

    def chance(context: mkn.Ngram, word: str) -> float:
        if (*context, word) in found:
            return 10 ** found[*context, word][0]
        return 10 ** found.get(context, (0, 0))[1] * chance(context[1:], word)

    for context in [(), ("a",), ("<s>",), ("a", "b"), ("<s>", "c"), ("z", "z")]:
        assert sum(chance(context, w) for w in words) == pytest.approx(1, abs=1e-5)


def test_little_memory_and_another_order_of_sentences_change_nothing(tmp_path: pathlib.Path) -> None:
    sentences = babble(4000, seed=2)
    files: list[list[bytes]] = []
    for name, some, limit in (("a", sentences, 1 << 28), ("b", sentences[::-1], 1)):
        folder = tmp_path / name
        folder.mkdir()
        estimated(folder, some, 5, [0, 0, 0, 1, 1], limit)
        files.append([path.read_bytes() for path in sorted(folder.iterdir())])

    assert len(files[0]) == 5
    assert files[0] == files[1]


@pytest.mark.parametrize("counted", [(0, 0, 0, 0, 0), (9, 5, 0, 1, 1), (0, 9, 1, 9, 1)])
def test_counts_that_give_no_discounts_fall_back(counted: tuple[int, ...]) -> None:
    assert kneser_ney.discounts(counted) == kneser_ney.FALLBACK
