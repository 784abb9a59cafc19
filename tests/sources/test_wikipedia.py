"""Exports of wikis: every container, every schema, broken ones, and parts that make up the whole."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import pathlib

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redpyjama import limits
from redpyjama.document import Document, to_batch
from redpyjama.errors import InputError
from redpyjama.sources import wikipedia
from redpyjama.sources.wiki import mediawiki_dump, mediawiki_xml
from redpyjama.sources.wiki.mediawiki_xml import Page, Piece
from redpyjama.stage import Dump, Part, Quarantined, Skipped

OPTIONS = wikipedia.Options()
HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="de">
  <siteinfo><sitename>Wikipedia</sitename><dbname>dewiki</dbname>
    <base>https://de.wikipedia.org/wiki/Wikipedia:Hauptseite</base>
    <namespaces><namespace key="-2" case="first-letter">Medium</namespace><namespace key="0" case="first-letter" />
      <namespace key="1" case="first-letter">Diskussion</namespace><namespace key="6">Bildchen</namespace>
      <namespace key="14">Sammlung</namespace></namespaces>
  </siteinfo>
"""


def page(title: str, text: str, number: int = 1, ns: str = "<ns>0</ns>", extra: str = "", attributes: str = "") -> str:
    return (
        f"  <page><title>{title}</title>{ns}<id>{number}</id>{extra}<revision><id>{number + 1000}</id>"
        f"<timestamp>2024-05-06T07:08:09Z</timestamp><model>wikitext</model>"
        f'<text xml:space="preserve"{attributes}>{text}</text></revision></page>\n'
    )


def export(*pages: str, head: str = HEAD) -> bytes:
    return (head + "".join(pages) + "</mediawiki>\n").encode()


def records(path: pathlib.Path, options: wikipedia.Options = OPTIONS) -> list[Document | Skipped | Quarantined]:
    (dump,) = wikipedia.dumps([str(path)], options)
    return [r for part in wikipedia.parts(dump, options) for r in wikipedia.read(part, options)]


def write(folder: pathlib.Path, data: bytes, name: str = "dewiki-20240520-pages-articles.xml") -> pathlib.Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_document(tmp_path: pathlib.Path) -> None:
    data = export(page("Ä &amp; B", "'''Ä''' [[Bildchen:x.jpg|mini]] &lt;ref&gt;x&lt;/ref&gt; [[Sammlung:C]]", 7))
    (found,) = records(write(tmp_path, data))
    assert isinstance(found, Document)
    assert found.text == "Ä"
    assert found.title == "Ä & B"
    assert found.url == "https://de.wikipedia.org/wiki/%C3%84_%26_B"
    assert (found.language, found.created, found.record) == ("de", "2024-05-06T07:08:09Z", "7")
    assert found.offset == data.index(b"<page>")
    assert found.licence == "CC-BY-SA-4.0"
    assert found.licence_evidence is not None
    assert "20240520" in found.licence_evidence
    expected = '"Ä & B" by Wikipedia contributors, revision 1007 of 2024-05-06, '
    assert found.attribution == f"{expected}{found.url}, CC-BY-SA-4.0"
    assert list(found.meta) == ["title", "url", "language", "timestamp", "page_id", "revision_id"]
    assert (found.meta["timestamp"], found.meta["language"]) == ("20240520", "de")
    assert to_batch("wikipedia", "x", [found]).num_rows == 1


