"""The trainer "perplexity": an n-gram model of a slice's text, with modified Kneser-Ney smoothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from redpyjama.errors import TooLittleText, UsageError
from redpyjama.kernels import ngrams
from redpyjama.lm import kneser_ney, model_file
from redpyjama.lm.perplexity_step import normalized
from redpyjama.lm.pieces import Pieces
from redpyjama.lm.trainers import PerplexityParams
from redpyjama.store import tokenizer_file

_READ = 1 << 20  # numbers read at a time


def collect(
    batches: Iterator[pa.RecordBatch], slice_name: str, params: PerplexityParams, path: str
) -> Mapping[str, Any]:
    """Write the pieces of all lines of a shard as numbers, each line ended by one beyond the last piece."""
    del slice_name
    tokenizer = tokenizer_file.load(params.tokenizer)
    pieces, form = Pieces(tokenizer), _form(tokenizer)
    stays = np.ones(len(tokenizer.pieces) + 1, np.bool_)
    stays[list(tokenizer.special)] = False
    sentences = tokens = 0
    with open(path, "wb") as file:
        for batch in batches:
            texts = batch.column("text")
            if params.language:
                texts = texts.filter(pc.equal(batch.column("language"), params.language))
            for _, _, _, lines, data in normalized(texts, whole=params.faithful):
                ids, bounds = pieces.encode(lines, data)
                stream = np.insert(ids, bounds[1:], len(tokenizer.pieces))
                stream = stream[stays[stream]]
                file.write(stream.astype(form).data)
                sentences += len(bounds) - 1
                tokens += len(stream) - len(bounds) + 1
    return {"sentences": sentences, "tokens": tokens}


def fit(collected: Sequence[tuple[str, str]], params: PerplexityParams, path: str) -> Mapping[str, Any]:
    """Estimate the model of all shards, and write its file; it does not depend on their order.

    Source: as `redpyjama.lm.kneser_ney`; the words are the pieces that occur, as lmplz takes the words that occur.
    """
    tokenizer = tokenizer_file.load(params.tokenizer)
    form, size = _form(tokenizer), len(tokenizer.pieces) + 1
    counts = np.zeros(size, np.int64)
    for part in _read(collected, form):
        counts += np.bincount(part, minlength=size)
    if (tokens := int(counts[:-1].sum())) < max(params.min_tokens, 1):
        language = f" in language {params.language!r}" if params.language else ""
        what = (
            f"there are {tokens} pieces of text{language} to learn an n-gram model from, {params.min_tokens} are needed"
        )
        raise TooLittleText(what, "give more dumps, or lower min_tokens")
    present = np.flatnonzero(counts[:-1])
    word_of = np.zeros(size, np.int32)
    word_of[present] = np.arange(ngrams.FIRST_WORD, ngrams.FIRST_WORD + len(present))
    word_of[-1] = ngrams.END
    words = ["<unk>", "<s>", "</s>", *(tokenizer.pieces[i] for i in present)]
    if not ngrams.word_bits(len(words), params.order):
        raise UsageError(f"{len(words)} pieces do not fit in n-grams of order {params.order}", "lower the order")
    scratch = f"{path}.work"
    made = kneser_ney.estimate(
        (word_of[part] for part in _read(collected, form)),
        len(words),
        params.order,
        cutoffs=params.cutoffs,
        limit_bytes=params.limit_bytes,
        path=scratch,
    )
    content = model_file.Content(
        bits=made.bits,
        counts=made.counts,
        levels=[lambda order=order: made.logarithms(order) for order in range(1, made.order + 1)],
        words=words,
        tokenizer=(tokenizer.name, tokenizer.content),
        facts={
            "tokenizer_sha256": tokenizer.sha256,
            "discounts": [list(amounts) for amounts in made.discounts],
            "cutoffs": list(params.cutoffs),
            "faithful": params.faithful,
        },
    )
    model_file.write(path, content, params.limit_bytes)
    for file in made.paths:
        os.remove(file)
    return {
        "sentences": int(counts[-1]),
        "tokens": tokens,
        "ngrams": list(made.counts),
        "discounts": [[round(amount, 6) for amount in amounts[1:]] for amounts in made.discounts],
    }


def _form(tokenizer: tokenizer_file.Tokenizer) -> np.dtype[Any]:
    return np.dtype("<u2" if len(tokenizer.pieces) < 1 << 16 else "<u4")


def _read(collected: Sequence[tuple[str, str]], form: np.dtype[Any]) -> Iterator[NDArray[Any]]:
    for _, path in collected:
        with open(path, "rb") as file:
            while len(part := np.fromfile(file, form, _READ)):
                yield part
