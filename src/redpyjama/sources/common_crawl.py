"""Common Crawl -> documents: WARC and ARC (pages, reduced to their main content) and WET (text as published).

See docs/sources/common_crawl.md for what is read and how, and where that differs from cc_net and RedPajama.
"""

from __future__ import annotations

import datetime
import gzip
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from redpyjama import limits
from redpyjama.document import Document
from redpyjama.errors import InputError, LimitExceeded
from redpyjama.sources.base import byte_parts, files_under, in_sample, name_dumps, stripe_parts
from redpyjama.sources.language_codes import short_code
from redpyjama.sources.web import warc
from redpyjama.sources.web.charset import to_utf8
from redpyjama.sources.web.html import all_text, main_text
from redpyjama.sources.web.http_payload import BadPayload, Response, parse_response, payload
from redpyjama.stage import Dump, Part, Quarantined, Skipped, Source
from redpyjama.store import paths

SLICE = "common_crawl"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCrawlOptions:
    """What ``[slice.common_crawl]`` may say about reading.

    Attributes:
        faithful: Read WET as cc_net does (strip lines, drop empty ones, cut URLs at a space), and take of pages all
            visible text, as WET files hold it, instead of the main content.
        min_chars: Shorter texts are dropped as they are read. Source: cc_net, `CCShardReader.min_len`.
        base: Where the paths in a ``*.paths.gz`` list start, unless files of these names lie beside the list.
    """

    faithful: bool = False
    min_chars: int = 300
    base: str = "https://data.commoncrawl.org/"


_SUFFIXES = tuple(stem + packed for stem in (".warc", ".arc", ".wet") for packed in ("", ".gz", ".lz4"))
_LISTS = (".paths.gz", ".paths")
_MAX_LIST_BYTES = 256 * limits.MIB
_PROBE_BYTES = 4 * limits.MIB
_CRAWL = re.compile(r"CC-MAIN-\d{4}-\d{2}")
_HTML_TYPES = frozenset(("text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"))
_SNIFFED = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|table|div|h1|p)\b", re.IGNORECASE | re.DOTALL
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:+-]+)", re.IGNORECASE)

_SKIPS = {
    "accompanying_record": "request, metadata, warcinfo: a record about a capture, not the capture",
    "wat_metadata": "a WAT record: links and headers of a page, not its text",
    "unchanged_page": "a revisit: the page is as it was at an earlier capture, which holds its text",
    "name_lookup": "a DNS answer",
    "not_captured_page": "a resource, conversion or unknown record that is neither HTML nor plain text",
    "http_status": "the server answered with a redirect or an error, not with the page",
    "not_html": "an image, a style sheet, a feed, a PDF: no HTML page",
    "no_text": "no text is left of the page",
    "too_short": "fewer characters than min_chars",
}


def _dumps(inputs: list[str], options: CommonCrawlOptions) -> list[Dump]:
    files: list[str] = []
    for path in files_under(inputs, lambda name: name.endswith(_SUFFIXES)):
        files += _listed(path, options) if path.endswith(_LISTS) else [path]
    return name_dumps(files)


def _listed(path: str, options: CommonCrawlOptions) -> list[str]:
    """Return the files that a list of paths names: those beside it, else those under the base."""
    with paths.open_input(path) as stream:
        data = stream.read(_MAX_LIST_BYTES)
    try:
        lines = (gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data).decode("utf-8").split()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(path, f"is no list of paths ({error})", "fetch it again") from error
    if paths.is_remote(path):
        return [options.base.rstrip("/") + "/" + line for line in lines]
    folder = os.path.dirname(path)
    here = set(paths.walk(folder or "."))
    beside = [os.path.join(folder or ".", os.path.basename(line)) for line in lines]
    base = options.base.rstrip("/")
    return [file if file in here else f"{base}/{line}" for file, line in zip(beside, lines, strict=True)]


def _parts(dump: Dump, options: CommonCrawlOptions) -> list[Part]:
    whole = byte_parts(dump)
    if len(whole) == 1:
        return whole
    with paths.open_input(dump.path) as stream:
        kind = warc.kind_of(stream.read(4096))
        if kind == "lz4" or (kind == "gzip" and not _has_small_first_member(stream)):
            return stripe_parts(dump)
    return whole


