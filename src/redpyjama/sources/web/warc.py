"""Records of WARC and ARC files: framing, headers, and what to do where they are broken.

Own framing instead of a library's, because a broken record must cost only itself and be named with its place, and
because a task must be able to begin and end in the middle of a file. (LZ4 files go through fastwarc.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from redpyjama import limits
from redpyjama.sources.web.warc_bytes import Cursor, GzipBlocks, PlainBlocks
from redpyjama.stage import Quarantined

MAX_HEADER_BYTES = 1 << 16
"""Of a WARC or HTTP header. URLs with data in them reach 8 KiB; more is no header."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands in the file.

    Attributes:
        kind: WARC-Type in small letters; for ARC "response", or "warcinfo" for the file's own description.
        url: Target URI without the angle brackets that some tools write; may be empty.
        headers: Header fields with names in small letters; ARC's as the WARC fields of the same meaning.
        body: The record block: for a response the HTTP head and payload.
        offset: Where it lies in the file as stored: its gzip member, or its first byte.
        inner: Plain bytes between the beginning of that member and the record: 0 unless records share a member.
        missing: Bytes of the stated length that the file ends without; not 0 only for a file's last record.
    """

    kind: str
    url: str
    headers: dict[str, str]
    body: bytes
    offset: int
    inner: int
    missing: int = 0


@dataclass(frozen=True, slots=True)
class _Format:
    begins: re.Pattern[bytes]
    head: Callable[[Cursor], tuple[dict[str, str], int]]


def kind_of(head: bytes) -> str:
    """Return "gzip", "lz4", "warc", "arc" or "" for the first bytes of a file."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\x04\x22\x4d\x18"):
        return "lz4"
    head = head.lstrip()
    if head.startswith(b"WARC/"):
        return "warc"
    return "arc" if _ARC_LINE.match(head) else ""


def records(stream: IO[bytes], kind: str, *, start: int = 0, stop: int | None = None) -> Iterator[Record | Quarantined]:
    """Yield the records that begin in [start, stop) of a file, and what is broken there.

    In a gzip file with a member a record, that share is read alone. A share begins at its first member that begins a
    record and ends where the next one does, so any cutting yields the same records. A plain file is read from its
    beginning, because only there it is certain what is a record and what merely looks like one.

    Args:
        stream: Seekable.
        kind: What `kind_of` says of it: "gzip", "warc" or "arc".
        start: First byte of the share.
        stop: Byte after its last, or None for the end of the file.
    """
    if kind == "gzip":
        cursor = Cursor(GzipBlocks(stream, start, _begins_any))
        first, last = 0, stop
    else:
        cursor = Cursor(PlainBlocks(stream))
        first, last = start, stop
    form = None
    while True:
        _pass_blank(cursor)
        offset, inner = cursor.place()
        if not cursor.left:
            if cursor.damage is None:
                return
            reason, offset = cursor.damage.args
            cursor.resume()
            if offset >= first and not (kind != "gzip" and last is not None and offset >= last):
                yield Quarantined(reason, "", offset)
            continue
        cursor.fill(256)
        begins = _begins_any(cursor.data, cursor.at)
        if kind != "gzip":
            offset, inner = inner, 0
        if last is not None and offset >= last and ((begins and inner == 0) or kind != "gzip"):
            return
        if begins:
            form = _WARC if cursor.data.startswith(b"WARC/", cursor.at) else _ARC
            found = _record(cursor, form, offset, inner)
        else:
            found = _junk(cursor, form or _WARC, offset)
        if offset >= first:
            yield found


def lz4_records(stream: IO[bytes]) -> Iterator[Record | Quarantined]:
    """Yield the records of a WARC file compressed with LZ4, a frame a record, as far as it can be read."""
    from fastwarc.warc import ArchiveIterator

    offset = 0
    try:
        for found in ArchiveIterator(cast(Any, stream), parse_http=False):
            offset = found.stream_pos
            headers = {name.lower(): value for name, value in found.headers.items()}
            url = _bare_url(headers)
            length = found.content_length
            if length > limits.MAX_RECORD_BYTES:
                reason = f"exceeds MAX_RECORD_BYTES: {length} > {limits.MAX_RECORD_BYTES}"
                yield Quarantined(reason, url, offset)
                continue
            body = found.reader.read()
            if len(body) < length:
                yield Quarantined(f"the file ends after {len(body)} of the {length} bytes stated", url, offset)
            else:
                yield Record(headers.get("warc-type", "").lower(), url, headers, body, offset, 0)
    except (OSError, ValueError, EOFError) as error:
        yield Quarantined(f"damaged LZ4 data ({error})", "", offset)


def _bare_url(headers: dict[str, str]) -> str:
    return headers.get("warc-target-uri", "").strip().strip("<>").strip()


def _begins_any(data: bytes, at: int = 0) -> bool:
    return _WARC_LINE.match(data, at) is not None or _ARC_LINE.match(data, at) is not None


def _pass_blank(cursor: Cursor) -> None:
    """Go to the next byte that is no line break."""
    while cursor.fill(1):
        found = _NOT_BLANK.search(cursor.data, cursor.at)
        if found:
            cursor.at = found.start()
            return
        cursor.at = len(cursor.data)


