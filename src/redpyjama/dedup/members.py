"""Fourth step of de-duplication: documents that have candidates tell what they are compared and chosen by.

Whole candidate clusters meet: records go to the partition of their root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from redpyjama.dedup.fingerprints import Use, with_final_text
from redpyjama.dedup.meetings import SHARDS_PER_GROUP, mixed, partition_of
from redpyjama.stage import Task
from redpyjama.store.atomic import Output
from redpyjama.store.conditions import numbers
from redpyjama.store.exchange import read_partition, write_partitions
from redpyjama.store.shards import read_batches

ROOTS = pa.schema([pa.field("node", pa.uint64(), nullable=False), pa.field("root", pa.uint64(), nullable=False)])
"""Which candidate cluster a document is in; a node is shard << 32 | row, a root the smallest node of its cluster."""

_VALUES = pa.list_(pa.field("item", pa.uint64(), nullable=False))


def schema(methods: Sequence[str], num_preferences: int) -> pa.Schema:
    """Return the schema of members: keys and sketches for each method, in the order of the recipe."""
    fields = [
        pa.field("root", pa.uint64(), nullable=False),
        pa.field("node", pa.uint64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("hash", pa.string(), nullable=False),
        pa.field("rank", pa.int8(), nullable=False),
        *(pa.field(f"prefer_{i}", pa.float64()) for i in range(num_preferences)),
    ]
    for name in methods:
        fields += [
            pa.field(f"{name}_keys", _VALUES, nullable=False),
            pa.field(f"{name}_sketch", _VALUES, nullable=False),
        ]
    return pa.schema(fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberArgs:
    """What a shard needs.

    Attributes:
        documents: Path of its documents; *final* of its sidecar "spans"; *signals* of all that *prefer* may name.
        decisions: Path of those on an earlier corpus: only documents that it released are members.
        roots: Files of the forest, whose partitions are groups of shards.
        shard: Its number.
        rank: The place of its slice in the order of precedence.
        prefer: SQL numbers, the greatest stays.
        methods: Those that look at documents of this slice.
        all_methods: The names of all methods of the recipe, in order.
    """

    documents: str
    final: str
    signals: tuple[str, ...]
    decisions: str | None = None
    roots: tuple[str, ...]
    shard: int
    rank: int
    prefer: tuple[str, ...]
    methods: tuple[Use, ...]
    all_methods: tuple[str, ...]
    num_partitions: int


def send(task: Task) -> dict[str, Any]:
    """Send the members of one shard; see `redpyjama.stage.Task.run`."""
    args: MemberArgs = task.args
    found = read_partition(args.roots, args.shard // SHARDS_PER_GROUP, ROOTS)
    found = found.filter(pc.equal(pc.shift_right(found["node"], pa.scalar(32, pa.uint64())), args.shard))
    found = found.sort_by("node").combine_chunks()
    made = schema(args.all_methods, len(args.prefer))
    batches: list[pa.RecordBatch] = []
    rows = (found["node"].to_numpy() & np.uint64(0xFFFFFFFF)).astype(np.int64)
    first = 0
    decisions = [args.decisions] if args.decisions else []
    for documents, final, *signals in read_batches(args.documents, args.final, *decisions, *args.signals):
        begin, end = np.searchsorted(rows, [first, first + documents.num_rows])
        here = np.arange(begin, end)
        if decisions:
            here = here[signals.pop(0)["keep"].to_numpy(zero_copy_only=False)[rows[here] - first]]
        if len(here):
            chosen = pa.array(rows[here] - first)
            seen = [batch.take(chosen) for batch in (documents, final, *signals)]
            batches.append(_members(seen, found.take(pa.array(here)), args, made))
        first += documents.num_rows
    whole = pa.Table.from_batches(batches, schema=made).combine_chunks()
    batch = whole.to_batches()[0] if whole.num_rows else pa.RecordBatch.from_pylist([], schema=made)
    with Output(task.output) as output:
        parts = partition_of(mixed(batch["root"].to_numpy(), ""), args.num_partitions)
        write_partitions(output.create("arrow"), batch, parts, args.num_partitions)
        return output.commit(rows=batch.num_rows)


def _members(seen: list[pa.RecordBatch], found: pa.Table, args: MemberArgs, made: pa.Schema) -> pa.RecordBatch:
    documents, final, *signals = seen
    count = documents.num_rows
    columns: dict[str, Any] = {
        "root": found["root"].combine_chunks(),
        "node": found["node"].combine_chunks(),
        "id": documents["id"],
        "hash": final["final_hash"],
        "rank": pa.array(np.full(count, args.rank, np.int8)),
    }
    for i, column in enumerate(_preferences(args.prefer, documents, signals)):
        columns[f"prefer_{i}"] = column
    batch = documents.append_column("final_hash", final["final_hash"])
    if any("text" in use.method.columns for use in args.methods):
        batch = with_final_text(batch, final["spans"])
    none = np.zeros(count + 1, np.int64), np.zeros(0, np.uint64)
    uses = {use.method.name: use for use in args.methods}
    for name in args.all_methods:
        keys, sketch = none, none
        if use := uses.get(name):
            offsets, values = use.method.keys(batch, use.params)
            keys = offsets, mixed(values, use.salt)
            if use.verify and use.method.sketches:
                sketch = use.method.sketches(batch, use.params)
        columns[f"{name}_keys"], columns[f"{name}_sketch"] = _lists(*keys), _lists(*sketch)
    return pa.RecordBatch.from_arrays([columns[field.name] for field in made], schema=made)


def _preferences(
    prefer: Sequence[str], documents: pa.RecordBatch, signals: Sequence[pa.RecordBatch]
) -> list[pa.DoubleArray]:
    """Evaluate each expression; one over a column that the slice has not is unknown for all of its documents."""
    import duckdb

    found: list[pa.DoubleArray] = []
    for expression in prefer:
        try:
            found += numbers([expression], documents, signals)
        except duckdb.BinderException:
            found.append(pa.nulls(documents.num_rows, pa.float64()))
    return found


def _lists(offsets: NDArray[np.int64], values: NDArray[np.uint64]) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(values), type=_VALUES)
