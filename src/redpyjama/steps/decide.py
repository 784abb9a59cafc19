"""The tasks that decide: first the rules of the slice, then, knowing the duplicates, what is kept.

Nothing is removed here or anywhere: a decision is one more sidecar.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from redpyjama.document import DUPLICATES
from redpyjama.recipe import Rule, Threshold
from redpyjama.stage import Task
from redpyjama.steps import thresholds
from redpyjama.store.atomic import Output
from redpyjama.store.conditions import evaluate
from redpyjama.store.exchange import read_partition
from redpyjama.store.shards import ShardWriter, read_batches

RULES = pa.schema(
    [
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("rules", pa.list_(pa.string()), nullable=False),
    ]
)
"""Which rules say "drop", in the recipe's order."""

DECISIONS = pa.schema(
    [
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("keep", pa.bool_(), nullable=False),
        pa.field("rule", pa.string()),
        pa.field("rules", pa.list_(pa.string()), nullable=False),
        pa.field("duplicate_of", pa.string()),
    ]
)
"""What became of each document: kept, or dropped by *rule* (the first of *rules*)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesArgs:
    """What a rules task needs.

    Attributes:
        documents: Path of the documents.
        signals: Paths of all sidecars with signals.
        chosen: Path of what `thresholds.choose` wrote, if the slice has thresholds.
    """

    documents: str
    signals: tuple[str, ...]
    rules: tuple[Rule, ...]
    thresholds: tuple[Threshold, ...] = ()
    chosen: str | None = None


def apply_rules(task: Task) -> dict[str, Any]:
    """Evaluate the slice's rules over one shard; see `redpyjama.stage.Task.run`."""
    args: RulesArgs = task.args
    names = pa.array([rule.rule for rule in args.rules], pa.string())
    hits: Counter[str] = Counter()
    chosen = thresholds.load(args.chosen) if args.chosen else None
    with Output(task.output) as output:
        writer = ShardWriter(output, "parquet", RULES)
        for documents, *signals in read_batches(args.documents, *args.signals):
            if chosen is not None:
                signals.append(thresholds.columns(chosen, args.thresholds, [documents, *signals]))
            true = evaluate([r.when for r in args.rules], documents, signals) if args.rules else []
            for rule, column in zip(args.rules, true, strict=True):
                hits[rule.rule] += pc.sum(column).as_py() or 0
            rules = _lists(true, names, documents.num_rows)
            writer.write(pa.RecordBatch.from_arrays([documents["id"], rules], schema=RULES))
        return output.commit(rows=writer.rows, hits={rule.rule: hits[rule.rule] for rule in args.rules})


def _lists(true: list[pa.BooleanArray], names: pa.Array, rows: int) -> pa.ListArray:
    """Turn one truth column for each rule into one list of rule names for each row."""
    matrix = np.zeros((rows, len(true)), dtype=bool)
    for i, column in enumerate(true):
        matrix[:, i] = column.to_numpy(zero_copy_only=False)
    row, rule = np.nonzero(matrix)
    offsets = np.searchsorted(row, np.arange(rows + 1)).astype(np.int32)
    values = names.take(pa.array(rule))
    return pa.ListArray.from_arrays(pa.array(offsets), values)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideArgs:
    """What a decision task needs.

    Attributes:
        shard: Number of the shard over all slices: how duplicates name it.
        rules: Path of the rules sidecar.
        final: Path of the "spans" sidecar.
        tokens: Path of the tokens sidecar.
        duplicates: Files of the last exchange of de-duplication; empty without it.
        partition: Where in them this shard's rows are.
    """

    shard: int
    rules: str
    final: str
    tokens: str
    duplicates: tuple[str, ...] = ()
    partition: int = 0


