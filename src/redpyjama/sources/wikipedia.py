"""Wikipedia: pages-articles XML of any language -> the articles as text, with title, revision and licence.

Reads plain XML, bzip2 (one stream or many), gzip, xz, zstd and 7z, export schemas 0.4 to 0.11, whole or cut off.
Plain and multistream dumps are cut into parts by bytes; the others into stripes of pages.
A locator's offset counts plain XML bytes; in a multistream dump it is the offset of the compressed stream, as in
Wikimedia's own index. Its record is the page id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - compiled, no stubs

from redpyjama.document import Document
from redpyjama.sources import base
from redpyjama.sources.wiki import mediawiki_dump, mediawiki_xml, wikitext, wikitext_faithful
from redpyjama.sources.wiki.wikitext_names import CATEGORY_NAMES, FILE_NAMES, INTERLANGUAGE, LANGUAGES
from redpyjama.stage import Dump, Part, Quarantined, Skipped, Source

SLICE = "wikipedia"

REDPAJAMA_LANGUAGES = tuple("bg ca cs da de en es fr hr hu it nl pl pt ro ru sl sr sv uk".split())
"""The twenty of RedPajama V1. Source: its data_prep/wiki."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Recipe keys under ``[slice.wikipedia]``.

    Attributes:
        languages: Codes of the Wikipedias to keep ("en", "simple"); none means all.
        tables: "drop", or "text" for a line a row.
        faithful: Clean as the published code did: mwparserfromhell, see `wikitext_faithful`.
    """

    languages: tuple[str, ...] = ()
    tables: Literal["drop", "text"] = "drop"
    faithful: bool = False


SKIPS = {
    "other_namespace": "talk, user, template, category and other pages are not articles",
    "redirect": "a redirect has no text of its own",
    "language_not_listed": "the recipe lists other languages",
    "not_wikitext": "JSON, code and other content models are no prose",
    "text_deleted": "the revision's text was hidden by the wiki",
}

_STRIPE_PAGES = 64
"""Pages go to stripes in blocks of this many, so that neighbours stay together."""

_NAME = re.compile(r"([a-z][a-z0-9_]{1,15}?)wiki(?:[-_.]|$)")
_DATE = re.compile(r"-(20\d{6})(?:-|\.|$)")
_SIDE_FILE = re.compile(r"index|abstract|siteinfo|namespaces|stub-|rss|md5|sha1", re.IGNORECASE)
_REDIRECT = re.compile(r"\s*#[ ]?(?:redirect|[^\W\d_]{4,30})\s*:?\s*\[\[[^\[\]\n]+\]\]", re.IGNORECASE)
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_BAD_REFERENCE = re.compile(r"&#(?:x[0-9a-fA-F]+|\d+);")
_WIKIMEDIA = ("wikipedia.org", "wiktionary.org", "wikibooks.org", "wikisource.org", "wikiquote.org", "wikiversity.org",
              "wikivoyage.org")  # fmt: skip
_FOURTH_LICENCE = "20230607"
"""Day from which Wikimedia's text is CC BY-SA 4.0 (3.0 before). Source: Wikimedia terms of use of 2023-06-07, 7b."""


def dumps(inputs: list[str], options: Options) -> list[Dump]:
    """Return the dumps among the inputs; in directories, files with ".xml" in their name that hold pages."""

    def accept(path: str) -> bool:
        name = path.replace("\\", "/").rsplit("/", 1)[-1]
        return ".xml" in name.lower() and not _SIDE_FILE.search(name)

    return base.name_dumps(base.files_under(inputs, accept))


def parts(dump: Dump, options: Options) -> list[Part]:
    """Cut plain XML and multistream bzip2 by bytes, everything else into stripes."""
    by_bytes = mediawiki_dump.container(dump.path) in ("plain", "multistream")
    return base.byte_parts(dump) if by_bytes else base.stripe_parts(dump)


