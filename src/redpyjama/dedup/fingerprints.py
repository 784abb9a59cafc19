"""First step of de-duplication: the documents of a shard send their keys to where equal ones meet.

Only documents that no rule drops take part: a copy that a rule removes must not take the last good one with it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from redpyjama.dedup.meetings import mixed, partition_of
from redpyjama.stage import Method, Task
from redpyjama.store.atomic import Output
from redpyjama.store.exchange import write_partitions
from redpyjama.store.shards import read_batches

KEYS = pa.schema([pa.field("key", pa.uint64(), nullable=False), pa.field("row", pa.int64(), nullable=False)])
"""A key of a document, by its row in the shard; a document has as many as its methods give it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A method with its parameters; keys of different scopes never meet."""

    method: Method
    params: Any
    verify: bool
    scope: str

    @property
    def salt(self) -> str:
        """What keys are mixed with."""
        return f"{self.method.name}\0{self.scope}"


def identity(uses: Sequence[Use]) -> list[list[Any]]:
    """Return what decides the keys of these methods, as JSON has it."""
    found = [[u.method.name, u.method.version, dataclasses.asdict(u.params), u.scope] for u in uses]
    return json.loads(json.dumps(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyArgs:
    """What a shard needs to send its keys: paths of its documents and sidecars, and the methods of its slice."""

    documents: str
    rules: str
    final: str
    methods: tuple[Use, ...]
    num_partitions: int


def send(task: Task) -> dict[str, Any]:
    """Send the keys of one shard; see `redpyjama.stage.Task.run`."""
    args: KeyArgs = task.args
    found: list[tuple[NDArray[np.uint64], NDArray[np.int64]]] = []
    columns = {name for use in args.methods for name in use.method.columns}
    documents = 0
    for batch, rows in surviving(args.documents, args.rules, args.final, columns):
        for use in args.methods:
            offsets, keys = use.method.keys(batch, use.params)
            found.append((mixed(keys, use.salt), np.repeat(rows, np.diff(offsets))))
        documents += len(rows)
    keys = np.concatenate([np.zeros(0, np.uint64), *(keys for keys, _ in found)])
    owners = np.concatenate([np.zeros(0, np.int64), *(rows for _, rows in found)])
    records = pa.RecordBatch.from_arrays([pa.array(keys), pa.array(owners)], schema=KEYS)
    with Output(task.output) as output:
        parts = partition_of(keys, args.num_partitions)
        write_partitions(output.create("arrow"), records, parts, args.num_partitions)
        return output.commit(rows=len(keys), documents=documents, methods=identity(args.methods))


def surviving(
    documents: str, rules: str, final: str, columns: Collection[str]
) -> Iterator[tuple[pa.RecordBatch, NDArray[np.int64]]]:
    """Yield the documents of a shard that no rule drops, and their rows.

    Args:
        documents: Path of the documents.
        rules: Path of the sidecar "rules".
        final: Path of the sidecar "spans".
        columns: Which of the documents' columns; "id" and "final_hash" come along. The text is the final one.
    """
    first = 0
    wanted = {*columns, "rules", "final_hash", *(["spans"] if "text" in columns else [])}
    for batch, ruled, ended in read_batches(documents, rules, final, columns=wanted):
        survives = pc.equal(pc.list_value_length(ruled["rules"]), 0)
        rows = first + np.flatnonzero(survives.to_numpy(zero_copy_only=False))
        first += batch.num_rows
        kept, finished = batch.filter(survives), ended.filter(survives)
        if "text" in columns:
            kept = with_final_text(kept, finished["spans"])
        yield kept.append_column("final_hash", finished["final_hash"]), rows


def with_final_text(documents: pa.RecordBatch, spans: pa.ListArray) -> pa.RecordBatch:
    """Return documents with their spans applied."""
    from redpyjama.kernels.spans import apply_spans  # compiled code: a build with nothing to do must not load it

    text = apply_spans(documents["text"], spans)
    return documents.set_column(documents.schema.get_field_index("text"), "text", text)
