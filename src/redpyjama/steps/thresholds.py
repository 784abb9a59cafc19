"""Thresholds that the corpus itself sets: the score above which a number of tokens, or a share of documents, lies.

RedPajama V1 chose its classifier's threshold so that as many tokens stayed as LLaMA had; CCNet cuts each language's
perplexities into thirds. Both need all documents before the first can be decided: each shard counts its scores, one
task adds up and chooses.
A score is counted by the first 24 bits of its 32: a threshold is exact to one part in 32,768 of its value, memory is
bounded whatever the number of documents, and the order of shards does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from redpyjama.recipe import Rule, Threshold
from redpyjama.stage import Task
from redpyjama.store.atomic import Output
from redpyjama.store.conditions import evaluate
from redpyjama.store.shards import ShardWriter, open_shard, read_batches

_DROPPED_BITS = 8

COUNTED = pa.schema(
    [
        pa.field("threshold", pa.int32()),
        pa.field("group", pa.string()),
        pa.field("score", pa.uint32()),
        pa.field("documents", pa.int64()),
        pa.field("tokens", pa.int64()),
    ]
)
"""How many documents and tokens have a score, in order of the bits of `ordered`."""

CHOSEN = pa.schema(
    [
        pa.field("threshold", pa.int32(), nullable=False),
        pa.field("group", pa.string()),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
    ]
)
"""The value of each threshold in each group, and what is on its better side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountArgs:
    """What the counting of one shard needs.

    Attributes:
        rules: The rules that depend on no threshold: what they drop is not counted.
        signals: Paths of all sidecars with signals; *tokens* is among them.
    """

    documents: str
    signals: tuple[str, ...]
    rules: tuple[Rule, ...]
    thresholds: tuple[Threshold, ...]


def count(task: Task) -> dict[str, Any]:
    """Count the scores of one shard; see `redpyjama.stage.Task.run`."""
    args: CountArgs = task.args
    found: list[pa.Table] = []
    rows = 0
    for documents, *signals in read_batches(args.documents, *args.signals):
        columns = {n: b[n] for b in (documents, *signals) for n in b.schema.names}
        dropped = evaluate([rule.when for rule in args.rules], documents, signals) if args.rules else []
        stays = ~np.logical_or.reduce([d.to_numpy(zero_copy_only=False) for d in dropped]) if dropped else None
        found += [_counted(i, t, columns, stays) for i, t in enumerate(args.thresholds)]
        rows += documents.num_rows
    with Output(task.output) as output:
        writer = ShardWriter(output, "parquet", COUNTED)
        for batch in _summed(found).to_batches():
            writer.write(batch)
        return output.commit(rows=rows)


def _counted(
    number: int, threshold: Threshold, columns: dict[str, pa.Array], stays: NDArray[np.bool_] | None
) -> pa.Table:
    scores = columns[threshold.signal].cast(pa.float32())
    group = columns[threshold.by].cast(pa.string()) if threshold.by else pa.nulls(len(scores), pa.string())
    counts = pa.array(np.ones(len(scores), np.int64))
    table = pa.table([group, scores, counts, columns["num_tokens"].cast(pa.int64())], names=COUNTED.names[1:])
    known = pc.and_(pc.is_valid(scores), pc.invert(pc.is_nan(scores)))
    table = table.filter(known if stays is None else pc.and_(known, pa.array(stays)))
    bits = pa.array(ordered(table["score"].to_numpy()))
    table = table.set_column(1, "score", bits)
    return _summed([table.add_column(0, COUNTED.field(0), pa.array(np.full(table.num_rows, number, np.int32)))])


def _summed(tables: Sequence[pa.Table]) -> pa.Table:
    keys = ["threshold", "group", "score"]
    every = pa.concat_tables([*tables, COUNTED.empty_table()])
    summed = every.group_by(keys).aggregate([("documents", "sum"), ("tokens", "sum")])
    order = [(key, "ascending") for key in keys]
    return (
        summed.select([*keys, "documents_sum", "tokens_sum"]).rename_columns(COUNTED.names).sort_by(order).cast(COUNTED)
    )