def read(part: Part, options: Options) -> Iterator[Document | Skipped | Quarantined]:
    """Yield the articles of one part, in the order of the dump."""
    edition = identify(part.dump.name, mediawiki_dump.read_wiki(part.dump.path))
    pieces = mediawiki_dump.pieces(part.dump.path, start=part.start, stop=part.stop)
    for index, found in enumerate(mediawiki_xml.pages(pieces)):
        mine = index // _STRIPE_PAGES % part.num_stripes == part.stripe
        if isinstance(found, Quarantined):
            # Every stripe meets what ails the dump as a whole; the first one reports it.
            if mine if found.record else part.stripe == 0:
                yield found
        elif mine and (outcome := _page(found, edition, part, options)):
            yield outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Which wiki a dump is of.

    Attributes:
        code: "en", "simple": what stands before "wiki" in its name; empty where unknown.
        language: ISO code of the language it is written in, or None.
        address: URL that titles are appended to, or empty.
        date: Of the dump, "20230320", or None.
        is_wikimedia: Whether Wikimedia's terms hold for it.
        names: Names of file and category namespaces.
        namespaces: Prefixes of all namespaces but the main one, lower case.
    """

    code: str
    language: str | None
    address: str
    date: str | None
    is_wikimedia: bool
    names: wikitext.Names
    namespaces: frozenset[str]


def identify(dump_name: str, wiki: mediawiki_dump.Wiki) -> Edition:
    """Tell the wiki from the dump's name and head; the name wins where it holds a known code.

    (Excerpts are often given a head by hand, and it is often that of enwiki.)
    """
    file_name = dump_name.rsplit("/", 1)[-1]
    named = _NAME.match(file_name)
    code = named[1].replace("_", "-") if named else ""
    code = code if code in INTERLANGUAGE else ""
    stated = wiki.database.removesuffix("wiki").replace("_", "-") if wiki.database.endswith("wiki") else ""
    host = urlsplit(wiki.base).hostname or "" if wiki.base.startswith(("http://", "https://")) else ""
    if host and (not code or code == stated):
        address = wiki.base.rpartition("/")[0] + "/"
        code = stated or host.partition(".")[0]
        language = wiki.language or LANGUAGES.get(code, code)
    else:
        code = code or (wiki.language if wiki.language in INTERLANGUAGE else "")
        address = f"https://{code}.wikipedia.org/wiki/" if code else ""
        language = LANGUAGES.get(code, code)
    host = urlsplit(address).hostname or ""
    date = _DATE.search(file_name)
    own = {number: name.lower() for number, name in wiki.namespaces.items() if name}
    return Edition(
        code=code,
        language=language or None,
        address=address.replace("http://", "https://", 1),
        date=date[1] if date else None,
        is_wikimedia=host.endswith(_WIKIMEDIA),
        names=wikitext.Names(
            file=FILE_NAMES | {own[n] for n in (-2, 6) if n in own},
            category=CATEGORY_NAMES | {own[n] for n in (14,) if n in own},
        ),
        namespaces=frozenset(own.values()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a page element says, as it stands there; empty strings for what it does not say."""

    title: str
    namespace: str
    page_id: str
    revision_id: str
    timestamp: str
    model: str
    is_redirect: bool
    text: str | None
    is_deleted: bool
    repairs: int


def _page(
    page: mediawiki_xml.Page, edition: Edition, part: Part, options: Options
) -> Document | Skipped | Quarantined | None:
    """Return what a page is; None if it is not in the sample."""
    try:
        revision = parse(page.xml)
    except etree.XMLSyntaxError as error:
        return Quarantined(f"the page is no well-formed XML: {error.msg}", mediawiki_xml.label(page.xml), page.offset)
    record = revision.page_id or revision.title
    if not base.in_sample(SLICE, part, page.offset, record):
        return None
    if not revision.title or revision.text is None:
        missing = "no <title>" if not revision.title else "no revision with a <text>"
        return Quarantined(f"the page has {missing}", record, page.offset)
    rule = _skip(revision, edition, options)
    if rule:
        return Skipped(rule, record, page.offset)
    if options.faithful:
        text = wikitext_faithful.clean(revision.text)
    else:
        text = wikitext.clean(revision.text, title=revision.title, names=edition.names, tables=options.tables)
    return _document(text, revision, edition, offset=page.offset, faithful=options.faithful)


def _skip(revision: Revision, edition: Edition, options: Options) -> str | None:
    prefix = revision.title.partition(":")[0].lower() if ":" in revision.title else ""
    in_main = revision.namespace == "0" or (not revision.namespace and prefix not in edition.namespaces)
    if not in_main:  # schemas before 0.6 do not say the namespace
        return "other_namespace"
    if revision.is_redirect or (not options.faithful and revision.text and _is_redirect(revision.text)):
        return "redirect"
    if options.languages and edition.code not in options.languages:
        return "language_not_listed"
    if revision.model not in ("", "wikitext"):
        return "not_wikitext"
    return "text_deleted" if revision.is_deleted else None