def decide(task: Task) -> dict[str, Any]:
    """Write the decisions on one shard; see `redpyjama.stage.Task.run`.

    Returns:
        Counts: rows, kept, dropped_by and the bytes of what was dropped, and bytes and tokens of the kept.
    """
    args: DecideArgs = task.args
    found = read_partition(args.duplicates, args.partition, DUPLICATES)
    found = found.filter(pc.equal(found["shard"], args.shard)).sort_by("row")
    counts = _Counts()
    with Output(task.output) as output:
        writer = ShardWriter(output, "parquet", DECISIONS)
        for rules, final, tokens in read_batches(args.rules, args.final, args.tokens):
            batch = _decisions(rules, found, counts.rows)
            counts.add(batch, final["final_bytes"], tokens["num_tokens"])
            writer.write(batch)
        return output.commit(**counts.as_dict())


def _decisions(rules: pa.RecordBatch, found: pa.Table, first_row: int) -> pa.RecordBatch:
    rows = rules.num_rows
    mine = found.filter(pc.and_(pc.greater_equal(found["row"], first_row), pc.less(found["row"], first_row + rows)))
    place = np.full(rows, -1, dtype=np.int64)
    place[mine["row"].to_numpy() - first_row] = np.arange(mine.num_rows)
    index = pa.array(place, mask=place < 0)
    methods = pc.take(mine["method"].combine_chunks(), index)
    by_rules = pc.list_element(
        pc.if_else(_empty(rules["rules"]), pa.scalar([None], rules["rules"].type), rules["rules"]), 0
    )
    rule = pc.coalesce(by_rules, methods)
    every = _with_method(rules["rules"], methods)
    columns = [rules["document_id"], pc.is_null(rule), rule, every, pc.take(mine["kept_id"].combine_chunks(), index)]
    return pa.RecordBatch.from_arrays(columns, schema=DECISIONS)


def _empty(lists: pa.ListArray) -> pa.BooleanArray:
    return pc.equal(pc.list_value_length(lists), 0)


def _with_method(lists: pa.ListArray, methods: pa.Array) -> pa.ListArray:
    """Append the de-duplication method to the rules of those documents that it drops."""
    extra = pc.is_valid(methods).to_numpy(zero_copy_only=False)
    if not extra.any():
        return lists
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False) + extra
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    last = offsets[1:][extra] - 1
    names = np.empty(offsets[-1], dtype=object)
    is_rule = np.ones(offsets[-1], dtype=bool)
    is_rule[last] = False
    names[is_rule] = pc.list_flatten(lists).to_numpy(zero_copy_only=False)
    names[last] = methods.drop_null().to_numpy(zero_copy_only=False)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(names, pa.string()))


class _Counts:
    """Adds up what the receipt, and from it the manifest, says."""

    def __init__(self) -> None:
        self.rows = self.kept = self.num_bytes = self.tokens = 0
        self.dropped_by: Counter[str] = Counter()
        self.bytes_dropped_by: Counter[str] = Counter()

    def add(self, decisions: pa.RecordBatch, final_bytes: pa.Array, num_tokens: pa.Array) -> None:
        keep = decisions["keep"]
        self.rows += decisions.num_rows
        self.kept += pc.sum(keep).as_py() or 0
        self.num_bytes += pc.sum(final_bytes.filter(keep)).as_py() or 0
        self.tokens += pc.sum(num_tokens.filter(keep)).as_py() or 0
        dropped = pa.table({"rule": decisions["rule"], "bytes": final_bytes}).filter(pc.invert(keep))
        for entry in dropped.group_by("rule").aggregate([("bytes", "count"), ("bytes", "sum")]).to_pylist():
            self.dropped_by[entry["rule"]] += entry["bytes_count"]
            self.bytes_dropped_by[entry["rule"]] += entry["bytes_sum"]

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "kept": self.kept,
            "dropped_by": dict(sorted(self.dropped_by.items())),
            "bytes_dropped_by": dict(sorted(self.bytes_dropped_by.items())),
            "bytes_kept": self.num_bytes,
            "tokens": self.tokens,
        }
