"""Importance weights: how much likelier a text is among the text one wants than among the text one has.

Both are bags of words and pairs of neighbouring words, hashed into buckets; each bucket has a probability in either.

Source: Xie et al. 2023, Data Selection for Language Models via Importance Resampling, arXiv 2302.03169; RedPajama V2,
app/src/core/quality_signals/importance_weights.py, which published the logarithms for Wikipedia, books and OpenWebText.
Departs: of all documents and not of a sample; a bucket counts one more than it was met, where the published code adds
1e-8 to its probability, and a single rare word decides.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.errors import InputError, TooLittleText
from redpyjama.kernels import hashed_grams, words
from redpyjama.kernels.arrow import buffers
from redpyjama.lm.trainers import DsirParams
from redpyjama.store import paths


class Ratios(msgspec.Struct, frozen=True, kw_only=True):
    """A model file: the logarithm of each bucket's probability in the target over that in the source."""

    kind: str = "importance"
    version: int = 1
    words: str
    log_ratios: list[float]


def collect(batches: Iterator[pa.RecordBatch], slice_name: str, params: DsirParams, path: str) -> dict[str, int]:
    """Count the words and pairs of one shard; see `redpyjama.stage.Trainer.collect`."""
    counts = np.zeros(params.buckets, np.int64)
    for batch in batches:
        for _, _, found in _words(batch["text"], params.words):
            hashed_grams.count(found.doc_offsets, found.hash, counts)
    with open(path, "wb") as file:
        np.save(file, counts)
    return {"grams": int(counts.sum())}


def _words(texts: pa.StringArray, mode: str) -> Iterator[tuple[int, int, words.Words]]:
    offsets, data = buffers(texts)
    for first, last in words.chunks(offsets):
        yield first, last, words.split_words(data, offsets[first : last + 1], words.Mode(mode))


def fit(collected: Sequence[tuple[str, str]], params: DsirParams, path: str) -> dict[str, int]:
    """Compare the counts of the target with all others; see `redpyjama.stage.Trainer.fit`.

    Raises:
        TooLittleText: There are no words in one of the two.
    """
    wanted, other = np.zeros(params.buckets, np.int64), np.zeros(params.buckets, np.int64)
    for name, file in collected:
        counts = wanted if name in params.target else other
        counts += np.load(file)
    for counts, which in ((wanted, "the target"), (other, "the other slices")):
        if not counts.any():
            names = sorted({name for name, _ in collected})
            raise TooLittleText(f"no words in {which}", f"target = {list(params.target)}, slices read: {names}")
    ratios = np.round(log_share(wanted) - log_share(other), 12)  # the last digits are not the same on every processor
    model = Ratios(words=params.words, log_ratios=ratios.tolist())
    with open(path, "wb") as file:
        file.write(msgspec.json.encode(model) + b"\n")
    return {"target_grams": int(wanted.sum()), "other_grams": int(other.sum())}


def log_share(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the logarithm of each bucket's share, each with one more than was counted (Laplace)."""
    return np.log((counts + 1) / (int(counts.sum()) + counts.size))


@functools.lru_cache(maxsize=4)
def load(path: str) -> tuple[str, NDArray[np.float64]]:
    """Read what `fit` wrote: how texts are split, and the ratios.

    Raises:
        InputError: It is something else.
    """
    try:
        with paths.open_input(path) as file:
            model = msgspec.json.decode(file.read(), type=Ratios)
    except msgspec.MsgspecError as error:
        raise InputError(path, f"is no model of importance weights ({error})", "train one: trainer = 'dsir'") from error
    if (model.kind, model.version) != ("importance", 1) or model.words not in list(words.Mode) or not model.log_ratios:
        raise InputError(path, f"is of kind {model.kind!r}, version {model.version}, words {model.words!r}",
                         "this version knows kind 'importance', version 1")  # fmt: skip
    return model.words, np.array(model.log_ratios, np.float64)


def importance(texts: pa.StringArray, path: str) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return for each text the logarithm of p(text in the target) / p(text in the source), and its words."""
    mode, ratios = load(path)
    sums, counts = np.zeros(len(texts), np.float64), np.zeros(len(texts), np.int64)
    for first, last, found in _words(texts, mode):
        hashed_grams.weigh(found.doc_offsets, found.hash, ratios, sums[first:last])
        counts[first:last] = np.diff(found.doc_offsets)
    return sums, counts
