"""Common Crawl: framing, what is a page, damage, and cutting into parts."""

from __future__ import annotations

import gzip
import io
import pathlib
import zlib

import brotli
import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redpyjama.document import Document
from redpyjama.errors import InputError
from redpyjama.sources.common_crawl import SOURCE, CommonCrawlOptions
from redpyjama.sources.language_codes import short_code
from redpyjama.sources.web import http_payload, warc
from redpyjama.stage import Dump, Part, Quarantined, Skipped

SENTENCE = "The council decided on Tuesday, after long debate, that the old bridge will be repaired next year. "
PAGE = f"<html lang=en><title>Bridge</title><p>{SENTENCE * 4}</p><p>{SENTENCE}</p></html>".encode()


def record(kind, url, block, **headers):
    lines = ["WARC/1.0", f"WARC-Type: {kind}", "WARC-Date: 2024-05-18T01:58:10Z", f"WARC-Target-URI: {url}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "Content_Length" not in headers:
        lines.append(f"Content-Length: {len(block)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def response(url, body=PAGE, status="200 OK", content_type="text/html; charset=utf-8", extra="", **headers):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{extra}\r\n".encode()
    return record("response", url, head + body, WARC_Payload_Digest="sha1:ABC", **headers)


INFO = record("warcinfo", "", b"isPartOf: CC-MAIN-2024-22\r\n")


def read(path, options=None, parts=None):
    options = options or CommonCrawlOptions()
    dump = Dump(path=str(path), name=pathlib.Path(path).name, num_bytes=pathlib.Path(path).stat().st_size)
    chosen = SOURCE.parts(dump, options) if parts is None else [Part(dump=dump, start=a, stop=b) for a, b in parts]
    return [found for part in chosen for found in SOURCE.read(part, options)]


def write(tmp_path, records, name="x.warc.gz", *, members=True):
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(b"".join(map(gzip.compress, records)) if members else gzip.compress(b"".join(records)))
    else:
        path.write_bytes(b"".join(records))
    return path


def documents(found):
    return [f for f in found if isinstance(f, Document)]


def test_a_page_becomes_a_document_with_all_that_is_known_of_it(tmp_path):
    path = write(tmp_path, [INFO, response("<http://a.example/x y>", WARC_Identified_Content_Language="deu,eng")])

    (document,) = documents(read(path))

    offset = len(gzip.compress(INFO))
    assert document.url == document.record == "http://a.example/x y"
    assert document.text == f"{(SENTENCE * 4).strip()}\n\n{SENTENCE.strip()}"
    assert (document.title, document.language, document.created) == ("Bridge", "de", "2024-05-18T01:58:10Z")
    assert document.offset == offset
    assert document.meta == {
        "source": f"cc/2024-22/x.warc.gz/byte{offset}",
        "crawl": "CC-MAIN-2024-22",
        "digest": "sha1:ABC",
        "length": len(document.text),
        "nlines": 3,
        "charset": "utf-8",
        "http_status": 200,
        "content_language": "deu,eng",
    }


def test_records_that_are_no_page_are_skipped_by_a_declared_rule(tmp_path):
    rest = [
        (record("request", "http://a.example/", b"GET / HTTP/1.1\r\n\r\n"), "accompanying_record"),
        (record("metadata", "http://a.example/", b"fetchTimeMs: 3\r\n"), "accompanying_record"),
        (record("metadata", "http://a.example/", b"{}", Content_Type="application/json"), "wat_metadata"),
        (record("revisit", "http://a.example/", b"HTTP/1.1 200 OK\r\n\r\n"), "unchanged_page"),
        (record("response", "dns:a.example", b"a.example 1 IN A 1.2.3.4", Content_Type="text/dns"), "name_lookup"),
        (response("http://a.example/", status="301 Moved"), "http_status"),
        (response("http://a.example/", content_type="image/png"), "not_html"),
        (response("http://a.example/", content_type="", body=b"\x89PNG"), "not_html"),
        (response("http://a.example/", body=b"<html><script>x</script>"), "no_text"),
        (response("http://a.example/", body=b"<p>Short."), "too_short"),
        (record("unknown", "http://a.example/", b"?"), "not_captured_page"),
    ]

    found = read(write(tmp_path, [r for r, _ in rest]))

    assert [rule for _, rule in rest] == [f.rule for f in found]
    assert {rule for _, rule in rest} == set(SOURCE.skips)


def chunked(body, size=100):
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        (gzip.compress(PAGE), "Content-Encoding: gzip\r\n"),
        (zlib.compress(PAGE), "Content-Encoding: deflate\r\n"),
        (brotli.compress(PAGE), "Content-Encoding: br\r\n"),
        (PAGE, "Content-Encoding: gzip\r\n"),
        (PAGE, "Content-Encoding: br\r\n"),
        (chunked(PAGE), "Transfer-Encoding: chunked\r\n"),
        (chunked(gzip.compress(PAGE)), "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"),
        (PAGE, "Transfer-Encoding: chunked\r\n"),
        (chunked(PAGE)[:-7], "Transfer-Encoding: chunked\r\n"),
        (b"fff\r\n" + PAGE, "Transfer-Encoding: chunked\r\n"),
        (b"1f\r\n" + PAGE, "Transfer-Encoding: chunked\r\n"),
    ],
)
def test_encodings_are_taken_off_where_they_are_on(tmp_path, body, extra):
    (found,) = read(write(tmp_path, [response("http://a.example/", body, extra=extra)]))

    assert SENTENCE.strip() in found.text
    assert found.title == "Bridge"