def test_what_is_skipped(tmp_path: pathlib.Path) -> None:
    data = export(
        page("Diskussion:A", "Text", 1, "<ns>1</ns>"),
        page("B", "#WEITERLEITUNG [[C]]", 2, extra='<redirect title="C" />'),
        page("D", "#WEITERLEITUNG [[C]]", 3),
        page("E", "{{x}}", 4),
        page("F", "", 5, attributes=' deleted="deleted"'),
        page("G", "{}", 6).replace("<model>wikitext", "<model>json"),
        page("Diskussion:H", "Text", 7, ns=""),
        page("I: the rest", "Text", 8, ns=""),
        page("J", "# eins\n# [[zwei]]", 9),
    )
    found = records(write(tmp_path, data))
    assert [r.rule if isinstance(r, Skipped) else r.text for r in found if not isinstance(r, Quarantined)] == [
        "other_namespace", "redirect", "redirect", "", "text_deleted", "not_wikitext", "other_namespace", "Text",
        "1. eins\n2. zwei",
    ]  # fmt: skip
    assert {r.rule for r in found if isinstance(r, Skipped)} <= set(wikipedia.SOURCE.skips)
    listed = records(write(tmp_path, data), wikipedia.Options(languages=("en",)))
    assert {r.rule for r in listed if isinstance(r, Skipped)} == {"other_namespace", "redirect", "language_not_listed"}
    assert not [r for r in listed if isinstance(r, Document)]


@pytest.mark.parametrize("kind", ["plain", "bz2", "multistream", "gz", "xz", "7z", "utf-16"])
def test_containers(tmp_path: pathlib.Path, kind: str) -> None:
    pages = [page(f"T{i}", f"Text {i}.", i) for i in range(20)]
    data = export(*pages)
    path = tmp_path / "dewiki-20240520-pages-articles.xml"
    match kind:
        case "bz2":
            path.write_bytes(bz2.compress(data))
        case "multistream":
            path.write_bytes(b"".join(bz2.compress(part.encode()) for part in (HEAD, *pages, "</mediawiki>")))
        case "gz":
            path.write_bytes(gzip.compress(data[:500], mtime=0) + gzip.compress(data[500:], mtime=0))
        case "xz":
            path.write_bytes(lzma.compress(data))
        case "7z":
            with py7zr.SevenZipFile(path, "w") as archive:
                archive.writestr(data, "dewiki.xml")
        case "utf-16":
            path.write_bytes(data.decode().encode("utf-16"))
        case _:
            path.write_bytes(data)
    found = records(path)
    assert [r.text for r in found if isinstance(r, Document)] == [f"Text {i}." for i in range(20)]
    assert len(found) == 20
    assert mediawiki_dump.read_wiki(str(path)).database == "dewiki"


def test_a_cut_dump_keeps_what_precedes_the_cut(tmp_path: pathlib.Path) -> None:
    data = export(page("A", "One.", 1), page("B", "Two.", 2), page("C", "Three.", 3))
    cut = data[: data.index(b"Three")]
    found = records(write(tmp_path, cut))
    assert [r.text for r in found if isinstance(r, Document)] == ["One.", "Two."]
    broken = [r for r in found if isinstance(r, Quarantined)]
    assert [(r.record, r.offset) for r in broken] == [("3", data.rindex(b"<page>")), ("", len(cut))]
    compressed = bz2.compress(data)[:-30]
    assert all(isinstance(r, Document | Quarantined) for r in records(write(tmp_path, compressed, "a.xml.bz2")))


def test_a_page_that_is_not_closed_costs_only_itself(tmp_path: pathlib.Path) -> None:
    broken = page("B", "Two.", 2).replace("</page>", "").replace("</text></revision>", "")
    found = records(write(tmp_path, export(page("A", "One.", 1), broken, page("C", "Three.", 3))))
    assert [type(r) for r in found] == [Document, Quarantined, Document]
    assert isinstance(found[1], Quarantined)
    assert (found[1].record, found[1].reason) == ("2", "the page is not closed before the next one begins")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("</text>", "</texts>", "no well-formed XML"),
        ("<title>A</title>", "", "no <title>"),
        ('<text xml:space="preserve">One.</text>', "", "no revision with a <text>"),
        ("One.", "&undefined;", "no well-formed XML"),
    ],
)
def test_a_malformed_page_is_quarantined(tmp_path: pathlib.Path, before: str, after: str, reason: str) -> None:
    bad = page("A", "One.", 1)
    assert before in bad
    found = records(write(tmp_path, export(bad.replace(before, after), page("B", "Two.", 2))))
    assert isinstance(found[0], Quarantined)
    assert reason in found[0].reason
    assert (found[0].record, found[0].offset) == ("1", len(HEAD.encode()) + 2)
    assert isinstance(found[1], Document)


