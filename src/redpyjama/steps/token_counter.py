"""Counts tokens exactly as the tokenizer's own library would.

The kernels of `redpyjama.kernels.bpe` count where they understand the tokenizer; on loading, they must agree with the
library on a text made to trip them. Where they do not, or do not understand it, the library counts everything, slowly,
and a warning says so. Documents that spell out a reserved token always go to the library.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.kernels import bpe, token_counts
from redpyjama.kernels.arrow import buffers
from redpyjama.store import vocabulary
from redpyjama.store.tokenizer_file import PROBE, Tokenizer, load

_LIBRARY_DOCUMENTS = 64  # handed to a library at once: it holds every token of all of them
_log = logging.getLogger(__name__)


class Counter:
    """Counts by kernel where that is exact, by the library elsewhere.

    Attributes:
        counted_by: In words, what counts the tokens, and if it is not the kernels, why.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.tables: vocabulary.Characters | vocabulary.Bytes | None = None
        self.counted_by = "kernels of redpyjama, checked against the tokenizer's own library"
        self._local = threading.local()  # a table of words belongs to one thread
        try:
            self.tables = _tables(tokenizer)
            if (text := self._disagreement()) is not None:
                raise vocabulary.Unsupported(f"the kernels disagree with it on {text!r}")
        except vocabulary.Unsupported as error:
            self.tables = None
            self.counted_by = f"the tokenizer's own library, more slowly, because {error}"
            _log.warning("tokens of %s are counted by %s", tokenizer.name, self.counted_by)

    def _disagreement(self) -> str | None:
        mine, reference = self.count(pa.array(PROBE, pa.string())), self.tokenizer.reference(list(PROBE))
        return next((text for text, a, b in zip(PROBE, mine, reference, strict=True) if a != b), None)

    def count(self, texts: pa.StringArray) -> NDArray[np.int32]:
        """Count the tokens of N texts, none of them null, without special tokens around them."""
        if self.tables is None:
            return self._by_library(texts)
        flags = self._scan(texts)
        counts = self._by_kernel(texts)
        if not flags.any():
            return counts
        active = np.flatnonzero(flags == token_counts.ACTIVE)
        if active.size:
            normal = pa.array([self.tokenizer.normalize(t.as_py()) for t in texts.take(pa.array(active))], pa.string())
            counts[active] = self._by_kernel(normal)
            flags[active] = self._scan(normal)
        reserved = np.flatnonzero(flags & token_counts.RESERVED)
        if reserved.size:
            counts[reserved] = self._by_library(texts.take(pa.array(reserved)))
        return counts

    def _scan(self, texts: pa.StringArray) -> NDArray[np.uint8]:
        assert self.tables is not None
        watch = self.tables.watch if isinstance(self.tables, vocabulary.Bytes) else np.zeros(0, np.uint8)
        flags = np.zeros(len(texts), np.uint8)
        if watch.size or self.tables.reserved:
            reserved = buffers(pa.array(self.tables.reserved, pa.string()))
            token_counts.scan(*buffers(texts), watch, *reserved, flags)
        return flags

    def _by_kernel(self, texts: pa.StringArray) -> NDArray[np.int32]:
        assert self.tables is not None
        if not hasattr(self._local, "words"):
            self._local.words = bpe.new_words()
        counts = np.zeros(len(texts), np.int32)
        offsets, data = buffers(texts)
        words = self._local.words
        if isinstance(self.tables, vocabulary.Characters):
            token_counts.count_characters(offsets, data, self.tables.prefix, self.tables.model, words, counts)
        else:
            token_counts.count_bytes(offsets, data, self.tables.longest_run, self.tables.model, words, counts)
        return counts

    def _by_library(self, texts: pa.StringArray) -> NDArray[np.int32]:
        counts = np.zeros(len(texts), np.int32)
        for start in range(0, len(texts), _LIBRARY_DOCUMENTS):
            some: Sequence[str] = texts.slice(start, _LIBRARY_DOCUMENTS).to_pylist()
            counts[start : start + len(some)] = self.tokenizer.reference(list(some))
        return counts


def _tables(tokenizer: Tokenizer) -> vocabulary.Characters | vocabulary.Bytes:
    if tokenizer.is_json:
        return vocabulary.from_json(tokenizer.content.decode())
    return vocabulary.from_sentencepiece(tokenizer.content)


@functools.lru_cache(maxsize=4)
def counter(spec: str) -> Counter:
    """Return the counter of a tokenizer, the same one for each call with its *spec*; errors as `load`."""
    return Counter(load(spec))
