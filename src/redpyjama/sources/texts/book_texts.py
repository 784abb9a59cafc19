"""One book -> one document: from a plain text, from a page of HTML, from the files of a paged book."""

from __future__ import annotations

import codecs
import csv
import functools
import io
import re
from typing import Any

from redpyjama.document import Document
from redpyjama.sources import language_codes, streams
from redpyjama.sources.texts import aozora, gutenberg, gutenberg_header, xhtml_book
from redpyjama.sources.texts.gutenberg_header import Header
from redpyjama.stage import Quarantined
from redpyjama.store import paths

METADATA_NAME = re.compile(r"(^|/)metadata\.csv$")
"""PG19's table, beside its folders train, validation and test: number, short title, year, URL; no heading."""

_PG19 = re.compile(r"(?:^|/)(?:train|validation|test)/(\d+)\.txt(?:\.\w+)?$")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_DECLARED = re.compile(rb"character set(?: encoding)?:\s*([\w-]+(?: \w+)?)", re.IGNORECASE)
_CODECS = {
    "iso-8859-2": "iso8859_2", "iso-8859-3": "iso8859_3", "iso-8859-7": "iso8859_7", "iso-8859-15": "iso8859_15",
    "windows-1250": "cp1250", "windows-1251": "cp1251", "windows-1253": "cp1253", "koi8-r": "koi8_r", "big5": "big5",
    "codepage-850": "cp850", "codepage-437": "cp437", "cp437": "cp437", "cp850": "cp850", "gb2312": "gb18030",
    "shift_jis": "cp932",
}  # fmt: skip
_C1_AS_CP1252 = {
    code: bytes((code,)).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}


def decode(data: bytes) -> tuple[str, int]:
    r"""Decode a text, whatever it is in; lines end with ``\n``.

    Returns:
        The text, and how many bytes or characters had to be replaced or taken out.
    """
    repairs = 0
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
        repairs = text.count(_REPLACEMENT)
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _decode_other(data)
            repairs = text.count(_REPLACEMENT)
    # A page of Windows that was turned to UTF-8 as if it were Latin-1 has its quotes among the controls.
    text = text.translate(_C1_AS_CP1252)
    repairs += text.count("\0")
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"), repairs


def _decode_other(data: bytes) -> str:
    declared = _DECLARED.search(data[:20_000])
    name = _CODECS.get(declared[1].decode().lower(), "") if declared else ""
    if not name and b"\x81s" in data and "青空文庫".encode("cp932") in data:
        name = "cp932"  # Aozora Bunko's own files; \x81s is 《
    if name:
        return data.decode(name, "replace")
    return data.decode("cp1252", "replace")


@functools.lru_cache(maxsize=1)
def _pg19(path: str) -> dict[int, tuple[str, str, str]]:
    """Read PG19's table: number -> title, year, URL."""
    with paths.open_input(path) as raw:
        text, _ = decode(streams.plain(raw, path)[0].read())
    rows = [row for row in csv.reader(io.StringIO(text)) if len(row) >= 4 and row[0].isdecimal()]
    return {int(row[0]): (row[1], row[2], row[3]) for row in rows}


def text_document(data: bytes, path: str, record: str, offset: int, beside: str) -> Document | Quarantined:
    """Make a document of a plain text.

    Args:
        data: The file.
        path: Its name with at least one folder: PG19's folders tell its splits.
        record: What the locator calls it.
        offset: Where it lies in its archive.
        beside: PG19's metadata.csv; "" where there is none.
    """
    if b"\0" in data[:4096] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Quarantined("is no text: NUL bytes at its beginning", record, offset)
    text, repairs = decode(data)
    if aozora.is_aozora(text):
        return _aozora_document(text, record, offset, repairs)
    if found := _PG19.search(path):
        return _pg19_document(text, int(found[1]), record, offset, repairs, beside)
    parted = gutenberg.part(text)
    header = gutenberg_header.parse(parted.header, parted.footer, record)
    meta = _meta(header) | {"notes": list(parted.notes)}
    return _document(parted.text, record, offset, repairs, header, meta)


def _meta(header: Header) -> dict[str, Any]:
    """Return `meta` with the keys of RedPajama's books (PG19's columns) first."""
    return {
        "short_book_title": header.title or "",
        "publication_date": header.released or "",
        "url": header.url or "",
        "source": "book",
        "gutenberg_id": header.number,
        "author": header.author or "",
        "translator": header.translator or "",
        "original_publication": header.original_publication or "",
    }


def _document(text: str, record: str, offset: int, repairs: int, header: Header, meta: dict[str, Any]) -> Document:
    words = [f"“{header.title}”" if header.title else "", f"by {header.author}" if header.author else ""]
    words.append(f"translated by {header.translator}" if header.translator else "")
    credit = ", ".join(filter(None, words))
    if credit and header.number:
        credit += f" (Project Gutenberg eBook #{header.number})"
    return Document(
        text=text,
        record=record,
        offset=offset,
        title=header.title,
        url=header.url,
        language=header.language,
        licence=header.licence,
        licence_evidence=header.evidence,
        attribution=credit or None,
        created=header.released,
        meta=meta,
        encoding_repairs=repairs,
    )


def _pg19_document(text: str, number: int, record: str, offset: int, repairs: int, beside: str) -> Document:
    title, year, url = _pg19(beside).get(number, ("", "", "")) if beside else ("", "", "")
    header = Header(
        title=title or None,
        number=number,
        released=year if re.fullmatch(r"\d{4}", year) else None,
        language="en",
        licence=gutenberg_header.PUBLIC_DOMAIN,
        evidence="PG19: books of Project Gutenberg that were published before 1919",
    )
    meta = _meta(header) | {"publication_date": year, "url": url or header.url}
    return _document(gutenberg.part(text).text, record, offset, repairs, header, meta)


def _aozora_document(text: str, record: str, offset: int, repairs: int) -> Document:
    book = aozora.part(text)
    header = Header(title=book.title or None, author=book.author or None, language="ja")
    meta = _meta(header) | {"colophon": book.colophon}
    return _document(book.text, record, offset, repairs, header, meta)


def page_document(page: bytes, record: str, offset: int) -> Document | Quarantined:
    """Make a document of a book that is a single page of HTML."""
    text = xhtml_book.page_text(page)
    if text is None:
        return Quarantined("is no HTML that can be parsed", record, offset)
    parted = gutenberg.part(text)
    header = gutenberg_header.parse(parted.header, parted.footer, record)
    return _document(parted.text, record, offset, text.count(_REPLACEMENT), header, _meta(header))


def paged_document(files: dict[str, bytes], record: str, offset: int) -> Document | Quarantined:
    """Make a document of the files of a paged book."""
    book = xhtml_book.read(files)
    if not book.chapters:
        reason = f"no chapter of it can be parsed ({book.num_broken} broken of {len(files)} files)"
        return Quarantined(reason, record, offset)
    facts = book.facts
    number = re.search(r"(\d+)$", facts.gutenberg_url)
    header = Header(
        title=facts.title or None,
        author=facts.author or None,
        language=language_codes.short_code(facts.language),
        licence=facts.licence or None,
        evidence=facts.evidence or None,
        released=facts.date[:10] or None,
    )
    meta = _meta(header) | {
        "url": facts.url,
        "gutenberg_id": int(number[1]) if number else None,
        "num_chapters": len(book.chapters),
        "num_broken_chapters": book.num_broken,
    }
    document = _document(book.text, record, offset, book.text.count(_REPLACEMENT), header, meta)
    return Document(
        **{name: getattr(document, name) for name in Document.__struct_fields__ if name != "url"}, url=facts.url or None
    )
