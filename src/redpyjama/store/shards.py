"""Shards: Parquet files of documents, and of what is known about the same documents, row for row.

A sidecar has as many rows as the documents that it describes, in the same order and in the same row groups, and proves
it with its first column, ``document_id``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from redpyjama import limits
from redpyjama.errors import CorpusError
from redpyjama.store.atomic import Output

DOCUMENT_ID = "document_id"
"""First column of every sidecar."""

_IDS = ("id", DOCUMENT_ID)
_COMPRESSION_LEVEL = 3
_LONG = ("text", "meta")
_UNIQUE = (*_LONG, *_IDS, "title", "url", "content_hash", "final_hash", "attribution", "duplicate_of", "locator.record")
"""Columns whose values hardly ever come twice: a dictionary of them only grows until the writer gives it up."""
_REBUILD = "delete its receipt (the .json beside it) and run the build again"


class ShardWriter:
    """Writes one Parquet file of a task's output; the same batches always give the same bytes.

    Args:
        output: The task's files.
        suffix: Which of them: "parquet", "skipped.parquet".
        schema: Of every batch.
        group_by: Text column by whose bytes row groups are cut, however the batches come; None makes each batch one
            row group, which is what a sidecar of batches from `read_batches` needs.
    """

    def __init__(self, output: Output, suffix: str, schema: pa.Schema, *, group_by: str | None = None) -> None:
        self.rows = 0
        self._schema = schema
        self._grouping = _Grouping(schema.get_field_index(group_by)) if group_by else None
        file = output.create(suffix, self._close)
        self._writer = pq.ParquetWriter(pa.PythonFile(file, mode="w"), schema, **_options(schema))

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        self.rows += batch.num_rows
        for group in self._grouping.add(batch) if self._grouping else [batch]:
            self._write_group(group)

    def _close(self) -> None:
        if self._grouping and (last := self._grouping.rest()) is not None:
            self._write_group(last)
        self._writer.close()

    def _write_group(self, group: pa.RecordBatch) -> None:
        if group.num_rows:
            table = pa.Table.from_batches([group.cast(self._schema) if group.schema != self._schema else group])
            self._writer.write_table(table, row_group_size=group.num_rows)


class _Grouping:
    """Cuts a stream of batches into row groups by the bytes of one column, whatever the sizes of the batches."""

    def __init__(self, column: int) -> None:
        self._column = column
        self._pending: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        lengths = pc.call_function("binary_length", [batch.column(self._column)]).fill_null(0).to_pylist()
        start = 0
        for row, length in enumerate(lengths):
            if self._rows and (self._rows >= limits.ROW_GROUP_ROWS or self._bytes + length > limits.ROW_GROUP_BYTES):
                self._pending.append(batch.slice(start, row - start))
                start = row
                if (group := self.rest()) is not None:
                    yield group
            self._rows += 1
            self._bytes += length
        if start < batch.num_rows:
            self._pending.append(batch.slice(start))

    def rest(self) -> pa.RecordBatch | None:
        batches = [batch for batch in self._pending if batch.num_rows]
        self._pending, self._rows, self._bytes = [], 0, 0
        return pa.concat_batches(batches) if batches else None


def _options(schema: pa.Schema) -> dict[str, Any]:
    leaves = [leaf for field in schema for leaf in _leaves(field.name, field.type)]
    return {
        "compression": "zstd",
        "compression_level": _COMPRESSION_LEVEL,
        "use_dictionary": [path for path, repeats in leaves if repeats],
        # Of a text column, the smallest and largest text: no query gains, and the footer grows.
        "write_statistics": [path for path, _ in leaves if path not in _LONG],
    }


def _leaves(path: str, type_: pa.DataType) -> Iterator[tuple[str, bool]]:
    """Yield the Parquet paths of the leaves of a column, and whether the same values come again and again in each."""
    if pa.types.is_list(type_):
        yield from _leaves(f"{path}.list.element", type_.value_type)
    elif pa.types.is_struct(type_):
        for field in type_:
            yield from _leaves(f"{path}.{field.name}", field.type)
    else:
        yield path, pa.types.is_string(type_) and path not in _UNIQUE


def write_shard(output: Output, suffix: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write a whole file, one row group a batch; return its rows."""
    writer = ShardWriter(output, suffix, schema)
    for batch in batches:
        writer.write(batch)
    return writer.rows


