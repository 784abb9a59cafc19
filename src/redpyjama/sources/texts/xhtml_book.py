"""Books as XHTML, a file a chapter: EPUB as Standard Ebooks and others make it, and the HTML of Project Gutenberg.

Files are read by a parser that resolves no entity but HTML's own, and opens nothing.
"""

from __future__ import annotations

import html
import posixpath
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - compiled, no stubs

from redpyjama import limits

_BLOCKS = frozenset(
    "p div section article header footer h1 h2 h3 h4 h5 h6 hgroup blockquote li ul ol dl dt dd table tr figure "
    "figcaption pre hr body aside nav main caption center address form".split()
)
_LEFT_OUT = frozenset("head script style svg math img object audio video noscript template iframe".split())
_SPACED = frozenset("p h1 h2 h3 h4 h5 h6 blockquote table ul ol dl pre figure hr".split())
_NOT_THE_BOOK = re.compile(
    r"(?:^|/)(?:imprint|colophon|uncopyright|copyright|titlepage|halftitle(?:page)?|half-title|toc|nav|loi|cover|landmarks"
    r"|copyright-page|wrap\d+|coverpage)[\w-]*\.x?html?$",
    re.IGNORECASE,
)
_FRONT = ("dedication", "epigraph", "foreword", "preface", "prologue", "introduction", "prelude", "preamble")
_BACK = ("epilogue", "afterword", "conclusion", "appendix", "glossary", "endnotes", "notes", "index", "bibliography")
_NUMBERS = re.compile(r"(\d+)")
_NAMESPACE = re.compile(r"^\{[^}]*\}")
_TYPE = "{http://www.idpf.org/2007/ops}type"
_ENTITY_OF_XML = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)([A-Za-z][A-Za-z0-9]*);")
_PAGE_NUMBER = re.compile(r"pagenum|pageno|pagebreak|\bpage\b", re.IGNORECASE)


@dataclass(slots=True)
class Facts:
    """What a book says of itself; "" for what it does not."""

    title: str = ""
    author: str = ""
    language: str = ""
    licence: str = ""
    evidence: str = ""
    url: str = ""
    gutenberg_url: str = ""
    date: str = ""


@dataclass(slots=True)
class Book:
    """A book.

    Attributes:
        text: Chapters in reading order; paragraphs are lines with a blank line between them.
        chapters: The files that it was made of.
        num_broken: Chapters that could not be parsed at all.
    """

    text: str = ""
    facts: Facts = field(default_factory=Facts)
    chapters: list[str] = field(default_factory=list[str])
    num_broken: int = 0


def read(files: Mapping[str, bytes]) -> Book:
    """Put a book together from the files of an unpacked EPUB (chapters, content.opf, table of contents)."""
    book = Book(facts=_facts(files))
    texts: list[str] = []
    for name in _reading_order(files):
        text = page_text(files[name])
        if text is None:
            book.num_broken += 1
        elif text:
            book.chapters.append(name)
            texts.append(text)
    book.text = "\n\n\n".join(texts)
    return book


def page_text(page: bytes) -> str | None:
    """Return the text of a page, "" for one without any; None where it can't be parsed."""
    root = _parse(page)
    if root is None:
        return None
    body = next((e for e in root.iter() if _tag(e) == "body"), root)
    return _text(body)


def _parse(page: bytes) -> Any:
    """Parse as XML, or, where that fails, as the HTML that browsers read."""
    if len(page) > limits.MAX_HTML_BYTES or not page.strip():
        return None
    known = _ENTITY_OF_XML.sub(lambda found: html.unescape(found[0].decode()).encode(), page)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(known, parser)
    except (etree.XMLSyntaxError, ValueError):
        pass
    try:
        return etree.fromstring(page, etree.HTMLParser(no_network=True, huge_tree=False))
    except (etree.XMLSyntaxError, etree.ParserError, ValueError):
        return None


def _tag(element: Any) -> str:
    return _NAMESPACE.sub("", element.tag).lower() if isinstance(element.tag, str) else ""


