"""Exact copies: documents whose final text has the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from redpyjama.stage import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """Bytes are equal or not: there is nothing to choose."""


def keys(batch: pa.RecordBatch, params: Exact) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return one key a document: the first 64 of the 128 bits of its text's hash."""
    del params
    digits = pc.binary_slice(batch["final_hash"].cast(pa.binary()), 0, 16).cast(pa.binary(16))
    return np.arange(batch.num_rows + 1), hexadecimal(digits)


def hexadecimal(digits: pa.FixedSizeBinaryArray) -> NDArray[np.uint64]:
    """Return the numbers that 16 lower-case hex digits each are."""
    if not len(digits):
        return np.zeros(0, np.uint64)
    buffer: Any = digits.buffers()[1]
    values = np.frombuffer(buffer, np.uint8)[digits.offset * 16 :][: len(digits) * 16]
    values = np.where(values < ord("a"), values - ord("0"), values - ord("a") + 10).astype(np.uint64)
    return (values.reshape(-1, 16) << np.arange(60, -4, -4, dtype=np.uint64)).sum(axis=1, dtype=np.uint64)


METHOD = Method(
    name="exact",
    version=1,
    params=Exact,
    rule="exact_duplicate",
    because="another document has the same text",
    keys=keys,
    columns=(),
)