def _has_small_first_member(stream: IO[bytes]) -> bool:
    """Say whether the first gzip member ends soon: then each record has its own, and reading can begin at any."""
    stream.seek(0)
    member = zlib.decompressobj(wbits=31)
    data = stream.read(_PROBE_BYTES)
    try:
        while data and not member.eof:
            member.decompress(data, limits.MIB)
            data = member.unconsumed_tail
    except zlib.error:
        return False
    return member.eof


def _read(part: Part, options: CommonCrawlOptions) -> Iterator[Document | Skipped | Quarantined]:
    with paths.open_input(part.dump.path) as stream:
        kind = warc.kind_of(stream.read(4096)) or _kind_by_name(part.dump.path)
        stream.seek(0)
        crawl = _crawl_id(stream, kind, part.dump)
        for number, record in enumerate(_records(stream, kind, part)):
            if number % part.num_stripes != part.stripe:
                continue
            if isinstance(record, Quarantined):
                yield record
            elif in_sample(SLICE, part, record.offset, _key(record)):
                yield _outcome(record, part.dump.name, crawl, options)


def _kind_by_name(path: str) -> str:
    """Return what a file should be whose first bytes are damaged.

    Raises:
        InputError: Its name says that it is something else.
    """
    if not path.endswith(_SUFFIXES):
        problem = "is no WARC, ARC or WET file"
        raise InputError(path, problem, "inputs of common_crawl end in .warc.gz, .warc.wet.gz or .arc.gz")
    return "gzip" if path.endswith(".gz") else "lz4" if path.endswith(".lz4") else "warc"


def _records(stream: IO[bytes], kind: str, part: Part) -> Iterator[warc.Record | Quarantined]:
    if kind == "lz4":
        return warc.lz4_records(stream)
    return warc.records(stream, kind, start=part.start, stop=part.stop)


def _crawl_id(stream: IO[bytes], kind: str, dump: Dump) -> str | None:
    """Return the crawl that the file's first record names, else the one that its path names."""
    first = next(warc.lz4_records(stream) if kind == "lz4" else warc.records(stream, kind), None)
    stream.seek(0)
    if isinstance(first, warc.Record) and first.kind == "warcinfo":
        found = _CRAWL.search(first.body[:8192].decode("utf-8", "replace"))
        if found:
            return found[0]
    found = _CRAWL.search(dump.path)
    return found[0] if found else None


def _key(record: warc.Record) -> str:
    """Return the record key: several records of one gzip member share its offset, and may share an address."""
    return record.url if not record.inner else f"{record.url} @{record.inner}"


def _outcome(
    record: warc.Record, dump: str, crawl: str | None, options: CommonCrawlOptions
) -> Document | Skipped | Quarantined:
    """Decide what a record is and make its document."""
    key = _key(record)
    rule = _no_page(record)
    if rule:
        return Skipped(rule, key, record.offset)
    try:
        if record.kind == "conversion":
            found = _wet_document(record, options)
        else:
            found = _page_document(record, options)
    except (LimitExceeded, BadPayload) as error:
        return Quarantined(str(error), key, record.offset)
    if isinstance(found, str):
        return Skipped(found, key, record.offset)
    fields, meta = found
    source = f"cc/{crawl.removeprefix('CC-MAIN-') if crawl else 'unknown'}/{dump}/byte{record.offset}"
    if record.inner:
        source += f"+{record.inner}"
    meta = {"source": source, "crawl": crawl, "digest": _digest(record)} | meta
    return Document(
        record=key, offset=record.offset, url=_url(record, options), created=_date(record), meta=meta, **fields
    )


def _no_page(record: warc.Record) -> str | None:
    """Return the rule by which a record's type says that it is no page."""
    kind = record.kind
    if kind in ("response", "resource", "conversion"):
        if record.url.startswith("dns:") or record.headers.get("content-type", "").startswith("text/dns"):
            return "name_lookup"
        if record.url.startswith("filedesc:"):
            return "accompanying_record"
        return None
    if kind == "metadata" and "json" in record.headers.get("content-type", ""):
        return "wat_metadata"
    if kind == "revisit":
        return "unchanged_page"
    return "accompanying_record" if kind in ("request", "metadata", "warcinfo") else "not_captured_page"


_Found = tuple[dict[str, Any], dict[str, Any]]


