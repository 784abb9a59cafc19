"""The tasks of a step that judges documents by others: records meet by key, answers go back, each shard is marked.

Keys of different groups never meet: each is mixed with the name of its group before it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from redpyjama.document import SPANS, sidecar_schema
from redpyjama.stage import SharedStep, Task
from redpyjama.store.atomic import Output
from redpyjama.store.exchange import read_partition, write_partitions
from redpyjama.store.shards import ShardWriter, read_batches

SHARDS_PER_GROUP = 64
"""Shards whose answers travel back together: few batches in a file, and a task reads little that is not its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A shard that takes part.

    Attributes:
        documents: Path of its documents.
        spans: Path of the sidecar of the last step before this one that cuts, if any.
        number: Among all shards that may meet.
        group: Only shards of the same group meet.
    """

    documents: str
    spans: str | None
    number: int
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendArgs:
    """What a shard needs to send its records.

    Attributes:
        meeting: Number of the meeting, from 0.
        answers: Files of the meeting before; empty before the first one.
    """

    step: SharedStep
    params: Any
    meeting: int
    shard: Shard
    answers: tuple[str, ...]
    num_partitions: int


def send(task: Task) -> dict[str, Any]:
    """Send the records of one shard; see `redpyjama.stage.Task.run`."""
    args: SendArgs = task.args
    meeting = args.step.meetings[args.meeting]
    before = _answers(args.step, args.meeting - 1, args.answers, args.shard.number) if args.meeting else None
    seen = (batch for batch, _ in _texts(args.shard))
    records = meeting.send(seen, before, args.params)
    keys = mixed(records["key"].to_numpy(), args.shard.group)
    records = records.set_column(0, records.schema.field("key"), pa.array(keys))
    with Output(task.output) as output:
        parts = partition_of(keys, args.num_partitions)
        write_partitions(output.create("arrow"), records, parts, args.num_partitions)
        return output.commit(rows=records.num_rows)


def mixed(keys: NDArray[np.uint64], name: str) -> NDArray[np.uint64]:
    """Return keys that only those mixed with the same name are equal to, if they were; evenly spread.

    Source: the finaliser of SplitMix64 (Steele et al. 2014), over the key and a hash of the name.
    """
    found = keys ^ np.uint64(xxhash.xxh3_64_intdigest(name.encode()))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        found = (found ^ (found >> np.uint64(shift))) * np.uint64(factor)
    return found ^ (found >> np.uint64(31))


def partition_of(keys: NDArray[np.uint64], num_partitions: int) -> NDArray[np.int64]:
    """Return the partition of each key: ranges of keys of the same size."""
    return (((keys >> np.uint64(32)) * np.uint64(num_partitions)) >> np.uint64(32)).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetArgs:
    """What a partition needs: *sent* are the files of all shards in order of their numbers."""

    step: SharedStep
    params: Any
    meeting: int
    sent: tuple[str, ...]
    numbers: tuple[int, ...]
    partition: int
    num_groups: int


def meet(task: Task) -> dict[str, Any]:
    """Let the records of one partition meet; see `redpyjama.stage.Task.run`."""
    args: MeetArgs = task.args
    meeting = args.step.meetings[args.meeting]
    tables: list[pa.Table] = []
    for path, number in zip(args.sent, args.numbers, strict=True):
        part = read_partition([path], args.partition, meeting.records)
        shard = pa.array(np.full(part.num_rows, number, np.int32))
        tables.append(part.append_column("shard", shard))
    answers = meeting.meet(pa.concat_tables(tables), args.params).cast(meeting.answers).combine_chunks()
    batch = answers.to_batches()[0] if answers.num_rows else pa.RecordBatch.from_pylist([], schema=meeting.answers)
    with Output(task.output) as output:
        parts = batch["shard"].to_numpy() // SHARDS_PER_GROUP
        write_partitions(output.create("arrow"), batch, parts, args.num_groups)
        return output.commit(rows=batch.num_rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkArgs:
    """What a shard needs to write its sidecar: *answers* are the files of the last meeting."""

    step: SharedStep
    params: Any
    shard: Shard
    answers: tuple[str, ...]


def mark(task: Task) -> dict[str, Any]:
    """Write the sidecar of one shard; see `redpyjama.stage.Task.run`."""
    from redpyjama.kernels.spans import to_original  # compiled code: a build with nothing to do must not load it

    args: MarkArgs = task.args
    step = args.step
    answers = _answers(step, len(step.meetings) - 1, args.answers, args.shard.number)
    schema = sidecar_schema({n: s.type for n, s in step.signals.items()}, spans=bool(step.spans))
    with Output(task.output) as output:
        writer = ShardWriter(output, "parquet", schema)
        for batch, outer in _texts(args.shard):
            measured = step.mark(batch, writer.rows, answers, args.params)
            columns = {"document_id": batch["document_id"], **{n: measured[n] for n in step.signals}}
            if step.spans:
                columns["spans"] = to_original(measured["spans"], outer)
            arrays = [columns[f.name].cast(f.type) for f in schema]
            writer.write(pa.RecordBatch.from_arrays(arrays, schema=schema))
        return output.commit(rows=writer.rows)


def _answers(step: SharedStep, meeting: int, files: tuple[str, ...], shard: int) -> pa.Table:
    """Return what a meeting answered one shard, by row; answers to the same row in order of their columns."""
    schema = step.meetings[meeting].answers
    found = read_partition(files, shard // SHARDS_PER_GROUP, schema)
    found = found.filter(pc.equal(found["shard"], shard))
    return found.sort_by([(name, "ascending") for name in schema.names]).combine_chunks()


def _texts(shard: Shard) -> Iterator[tuple[pa.RecordBatch, pa.Array]]:
    """Yield ids and texts with the earlier spans applied, and those spans."""
    from redpyjama.kernels.spans import apply_spans

    for documents, *others in read_batches(shard.documents, *([shard.spans] if shard.spans else [])):
        outer = others[0]["spans"] if others else pa.nulls(documents.num_rows, SPANS)
        text = apply_spans(documents["text"], outer) if others else documents["text"]
        yield pa.RecordBatch.from_arrays([documents["id"], text], ["document_id", "text"]), outer
