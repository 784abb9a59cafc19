"""Release records."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redpyjama.document import SPANS, Document, to_batch
from redpyjama.release import records


def released(documents: list[Document], keep: list[bool] | None = None, spans: list | None = None) -> pa.RecordBatch:
    batch = to_batch("c4", "d.json.gz", documents)
    ids = batch.column("id")
    spans_column = pa.array(spans or [None] * len(documents), SPANS)
    final = pa.record_batch(
        {"document_id": ids, "spans": spans_column, "final_hash": pa.array(["f"] * len(documents), pa.string())}
    )
    tokens = pa.record_batch({"document_id": ids, "num_tokens": pa.array([7] * len(documents), pa.int32())})
    return records.released(batch, final, tokens, pa.array(keep or [True] * len(documents), pa.bool_()))


def as_json(documents: list[Document], **options: list) -> list[dict]:
    batch = released(documents, **options)
    return [json.loads(line) for line in records.lines(batch, records.metas(batch), "c4").splitlines()]


def test_a_record_has_text_meta_and_slice_and_every_key_of_ours_in_order():
    (record,) = as_json([Document(text="t", record="r", meta={"source": "c4", "timestamp": ""}, url="http://a.de/")])

    assert list(record) == ["text", "meta", "red_pajama_subset"]
    assert list(record["meta"]) == ["source", "timestamp", *records.OURS]
    assert record["meta"]["locator"] == {"dump": "d.json.gz", "offset": -1, "record": "r"}
    assert record["meta"]["domain"] == "a.de"
    assert record["meta"]["num_tokens"] == 7
    assert record["red_pajama_subset"] == "c4"


def test_a_key_of_the_source_is_kept_under_another_name_if_it_says_something_else():
    meta = {"id": "blob", "url": "http://a.de/", "title": None, "language": [{"name": "C"}], "licence": "MIT"}
    (record,) = as_json([Document(text="t", record="r", meta=meta, url="http://a.de/", title="T", licence="ISC")])

    found = record["meta"]
    assert found["source_id"] == "blob"
    assert found["id"] != "blob"
    assert (found["title"], found["language"]) == ("T", [{"name": "C"}])
    assert (found["licence"], found["source_licence"]) == ("ISC", "MIT")
    assert not {"source_url", "source_title", "source_language"} & set(found)
    assert list(found) == ["source_id", "source_licence", *records.OURS]


def test_only_kept_documents_with_their_final_text_and_hash_are_released():
    cut = [{"start": 0, "end": 2, "rule": "r", "replacement": "X"}]
    documents = [Document(text=text, record=text) for text in ("one", "two", "three")]

    found = as_json(documents, keep=[True, False, True], spans=[cut, None, None])

    assert [r["text"] for r in found] == ["Xe", "three"]
    assert [r["meta"]["content_hash"] for r in found] == ["f", "f"]


@given(st.text(min_size=1), st.dictionaries(st.text(), st.integers() | st.text() | st.none(), max_size=4))
def test_any_text_and_any_meta_come_back(text, meta):
    batch = released([Document(text=text, record="r", meta=meta)])
    line = records.lines(batch, records.metas(batch), "c4")

    assert line.count(b"\n") == 1
    record = json.loads(line)
    assert record["text"] == text
    for key, value in meta.items():
        if key not in records.OURS and f"source_{key}" not in meta:
            assert record["meta"][key] == value


@pytest.mark.parametrize("count", [0, 3])
def test_the_parquet_form_holds_the_same(count):
    documents = [Document(text=f"t{i}", record=f"r{i}", meta={"source": "c4"}) for i in range(count)]
    batch = released(documents)
    metas = records.metas(batch)
    table = records.table(batch, metas, "c4")

    table.validate(full=True)
    lines = records.lines(batch, metas, "c4").splitlines()
    assert table.schema == records.TABLE
    for row, line in zip(table.to_pylist(), lines, strict=True):
        record = json.loads(line)
        assert row["text"] == record["text"]
        assert json.loads(row["meta"]) == record["meta"]
        assert {name: row[name] for name in records.OURS} == {name: record["meta"][name] for name in records.OURS}
