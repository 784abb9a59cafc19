"""The read task: one part of a dump -> one shard of documents, what was skipped, and what was quarantined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from redpyjama import limits
from redpyjama.document import SCHEMA, Document, to_batch
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources.base import in_sample
from redpyjama.stage import Part, Quarantined, Skipped, Source, Task
from redpyjama.store.atomic import Output
from redpyjama.store.shards import ShardWriter

SKIPPED = pa.schema(
    [
        pa.field("rule", pa.string(), nullable=False),
        pa.field("record", pa.string(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
    ]
)
"""Records that are no documents of their slice."""

EMPTY = "empty"
"""The rule under which a record without any text after cleaning is skipped, whatever the source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArgs:
    """What a read task needs."""

    source: Source
    options: Any
    part: Part


def read(task: Task) -> dict[str, Any]:
    """Read one part; see `redpyjama.stage.Task.run`.

    Returns:
        Counts with read = rows + sum(skipped_by) + quarantined.
    """
    args: ReadArgs = task.args
    shard = _Shard(args)
    with Output(task.output) as output:
        documents = ShardWriter(output, "parquet", SCHEMA)
        skipped = ShardWriter(output, "skipped.parquet", SKIPPED)
        quarantine = output.create("quarantine.jsonl")
        for batch in shard.batches():
            documents.write(batch)
            skipped.write(shard.take_skipped())
        skipped.write(shard.take_skipped())
        for record in shard.quarantined:
            quarantine.write(msgspec.json.encode(record) + b"\n")
        return output.commit(**shard.counts())


class _Shard:
    """Sorts what the source yields into documents, skipped and quarantined records."""

    def __init__(self, args: ReadArgs) -> None:
        self.args = args
        self.rows = 0
        self.num_bytes = 0
        self.encoding_repairs = 0
        self.skipped: list[Skipped] = []
        self.skipped_by: Counter[str] = Counter()
        self.quarantined: list[dict[str, Any]] = []

    def batches(self) -> Iterator[pa.RecordBatch]:
        waiting: list[Document] = []
        waiting_bytes = 0
        slice_name, dump = self.args.source.slice, self.args.part.dump.name
        for document in self._documents():
            waiting.append(document)
            waiting_bytes += len(document.text)
            if waiting_bytes >= limits.ROW_GROUP_BYTES or len(waiting) >= limits.ROW_GROUP_ROWS:
                yield self._counted(to_batch(slice_name, dump, waiting))
                waiting, waiting_bytes = [], 0
        if waiting:
            yield self._counted(to_batch(slice_name, dump, waiting))

    def _counted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        self.rows += batch.num_rows
        self.num_bytes += pc.sum(pc.binary_length(batch["text"])).as_py()
        return batch

    def _documents(self) -> Iterator[Document]:
        for found in self._records():
            # Sources leave out what is not in the sample before they parse it; where one cannot, it is left out here.
            # What ails a dump as a whole is no record: a trial build says it too.
            of_a_record = bool(found.record) or found.offset >= 0
            if of_a_record and not in_sample(self.args.source.slice, self.args.part, found.offset, found.record):
                continue
            match found:
                case Document():
                    document = _encodable(found)
                    if not document.text.strip():
                        self._skip(Skipped(EMPTY, document.record, document.offset))
                    elif len(document.text) > limits.MAX_TEXT_BYTES // 4:
                        reason = f"text exceeds MAX_TEXT_BYTES: {len(document.text)} characters"
                        self._quarantine(Quarantined(reason, document.record, document.offset))
                    else:
                        self.encoding_repairs += document.encoding_repairs
                        yield document
                case Skipped():
                    self._skip(found)
                case Quarantined():
                    self._quarantine(found)

    def _records(self) -> Iterator[Document | Skipped | Quarantined]:
        try:
            yield from self.args.source.read(self.args.part, self.args.options)
        except (InputError, LimitExceeded) as error:
            yield Quarantined(str(error))  # the dump as a whole: nothing of it, or nothing further, can be read

    def _skip(self, skipped: Skipped) -> None:
        self.skipped.append(skipped)
        self.skipped_by[skipped.rule] += 1

    def _quarantine(self, found: Quarantined) -> None:
        place = {"file": self.args.part.dump.name, "offset": found.offset}
        self.quarantined.append({**place, "record": found.record, "reason": found.reason})

    def take_skipped(self) -> pa.RecordBatch:
        rows, self.skipped = self.skipped, []
        columns = {
            "rule": [s.rule for s in rows],
            "record": [_printable(s.record) for s in rows],
            "offset": [s.offset for s in rows],
        }
        return pa.RecordBatch.from_pydict(columns, schema=SKIPPED)

    def counts(self) -> dict[str, Any]:
        skipped = dict(sorted(self.skipped_by.items()))
        return {
            "rows": self.rows,
            "read": self.rows + sum(skipped.values()) + len(self.quarantined),
            "skipped_by": skipped,
            "quarantined": len(self.quarantined),
            "bytes_read": self.num_bytes,
            "encoding_repairs": self.encoding_repairs,
        }


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _encodable(document: Document) -> Document:
    r"""Replace lone surrogates (JSON's ``\ud800``, odd file names) by U+FFFD everywhere, counting those of the text."""
    if _is_encodable(document):
        return document
    repairs = sum("\ud800" <= c <= "\udfff" for c in document.text)
    fields: dict[str, Any] = {name: _repaired(value) for name, value in msgspec.structs.asdict(document).items()}
    fields["encoding_repairs"] += repairs
    return Document(**fields)


def _is_encodable(document: Document) -> bool:
    try:
        for value in msgspec.structs.astuple(document):
            if isinstance(value, str):
                value.encode()
        msgspec.json.encode(document.meta)
    except UnicodeEncodeError:
        return False
    return True


def _repaired(value: Any) -> Any:
    match value:
        case str():
            return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)
        case dict():
            return {_repaired(k): _repaired(v) for k, v in value.items()}
        case list():
            return [_repaired(v) for v in value]
        case _:
            return value
