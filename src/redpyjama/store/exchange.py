"""Files between the two halves of an exchange: one a map task, holding one record batch for each partition.

A reader of partition p opens every map task's file and reads batch p alone: as many files as map tasks, not as many as
map tasks times partitions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa


def write_partitions(file: Any, batch: pa.RecordBatch, partition: Any, num_partitions: int) -> None:
    """Write the rows of *batch*, each to its partition, keeping their order within it.

    Args:
        file: Where to.
        batch: N rows.
        partition: N whole numbers in [0, num_partitions).
        num_partitions: How many batches the file gets.
    """
    order = np.argsort(partition, kind="stable")
    bounds = np.searchsorted(partition[order], np.arange(num_partitions + 1))
    rows = batch.take(pa.array(order))
    with pa.ipc.new_file(pa.PythonFile(file, mode="w"), batch.schema) as writer:
        for start, stop in itertools.pairwise(bounds):
            writer.write_batch(rows.slice(start, stop - start))


def read_partition(paths: Iterable[str], partition: int, schema: pa.Schema) -> pa.Table:
    """Return the rows that the files hold for one partition, in the order of the files."""
    batches: list[pa.RecordBatch] = []
    for path in paths:
        with pa.memory_map(path) as file:
            batches.append(pa.ipc.open_file(file).get_batch(partition))
    return pa.Table.from_batches(batches, schema=schema)


def num_partitions_of(path: str) -> int:
    """Return how many partitions a file was written for."""
    with pa.memory_map(path) as file:
        return pa.ipc.open_file(file).num_record_batches


def num_partitions(sizes: Sequence[int], bytes_each: int) -> int:
    """Return how many partitions keep one at about *bytes_each* when the inputs have these sizes; 1 to 4,096."""
    return max(1, min(4096, -(-sum(sizes) // bytes_each)))
