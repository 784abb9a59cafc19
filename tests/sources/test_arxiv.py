"""The arxiv source: monthly archives, single e-prints, and what must not come out of them."""

from __future__ import annotations

import gzip
import io
import json
import pathlib
import tarfile
import zipfile

import pytest

from redpyjama import limits
from redpyjama.document import Document, to_batch
from redpyjama.sources import arxiv_names
from redpyjama.sources.arxiv import SOURCE, ArxivOptions
from redpyjama.stage import Part, Quarantined, Skipped

PAPER = (
    b"\\documentclass{article}\n\\title{A Paper}\\author{Ann Author}\n\\newcommand{\\x}[1]{<#1>}\n\\begin{document}\n"
    b"\\begin{abstract}Short.\\end{abstract}\n\\section{One}\nText \\x{a}. % comment\n\\end{document}\n"
)
TEXT = "\\title{A Paper}\n\n\\begin{abstract}Short.\\end{abstract}\n\\section{One}\nText <a>."


def tar_of(files: dict[str, bytes], mtime: int = 1_300_000_000) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), mtime
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(path: pathlib.Path, *, faithful=False):
    options = ArxivOptions(faithful=faithful)
    found = []
    for dump in SOURCE.dumps([str(path)], options):
        for part in SOURCE.parts(dump, options):
            found += SOURCE.read(part, options)
    return found


def write(folder: pathlib.Path, name: str, data: bytes) -> pathlib.Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("2004.14974.tar.gz", gzip.compress(tar_of({"main.tex": PAPER}), mtime=0)),
        ("2004.14974.gz", gzip.compress(tar_of({"main.tex": PAPER}), mtime=0)),
        ("2004.14974.gz", gzip.compress(PAPER, mtime=0)),
        ("2004.14974.tar", tar_of({"main.tex": PAPER})),
        ("2004.14974v2.zip", zip_of({"main.tex": PAPER})),
        ("2004.14974.tex", PAPER),
    ],
    ids=["tar.gz", "tar.gz called gz", "bare gz", "tar", "zip", "tex"],
)
def test_an_eprint_is_one_paper(tmp_path, name, data):
    (document,) = read(write(tmp_path, name, data))

    assert document.text == TEXT
    assert (document.record, document.offset) == (name, 0)
    assert document.url == "https://arxiv.org/abs/2004.14974"
    assert document.title == "A Paper"
    assert document.created == "2020-04"
    assert document.attribution == "“A Paper”, by Ann Author, https://arxiv.org/abs/2004.14974"
    assert document.licence is None
    keys = ["timestamp", "yymm", "arxiv_id", "language", "url", "source"]
    assert list(document.meta)[: len(keys)] == keys


MONTH = {
    "0501/hep-th0501001.gz": gzip.compress(PAPER),
    "0501/math0501234.gz": gzip.compress(tar_of({"a.tex": PAPER, "fig.eps": b"%!PS"})),
    "0501/math0501235.pdf": b"%PDF-1.4",
    "0501/math0501236.gz": gzip.compress(b"%!PS-Adobe-2.0\n"),
    "0501/math0501237.gz": gzip.compress(b"<html><body>x</body></html>"),
    "0501/math0501238.gz": gzip.compress(b"%auto-ignore\r\nThis paper has been withdrawn \\today\n"),
    "0501/math0501239.gz": gzip.compress(tar_of({"paper.pdf": b"%PDF-1.4"})),
    "0501/math0501240.gz": gzip.compress(PAPER * 5000)[:2000],
    "0501/math0501241.gz": gzip.compress(tar_of({"readme.txt": b"nothing here"})),
    "../0501/math0501242.gz": gzip.compress(PAPER),
}
OUTCOME = {
    "0501/hep-th0501001.gz": "document",
    "0501/math0501234.gz": "document",
    "0501/math0501235.pdf": "pdf_only",
    "0501/math0501236.gz": "postscript_only",
    "0501/math0501237.gz": "html_only",
    "0501/math0501238.gz": "withdrawn",
    "0501/math0501239.gz": "pdf_only",
    "0501/math0501240.gz": "quarantined",
    "0501/math0501241.gz": "no_tex",
    "../0501/math0501242.gz": "quarantined",
}


def outcome(item) -> str:
    return item.rule if isinstance(item, Skipped) else type(item).__name__.lower()


def test_a_month_gives_a_record_for_each_member(tmp_path):
    found = read(write(tmp_path, "arXiv_src_0501_001.tar", tar_of(MONTH)))

    assert {item.record: outcome(item) for item in found} == OUTCOME
    assert len(found) == len(OUTCOME)
    first, second = (item for item in found if isinstance(item, Document))
    assert first.meta["arxiv_id"] == "hep-th/0501001"
    assert second.url == "https://arxiv.org/abs/math/0501234"
    assert second.created == "2005-01"
    assert second.meta["timestamp"] == "2011-03-13T07:06:40"
    assert first.offset == 512
    to_batch("arxiv", "d", [first, second]).validate(full=True)


