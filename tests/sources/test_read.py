from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from redpyjama import limits
from redpyjama.document import SCHEMA, Document
from redpyjama.errors import InputError
from redpyjama.sources.read import ReadArgs, read
from redpyjama.stage import Dump, Part, Quarantined, Skipped, Source, Task
from redpyjama.store.atomic import read_receipt

RECORDS: list[Document | Skipped | Quarantined] = []


def yield_records(part, options):
    yield from RECORDS


def yield_then_fail(part, options):
    yield from RECORDS
    raise InputError(part.dump.name, "compressed data is damaged after 7 plain bytes")


def run(folder, records, *, source_read=yield_records, fraction=1.0):
    RECORDS[:] = records
    source = Source(
        slice="c4", version=1, options=dict, dumps=lambda *_: [], parts=lambda *_: [], read=source_read, skips={}
    )
    part = Part(dump=Dump(path="/nowhere/d", name="d", num_bytes=0), fraction=fraction)
    args = ReadArgs(source=source, options=None, part=part)
    counts = read(Task(name="t", run=read, args=args, output=str(folder / "part")))
    quarantine = [json.loads(line) for line in (folder / "part.quarantine.jsonl").read_text().splitlines()]
    skipped = pq.read_table(folder / "part.skipped.parquet").to_pylist()
    return counts, pq.read_table(folder / "part.parquet"), skipped, quarantine


def document(i, text="some text"):
    return Document(text=text, record=f"r{i}", offset=i, url=f"https://www.example.co.uk/{i}", meta={"n": i})


def test_everything_that_a_source_yields_is_accounted_for(tmp_path):
    records = [document(0), Skipped("redirect", "r1", 1), Quarantined("bad", "r2", 2), document(3), document(4, " \n")]

    counts, table, skipped, quarantine = run(tmp_path, records)

    assert table.schema.equals(SCHEMA)
    assert table["locator"].to_pylist() == [{"dump": "d", "offset": i, "record": f"r{i}"} for i in (0, 3)]
    assert table["domain"].to_pylist() == ["example.co.uk"] * 2
    assert skipped == [
        {"rule": "redirect", "record": "r1", "offset": 1},
        {"rule": "empty", "record": "r4", "offset": 4},
    ]
    assert quarantine == [{"file": "d", "offset": 2, "record": "r2", "reason": "bad"}]
    assert counts == {
        "rows": 2,
        "read": 5,
        "skipped_by": {"empty": 1, "redirect": 1},
        "quarantined": 1,
        "bytes_read": 18,
        "encoding_repairs": 0,
    }
    assert read_receipt(str(tmp_path / "part"))["read"] == 5


def test_a_dump_that_breaks_keeps_what_came_before(tmp_path):
    counts, table, _, quarantine = run(tmp_path, [document(0)], source_read=yield_then_fail)

    assert table.num_rows == 1
    assert [q["reason"] for q in quarantine] == ["d: compressed data is damaged after 7 plain bytes"]
    assert counts["read"] == 2


def test_lone_surrogates_are_repaired_and_counted(tmp_path):
    bad = Document(text="a\ud800b", record="r\udc00", title="\ud801", meta={"x": ["\udfff"]})

    counts, table, _, _ = run(tmp_path, [bad])

    row = table.to_pylist()[0]
    assert (row["text"], row["title"], row["locator"]["record"]) == ("a\ufffdb", "\ufffd", "r\ufffd")
    assert json.loads(row["meta"]) == {"x": ["\ufffd"]}
    assert counts["encoding_repairs"] == 1


def test_a_text_beyond_the_limit_is_quarantined(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_TEXT_BYTES", 400)

    counts, _, _, quarantine = run(tmp_path, [document(0, "x" * 100), document(1, "x" * 101)])

    assert counts["rows"] == 1
    assert "MAX_TEXT_BYTES" in quarantine[0]["reason"]


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5])
def test_a_trial_reads_its_share_and_a_larger_one_reads_more_of_the_same(tmp_path, fraction):
    records = [document(i) for i in range(2000)]

    counts, table, _, _ = run(tmp_path / "small", records, fraction=fraction)
    _, larger, _, _ = run(tmp_path / "large", records, fraction=fraction + 0.2)

    assert abs(counts["read"] - 2000 * fraction) < 100
    assert set(table["id"].to_pylist()) <= set(larger["id"].to_pylist())


def test_row_groups_are_cut_by_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ROW_GROUP_BYTES", 1000)

    run(tmp_path, [document(i, "x" * 100) for i in range(35)])

    file = pq.ParquetFile(tmp_path / "part.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [10, 10, 10, 5]


def test_the_same_records_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        run(tmp_path / name, [document(i) for i in range(50)])

    assert (tmp_path / "a" / "part.json").read_bytes() == (tmp_path / "b" / "part.json").read_bytes()
