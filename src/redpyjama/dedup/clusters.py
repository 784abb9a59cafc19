"""Last step of de-duplication: candidates are compared, copies become clusters, one member of each stays.

Two members that share a key of a method are candidates. Where the method verifies, they are copies if their sketches
are alike; two that have the same sketch, or none at all, always are. Where it does not, a shared key is proof. Copies
of copies are in one cluster, whether or not they are alike themselves.

What this can miss: within a bucket (the members with one key of a verified method) a member is compared to at most
`MAX_REPRESENTATIVES` others (64, see `redpyjama.kernels.similar`). A bucket with one different sketch more than that is
compared in full. In a greater one, a member is compared to those representatives: the first of the bucket in keep
order; later, the one of each cluster that was matched last; and to the last members with one of its eight smallest
hashes. It is missed where all that it is like have gone from the list, and others have come since with each of the
hashes that they share: where many small clusters of pages share boilerplate. The receipt says how many buckets had more
sketches than representatives ("crowded").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from redpyjama.dedup.fingerprints import Use
from redpyjama.dedup.meetings import SHARDS_PER_GROUP
from redpyjama.dedup.members import schema
from redpyjama.document import CLUSTERS, DUPLICATES
from redpyjama.stage import Task
from redpyjama.store.atomic import Output
from redpyjama.store.exchange import read_partition, write_partitions
from redpyjama.store.shards import ShardWriter

_LOSES = "loses"
_ROW_GROUP = 1 << 16

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseArgs:
    """What a partition of members needs.

    Attributes:
        members: Files of `redpyjama.dedup.members.send`, one a shard.
        partition: Which of the partitions.
        methods: All methods of the recipe, in its order; scopes are of no concern here.
        num_preferences: How many columns tell which member stays.
        num_groups: How many groups of shards there are.
        num_shards: Of this build; what comes behind is of earlier corpora, and stays.
    """

    members: tuple[str, ...]
    partition: int
    methods: tuple[Use, ...]
    num_preferences: int
    num_groups: int
    num_shards: int


def choose(task: Task) -> dict[str, Any]:
    """Cluster the members of one partition; see `redpyjama.stage.Task.run`.

    Writes ".arrow", `DUPLICATES` by group of shards, and ".parquet", `CLUSTERS`. Memory is about 400 bytes a member,
    its sketches of one method at a time, and what is mapped of the files.
    """
    from redpyjama.kernels.similar import COMPARISONS, COUNTS, CROWDED, IDENTICAL
    from redpyjama.kernels.union_find import settle

    args: ChooseArgs = task.args
    members = read_partition(args.members, args.partition, schema(_names(args.methods), args.num_preferences))
    order = keep_order(members, args.num_preferences)
    parents, joined = np.arange(len(order)), np.full(len(order), -1, np.int8)
    counts = np.zeros(COUNTS, np.int64)
    for number, use in enumerate(args.methods):
        _join(members, order, use, number, parents, joined, counts)
    largest = settle(parents) if (joined >= 0).any() else 0
    clustered = np.flatnonzero(joined >= 0)
    table = _clusters(members, order, clustered, parents, joined, args.methods)
    table, losers = _of_this_build(table, args)
    with Output(task.output) as output:
        losers = _losers(losers, args.methods)
        groups = losers["shard"].to_numpy() // SHARDS_PER_GROUP
        write_partitions(output.create("arrow"), losers, groups, args.num_groups)
        writer = ShardWriter(output, "parquet", CLUSTERS)
        for begin in range(0, table.num_rows, _ROW_GROUP):
            writer.write(table.slice(begin, _ROW_GROUP))
        return output.commit(
            rows=table.num_rows,
            losers=losers.num_rows,
            members=len(order),
            clusters=pc.count_distinct(table["kept_id"]).as_py(),
            largest=largest,
            comparisons=int(counts[COMPARISONS]),
            identical=int(counts[IDENTICAL]),
            crowded=int(counts[CROWDED]),
        )


def keep_order(members: pa.Table, num_preferences: int) -> _Ints:
    """Return the rows of members, those of the same candidate cluster together, the best to keep first.

    That is: the lowest rank; the greatest of each preference in turn, unknown last; then the smallest hash; of equal
    texts the first in the order of slices, dumps and records.
    """
    keys = [("root", "ascending"), ("rank", "ascending")]
    keys += [(f"prefer_{i}", "descending") for i in range(num_preferences)]
    keys += [(name, "ascending") for name in ("hash", "node")]
    table = members.select([name for name, _ in keys]).combine_chunks()  # null comes last in either direction
    return pc.sort_indices(table, sort_keys=keys).to_numpy().astype(np.int64)


def _names(methods: Sequence[Use]) -> list[str]:
    return [use.method.name for use in methods]


def _verifies(use: Use) -> bool:
    return use.verify and bool(use.method.compare)


def _join(
    members: pa.Table, order: _Ints, use: Use, number: int, parents: _Ints, joined: NDArray[np.int8], counts: _Ints
) -> None:
    """Join what one method finds alike."""
    from redpyjama.kernels import similar
    from redpyjama.kernels.union_find import sort_by_key

    keys, starts, sizes = _lists(members[f"{use.method.name}_keys"], order)
    records = np.empty((int(sizes.sum()), 2), np.uint64)
    similar.fill_records(keys, starts, sizes, records)
    del keys
    spare = np.empty_like(records)
    if sort_by_key(records, spare):
        records = spare
    del spare
    if not _verifies(use):
        similar.join_all(records, parents, joined, number)
        return
    sketches = _lists(members[f"{use.method.name}_sketch"], order)
    digests = np.empty(len(order), np.uint64)
    similar.digest(*sketches, digests)
    assert use.method.limit  # a method that compares has one
    limit = float(use.method.limit(use.params))
    hamming = use.method.compare == "hamming"
    similar.join_similar(records, *sketches, digests, hamming, limit, number, parents, joined, counts)


def _lists(column: pa.ChunkedArray, order: _Ints) -> tuple[NDArray[np.uint64], _Ints, _Ints]:
    """Return the values of all lists, and where those of each row are, rows in another order: first value, number."""
    values, starts, sizes = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    total = 0
    for chunk in column.chunks:
        offsets = chunk.offsets.to_numpy().astype(np.int64)
        values.append(chunk.values.to_numpy()[offsets[0] : offsets[-1]])
        starts.append(total + offsets[:-1] - offsets[0])
        sizes.append(np.diff(offsets))
        total += len(values[-1])
    return np.concatenate(values), np.concatenate(starts)[order], np.concatenate(sizes)[order]


def _clusters(
    members: pa.Table,
    order: _Ints,
    clustered: _Ints,
    parents: _Ints,
    joined: NDArray[np.int8],
    methods: Sequence[Use],
) -> pa.Table:
    """Return the rows of `CLUSTERS`, and which go: members *clustered*, by their places in the keep order."""
    kept = parents[clustered]
    own, best = pa.array(order[clustered]), pa.array(order[kept])
    ids, hashes = members["id"].combine_chunks(), members["hash"].combine_chunks()
    same = pc.equal(hashes.take(own), hashes.take(best)).to_numpy(zero_copy_only=False)
    similarity = _similarities(members, order, clustered, kept, joined, methods)
    similarity[same] = 1
    names = pa.array(_names(methods), pa.string())
    columns = {
        "document_id": ids.take(own),
        "kept_id": ids.take(best),
        "node": members["node"].combine_chunks().take(own),
        "similarity": pa.array(similarity.astype(np.float32), from_pandas=True),
        "method": names.take(pa.array(joined[clustered])),
    }
    table = pa.table([columns[field.name] for field in CLUSTERS], schema=CLUSTERS)
    # Not by id: a document that was released before, from the same dump, has the same.
    table = table.append_column(_LOSES, pa.array(clustered != kept))
    return table.sort_by([(name, "ascending") for name in ("kept_id", "document_id", "node")])


def _of_this_build(table: pa.Table, args: ChooseArgs) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Return the clusters that have a document of this build, and its documents that go: earlier ones stay."""
    new = pa.array((table["node"].to_numpy() >> np.uint64(32)).astype(np.int64) < args.num_shards)
    concerned = pc.is_in(table["kept_id"], value_set=table.filter(new)["kept_id"].combine_chunks())
    losers = table.filter(pc.and_(new, table[_LOSES])).select(CLUSTERS.names)
    return _batch(table.filter(concerned).select(CLUSTERS.names)), _batch(losers)


