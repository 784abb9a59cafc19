"""What the methods that compare shingles share: their parameters' checks, and batches cut into chunks.

A document of fewer units than an n-gram has no shingle: no key and an empty sketch, so that these methods never take it
for a copy. RedPajama V2 and datatrove do the same; SlimPajama takes out beforehand what is shorter than 200 characters.
Exact copies of short documents are what exact de-duplication finds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.errors import UsageError

CHUNK_BYTES = 1 << 18
"""Text whose shingles are held at once: eight bytes for each of its characters, which then still lie in a cache."""

MAX_NGRAM = 1000

Normalise = Literal["plain", "redpajama_v2", "slimpajama", "datatrove", "redpajama_v1_books"]
"""What is made of a text before it is cut up: see `redpyjama.kernels.simplified.Form`."""

Unit = Literal["words", "characters"]
"""What a shingle is made of; characters are Unicode's code points."""

Values = tuple[NDArray[np.int64], NDArray[np.uint64]]
"""n + 1 offsets and values: those of document i are values[offsets[i] : offsets[i + 1]]."""


def check(method: str, ngram: int, unit: Unit, normalise: Normalise) -> None:
    """Raise UsageError for n-grams that cannot be."""
    if not 1 <= ngram <= MAX_NGRAM:
        raise UsageError(f"{method}: ngram is 1 to {MAX_NGRAM}", ngram)
    if unit not in get_args(Unit) or normalise not in get_args(Normalise):
        raise UsageError(f"{method}: unknown unit or normalise", f"{unit!r}, {normalise!r}")
    if unit == "words" and normalise == "redpajama_v1_books":
        raise UsageError(f"{method}: normalise {normalise!r} leaves no words", "set unit to 'characters'")


def each_chunk(
    texts: pa.StringArray, ngram: int, unit: Unit, normalise: Normalise, measure: Callable[..., Values]
) -> Values:
    """Return what *measure* makes of the shingles of each document, chunk by chunk.

    Args:
        texts: N texts without nulls.
        ngram: Units of a shingle.
        unit: Words or characters.
        normalise: What is made of a text first.
        measure: Offsets and hashes of the shingles of some documents -> number of values of each, and the values.
    """
    from redpyjama.kernels import arrow, shingles  # compiled code: reading a recipe must not load it
    from redpyjama.kernels.simplified import Form

    offsets, data = arrow.buffers(texts)
    form = Form(normalise)
    counts, values = [np.zeros(1, np.int64)], [np.zeros(0, np.uint64)]
    for first, last in arrow.chunks(offsets, CHUNK_BYTES):
        found = shingles.shingles(data, offsets[first : last + 1], ngram, unit, form)
        some_counts, some_values = measure(*found)
        counts.append(some_counts)
        values.append(some_values)
    return np.cumsum(np.concatenate(counts)), np.concatenate(values)
