"""Shards and their sidecars."""

from __future__ import annotations

import itertools
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama import limits
from redpyjama.document import SCHEMA, SPANS, Document, to_batch
from redpyjama.errors import CorpusError
from redpyjama.store.atomic import Output
from redpyjama.store.shards import DOCUMENT_ID, ShardWriter, read_batches, read_columns, read_rows

SIDECAR = pa.schema([pa.field(DOCUMENT_ID, pa.string()), pa.field("num_words", pa.int32()), pa.field("spans", SPANS)])


def documents(count: int, text: str = "word ") -> pa.RecordBatch:
    rows = [Document(text=f"{text}{i}", record=f"r{i}", meta={"source": "c4"}) for i in range(count)]
    return to_batch("c4", "c4.json.gz", rows)


def sidecar(batch: pa.RecordBatch) -> pa.RecordBatch:
    spans = [[{"start": 0, "end": 1, "rule": "r", "replacement": ""}]] * batch.num_rows
    columns = [batch.column(0), pa.array(range(batch.num_rows), pa.int32()), pa.array(spans, SPANS)]
    return pa.RecordBatch.from_arrays(columns, schema=SIDECAR)


def write(stem: pathlib.Path, schema: pa.Schema, batches: list[pa.RecordBatch], group_by: str | None = None) -> str:
    with Output(str(stem)) as output:
        writer = ShardWriter(output, "parquet", schema, group_by=group_by)
        for batch in batches:
            writer.write(batch)
        output.commit(rows=writer.rows)
    return f"{stem}.parquet"


def groups(path: str) -> list[int]:
    metadata = pq.ParquetFile(path).metadata
    return [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=6))
def test_row_groups_do_not_depend_on_how_the_batches_came(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("shards")
    batch = documents(100)
    edges = [0, *sorted(min(c, 100) for c in cuts), 100]
    pieces = [batch.slice(a, b - a) for a, b in itertools.pairwise(edges)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "ROW_GROUP_BYTES", 70)
        whole = write(folder / "whole", SCHEMA, [batch], "text")
        cut = write(folder / "cut", SCHEMA, pieces, "text")

    assert pathlib.Path(whole).read_bytes() == pathlib.Path(cut).read_bytes()
    assert groups(whole)[0] == 11  # ten times "word N" has 60 bytes, the eleventh, "word 10", 7
    assert sum(groups(whole)) == 100


def test_row_groups_are_cut_by_rows_too(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ROW_GROUP_ROWS", 3)

    assert groups(write(tmp_path / "part", SCHEMA, [documents(7)], "text")) == [3, 3, 1]


def test_one_huge_document_is_a_row_group_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ROW_GROUP_BYTES", 10)
    texts = ["a", "b" * 100, "c"]
    batch = to_batch("c4", "d", [Document(text=t, record=t[0]) for t in texts])

    assert groups(write(tmp_path / "part", SCHEMA, [batch], "text")) == [1, 1, 1]


def test_what_is_written_is_what_is_read(tmp_path):
    batch = documents(5)
    path = write(tmp_path / "part", SCHEMA, [batch], "text")

    assert [b for (b,) in read_batches(path)] == [batch]


def test_a_shard_without_documents_can_be_written_and_read(tmp_path):
    path = write(tmp_path / "part", SCHEMA, [], "text")

    assert list(read_batches(path)) == []
    assert pq.read_table(path).schema == SCHEMA


def test_documents_and_sidecars_come_side_by_side(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ROW_GROUP_ROWS", 4)
    shard = write(tmp_path / "documents", SCHEMA, [documents(10)], "text")
    side = write(tmp_path / "sidecar", SIDECAR, [sidecar(b) for (b,) in read_batches(shard)])

    batches = list(read_batches(shard, side, columns=("text", "num_words")))

    assert [d.num_rows for d, _ in batches] == [4, 4, 2]
    assert [s.column("num_words").to_pylist() for _, s in batches] == [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1]]
    assert batches[0][0].schema.names == ["id", "text"]
    assert batches[0][1].schema.names == ["document_id", "num_words"]


def test_a_sidecar_of_other_documents_is_refused_with_the_row(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ROW_GROUP_ROWS", 4)
    batch = documents(10)
    shard = write(tmp_path / "documents", SCHEMA, [batch], "text")
    order = pa.array([0, 1, 2, 3, 4, 6, 5, 7, 8, 9])
    swapped = sidecar(batch.take(order))
    side = write(tmp_path / "sidecar", SIDECAR, [swapped.slice(0, 4), swapped.slice(4, 4), swapped.slice(8)])

    with pytest.raises(CorpusError, match=rf"sidecar.parquet: row 5 is of document .*, not of .* as in {shard}"):
        list(read_batches(shard, side))


def test_a_sidecar_with_fewer_rows_is_refused(tmp_path):
    shard = write(tmp_path / "documents", SCHEMA, [documents(10)], "text")
    side = write(tmp_path / "sidecar", SIDECAR, [sidecar(documents(9))])

    with pytest.raises(CorpusError, match=r"sidecar.parquet: has 9 rows where .* has 10; delete its receipt"):
        list(read_batches(shard, side))


def test_a_sidecar_with_other_row_groups_is_refused(tmp_path):
    batch = documents(10)
    shard = write(tmp_path / "documents", SCHEMA, [batch], "text")
    side = write(tmp_path / "sidecar", SIDECAR, [sidecar(batch).slice(0, 5), sidecar(batch).slice(5)])

    with pytest.raises(CorpusError, match="has other row groups than"):
        list(read_batches(shard, side))


def test_missing_and_damaged_files_are_named(tmp_path):
    shard = pathlib.Path(write(tmp_path / "documents", SCHEMA, [documents(1000)], "text"))
    with pytest.raises(CorpusError, match=r"nothing.parquet: is missing"):
        list(read_batches(str(shard), str(tmp_path / "nothing.parquet")))
    data = shard.read_bytes()
    for damaged in (b"", data[: len(data) // 2], data[:4] + bytes(300) + data[304:]):
        shard.write_bytes(damaged)
        with pytest.raises(CorpusError, match=r"documents.parquet: is damaged"):
            list(read_batches(str(shard)))


@pytest.mark.parametrize("wanted", [[], [0], [2, 3], [0, 4, 5, 6], [6, 6]])
def test_single_rows_are_read_from_their_row_groups(tmp_path, wanted):
    path = str(tmp_path / "x.parquet")
    pq.write_table(pa.table({"a": range(7), "b": [str(i) for i in range(7)]}), path, row_group_size=3)

    found = read_rows(path, wanted, ["b"])

    assert found.to_pydict() == {"b": [str(row) for row in wanted]}


def test_a_row_beyond_the_end_is_an_error(tmp_path):
    path = str(tmp_path / "x.parquet")
    pq.write_table(pa.table({"a": [1, 2]}), path)

    with pytest.raises(CorpusError, match="has 2 rows, but row 2 is asked for"):
        read_rows(path, [0, 2], ["a"])
    assert [batch.to_pydict() for batch in read_columns(path, ["a"])] == [{"a": [1, 2]}]
