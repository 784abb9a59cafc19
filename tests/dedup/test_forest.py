"""Candidate clusters are the components of documents and keys, however the work is cut."""

from __future__ import annotations

import os
import pathlib
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redpyjama.dedup import forest
from redpyjama.dedup.fingerprints import KEYS
from redpyjama.dedup.meetings import SHARDS_PER_GROUP, mixed, partition_of
from redpyjama.dedup.members import ROOTS
from redpyjama.stage import Task
from redpyjama.store.atomic import Output, read_receipt
from redpyjama.store.exchange import read_partition, write_partitions

documents = st.dictionaries(st.integers(0, 2 * SHARDS_PER_GROUP), st.lists(st.lists(st.integers(0, 25), max_size=4), max_size=8), max_size=5)  # fmt: skip


def twin(shards):
    """Return {node: root} of shards {number: [keys of each row]}."""
    of_key, members = {}, {}
    for shard, rows in shards.items():
        for row, keys in enumerate(rows):
            node = shard << 32 | row
            both = {node}.union(*(of_key.get(key, ()) for key in keys), *(members.get(n, ()) for k in keys for n in of_key.get(k, ())))  # fmt: skip
            for key in keys:
                of_key.setdefault(key, set()).add(node)
            members.update(dict.fromkeys(both, both))
    return {node: min(component) for node, component in members.items() if len(component) > 1}


def send(folder, shards, num_partitions):
    """Write what `fingerprints.send` would."""
    paths = []
    for shard, rows in shards.items():
        owners = np.array([row for row, keys in enumerate(rows) for _ in keys], np.int64)
        keys = mixed(np.array([key for keys in rows for key in keys], np.uint64), "a")
        records = pa.RecordBatch.from_arrays([pa.array(keys), pa.array(owners)], schema=KEYS)
        with Output(f"{folder}/sent-{shard}") as output:
            write_partitions(output.create("arrow"), records, partition_of(keys, num_partitions), num_partitions)
            output.commit(rows=len(keys))
        paths.append(f"{folder}/sent-{shard}.arrow")
    return paths


def run(function, folder, name, args):
    done = function(Task(name=name, run=function, args=args, output=f"{folder}/{name}"))
    assert read_receipt(f"{folder}/{name}") == {"files": read_receipt(f"{folder}/{name}")["files"], **done}
    return f"{folder}/{name}.arrow", done


def grow(folder, shards, *, num_partitions=1, fan_in=16, order=None, num_groups=3):
    """Go all the way; return the path of the roots and their receipt."""
    numbers = list(shards)
    paths = send(folder, shards, num_partitions)
    if order:
        places = order.sample(range(len(paths)), len(paths))
        paths, numbers = [paths[i] for i in places], [numbers[i] for i in places]
    files = []
    for p in range(num_partitions):
        args = forest.BucketArgs(sent=tuple(paths), shards=tuple(numbers), partition=p, num_partitions=num_partitions)
        files.append(run(forest.buckets, folder, f"bucket-{p}", args)[0])
    level = 0
    while len(files) > fan_in:
        if order:
            order.shuffle(files)
        cut = [tuple(files[i : i + fan_in]) for i in range(0, len(files), fan_in)]
        files = [
            run(forest.merge, folder, f"merge-{level}-{i}", forest.MergeArgs(edges=part))[0]
            for i, part in enumerate(cut)
        ]
        level += 1
    return run(forest.roots, folder, "roots", forest.RootArgs(edges=tuple(files), num_groups=num_groups))