def test_invalid_characters_are_repaired_and_counted(tmp_path: pathlib.Path) -> None:
    data = export(page("A", "One@two#three&#x1F;.", 1)).replace(b"@", b"\xff").replace(b"#three", b"\x08three")
    (found,) = records(write(tmp_path, data))
    assert isinstance(found, Document)
    assert found.text == "One\ufffdtwo\ufffdthree\ufffd."
    assert found.encoding_repairs == 3


def test_entities_of_a_document_type_are_not_expanded(tmp_path: pathlib.Path) -> None:
    head = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n' + HEAD
    found = records(write(tmp_path, export(page("A", "&a;", 1), head=head)))
    assert [type(r) for r in found] == [Quarantined]


def test_a_history_gives_the_latest_revision(tmp_path: pathlib.Path) -> None:
    def revision(number: int, stamp: str, text: str) -> str:
        return f"<revision><id>{number}</id><timestamp>{stamp}</timestamp><text>{text}</text></revision>"

    revisions = [
        revision(3, "2020-01-01T00:00:00Z", "first"),
        revision(9, "2024-01-01T00:00:00Z", "latest"),
        revision(5, "2022-01-01T00:00:00Z", "second"),
    ]
    data = export(f"<page><title>A</title><ns>0</ns><id>1</id>{''.join(revisions)}</page>")
    (found,) = records(write(tmp_path, data))
    assert isinstance(found, Document)
    assert (found.text, found.meta["revision_id"]) == ("latest", "9")


def test_a_long_history_passes_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediawiki_xml, "_TRIM_BYTES", 4000)
    monkeypatch.setattr(limits, "MAX_RECORD_BYTES", 6000)
    old = b"<revision><id>1</id><timestamp>2001</timestamp><text>" + b"o" * 900 + b"</text></revision>"
    new = old.replace(b"2001", b"2002").replace(b"o" * 900, b"new")
    data = b"<page><title>A</title><id>5</id>" + old * 20 + new + old * 20 + b"</page>" + b"<page>B</page></mediawiki>"
    pieces = [Piece(data[i : i + 700], i) for i in range(0, len(data), 700)]
    found = list(mediawiki_xml.pages(pieces))
    assert found == [
        Page(b"<page><title>A</title><id>5</id>" + new + b"</page>", 0),
        Page(b"<page>B</page>", data.index(b"<page>B")),
    ]
    huge = b"<page><title>A</title><id>5</id><revision><text>" + b"x" * 30_000 + b"</text></revision></page>"
    data = huge + b"<page>B</page></mediawiki>"
    pieces = [Piece(data[i : i + 700], i) for i in range(0, len(data), 700)]
    too_long, rest = mediawiki_xml.pages(pieces)
    assert isinstance(too_long, Quarantined)
    assert ("MAX_RECORD_BYTES" in too_long.reason, too_long.record, too_long.offset) == (True, "5", 0)
    assert rest == Page(b"<page>B</page>", len(huge))


