"""Documents into lines; see `redpyjama.kernels.words`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from redpyjama.kernels.compiled import Int, compiled
from redpyjama.kernels.text import OFFSETS, TEXT
from redpyjama.kernels.word_hash import feed, finished

_OUT: Any = (types.int64[::1], types.int32[::1], types.int32[::1], types.uint64[::1], types.int32[::1])
_ZERO = np.uint64(0)
_SEED = np.uint64(0x27D4EB2F165667C5)


@compiled(types.Tuple((types.uint64, types.int64))(TEXT, types.int64, types.int64))
def _measure(text: Any, start: Int, stop: Int) -> tuple[Any, Int]:
    """Return hash and code points of [start, stop)."""
    state, pending, count, chars = _SEED, _ZERO, np.int64(0), np.int64(0)
    for i in range(start, stop):
        chars += text[i] & 0xC0 != 0x80
        state, pending, count = feed(state, pending, count, np.int64(text[i]))
    return finished(state, pending, count), chars


@compiled(types.int64(TEXT, OFFSETS, *_OUT))
def at_newlines(text: Any, offsets: Any, doc_offsets: Any, starts: Any, stops: Any, hashes: Any, lengths: Any) -> Int:
    r"""Split at "\n"; nothing after the last one is no line. Returns how many lines there are."""
    size = np.int64(0)
    for document in range(len(offsets) - 1):
        doc_offsets[document] = size
        position, end = np.int64(offsets[document]), np.int64(offsets[document + 1])
        while position < end:
            stop = position
            while stop < end and text[stop] != 0x0A:
                stop += 1
            if size < len(starts):
                hashes[size], lengths[size] = _measure(text, position, stop)
                starts[size], stops[size] = position, stop
            size += 1
            position = stop + 1
    doc_offsets[len(offsets) - 1] = size
    return size
