"""How long a document is, in five units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthParams:
    """Nothing to choose."""


def run(batch: pa.RecordBatch, params: LengthParams) -> pa.RecordBatch:
    """Count characters, those that say something, bytes, words and lines."""
    del params
    import pyarrow as pa

    from redpyjama.kernels import arrow, text, unicode

    offsets, data = arrow.buffers(batch.column("text"))
    num_chars, num_words, num_lines, num_solid = (np.empty(batch.num_rows, np.int32) for _ in range(4))
    text.count_lengths(data, offsets, unicode.classes(), num_chars, num_words, num_lines, num_solid)
    return pa.record_batch(
        {
            "num_chars": pa.array(num_chars),
            "num_bytes": pa.array(np.diff(offsets)),
            "num_words": pa.array(num_words),
            "num_lines": pa.array(num_lines),
            "num_solid_chars": pa.array(num_solid),
        }
    )


_OURS = "RedPyjama"

STEP = Step(
    name="length",
    version=2,
    params=LengthParams,
    run=run,
    signals={
        "num_chars": Signal("int32", "Unicode code points of the text.", _OURS),
        "num_bytes": Signal("int32", "Bytes of the text in UTF-8.", _OURS),
        "num_words": Signal("int32", "Runs of characters that are no Unicode white space.", "Python's str.split()"),
        "num_lines": Signal("int32", "Lines ended by a newline, and a last one without.", _OURS),
        "num_solid_chars": Signal(
            "int32",
            "Unicode code points of the text that are neither white space nor ASCII punctuation.",
            "SlimPajama: what it takes for short",
        ),
    },
)
