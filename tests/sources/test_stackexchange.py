"""Sites of Stack Exchange: every form of dump, every kind of post, and stripes that make up the whole."""

from __future__ import annotations

import bz2
import gzip
import pathlib
from typing import Any
from xml.sax.saxutils import quoteattr

import py7zr
import pytest

from redpyjama import limits
from redpyjama.document import Document, to_batch
from redpyjama.errors import InputError
from redpyjama.sources import posts_xml, stackexchange
from redpyjama.stage import Dump, Part, Quarantined, Skipped

ALL = stackexchange.Options(sites=0)
FAITHFUL = stackexchange.Options(sites=0, faithful=True)


def row(number: int, kind: int, **given: str) -> str:
    fields = {
        "Id": str(number),
        "PostTypeId": str(kind),
        "CreationDate": "2019-01-02T03:04:05.678",
        "Score": "0",
        **given,
    }
    return "  <row " + " ".join(f"{k}={quoteattr(v, {chr(10): '&#xA;'})}" for k, v in fields.items() if v) + " />\n"


def posts(*rows: str, head: str = "") -> bytes:
    return ('\ufeff<?xml version="1.0" encoding="utf-8"?>\n' + head + "<posts>\n" + "".join(rows) + "</posts>").encode()


QUESTION = row(
    1,
    1,
    Title="How  <T> & x?",
    Body="<p>Body with <code>a &lt; b</code>.</p>\n<pre><code>x = 1\ny = 2\n</code></pre>",
    Tags="<python><list>",
    Score="10",
    AcceptedAnswerId="4",
    OwnerUserId="7",
    LastActivityDate="2020-05-06T00:00:00.000",
)
ANSWERS = (
    row(2, 2, ParentId="1", Body="<p>Nine.</p>", Score="9", OwnerUserId="8"),
    row(3, 2, ParentId="1", Body="<p>Minus.</p>", Score="-1", OwnerDisplayName="Ann"),
    row(4, 2, ParentId="1", Body="<ol><li>Hundred.</li></ol>", Score="100", OwnerUserId="9"),
    row(5, 2, ParentId="1", Body="<p>Also nine.</p>", Score="9"),
)
TEXT = """Q: How <T> & x?

Body with `a < b`.

```
x = 1
y = 2
```

A: 1. Hundred.

A: Nine.

A: Also nine.

A: Minus."""


def site(folder: pathlib.Path, data: bytes, name: str = "test.stackexchange.com") -> pathlib.Path:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "Posts.xml").write_bytes(data)
    return folder / name


def records(path: pathlib.Path, options: stackexchange.Options = ALL) -> list[Any]:
    return [
        record
        for dump in stackexchange.dumps([str(path)], options)
        for part in stackexchange.parts(dump, options)
        for record in stackexchange.read(part, options)
    ]


def test_a_document(tmp_path: pathlib.Path) -> None:
    data = posts(QUESTION, *ANSWERS)
    (found,) = records(site(tmp_path, data))
    assert found.text == TEXT
    assert found.title == "How  <T> & x?"
    assert found.url == "https://test.stackexchange.com/questions/1"
    assert (found.language, found.record, found.created) == ("en", "1", "2019-01-02T03:04:05.678")
    assert found.offset == data.index(b"<row")
    assert found.licence == "CC-BY-SA-4.0"
    assert found.attribution == (
        '"How  <T> & x?", question by user 7; answers by user 9, user 8, a deleted user, Ann '
        "(https://test.stackexchange.com/users/NUMBER), https://test.stackexchange.com/questions/1, CC-BY-SA-4.0"
    )
    assert found.meta == {
        "language": "en",
        "url": "https://test.stackexchange.com/questions/1",
        "timestamp": "2020-05-06",
        "source": "stackexchange",
        "question_score": 10,
        "question_id": 1,
        "site": "test.stackexchange.com",
        "tags": ["python", "list"],
        "answer_ids": [4, 2, 5, 3],
        "answer_scores": [100, 9, 9, -1],
        "accepted_answer_id": 4,
    }
    assert to_batch("stackexchange", "x", [found]).num_rows == 1