def _is_left_out(element: Any, tag: str) -> bool:
    if not tag:
        return False  # an entity: its attributes are None
    kind = element.get(_TYPE, "") + " " + element.get("role", "")
    if "noteref" in kind or "backlink" in kind or "pagebreak" in kind:
        return True
    return tag in _LEFT_OUT or (tag in ("span", "a") and bool(_PAGE_NUMBER.search(element.get("class", ""))))


def _text(body: Any) -> str:
    """Walk the tree without recursion: a hostile page is nested deeper than Python's stack."""
    pieces: list[str] = []
    verbatim = 0
    skipped: Any = None
    for event, element in etree.iterwalk(body, events=("start", "end", "comment", "pi")):
        if event in ("comment", "pi"):
            if skipped is None and element.tail:
                pieces.append(_inline(element.tail, verbatim))
            continue
        tag = _tag(element)
        if event == "start":
            if skipped is None and _is_left_out(element, tag):
                skipped = element
            if skipped is None:
                _start(pieces, tag)
                verbatim += tag == "pre"
                pieces.append(_inline(element.text or "", verbatim))
            continue
        if skipped is None:
            verbatim -= tag == "pre"
            _end(pieces, tag)
        elif skipped is element:
            skipped = None
        if skipped is None and element is not body:
            pieces.append(_inline(element.tail or "", verbatim))
    return _joined("".join(pieces))


_BREAK, _PARAGRAPH = "\x01", "\x02"  # no page holds them: XML forbids these characters, and HTML's are taken out
_TYPESETTING = str.maketrans(
    {_BREAK: "", _PARAGRAPH: "", "\N{WORD JOINER}": "", "\N{SOFT HYPHEN}": "", "\N{NO-BREAK SPACE}": " "}
    | dict.fromkeys("\N{HAIR SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}", " ")
)
"""What tells a typesetter how to break lines, and a reader nothing."""


def _inline(text: str, verbatim: int) -> str:
    text = text.translate(_TYPESETTING)
    return text.replace("\n", _BREAK) if verbatim else re.sub(r"[ \t\r\n\f]+", " ", text)


def _start(pieces: list[str], tag: str) -> None:
    if tag in _BLOCKS:
        pieces.append(_PARAGRAPH if tag in _SPACED else _BREAK)


def _end(pieces: list[str], tag: str) -> None:
    if tag == "br":
        pieces.append(_BREAK)
    elif tag in ("td", "th"):
        pieces.append("\t")
    elif tag in _BLOCKS:
        pieces.append(_PARAGRAPH if tag in _SPACED else _BREAK)


def _joined(text: str) -> str:
    """Turn breaks into lines, with one blank line between paragraphs and none within; a gap of three breaks is one."""
    paragraphs: list[str] = []
    for paragraph in text.split(_PARAGRAPH):
        lines = [line.rstrip(" \t") for line in paragraph.split(_BREAK)]
        lines = [line[1:] if line[:1] == " " and line[:2] != "  " else line for line in lines]
        kept = "\n".join(lines).strip("\n")
        if kept:
            paragraphs.append(re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<!\n)\n\n(?!\n)", "\n", kept)))
    return "\n\n".join(paragraphs).strip()


def _reading_order(files: Mapping[str, bytes]) -> list[str]:
    """Return the chapters: by the package's spine, else by the table of contents, else by name."""
    pages = [name for name in files if name.lower().endswith((".xhtml", ".html", ".htm"))]
    pages = [name for name in pages if not _NOT_THE_BOOK.search(name)]
    listed = _spine(files) or _contents(files)
    order = {name: number for number, name in enumerate(listed)}
    known = [name for name in pages if name in order]
    if len(known) * 2 < len(pages):
        return sorted(pages, key=_by_name)
    front = [name for name in pages if name not in order and _stem(name).startswith(_FRONT)]
    back = [name for name in pages if name not in order and name not in front]
    return [*sorted(front, key=_by_name), *sorted(known, key=order.__getitem__), *sorted(back, key=_by_name)]


