"""A linear classifier that tells the text one wants from the text one has, trained on the build's own documents.

RedPajama V1 kept a crawled page if such a classifier, trained on pages that Wikipedia cites against random pages, gave
it a quarter's chance of being the former. What is trained here is written as a fastText model, which fastText reads.

Source: Together 2023, RedPajama-Data v1, data_prep/cc/classifier; Joulin et al. 2016, arXiv 1607.01759.
Departs: the published corpus took the first pages of each file and not random ones, and counted the wanted ones before
it left out the short; here classes are drawn by hash and equally large, and both have the same shortest length.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.errors import TooLittleText
from redpyjama.kernels import linear_training, words
from redpyjama.kernels.arrow import buffers
from redpyjama.lm import samples
from redpyjama.lm.measures import auc
from redpyjama.lm.trainers import ClassifierParams
from redpyjama.lm.vocabulary import Counter, Vocabulary
from redpyjama.store import fasttext_file, fasttext_writer

TARGET, OTHER = "__label__wiki", "__label__cc"
"""The labels of RedPajama V1's model: text as one wants it, and other text."""

_NO_DRAWS = np.zeros(0, np.uint64)
_ORDER = np.uint64(0x9E3779B97F4A7C15)  # so that the order of learning is another hash than the draw


def collect(batches: Iterator[pa.RecordBatch], slice_name: str, params: ClassifierParams, path: str) -> dict[str, int]:
    """Draw documents from one shard; see `redpyjama.stage.Trainer.collect`."""
    drawing = samples.Drawing(
        documents=params.shard_documents, min_chars=params.min_chars, max_chars=params.max_chars, seed=params.seed
    )
    return samples.collect(batches, drawing, path)


