"""Second and third step of de-duplication: documents that share a key, and all that they are linked to, are candidates.

A forest is written as stars: one edge for each node that is not the smallest of its component, from the smallest one.
So a forest depends on nothing but its components, and how the work was cut, and in which order, cannot be seen in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from redpyjama.dedup.fingerprints import KEYS
from redpyjama.dedup.meetings import SHARDS_PER_GROUP, partition_of
from redpyjama.dedup.members import ROOTS
from redpyjama.stage import Task
from redpyjama.store.atomic import Output
from redpyjama.store.exchange import num_partitions_of, read_partition

EDGES = pa.schema([pa.field("smaller", pa.uint64(), nullable=False), pa.field("greater", pa.uint64(), nullable=False)])
"""Edges of a forest; a node is shard << 32 | row."""

FAN_IN: Final = 16
"""Files of edges that one task merges: a thousand partitions take three rounds, each of which can be resumed."""

_BATCH_ROWS: Final = 1 << 19
"""Edges that are read or written at a time: 8 MiB."""

_Nodes = NDArray[np.uint64]
_Pairs = Iterable[tuple[_Nodes, _Nodes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketArgs:
    """What a partition of keys needs.

    Attributes:
        sent: Files of `redpyjama.dedup.fingerprints.send`, one a shard.
        shards: Their numbers.
        partition: Which of the partitions.
        num_partitions: How many there are; files of an earlier corpus may have others.
    """

    sent: tuple[str, ...]
    shards: tuple[int, ...]
    partition: int
    num_partitions: int


def buckets(task: Task) -> dict[str, Any]:
    """Link the documents that share a key of one partition; see `redpyjama.stage.Task.run`.

    Memory is 32 bytes a record, then 16, and 28 for each document that shares a key.
    """
    from redpyjama.kernels.union_find import sort_by_key, star_edges  # compiled: a build with nothing to do loads none

    args: BucketArgs = task.args
    records = _records(args)
    spare = np.empty_like(records)
    if sort_by_key(records, spare):
        records = spare
    del spare
    edges = records[: star_edges(records)]

    def linked() -> Iterator[tuple[_Nodes, _Nodes]]:
        for begin in range(0, len(edges), _BATCH_ROWS):
            part = edges[begin : begin + _BATCH_ROWS]
            yield np.ascontiguousarray(part[:, 0]), np.ascontiguousarray(part[:, 1])

    nodes, roots, largest = components(linked)
    return _write_edges(task.output, nodes, roots, records=len(records), largest=largest)


def _records(args: BucketArgs) -> _Nodes:
    """Return pairs of key and node."""
    parts = [_partition(path, args) for path in args.sent]  # mapped, not read
    records = np.empty((sum(part.num_rows for part in parts), 2), np.uint64)
    begin = 0
    for part, shard in zip(parts, args.shards, strict=True):
        end = begin + part.num_rows
        records[begin:end, 0] = part["key"].to_numpy()
        records[begin:end, 1] = part["row"].to_numpy().astype(np.uint64) | np.uint64(shard << 32)
        begin = end
    return records


def _partition(path: str, args: BucketArgs) -> pa.Table:
    """Return the records of one file for a partition: all of its own, or what lies in its range of keys."""
    found = num_partitions_of(path)
    if found == args.num_partitions:
        return read_partition([path], args.partition, KEYS)
    first, last = args.partition * found // args.num_partitions, -(-(args.partition + 1) * found // args.num_partitions)
    parts = [read_partition([path], number, KEYS) for number in range(first, last)]
    whole = pa.concat_tables(parts)
    mine = partition_of(whole["key"].to_numpy(), args.num_partitions) == args.partition
    return whole.filter(pa.array(mine))


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeArgs:
    """What a merge needs: *edges* are files of `buckets` or of other merges, `FAN_IN` at most by custom."""

    edges: tuple[str, ...]


def merge(task: Task) -> dict[str, Any]:
    """Make one forest of several; see `redpyjama.stage.Task.run`.

    The files are read batch after batch, twice: memory is 28 bytes for each node that occurs, and 30 MB.
    """
    args: MergeArgs = task.args
    nodes, roots, largest = components(lambda: _read_edges(args.edges))
    return _write_edges(task.output, nodes, roots, largest=largest)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootArgs:
    """What the last merge needs: files of all edges, and how many groups of shards there are."""

    edges: tuple[str, ...]
    num_groups: int


def roots(task: Task) -> dict[str, Any]:
    """Tell each document in a candidate cluster its root, by group of shards; see `redpyjama.stage.Task.run`.

    Memory as of `merge`.
    """
    args: RootArgs = task.args
    nodes, found, largest = components(lambda: _read_edges(args.edges))
    clusters = int(np.count_nonzero(found == np.arange(len(found))))
    ends = np.arange(args.num_groups + 1, dtype=np.uint64) * np.uint64(SHARDS_PER_GROUP << 32)
    bounds = np.searchsorted(nodes, ends)
    with Output(task.output) as output:
        # As `store.exchange.write_partitions` writes, but the nodes lie in order of their groups already.
        with pa.ipc.new_file(pa.PythonFile(output.create("arrow"), mode="w"), ROOTS) as writer:
            for begin, end in itertools.pairwise(bounds):
                columns = [pa.array(nodes[begin:end]), pa.array(nodes[found[begin:end]])]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=ROOTS))
        return output.commit(rows=len(nodes), clusters=clusters, largest=largest)


def components(read: Callable[[], _Pairs]) -> tuple[_Nodes, NDArray[np.int64], int]:
    """Find the components of a graph.

    Args:
        read: Gives the ends of all edges, in parts; is called twice and must give the same edges, in any order.

    Returns:
        All nodes, sorted; for each the place of the smallest node of its component; how many the largest one has.
    """
    from redpyjama.kernels.union_find import settle, unite_all

    nodes = distinct(end for ends in read() for end in ends)
    parents = np.arange(len(nodes))
    for smaller, greater in read():
        unite_all(parents, _places(nodes, smaller), _places(nodes, greater))
    largest = settle(parents)
    return nodes, parents, largest


def _places(nodes: _Nodes, ends: _Nodes) -> NDArray[np.int64]:
    from redpyjama.kernels.union_find import look_up

    order = np.argsort(ends)  # each is looked up from the one before
    found = np.empty(len(ends), np.int64)
    look_up(nodes, ends[order], found)
    places = np.empty_like(found)
    places[order] = found
    return places


def distinct(arrays: Iterable[_Nodes]) -> _Nodes:
    """Return the distinct values of many arrays, sorted; memory is bounded by their number."""
    found = np.zeros(0, np.uint64)
    waiting: list[_Nodes] = []
    size = 0
    for array in arrays:
        waiting.append(array)
        size += len(array)
        if size >= max(_BATCH_ROWS, len(found) // 4):  # each value is moved a bounded number of times, whatever comes
            found = _with(found, waiting)
            waiting, size = [], 0
    return _with(found, waiting)


def _with(found: _Nodes, arrays: Sequence[_Nodes]) -> _Nodes:
    """Return sorted distinct values and those of more arrays."""
    from redpyjama.kernels.union_find import inserted, look_up

    more = np.concatenate([np.zeros(0, np.uint64), *arrays])
    more.sort()  # np.unique hashes, which takes thirty times as long
    more = more[np.flatnonzero(np.concatenate([more[:1] == more[:1], more[1:] != more[:-1]]))]
    places = np.empty(len(more), np.int64)
    look_up(found, more, places)
    fresh = np.ones(len(more), np.bool_)
    inside = places < len(found)
    fresh[inside] = found[places[inside]] != more[inside]
    return inserted(found, more[fresh], places[fresh]) if fresh.any() else found


def _read_edges(paths: Sequence[str]) -> Iterator[tuple[_Nodes, _Nodes]]:
    for path in paths:
        with pa.OSFile(path) as file:  # mapped pages of all files would count as memory
            reader = pa.ipc.open_file(file)
            for i in range(reader.num_record_batches):
                batch = reader.get_batch(i)
                yield batch["smaller"].to_numpy(), batch["greater"].to_numpy()


def _write_edges(stem: str, nodes: _Nodes, found: NDArray[np.int64], **counts: int) -> dict[str, Any]:
    rows = 0
    with Output(stem) as output:
        with pa.ipc.new_file(pa.PythonFile(output.create("arrow"), mode="w"), EDGES) as writer:
            for begin in range(0, len(nodes), _BATCH_ROWS):
                of = found[begin : begin + _BATCH_ROWS]
                greater = np.flatnonzero(of != np.arange(begin, begin + len(of)))
                columns = [pa.array(nodes[of[greater]]), pa.array(nodes[begin + greater])]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=EDGES))
                rows += len(greater)
        return output.commit(rows=rows, nodes=len(nodes), **counts)
