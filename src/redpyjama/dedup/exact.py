"""Exact de-duplication: of the documents whose final text has the same bytes, one stays.

Two exchanges: documents meet by hash, so that copies lie side by side whatever slice or shard they come from; then the
losers go back to their shards.
Only documents that no rule drops take part: a copy that a rule removes must not take the last good one with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from redpyjama.document import DUPLICATES, EXACT_DUPLICATE
from redpyjama.stage import Task
from redpyjama.store.atomic import Output
from redpyjama.store.exchange import read_partition, write_partitions
from redpyjama.store.shards import read_batches

SHARDS_PER_GROUP = 64
"""Shards whose losers travel back together: few batches in a file, and a decision reads little that is not its own."""

COPIES = pa.schema(
    [
        pa.field("hash", pa.string(), nullable=False),
        pa.field("scope", pa.int8(), nullable=False),
        pa.field("rank", pa.int8(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HashArgs:
    """What the first half needs for a shard.

    Attributes:
        scope: Documents of different scopes are never compared: 0 for all, or the slice's number.
        rank: The slice's place in the order of precedence.
        shard: Number of the shard over all slices.
    """

    rules: str
    final: str
    scope: int
    rank: int
    shard: int
    num_partitions: int


def by_hash(task: Task) -> dict[str, Any]:
    """Send the surviving documents of one shard to the partition of their hash; see `redpyjama.stage.Task.run`."""
    args: HashArgs = task.args
    batches: list[pa.RecordBatch] = []
    first = 0
    for rules, final in read_batches(args.rules, args.final):
        survives = pc.equal(pc.list_value_length(rules["rules"]), 0)
        rows = pa.array(np.arange(first, first + rules.num_rows))
        first += rules.num_rows
        kept = pa.RecordBatch.from_arrays([rules["document_id"], final["final_hash"], rows], ["id", "hash", "row"])
        batches.append(_copies(kept.filter(survives), args))
    copies = pa.Table.from_batches(batches, schema=COPIES).combine_chunks()
    batch = copies.to_batches()[0] if copies.num_rows else pa.RecordBatch.from_pylist([], schema=COPIES)
    with Output(task.output) as output:
        write_partitions(
            output.create("arrow"), batch, _partition(batch["hash"], args.num_partitions), args.num_partitions
        )
        return output.commit(rows=batch.num_rows)


def _copies(kept: pa.RecordBatch, args: HashArgs) -> pa.RecordBatch:
    n = kept.num_rows
    same = [np.full(n, v, dtype=t) for v, t in ((args.scope, "int8"), (args.rank, "int8"), (args.shard, "int32"))]
    return pa.RecordBatch.from_arrays([kept["hash"], *map(pa.array, same), kept["row"], kept["id"]], schema=COPIES)


def _partition(hashes: pa.Array, num_partitions: int) -> Any:
    """Partition by the first eight hex digits of the hash, so that partitions are ranges of hashes."""
    leading = pc.binary_slice(hashes.cast(pa.binary()), 0, 8).cast(pa.binary(8))
    if not len(leading):
        return np.zeros(0, dtype=np.int64)
    digits = np.frombuffer(leading.buffers()[1], dtype=np.uint8)[leading.offset * 8 :][: len(leading) * 8]
    digits = np.where(digits < ord("a"), digits - ord("0"), digits - ord("a") + 10).reshape(-1, 8).astype(np.uint64)
    number = (digits << np.arange(28, -4, -4, dtype=np.uint64)).sum(axis=1, dtype=np.uint64)
    return ((number * np.uint64(num_partitions)) >> np.uint64(32)).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetArgs:
    """What the second half needs for a partition: the files of the first, and how many groups of shards there are."""

    copies: tuple[str, ...]
    partition: int
    num_groups: int


def meet(task: Task) -> dict[str, Any]:
    """Find the copies in one partition; each loser goes to the group of its shard; see `redpyjama.stage.Task.run`."""
    args: MeetArgs = task.args
    keys = [(name, "ascending") for name in ("scope", "hash", "rank", "shard", "row")]
    copies = read_partition(args.copies, args.partition, COPIES).sort_by(keys).combine_chunks()
    first = _first_of_run(copies)
    kept = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0)) if len(first) else first.astype(np.int64)
    loses = pa.array(~first)
    method = pa.array([EXACT_DUPLICATE] * len(first), pa.string())
    columns = [copies["shard"], copies["row"], copies["id"].take(pa.array(kept)), method]
    losers = pa.table(columns, schema=DUPLICATES).filter(loses).combine_chunks()
    batch = losers.to_batches()[0] if losers.num_rows else pa.RecordBatch.from_pylist([], schema=DUPLICATES)
    with Output(task.output) as output:
        write_partitions(output.create("arrow"), batch, batch["shard"].to_numpy() // SHARDS_PER_GROUP, args.num_groups)
        return output.commit(rows=batch.num_rows)


def _first_of_run(copies: pa.Table) -> Any:
    """Say for each sorted row whether it differs from the one before in scope or hash."""
    if not copies.num_rows:
        return np.zeros(0, dtype=bool)
    hashes, scopes = copies["hash"], copies["scope"]
    differs = pc.or_(
        pc.not_equal(hashes.slice(1), hashes.slice(0, copies.num_rows - 1)),
        pc.not_equal(scopes.slice(1), scopes.slice(0, copies.num_rows - 1)),
    )
    return np.concatenate([[True], differs.to_numpy()])