@pytest.mark.parametrize("count", [2, 3, 7, 20])
def test_stripes_give_the_same_papers_as_one_part(tmp_path, count):
    path = write(tmp_path, "arXiv_src_0501_001.tar", tar_of(MONTH))
    (dump,) = SOURCE.dumps([str(path)], ArxivOptions())
    whole = list(SOURCE.read(Part(dump=dump), ArxivOptions()))
    striped = [
        i for s in range(count) for i in SOURCE.read(Part(dump=dump, stripe=s, num_stripes=count), ArxivOptions())
    ]

    assert sorted(striped, key=lambda i: (i.offset, i.record)) == sorted(whole, key=lambda i: (i.offset, i.record))


def test_a_month_is_cut_by_its_size(tmp_path, monkeypatch):
    path = write(tmp_path, "month.tar", tar_of(MONTH))
    monkeypatch.setattr(limits, "PART_BYTES_MIN", 4096)
    (dump,) = SOURCE.dumps([str(path)], ArxivOptions())

    assert len(SOURCE.parts(dump, ArxivOptions())) > 1


def test_refused_members_are_quarantined_and_the_paper_is_read(tmp_path):
    files = {
        "../../._ir.png": b"x",
        "c:\\data\\windows.txt": b"x",
        "/etc/passwd": b"x",
        "main.tex": PAPER,
    }
    found = read(write(tmp_path, "x.tar.gz", gzip.compress(tar_of(files))))

    assert [type(item) for item in found] == [Quarantined] * 3 + [Document]
    assert all("points outside" in item.reason for item in found[:3])
    assert found[3].text == TEXT


def test_only_the_paper_is_taken_from_a_crowded_archive(tmp_path):
    files = {
        "._main.tex": b"\0\5\26\7 binary AppleDouble \\documentclass \\begin{document}",
        "__MACOSX/main.tex": b"\0\1",
        ".DS_Store": b"\0",
        "main.tex": b"\\documentclass{a}\\begin{document}\\input{one}\\end{document}",
        "one.tex": b"The one that counts.",
        "old/one.tex": b"An old draft.",
        "copy/main.tex": b"\\documentclass{a}\\begin{document}Second copy.\\end{document}",
        "response.tex": b"\\documentclass{a}\\begin{document}Dear editor.\\end{document}",
        "figure.pdf": b"%PDF",
    }
    (document,) = read(write(tmp_path, "x.tar.gz", gzip.compress(tar_of(files))))

    assert document.text == "The one that counts."
    assert document.meta["main_file"] == "main.tex"
    assert document.meta["other_documents"] == ["copy/main.tex", "response.tex"]
    assert document.url is None
    assert document.created is None


def test_archives_in_archives_are_opened_where_there_is_no_paper_outside(tmp_path):
    inner = zip_of({"deep/paper.tex": PAPER})
    (document,) = read(write(tmp_path, "x.tar", tar_of({"src.zip": inner, "letter.txt": b"hello"})))
    assert document.text == TEXT

    (document,) = read(
        write(
            tmp_path,
            "x.tar",
            tar_of({"main.tex": b"\\documentclass{a}\\begin{document}Outer\\end{document}", "anc.zip": inner}),
        )
    )
    assert document.text == "Outer"


def test_a_bomb_is_quarantined(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 1_000_000)
    (found,) = read(write(tmp_path, "2004.00001.gz", gzip.compress(b"\\" * 2_000_000)))

    assert isinstance(found, Quarantined)
    assert "MAX_RECORD_BYTES" in found.reason


def test_a_macro_bomb_is_quarantined(tmp_path):
    bomb = (
        b"\\documentclass{a}"
        + b"".join(b"\\def\\%c{\\%c\\%c}" % (c, c + 1, c + 1) for c in range(97, 121))
        + b"\\begin{document}\\a\\end{document}"
    )
    (found,) = read(write(tmp_path, "2004.00001.tex", bomb))

    assert isinstance(found, Quarantined)
    assert "MAX_MACRO_OUTPUT_RATIO" in found.reason


