"""Small n-gram models for tests: trained from babble, and their ARPA files as plain Python reads and scores them."""

from __future__ import annotations

import gzip
import pathlib
import random
from collections.abc import Sequence

import pyarrow as pa

from redpyjama.lm import trainers

LETTERS = "the of and to in a is that for it was on as with be by at from".split()


def babble(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    weights = [1 / (i + 1) for i in range(len(LETTERS))]
    return [" ".join(rng.choices(LETTERS, weights, k=rng.randrange(1, 30))) for _ in range(count)]


def trained(folder: pathlib.Path, shards: Sequence[Sequence[str]], **params: object) -> pathlib.Path:
    """Train as a build does: collect each shard, then fit."""
    options = trainers.PerplexityParams(**{"min_tokens": 1, **params})
    collected = []
    for i, texts in enumerate(shards):
        batch = pa.record_batch({"text": pa.array(texts, pa.string()), "language": pa.array(["en"] * len(texts))})
        path = str(folder / f"collected{i}")
        trainers.TRAINERS["perplexity"].collect(iter([batch]), "wikipedia", options, path)
        collected.append(("wikipedia", path))
    trainers.TRAINERS["perplexity"].fit(collected, options, str(folder / "model"))
    return folder / "model"


def arpa_values(path: pathlib.Path) -> dict[tuple[str, ...], tuple[float, float]]:
    data = path.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    found = {}
    for line in data.decode().split("\n"):
        fields = line.split("\t")
        if len(fields) > 1:
            found[tuple(fields[1].split(" "))] = (float(fields[0]), float(fields[2]) if len(fields) > 2 else 0.0)
    return found


def sentence_score(model: dict[tuple[str, ...], tuple[float, float]], words: Sequence[str]) -> float:
    """Sum of logarithms of a sentence and its end, by the rule of the file format."""
    order = max(map(len, model))
    known = [w if (w,) in model and w not in ("<s>", "</s>") else "<unk>" for w in words]
    sequence = ["<s>", *known, "</s>"]

    def chance(context: tuple[str, ...], word: str) -> float:
        if (*context, word) in model:
            return model[*context, word][0]
        if not context:
            return -100.0
        return model.get(context, (0, 0.0))[1] + chance(context[1:], word)

    return sum(chance(tuple(sequence[max(0, i - order + 1) : i]), sequence[i]) for i in range(1, len(sequence)))
