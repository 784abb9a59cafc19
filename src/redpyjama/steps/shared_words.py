"""Measures that share the words of a document: each text is split once, and every family looks at the same arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from redpyjama.kernels.arrow import Bytes, Offsets
    from redpyjama.kernels.words import Words

WordMode = Literal["unicode", "spacy", "whitespace", "word_punct", "normalised"]
"""How text is split; see `redpyjama.kernels.words.Mode`."""


class Family(Protocol):
    """Signals of one source over the documents of a batch."""

    def add(self, first: int, last: int, data: Bytes, offsets: Offsets, found: Words) -> None:
        """Measure the documents [first, last), which lie between *offsets* in *data*, by their words."""
        ...

    def columns(self) -> Mapping[str, NDArray[Any]]:
        """Return the signals of all documents."""
        ...


def measure(batch: pa.RecordBatch, mode: WordMode, families: Sequence[Family]) -> pa.RecordBatch:
    """Split the texts of a batch piece by piece, show the words to all families, and return their signals."""
    import pyarrow as pa

    from redpyjama.kernels import arrow, words

    offsets, data = arrow.buffers(batch.column("text"))
    for first, last in arrow.chunks(offsets):
        part = offsets[first : last + 1]
        found = words.split_words(data, part, words.Mode(mode))
        for family in families:
            family.add(first, last, data, part, found)
    return pa.record_batch({name: pa.array(c) for family in families for name, c in family.columns().items()})


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Divide whole numbers; what is over nothing is over one."""
    return part / np.maximum(whole, 1)