def test_licences_come_from_arxivs_metadata(tmp_path):
    lines = [
        {"id": "2004.00001", "license": "http://creativecommons.org/licenses/by/4.0/"},
        {"id": "2004.00002", "license": "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"},
        {"id": "2004.00003", "license": None},
        "broken",
        {"id": "math/0501234", "license": "http://creativecommons.org/publicdomain/zero/1.0/"},
    ]
    write(tmp_path, "arxiv-metadata-oai-snapshot.json", b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    for name in ("2004.00001", "2004.00002", "2004.00003", "2004.00004", "math0501234"):
        write(tmp_path, f"{name}.gz", gzip.compress(PAPER))
    found = read(tmp_path)

    licences = {d.meta["arxiv_id"]: d.licence for d in found if isinstance(d, Document)}
    assert licences == {
        "2004.00001": "CC-BY-4.0",
        "2004.00002": "LicenseRef-arXiv-nonexclusive-distrib-1.0",
        "2004.00003": None,
        "2004.00004": None,
        "math/0501234": "CC0-1.0",
    }
    assert [i for i in found if isinstance(i, Skipped)] == [Skipped("metadata", "arxiv-metadata-oai-snapshot.json", 0)]
    assert "license http://creativecommons" in next(d for d in found if isinstance(d, Document)).licence_evidence


def test_a_licence_can_be_stated_in_the_preamble(tmp_path):
    stated = PAPER.replace(b"\\title", b"\\usepackage[type={CC},modifier={by-sa},version={4.0}]{doclicense}\\title")
    (document,) = read(write(tmp_path, "x.tex", stated))

    assert document.licence == "CC-BY-SA-4.0"


def test_the_language_is_that_of_babel(tmp_path):
    french = PAPER.replace(b"\\title", b"\\usepackage[english,french]{babel}\\title")
    (document,) = read(write(tmp_path, "x.tex", french))

    assert (document.language, document.meta["language"]) == ("fr", "fr")


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("2004.14974.gz", "2004.14974"),
        ("2004.14974v12.tar.gz", "2004.14974"),
        ("0704.0001.pdf", "0704.0001"),
        ("0501/math0501234.gz", "math/0501234"),
        ("hep-th9108028.gz", "hep-th/9108028"),
        ("cond-mat0001001v1.gz", "cond-mat/0001001"),
        ("my-paper.tar.gz", None),
        ("data0501234.gz", None),
        ("2013.14974.gz", None),
        ("12004.149741.gz", None),
    ],
)
def test_identifiers_are_read_from_names(name, identifier):
    found = arxiv_names.identify(name)

    assert (found.id if found else None) == identifier


def test_the_month_of_an_old_identifier_has_its_century():
    assert arxiv_names.identify("hep-th9108028.gz").month == "1991-08"
    assert arxiv_names.identify("math0501234.gz").month == "2005-01"


def test_faithful_takes_files_in_archive_order_and_drops_what_is_not_utf8(tmp_path):
    files = {"b.tex": b"\\section{B} b% note\n", "a.tex": b"\\section{A} a"}
    (document,) = read(write(tmp_path, "x.tar", tar_of(files)), faithful=True)
    assert document.text == "\\section{B} \n\n\\section{A} a"

    (skipped,) = read(write(tmp_path, "x.tar", tar_of(files | {"c.tex": b"\\section{\xe9}"})), faithful=True)
    assert skipped == Skipped("not_utf8", "x.tar", 0)


def test_a_trial_takes_a_share_of_the_papers(tmp_path):
    month = {f"2004/2004.{n:05d}.gz": gzip.compress(PAPER) for n in range(1, 61)}
    path = write(tmp_path, "arXiv_src_2004_001.tar", tar_of(month))
    (dump,) = SOURCE.dumps([str(path)], ArxivOptions())
    found = list(SOURCE.read(Part(dump=dump, fraction=0.5), ArxivOptions()))

    assert 10 < len(found) < 50


# --- real papers ---


@pytest.fixture(scope="module")
def real(realdata):
    found = {}
    options = ArxivOptions()
    for dump in SOURCE.dumps([str(realdata / "arxiv")], options):
        found[dump.name] = [item for part in SOURCE.parts(dump, options) for item in SOURCE.read(part, options)]
    return found


def test_every_real_eprint_is_exactly_one_document(real):
    assert len(real) == 17
    for name, items in real.items():
        assert [type(item) for item in items] == [Document], name
        (document,) = items
        assert document.title
        assert "\\section" in document.text
        assert document.text.startswith("\\title{")
        assert "\\begin{abstract}" in document.text
        for gone in ("\\begin{thebibliography}", "\\bibliography{", "\\documentclass", "\\newcommand{", "\0"):
            assert gone not in document.text, (name, gone)


def test_second_copies_are_not_taken(real):
    (paper,) = real["ccl_paper.tar.gz"]

    assert paper.meta["main_file"] == "main.tex"
    assert paper.meta["other_documents"] == ["version_Arxiv/main.tex"]
    assert paper.text.count("\\section{Introduction}") == 1


def test_numbers_defined_as_macros_are_in_the_text(real):
    (paper,) = real["celerite-paper.tar.gz"]

    assert paper.meta["num_expanded"] > 500
    assert "\\rotationperiod" not in paper.text
    assert "3.80 \\pm 0.15" in paper.text


def test_the_faithful_cleaner_reads_every_real_eprint(realdata):
    for name, items in ((p.name, read(p, faithful=True)) for p in sorted((realdata / "arxiv").glob("*/*.gz"))):
        (document,) = items
        assert isinstance(document, Document), name
        assert document.text.startswith("\\")
