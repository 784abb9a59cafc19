"""Release records: what others download of a document.

    {"text": ..., "meta": {RedPajama's keys of the slice, then ours}, "red_pajama_subset": slice}

RedPajama's keys stay as the source wrote them. Ours follow, always all of them, always in the same order. Where both
have a key, ours stands and theirs is kept as ``source_<key>`` if it says something else; where ours is unknown, theirs
stands.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

from redpyjama.document import LOCATOR

OURS = (
    "id",
    "title",
    "url",
    "domain",
    "language",
    "licence",
    "licence_evidence",
    "attribution",
    "created",
    "locator",
    "content_hash",
    "num_tokens",
)
"""Keys of ours in `meta`, in their order there."""

TABLE = pa.schema(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("meta", pa.string(), nullable=False),
        pa.field("red_pajama_subset", pa.string(), nullable=False),
        *(
            pa.field(name, {"locator": LOCATOR, "num_tokens": pa.int64()}.get(name, pa.string()), nullable=name != "id")
            for name in OURS
        ),
    ]
)
"""Columns of the Parquet form; `meta` is the JSON text of the record's meta, as in RedPajama's own data sets."""

_DOCUMENT_COLUMNS = ("text", "meta", *(name for name in OURS if name not in ("content_hash", "num_tokens")))
COLUMNS = frozenset({*_DOCUMENT_COLUMNS, "spans", "final_hash", "keep", "num_tokens"})
"""What has to be read of the documents and their sidecars to make records."""

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encoder = msgspec.json.Encoder()


def released(
    documents: pa.RecordBatch, final: pa.RecordBatch, tokens: pa.RecordBatch, keep: pa.BooleanArray
) -> pa.RecordBatch:
    """Return the documents that go into the release, as they go: cut text, its hash, its tokens.

    Args:
        documents: N documents.
        final: Their spans and final hashes.
        tokens: Their numbers of tokens.
        keep: Which of them.

    Returns:
        As many rows as *keep* has true ones: "text", "meta" (of the source), and `OURS`.
    """
    from redpyjama.kernels.spans import apply_spans  # compiled code: a build with nothing to do must not load it

    documents, final, tokens = documents.filter(keep), final.filter(keep), tokens.filter(keep)
    columns = {name: documents.column(name) for name in _DOCUMENT_COLUMNS}
    columns["text"] = apply_spans(columns["text"], final.column("spans"))
    columns["content_hash"] = final.column("final_hash")
    columns["num_tokens"] = tokens.column("num_tokens").cast(pa.int64())
    names = ["text", "meta", *OURS]
    return pa.RecordBatch.from_arrays([columns[name] for name in names], names=names)


def metas(batch: pa.RecordBatch) -> list[bytes]:
    """Return the `meta` of each record of a `released` batch, as JSON."""
    ours = zip(*(batch.column(name).to_pylist() for name in OURS), strict=True)
    sources = batch.column("meta").to_pylist()
    return [_encoder.encode(_meta(source, values)) for source, values in zip(sources, ours, strict=True)]


def _meta(source: str, values: tuple[Any, ...]) -> dict[str, Any]:
    theirs: dict[str, Any] = _decode(source)
    ours: dict[str, Any] = {}
    for key, value in zip(OURS, values, strict=True):
        ours[key] = value
        if key in theirs:
            same = theirs.pop(key)
            if value is None:
                ours[key] = same
            elif bytes(same) not in (b"null", _encoder.encode(value)):
                theirs[f"source_{key}"] = same
    return theirs | ours


def lines(batch: pa.RecordBatch, metas_of_batch: list[bytes], slice_name: str) -> bytes:
    """Return the records of a `released` batch as JSON lines, each with its line end."""
    end = b',"red_pajama_subset":' + _encoder.encode(slice_name) + b"}\n"
    parts: list[bytes] = []
    for text, meta in zip(batch.column("text").to_pylist(), metas_of_batch, strict=True):
        parts += (b'{"text":', _encoder.encode(text), b',"meta":', meta, end)
    return b"".join(parts)


def table(batch: pa.RecordBatch, metas_of_batch: list[bytes], slice_name: str) -> pa.RecordBatch:
    """Return the records of a `released` batch as rows of `TABLE`."""
    columns = {name: batch.column(name) for name in ("text", *OURS)}
    columns["meta"] = pa.array(metas_of_batch, pa.binary()).cast(pa.string())
    columns["red_pajama_subset"] = pa.array([slice_name] * batch.num_rows, pa.string())
    return pa.RecordBatch.from_arrays([columns[name] for name in TABLE.names], schema=TABLE)