def told(path, num_groups=3):
    found = {}
    for group in range(num_groups):
        table = read_partition([path], group, ROOTS)
        assert all((node >> 32) // SHARDS_PER_GROUP == group for node in table["node"].to_pylist())
        assert table["node"].to_pylist() == sorted(table["node"].to_pylist())
        found.update(zip(table["node"].to_pylist(), table["root"].to_pylist(), strict=True))
    return found


@given(documents, st.randoms(use_true_random=False))
@settings(max_examples=12)
@example({}, None)
@example({0: [[1], [2], [1, 2]], 127: [[2, 3]], 64: [[3], [4]]}, None)
@example({1: [[5, 5, 5]]}, None)
def test_candidates_are_those_that_keys_link(tmp_path_factory, shards, random):
    expected = twin(shards)
    results = set()
    for num_partitions, fan_in in ((1, 16), (5, 2), (9, 3)):
        folder = tmp_path_factory.mktemp("forest")
        path, receipt = grow(folder, shards, num_partitions=num_partitions, fan_in=fan_in, order=random)
        assert told(path) == expected
        sizes = np.unique(list(expected.values()), return_counts=True)[1]
        assert receipt == {"rows": len(expected), "clusters": len(sizes), "largest": max(sizes, default=0)}
        results.add(pathlib.Path(path).read_bytes())
    assert len(results) == 1


def test_edges_of_a_forest_are_stars_in_order_of_their_nodes(tmp_path):
    shards = {1: [[1, 2], [2, 3], [4]], 0: [[9], [3], [4, 4]]}
    (path,) = send(tmp_path, {1: shards[1]}, 1)
    args = forest.BucketArgs(sent=(path,), shards=(1,), partition=0, num_partitions=1)
    _, done = run(forest.buckets, tmp_path, "one", args)
    assert done == {"rows": 1, "records": 5, "nodes": 2, "largest": 2}

    args = forest.BucketArgs(sent=tuple(send(tmp_path, shards, 1)), shards=(1, 0), partition=0, num_partitions=1)
    path, done = run(forest.buckets, tmp_path, "two", args)
    with pa.OSFile(path) as file:
        found = pa.ipc.open_file(file).read_all()
    assert found.schema == forest.EDGES
    assert found.to_pylist() == [
        {"smaller": 1, "greater": 1 << 32},
        {"smaller": 1, "greater": 1 << 32 | 1},
        {"smaller": 2, "greater": 1 << 32 | 2},
    ]
    assert done == {"rows": 3, "records": 9, "nodes": 5, "largest": 3}


def test_a_merge_of_merges_is_that_of_all(tmp_path):
    rng = np.random.default_rng(3)
    shards = {n: [rng.integers(0, 900, 2).tolist() for _ in range(100)] for n in range(8)}
    sent = tuple(send(tmp_path, shards, 4))
    files = [run(forest.buckets, tmp_path, f"b{p}", forest.BucketArgs(sent=sent, shards=tuple(shards), partition=p, num_partitions=4))[0] for p in range(4)]  # fmt: skip
    one = run(forest.merge, tmp_path, "one", forest.MergeArgs(edges=tuple(files)))[0]
    halves = [run(forest.merge, tmp_path, n, forest.MergeArgs(edges=tuple(part)))[0] for n, part in (("a", files[:2]), ("b", files[2:]))]  # fmt: skip
    two = run(forest.merge, tmp_path, "two", forest.MergeArgs(edges=tuple(reversed(halves))))[0]

    assert pathlib.Path(one).read_bytes() == pathlib.Path(two).read_bytes()


def test_distinct_nodes_are_found_in_memory_of_their_number(monkeypatch):
    monkeypatch.setattr(forest, "_BATCH_ROWS", 1 << 12)
    rng = np.random.default_rng(1)
    few = [rng.integers(0, 50_000, 4096).astype(np.uint64) for _ in range(500)]
    tracemalloc.start()
    found = forest.distinct(iter(few))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found.tolist() == list(range(50_000))
    assert peak < 40 * len(found)


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_partition_without_records_has_no_edges(tmp_path, size):
    sent = send(tmp_path, {n: [] for n in range(size)}, 1)
    path, done = run(forest.buckets, tmp_path, "b", forest.BucketArgs(sent=tuple(sent), shards=tuple(range(size)), partition=0, num_partitions=1))  # fmt: skip
    assert done == {"rows": 0, "records": 0, "nodes": 0, "largest": 0}
    path, done = run(forest.roots, tmp_path, "r", forest.RootArgs(edges=(path,), num_groups=1))
    assert done == {"rows": 0, "clusters": 0, "largest": 0}
    assert told(path, 1) == {}
    assert os.path.getsize(path) < 2000
