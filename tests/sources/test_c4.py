"""The c4 source: every byte of a dump is a document, skipped or quarantined, whatever the parts."""

from __future__ import annotations

import gzip
import itertools
import json
import pathlib

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from redpyjama import limits
from redpyjama.document import Document, to_batch
from redpyjama.errors import InputError
from redpyjama.sources import base, lines
from redpyjama.sources.c4 import SOURCE, C4Options
from redpyjama.stage import Dump, Part, Quarantined, Skipped

DEFAULT = C4Options()


def read(path: pathlib.Path | str, options: C4Options = DEFAULT) -> list[Document | Skipped | Quarantined]:
    (dump,) = SOURCE.dumps([str(path)], options)
    return [item for part in SOURCE.parts(dump, options) for item in SOURCE.read(part, options)]


def write(folder: pathlib.Path, data: bytes, name: str = "c4-train.00000-of-01024.json") -> pathlib.Path:
    path = folder / name
    path.write_bytes(data)
    return path


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


GOOD = line(text="One.\nTwo.", timestamp="2019-04-25T12:57:54Z", url="https://www.example.co.uk/a")


def test_a_released_record_becomes_a_document_with_redpajamas_meta(tmp_path: pathlib.Path) -> None:
    (document,) = read(write(tmp_path, GOOD))

    assert document == Document(
        text="One.\nTwo.",
        record="https://www.example.co.uk/a",
        offset=0,
        url="https://www.example.co.uk/a",
        language="en",
        created="2019-04-25T12:57:54Z",
        meta={
            "timestamp": "2019-04-25T12:57:54Z",
            "url": "https://www.example.co.uk/a",
            "language": "en",
            "source": "c4",
        },
    )
    assert to_batch("c4", "d", [document])["domain"].to_pylist() == ["example.co.uk"]


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_compression_is_recognised_by_content(tmp_path: pathlib.Path, pack) -> None:
    assert len(read(write(tmp_path, pack(GOOD * 3)))) == 3


def test_offsets_count_uncompressed_bytes(tmp_path: pathlib.Path) -> None:
    data = GOOD + b"\n  \n" + GOOD
    items = read(write(tmp_path, gzip.compress(data)))

    assert [item.offset for item in items] == [0, data.rindex(GOOD)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"{oops}\n", "is not JSON"),
        (b"[1]\n", "is JSON, but a list"),
        (b'{"prefix":"a","gold_completion":"b"}\n', "has no text: text not among its string fields (prefix, gold_"),
        (b'{"text":7}\n', "has no text"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b'{"text":' + b"9" * 5000 + b"}\n", "is not JSON"),
    ],
)
def test_what_is_no_record_is_quarantined_and_reading_goes_on(
    tmp_path: pathlib.Path, record: bytes, reason: str
) -> None:
    bad, good = read(write(tmp_path, record + GOOD))

    assert isinstance(bad, Quarantined)
    assert reason in bad.reason
    assert bad.offset == 0
    assert isinstance(good, Document)
    assert good.offset == len(record)


def test_text_can_be_put_together_from_several_fields(tmp_path: pathlib.Path) -> None:
    options = C4Options(text_fields=("prefix", "gold_completion"))
    (document,) = read(write(tmp_path, line(prefix="bi", gold_completion="ology")), options)

    assert document.text == "biology"


def test_a_document_a_line(tmp_path: pathlib.Path) -> None:
    documents = read(write(tmp_path, b"\xef\xbb\xbfa b\r\n\nc\xff\n", "x.utf8"), C4Options(format="text", language=""))

    assert [(d.text, d.language, d.encoding_repairs) for d in documents] == [("a b", None, 0), ("c\ufffd", None, 1)]


@pytest.mark.parametrize(
    ("raw", "text", "repairs"),
    [
        (b'{"text":"a\xff\xfe","url":"u"}', "a\ufffd\ufffd", 2),
        (b'{"text":"a\\ud83d"}', "a\ufffd", 1),
        (b'\xef\xbb\xbf{"text":"\xef\xbf\xbd"}', "\ufffd", 0),
        (b'{"text":"a\x01b"}', "a\x01b", 0),
    ],
)
def test_what_is_no_text_is_repaired_and_counted(tmp_path: pathlib.Path, raw: bytes, text: str, repairs: int) -> None:
    (document,) = read(write(tmp_path, raw))

    assert (document.text, document.encoding_repairs) == (text, repairs)