def _wet_document(record: warc.Record, options: CommonCrawlOptions) -> str | _Found:
    """Make the fields and meta of a WET record: its first line is the page's title, the others are its text.

    Source: cc_net, process_wet_file.py, `parse_doc`.
    """
    text = record.body.decode("utf-8", "replace")
    repairs = text.count("\ufffd") - record.body.count(b"\xef\xbf\xbd")
    if options.faithful:
        lines = [line for line in map(str.strip, text.split("\n")) if line]
    else:
        lines = [line.rstrip() for line in text.replace("\0", "").strip().split("\n")]
    title, body = (lines[0].strip(), "\n".join(lines[1:])) if lines else ("", "")
    body = body if options.faithful else body.strip("\n")
    if not body.strip():
        return "no_text"
    if len(body) < options.min_chars:
        return "too_short"
    stated = record.headers.get("warc-identified-content-language")
    fields = {"text": body, "title": title or None, "encoding_repairs": repairs}
    fields["language"] = short_code(stated.split(",")[0]) if stated else None
    meta: dict[str, Any] = {"length": len(record.body) if options.faithful else len(body)}
    meta["nlines"] = body.count("\n") + 1
    meta |= {"content_language": stated} if stated else {}
    return fields, meta


def _page_document(record: warc.Record, options: CommonCrawlOptions) -> str | _Found:
    """Make the fields and meta of a captured page, or return the rule by which it is none."""
    response = _response(record)
    if response.status != 200:
        return "http_status"
    content_type = response.headers.get("content-type", record.headers.get("arc-content-type", "")).lower()
    media = content_type.partition(";")[0].strip()
    if media and media not in _HTML_TYPES and media not in ("unknown/unknown", "no-type"):
        return "not_html"
    if record.missing:
        stated = response.headers.get("content-length", "")
        if not stated.isdecimal() or int(stated) > len(response.body):
            raise BadPayload(f"the file ends {record.missing} bytes before the end of this record")
    body = payload(response)
    if media not in _HTML_TYPES and not _SNIFFED.match(body, 0, 4096):
        return "not_html"
    if len(body) > limits.MAX_HTML_BYTES:
        raise LimitExceeded("MAX_HTML_BYTES", limits.MAX_HTML_BYTES, len(body))
    declared = _CHARSET.search(content_type)
    page = to_utf8(body, declared[1] if declared else None)
    found = main_text(page.data)
    text = all_text(page.data) if options.faithful else found.text
    if not text:
        return "no_text"
    if len(text) < options.min_chars:
        return "too_short"
    stated = record.headers.get("warc-identified-content-language")
    language = short_code(stated.split(",")[0]) if stated else short_code(found.language)
    fields = {"text": text, "title": found.title, "language": language, "encoding_repairs": page.repairs}
    meta: dict[str, Any] = {"length": len(text), "nlines": text.count("\n") + 1, "charset": page.charset}
    meta |= {"http_status": response.status}
    named = stated or response.headers.get("content-language")
    meta |= {"content_language": named} if named else {}
    return fields, meta


def _response(record: warc.Record) -> Response:
    """Return the HTTP response of a record; a resource record is a body without one."""
    if record.kind == "resource":
        return Response(200, {"content-type": record.headers.get("content-type", "")}, record.body)
    return parse_response(record.body)


def _url(record: warc.Record, options: CommonCrawlOptions) -> str | None:
    url = record.url.partition(" ")[0] if options.faithful else record.url
    return url or None


def _digest(record: warc.Record) -> str | None:
    block = record.headers.get("warc-block-digest")
    page = record.headers.get("warc-payload-digest")
    return block or page if record.kind == "conversion" else page or block


def _date(record: warc.Record) -> str | None:
    """Return the capture's date: WARC-Date as stated, or ARC's fourteen digits in the same form."""
    stated = record.headers.get("warc-date")
    if stated:
        return stated if _ISO_DATE.match(stated) else None
    digits = record.headers.get("arc-date", "")
    try:
        moment = datetime.datetime.strptime(digits[:14] + "+0000", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_ISO_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?)?)?$")

SOURCE = Source(
    slice=SLICE,
    version=1,
    options=CommonCrawlOptions,
    dumps=_dumps,
    parts=_parts,
    read=_read,
    skips=_SKIPS,
)