def _stem(name: str) -> str:
    return posixpath.splitext(posixpath.basename(name))[0].lower()


def _by_name(name: str) -> tuple[int, list[tuple[int, int, str]]]:
    stem = _stem(name)
    place = -1 if stem.startswith(_FRONT) else 1 if stem.startswith(_BACK) else 0
    pieces = _NUMBERS.split(stem)
    return place, [(1, int(piece), "") if piece.isdecimal() else (0, 0, piece) for piece in pieces]


def _linked(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, urllib.parse.unquote(href.partition("#")[0])))


def _package(files: Mapping[str, bytes]) -> tuple[str, Any]:
    name = next((name for name in sorted(files) if name.lower().endswith(".opf")), "")
    return name, _parse(files[name]) if name else None


def _spine(files: Mapping[str, bytes]) -> list[str]:
    name, root = _package(files)
    if root is None:
        return []
    items = {e.get("id"): e.get("href", "") for e in root.iter() if _tag(e) == "item"}
    refs = [items.get(e.get("idref"), "") for e in root.iter() if _tag(e) == "itemref"]
    return [_linked(posixpath.dirname(name), href) for href in refs if href]


def _contents(files: Mapping[str, bytes]) -> list[str]:
    name = next((n for n in sorted(files) if re.search(r"(?:^|/)(?:toc|nav)\.x?html$", n)), "")
    root = _parse(files[name]) if name else None
    if root is None:
        return []
    links = [e.get("href", "") for e in root.iter() if _tag(e) == "a"]
    return list(dict.fromkeys(_linked(posixpath.dirname(name), href) for href in links if href))


def _facts(files: Mapping[str, bytes]) -> Facts:
    """Gather what package, title page, imprint and licence page say."""
    facts = Facts()
    _, package = _package(files)
    if package is not None:
        _add_package(facts, package)
    for name in sorted(files):
        if not _NOT_THE_BOOK.search(name) or (root := _parse(files[name])) is None:
            continue
        if "titlepage" in name and "half" not in name:
            _add_title_page(facts, root)
        for link in (e.get("href", "") for e in root.iter() if _tag(e) == "a"):
            if re.match(r"https://standardebooks\.org/ebooks/[^#]+$", link):
                facts.url = facts.url or link
            elif re.match(r"https?://www\.gutenberg\.org/ebooks/\d+$", link):
                facts.gutenberg_url = facts.gutenberg_url or link
            elif "creativecommons.org/publicdomain/zero/1.0" in link and not facts.licence:
                facts.licence, facts.evidence = "CC0-1.0", f"{posixpath.basename(name)}: links {link}"
    return facts


def _add_package(facts: Facts, package: Any) -> None:
    for element in package.iter():
        text = " ".join((element.text or "").split())
        match _tag(element):
            case "title" if not facts.title:
                facts.title = text
            case "creator" if not facts.author:
                facts.author = text
            case "language" if not facts.language:
                facts.language = text
            case "date" if not facts.date and re.match(r"\d{4}", text):
                facts.date = text
            case "rights" if "zero/1.0" in text or "CC0" in text:
                facts.licence, facts.evidence = "CC0-1.0", f"dc:rights: {text[:200]}"
            case "identifier" | "source" if text.startswith(("http", "url:http")):
                link = text.removeprefix("url:")
                if "standardebooks.org" in link:
                    facts.url = facts.url or link
                elif "gutenberg.org/ebooks/" in link:
                    facts.gutenberg_url = facts.gutenberg_url or link
            case _:
                pass


def _add_title_page(facts: Facts, root: Any) -> None:
    language = root.get("{http://www.w3.org/XML/1998/namespace}lang", "")
    facts.language = facts.language or language
    for element in root.iter():
        kind = element.get(_TYPE, "") if isinstance(element.tag, str) else ""
        text = " ".join("".join(element.itertext()).split()) if kind else ""
        if kind.split()[:1] == ["title"] and _tag(element) == "h1":
            facts.title = facts.title or text
        elif "z3998:author" in kind:
            facts.author = facts.author or text