def test_damaged_and_exploding_content_is_quarantined(tmp_path, monkeypatch):
    monkeypatch.setattr(http_payload.limits, "MAX_RECORD_BYTES", 100_000)
    extra = "Content-Encoding: gzip\r\n"
    damaged = bytearray(gzip.compress(PAGE))
    damaged[-6] ^= 1
    bodies = [gzip.compress(PAGE)[:-20], bytes(damaged), gzip.compress(b"\0" * 1_000_000)]

    found = read(write(tmp_path, [response("http://a.example/", b, extra=extra) for b in bodies]))

    assert ["gzip content ends", "damaged gzip content", "exceeds MAX_RECORD_BYTES"] == [
        f.reason.partition(" after")[0].partition(" (")[0].partition(":")[0] for f in found
    ]
    assert all(f.record == "http://a.example/" for f in found)


def test_an_oversize_record_is_passed_over_and_the_next_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(warc.limits, "MAX_RECORD_BYTES", 5000)
    records = [response("http://a.example/1", PAGE * 20), response("http://a.example/2")]

    for name in ("x.warc.gz", "x.warc"):
        big, good = read(write(tmp_path, records, name))

        assert big.reason.startswith("exceeds MAX_RECORD_BYTES")
        assert big.record == "http://a.example/1"
        assert good.url == "http://a.example/2"


GOOD = [response(f"http://a.example/{i}") for i in range(4)]


@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz"])
@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"junk that is no record\r\n", "bytes that are no record"),
        (response("http://a.example/b", Content_Length=99_999), "next record begins"),
        (response("http://a.example/b", Content_Length="many"), "Content-Length is no number"),
        (response("http://a.example/b", Content_Length=200), "bytes that are no record"),
        (b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", "Content-Length is no number"),
        (response("http://a.example/b")[:300] + b"\r\n\r\n", "next record begins"),
    ],
)
def test_a_broken_record_costs_only_itself(tmp_path, name, broken, reason):
    path = write(tmp_path, [*GOOD[:2], broken, *GOOD[2:]], name)

    found = read(path)

    assert [f"http://a.example/{i}" for i in range(4)] == [
        f.url for f in documents(found) if f.url != "http://a.example/b"
    ]
    broken_ones = [f for f in found if isinstance(f, Quarantined)]
    assert any(reason in f.reason for f in broken_ones)
    start = len(b"".join(map(gzip.compress, GOOD[:2])) if name.endswith("gz") else b"".join(GOOD[:2]))
    assert all(f.offset >= start for f in broken_ones)