def test_faithful(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "stackoverflow.com-Posts.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(posts(QUESTION, *ANSWERS, row(1000000001, 1, Title="Made up", Body="x")), "Posts.xml")
    found, made_up = records(path, FAITHFUL)
    assert found.meta["answer_scores"] == [9, 9, 100, -1]  # "9" > "100" > "-1"
    assert (found.meta["question_score"], found.meta["timestamp"]) == ("10", "2023-03-29")
    assert found.url == "https://stackoverflow.com-Posts/questions/1"
    assert found.text.endswith("A: Nine.\nA: Also nine.\nA: *\n*Hundred.\nA: Minus.")
    assert "x = 1\ny = 2" in found.text
    assert "```" not in found.text
    assert made_up.record == "1000000001"


def test_what_is_skipped(tmp_path: pathlib.Path) -> None:
    data = posts(
        row(1, 1, Title="Alone", Body="<p>Unanswered.</p>", Tags="|a|b-c|"),
        row(2, 2, ParentId="99", Body="<p>Orphan.</p>"),
        row(3, 4, Body="Excerpt"),
        row(4, 5, Body="Wiki"),
        row(5, 7, Body="Wiki placeholder"),
        row(6, 1, Title="", Body="<img src='x'/>"),
        row(1000000001, 1, Title="Made up", Body="x"),
        row(1000000010, 2, ParentId="1000000001", Body="x"),
    )
    found = records(site(tmp_path, data))
    assert [(r.rule, r.record) for r in found if isinstance(r, Skipped)] == [
        ("tag_wiki", "3"),
        ("tag_wiki", "4"),
        ("other_post_type", "5"),
        ("fabricated_post", "1000000001"),
        ("fabricated_post", "1000000010"),
        ("orphan_answer", "2"),
    ]
    assert {r.rule for r in found if isinstance(r, Skipped)} <= set(stackexchange.SOURCE.skips)
    document, empty = (r for r in found if isinstance(r, Document))
    assert (empty.record, empty.text) == ("6", "")
    assert document.text == "Q: Alone\n\nUnanswered."
    assert document.meta["tags"] == ["a", "b-c"]


def test_licences_by_post(tmp_path: pathlib.Path) -> None:
    data = posts(
        row(1, 1, Title="T", Body="b", CreationDate="2011-04-07T23:59:59.999"),
        row(2, 2, ParentId="1", Body="b", CreationDate="2011-04-08T00:00:00.000"),
        row(3, 2, ParentId="1", Body="b", CreationDate="2018-05-02T00:00:00.000"),
        row(4, 1, Title="T", Body="b", CreationDate="2010-01-01T00:00:00.000", ContentLicense="CC BY-SA 3.0"),
    )
    by_date, stated = records(site(tmp_path, data))
    assert by_date.licence == "CC-BY-SA-2.5 AND CC-BY-SA-3.0 AND CC-BY-SA-4.0"
    assert by_date.licence_evidence == "date of 3 posts (changes of 2011-04-08 and 2018-05-02)"
    assert (stated.licence, stated.licence_evidence) == ("CC-BY-SA-3.0", "ContentLicense of 1 posts")


@pytest.mark.parametrize("kind", ["directory", "7z", "7z with all tables", "xml", "gz", "bz2", "directory of gz"])
def test_forms_of_a_dump(tmp_path: pathlib.Path, kind: str) -> None:
    data = posts(QUESTION, *ANSWERS, head='<!DOCTYPE posts SYSTEM "http://127.0.0.1:9/posts.dtd">\n')
    match kind:
        case "7z" | "7z with all tables":
            path = tmp_path / "test.stackexchange.com.7z"
            with py7zr.SevenZipFile(path, "w") as archive:
                if kind != "7z":
                    archive.writestr(b"<badges>" + b"x" * 100_000, "Badges.xml")
                archive.writestr(data, "Posts.xml")
                if kind != "7z":
                    archive.writestr(b"<users>" + b"y" * 100_000, "Users.xml")
        case "xml":
            path = tmp_path / "test.stackexchange.com.xml"
            path.write_bytes(data)
        case "gz":
            path = tmp_path / "test.stackexchange.com.xml.gz"
            path.write_bytes(gzip.compress(data, mtime=0))
        case "bz2":
            path = tmp_path / "test.stackexchange.com.bz2"
            path.write_bytes(bz2.compress(data))
        case _:
            path = site(tmp_path, data)
            if kind == "directory of gz":
                (path / "Posts.xml").unlink()
                (path / "Posts.xml.gz").write_bytes(gzip.compress(data, mtime=0))
    (found,) = records(path)
    assert found.text == TEXT
    assert found.url == "https://test.stackexchange.com/questions/1"


def test_order_of_rows_and_attributes_does_not_matter(tmp_path: pathlib.Path) -> None:
    answer = '<row Body="A &amp;amp; b" ParentId="5" PostTypeId="2" Id="3" />'
    question = "<row\n Score='1' Title='&lt;T&gt;' Id='5'  PostTypeId='1' Body='x'></row>"
    found = records(site(tmp_path, posts(answer, question.replace("'5'", '"5"').replace("'1' B", '"1" B'))))
    assert [r.text for r in found] == ["Q: <T>\n\nx\n\nA: A & b"]


def test_stripes_make_up_the_whole(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(i, 1, Title=f"T{i}", Body="b") for i in range(1, 20)]
    rows += [row(100 + i, 2, ParentId=str(i), Body=f"a{i}") for i in range(1, 30)]
    data = posts(*rows, row(200, 5, Body="x"), "<row />", row(1000000001, 1, Title="m"))
    path = site(tmp_path, data)
    whole = records(path)
    monkeypatch.setattr(stackexchange, "_STRIPE_BYTES", len(data) // 4)
    (dump,) = stackexchange.dumps([str(path)], ALL)
    assert len(stackexchange.parts(dump, ALL)) == 5
    assert sorted(map(repr, records(path))) == sorted(map(repr, whole))
    assert [r.record for r in whole if isinstance(r, Document)] == [str(i) for i in range(1, 20)]


def test_broken_rows(tmp_path: pathlib.Path) -> None:
    data = posts(
        row(1, 1, Title="One", Body="b"),
        '<row Id="2" PostTypeId="1" Title="unclosed />\n',
        '<row Id="x" PostTypeId="1" />\n',
        row(3, 2, ParentId="2", Body="b"),
        row(4, 2, ParentId="1", Body="A\x0bnswer").replace("\x0b", "&#11;"),
        row(5, 1, Title="Five", Body="caf@"),
    ).replace(b"@", b"\xe9")
    found = records(site(tmp_path, data))
    assert [(r.record, r.text) for r in found if isinstance(r, Document)] == [
        ("1", "Q: One\n\nb\n\nA: A\ufffdnswer"),
        ("5", "Q: Five\n\ncaf\ufffd"),
    ]
    assert [r.encoding_repairs for r in found if isinstance(r, Document)] == [1, 1]
    broken = [r for r in found if isinstance(r, Quarantined)]
    assert [(r.record, r.offset > 0) for r in broken] == [("", True), ("2", True)]
    assert [r.record for r in found if isinstance(r, Skipped)] == ["3"]


def test_a_cut_dump(tmp_path: pathlib.Path) -> None:
    data = posts(QUESTION, row(6, 1, Title="Six", Body="body"))
    for cut, count in ((data.index(b"body"), 2), (len(data) - 8, 1)):
        found = records(site(tmp_path, data[:cut]))
        assert next(r.record for r in found if isinstance(r, Document)) == "1"
        assert sum(isinstance(r, Quarantined) for r in found) == count
    path = tmp_path / "cut.stackexchange.com.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(posts(*(row(i, 1, Title=f"T{i}", Body=f"b{i * 7919}") for i in range(3000))), "Posts.xml")
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    found = records(path)
    assert any(isinstance(r, Quarantined) and "damaged" in r.reason for r in found)


def test_a_row_without_end(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_XML_ATTRIBUTE_BYTES", 5000)
    monkeypatch.setattr(posts_xml, "_CHUNK", 1000)
    data = posts(
        row(1, 1, Title="A", Body="a"), row(2, 1, Title="B", Body="b" * 20_000), row(3, 1, Title="C", Body="c")
    )
    found = records(site(tmp_path, data))
    assert [r.record for r in found] == ["2", "1", "3"]
    assert "MAX_XML_ATTRIBUTE_BYTES" in found[0].reason


def test_the_largest_sites(tmp_path: pathlib.Path) -> None:
    for name, count in (("a.stackexchange.com", 1), ("b.stackexchange.com", 9), ("c.stackexchange.com", 5)):
        site(tmp_path, posts(*(row(i, 1, Title="T", Body="b") for i in range(count))), name)
    (tmp_path / "d.stackexchange.com.7z").write_bytes(b"7z\xbc\xaf\x27\x1c no archive")
    (tmp_path / "b.stackexchange.com" / "Users.xml").write_bytes(b"<users/>")
    names = [d.name for d in stackexchange.dumps([str(tmp_path)], stackexchange.Options(sites=3))]
    assert names == ["b.stackexchange.com", "c.stackexchange.com", "d.stackexchange.com.7z"]
    assert len(stackexchange.dumps([str(tmp_path)], ALL)) == 4
    with pytest.raises(InputError):
        records(tmp_path / "d.stackexchange.com.7z")


def test_other_tables_are_named(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "stackoverflow.com-Users.7z"
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(b"<users/>", "Users.xml")
    assert records(path) == [Skipped("other_table", "stackoverflow.com-Users.7z")]
    assert stackexchange.dumps([str(tmp_path)], ALL) == []


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("stackoverflow.com-Posts.7z", "stackoverflow.com"),
        ("bicycles.meta.stackexchange.com.7z", "bicycles.meta.stackexchange.com"),
        ("x/math.stackexchange.com", "math.stackexchange.com"),
        ("askubuntu.com.xml.gz", "askubuntu.com"),
    ],
)
def test_site_of(name: str, host: str) -> None:
    assert stackexchange.site_of(name) == host


def test_language_of_a_site(tmp_path: pathlib.Path) -> None:
    (found,) = records(site(tmp_path, posts(row(1, 1, Title="T", Body="b")), "pt.stackoverflow.com"))
    assert found.language == "pt"


def test_real_dumps(realdata: pathlib.Path) -> None:
    counts: dict[str, list[int]] = {}
    for dump in stackexchange.dumps([str(realdata / "stackexchange")], stackexchange.Options()):
        found = list(stackexchange.read(Part(dump=dump), ALL))
        counts[dump.name] = [sum(isinstance(r, kind) for r in found) for kind in (Document, Skipped, Quarantined)]
        for document in (r for r in found if isinstance(r, Document)):
            assert "<p>" not in document.text or "`" in document.text
            assert document.meta["answer_scores"] == sorted(document.meta["answer_scores"], reverse=True)
            assert document.licence
            assert document.licence.startswith("CC-BY-SA-")
    assert counts == {
        "bicycles.meta.stackexchange.com.7z": [453, 22, 0],
        "conlang.meta.stackexchange.com.7z": [54, 8, 0],
        "matheducators.stackexchange.com.7z": [397, 157, 0],
    }


def test_a_folder_without_posts(tmp_path: pathlib.Path) -> None:
    dump = Dump(path=str(tmp_path), name="x", num_bytes=0)
    with pytest.raises(InputError):
        list(stackexchange.read(Part(dump=dump), ALL))
