"""The release task: one shard of documents and its sidecars -> one file of release records."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from backports import zstd

from redpyjama.release import records
from redpyjama.stage import Task
from redpyjama.store.atomic import Output
from redpyjama.store.shards import ShardWriter, read_batches

SUFFIXES = {"jsonl": "jsonl.zst", "parquet": "parquet"}
"""Form of a release -> suffix of its files."""

_LEVEL = 3  # zstd's own default: higher levels cost much more time for a few per cent


@dataclass(frozen=True, slots=True, kw_only=True)
class PartArgs:
    """What a release task needs.

    Attributes:
        documents: The documents' Parquet file; the others are its sidecars.
        form: One of `SUFFIXES`.
        seed: Of the sample.
        sample_below: A sample takes the kept documents whose `sample_hash` is at most this; None takes all.
    """

    slice: str
    documents: str
    final: str
    decisions: str
    tokens: str
    form: str = "jsonl"
    seed: int = 0
    sample_below: int | None = None


def write_part(task: Task) -> dict[str, Any]:
    """Write the release records of one shard; see `redpyjama.stage.Task.run`.

    Returns:
        Counts: rows, and of the records' JSON lines, whatever the form, "records_bytes" and "records_sha256"; bytes of
        text, tokens, and how many records have which licence and language ("" for none).
    """
    args: PartArgs = task.args
    counts = _Counts()
    with Output(task.output) as output:
        write = _writer(output, args.form, args.slice)
        for batch in _kept(args):
            metas = records.metas(batch)
            lines = records.lines(batch, metas, args.slice)
            counts.add(batch, lines)
            write(batch, metas, lines)
        return output.commit(**counts.as_dict())


def sample_hash(document_id: str, seed: int) -> int:
    """Return the number by which a sample chooses documents: 64 bits of xxh3 of the id, the same everywhere."""
    return xxhash.xxh3_64_intdigest(document_id.encode(), seed=seed & (2**64 - 1))


def _kept(args: PartArgs) -> Iterator[pa.RecordBatch]:
    files = (args.documents, args.final, args.decisions, args.tokens)
    for documents, final, decisions, tokens in read_batches(*files, columns=records.COLUMNS):
        keep = decisions.column("keep")
        if args.sample_below is not None:
            keep = _sampled(documents.column("id"), keep, args.seed, args.sample_below)
        batch = records.released(documents, final, tokens, keep)
        if batch.num_rows:
            yield batch


def _sampled(ids: pa.StringArray, keep: pa.BooleanArray, seed: int, below: int) -> pa.BooleanArray:
    chosen = np.asarray(keep).copy()
    for row in np.flatnonzero(chosen):
        chosen[row] = sample_hash(ids[int(row)].as_py(), seed) <= below
    return pa.array(chosen)


def _writer(output: Output, form: str, slice_name: str) -> Any:
    """Return the function that writes one batch, given also its metas and its lines."""
    if form == "parquet":
        shard = ShardWriter(output, SUFFIXES[form], records.TABLE, group_by="text")
        return lambda batch, metas, _: shard.write(records.table(batch, metas, slice_name))
    parameter = zstd.CompressionParameter
    options = {int(parameter.compression_level): _LEVEL, int(parameter.checksum_flag): 1}
    frame = zstd.ZstdCompressor(options=options)

    def close() -> None:
        file.write(frame.flush())

    file = output.create(SUFFIXES[form], close)
    return lambda _batch, _metas, lines: file.write(frame.compress(lines))


class _Counts:
    """Adds up what the receipt, the card and the checksums say."""

    def __init__(self) -> None:
        self._rows = self._text_bytes = self._lines_bytes = self._tokens = 0
        self._digest = hashlib.sha256()
        self._licences: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()

    def add(self, batch: pa.RecordBatch, lines: bytes) -> None:
        self._rows += batch.num_rows
        self._text_bytes += pc.sum(pc.binary_length(batch.column("text"))).as_py() or 0
        self._tokens += pc.sum(batch.column("num_tokens")).as_py() or 0
        self._lines_bytes += len(lines)
        self._digest.update(lines)
        for counter, name in ((self._licences, "licence"), (self._languages, "language")):
            for entry in batch.column(name).fill_null("").value_counts().to_pylist():
                counter[entry["values"]] += entry["counts"]

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self._rows,
            "text_bytes": self._text_bytes,
            "tokens": self._tokens,
            "records_bytes": self._lines_bytes,
            "records_sha256": self._digest.hexdigest(),
            "licences": dict(self._licences),
            "languages": dict(self._languages),
        }