def test_a_damaged_member_costs_only_itself(tmp_path):
    members = [gzip.compress(r) for r in GOOD]
    for where in (12, len(members[1]) // 2, len(members[1]) - 6):  # deflate data, and the checksum
        damaged = bytearray(members[1])
        damaged[where] ^= 0x55
        path = tmp_path / f"{where}.warc.gz"
        path.write_bytes(members[0] + damaged + members[2] + members[3])

        found = read(path)

        assert ["http://a.example/0", "http://a.example/2", "http://a.example/3"] == [
            d.url for d in documents(found) if d.url != "http://a.example/1"
        ]
        assert [len(members[0])] == [f.offset for f in found if isinstance(f, Quarantined)]


def test_junk_and_padding_between_members(tmp_path):
    members = [gzip.compress(r) for r in GOOD]
    path = tmp_path / "x.warc.gz"
    path.write_bytes(members[0] + b"\0" * 70_000 + members[1] + b"not gzip at all" + members[2] + b"\0\0\0")

    found = read(path)

    assert [f"http://a.example/{i}" for i in range(3)] == [d.url for d in documents(found)]
    assert ["15 bytes that are no gzip member"] == [f.reason for f in found if isinstance(f, Quarantined)]


def test_a_clipped_file_keeps_its_whole_records(tmp_path):
    whole = b"".join(map(gzip.compress, GOOD))
    path = tmp_path / "x.warc.gz"
    path.write_bytes(whole[:-100])

    found = read(path)

    assert len(documents(found)) == 3
    assert "bytes before the end of this record" in found[-1].reason


def test_records_that_share_a_member_have_keys_of_their_own(tmp_path):
    path = write(tmp_path, [INFO, GOOD[0], GOOD[0], GOOD[1]], members=False)

    found = documents(read(path))

    assert len({(d.offset, d.record) for d in found}) == 3
    assert {d.url for d in found} == {"http://a.example/0", "http://a.example/1"}


def test_a_big_file_of_one_member_is_cut_into_stripes(tmp_path):
    path = write(tmp_path, [INFO, *GOOD * 5], members=False)
    small = Dump(path=str(path), name="x.warc.gz", num_bytes=path.stat().st_size)
    big = Dump(path=str(path), name="x.warc.gz", num_bytes=40 << 20)
    noise = write(tmp_path, [response("http://a.example/", bytes(range(256)) * 20_000)], "n.warc.gz")
    options = CommonCrawlOptions()
    striped = [Part(dump=small, stripe=i, num_stripes=3) for i in range(3)]

    assert len(SOURCE.parts(small, options)) == 1
    assert all(p.num_stripes == 1 for p in SOURCE.parts(big, options)), "its first member ends soon"
    assert noise.stat().st_size < 1 << 20
    whole = read(path)
    cut = [f for part in striped for f in SOURCE.read(part, options)]
    key = lambda f: (f.offset, f.record)  # noqa: E731
    assert sorted(whole, key=key) == sorted(cut, key=key)


PLAIN = st.sampled_from([b"junk\r\n", b"WARC/1.0\r\nbroken\r\n\r\n", *GOOD, INFO, GOOD[0][:250], GOOD[1] + b"tail"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(PLAIN, min_size=1, max_size=7),
    st.lists(st.integers(1, 3000), max_size=6),
    st.sampled_from(["gz", "one", ""]),
)
def test_any_cutting_gives_the_records_of_the_whole(tmp_path_factory, pieces, cuts, form):
    tmp_path = tmp_path_factory.mktemp("cut")
    name = "x.warc.gz" if form else "x.warc"
    path = write(tmp_path, [INFO, *pieces], name, members=form != "one")
    size = path.stat().st_size
    edges = sorted({0, *(c for c in cuts if c < size)})

    whole = read(path)
    cut = read(path, parts=list(zip(edges, [*edges[1:], None], strict=True)))

    assert whole == cut


def test_real_files_cut_into_tiny_parts_give_the_same(realdata):
    for name in ("warc-ccmain-2020-34/CC-MAIN-2020-34_warcfile.warc.gz", "warc-aut/warc/issue-493.warc"):
        path = realdata / "commoncrawl" / name
        step = path.stat().st_size // 23
        edges = list(range(0, path.stat().st_size, step))

        assert read(path) == read(path, parts=list(zip(edges, [*edges[1:], None], strict=True)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255), st.booleans())
@example(where=284, value=0, cut=False)  # the last bytes of a member: it swallows those that follow
def test_any_flipped_byte_or_cut_is_survived(tmp_path_factory, where, value, cut):
    tmp_path = tmp_path_factory.mktemp("flip")
    path = write(tmp_path, GOOD)
    data = bytearray(path.read_bytes())
    where %= len(data)
    data[where] = value
    path.write_bytes(data[:where] if cut else data)

    found = read(path)

    assert all(isinstance(f, (Document, Skipped, Quarantined)) for f in found)
    if not cut:
        assert len(documents(found)) >= 3


def test_arc_files_are_read_with_spaces_in_urls_and_bad_lengths(tmp_path):
    body = b"HTTP/1.1 200 OK\nContent-Type: text/html\n\n" + PAGE
    lines = [
        b"filedesc://x.arc 127.0.0.1 20140216050221 text/plain 68\n1 0 Capture\nURL IP-address Archive-date "
        b"Content-type Archive-length\n\n",
        b"http://a.example/a b?c 93.184.216.119 20140216050221 text/html %d\n" % len(body) + body + b"\n",
        b"http://a.example/bad 93.184.216.119 20140216050221 text/html abc\n\n",
        b"http://a.example/odd 93.184.216.119 201404010000000000 text/html %d\n" % len(body) + body + b"\n",
    ]
    for name in ("x.arc", "x.arc.gz"):
        found = read(write(tmp_path, lines, name))

        assert ["http://a.example/a b?c", "http://a.example/odd"] == [d.url for d in documents(found)]
        assert documents(found)[0].created == "2014-02-16T05:02:21Z"
        assert ["length in the ARC header is no number: 'abc'"] == [
            f.reason for f in found if isinstance(f, Quarantined)
        ]


WET = record(
    "conversion",
    "http://a.example/x y",
    b"  Title\n\n Line one \n" + SENTENCE.encode() * 4,
    WARC_Identified_Content_Language="spa,eng",
    WARC_Block_Digest="sha1:WET",
)


def test_wet_records_as_meant_and_as_cc_net_reads_them(tmp_path):
    path = write(tmp_path, [INFO, WET], "x.warc.wet.gz")

    (fixed,) = documents(read(path))
    (faithful,) = documents(read(path, CommonCrawlOptions(faithful=True)))

    assert fixed.text == " Line one\n" + SENTENCE.strip() + (" " + SENTENCE.strip()) * 3
    assert faithful.text == fixed.text.strip()
    assert (fixed.title, fixed.language, fixed.meta["digest"]) == ("Title", "es", "sha1:WET")
    assert (fixed.url, faithful.url) == ("http://a.example/x y", "http://a.example/x")
    assert fixed.meta["nlines"] == faithful.meta["nlines"] == 2


def test_faithful_pages_are_all_visible_text(tmp_path):
    path = write(tmp_path, [response("http://a.example/", b"<nav>Menu of things</nav>" + PAGE)])

    assert "Menu of things" in read(path, CommonCrawlOptions(faithful=True))[0].text
    assert "Menu of things" not in read(path)[0].text


def test_a_list_of_paths_names_files_beside_it_or_under_the_base(tmp_path):
    write(tmp_path, [INFO, *GOOD], "a.warc.gz")
    paths = tmp_path / "warc.paths.gz"
    paths.write_bytes(gzip.compress(b"crawl-data/CC-MAIN-2024-22/segments/1/warc/a.warc.gz\n"))
    options = CommonCrawlOptions(base=f"file://{tmp_path}/elsewhere")

    (dump,) = SOURCE.dumps([str(paths)], options)

    assert (dump.name, dump.path) == ("a.warc.gz", str(tmp_path / "a.warc.gz"))
    folder = tmp_path / "elsewhere" / "crawl-data"
    folder.mkdir(parents=True)
    write(folder, [INFO, *GOOD], "b.warc.gz")
    paths.write_bytes(gzip.compress(b"crawl-data/b.warc.gz\n"))
    (dump,) = SOURCE.dumps([str(paths)], options)
    assert len(documents(f for p in SOURCE.parts(dump, options) for f in SOURCE.read(p, options))) == 4
    paths.write_bytes(b"\x1f\x8bgarbage")
    with pytest.raises(InputError, match="no list of paths"):
        SOURCE.dumps([str(paths)], options)


def test_a_file_of_another_kind_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(b"PK\x03\x04 whatever")

    with pytest.raises(InputError, match="no WARC, ARC or WET file"):
        read(path)


def test_a_damaged_beginning_costs_the_first_record_only(tmp_path):
    for name in ("x.warc.gz", "x.warc"):
        path = write(tmp_path, GOOD, name)
        path.write_bytes(b"??" + path.read_bytes()[2:])

        first, *rest = read(path)

        assert isinstance(first, Quarantined)
        assert [f"http://a.example/{i}" for i in (1, 2, 3)] == [d.url for d in documents(rest)]
    for name in ("x.warc.gz", "x.warc", "x.arc.gz", "x.warc.lz4"):
        path = tmp_path / name
        path.write_bytes(b"PK\x03\x04 whatever" * 300)
        assert [Quarantined] == [type(f) for f in read(path)]
        path.write_bytes(b"")
        assert read(path) == []


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("spa", "es"),
        ("en-US", "en"),
        ("zh_Hant", "zh"),
        ("ger", "de"),
        ("nds", "nds"),
        ("xx", None),
        ("", None),
        ("und", None),
    ],
)
def test_language_codes(tag, code):
    assert short_code(tag) == code