def fit(collected: Sequence[tuple[str, str]], params: ClassifierParams, path: str) -> dict[str, Any]:
    """Train the classifier and write it; see `redpyjama.stage.Trainer.fit`.

    Which documents are learnt from, and in which order, depends on the documents alone and not on their shards.

    Raises:
        TooLittleText: There are too few documents of one class, or none is left beside those held out.
    """
    shards = _choose(collected, params)
    counter, learnt_of = Counter(), [0, 0]
    for shard in shards:
        for batch, _, learnt in shard.batches(params):
            counter.add(batch.filter(pa.array(learnt))["text"])
            learnt_of[shard.label] += int(learnt.sum())
    if not all(learnt_of):
        raise TooLittleText("too few documents: all of a class are held out", "lower min_chars")
    vocabulary = counter.best(params.min_count, params.max_words, sum(learnt_of))
    scratch = f"{path}.rows"
    texts = _encode(shards, vocabulary, params, scratch)
    loss = _train(texts, vocabulary, params, path)
    os.remove(scratch)
    return {
        "target_documents": int((texts.labels == 0).sum()),
        "other_documents": int((texts.labels == 1).sum()),
        "words": len(vocabulary.words),
        "tokens": int(vocabulary.counts[1:].sum()),
        "loss": round(loss, 6),
        **_judge(shards, params, path),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shard:
    """What was collected from a shard: its first *count* documents were chosen; *label* 0 is the target."""

    path: str
    label: int
    count: int

    def batches(self, params: ClassifierParams) -> Iterator[tuple[pa.RecordBatch, NDArray[np.uint64], NDArray[Any]]]:
        """Yield texts, by what they are ordered, and which of them are learnt from."""
        for batch in samples.texts(self.path, self.count):
            order = samples.mixed(batch["draw"].to_numpy() + _ORDER)
            yield batch, order, (order & np.uint64(0xFFFF)) >= np.uint64(params.held_out * 0x10000)


def _choose(collected: Sequence[tuple[str, str]], params: ClassifierParams) -> list[_Shard]:
    first = [_NO_DRAWS, _NO_DRAWS]
    for name, path in collected:
        label = _label(name, params)
        first[label] = np.sort(np.concatenate([first[label], samples.draws(path)]))[: params.documents]
    count = min(len(draws) for draws in first)
    if count < params.min_documents:
        which = "the target" if len(first[0]) == count else "the other class"
        wanted = f"target = {list(params.target)}, slices read: {sorted({name for name, _ in collected})}"
        found = f"{count} documents of {which} have {params.min_chars} characters, {params.min_documents} are needed"
        raise TooLittleText(f"{found} ({wanted})", "give more dumps, or lower min_documents")
    last = [draws[count - 1] for draws in first]
    chosen: list[_Shard] = []
    for name, path in collected:
        label = _label(name, params)
        number = int(np.searchsorted(samples.draws(path), last[label], side="right"))
        chosen.append(_Shard(path=path, label=label, count=number))
    return chosen


def _label(slice_name: str, params: ClassifierParams) -> int:
    return 0 if slice_name in params.target else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """Texts as rows: those of text i are [offsets[i], offsets[i + 1]); the order in which they are learnt."""

    rows: NDArray[np.int32]
    offsets: NDArray[np.int64]
    order: NDArray[np.int64]
    labels: NDArray[np.int32]


def _encode(shards: Sequence[_Shard], vocabulary: Vocabulary, params: ClassifierParams, scratch: str) -> _Texts:
    """Turn all texts into rows, which lie in a file: they may take more than memory."""
    ends, orders, labels = [np.zeros(1, np.int64)], [_NO_DRAWS], [np.zeros(0, np.int32)]
    size = 0
    with open(scratch, "wb") as file:
        for shard in shards:
            for batch, order, learnt in shard.batches(params):
                offsets, data = buffers(batch.filter(pa.array(learnt))["text"])
                for first, last in words.chunks(offsets):
                    part = offsets[first : last + 1]
                    rows, begins = vocabulary.encode(part, data, word_grams=params.word_grams, buckets=params.buckets)
                    file.write(rows.data)
                    ends.append(begins[1:] + size)
                    size += rows.size
                orders.append(order[learnt])
                labels.append(np.full(int(learnt.sum()), shard.label, np.int32))
    return _Texts(
        rows=np.asarray(np.memmap(scratch, np.int32, "r")),
        offsets=np.concatenate(ends),
        order=np.argsort(np.concatenate(orders), kind="stable").astype(np.int64),
        labels=np.concatenate(labels),
    )


def _train(texts: _Texts, vocabulary: Vocabulary, params: ClassifierParams, path: str) -> float:
    buckets = params.buckets if params.word_grams > 1 else 0
    counts = [int((texts.labels == label).sum()) for label in (0, 1)]
    epochs = max(params.epochs, -(-params.min_updates // sum(counts)))
    weights = np.empty((len(vocabulary.words) + buckets, params.dim), np.float32)
    linear_training.start_weights(weights, np.uint64(params.seed))
    output = np.zeros((2, params.dim), np.float32)
    room = (np.empty(params.dim, np.float32), np.empty(params.dim, np.float32), np.empty(2, np.float32))
    loss = linear_training.train(
        texts.rows, texts.offsets, texts.order, texts.labels, epochs, params.learning_rate, weights, output, *room
    )
    model = fasttext_writer.Trained(
        words=vocabulary.words,
        word_counts=vocabulary.counts,
        labels=(TARGET, OTHER),
        label_counts=counts,
        weights=weights,
        output=output,
        word_grams=params.word_grams,
        epochs=epochs,
        min_count=params.min_count,
    )
    with open(path, "wb") as file:
        fasttext_writer.write(file, model)
    return loss


def _judge(shards: Sequence[_Shard], params: ClassifierParams, path: str) -> Mapping[str, Any]:
    """Measure the model, as it was written, on what it did not learn from."""
    model = fasttext_file.load(path)
    scores, labels = [np.zeros(0, np.float32)], [np.zeros(0, np.bool_)]
    for shard in shards:
        for batch, _, learnt in shard.batches(params):
            texts = batch.filter(pa.array(~learnt))["text"]
            scores.append(score(model, texts, TARGET))
            labels.append(np.full(len(texts), shard.label == 0))
    all_scores, wanted = np.concatenate(scores), np.concatenate(labels)
    if wanted.all() or not wanted.any():
        return {"held_out": int(wanted.size)}
    right = float(((all_scores >= 0.5) == wanted).mean())
    return {"held_out": int(wanted.size), "accuracy": round(right, 6), "auc": round(auc(wanted, all_scores), 6)}


def score(model: fasttext_file.Model, texts: pa.StringArray, label: str) -> NDArray[np.float32]:
    """Return the probability of a label for each text, 0 to 1; NaN where the model knows nothing of the text.

    The text is one line to the model, newlines are blanks: RedPajama V1 joins the lines by a blank.
    """
    labels, scores = fasttext_file.predict(model, texts, k=len(model.labels))
    place = model.labels.index(label)
    found = np.where(labels == place, scores, np.float32(0)).sum(axis=1)  # each label comes once
    found = np.minimum(found, np.float32(1))  # fastText's logarithms overshoot by 1e-5
    return np.where(labels[:, 0] < 0, np.float32(np.nan), found).astype(np.float32)