def ordered(scores: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Turn scores into numbers of 24 bits that have the same order.

    IEEE 754: the bits of positive numbers are ordered as the numbers are; those of negative ones the other way.
    """
    bits = (scores + np.float32(0)).view(np.uint32)  # -0 is 0
    flipped = np.where(bits >> 31 == 1, ~bits, bits | np.uint32(1 << 31))
    return (flipped >> _DROPPED_BITS).astype(np.uint32)


def score_of(bits: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Return the lowest score that `ordered` makes these bits of; what lies beyond infinity is infinite."""
    flipped = bits.astype(np.uint32) << np.uint32(_DROPPED_BITS)
    raw = np.where(flipped >> 31 == 1, flipped & np.uint32((1 << 31) - 1), ~flipped).astype(np.uint32)
    scores = raw.view(np.float32)
    return np.where(np.isnan(scores), np.copysign(np.float32(np.inf), scores), scores).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseArgs:
    """What the choice needs: the counts of all shards."""

    counted: tuple[str, ...]
    thresholds: tuple[Threshold, ...]


def choose(task: Task) -> dict[str, Any]:
    """Choose the value of each threshold in each group; see `redpyjama.stage.Task.run`."""
    args: ChooseArgs = task.args
    total = COUNTED.empty_table()
    for path in args.counted:  # one after the other: the sum has at most 2**24 rows a group, its parts may have more
        total = _summed([total, load(path)])
    chosen: list[dict[str, Any]] = []
    for i, threshold in enumerate(args.thresholds):
        mine = total.filter(pc.equal(total["threshold"], i))
        for group in mine["group"].unique().to_pylist():
            same = pc.is_null(mine["group"]) if group is None else pc.fill_null(pc.equal(mine["group"], group), False)
            chosen.append({"threshold": i, "group": group, **_cut(threshold, mine.filter(same))})
    chosen.sort(key=lambda row: (row["threshold"], row["group"] or ""))
    with Output(task.output) as output:
        writer = ShardWriter(output, "parquet", CHOSEN)
        writer.write(pa.RecordBatch.from_pylist(chosen, schema=CHOSEN))
        return output.commit(rows=len(chosen))


def _cut(threshold: Threshold, counted: pa.Table) -> dict[str, Any]:
    """Find the value of one group: its scores in ascending order, with how many documents and tokens have each."""
    best_first = counted if threshold.keep == "lowest" else counted.take(pa.array(np.arange(counted.num_rows)[::-1]))
    documents, tokens = (np.cumsum(best_first[name].to_numpy()) for name in ("documents", "tokens"))
    goal = threshold.tokens if threshold.tokens is not None else (threshold.share or 0) * float(documents[-1])
    reached = tokens if threshold.tokens is not None else documents
    last = min(int(np.searchsorted(reached, goal)), len(reached) - 1)
    bits = best_first["score"].to_numpy()[last : last + 1]
    # A class of scores stays whole: its lowest score where the highest stay, else the first score above it.
    value = score_of(bits if threshold.keep == "highest" else bits + np.uint32(1))[0]
    return {"value": float(value), "documents": int(documents[last]), "tokens": int(tokens[last])}


def load(path: str) -> pa.Table:
    """Read what `choose` wrote."""
    with open_shard(path) as file:
        return file.read()


def columns(chosen: pa.Table, thresholds: Sequence[Threshold], batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Return the thresholds as columns beside the documents of *batches*; null in a group that has none.

    Args:
        chosen: What `choose` wrote.
        thresholds: What it chose for, in the same order.
        batches: The documents and their signals, with the columns that thresholds group by.
    """
    made: dict[str, pa.Array] = {}
    batch = {name: b[name] for b in batches for name in b.schema.names}
    rows = batches[0].num_rows
    for i, threshold in enumerate(thresholds):
        mine = chosen.filter(pc.equal(chosen["threshold"], i))
        groups = batch[threshold.by].cast(pa.string()) if threshold.by else pa.nulls(rows, pa.string())
        place = pc.index_in(groups, mine["group"].combine_chunks(), skip_nulls=False)
        made[threshold.name] = mine["value"].combine_chunks().take(place)
    return pa.RecordBatch.from_pydict(made)