@pytest.mark.parametrize(
    "record",
    [
        {"text": "t", "url": "http://a.b/", "meta": {"timestamp": "2020"}},
        {"text": "t", "meta": json.dumps({"timestamp": "2020", "url": "http://a.b/"}), "red_pajama_subset": "c4"},
        {"text": "t", "id": "http://a.b/", "created": "2020", "metadata": {"bucket": "head"}},
    ],
    ids=["nested", "redpajama", "dolma"],
)
def test_url_and_date_are_found_where_others_put_them(tmp_path: pathlib.Path, record: dict) -> None:
    (document,) = read(write(tmp_path, line(**record)))

    assert (document.url, document.created) == ("http://a.b/", "2020")


def test_lines_before_damage_are_kept(tmp_path: pathlib.Path) -> None:
    lines_of = b"".join(line(text=f"line {n} {n * n}", timestamp="", url="") for n in range(5000))
    packed = gzip.compress(lines_of)
    items = read(write(tmp_path, packed[: len(packed) // 2], "x.json.gz"))

    assert len(items) > 1000
    assert all(isinstance(item, Document) for item in items[:-1])
    assert isinstance(items[-1], Quarantined)
    assert "damaged" in items[-1].reason


def test_an_oversized_line_is_quarantined_and_the_next_one_read(tmp_path: pathlib.Path, monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 3_000_000)
    long = line(text="x" * 5_000_000)
    bad, good = read(write(tmp_path, long + GOOD))

    assert bad == Quarantined(f"exceeds MAX_RECORD_BYTES: a line of {len(long) - 1} > 3000000 bytes", "", 0)
    assert good.offset == len(long)


def test_an_archive_is_refused_with_advice(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="unpack it first"):
        read(write(tmp_path, b"PK\x03\x04" + b"\0" * 100))


@given(
    st.lists(st.sampled_from([b"{}\n", b"\n", b"\r\n", GOOD, b"x" * 50 + b"\n"])),
    st.integers(1, 100),
    st.sampled_from([b"", b"\n"]),
)
def test_parts_share_out_every_line_once(tmp_path_factory, found: list[bytes], step: int, end: bytes) -> None:
    data = b"".join(found).rstrip(b"\n") + end
    path = write(tmp_path_factory.mktemp("parts"), data)
    dump = Dump(path=str(path), name="x", num_bytes=len(data))
    cuts = [*range(0, max(len(data), 1), step), None]
    by_bytes = [item for a, b in itertools.pairwise(cuts) for item in lines.read(Part(dump=dump, start=a, stop=b))]

    assert by_bytes == list(lines.read(Part(dump=dump)))


def test_stripes_share_out_every_line_once(tmp_path: pathlib.Path) -> None:
    path = write(tmp_path, gzip.compress(b"".join(b"%d\n" % n for n in range(5000))))
    dump = Dump(path=str(path), name="x", num_bytes=1)
    striped = [item for s in range(3) for item in lines.read(Part(dump=dump, stripe=s, num_stripes=3))]

    assert sorted(striped) == list(lines.read(Part(dump=dump)))


def test_directories_give_their_record_files_only(tmp_path: pathlib.Path) -> None:
    for name in ("a.json.gz", "b.jsonl.zst", "README.md", "c.utf8.gz"):
        write(tmp_path, b"", name)

    assert [d.name for d in SOURCE.dumps([str(tmp_path)], DEFAULT)] == ["a.json.gz", "b.jsonl.zst"]
    assert [d.name for d in SOURCE.dumps([str(tmp_path)], C4Options(format="text"))] == ["c.utf8.gz"]


def test_every_real_dump_reads(realdata: pathlib.Path) -> None:
    halves = C4Options(text_fields=("prefix", "gold_completion"))
    expected = {"c4-train.00000-of-00512.json.gz": 650, "cc_en_head-0091.jsonl.gz": 10, "c4.jsonl.gz": 1480}
    for dump in SOURCE.dumps([str(realdata / "c4")], DEFAULT):
        options = halves if dump.name == "c4.jsonl.gz" else DEFAULT
        items = [item for part in SOURCE.parts(dump, options) for item in SOURCE.read(part, options)]

        assert items
        assert all(isinstance(item, Document) for item in items)
        assert len(items) == expected.get(dump.name, len(items))


def test_real_plain_text_reads(realdata: pathlib.Path) -> None:
    options = C4Options(format="text")
    for dump in SOURCE.dumps([str(realdata / "c4")], options):
        items = [item for part in base.stripe_parts(dump) for item in SOURCE.read(part, options)]

        assert len(items) > 100
        assert {type(item) for item in items} == {Document}
