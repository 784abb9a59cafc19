"""The pieces of a tokenizer as the words of a language model."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.kernels import pieces as kernels
from redpyjama.kernels.arrow import buffers
from redpyjama.store import vocabulary
from redpyjama.store.tokenizer_file import PROBE, Tokenizer

_log = logging.getLogger(__name__)
_LIBRARY_LINES = 256  # handed to a library at once: it holds the pieces of all of them

Encoded = tuple[NDArray[np.int32], NDArray[np.int64]]
"""Numbers of the pieces of N lines, and N + 1 positions in them."""


class Splitter(Protocol):
    """Cuts lines in pieces."""

    def encode(self, offsets: NDArray[np.int32], data: NDArray[np.uint8]) -> Encoded:
        """Return the pieces of N lines, which lie between N + 1 *offsets* in *data*."""
        ...


class Pieces:
    """Cuts lines in the pieces of a tokenizer: by kernel where that gives what its library gives, else by the library.

    What a tokenizer reserves ("</s>") is text to the kernel.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Find out whether the kernel agrees with the library on a text made to trip it."""
        self._tokenizer = tokenizer
        self._tables: vocabulary.Characters | None = None
        self._local = threading.local()  # a table of stretches belongs to one thread
        try:
            self._tables = _tables(tokenizer)
            ids, bounds = self.encode(*buffers(pa.array(PROBE, pa.string())))
            expected = tokenizer.encode(list(PROBE))
            if any(ids[bounds[i] : bounds[i + 1]].tolist() != right for i, right in enumerate(expected)):
                raise vocabulary.Unsupported("the kernels disagree with it")
        except vocabulary.Unsupported as error:
            self._tables = None
            _log.warning("%s is run by its own library, slowly, because %s", tokenizer.name, error)

    def encode(self, offsets: NDArray[np.int32], data: NDArray[np.uint8]) -> Encoded:
        """See `Splitter.encode`."""
        if self._tables is None:
            return self._by_library(offsets, data)
        if not hasattr(self._local, "memory"):
            self._local.memory = kernels.new_memory()
        tables = self._tables
        return kernels.encode(offsets, data, tables.prefix, tables.model, tables.bytes_of, self._local.memory)

    def _by_library(self, offsets: NDArray[np.int32], data: NDArray[np.uint8]) -> Encoded:
        found: list[NDArray[np.int32]] = [np.zeros(0, np.int32)]
        bounds = np.zeros(len(offsets), np.int64)
        for first in range(0, len(offsets) - 1, _LIBRARY_LINES):
            lines = lines_of(offsets[first : first + _LIBRARY_LINES + 1], data)
            for i, ids in enumerate(self._tokenizer.encode([line.decode() for line in lines]), start=first + 1):
                found.append(np.array(ids, np.int32))
                bounds[i] = bounds[i - 1] + len(ids)
        return np.concatenate(found), bounds


class PlainWords:
    """Cuts lines at white space (of ASCII, as KenLM does); the numbers are those of a model's words."""

    def __init__(self, words: tuple[str, ...]) -> None:
        """Take the model's words, the first being that for all others."""
        numbers = {word.encode("utf-8", "surrogatepass"): number for number, word in enumerate(words)}
        self._numbers = numbers | {b"<s>": 0, b"</s>": 0}  # in a text they begin and end nothing

    def encode(self, offsets: NDArray[np.int32], data: NDArray[np.uint8]) -> Encoded:
        """See `Splitter.encode`."""
        number = self._numbers.get
        lines = [[number(word, 0) for word in line.split()] for line in lines_of(offsets, data)]
        bounds = np.cumsum([0, *(len(line) for line in lines)], dtype=np.int64)
        return np.array([word for line in lines for word in line], np.int32), bounds


def lines_of(offsets: NDArray[np.int32], data: NDArray[np.uint8]) -> list[bytes]:
    """Return the lines that lie between *offsets* in *data*."""
    return [data[a:b].tobytes() for a, b in zip(offsets.tolist(), offsets[1:].tolist(), strict=False)]


def _tables(tokenizer: Tokenizer) -> vocabulary.Characters:
    if tokenizer.is_json:
        found = vocabulary.from_json(tokenizer.content.decode())
    else:
        found = vocabulary.from_sentencepiece(tokenizer.content)
    if isinstance(found, vocabulary.Bytes):
        raise vocabulary.Unsupported("it is a model of bytes")
    return found