def test_a_damaged_stream_costs_its_pages(tmp_path: pathlib.Path) -> None:
    pages = [page(f"T{i}", f"Text {i} {'lorem ipsum ' * 40}{i * 7919}.", i) for i in range(12)]
    streams = [bz2.compress("".join(p).encode()) for p in ([HEAD], pages[:4], pages[4:8], pages[8:], ["</mediawiki>"])]
    middle = bytearray(streams[2])
    middle[len(middle) // 2] ^= 0xFF
    streams[2] = bytes(middle)
    path = write(tmp_path, b"".join(streams), "dewiki-20240520-pages-articles-multistream.xml.bz2")
    found = records(path)
    assert [r.record for r in found if isinstance(r, Document)] == ["0", "1", "2", "3", "8", "9", "10", "11"]
    damage = [r for r in found if isinstance(r, Quarantined)]
    assert [r.offset for r in damage] == [len(streams[0] + streams[1])]
    offsets = {r.offset for r in found if isinstance(r, Document)}
    assert offsets == {len(streams[0]), len(b"".join(streams[:3]))}


_PAGES = st.lists(
    st.tuples(st.sampled_from(["Text.", "", "#REDIRECT [[x]]", "ä" * 50, "x &lt;page&gt; y"]), st.integers(0, 3)),
    max_size=12,
)


@given(_PAGES, st.lists(st.integers(0, 4000), max_size=4), st.booleans(), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_parts_make_up_the_whole(
    tmp_path_factory: pytest.TempPathFactory,
    pages: list[tuple[str, int]],
    cuts: list[int],
    as_streams: bool,
    damage: int,
) -> None:
    sources = [page(f"T{i}", text, i) for i, (text, _) in enumerate(pages)]
    if damage == 1 and sources:
        sources[len(sources) // 2] = sources[len(sources) // 2].replace("</page>", "")
    text = (HEAD + "".join(sources) + "</mediawiki>").encode()
    text = text[: len(text) - 40] if damage == 2 else text
    data = text
    if as_streams:
        size = 200 if damage == 3 else 700  # streams that end anywhere, also inside of tags
        streams = [bz2.compress(text[i : i + size]) for i in range(0, len(text), size)]
        if damage == 3:
            streams[len(streams) // 2] = streams[len(streams) // 2][:-15]
        data = b"".join(streams)
    path = tmp_path_factory.mktemp("wiki") / "dewiki.xml"
    path.write_bytes(data)
    dump = Dump(path=str(path), name="dewiki.xml", num_bytes=len(data))
    whole = list(wikipedia.read(Part(dump=dump), OPTIONS))
    bounds = [0, *sorted({c for c in cuts if 0 < c < len(data)}), None]
    by_bytes = [Part(dump=dump, start=a or 0, stop=b) for a, b in itertools.pairwise(bounds)]
    if mediawiki_dump.container(str(path)) in ("plain", "multistream"):
        assert [r for part in by_bytes for r in wikipedia.read(part, OPTIONS)] == whole
    stripes = [Part(dump=dump, stripe=i, num_stripes=3) for i in range(3)]
    found = [r for part in stripes for r in wikipedia.read(part, OPTIONS)]
    assert sorted(map(repr, found)) == sorted(map(repr, whole))


@pytest.mark.parametrize(
    ("name", "database", "base", "lang", "code", "language", "address"),
    [
        ("frwiki-20240101-pages-articles.xml.bz2", "frwiki", "https://fr.wikipedia.org/wiki/A:B", "fr", "fr", "fr", "fr.wikipedia"),
        ("arwiki-mini.xml.bz2", "enwiki", "https://en.wikipedia.org/wiki/Main_Page", "en", "ar", "ar", "ar.wikipedia"),
        ("pages.xml", "simplewiki", "https://simple.wikipedia.org/wiki/Main_Page", "en", "simple", "en", "simple.wikipedia"),
        ("zh_min_nanwiki-latest.xml", "", "", "", "zh-min-nan", "nan", "zh-min-nan.wikipedia"),
        ("dump.xml", "enwiktionary", "https://en.wiktionary.org/wiki/A", "en", "en", "en", "en.wiktionary"),
        ("dump.xml", "", "", "it", "it", "it", "it.wikipedia"),
        ("mine.xml", "private", "http://wiki.example.org/index.php/Main", "en", "wiki", "en", "wiki.example"),
        ("mywikis.xml", "", "", "", "", None, ""),
    ],
)  # fmt: skip
def test_which_wiki(
    name: str, database: str, base: str, lang: str, code: str, language: str | None, address: str
) -> None:
    found = wikipedia.identify(name, mediawiki_dump.Wiki(database=database, base=base, language=lang))
    assert (found.code, found.language) == (code, language)
    assert address in found.address
    assert found.is_wikimedia == ("example" not in address and bool(address))


def test_licence_by_date(tmp_path: pathlib.Path) -> None:
    data = export(page("A", "Text", 1))
    for name, licence in (("dewiki-20230320-x.xml", "CC-BY-SA-3.0"), ("dewiki-20230607-x.xml", "CC-BY-SA-4.0"), ("dewiki.xml", "CC-BY-SA-4.0")):  # fmt: skip
        (found,) = records(write(tmp_path, data, name))
        assert isinstance(found, Document)
        assert found.licence == licence
    (other,) = records(write(tmp_path, data.replace(b"de.wikipedia.org", b"wiki.example.org"), "x.xml"))
    assert isinstance(other, Document)
    assert other.licence is None


def test_faithful_keeps_what_the_published_code_kept(tmp_path: pathlib.Path) -> None:
    text = "Text ({{lang|fr|mot}}; x).&lt;ref&gt;r&lt;/ref&gt;\n== Links ==\n* item\n[[Kategorie:Dinge]]\n[[Datei:x.jpg|mini|y]]"
    (found,) = records(write(tmp_path, export(page("Ä B", text))), wikipedia.Options(faithful=True))
    assert isinstance(found, Document)
    assert found.text == "Text (; x).\n\nLinks \n item\nDinge"
    assert found.url == "https://de.wikipedia.org/wiki/%C3%84%20B"


def test_dumps_of_a_directory(tmp_path: pathlib.Path) -> None:
    names = ["enwiki-pages-articles.xml.bz2", "enwiki-pages-articles-multistream-index.txt.bz2", "enwiki-abstract.xml.gz",
             "readme.md", "a/dewiki-articles1.xml-p1p200.bz2"]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = wikipedia.dumps([str(tmp_path)], OPTIONS)
    assert [d.name for d in found] == ["dewiki-articles1.xml-p1p200.bz2", "enwiki-pages-articles.xml.bz2"]


def test_a_file_that_is_no_export(tmp_path: pathlib.Path) -> None:
    for data in (b"", b"hello", b"\x00" * 100, b"7z\xbc\xaf\x27\x1c broken", b"BZh9 broken", b"\x1f\x8b broken"):
        try:
            found = records(write(tmp_path, data, "x.xml"))
        except InputError:
            continue
        assert [type(r) for r in found] in ([Quarantined], [Quarantined] * 2)


def test_real_dumps(realdata: pathlib.Path) -> None:
    counts: dict[str, list[int]] = {}
    for dump in wikipedia.dumps([str(realdata / "wikipedia")], OPTIONS):
        found = [r for part in wikipedia.parts(dump, OPTIONS) for r in wikipedia.read(part, OPTIONS)]
        counts[dump.name] = [sum(isinstance(r, kind) for r in found) for kind in (Document, Skipped, Quarantined)]
        for document in found:
            if isinstance(document, Document):
                for token in ("{{", "}}", "[[", "]]", "<ref", "\x03"):
                    assert token not in document.text or "```" in document.text or "$" in document.text, document.title
    assert counts["aawiki-20260101-pages-meta-history.xml.7z"] == [1, 506, 0]
    assert counts["ltgwiki-pages-articles.xml.bz2"] == [903, 1101, 0]
    assert counts["enwiki-mini.xml.bz2"] == [24, 3, 0]
    assert counts["zhwiki-broken-1.xml"] == [0, 2, 1]
    assert counts["zhwiki-broken-3.xml"] == [0, 2, 1]
    assert sum(c[0] for c in counts.values()) > 1060