def read_batches(
    documents: str, *sidecars: str, columns: Collection[str] | None = None
) -> Iterator[tuple[pa.RecordBatch, ...]]:
    """Read a shard of documents and sidecars of it side by side, one row group at a time.

    Args:
        documents: Path of the documents' Parquet file (or of a first sidecar: any file with an id column).
        sidecars: Paths of files with the same rows.
        columns: Names wanted, of whichever file; None means all. The id columns always come along.

    Yields:
        One batch for each file, as many rows each, in the order of the arguments.

    Raises:
        CorpusError: A file is missing, damaged, or does not have the same rows; names the file and the row.
    """
    paths = (documents, *sidecars)
    with ExitStack() as stack:
        files = [stack.enter_context(open_shard(path)) for path in paths]
        wanted = [_wanted(file, columns) for file in files]
        for path, file in zip(paths[1:], files[1:], strict=True):
            _check_groups(path, file, documents, files[0])
        row = 0
        for group in range(files[0].num_row_groups):
            batches = tuple(
                _read_group(path, file, group, names) for path, file, names in zip(paths, files, wanted, strict=True)
            )
            for path, batch in zip(sidecars, batches[1:], strict=True):
                _check_ids(path, batch, documents, batches[0], row)
            yield batches
            row += batches[0].num_rows


def read_columns(path: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Read some columns of a Parquet file, one row group at a time; raises what `read_batches` does."""
    with open_shard(path) as file:
        for group in range(file.num_row_groups):
            yield _read_group(path, file, group, list(columns))


def read_rows(path: str, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
    """Read some rows of a Parquet file, given in ascending order; of the others, only those of their row groups.

    Raises:
        CorpusError: The file is missing, damaged, or has no such row.
    """
    batches: list[pa.RecordBatch] = []
    with open_shard(path) as file:
        ends = np.cumsum([file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)], dtype=np.int64)
        if rows and rows[-1] >= (num_rows := file.metadata.num_rows):
            raise CorpusError(path, f"has {num_rows} rows, but row {rows[-1]} is asked for", _REBUILD)
        for group, wanted in groupby(rows, lambda row: int(np.searchsorted(ends, row, side="right"))):
            batch = _read_group(path, file, group, list(columns))
            first = int(ends[group]) - batch.num_rows
            batches.append(batch.take(pa.array([row - first for row in wanted], pa.int64())))
        schema = pa.schema([file.schema_arrow.field(name) for name in columns])
    return pa.Table.from_batches(batches, schema=schema)


def open_shard(path: str) -> pq.ParquetFile:
    """Open a Parquet file.

    Raises:
        CorpusError: It is missing or damaged.
    """
    try:
        # Pages carry no checksums; the receipt has that of the file. Reading ahead would hold the whole file.
        return pq.ParquetFile(path, pre_buffer=False)
    except FileNotFoundError as error:
        raise CorpusError(path, "is missing", "run the build again: it makes what is missing") from error
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(path, f"is damaged ({_first_line(error)})", _REBUILD) from error


def _wanted(file: pq.ParquetFile, columns: Collection[str] | None) -> list[str]:
    names = file.schema_arrow.names
    return names if columns is None else [name for name in names if name in columns or name in _IDS]


def _read_group(path: str, file: pq.ParquetFile, group: int, names: list[str]) -> pa.RecordBatch:
    try:
        table = file.read_row_group(group, columns=names, use_threads=False)
        return table.combine_chunks().to_batches()[0]
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(path, f"is damaged in row group {group} ({_first_line(error)})", _REBUILD) from error


def _check_groups(path: str, file: pq.ParquetFile, documents: str, of: pq.ParquetFile) -> None:
    rows, expected = file.metadata.num_rows, of.metadata.num_rows
    if rows != expected:
        raise CorpusError(path, f"has {rows} rows where {documents} has {expected}", _REBUILD)
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    if sizes != [of.metadata.row_group(i).num_rows for i in range(of.num_row_groups)]:
        raise CorpusError(path, f"has other row groups than {documents}", _REBUILD)


def _check_ids(path: str, batch: pa.RecordBatch, documents: str, of: pa.RecordBatch, row: int) -> None:
    ids, expected = batch.column(_id_column(path, batch)), of.column(_id_column(documents, of))
    if not ids.equals(expected):
        pairs = zip(ids.to_pylist(), expected.to_pylist(), strict=True)
        at, found, wanted = next((i, a, b) for i, (a, b) in enumerate(pairs) if a != b)
        raise CorpusError(path, f"row {row + at} is of document {found}, not of {wanted} as in {documents}", _REBUILD)


def _id_column(path: str, batch: pa.RecordBatch) -> str:
    for name in _IDS:
        if name in batch.schema.names:
            return name
    raise CorpusError(path, f"has neither a column {_IDS[0]!r} nor {_IDS[1]!r}", _REBUILD)


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0]