def _similarities(
    members: pa.Table, order: _Ints, ones: _Ints, others: _Ints, joined: NDArray[np.int8], methods: Sequence[Use]
) -> NDArray[np.float64]:
    """Measure pairs, by the method by which the first was found or else by the first that can; NaN if none can."""
    from redpyjama.kernels import similar

    found = np.full(len(ones), np.nan)
    settled = np.zeros(len(ones), np.bool_)
    for number, use in enumerate(methods):
        if _verifies(use):
            sketches = _lists(members[f"{use.method.name}_sketch"], order)
            measured = np.empty(len(ones))
            similar.similarities(*sketches, use.method.compare == "hamming", ones, others, measured)
            own = (joined[ones] == number) & ~np.isnan(measured)
            found = np.where(own | (np.isnan(found) & ~settled), measured, found)
            settled |= own
    return found


def _losers(table: pa.RecordBatch, methods: Sequence[Use]) -> pa.RecordBatch:
    """Return the rows of `DUPLICATES`, in order of shard and row; the method goes by the name of its rule."""
    losers = table.sort_by("node")
    rules = pa.array([use.method.rule for use in methods], pa.string())
    place = pc.index_in(losers["method"], pa.array(_names(methods), pa.string()))
    node = losers["node"].to_numpy()
    columns = [
        pa.array((node >> np.uint64(32)).astype(np.int32)),
        pa.array((node & np.uint64(0xFFFFFFFF)).astype(np.int64)),
        losers["kept_id"],
        rules.take(place),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=DUPLICATES)


def _batch(table: pa.Table) -> pa.RecordBatch:
    whole = table.combine_chunks()
    return whole.to_batches()[0] if whole.num_rows else pa.RecordBatch.from_pylist([], schema=table.schema)