def _is_redirect(text: str) -> bool:
    """Early dumps mark redirects by their text alone, in the wiki's own language: "#WEITERLEITUNG [[...]]"."""
    found = _REDIRECT.match(text)
    word = found[0].partition("[[")[0] if found else ""
    return bool(found) and (word == word.upper() or "redirect" in word.lower())


_PARSER_OPTIONS: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": True,
                                   "remove_comments": True, "remove_pis": True}  # fmt: skip


def parse(xml: bytes) -> Revision:
    """Parse one page element; characters that XML forbids become U+FFFD and are counted.

    Raises:
        etree.XMLSyntaxError: It is not well-formed.
    """
    repairs = 0
    try:
        root = etree.fromstring(xml, etree.XMLParser(**_PARSER_OPTIONS))
    except etree.XMLSyntaxError:
        decoded = xml.decode("utf-8", "replace")
        text = _FORBIDDEN.sub("\ufffd", decoded)
        text = _BAD_REFERENCE.sub(lambda m: m[0] if _is_character(m[0]) else "\ufffd", text)
        repairs = text.count("\ufffd") - xml.count("\ufffd".encode())
        if repairs <= 0:
            raise
        root = etree.fromstring(text.encode(), etree.XMLParser(**_PARSER_OPTIONS))
    revision = root.find("revision")
    body = revision.find("text") if revision is not None else None

    def said(node: Any, name: str) -> str:
        return (node.findtext(name) or "").strip() if node is not None else ""

    return Revision(
        title=said(root, "title"),
        namespace=said(root, "ns"),
        page_id=said(root, "id"),
        revision_id=said(revision, "id"),
        timestamp=said(revision, "timestamp"),
        model=said(revision, "model"),
        is_redirect=root.find("redirect") is not None,
        text="".join(body.itertext()) if body is not None else None,
        is_deleted=body is not None and body.get("deleted") is not None,
        repairs=repairs,
    )


def _is_character(reference: str) -> bool:
    digits = reference[2:-1]
    code = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    return code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000


def _document(text: str, revision: Revision, edition: Edition, *, offset: int, faithful: bool) -> Document:
    title = revision.title
    name = quote(title) if faithful else quote(title.replace(" ", "_"), safe="/:@!$*,;~()'")
    url = edition.address + name if edition.address and title else None
    licence, evidence = _licence(revision, edition)
    by = f'"{title}" by Wikipedia contributors' if edition.is_wikimedia else f'"{title}" by the wiki\'s contributors'
    day = f" of {revision.timestamp[:10]}" if revision.timestamp else ""
    attribution = ", ".join(p for p in (by, f"revision {revision.revision_id}{day}", url, licence) if p)
    meta = {
        "title": title,
        "url": url,
        "language": edition.code or None,
        "timestamp": edition.date,
        "page_id": revision.page_id,
        "revision_id": revision.revision_id,
    }
    return Document(
        text=text,
        record=revision.page_id or title,
        offset=offset,
        title=title or None,
        url=url,
        language=edition.language,
        licence=licence,
        licence_evidence=evidence,
        attribution=attribution,
        created=revision.timestamp or None,
        meta=meta,
        encoding_repairs=revision.repairs,
    )


def _licence(revision: Revision, edition: Edition) -> tuple[str | None, str]:
    """By the date of the dump: a page is offered under the licence that held when it was published there."""
    if not edition.is_wikimedia:
        return None, "not a Wikimedia wiki: its licence is not in the dump"
    day = edition.date or revision.timestamp[:10].replace("-", "")
    what = (
        f"dump of {edition.date}"
        if edition.date
        else f"undated dump, revision of {revision.timestamp[:10] or 'no date'}"
    )
    if day and day < _FOURTH_LICENCE:
        return "CC-BY-SA-3.0", f"{what}: Wikimedia terms of use until 2023-06-06"
    return "CC-BY-SA-4.0", f"{what}: Wikimedia terms of use since 2023-06-07"


SOURCE = Source(
    slice=SLICE,
    version=1,
    options=Options,
    dumps=dumps,
    parts=parts,
    read=read,
    skips=SKIPS,
)