FILES = ("warc-edge-cases-warcio", "warc-ccmain-2020-34", "warc-aut", "cc-warc-wet-wat")


def test_every_real_file_reads_and_its_broken_records_are_named(realdata):
    quarantined = {}
    for folder in FILES:
        for dump in SOURCE.dumps([str(realdata / "commoncrawl" / folder)], CommonCrawlOptions()):
            found = [f for p in SOURCE.parts(dump, CommonCrawlOptions()) for f in SOURCE.read(p, CommonCrawlOptions())]
            assert found
            for f in found:
                if isinstance(f, Quarantined):
                    assert f.offset >= 0
                    quarantined.setdefault(dump.name, []).append(f.reason)
    assert {"bad.arc", "badexample.arc.gz", "clipped.warc.gz", "example-trunc.warc"} == set(quarantined)
    assert len(quarantined["bad.arc"]) == 2


def test_records_are_those_that_fastwarc_finds(realdata):
    """On files that nobody broke, our framing and fastwarc's agree record by record."""
    for name in (
        "warc-ccmain-2020-34/CC-MAIN-2020-34_warcfile.warc.gz",
        "warc-aut/warc/example.warc.gz",
        "warc-aut/warc/issue-514.warc",
        "cc-warc-wet-wat/whirlwind.warc.wet.gz",
    ):
        data = (realdata / "commoncrawl" / name).read_bytes()
        theirs = [
            (r.stream_pos, r.headers.get("WARC-Record-ID"), r.reader.read())
            for r in ArchiveIterator(io.BytesIO(data), parse_http=False)
        ]
        ours = [
            (r.offset, r.headers.get("warc-record-id"), r.body)
            for r in warc.records(io.BytesIO(data), warc.kind_of(data[:4096]))
        ]

        assert theirs == ours


def test_lz4_gives_the_documents_of_gzip(realdata):
    folder = realdata / "commoncrawl" / "warc-ccmain-2020-34"
    texts = [
        [(d.url, d.text) for d in documents(read(folder / name))]
        for name in ("warcfile.warc.lz4", "CC-MAIN-2020-34_warcfile.warc.gz")
    ]

    assert texts[0] == texts[1]
    assert texts[0]
