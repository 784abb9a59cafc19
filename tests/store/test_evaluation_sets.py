"""Evaluation sets become items, whatever they are packed in and whatever their fields are called."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd

from redpyjama.errors import InputError
from redpyjama.store import evaluation_sets

ROWS = [{"question": "What is red?", "answer": "A colour"}, {"question": "What is two?", "answer": "A number"}]
TEXTS = ["What is red? A colour", "What is two? A number"]


def lines(rows=ROWS) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def arrow(*, stream: bool) -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_pylist(ROWS)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), sink)
    return sink.getvalue()


def tar(files: dict[str, bytes], mode: str = "w") -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode=mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return sink.getvalue()


FILES = {
    "set.jsonl": lines(),
    "set.jsonl.gz": gzip.compress(lines()),
    "set.jsonl.bz2": bz2.compress(lines()),
    "set.jsonl.xz": lzma.compress(lines()),
    "set.jsonl.zst": zstd.compress(lines()),
    "set.ndjson": lines(),
    "set.json": json.dumps(ROWS).encode(),
    "set.json.gz": gzip.compress(json.dumps({"name": "colours", "examples": ROWS}).encode()),
    "set.csv": b'\xef\xbb\xbfQuestion,Best Answer\nWhat is red?,A colour\n"What is two?",A number\n',
    "set.tsv": b"question\tanswer\nWhat is red?\tA colour\nWhat is two?\tA number\n",
    "set.parquet": parquet(),
    "set.arrow": arrow(stream=True),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_is_read(tmp_path, name) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / name).write_bytes(FILES[name])

    items = list(evaluation_sets.read([str(folder / name)]))

    assert [item.text for item in items] == TEXTS
    assert [item.id for item in items] == ["some/set:1", "some/set:2"]


def test_arrow_files_and_json_lines_under_other_names_are_read(tmp_path) -> None:
    (tmp_path / "a.arrow").write_bytes(arrow(stream=False))
    (tmp_path / "b.json").write_bytes(lines())

    assert [item.text for item in evaluation_sets.read([str(tmp_path)])] == TEXTS * 2


def test_a_folder_is_read_with_its_archives_and_without_what_is_no_data(tmp_path) -> None:
    root = tmp_path / "eval"
    (root / "one" / "deep").mkdir(parents=True)
    (root / "one" / "README.md").write_text("read me")
    (root / "one" / "config.json").write_text('{"num_shots": 0, "files": [{"name": "x"}]}')
    (root / "one" / "test.jsonl").write_bytes(lines(ROWS[:1]))
    (root / "one" / "deep" / "test.jsonl").write_bytes(lines(ROWS[1:]))
    packed = tar({"x/data-00000-of-00001.arrow": arrow(stream=True), "x/info.json": b'{"a": 1}', "x/a.txt": b"x"})
    (root / "two.tar.xz").write_bytes(lzma.compress(packed))
    (root / "two.tgz").write_bytes(gzip.compress(tar({"y.jsonl": lines()})))

    ids = [item.id for item in evaluation_sets.read([str(root)])]

    assert ids == ["eval/one/deep/test:1", "eval/one/test:1", "eval/x:1", "eval/x:2", "eval/y:1", "eval/y:2"]


def test_the_files_of_one_split_are_one_set(tmp_path) -> None:
    for i in range(2):
        (tmp_path / f"test-0000{i}-of-00002.jsonl").write_bytes(b"\n" + lines())

    ids = [item.id for item in evaluation_sets.read([str(tmp_path)])]

    assert ids == [f"{tmp_path.name}/test:{i}" for i in (2, 3, 5, 6)]


def test_two_sets_of_one_name_are_refused(tmp_path) -> None:
    for folder in ("a/x", "b/x"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "test.jsonl").write_bytes(lines())

    with pytest.raises(InputError, match="a second set 'x/test'"):
        list(evaluation_sets.read([str(tmp_path / "a/x"), str(tmp_path / "b/x")]))
    assert len(list(evaluation_sets.read([str(tmp_path)]))) == 4


@pytest.mark.parametrize(
    ("row", "text", "gold"),
    [
        ({"query": "Question: Why?\n", "choices": ["So.", "No."], "gold": 1}, "Why?\n No.", 1),
        ({"question": "Why?", "choices": {"text": ["So.", "No."], "label": ["A", "B"]}, "answerKey": "B"}, "Why? No.", 1),
        ({"question": "Why?", "choices": {"text": ["So.", "No."], "label": ["1", "2"]}, "answerKey": "1"}, "Why? So.", 0),
        ({"question": "Why?", "choices": ["So.", "No."], "answer": 0}, "Why? So.", 0),
        ({"question": "Why?", "options": ["So.", "No."], "answer": "B"}, "Why? No.", 1),
        ({"question": "Why?", "choices": ["So.", "No."], "answer": "No."}, "Why? No.", 1),
        ({"question": "Why?", "choices": ["So.", "No."]}, "Why?", -1),
        ({"ctx": "He runs", "endings": ["away.", "home."], "label": "1", "ctx_a": "He"}, "He runs home.", 1),
        ({"goal": "Open it", "sol1": "Push.", "sol2": "Pull.", "label": 1}, "Open it Pull.", 1),
        ({"sentence": "Sarah won, so _ smiled.", "option1": "Sarah", "option2": "Ann", "answer": "1"}, "Sarah won, so Sarah smiled.", 0),
        ({"context_options": ["A so A", "A so B"], "continuation": "smiled.", "gold": 1}, "A so B smiled.", 1),
        ({"context": "In my palm", "continuation": "signs"}, "In my palm signs", -1),
        ({"context": "Q: 2 + 2?", "chain_of_thought": "2 and 2", "answer": "4"}, "2 + 2? 2 and 2 4", -1),
        ({"context": "It rained.", "question": "What fell?", "answers": {"text": ["rain"], "answer_start": [3]}}, "It rained.\nWhat fell? rain", -1),
        ({"question": "Who?", "answer": {"value": "Ann", "aliases": ["Anne"]}}, "Who? Ann", -1),
        ({"passage": "It rained.", "question": "did it rain", "answer": True}, "It rained.\ndid it rain True", -1),
        ({"prompt": "def f():", "canonical_solution": "    pass", "test": "f()"}, "def f():     pass", -1),
        ({"request_type": "x", "doc": {"query": "Why?", "choices": ["So."], "gold": 0}}, "Why? So.", 0),
    ],
)  # fmt: skip
def test_fields_are_known_by_their_published_names(tmp_path, row, text, gold) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([row]))

    (item,) = evaluation_sets.read([str(tmp_path)])

    assert (item.text, item.gold) == (text, gold)


def test_named_fields_come_first_and_other_rows_are_read_as_before(tmp_path) -> None:
    rows = [{"Stem": "One", "more text": ["two", "three"], "question": "four"}, {"question": "five", "answer": None}]
    (tmp_path / "a.jsonl").write_bytes(lines(rows))

    assert [i.text for i in evaluation_sets.read([str(tmp_path)], ["stem", "more_text"])] == ["One\ntwo\nthree", "five"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", b'{"question": "x"}\n{"question": "y"\n', "cannot be read"),
        ("a.jsonl", b"[1]\n", "line 1 is no JSON object"),
        ("a.jsonl", b"\xff\xfe\n", "cannot be read"),
        ("a.json", b"[1]", "entry 1 is no JSON object"),
        ("a.jsonl.gz", gzip.compress(lines(), mtime=0)[:-9], "cannot be read"),
        ("a.jsonl.zst", b"no zstd", "cannot be read"),
        ("a.parquet", b"no parquet", "cannot be read"),
        ("a.arrow", b"no arrow", "cannot be read"),
        ("a.tar", b"no tar" * 200, "damaged"),
        ("a.jsonl", b'{"stem": "x"}\n', "no field that is known to hold a question; it has stem"),
        ("a.jsonl", b"", "has no items"),
        ("a.txt", b"x", "not known to hold items"),
    ],
)
def test_what_is_no_evaluation_set_is_refused_by_name(tmp_path, name, data, message) -> None:
    path = tmp_path / name
    path.write_bytes(data)

    with pytest.raises(InputError, match=message) as caught:
        list(evaluation_sets.read([str(path)]))
    assert name in str(caught.value)


def test_real_sets_are_read(realdata) -> None:
    items = list(evaluation_sets.read([str(realdata / "eval")]))
    by_set = {}
    for item in items:
        by_set.setdefault(item.set, []).append(item)

    assert len(items) == 57_839
    assert len(by_set) == 78
    assert all(item.text.strip() for item in items)
    with_choices = [item for item in items if item.choices]
    assert len(with_choices) > 30_000
    assert all(0 <= item.gold < len(item.choices) and item.answers for item in with_choices)
    assert all(item.answers for item in items if not item.choices)