def _junk(cursor: Cursor, form: _Format, offset: int) -> Quarantined:
    """Pass over what is no record, up to the next that is."""
    passed = 0
    while True:
        found = form.begins.search(cursor.data, cursor.at + 1)
        ahead = found.start() - cursor.at if found else cursor.left
        member = cursor.member_within(ahead, _begins_any)
        ahead = member if member >= 0 else ahead
        if found or member >= 0:
            cursor.at += ahead
            return Quarantined(f"{passed + ahead} bytes that are no record", "", offset)
        kept = min(64, cursor.left)  # the next record may begin in them
        passed += cursor.left - kept
        cursor.at = len(cursor.data) - kept
        if not cursor.fill(kept + 1):
            passed += cursor.left
            cursor.at = len(cursor.data)
            return Quarantined(f"{passed} bytes that are no record", "", offset)


def _record(cursor: Cursor, form: _Format, offset: int, inner: int) -> Record | Quarantined:
    """Read the record at the cursor; leave the cursor behind it, or where the next may begin."""
    try:
        headers, length = form.head(cursor)
    except ValueError as error:
        end = cursor.data.find(b"\n", cursor.at)
        cursor.at = end + 1 if end >= 0 else len(cursor.data)
        if cursor.left:
            _junk(cursor, form, offset)
        return Quarantined(str(error), "", offset)
    url = _bare_url(headers)
    if length > limits.MAX_RECORD_BYTES:
        cursor.leap(length, _begins_any)
        return Quarantined(f"exceeds MAX_RECORD_BYTES: {length} > {limits.MAX_RECORD_BYTES}", url, offset)
    whole = cursor.fill(length)
    have = min(length, cursor.left)
    clipped = cursor.member_within(have, _begins_any)
    if clipped < 0 and (not whole or not _ends_well(cursor, length)):
        found = form.begins.search(cursor.data, cursor.at)
        clipped = found.start() - cursor.at if found and found.start() < cursor.at + have else -1
    if clipped >= 0:
        cursor.at += clipped
        return Quarantined(f"the next record begins after {clipped} of the {length} bytes stated", url, offset)
    if not whole and cursor.damage is not None:
        reason = f"{cursor.damage.args[0]} after {have} of the {length} bytes stated"
        cursor.resume()
        return Quarantined(reason, url, offset)
    body = cursor.data[cursor.at : cursor.at + have]
    cursor.at += have
    return Record(headers["warc-type"].lower(), url, headers, body, offset, inner, length - have)


def _ends_well(cursor: Cursor, length: int) -> bool:
    """Say whether a record, or nothing, follows *length* bytes ahead."""
    cursor.fill(length + 64)
    end = cursor.at + length
    found = _NOT_BLANK.search(cursor.data, end)
    return found is None or _begins_any(cursor.data, found.start()) or cursor.member_within(length + 65, _anything) >= 0


def _anything(data: bytes, at: int = 0) -> bool:
    return True


_NOT_BLANK = re.compile(rb"[^\r\n]")
_WARC_LINE = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n")
_ARC_LINE = re.compile(
    rb"(?<![^\r\n])[A-Za-z][A-Za-z0-9+.-]{1,15}:[^\r\n]{0,65000}? [0-9A-Fa-f.:-]{1,45} \d{8,20} [^\r\n]{1,300}\n"
)


def _warc_head(cursor: Cursor) -> tuple[dict[str, str], int]:
    """Pass over a WARC header; return its fields and the length of the body."""
    end = _HEAD_END.search(cursor.data, cursor.at)
    while end is None:
        if cursor.left > MAX_HEADER_BYTES or not cursor.fill(cursor.left + 1):
            raise ValueError(f"no end of the WARC header within {min(cursor.left, MAX_HEADER_BYTES)} bytes")
        end = _HEAD_END.search(cursor.data, cursor.at)
    fields = header_fields(cursor.data[cursor.at : end.start()])
    stated = fields.get("content-length", "")
    if not stated.isdecimal() or not stated.isascii():
        raise ValueError(f"Content-Length is no number: {stated[:40]!r}")
    fields.setdefault("warc-type", "")
    cursor.at = end.end()
    return fields, int(stated)


def _arc_head(cursor: Cursor) -> tuple[dict[str, str], int]:
    """Pass over the line that heads an ARC record; return WARC fields of the same meaning and the body's length."""
    end = cursor.data.find(b"\n", cursor.at)
    line = cursor.data[cursor.at : end].decode("utf-8", "replace").strip()
    found = _ARC_FIELDS.match(line)
    if found is None:
        raise ValueError(f"no ARC header: {line[:100]!r}")
    url, _, date, rest = found.groups()
    content_type, *_, stated = rest.split()
    if not stated.isdecimal():
        if url.startswith("filedesc:"):
            stated = str(max(0, cursor.data.find(b"\n\n", end) - end))
        else:
            raise ValueError(f"length in the ARC header is no number: {stated[:40]!r}")
    cursor.at = end + 1
    kind = "warcinfo" if url.startswith("filedesc:") else "response"
    fields = {"warc-type": kind, "warc-target-uri": url, "arc-date": date, "arc-content-type": content_type}
    return fields, int(stated)


_ARC_FIELDS = re.compile(r"(\S.*?) ([0-9A-Fa-f.:-]{1,45}) (\d{8,20}) (\S.*)$")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FOLDED = re.compile(r"\r?\n[ \t]+")

_WARC = _Format(re.compile(rb"(?m:^)" + _WARC_LINE.pattern), _warc_head)
_ARC = _Format(re.compile(rb"(?m:^)" + _ARC_LINE.pattern), _arc_head)


def header_fields(head: bytes) -> dict[str, str]:
    """Return the fields of a WARC or HTTP header, names in small letters; of repeated ones the first."""
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    if "\n " in text or "\n\t" in text:
        text = _FOLDED.sub(" ", text)
    fields: dict[str, str] = {}
    for line in text.split("\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return fields
