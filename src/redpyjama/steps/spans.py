"""Spans as kernels write them -> the sidecar's column."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa


def to_arrow(found: Any, num_documents: int, rules: tuple[str, ...], replacements: tuple[str, ...]) -> pa.ListArray:
    """Return the column "spans" of `document.SPANS`.

    Args:
        found: int32 of shape (spans, 5): document, start, end, number of its rule and of its replacement; in order.
        num_documents: Rows of the batch.
        rules: What the rule numbers mean.
        replacements: What the replacement numbers mean.
    """
    import pyarrow as pa

    from redpyjama.document import SPANS

    counts = np.bincount(found[:, 0], minlength=num_documents)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    arrays = [
        pa.array(np.ascontiguousarray(found[:, 1])),
        pa.array(np.ascontiguousarray(found[:, 2])),
        pa.array(rules, pa.string()).take(pa.array(np.ascontiguousarray(found[:, 3]))),
        pa.array(replacements, pa.string()).take(pa.array(np.ascontiguousarray(found[:, 4]))),
    ]
    fields = [SPANS.value_type.field(i) for i in range(4)]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.StructArray.from_arrays(arrays, fields=fields)).cast(SPANS)


def ranges(found: Any, num_documents: int, kinds: tuple[str, ...]) -> list[str]:
    """Return a JSON list of [kind, start, end] for each document; *found* is as above, the rule being the kind."""
    listed: dict[int, list[tuple[str, int, int]]] = {}
    for document, start, end, kind, _ in found.tolist():
        listed.setdefault(document, []).append((kinds[kind], start, end))
    texts = ["[]"] * num_documents
    for document, entries in listed.items():
        texts[document] = json.dumps(entries, separators=(",", ":"))
    return texts
