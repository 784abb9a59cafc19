"""Arrow's own buffers as numpy arrays, for kernels: no copy, no object a document."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Offsets = NDArray[np.int32]
"""N + 1 positions in `Bytes`; document i is [offsets[i], offsets[i + 1])."""

Bytes = NDArray[np.uint8]
"""UTF-8 of all documents of a batch, end to end; read-only."""

CHUNK_BYTES = 1 << 20
"""Text that kernels take at once: the arrays that they make of it take some times as much and still lie in a cache."""


def buffers(texts: pa.StringArray) -> tuple[Offsets, Bytes]:
    """Return the offsets and bytes of a string array without nulls; slices are honoured."""
    _, offsets, data = texts.buffers()
    count = len(texts)
    if offsets is None or offsets.size == 0:  # an empty array may come without offsets
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    positions = np.frombuffer(offsets, dtype=np.int32, count=count + 1, offset=4 * texts.offset)
    return positions, np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, np.uint8)


def chunks(offsets: Offsets, max_bytes: int = CHUNK_BYTES) -> Iterator[tuple[int, int]]:
    """Yield ranges [first, last) of documents of about *max_bytes*; a longer document is alone in its range."""
    first, count = 0, len(offsets) - 1
    while first < count:
        last = int(np.searchsorted(offsets, int(offsets[first]) + max_bytes, side="right")) - 1
        last = min(max(last, first + 1), count)
        yield first, last
        first = last
