"""The document: its Arrow schema, its identity, and the shape of spans.

Hot code never sees `Document` objects: a source makes one for each record it parses, `to_batch` turns them into
columns, and columns they stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pyarrow as pa
import xxhash

from redpyjama.store.domains import registrable_domain

SLICES = ("common_crawl", "c4", "github", "arxiv", "book", "wikipedia", "stackexchange")
"""RedPajama's own names, in the order of its table."""

LOCATOR = pa.struct(
    [
        pa.field("dump", pa.string(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("record", pa.string(), nullable=False),
    ]
)
"""Where a document came from: dump name, byte offset there (-1: none), record key (URL, member, page id, line)."""

SPANS = pa.list_(
    pa.struct(
        [
            pa.field("start", pa.int32(), nullable=False),
            pa.field("end", pa.int32(), nullable=False),
            pa.field("rule", pa.string(), nullable=False),
            pa.field("replacement", pa.string(), nullable=False),
        ]
    )
)
"""Byte ranges [start, end) of a text, sorted, not overlapping; each is replaced by *replacement* ("" cuts)."""

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("title", pa.string()),
        pa.field("url", pa.string()),
        pa.field("domain", pa.string()),
        pa.field("language", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("licence_evidence", pa.string()),
        pa.field("attribution", pa.string()),
        pa.field("created", pa.string()),
        pa.field("locator", LOCATOR, nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("meta", pa.string(), nullable=False),
    ]
)


DUPLICATES = pa.schema(
    [
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("kept_id", pa.string(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
    ]
)
"""What de-duplication tells the decision: a row for each document that has a better copy, by shard number and row."""

CLUSTERS = pa.schema(
    [
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("kept_id", pa.string(), nullable=False),
        pa.field("node", pa.uint64(), nullable=False),
        pa.field("similarity", pa.float32()),
        pa.field("method", pa.string(), nullable=False),
    ]
)
"""The members of all clusters, the kept ones included (1.0 similar to themselves), sorted by kept and own id.

A cluster goes by the id of the member that is kept. The node is shard number << 32 | row. The method is the first, in
the recipe's order, by which the member was found to be a copy of any other; the similarity is that to the kept member,
null where nothing measures it.
"""


def sidecar_schema(signals: Mapping[str, str], *, spans: bool) -> pa.Schema:
    """Return the schema of a step's sidecar: document_id, its signals (name -> type), and spans where it cuts."""
    fields = [pa.field("document_id", pa.string(), nullable=False)]
    fields += [pa.field(name, pa.type_for_alias(type_)) for name, type_ in signals.items()]
    return pa.schema(fields + ([pa.field("spans", SPANS)] if spans else []))


class Document(msgspec.Struct, kw_only=True, frozen=True):
    """One record as a source parsed it.

    Attributes:
        text: Cleaned text, UTF-8 encodable (no lone surrogates), not empty.
        record: Record key: unique in its dump (URL, member name, page id, line number).
        offset: Byte offset of the record in the dump as stored, or -1.
        title: Title, where the record has one.
        url: Where the document can be read, where that is known.
        language: ISO 639-1 code (or 639-3) as the publisher states it; measured language is a step's signal.
        licence: SPDX expression, or None for unknown.
        licence_evidence: What *licence* rests on, in words: file and matched text, field, date.
        attribution: The line that a reuser must print.
        created: ISO 8601 date or date-time as precise as the record says.
        meta: What the slice's RedPajama records carry in `meta`, and more of ours: JSON-able, keys in a fixed order.
        encoding_repairs: Bytes or characters that were no valid text and were replaced by U+FFFD as WHATWG says.
    """

    text: str
    record: str
    offset: int = -1
    title: str | None = None
    url: str | None = None
    language: str | None = None
    licence: str | None = None
    licence_evidence: str | None = None
    attribution: str | None = None
    created: str | None = None
    meta: dict[str, Any] = {}
    encoding_repairs: int = 0


def document_id(slice_name: str, dump: str, offset: int, record: str) -> str:
    """Return the identity of a record: 32 hex digits, xxh3-128 of slice and locator; never of a counter."""
    return xxhash.xxh3_128_hexdigest(f"{slice_name}\0{dump}\0{offset}\0{record}".encode("utf-8", "surrogatepass"))


def content_hash(text: bytes) -> str:
    """Return 32 hex digits: xxh3-128 of the text's UTF-8 bytes."""
    return xxhash.xxh3_128_hexdigest(text)


def domain_of(url: str | None) -> str | None:
    """Return the registrable domain of a URL, lower case; None without a host."""
    if not url:
        return None
    try:
        host = urlsplit(url).hostname
    except ValueError:  # an unbalanced [ in the host: real crawls have them
        return None
    return registrable_domain(host) if host else None


def to_batch(slice_name: str, dump: str, documents: Sequence[Document]) -> pa.RecordBatch:
    """Turn parsed records into one batch of `SCHEMA`, in order."""
    encode = msgspec.json.Encoder().encode
    ids = [document_id(slice_name, dump, d.offset, d.record) for d in documents]
    texts = [d.text.encode() for d in documents]
    columns: dict[str, pa.Array] = {
        "id": pa.array(ids, pa.string()),
        "text": pa.array(texts, pa.binary()).cast(pa.string()),
        "domain": pa.array([domain_of(d.url) for d in documents], pa.string()),
        "locator": pa.array([{"dump": dump, "offset": d.offset, "record": d.record} for d in documents], LOCATOR),
        "content_hash": pa.array([content_hash(t) for t in texts], pa.string()),
        "meta": pa.array([encode(d.meta).decode() for d in documents], pa.string()),
    }
    for name in ("title", "url", "language", "licence", "licence_evidence", "attribution", "created"):
        columns[name] = pa.array([getattr(d, name) for d in documents], pa.string())
    return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)
