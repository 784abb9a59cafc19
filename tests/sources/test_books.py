"""The book source: folders, archives, EPUBs and single texts."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile

import pytest

from redpyjama.document import Document, to_batch
from redpyjama.sources.books import SOURCE, BooksOptions
from redpyjama.sources.texts import xhtml_book
from redpyjama.stage import Part, Quarantined, Skipped

BOOK = (
    b"The Project Gutenberg EBook of A Night, by Ann Author\r\n\r\nThis eBook is for the use of anyone anywhere at no cost"
    b" and with\r\nalmost no restrictions whatsoever.\r\n\r\nTitle: A Night\r\n\r\nAuthor: Ann Author\r\n\r\nRelease Date:"
    b" June, 1998 [EBook #16]\r\n\r\nLanguage: English\r\n\r\n*** START OF THIS PROJECT GUTENBERG EBOOK A NIGHT ***\r\n\r\n"
    b"It was dark.\r\n\r\n*** END OF THIS PROJECT GUTENBERG EBOOK A NIGHT ***\r\n"
)
PAGE = b"<html><body><h1>A Night</h1><p>It was&nbsp;dark.</p></body></html>"


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(path, **options):
    chosen = BooksOptions(**options)
    return [
        item
        for dump in SOURCE.dumps([str(path)], chosen)
        for part in SOURCE.parts(dump, chosen)
        for item in SOURCE.read(part, chosen)
    ]


def fill(folder, files: dict[str, bytes]):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pg16.txt", BOOK),
        ("pg16.txt.xz", lzma.compress(BOOK)),
        ("16-0.txt", b"\xef\xbb\xbf" + BOOK),
        ("pg16.zip", zip_of({"16.txt": BOOK})),
        ("pg16.tar.xz", lzma.compress(tar_of({"16/16.txt": BOOK}))),
    ],
)
def test_a_text_is_a_document(tmp_path, name, data):
    (document,) = read(fill(tmp_path, {name: data}) / name)

    assert document.text == "It was dark."
    assert (document.title, document.language, document.created) == ("A Night", "en", "1998-06")
    assert document.url == "https://www.gutenberg.org/ebooks/16"
    assert document.licence == "LicenseRef-Public-Domain-US"
    assert document.attribution == "“A Night”, by Ann Author (Project Gutenberg eBook #16)"
    assert list(document.meta)[:3] == ["short_book_title", "publication_date", "url"]
    to_batch("book", name, [document]).validate(full=True)


ARCHIVE = {
    "16.txt": BOOK,
    "16-8.txt": BOOK,
    "old/night10.txt": BOOK,
    "16-h/16-h.htm": PAGE,
    "16-h/images/cover.jpg": b"\xff\xd8",
    "16-t/16-t.tex": b"\\TeX",
    "book.asciidoc": b"= A Night",
    "README.rst": b"x",
    "LICENSE.txt": b"x",
    "pg16.rdf": b"<rdf/>",
}


def test_editions_are_documents_and_other_formats_are_not(tmp_path):
    found = read(fill(tmp_path, {"b.tar": tar_of(ARCHIVE)}) / "b.tar")

    assert {i.record: getattr(i, "rule", "document") for i in found} == {
        "16.txt": "document",
        "16-8.txt": "document",
        "old/night10.txt": "document",
        "16-h/16-h.htm": "other_format",
        "16-h/images/cover.jpg": "not_a_book",
        "16-t/16-t.tex": "other_format",
        "book.asciidoc": "other_format",
        "README.rst": "not_a_book",
        "LICENSE.txt": "not_a_book",
        "pg16.rdf": "not_a_book",
    }


def test_a_page_is_read_where_there_is_no_text(tmp_path):
    (document,) = read(fill(tmp_path, {"b.zip": zip_of({"16-h/16-h.htm": PAGE})}) / "b.zip")

    assert document.text == "A Night\n\nIt was dark."


CHAPTER = (
    b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><h2>%s</h2><p>Text of %s.</p></body></html>'
)
PAGED = {
    "src/epub/content.opf": b'<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
    b"<dc:title>Paged</dc:title><dc:creator>Bob Builder</dc:creator><dc:language>en-GB</dc:language>"
    b"<dc:identifier>url:https://standardebooks.org/ebooks/bob/paged</dc:identifier>"
    b"<dc:source>https://www.gutenberg.org/ebooks/99</dc:source></metadata><manifest>"
    b'<item id="i" href="text/imprint.xhtml"/><item id="z" href="text/z-first.xhtml"/><item id="a" href="text/a-second.xhtml"/>'
    b'<item id="e" href="text/endnotes.xhtml"/></manifest>'
    b'<spine><itemref idref="i"/><itemref idref="z"/><itemref idref="a"/><itemref idref="e"/></spine></package>',
    "src/epub/text/a-second.xhtml": CHAPTER % (b"Two", b"two"),
    "src/epub/text/endnotes.xhtml": CHAPTER % (b"Notes", b"notes"),
    "src/epub/text/imprint.xhtml": b'<html><body><p>Imprint <a href="https://creativecommons.org/publicdomain/zero/1.0/">CC0</a></p></body></html>',
    "src/epub/text/z-first.xhtml": CHAPTER % (b"One", b"one"),
    "src/epub/toc.xhtml": b"<html><body><nav/></body></html>",
    "src/epub/css/core.css": b"p{}",
}
PAGED_TEXT = "One\n\nText of one.\n\n\nTwo\n\nText of two.\n\n\nNotes\n\nText of notes."


@pytest.mark.parametrize("form", ["folder", "epub", "tar"])
def test_a_paged_book_is_one_document_in_the_order_of_its_spine(tmp_path, form):
    if form == "folder":
        path = fill(tmp_path / "book", PAGED)
    else:
        data = zip_of(PAGED) if form == "epub" else tar_of(PAGED)
        path = fill(tmp_path, {f"book.{form}": data}) / f"book.{form}"
    documents = [item for item in read(path) if isinstance(item, Document)]

    assert [d.text for d in documents] == [PAGED_TEXT]
    (document,) = documents
    assert (document.title, document.meta["author"], document.language) == ("Paged", "Bob Builder", "en")
    assert document.licence == "CC0-1.0"
    assert document.url == "https://standardebooks.org/ebooks/bob/paged"
    assert document.meta["gutenberg_id"] == 99


def test_a_folder_is_one_dump_of_its_texts(tmp_path):
    fill(
        tmp_path,
        {
            "1/1.txt": BOOK,
            "2/2.txt": BOOK,
            "2/2-h/2-h.htm": PAGE,
            "README.txt": b"x",
            "x.epub": zip_of(PAGED),
            "pic.jpg": b"",
        },
    )
    dumps = SOURCE.dumps([str(tmp_path)], BooksOptions())

    assert [d.name for d in dumps] == sorted([tmp_path.name, "x.epub"])
    found = read(tmp_path)
    assert sorted(i.record for i in found if isinstance(i, Document)) == ["1/1.txt", "2/2.txt", "src/epub"]
    assert [i for i in found if getattr(i, "record", "").endswith("htm")] == [
        Skipped("other_format", "2/2-h/2-h.htm", 0)
    ]


PG19 = {
    "train/10.txt": b"Train text.",
    "test/11.txt": b"Test text.",
    "validation/12.txt": b"Validation text.",
    "metadata.csv": b'10,"A Title, quoted",1890,http://www.gutenberg.org/ebooks/10\n11,B,1891,u\n',
}


def test_pg19_has_its_titles_and_leaves_the_benchmark_out(tmp_path):
    found = read(fill(tmp_path / "pg19", PG19))

    (document,) = (item for item in found if isinstance(item, Document))
    assert (document.text, document.title, document.created) == ("Train text.", "A Title, quoted", "1890")
    assert document.meta["publication_date"] == "1890"
    assert document.meta["url"] == "http://www.gutenberg.org/ebooks/10"
    assert sorted((i.rule, i.record) for i in found if isinstance(i, Skipped)) == [
        ("metadata", "metadata.csv"),
        ("pg19_benchmark", "test/11.txt"),
        ("pg19_benchmark", "validation/12.txt"),
    ]


def test_the_benchmark_can_be_kept_as_redpajama_did(tmp_path):
    found = read(fill(tmp_path / "pg19", PG19), exclude_pg19_benchmark=False)

    assert len([item for item in found if isinstance(item, Document)]) == 3


@pytest.mark.parametrize("count", [2, 3, 8])
@pytest.mark.parametrize("form", ["tar", "folder"])
def test_stripes_give_the_same_books_as_one_part(tmp_path, form, count):
    files = ARCHIVE | PAGED | {"20-h/20-h.htm": PAGE}
    path = fill(tmp_path / "b", files) if form == "folder" else fill(tmp_path, {"b.tar": tar_of(files)}) / "b.tar"
    (dump,) = SOURCE.dumps([str(path)], BooksOptions())
    whole = list(SOURCE.read(Part(dump=dump), BooksOptions()))
    striped = [
        i for s in range(count) for i in SOURCE.read(Part(dump=dump, stripe=s, num_stripes=count), BooksOptions())
    ]

    def key(item):
        return item.record

    assert sorted(striped, key=key) == sorted(whole, key=key)


def test_hostile_and_broken_members_are_quarantined(tmp_path):
    files = {"../../x.txt": BOOK, "binary.txt": b"\0\1\2" * 100, "good.txt": BOOK}
    found = read(fill(tmp_path, {"b.tar": tar_of(files)}) / "b.tar")

    assert [type(i) for i in found] == [Quarantined, Quarantined, Document]


def test_a_damaged_text_is_quarantined(tmp_path):
    (found,) = read(fill(tmp_path, {"a.txt.xz": lzma.compress(BOOK * 50)[:200]}) / "a.txt.xz")

    assert isinstance(found, Quarantined)
    assert "damaged" in found.reason


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (b"<p>One</p><p>Two <i>slanted</i> words</p>", "One\n\nTwo slanted words"),
        (b"<p><span>A line</span><br/><span>another</span></p>", "A line\nanother"),
        (b"<pre>  kept\n    as is</pre>", "  kept\n    as is".strip()),
        (b"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td"),
        (b"<script>x</script><style>y</style><p>z</p>tail", "z\n\ntail"),
        (b'<p>Note<a xmlns:epub="http://www.idpf.org/2007/ops" epub:type="noteref" href="#n">1</a>.</p>', "Note."),
        (b"<p>a&mdash;b &amp; c&#8212;d &unknown; e</p>", "a—b & c—d &unknown; e"),
        (b"<p>unclosed <b>tags", "unclosed tags"),
        (b"<div>a<div>b</div>c</div>", "a\nb\nc"),
        (b"<p>soft\xc2\xadhyphen and\xc2\xa0space</p>", "softhyphen and space"),
    ],
)
def test_pages_become_text(page, text):
    assert xhtml_book.page_text(b'<html><head><meta charset="utf-8"/></head><body>' + page + b"</body></html>") == text


def test_no_entity_reads_a_file(tmp_path):
    secret = fill(tmp_path, {"secret": b"SECRET"}) / "secret"
    page = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><html><body><p>a &x; &b;</p></body></html>'
    text = xhtml_book.page_text(page.encode())

    assert "SECRET" not in (text or "")


def test_deep_nesting_is_no_recursion():
    page = b"<html><body>" + b"<div>" * 20_000 + b"deep" + b"</div>" * 20_000 + b"</body></html>"

    assert xhtml_book.page_text(page) is None or "deep" in (xhtml_book.page_text(page) or "deep")


# --- real books ---


@pytest.fixture(scope="module")
def real(realdata):
    return read(realdata / "books")


def test_every_real_book_is_read(real):
    documents = [item for item in real if isinstance(item, Document)]

    assert not [item for item in real if isinstance(item, Quarantined)]
    assert len(documents) == 95
    assert sum(d.encoding_repairs for d in documents) == 0
    assert all("\r" not in d.text and "\ufeff" not in d.text for d in documents)


def test_every_real_book_of_project_gutenberg_is_described(real):
    documents = [item for item in real if isinstance(item, Document)]
    gutenberg = [d for d in documents if d.meta["gutenberg_id"] and "epub" not in d.record]

    assert len(gutenberg) >= 89
    assert all(d.title and d.licence and d.licence_evidence and d.url for d in gutenberg)
    copyrighted = sorted(d.title for d in gutenberg if d.licence == "LicenseRef-Project-Gutenberg-copyrighted")
    assert copyrighted == ["Metamorphosis", "Peter Pan Peter Pan and Wendy"]
    assert {d.language for d in gutenberg} >= {"en", "fr"}


def test_real_standard_ebooks_are_cc0_and_in_order(real):
    books = [d for d in real if isinstance(d, Document) and d.licence == "CC0-1.0"]

    assert [d.meta["num_chapters"] for d in books] == [27, 12]
    assert books[1].text.startswith("A Scandal in Bohemia\n\nI\n\nTo Sherlock Holmes she is always the woman.")
    assert "Uncopyright" not in books[0].text


def test_a_real_japanese_book_has_no_readings_left(real):
    (book,) = (d for d in real if isinstance(d, Document) and d.language == "ja")

    assert book.title == "吾輩は猫である"
    assert not set("《》｜［］※〔〕〓") & set(book.text)
